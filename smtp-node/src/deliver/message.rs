//! A message to be delivered: what lies in the spool of it, and how far it is.

use crate::smtp::notification::{MessageWish, RecipientWish};
use contract::ids::RecordId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The head of a message in the spool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// The node's id of the message.
    pub id: String,
    /// When it came, in milliseconds since 1970.
    pub received_at: i64,
    /// MAIL FROM; empty for the null sender.
    pub sender: String,
    /// Whether SMTPUTF8 was asked for.
    pub is_utf8: bool,
    /// Whether BODY=8BITMIME was said.
    pub is_eight_bit: bool,
    /// Octets as received.
    pub size: u64,
    /// The fields that every copy gets: `Received`, `Authentication-Results`. Empty: delivered as it is.
    pub trace: String,
    /// What copies get besides, by recipient.
    pub stamps: Vec<Stamp>,
    /// Who gets it.
    pub recipients: Vec<Recipient>,
    /// Whether it tells of a delivery that failed: it is never told of itself.
    #[serde(default)]
    pub is_bounce: bool,
    /// Whether the sender's domain says that the sender is forged: who did not send it hears nothing of it (S8).
    #[serde(default)]
    pub is_forged: bool,
    /// What the sender wants to get back.
    #[serde(default)]
    pub wish: MessageWish,
}

/// What the copy of a recipient gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Fields, each with its line end.
    pub fields: String,
    /// What the subject begins with.
    pub notation: Option<String>,
}

/// A recipient.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// Its domain, whose routes it takes.
    pub domain: String,
    /// Its record in the log; none for our own messages.
    pub record: Option<RecordId>,
    /// Its stamp.
    pub stamp: usize,
    /// Of what the sender wants to hear.
    #[serde(default)]
    pub wish: RecipientWish,
}

/// How far a message is; the state of its record in the spool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The recipients, by their place, that are settled.
    pub settled: BTreeSet<usize>,
    /// When each domain is tried next; at once if it is not here.
    pub next_at: BTreeMap<String, i64>,
    /// The recipients of whose delay the sender was told.
    #[serde(default)]
    pub delayed: BTreeSet<usize>,
}

impl Envelope {
    /// Whether the sender said of what it wants to hear, of the message or of one of these recipients.
    pub fn has_wishes(&self, places: &[usize]) -> bool {
        let of_recipients = |place: &usize| {
            self.recipients.get(*place).is_some_and(|recipient| recipient.wish != RecipientWish::default())
        };
        self.wish != MessageWish::default() || places.iter().any(of_recipients)
    }

    /// The recipients at a domain that are not settled, by their place.
    pub fn open_at(&self, domain: &str, progress: &Progress) -> Vec<usize> {
        let open = |(place, recipient): (usize, &Recipient)| {
            (recipient.domain == domain && !progress.settled.contains(&place)).then_some(place)
        };
        self.recipients.iter().enumerate().filter_map(open).collect()
    }

    /// The domains with recipients that are not settled.
    pub fn open_domains(&self, progress: &Progress) -> BTreeSet<&str> {
        let open = self.recipients.iter().enumerate();
        open.filter(|(place, _)| !progress.settled.contains(place))
            .map(|(_, recipient)| recipient.domain.as_str())
            .collect()
    }
}
