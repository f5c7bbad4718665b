//! What all parts of a running node share.

use crate::{
    clock::{Clock, RecordIds},
    config::Config,
    deliver::queue::Queue,
    lookups::Lookups,
    outbox::Outbox,
    policy::Policy,
    spool::Spool,
};
use arc_swap::ArcSwap;
use std::sync::{Arc, atomic::AtomicU64};
use tokio_rustls::TlsAcceptor;

/// A running node.
pub struct Node {
    /// Its configuration.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// Makes the ids of records.
    pub ids: RecordIds,
    /// The policy in force.
    pub policy: ArcSwap<Policy>,
    /// What is promised and not finished.
    pub spool: Arc<Spool>,
    /// What is to be delivered.
    pub queue: Queue,
    /// What is to be told to the API.
    pub outbox: Outbox,
    /// What the world says of senders.
    pub lookups: Lookups,
    /// What encrypts connections.
    pub tls: TlsAcceptor,
    /// What happened so far.
    pub counters: Counters,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections accepted.
    pub connections: AtomicU64,
    /// Connections refused because there were too many (LOG-05).
    pub connections_refused: AtomicU64,
    /// Messages accepted.
    pub messages: AtomicU64,
    /// Recipients delivered to.
    pub delivered: AtomicU64,
}
