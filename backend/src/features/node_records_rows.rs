//! Nodes' reports as rows: several rows a statement, all of a batch in one transaction.
//!
//! Texts are cut to what a row may hold and rid of the one character that PostgreSQL can't keep.

use super::quarantine_query::HeldRow;
use crate::{
    access::{CallingNode, scope::Domain},
    db::{
        Conn,
        schema::{bodies, domains, log, log_details, log_events, quarantine},
    },
    error::{ApiError, ApiResult},
    network::sortable,
    storage::BodyKey,
};
use contract::{
    ids::RecordId,
    messages::EventKind,
    nodes::{NewEvent, NewRecord, RecordBatch},
};
use diesel::prelude::*;
use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

/// Rows in one statement: below the 32,766 values that SQLite takes.
const ROWS: usize = 500;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What was new in a batch.
#[derive(Default)]
pub(super) struct Fresh {
    /// Records and events.
    pub(super) added: usize,
    /// The domains they belong to.
    pub(super) domains: Vec<Domain>,
    /// Domain, recipient and id of records that are new or changed.
    pub(super) logged: Vec<(i64, String, i64)>,
    /// Domain and recipient of what changed in the quarantine.
    pub(super) held: Vec<(i64, String)>,
}

#[derive(Insertable)]
#[diesel(table_name = log, treat_none_as_default_value = false)]
struct LogRow {
    domain_id: i64,
    id: i64,
    node: i32,
    message_id: String,
    sender: String,
    recipient: String,
    subject: String,
    sender_ip: String,
    sender_host: String,
    size: i64,
    size_delivered: i64,
    classification: &'static str,
    status: &'static str,
    status_at: i64,
    score: Option<f64>,
    ip_search: String,
    sender_search: String,
    recipient_search: String,
    subject_search: String,
}

#[derive(Insertable)]
#[diesel(table_name = log_details, treat_none_as_default_value = false)]
struct DetailRow {
    id: i64,
    domain_id: i64,
    helo: String,
    is_encrypted: bool,
    header_from: String,
    header_to: String,
    reason: Option<String>,
    reply: String,
    unsure_threshold: Option<f64>,
    quarantine_threshold: Option<f64>,
    evidence: String,
    authentication: String,
    attachments: i32,
}

#[derive(Insertable)]
#[diesel(table_name = quarantine, treat_none_as_default_value = false)]
struct NewHeldRow {
    domain_id: i64,
    id: i64,
    node: i32,
    message_id: String,
    body_key: String,
    expires_at: i64,
    sender: String,
    recipient: String,
    header_from: String,
    header_to: String,
    subject: String,
    size: i64,
    classification: &'static str,
    score: Option<f64>,
    attachments: i32,
    released_at: Option<i64>,
    hidden_admin: bool,
    hidden_domain: bool,
    hidden_email: bool,
    hidden_at: Option<i64>,
    sender_search: String,
    recipient_search: String,
    from_search: String,
    to_search: String,
    subject_search: String,
}

#[derive(Insertable)]
#[diesel(table_name = log_events)]
struct EventRow {
    record_id: i64,
    id: i64,
    domain_id: i64,
    kind: &'static str,
    host: String,
    reply: String,
    size: i64,
    actor: String,
}

/// A record that is an event of its own to somebody: where it is and whose.
type Known = (i64, i64, String);

/// Keeps a batch. Call it inside [`crate::db::Db::append`].
pub(super) fn ingest(conn: &mut Conn, node: &CallingNode, batch: RecordBatch, now: i64) -> ApiResult<Fresh> {
    let mut fresh = Fresh::default();
    add_records(conn, node, batch.records, now, &mut fresh)?;
    add_events(conn, node, batch.events, now, &mut fresh)?;
    let ids: HashSet<i64> = fresh.logged.iter().map(|(domain, _, _)| *domain).collect();
    fresh.domains = domains::table
        .filter(domains::id.eq_any(ids))
        .select((domains::id, domains::name, domains::reseller_id))
        .load(conn)?;
    Ok(fresh)
}

