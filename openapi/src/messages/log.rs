//! The log: every recipient of every connection, and what became of it.

use super::{Authentication, Classification, EventKind, Evidence, Status};
use crate::{
    endpoint::{Access, Endpoint, Method},
    ids::{RecordId, Timestamp},
    page::Page,
    permission::Permission::LogView,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// How many log entries there are over time, under the conditions of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogVolume {
    /// Seconds from one bar to the next.
    pub step: u64,
    /// The bars from the first to the last, at most 121, also those without entries. They begin at whole steps
    /// since 1970; the first and the last may reach beyond the range, and count what is within.
    pub bars: Vec<VolumeBar>,
}

/// What was received in one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VolumeBar {
    /// When it begins.
    pub at: Timestamp,
    /// How many entries of each classification; one without entries is absent.
    pub counts: BTreeMap<Classification, u64>,
}

/// The log entries in reach (LOG-01, LOG-34).
pub static LIST_LOG: Endpoint<LogQuery, (), Page<LogItem>> =
    Endpoint::new("list_log", Method::Get, "/api/v1/log", Access::Needs(LogView));
/// The log entries of a domain (LOG-01).
pub static LIST_DOMAIN_LOG: Endpoint<LogQuery, (), Page<LogItem>> =
    Endpoint::new("list_domain_log", Method::Get, "/api/v1/domains/{domain}/log", Access::Needs(LogView));
/// How many log entries in reach there are over time: the bars above the list. Order and page change nothing.
pub static GET_LOG_VOLUME: Endpoint<LogQuery, (), LogVolume> =
    Endpoint::new("get_log_volume", Method::Get, "/api/v1/log/volume", Access::Needs(LogView));
/// How many log entries of a domain there are over time. Order and page change nothing.
pub static GET_DOMAIN_LOG_VOLUME: Endpoint<LogQuery, (), LogVolume> = Endpoint::new(
    "get_domain_log_volume",
    Method::Get,
    "/api/v1/domains/{domain}/log/volume",
    Access::Needs(LogView),
);
/// One log entry (LOG-30).
pub static GET_LOG_ENTRY: Endpoint<(), (), LogDetail> =
    Endpoint::new("get_log_entry", Method::Get, "/api/v1/domains/{domain}/log/{id}", Access::Needs(LogView));
