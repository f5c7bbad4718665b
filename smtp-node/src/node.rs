//! What all parts of a running node share.

use crate::{
    bounces::Bounces,
    callout::Callouts,
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
    /// What destination servers said of recipients.
    pub callouts: Callouts,
    /// How many bounces came for whom.
    pub bounces: Bounces,
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
    /// Connections refused because there were too many at once (LOG-05).
    pub connections_refused: AtomicU64,
    /// Connections refused because too many came within a minute (LOG-05).
    pub connections_too_often: AtomicU64,
    /// Connections of clients that do not speak as RFC 5321 demands (LOG-06).
    pub protocol_violations: AtomicU64,
    /// Connections of clients that were silent or slow for too long.
    pub too_slow: AtomicU64,
    /// Connections with more recipients than one may have.
    pub too_many_recipients: AtomicU64,
    /// Answers that were kept back from clients that guess addresses.
    pub tarpitted: AtomicU64,
    /// Recipients refused.
    pub recipients_refused: AtomicU64,
    /// Messages accepted.
    pub messages: AtomicU64,
    /// Recipients delivered to.
    pub delivered: AtomicU64,
}

impl Counters {
    /// All of them, each with its name and what it counts.
    pub fn all(&self) -> [(&'static str, &'static str, &AtomicU64); 10] {
        [
            ("connections_total", "Connections accepted.", &self.connections),
            (
                "connections_refused_total",
                "Connections refused: too many at once.",
                &self.connections_refused,
            ),
            (
                "connections_too_often_total",
                "Connections refused: too many in a minute.",
                &self.connections_too_often,
            ),
            (
                "protocol_violations_total",
                "Connections closed: not as RFC 5321 demands.",
                &self.protocol_violations,
            ),
            ("too_slow_total", "Connections closed: silent or slow for too long.", &self.too_slow),
            (
                "too_many_recipients_total",
                "Connections closed: too many recipients.",
                &self.too_many_recipients,
            ),
            ("tarpitted_total", "Answers kept back from clients that guess addresses.", &self.tarpitted),
            ("recipients_refused_total", "Recipients refused.", &self.recipients_refused),
            ("messages_total", "Messages accepted.", &self.messages),
            ("delivered_total", "Recipients delivered to.", &self.delivered),
        ]
    }
}
