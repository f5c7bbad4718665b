//! The log and the quarantine: one message, seen from two sides, by the same id.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    ids::{RecordId, Timestamp},
    page::Page,
    permission::Permission,
};
use serde::{Deserialize, Serialize};

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
}

/// One recipient of one connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogItem {
    /// Its id, shared with the held message.
    pub id: RecordId,
    /// When it was received (LOG-21).
    pub received_at: Timestamp,
    /// The node that received it (LOG-22).
    pub node: String,
    /// The node's id of the message (LOG-08).
    pub message_id: String,
    /// The domain of the recipient.
    pub domain: String,
    /// The sending server's name by reverse DNS; empty if none (LOG-23).
    pub sender_host: String,
    /// Its address (LOG-23).
    pub sender_ip: String,
    /// MAIL FROM; empty for the null sender (LOG-24).
    pub sender: String,
    /// RCPT TO (LOG-25).
    pub recipient: String,
    /// The decoded subject (LOG-26).
    pub subject: String,
    /// Bytes received (LOG-27).
    pub size: u64,
    /// Bytes delivered; 0 if none (LOG-28).
    pub size_delivered: u64,
    /// What it was taken for (LOG-29).
    pub classification: Classification,
    /// What became of it (LOG-30).
    pub status: Status,
    /// The score, 0–1; absent where the content was not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Whether it is in the quarantine for the caller.
    pub is_held: bool,
}

/// A log entry with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogDetail {
    /// The entry.
    #[serde(flatten)]
    pub item: LogItem,
    /// What the sending server called itself.
    pub helo: String,
    /// Whether the connection was encrypted.
    pub is_encrypted: bool,
    /// The decoded From header.
    pub header_from: String,
    /// The decoded To header.
    pub header_to: String,
    /// Why it was refused, if a stage before the content did. Its text is `reason.<name>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The SMTP reply given.
    pub reply: String,
    /// Why the score is what it is.
    pub why: Why,
    /// What happened to it, oldest first.
    pub events: Vec<LogEvent>,
}

/// Why a message was judged as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Why {
    /// What moved the score, the strongest first.
    pub evidence: Vec<Evidence>,
    /// From this score on mail was unsure for this recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure_threshold: Option<f64>,
    /// From this score on mail was spam for this recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine_threshold: Option<f64>,
    /// What the sender's domain says of the sender.
    pub authentication: Authentication,
}

/// Something that happened to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The server it was delivered to; empty if none.
    pub host: String,
    /// Its reply, or the error.
    pub reply: String,
    /// Who did it; empty for a program.
    pub actor: String,
}

/// What to look for in the log. Several values of one field are separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct LogQuery {
    /// Received at or after this time (LOG-07); 7 days ago if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Received before this time (LOG-07).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The node's id of the message (LOG-08).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The subject (LOG-09).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// MAIL FROM; `<>` for the null sender (LOG-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// RCPT TO (LOG-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The sending server's address or network, such as `192.0.2.0/24` (LOG-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_ip: Option<String>,
    /// The sending server's name (LOG-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_host: Option<String>,
    /// In any of sender, recipient and subject, in part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// `all` conditions or `any` of them (LOG-14); `all` if not given. Times and domains always hold.
    #[serde(skip_serializing_if = "Option::is_none", rename = "match")]
    pub matching: Option<String>,
    /// Classifications (LOG-15).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// Statuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether a part of the text is enough (LOG-16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<bool>,
    /// `-received_at` or `received_at`; the newest first if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether to count the entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<bool>,
}

/// A held message, for one recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuarantineItem {
    /// Its id, shared with its log entry.
    pub id: RecordId,
    /// When it was received.
    pub received_at: Timestamp,
    /// When it will be deleted.
    pub expires_at: Timestamp,
    /// The decoded From header: name and address (QUA-13).
    pub from: String,
    /// MAIL FROM.
    pub sender: String,
    /// The decoded To header (QUA-13).
    pub to: String,
    /// RCPT TO.
    pub recipient: String,
    /// The domain of the recipient.
    pub domain: String,
    /// The decoded subject.
    pub subject: String,
    /// Bytes (QUA-14).
    pub size: u64,
    /// What it was taken for.
    pub classification: Classification,
    /// The score, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// How many attachments it has.
    pub attachments: u32,
    /// When it was released, at any level (QUA-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
}

