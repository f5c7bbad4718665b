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

/// Connections open at the moment.
#[derive(Default)]
struct Guests(Mutex<Open>);

#[derive(Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

impl Guests {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, config: &Config, address: IpAddr) -> Option<Guest> {
        let network = network(address);
        let limit = match address.is_loopback() {
            true => config.max_connections_loopback,
            false => config.max_connections_per_ip,
        };
        let mut open = self.open();
        if open.all >= config.max_connections
            || open.by_network.get(&network).is_some_and(|count| *count >= limit)
        {
            return None;
        }
        open.all += 1;
        *open.by_network.entry(network).or_default() += 1;
        Some(Guest { guests: self.clone(), network })
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
        let Some(guest) = guests.enter(&node.config, address) else {
            node.counters.connections_refused.fetch_add(1, Ordering::Relaxed);
            // Nobody waits for this client: what does not fit into the socket's buffer is not sent.
            drop(stream.try_write(format!("{}\r\n", protocol::TOO_MANY_CONNECTIONS).as_bytes()));
            continue;
        };
        drop(stream.set_nodelay(true));
        let session = Session::new(node.clone(), Connection::new(stream), address, stopping.clone());
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
            let guest = guests.enter(&config, address.parse().unwrap());
            assert_eq!(guest.is_some(), is_welcome, "{address}");
            inside.extend(guest);
        }
        inside.clear();
        assert_eq!(guests.open().all, 0);
        assert!(guests.open().by_network.is_empty());
    }
}