/// Whether the node may have made this id: it bears its number, and is not of tomorrow.
fn is_own(id: RecordId, node: &CallingNode, now: i64) -> bool {
    let number = i64::from(node.number);
    id.0 > 0 && (id.0 >> 8) & 0xf == number && id.unix_millis() < now + DAY_MILLIS
}

fn add_records(
    conn: &mut Conn,
    node: &CallingNode,
    records: Vec<NewRecord>,
    now: i64,
    fresh: &mut Fresh,
) -> ApiResult<()> {
    let domain_of = |record: &NewRecord| {
        record.recipient.rsplit_once('@').map(|(_, domain)| domain.trim_end_matches('.').to_lowercase())
    };
    let names: HashSet<String> = records.iter().filter_map(domain_of).collect();
    let ours: HashMap<String, i64> = domains::table
        .filter(domains::name.eq_any(names))
        .select((domains::name, domains::id))
        .load::<(String, i64)>(conn)?
        .into_iter()
        .collect();
    let known: HashSet<i64> = log::table
        .filter(log::id.eq_any(records.iter().map(|record| record.id.0)))
        .select(log::id)
        .load::<i64>(conn)?
        .into_iter()
        .collect();
    let mut seen = known;
    let mut rows = Vec::new();
    for record in records {
        let Some(domain_id) = domain_of(&record).and_then(|name| ours.get(&name).copied()) else { continue };
        let key = BodyKey { node: node.id.0.clone(), message_id: record.message_id.clone() };
        if !is_own(record.id, node, now) || !key.is_valid() || !seen.insert(record.id.0) {
            continue;
        }
        let row = LogRow::of(&record, domain_id, node.number);
        fresh.logged.push((domain_id, row.recipient_search.clone(), row.id));
        let held = NewHeldRow::of(&record, &row, key.text());
        fresh.held.extend(held.iter().map(|held| (domain_id, held.recipient_search.clone())));
        rows.push((row, DetailRow::of(record, domain_id)?, held));
    }
    fresh.added += rows.len();
    let (mut logs, mut details, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for (row, detail, hold) in rows {
        logs.push(row);
        details.push(detail);
        held.extend(hold);
    }
    insert_logs(conn, &logs)?;
    insert_details(conn, &details)?;
    insert_held(conn, &held)
}

// The multi-row insert is of each database's own connection: Diesel has none for both at once.

fn insert_logs(conn: &mut Conn, rows: &[LogRow]) -> ApiResult<()> {
    for part in rows.chunks(ROWS) {
        let insert = diesel::insert_into(log::table).values(part).on_conflict_do_nothing();
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    Ok(())
}

fn insert_details(conn: &mut Conn, rows: &[DetailRow]) -> ApiResult<()> {
    for part in rows.chunks(ROWS) {
        let insert = diesel::insert_into(log_details::table).values(part).on_conflict_do_nothing();
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    Ok(())
}

fn insert_held(conn: &mut Conn, rows: &[NewHeldRow]) -> ApiResult<()> {
    for part in rows.chunks(ROWS) {
        let insert = diesel::insert_into(quarantine::table).values(part).on_conflict_do_nothing();
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    Ok(())
}

fn add_events(
    conn: &mut Conn,
    node: &CallingNode,
    events: Vec<NewEvent>,
    now: i64,
    fresh: &mut Fresh,
) -> ApiResult<()> {
    let ids: HashSet<i64> = events.iter().map(|event| event.record.0).collect();
    let records: HashMap<i64, Known> = log::table
        .filter(log::id.eq_any(&ids))
        .select((log::id, (log::domain_id, log::id, log::recipient_search)))
        .load::<(i64, Known)>(conn)?
        .into_iter()
        .collect();
    let mut seen: HashSet<(i64, i64)> = log_events::table
        .filter(log_events::record_id.eq_any(&ids))
        .select((log_events::record_id, log_events::id))
        .load::<(i64, i64)>(conn)?
        .into_iter()
        .collect();
    for event in events {
        let Some(record) = records.get(&event.record.0) else { continue };
        if !is_own(event.id, node, now) || !seen.insert((event.record.0, event.id.0)) {
            continue;
        }
        let (host, reply) = (text(&event.host, 300), text(&event.reply, 1000));
        let size = i64::try_from(event.size).unwrap_or(i64::MAX);
        add_event(conn, record, (event.id, event.kind), (host, reply, size), "")?;
        fresh.added += 1;
        fresh.logged.push((record.0, record.2.clone(), record.1));
        if event.kind == EventKind::Released {
            fresh.held.push((record.0, record.2.clone()));
        }
    }
    Ok(())
}

/// Writes what happened to a record and what it is now. An event that comes late does not undo a later one.
fn add_event(
    conn: &mut Conn,
    (domain_id, record, _): &Known,
    (id, kind): (RecordId, EventKind),
    (host, reply, size): (String, String, i64),
    actor: &str,
) -> ApiResult<()> {
    let at = id.unix_millis();
    let row = EventRow {
        record_id: *record,
        id: id.0,
        domain_id: *domain_id,
        kind: kind.name(),
        host,
        reply,
        size,
        actor: actor.to_owned(),
    };
    diesel::insert_into(log_events::table).values(&row).execute(conn)?;
    let place = log::table.find((*domain_id, *record));
    diesel::update(place.filter(log::status_at.le(at)))
        .set((log::status.eq(kind.status().name()), log::status_at.eq(at)))
        .execute(conn)?;
    if kind == EventKind::Delivered {
        diesel::update(place).set(log::size_delivered.eq(size)).execute(conn)?;
    }
    if kind == EventKind::Released {
        let held = quarantine::table.find((*domain_id, *record));
        diesel::update(held.filter(quarantine::released_at.is_null()))
            .set(quarantine::released_at.eq(at))
            .execute(conn)?;
    }
    Ok(())
}

/// Writes what somebody, or the passing of time, did to a held message. The id is made unique among the record's.
pub(super) fn add_own_event(
    conn: &mut Conn,
    row: &HeldRow,
    kind: EventKind,
    now: i64,
    actor: &str,
) -> ApiResult<()> {
    let from = RecordId::at(now).0;
    let last: Option<i64> = log_events::table
        .filter(log_events::record_id.eq(row.id))
        .filter(log_events::id.ge(from))
        .filter(log_events::id.lt(RecordId::at(now + 1).0))
        .select(diesel::dsl::max(log_events::id))
        .first(conn)?;
    let id = RecordId(last.map_or(from, |last| last + 1));
    let known = (row.domain_id, row.id, String::new());
    add_event(conn, &known, (id, kind), (String::new(), String::new(), 0), actor)
}

/// Notes that content is stored; it is there for records that come later.
pub(super) fn keep_body(conn: &mut Conn, key: &BodyKey, size: u64, now: i64) -> ApiResult<()> {
    let text = key.text();
    diesel::delete(bodies::table.find(&text)).execute(conn)?;
    diesel::insert_into(bodies::table)
        .values((
            bodies::key.eq(&text),
            bodies::node_id.eq(&key.node),
            bodies::message_id.eq(&key.message_id),
            bodies::size.eq(i64::try_from(size).unwrap_or(i64::MAX)),
            bodies::stored_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// A text as it is kept: at most so many characters, without NUL.
fn text(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

impl LogRow {
    fn of(record: &NewRecord, domain_id: i64, node: i32) -> Self {
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
    fn of(record: NewRecord, domain_id: i64) -> ApiResult<Self> {
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
    fn of(record: &NewRecord, row: &LogRow, body_key: String) -> Option<Self> {
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