/// A held message with its content, read by the server; nothing in it is trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuarantineMessage {
    /// The entry of the list.
    #[serde(flatten)]
    pub item: QuarantineItem,
    /// The node's id of the message.
    pub message_id: String,
    /// The sending server's address.
    pub sender_ip: String,
    /// Its name by reverse DNS; empty if none.
    pub sender_host: String,
    /// The headers as they were received, in their order (QUA-19, QUA-20).
    pub headers: Vec<Header>,
    /// The text, if it has one (QUA-18); at most 256 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<String>,
    /// Whether it has HTML to show (QUA-18).
    pub has_html: bool,
    /// Remote images that are not loaded.
    pub remote_images: u32,
    /// Its attachments (QUA-21).
    pub attached: Vec<Attachment>,
    /// Why it is held.
    pub why: Why,
    /// Whether the caller may release it.
    pub is_releasable: bool,
}

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value, unfolded and not decoded.
    pub value: String,
}

/// One attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// Its place in the message.
    pub index: u32,
    /// A safe name for it.
    pub name: String,
    /// The type it claims to have.
    pub media_type: String,
    /// Bytes, decoded.
    pub size: u64,
}

/// What to look for in the quarantine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct QuarantineQuery {
    /// A part of the text (QUA-05).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Where to look for it: `subject`, `sender` or `recipient` (QUA-05); in all of them if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Received at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Received before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Classifications, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// `received_at`, `from`, `to`, `subject` or `size`, with `-` before it for the other direction (QUA-04);
    /// `-received_at` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Entries a page: 1–500, 100 if not given (QUA-15).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether to count the entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<bool>,
}

/// Held messages to be released (QUA-06, QUA-22).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// The messages: 1–10,000. More than one asks for the permission `quarantine_release_many` as well (C7).
    pub ids: Vec<RecordId>,
    /// Whether they also teach that they were not spam; as the domain has it if not given (C15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<bool>,
    /// Says that messages with a virus are to be released, too; only administrators may (QUA-24).
    #[serde(default)]
    pub with_virus: bool,
}

/// Held messages to be deleted at the caller's level (QUA-07, QUA-10), or to be taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MessageSelection {
    /// The messages: 1–10,000.
    pub ids: Vec<RecordId>,
}

/// What became of each message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BulkAnswer {
    /// One result a message, in the order of the request.
    pub results: Vec<BulkResult>,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BulkResult {
    /// The message.
    pub id: RecordId,
    /// Absent when it was done; else why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<crate::problem::ErrorCode>,
}

/// What became of a whole quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Emptied {
    /// How many messages are no longer listed at the caller's level.
    pub deleted: u64,
}

/// Which part of the raw message to show.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct RawQuery {
    /// `headers` for the header block alone; the whole message if not given (QUA-19).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

/// Where the HTML of a message can be shown, for a few minutes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Preview {
    /// The address for a sandboxed frame: cleaned HTML under a policy that loads nothing.
    pub url: String,
}

const fn all<Q, B, A>(
    id: &'static str,
    method: Method,
    path: &'static str,
    permission: Permission,
) -> Endpoint<Q, B, A> {
    Endpoint::new(id, method, path, Access::Needs(permission))
}

use Permission::{LogView, QuarantineDelete, QuarantineRead, QuarantineRelease, QuarantineView};

/// The held messages in reach (QUA-01).
pub static LIST_QUARANTINE: Endpoint<QuarantineQuery, (), Page<QuarantineItem>> =
    all("list_quarantine", Method::Get, "/api/v1/quarantine", QuarantineView);
