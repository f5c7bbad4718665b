//! The log and the quarantine: one message, seen from two sides, by the same id.

mod log;
mod quarantine;

use crate::endpoint::Operation;
use serde::{Deserialize, Serialize};

pub use log::*;
pub use quarantine::*;

/// What a message was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Classification {
    /// Good mail.
    NotSpam,
    /// Between the thresholds.
    Unsure,
    /// Spam.
    Spam,
    /// Pretends to be somebody else, to steal.
    Phishing,
    /// Carries a virus.
    Virus,
    /// Carries an attachment of a blocked type.
    Attachment,
    /// Larger than allowed.
    Oversize,
    /// From or to an allow list: not judged.
    Allowed,
    /// From or to a block list.
    Blocked,
    /// Refused before its content was seen.
    Rejected,
    /// Refused for now.
    Deferred,
}

impl Classification {
    /// Every classification.
    pub const ALL: [Self; 11] = [
        Self::NotSpam,
        Self::Unsure,
        Self::Spam,
        Self::Phishing,
        Self::Virus,
        Self::Attachment,
        Self::Oversize,
        Self::Allowed,
        Self::Blocked,
        Self::Rejected,
        Self::Deferred,
    ];

    /// Its name on the wire and in the locale keys `classification.<name>`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSpam => "not_spam",
            Self::Unsure => "unsure",
            Self::Spam => "spam",
            Self::Phishing => "phishing",
            Self::Virus => "virus",
            Self::Attachment => "attachment",
            Self::Oversize => "oversize",
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
            Self::Rejected => "rejected",
            Self::Deferred => "deferred",
        }
    }

    /// The classification of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The value of the `X-Gatepost-Class` header, in the words of the field.
    pub const fn header(self) -> &'static str {
        match self {
            Self::NotSpam => "ham",
            Self::Allowed => "whitelisted",
            Self::Blocked => "blacklisted",
            other => other.name(),
        }
    }
}

/// What became of a message for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted; not delivered yet (LOG-31).
    Queued,
    /// Taken by the destination server.
    Delivered,
    /// Held.
    Quarantined,
    /// Released from the quarantine; on its way.
    Released,
    /// Refused for good in the SMTP dialogue.
    Rejected,
    /// Refused for now in the SMTP dialogue.
    Deferred,
    /// Refused by the destination server, or tried for too long; the sender was told.
    Bounced,
    /// Held until its time was over.
    Expired,
    /// Removed by somebody.
    Removed,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Delivered,
        Self::Quarantined,
        Self::Released,
        Self::Rejected,
        Self::Deferred,
        Self::Bounced,
        Self::Expired,
        Self::Removed,
    ];

    /// Its name on the wire and in the locale keys `status.<name>`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Quarantined => "quarantined",
            Self::Released => "released",
            Self::Rejected => "rejected",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::Expired => "expired",
            Self::Removed => "removed",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// What happened to a message after it was received. Texts: `event.<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The destination server took it.
    Delivered,
    /// An attempt failed; there will be another.
    Retrying,
    /// The destination server refused it, or time was up; the sender was told.
    Bounced,
    /// Given up without telling the sender: a null sender, or forged.
    Discarded,
    /// Released from the quarantine.
    Released,
    /// Its time in the quarantine was over.
    Expired,
    /// Removed from the quarantine at every level.
    Removed,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Delivered,
        Self::Retrying,
        Self::Bounced,
        Self::Discarded,
        Self::Released,
        Self::Expired,
        Self::Removed,
    ];

    /// Its name on the wire and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retrying => "retrying",
            Self::Bounced => "bounced",
            Self::Discarded => "discarded",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Removed => "removed",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The status a record has after it.
    pub const fn status(self) -> Status {
        match self {
            Self::Delivered => Status::Delivered,
            Self::Retrying => Status::Queued,
            Self::Bounced | Self::Discarded => Status::Bounced,
            Self::Released => Status::Released,
            Self::Expired => Status::Expired,
            Self::Removed => Status::Removed,
        }
    }
}

/// One thing that moved the score. Its text is `symbol.<SYMBOL>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// Its name: `UPPER_SNAKE`, prefixed by its check.
    pub symbol: String,
    /// How far it moved the log-odds of spam; negative towards good mail.
    pub weight: f64,
    /// What exactly was found; empty if the name says all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What the sender's domain says of the sender, in the words of RFC 8601: `pass`, `fail`, `softfail`, `none`, ….
/// Empty where it was not looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Authentication {
    /// SPF (RFC 7208).
    pub spf: String,
    /// DKIM (RFC 6376).
    pub dkim: String,
    /// DMARC (RFC 7489).
    pub dmarc: String,
    /// ARC (RFC 8617).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arc: String,
}

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &LIST_QUARANTINE.operation,
    &EMPTY_QUARANTINE.operation,
    &LIST_DOMAIN_QUARANTINE.operation,
    &EMPTY_DOMAIN_QUARANTINE.operation,
    &GET_QUARANTINED.operation,
    &GET_QUARANTINED_RAW.operation,
    &GET_ATTACHMENT.operation,
    &CREATE_PREVIEW.operation,
    &RELEASE_QUARANTINED.operation,
    &RELEASE_DOMAIN_QUARANTINED.operation,
    &DELETE_QUARANTINED.operation,
    &RESTORE_QUARANTINED.operation,
    &LIST_LOG.operation,
    &LIST_DOMAIN_LOG.operation,
    &GET_LOG_VOLUME.operation,
    &GET_DOMAIN_LOG_VOLUME.operation,
    &GET_LOG_ENTRY.operation,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_wire_names() {
        for one in Classification::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
            assert_eq!(Classification::from_name(one.name()), Some(one));
        }
        for one in Status::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
            assert_eq!(Status::from_name(one.name()), Some(one));
        }
        for one in EventKind::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
            assert_eq!(EventKind::from_name(one.name()), Some(one));
        }
    }
}
