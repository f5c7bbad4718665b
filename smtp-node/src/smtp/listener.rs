//! Accepts connections, within limits in all and per address (X-04, LOG-05, S15).

use super::{connection::Connection, protocol, session::Session};
use crate::node::Node;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// How long open connections are given when the node stops.
const GRACE: Duration = Duration::from_secs(10);

/// Connections open at the moment, by address.
#[derive(Default)]
struct Guests(Mutex<HashMap<IpAddr, usize>>);

impl Guests {
    fn enter(self: &Arc<Self>, node: &Node, address: IpAddr) -> Option<Guest> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let config = &node.config;
        let limit = config.max_connections_per_ip;
        if open.values().sum::<usize>() >= config.max_connections
            || open.get(&address).is_some_and(|count| *count >= limit)
        {
            return None;
        }
        *open.entry(address).or_default() += 1;
        Some(Guest { guests: self.clone(), address })
    }
}

struct Guest {
    guests: Arc<Guests>,
    address: IpAddr,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut open = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
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
        let Some(guest) = guests.enter(&node, address) else {
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
