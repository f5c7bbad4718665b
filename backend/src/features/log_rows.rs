//! A node's record as rows: the log entry, its details, and the held message; several rows a statement.
//!
//! Texts are cut to what a row may hold and rid of the one character that PostgreSQL can't keep.

use crate::{
    db::{
        Conn,
        schema::{log, log_details, quarantine},
    },
    error::{ApiError, ApiResult},
    network::sortable,
};
use contract::nodes::NewRecord;
use diesel::prelude::*;
use std::net::IpAddr;

/// Rows in one statement: below the 32,766 values that SQLite takes.
const ROWS: usize = 500;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// A log entry.
#[derive(Insertable)]
#[diesel(table_name = log, treat_none_as_default_value = false)]
pub(super) struct LogRow {
    pub(super) domain_id: i64,
    pub(super) id: i64,
    pub(super) node: i32,
    pub(super) message_id: String,
    pub(super) sender: String,
    pub(super) recipient: String,
    pub(super) subject: String,
    pub(super) sender_ip: String,
    pub(super) sender_host: String,
    pub(super) size: i64,
    pub(super) size_delivered: i64,
    pub(super) classification: &'static str,
    pub(super) status: &'static str,
    pub(super) status_at: i64,
    pub(super) score: Option<f64>,
    pub(super) ip_search: String,
    pub(super) sender_search: String,
    pub(super) recipient_search: String,
    pub(super) subject_search: String,
}

/// What a log entry shows when it is opened.
#[derive(Insertable)]
#[diesel(table_name = log_details, treat_none_as_default_value = false)]
pub(super) struct DetailRow {
    pub(super) id: i64,
    pub(super) domain_id: i64,
    pub(super) helo: String,
    pub(super) is_encrypted: bool,
    pub(super) header_from: String,
    pub(super) header_to: String,
    pub(super) reason: Option<String>,
    pub(super) reply: String,
    pub(super) unsure_threshold: Option<f64>,
    pub(super) quarantine_threshold: Option<f64>,
    pub(super) evidence: String,
    pub(super) authentication: String,
    pub(super) attachments: i32,
}

/// A held message.
#[derive(Insertable)]
#[diesel(table_name = quarantine, treat_none_as_default_value = false)]
pub(super) struct NewHeldRow {
    pub(super) domain_id: i64,
    pub(super) id: i64,
    pub(super) node: i32,
    pub(super) message_id: String,
    pub(super) body_key: String,
    pub(super) expires_at: i64,
    pub(super) sender: String,
    pub(super) recipient: String,
    pub(super) header_from: String,
    pub(super) header_to: String,
    pub(super) subject: String,
    pub(super) size: i64,
    pub(super) classification: &'static str,
    pub(super) score: Option<f64>,
    pub(super) attachments: i32,
    pub(super) released_at: Option<i64>,
    pub(super) hidden_admin: bool,
    pub(super) hidden_domain: bool,
    pub(super) hidden_email: bool,
    pub(super) hidden_at: Option<i64>,
    pub(super) sender_search: String,
    pub(super) recipient_search: String,
    pub(super) from_search: String,
    pub(super) to_search: String,
    pub(super) subject_search: String,
}

// The multi-row insert is of each database's own connection: Diesel has none for both at once.

pub(super) fn insert_logs(conn: &mut Conn, rows: &[LogRow]) -> ApiResult<()> {
    for part in rows.chunks(ROWS) {
        let insert = diesel::insert_into(log::table).values(part).on_conflict_do_nothing();
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    Ok(())
}

pub(super) fn insert_details(conn: &mut Conn, rows: &[DetailRow]) -> ApiResult<()> {
    for part in rows.chunks(ROWS) {
        let insert = diesel::insert_into(log_details::table).values(part).on_conflict_do_nothing();
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    Ok(())
}

pub(super) fn insert_held(conn: &mut Conn, rows: &[NewHeldRow]) -> ApiResult<()> {
    for part in rows.chunks(ROWS) {
        let insert = diesel::insert_into(quarantine::table).values(part).on_conflict_do_nothing();
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    Ok(())
}

/// A text as it is kept: at most so many characters, without NUL.
pub(super) fn text(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

impl LogRow {
    pub(super) fn of(record: &NewRecord, domain_id: i64, node: i32) -> Self {
        let (sender, recipient) = (text(&record.sender, 320), text(&record.recipient, 320));
        let subject = text(&record.subject, 1000);
        let address = record.sender_ip.parse::<IpAddr>().ok();
        Self {
            domain_id,
            id: record.id.0,
            node,
            message_id: record.message_id.clone(),
            sender_search: sender.to_lowercase(),
            recipient_search: recipient.to_lowercase(),
            subject_search: subject.to_lowercase(),
            sender,
            recipient,
            subject,
            sender_ip: text(&record.sender_ip, 60),
            sender_host: text(&record.sender_host, 253).to_lowercase(),
            size: i64::try_from(record.size).unwrap_or(i64::MAX),
            size_delivered: 0,
            classification: record.classification.name(),
            status: record.status.name(),
            status_at: record.id.unix_millis(),
            score: record.score,
            ip_search: address.map(|address| sortable(address.to_canonical())).unwrap_or_default(),
        }
    }
}

impl DetailRow {
    pub(super) fn of(record: NewRecord, domain_id: i64) -> ApiResult<Self> {
        let evidence: Vec<_> = record.evidence.into_iter().take(200).collect();
        let json = |result: serde_json::Result<String>| {
            result.map(|json| json.replace('\0', "")).map_err(ApiError::internal)
        };
        Ok(Self {
            id: record.id.0,
            domain_id,
            helo: text(&record.helo, 255),
            is_encrypted: record.is_encrypted,
            header_from: text(&record.header_from, 1000),
            header_to: text(&record.header_to, 2000),
            reason: record.reason.map(|reason| text(&reason, 100)),
            reply: text(&record.reply, 1000),
            unsure_threshold: record.unsure_threshold,
            quarantine_threshold: record.quarantine_threshold,
            evidence: json(serde_json::to_string(&evidence))?,
            authentication: json(serde_json::to_string(&record.authentication))?,
            attachments: i32::try_from(record.attachments).unwrap_or(i32::MAX),
        })
    }
}

impl NewHeldRow {
    pub(super) fn of(record: &NewRecord, row: &LogRow, body_key: String) -> Option<Self> {
        let days = i64::from(record.hold_days?.clamp(1, 90));
        let (header_from, header_to) = (text(&record.header_from, 1000), text(&record.header_to, 2000));
        Some(Self {
            domain_id: row.domain_id,
            id: row.id,
            node: row.node,
            message_id: row.message_id.clone(),
            body_key,
            expires_at: record.id.unix_millis() + days * DAY_MILLIS,
            sender: row.sender.clone(),
            recipient: row.recipient.clone(),
            from_search: text(&header_from, 300).to_lowercase(),
            to_search: text(&header_to, 300).to_lowercase(),
            header_from,
            header_to,
            subject: row.subject.clone(),
            size: row.size,
            classification: row.classification,
            score: row.score,
            attachments: i32::try_from(record.attachments).unwrap_or(i32::MAX),
            released_at: None,
            hidden_admin: false,
            hidden_domain: false,
            hidden_email: false,
            hidden_at: None,
            sender_search: row.sender_search.clone(),
            recipient_search: row.recipient_search.clone(),
            subject_search: text(&row.subject_search, 500),
        })
    }
}
