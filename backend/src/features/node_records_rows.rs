//! Nodes' reports on their way into the database: what is ours and new, all of a batch in one transaction.

use super::{
    held_row::HeldRow,
    log_rows::{DetailRow, LogRow, ROWS, insert_details, insert_held, insert_logs, text},
};
use crate::{
    access::{
        CallingNode,
        scope::{Domain, find_domains},
    },
    db::{
        Conn,
        schema::{domains, log, log_events, quarantine},
    },
    error::ApiResult,
    storage::BodyKey,
};
use contract::{
    ids::RecordId,
    messages::EventKind,
    nodes::{NewEvent, NewRecord, RecordBatch},
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

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
#[diesel(table_name = log_events)]
struct EventRow {
    record_id: i64,
    id: i64,
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
    fresh.domains = find_domains(conn, fresh.logged.iter().map(|(domain, _, _)| *domain))?;
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
        let held = HeldRow::of(&record, &row, key.text());
        fresh.held.extend(held.iter().map(|held| (domain_id, held.recipient_search.clone())));
        rows.push((row, DetailRow::of(record)?, held));
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
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let Some(record) = records.get(&event.record.0) else { continue };
        if !is_own(event.id, node, now) || !seen.insert((event.record.0, event.id.0)) {
            continue;
        }
        let row = EventRow {
            record_id: record.1,
            id: event.id.0,
            kind: event.kind.name(),
            host: text(&event.host, 300),
            reply: text(&event.reply, 1000),
            size: i64::try_from(event.size).unwrap_or(i64::MAX),
            actor: String::new(),
        };
        apply(conn, record, (event.id, event.kind), row.size)?;
        rows.push(row);
        fresh.logged.push((record.0, record.2.clone(), record.1));
        if event.kind == EventKind::Released {
            fresh.held.push((record.0, record.2.clone()));
        }
    }
    fresh.added += rows.len();
    insert_events(conn, &rows)
}

/// Writes what a record is after an event. One that comes late does not undo a later one.
fn apply(
    conn: &mut Conn,
    (domain_id, record, _): &Known,
    (id, kind): (RecordId, EventKind),
    size: i64,
) -> ApiResult<()> {
    let at = id.unix_millis();
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

/// Writes what somebody, or the passing of time, did to held messages. Each id is made unique among the record's.
pub(super) fn add_own_events(
    conn: &mut Conn,
    rows: &[&HeldRow],
    kind: EventKind,
    now: i64,
    actor: &str,
) -> ApiResult<()> {
    let from = RecordId::at(now).0;
    for part in rows.chunks(ROWS) {
        let ids: Vec<i64> = part.iter().map(|row| row.id).collect();
        let last: HashMap<i64, Option<i64>> = log_events::table
            .filter(log_events::record_id.eq_any(&ids))
            .filter(log_events::id.ge(from))
            .filter(log_events::id.lt(RecordId::at(now + 1).0))
            .group_by(log_events::record_id)
            .select((log_events::record_id, diesel::dsl::max(log_events::id)))
            .load::<(i64, Option<i64>)>(conn)?
            .into_iter()
            .collect();
        let event = |row: &&HeldRow| EventRow {
            record_id: row.id,
            id: last.get(&row.id).copied().flatten().map_or(from, |last| last + 1),
            kind: kind.name(),
            host: String::new(),
            reply: String::new(),
            size: 0,
            actor: actor.to_owned(),
        };
        insert_events(conn, &part.iter().map(event).collect::<Vec<_>>())?;
        let these = log::table.filter(log::id.eq_any(&ids)).filter(log::status_at.le(now));
        diesel::update(these)
            .set((log::status.eq(kind.status().name()), log::status_at.eq(now)))
            .execute(conn)?;
        if kind == EventKind::Released {
            let these = quarantine::table.filter(quarantine::id.eq_any(&ids));
            diesel::update(these.filter(quarantine::released_at.is_null()))
                .set(quarantine::released_at.eq(now))
                .execute(conn)?;
        }
    }
    Ok(())
}

fn insert_events(conn: &mut Conn, rows: &[EventRow]) -> ApiResult<()> {
    for part in rows.chunks(ROWS) {
        let insert = diesel::insert_into(log_events::table).values(part);
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    Ok(())
}
