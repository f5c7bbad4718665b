//! What all parts of a running node share.

use crate::{
    clock::{Clock, RecordIds},
    commands::Executed,
    config::Config,
    content::Inspector,
    deliver::{queue::Queue, receipts::Receipts},
    judge::Judge,
    lookups::Lookups,
    outbox::Outbox,
    policy_sync::PolicyStore,
    spool::Spool,
};
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
    pub policy: Arc<PolicyStore>,
    /// What is promised and not finished.
    pub spool: Arc<Spool>,
    /// What is to be delivered.
    pub queue: Queue,
    /// What destination servers have acknowledged.
    pub receipts: Receipts,
    /// Commands carried out of which the API has not heard.
    pub executed: Executed,
    /// What is to be told to the API.
    pub outbox: Outbox,
    /// Asks the engine.
    pub judge: Judge,
    /// Looks into what messages carry.
    pub inspector: Inspector,
    /// Asks the domain name system.
    pub lookups: Arc<Lookups>,
    /// What encrypts connections.
    pub tls: TlsAcceptor,
    /// What happened so far.
    pub counters: Counters,
}

impl Node {
    /// Whether the disk has space for a message of so many octets. Where the system does not say, the writing will
    /// tell.
    pub fn has_room(&self, octets: u64) -> bool {
        let free = self.spool.free_octets().unwrap_or(u64::MAX);
        let has_room = free >= self.config.min_free_bytes.saturating_add(octets);
        if !has_room {
            tracing::error!(free, octets, "the disk is nearly full; a message is put off");
        }
        has_room
    }
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
