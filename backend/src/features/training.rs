//! What people teach the filter: this message of this mailbox was spam, or was not (C15, QUA-09).
//!
//! An act is written in the transaction of what asks for it, with its audit row. Its content stays in the object
//! store as long as the act: `retention.rs` purges neither before the other. Nothing is learned here.

use super::{
    held_row::HeldRow,
    log_rows::ROWS,
    quarantine_actions::{IDS, audit_many},
    settings_store::in_force,
};
use crate::{
    access::{Caller, scope::Domain},
    clock::Clock,
    db::{Conn, schema::training_acts},
    error::ApiResult,
};
use contract::{
    messages::Classification, permission::Permission::TrainingReport, settings::incoming::RELEASE_TRAINS,
};
use diesel::prelude::*;
use std::collections::HashSet;

/// Which of the messages being released also teach that they were not spam: all as the caller says, else as their
/// domains have it; never one with a virus (C15).
pub(super) fn examples<'a>(
    conn: &mut Conn,
    caller: &Caller,
    wish: Option<bool>,
    rows: &[&'a HeldRow],
    domains: &[Domain],
) -> ApiResult<Vec<&'a HeldRow>> {
    if wish == Some(false) || !caller.may(TrainingReport) {
        return Ok(Vec::new());
    }
    let by_domain = in_force(conn, &RELEASE_TRAINS, domains)?;
    let teaches = |row: &&&HeldRow| {
        row.classification() != Classification::Virus
            && wish
                .unwrap_or_else(|| by_domain.get(&row.domain_id).copied().unwrap_or(RELEASE_TRAINS.default))
    };
    Ok(rows.iter().filter(teaches).copied().collect())
}

#[derive(Insertable)]
#[diesel(table_name = training_acts)]
struct ActRow<'a> {
    record_id: i64,
    domain_id: i64,
    mailbox: &'a str,
    is_spam: bool,
    body_key: &'a str,
    at: i64,
    actor_id: &'a str,
    actor: &'a str,
    role: &'a str,
}

/// Writes that these messages were good. One that somebody taught already counts once.
pub(super) fn teach_good(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    rows: &[&HeldRow],
) -> ApiResult<()> {
    let mut known: HashSet<i64> = HashSet::new();
    for part in rows.chunks(IDS) {
        let ids = part.iter().map(|row| row.id);
        let part = training_acts::table.filter(training_acts::record_id.eq_any(ids));
        known.extend(part.select(training_acts::record_id).load::<i64>(conn)?);
    }
    let fresh: Vec<&HeldRow> = rows.iter().filter(|row| !known.contains(&row.id)).copied().collect();
    let mut acts = Vec::with_capacity(fresh.len());
    for row in &fresh {
        acts.push(ActRow {
            record_id: row.id,
            domain_id: row.domain_id,
            mailbox: &row.recipient_search,
            is_spam: false,
            body_key: &row.body_key,
            at: clock.now(),
            actor_id: &caller.id.0,
            actor: &caller.username,
            role: caller.role.name(),
        });
    }
    for part in acts.chunks(ROWS) {
        let insert = diesel::insert_into(training_acts::table).values(part);
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    audit_many(conn, clock, caller, "teach_not_spam", &fresh)
}
