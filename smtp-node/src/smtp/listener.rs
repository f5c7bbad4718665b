//! Accepts connections, within limits in all and per address (X-04, LOG-05, S15).

use super::{connection::Connection, protocol, session::Session};
use crate::{config::Config, node::Node};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// How long open connections are given when the node stops.
const GRACE: Duration = Duration::from_secs(10);
/// From this part of a hundred of all places on, new clients have to hurry.
const CROWDED: usize = 80;

/// Connections open at the moment.
#[derive(Default)]
struct Guests(Mutex<Open>);

#[derive(Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
    /// Connections of the minute that runs.
    minute: i64,
    in_minute: HashMap<IpAddr, usize>,
}

/// Why a connection is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crowd {
    /// Too many at once.
    AtOnce,
    /// Too many within a minute.
    InMinute,
}

impl Guests {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a client in. `now`: in milliseconds since 1970.
    fn enter(self: &Arc<Self>, config: &Config, address: IpAddr, now: i64) -> Result<Guest, Crowd> {
        let network = network(address);
        let (limit, often) = match address.is_loopback() {
            true => (config.max_connections_loopback, config.max_connections_per_minute_loopback),
            false => (config.max_connections_per_ip, config.max_connections_per_minute),
        };
        let mut open = self.open();
        if often > 0 && open.count(network, now) > often {
            return Err(Crowd::InMinute);
        }
        if open.all >= config.max_connections
            || open.by_network.get(&network).is_some_and(|count| *count >= limit)
        {
            return Err(Crowd::AtOnce);
        }
        open.all += 1;
        *open.by_network.entry(network).or_default() += 1;
        Ok(Guest { guests: self.clone(), network })
    }

    /// How full the house is, in parts of a hundred.
    fn fullness(&self, config: &Config) -> usize {
        self.open().all.saturating_mul(100) / config.max_connections.max(1)
    }
}

impl Open {
    /// Counts a connection; gives those of this network in this minute.
    fn count(&mut self, network: IpAddr, now: i64) -> usize {
        let minute = now / 60_000;
        if minute != self.minute {
            self.minute = minute;
            self.in_minute = HashMap::new();
        }
        let count = self.in_minute.entry(network).or_default();
        *count += 1;
        *count
    }
}

/// What counts as one sender: an IPv4 address, or the 64 bits of an IPv6 address that one customer usually has.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(_) if address.is_loopback() => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

struct Guest {
    guests: Arc<Guests>,
    network: IpAddr,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut open = self.guests.open();
        open.all -= 1;
        if let Some(count) = open.by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.by_network.remove(&self.network);
            }
        }
    }
}

/// Serves SMTP until the node stops, then gives the open sessions a moment.
pub async fn serve(node: Arc<Node>, listener: TcpListener, mut stopping: watch::Receiver<bool>) {
    let guests = Arc::new(Guests::default());
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stops| *stops) => break,
        };
        while sessions.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let address = peer.ip().to_canonical();
        node.counters.connections.fetch_add(1, Ordering::Relaxed);
        let guest = match guests.enter(&node.config, address, node.clock.now()) {
            Ok(guest) => guest,
            Err(crowd) => {
                let (counter, reply) = match crowd {
                    Crowd::AtOnce => (&node.counters.connections_refused, protocol::TOO_MANY_CONNECTIONS),
                    Crowd::InMinute => (&node.counters.connections_too_often, protocol::TOO_OFTEN),
                };
                counter.fetch_add(1, Ordering::Relaxed);
                // Nobody waits for this client: what does not fit into the socket's buffer is not sent.
                drop(stream.try_write(format!("{reply}\r\n").as_bytes()));
                continue;
            }
        };
        let is_crowded = guests.fullness(&node.config) >= CROWDED;
        drop(stream.set_nodelay(true));
        let session = Session::new(node.clone(), Connection::new(stream), address, stopping.clone());
        let session = if is_crowded { session.in_a_hurry() } else { session };
        sessions.spawn(async move {
            Box::pin(session.run()).await;
            drop(guest);
        });
    }
    drop(listener);
    let all = async { while sessions.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        tracing::warn!("some connections were cut off");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X-04, LOG-05.
    #[test]
    fn each_sender_has_its_share_of_the_connections_and_the_machine_itself_a_larger_one() {
        let token = |name: &str| (name == "GATEPOST_NODE_TOKEN").then(|| "gpn_test".to_owned());
        let config = Config {
            max_connections: 8,
            max_connections_per_ip: 2,
            max_connections_loopback: 3,
            ..Config::read(token).unwrap()
        };
        let guests = Arc::new(Guests::default());
        let mut inside = Vec::new();
        for (address, is_welcome) in [
            ("192.0.2.1", true),
            ("192.0.2.1", true),
            ("192.0.2.1", false),
            ("192.0.2.2", true),
            ("2001:db8::1", true),
            ("2001:db8::2:0:0:1", true),
            ("2001:db8::3", false),
            ("127.0.0.1", true),
            ("127.0.0.1", true),
            ("127.0.0.1", true),
            ("127.0.0.1", false),
            ("192.0.2.3", false),
        ] {
            let guest = guests.enter(&config, address.parse().unwrap(), 0).ok();
            assert_eq!(guest.is_some(), is_welcome, "{address}");
            inside.extend(guest);
        }
        inside.clear();
        assert_eq!(guests.open().all, 0);
        assert!(guests.open().by_network.is_empty());
    }

    /// LOG-05.
    #[test]
    fn who_comes_too_often_within_a_minute_has_to_wait_for_the_next() {
        let token = |name: &str| (name == "GATEPOST_NODE_TOKEN").then(|| "gpn_test".to_owned());
        let config = Config { max_connections_per_minute: 2, ..Config::read(token).unwrap() };
        let guests = Arc::new(Guests::default());
        for (address, now, outcome) in [
            ("192.0.2.1", 60_000, None),
            ("192.0.2.1", 60_001, None),
            ("192.0.2.1", 119_999, Some(Crowd::InMinute)),
            ("192.0.2.2", 119_999, None),
            ("127.0.0.1", 119_999, None),
            ("192.0.2.1", 120_000, None),
        ] {
            let entered = guests.enter(&config, address.parse().unwrap(), now);
            assert_eq!(entered.err(), outcome, "{address} at {now}");
        }
    }
}
