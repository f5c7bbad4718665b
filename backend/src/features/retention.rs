//! What time ends: held messages (QUA-02, C1), deleted ones (QUA-10), contents nobody refers to, and the log
//! (LOG-18).
//!
//! Runs in the serving program every minute. Several programs may run it at once: every step can be repeated. The
//! log keeps its row when a held message goes, with what became of it.

use super::{held_row::HeldRow, node_records_rows::add_own_event};
use crate::{
    clock::Clock,
    db::{
        Conn, Db,
        schema::{bodies, domains, log, log_details, log_events, node_commands, quarantine, settings},
    },
    error::{ApiError, ApiResult},
    storage::{BodyKey, Storage},
};
use contract::{
    ids::RecordId,
    messages::EventKind,
    settings::{Level, Overrides, Settings, domain::LOG_DAYS},
};
use diesel::prelude::*;
use std::{collections::HashMap, time::Duration};

/// How often time is looked at.
const EVERY: Duration = Duration::from_secs(60);
/// A deletion at every level can be taken back for so long.
const UNDO_MILLIS: i64 = 10 * 60 * 1000;
/// Content that came before its records waits so long for them.
const ORPHAN_MILLIS: i64 = 24 * 60 * 60 * 1000;
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
    while db.append(move |conn| end_held(conn, now)).await? {}
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
    for (domain, days) in db.run(log_days).await? {
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
    for row in &rows {
        // What was released went its own way; its status tells of that.
        if row.released_at.is_none() {
            let kind = if row.expires_at <= now { EventKind::Expired } else { EventKind::Removed };
            add_own_event(conn, row, kind, now, "")?;
        }
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    diesel::delete(quarantine::table.filter(quarantine::id.eq_any(&ids))).execute(conn)?;
    Ok(!rows.is_empty())
}

/// Contents that no held message and no command refers to any more.
fn orphans(conn: &mut Conn, now: i64) -> ApiResult<Vec<String>> {
    let held = quarantine::table.filter(quarantine::body_key.eq(bodies::key)).select(quarantine::id);
    let ordered =
        node_commands::table.filter(node_commands::body_key.eq(bodies::key)).select(node_commands::id);
    let keys = bodies::table
        .filter(bodies::stored_at.lt(now - ORPHAN_MILLIS))
        .filter(diesel::dsl::not(diesel::dsl::exists(held)))
        .filter(diesel::dsl::not(diesel::dsl::exists(ordered)))
        .select(bodies::key)
        .limit(ROWS)
        .load(conn)?;
    Ok(keys)
}

/// How many days each domain keeps its log.
fn log_days(conn: &mut Conn) -> ApiResult<Vec<(i64, i32)>> {
    let rows: Vec<(String, i64, String)> = settings::table
        .filter(settings::key.eq(LOG_DAYS.key))
        .select((settings::level, settings::scope_id, settings::value))
        .load(conn)?;
    let mut set: HashMap<(String, i64), Overrides> = HashMap::new();
    for (level, scope, value) in rows {
        let value = serde_json::from_str(&value).map_err(ApiError::internal)?;
        set.insert((level, scope), Overrides::from([(LOG_DAYS.key.to_owned(), value)]));
    }
    let none = Overrides::new();
    let at = |level: Level, scope: i64| set.get(&(level.name().to_owned(), scope)).unwrap_or(&none);
    let all: Vec<(i64, Option<i64>)> =
        domains::table.select((domains::id, domains::reseller_id)).load(conn)?;
    let days = all.into_iter().map(|(id, reseller)| {
        let reseller = reseller.map_or(&none, |reseller| at(Level::Reseller, reseller));
        let levels = [at(Level::Global, 0), reseller, at(Level::Domain, id)];
        (id, Settings::resolve(levels).get(&LOG_DAYS))
    });
    Ok(days.collect())
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
