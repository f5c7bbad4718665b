//! A held message as its row, from a node's record to what the API shows of it.

use super::log_rows::{LogRow, text};
use crate::{clock::timestamp, db::schema::quarantine};
use contract::{
    ids::RecordId,
    messages::{Classification, QuarantineItem},
    nodes::NewRecord,
};
use diesel::prelude::*;
use std::collections::HashMap;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// A held message, for one recipient.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = quarantine, treat_none_as_default_value = false)]
pub(super) struct HeldRow {
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
    pub(super) classification: String,
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

impl HeldRow {
    /// The row of a record whose content is kept under that key, if the node holds it.
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
            classification: row.classification.to_owned(),
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

    /// What it was taken for.
    pub(super) fn classification(&self) -> Classification {
        Classification::from_name(&self.classification).unwrap_or(Classification::Spam)
    }

    /// As the API shows it.
    pub(super) fn item(self, domains: &HashMap<i64, String>) -> QuarantineItem {
        let classification = self.classification();
        QuarantineItem {
            id: RecordId(self.id),
            received_at: timestamp(RecordId(self.id).unix_millis()),
            expires_at: timestamp(self.expires_at),
            from: self.header_from,
            sender: self.sender,
            to: self.header_to,
            recipient: self.recipient,
            domain: domains.get(&self.domain_id).cloned().unwrap_or_default(),
            subject: self.subject,
            size: u64::try_from(self.size).unwrap_or_default(),
            classification,
            score: self.score,
            attachments: u32::try_from(self.attachments).unwrap_or_default(),
            released_at: self.released_at.map(timestamp),
        }
    }
}
