//! A node's record as rows: the log entry, its details, and the held message; several rows a statement.
//!
//! Texts are cut to what a row may hold and rid of the one character that PostgreSQL can't keep.

use super::held_row::HeldRow;
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
pub(super) const ROWS: usize = 500;

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

pub(super) fn insert_held(conn: &mut Conn, rows: &[HeldRow]) -> ApiResult<()> {
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
    pub(super) fn of(record: NewRecord) -> ApiResult<Self> {
        let evidence: Vec<_> = record.evidence.into_iter().take(200).collect();
        let json = |result: serde_json::Result<String>| {
            result.map(|json| json.replace('\0', "")).map_err(ApiError::internal)
        };
        Ok(Self {
            id: record.id.0,
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
