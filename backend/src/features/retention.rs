//! What time ends: held messages (QUA-02, C1), deleted ones (QUA-10), contents nobody refers to, and the log
//! (LOG-18).
//!
//! Runs in the serving program every minute. Several programs may run it at once: every step can be repeated. The
//! log keeps its row when a held message goes, with what became of it.

use super::{held_row::HeldRow, node_records_rows::add_own_events, settings_store::in_force};
use crate::{
    access::scope::Domain,
    clock::Clock,
    db::{
        Conn, Db,
        schema::{bodies, domains, log, log_details, log_events, node_commands, quarantine, training_acts},
    },
    error::{ApiError, ApiResult},
    storage::{BodyKey, Storage},
};
use contract::{ids::RecordId, messages::EventKind, settings::domain::LOG_DAYS};
use diesel::prelude::*;
use std::time::Duration;

/// How often time is looked at.
const EVERY: Duration = Duration::from_secs(60);
/// A deletion at every level can be taken back for so long.
const UNDO_MILLIS: i64 = 10 * 60 * 1000;
/// Content that came before its records waits so long for them.
const ORPHAN_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// What people teach is kept as long as a message can be held at most: 90 days.
const TRAINING_MILLIS: i64 = 90 * DAY_MILLIS;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Rows in one transaction, so that others get their turn.
const ROWS: i64 = 500;

/// Removes what is over, again and again, until the program ends.
pub(crate) async fn run(db: Db, clock: Clock, storage: Storage) {
    loop {
        if let Err(error) = sweep(&db, &clock, &storage).await {
            tracing::error!(%error, "what is over could not be removed");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Removes what is over now.
pub async fn sweep(db: &Db, clock: &Clock, storage: &Storage) -> ApiResult<()> {
    let now = clock.now();
    // In turn with people's changes: what one of them releases just now is not ended meanwhile.
    while db.change(move |conn| end_held(conn, now)).await? {}
    while db.append(move |conn| end_training(conn, now)).await? {}
    loop {
        let keys = db.run(move |conn| orphans(conn, now)).await?;
        if keys.is_empty() {
            break;
        }
        for key in keys {
            if let Some(place) = BodyKey::from_text(&key) {
                storage.remove(&place).await.map_err(ApiError::internal)?;
            }
            // The row goes after the object: what breaks off in between is done again.
            db.append(move |conn| {
                diesel::delete(bodies::table.find(&key)).execute(conn)?;
                Ok(())
            })
            .await?;
        }
    }
    let log_days = db.run(|conn| {
        let all: Vec<Domain> =
            domains::table.select((domains::id, domains::name, domains::reseller_id)).load(conn)?;
        in_force(conn, &LOG_DAYS, &all)
    });
    for (domain, days) in log_days.await? {
        let before = RecordId::at(now - i64::from(days) * DAY_MILLIS).0;
        while db.append(move |conn| end_log(conn, domain, before)).await? {}
    }
    Ok(())
}

/// Ends held messages whose time is over, or that every level deleted; whether there may be more.
fn end_held(conn: &mut Conn, now: i64) -> ApiResult<bool> {
    let rows: Vec<HeldRow> = quarantine::table
        .filter(
            quarantine::expires_at.le(now).or(quarantine::hidden_at
                .is_not_null()
                .and(quarantine::hidden_at.assume_not_null().le(now - UNDO_MILLIS))),
        )
        .limit(ROWS)
        .select(HeldRow::as_select())
        .load(conn)?;
    // What was released went its own way; its status tells of that.
    let still_held = rows.iter().filter(|row| row.released_at.is_none());
    let (expired, removed): (Vec<_>, Vec<_>) = still_held.partition(|row| row.expires_at <= now);
    add_own_events(conn, &expired, EventKind::Expired, now, "")?;
    add_own_events(conn, &removed, EventKind::Removed, now, "")?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    diesel::delete(quarantine::table.filter(quarantine::id.eq_any(&ids))).execute(conn)?;
    Ok(!rows.is_empty())
}

/// Ends training acts, so that the content they keep can go; whether there may be more.
fn end_training(conn: &mut Conn, now: i64) -> ApiResult<bool> {
    let ids: Vec<i64> = training_acts::table
        .filter(training_acts::at.le(now - TRAINING_MILLIS))
        .select(training_acts::record_id)
        .limit(ROWS)
        .load(conn)?;
    diesel::delete(training_acts::table.filter(training_acts::record_id.eq_any(&ids))).execute(conn)?;
    Ok(!ids.is_empty())
}

/// Contents that no held message, no command and no training act refers to any more.
fn orphans(conn: &mut Conn, now: i64) -> ApiResult<Vec<String>> {
    let held = quarantine::table.filter(quarantine::body_key.eq(bodies::key)).select(quarantine::id);
    let ordered =
        node_commands::table.filter(node_commands::body_key.eq(bodies::key)).select(node_commands::id);
    let taught =
        training_acts::table.filter(training_acts::body_key.eq(bodies::key)).select(training_acts::record_id);
    let keys = bodies::table
        .filter(bodies::stored_at.lt(now - ORPHAN_MILLIS))
        .filter(diesel::dsl::not(diesel::dsl::exists(held)))
        .filter(diesel::dsl::not(diesel::dsl::exists(ordered)))
        .filter(diesel::dsl::not(diesel::dsl::exists(taught)))
        .select(bodies::key)
        .limit(ROWS)
        .load(conn)?;
    Ok(keys)
}

/// Ends log records of a domain that are older than an id; whether there may be more. What is still held keeps its
/// record.
fn end_log(conn: &mut Conn, domain: i64, before: i64) -> ApiResult<bool> {
    let held = quarantine::table.filter(quarantine::id.eq(log::id)).select(quarantine::id);
    let ids: Vec<i64> = log::table
        .filter(log::domain_id.eq(domain))
        .filter(log::id.lt(before))
        .filter(diesel::dsl::not(diesel::dsl::exists(held)))
        .select(log::id)
        .limit(ROWS)
        .load(conn)?;
    diesel::delete(log_events::table.filter(log_events::record_id.eq_any(&ids))).execute(conn)?;
    diesel::delete(log_details::table.filter(log_details::id.eq_any(&ids))).execute(conn)?;
    let these = log::table.filter(log::domain_id.eq(domain)).filter(log::id.eq_any(&ids));
    diesel::delete(these).execute(conn)?;
    Ok(!ids.is_empty())
}
