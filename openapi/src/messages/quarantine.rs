//! The quarantine: held messages, what can be seen of them and done with them.

use super::{Classification, Why};
use crate::{
    endpoint::{Access, Endpoint, Method},
    ids::{RecordId, Timestamp},
    page::Page,
    permission::Permission::{self, QuarantineDelete, QuarantineRead, QuarantineRelease, QuarantineView},
};
use serde::{Deserialize, Serialize};

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
    /// Whether they also teach that they were not spam; as the domain has it if not given (C15). Messages with a
    /// virus never do. `true` asks for the permission `training_report` as well.
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

const fn endpoint<Q, B, A>(
    id: &'static str,
    method: Method,
    path: &'static str,
    permission: Permission,
) -> Endpoint<Q, B, A> {
    Endpoint::new(id, method, path, Access::Needs(permission))
}

/// The held messages in reach (QUA-01).
pub static LIST_QUARANTINE: Endpoint<QuarantineQuery, (), Page<QuarantineItem>> =
    endpoint("list_quarantine", Method::Get, "/api/v1/quarantine", QuarantineView);
/// Deletes every held message in reach at the caller's level (QUA-08), within the same conditions as the list.
pub static EMPTY_QUARANTINE: Endpoint<QuarantineQuery, (), Emptied> =
    endpoint("empty_quarantine", Method::Delete, "/api/v1/quarantine", QuarantineDelete);
/// The held messages of a domain (QUA-01).
pub static LIST_DOMAIN_QUARANTINE: Endpoint<QuarantineQuery, (), Page<QuarantineItem>> =
    endpoint("list_domain_quarantine", Method::Get, "/api/v1/domains/{domain}/quarantine", QuarantineView);
/// Deletes every held message of a domain at the caller's level (QUA-08).
pub static EMPTY_DOMAIN_QUARANTINE: Endpoint<QuarantineQuery, (), Emptied> = endpoint(
    "empty_domain_quarantine",
    Method::Delete,
    "/api/v1/domains/{domain}/quarantine",
    QuarantineDelete,
);
/// One held message (QUA-03, QUA-16). Reading it is audited.
pub static GET_QUARANTINED: Endpoint<(), (), QuarantineMessage> =
    endpoint("get_quarantined", Method::Get, "/api/v1/domains/{domain}/quarantine/{id}", QuarantineRead);
/// The message as it was received, `message/rfc822` (QUA-19).
pub static GET_QUARANTINED_RAW: Endpoint<RawQuery, (), ()> = endpoint(
    "get_quarantined_raw",
    Method::Get,
    "/api/v1/domains/{domain}/quarantine/{id}/raw",
    QuarantineRead,
);
/// One attachment, as a download (QUA-21).
pub static GET_ATTACHMENT: Endpoint<(), (), ()> = endpoint(
    "get_attachment",
    Method::Get,
    "/api/v1/domains/{domain}/quarantine/{id}/attachments/{index}",
    QuarantineRead,
);
/// Makes an address where the HTML of the message can be shown safely (QUA-18).
pub static CREATE_PREVIEW: Endpoint<(), (), Preview> = endpoint(
    "create_preview",
    Method::Post,
    "/api/v1/domains/{domain}/quarantine/{id}/preview",
    QuarantineRead,
);
/// Releases held messages in reach to their recipients (QUA-06, QUA-22).
pub static RELEASE_QUARANTINED: Endpoint<(), ReleaseRequest, BulkAnswer> =
    endpoint("release_quarantined", Method::Post, "/api/v1/quarantine/release", QuarantineRelease);
/// Releases held messages of a domain to their recipients (QUA-06, QUA-22).
pub static RELEASE_DOMAIN_QUARANTINED: Endpoint<(), ReleaseRequest, BulkAnswer> = endpoint(
    "release_domain_quarantined",
    Method::Post,
    "/api/v1/domains/{domain}/quarantine/release",
    QuarantineRelease,
);
/// Deletes held messages in reach at the caller's level (QUA-07, QUA-10).
pub static DELETE_QUARANTINED: Endpoint<(), MessageSelection, BulkAnswer> =
    endpoint("delete_quarantined", Method::Post, "/api/v1/quarantine/delete", QuarantineDelete);
/// Takes a deletion at the caller's level back.
pub static RESTORE_QUARANTINED: Endpoint<(), MessageSelection, BulkAnswer> =
    endpoint("restore_quarantined", Method::Post, "/api/v1/quarantine/restore", QuarantineDelete);