/// Deletes every held message in reach at the caller's level (QUA-08), within the same conditions as the list.
pub static EMPTY_QUARANTINE: Endpoint<QuarantineQuery, (), Emptied> =
    all("empty_quarantine", Method::Delete, "/api/v1/quarantine", QuarantineDelete);
/// The held messages of a domain (QUA-01).
pub static LIST_DOMAIN_QUARANTINE: Endpoint<QuarantineQuery, (), Page<QuarantineItem>> =
    all("list_domain_quarantine", Method::Get, "/api/v1/domains/{domain}/quarantine", QuarantineView);
/// Deletes every held message of a domain at the caller's level (QUA-08).
pub static EMPTY_DOMAIN_QUARANTINE: Endpoint<QuarantineQuery, (), Emptied> =
    all("empty_domain_quarantine", Method::Delete, "/api/v1/domains/{domain}/quarantine", QuarantineDelete);
/// One held message (QUA-03, QUA-16). Reading it is audited.
pub static GET_QUARANTINED: Endpoint<(), (), QuarantineMessage> =
    all("get_quarantined", Method::Get, "/api/v1/domains/{domain}/quarantine/{id}", QuarantineRead);
/// The message as it was received, `message/rfc822` (QUA-19).
pub static GET_QUARANTINED_RAW: Endpoint<RawQuery, (), ()> =
    all("get_quarantined_raw", Method::Get, "/api/v1/domains/{domain}/quarantine/{id}/raw", QuarantineRead);
/// One attachment, as a download (QUA-21).
pub static GET_ATTACHMENT: Endpoint<(), (), ()> = all(
    "get_attachment",
    Method::Get,
    "/api/v1/domains/{domain}/quarantine/{id}/attachments/{index}",
    QuarantineRead,
);
/// Makes an address where the HTML of the message can be shown safely (QUA-18).
pub static CREATE_PREVIEW: Endpoint<(), (), Preview> =
    all("create_preview", Method::Post, "/api/v1/domains/{domain}/quarantine/{id}/preview", QuarantineRead);
/// Releases held messages in reach to their recipients (QUA-06, QUA-22).
pub static RELEASE_QUARANTINED: Endpoint<(), ReleaseRequest, BulkAnswer> =
    all("release_quarantined", Method::Post, "/api/v1/quarantine/release", QuarantineRelease);
/// Releases held messages of a domain to their recipients (QUA-06, QUA-22).
pub static RELEASE_DOMAIN_QUARANTINED: Endpoint<(), ReleaseRequest, BulkAnswer> = all(
    "release_domain_quarantined",
    Method::Post,
    "/api/v1/domains/{domain}/quarantine/release",
    QuarantineRelease,
);
/// Deletes held messages in reach at the caller's level (QUA-07, QUA-10).
pub static DELETE_QUARANTINED: Endpoint<(), MessageSelection, BulkAnswer> =
    all("delete_quarantined", Method::Post, "/api/v1/quarantine/delete", QuarantineDelete);
/// Takes a deletion at the caller's level back.
pub static RESTORE_QUARANTINED: Endpoint<(), MessageSelection, BulkAnswer> =
    all("restore_quarantined", Method::Post, "/api/v1/quarantine/restore", QuarantineDelete);
/// The log entries in reach (LOG-01, LOG-34).
pub static LIST_LOG: Endpoint<LogQuery, (), Page<LogItem>> =
    all("list_log", Method::Get, "/api/v1/log", LogView);
/// The log entries of a domain (LOG-01).
pub static LIST_DOMAIN_LOG: Endpoint<LogQuery, (), Page<LogItem>> =
    all("list_domain_log", Method::Get, "/api/v1/domains/{domain}/log", LogView);
/// One log entry (LOG-30).
pub static GET_LOG_ENTRY: Endpoint<(), (), LogDetail> =
    all("get_log_entry", Method::Get, "/api/v1/domains/{domain}/log/{id}", LogView);

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
