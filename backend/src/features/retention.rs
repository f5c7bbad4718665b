//! What time ends: held messages (QUA-02, C1), deleted ones (QUA-10), what was taught, contents nobody refers to,
//! the log (LOG-18) and old sign-ins. Also the rows of domains that were removed.
//!
//! Runs in the serving program every minute. Several programs may run it at once: every step can be repeated. The
//! log keeps its row when a held message goes, with what became of it.

use super::{
    held_row::HeldRow, job_store, logins, node_records_rows::add_own_events, settings_store::in_force,
    stored_bodies,
};
use crate::{
    access::scope::Domain,
    clock::Clock,
    db::{
        Conn, Db,
        schema::{domains, log, log_details, log_events, quarantine, removed_domains, training_acts},
    },
    error::{ApiError, ApiResult},
    idempotency,
    storage::{BodyKey, Storage},
};
use contract::{ids::RecordId, messages::EventKind, settings::domain::LOG_DAYS};
use diesel::prelude::*;
use std::time::Duration;
use tokio::{sync::watch, time::timeout};

/// How often time is looked at.
const EVERY: Duration = Duration::from_secs(60);
/// A deletion at every level can be taken back for so long.
const UNDO_MILLIS: i64 = 10 * 60 * 1000;
/// What people teach is kept as long as a message can be held at most: 90 days.
const TRAINING_MILLIS: i64 = 90 * DAY_MILLIS;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Rows in one transaction, so that others get their turn.
const ROWS: i64 = 500;

/// Removes what is over, again and again, until `stop` says so or nobody can say it any more. The step under way is
/// finished.
pub(crate) async fn run(db: Db, clock: Clock, storage: Storage, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = sweep(&db, &clock, &storage, || *stop.borrow()).await {
            tracing::error!(%error, "what is over could not be removed");
        }
        if timeout(EVERY, stop.wait_for(|is_over| *is_over)).await.is_ok() {
            return;
        }
    }
}

/// Removes what is over now, in steps: none is begun once `is_stopped`.
pub async fn sweep(
    db: &Db,
    clock: &Clock,
    storage: &Storage,
    is_stopped: impl Fn() -> bool,
) -> ApiResult<()> {
    let now = clock.now();
    for domain in db.run(removed).await? {
        while !is_stopped() && db.append(move |conn| end_domain(conn, domain, now)).await? {}
    }
    // In turn with people's changes: what one of them releases just now is not ended meanwhile.
    while !is_stopped() && db.change(move |conn| end_held(conn, now)).await? {}
    while !is_stopped() && db.append(move |conn| end_training(conn, now)).await? {}
    while !is_stopped() && db.append(move |conn| logins::end_old(conn, now)).await? {}
    while !is_stopped() && db.append(move |conn| job_store::end_old(conn, now)).await? {}
    while !is_stopped() && db.append(move |conn| idempotency::end_old(conn, now)).await? {}
    for (domain, before) in db.run(move |conn| old_logs(conn, now)).await? {
        while !is_stopped() && db.append(move |conn| end_log(conn, domain, before)).await? {}
    }
    // Last: a store that fails holds nothing else back.
    while !is_stopped() {
        let Some(keys) = db.append(move |conn| stored_bodies::orphans(conn, now)).await? else { break };
        for key in keys {
            if let Some(place) = BodyKey::from_text(&key) {
                storage.remove(&place).await.map_err(ApiError::internal)?;
            }
            db.append(move |conn| stored_bodies::forget(conn, &key)).await?;
        }
    }
    Ok(())
}

/// Domains that are gone and may have left rows.
fn removed(conn: &mut Conn) -> ApiResult<Vec<i64>> {
    Ok(removed_domains::table.select(removed_domains::domain_id).load(conn)?)
}

/// Removes rows of a domain that is gone; whether there may be more. Its mark stays for a day after that: a node's
/// report that was on its way when the domain went may have brought a late row.
fn end_domain(conn: &mut Conn, domain: i64, now: i64) -> ApiResult<bool> {
    let logged: Vec<i64> =
        log::table.filter(log::domain_id.eq(domain)).select(log::id).limit(ROWS).load(conn)?;
    remove_records(conn, domain, &logged)?;
    let held: Vec<(i64, String)> = quarantine::table
        .filter(quarantine::domain_id.eq(domain))
        .select((quarantine::id, quarantine::body_key))
        .limit(ROWS)
        .load(conn)?;
    let ids = held.iter().map(|(id, _)| *id);
    diesel::delete(quarantine::table.filter(quarantine::id.eq_any(ids))).execute(conn)?;
    stored_bodies::look(conn, &held.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>(), now)?;
    if !logged.is_empty() || !held.is_empty() {
        return Ok(true);
    }
    let mark = removed_domains::table.find(domain);
    diesel::delete(mark.filter(removed_domains::removed_at.le(now - DAY_MILLIS))).execute(conn)?;
    Ok(false)
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
    stored_bodies::look(conn, &rows.iter().map(|row| row.body_key.as_str()).collect::<Vec<_>>(), now)?;
    Ok(!rows.is_empty())
}

/// Ends training acts, so that the content they keep can go; whether there may be more.
fn end_training(conn: &mut Conn, now: i64) -> ApiResult<bool> {
    let acts: Vec<(i64, String)> = training_acts::table
        .filter(training_acts::at.le(now - TRAINING_MILLIS))
        .select((training_acts::record_id, training_acts::body_key))
        .limit(ROWS)
        .load(conn)?;
    let ids = acts.iter().map(|(id, _)| *id);
    diesel::delete(training_acts::table.filter(training_acts::record_id.eq_any(ids))).execute(conn)?;
    stored_bodies::look(conn, &acts.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>(), now)?;
    Ok(!acts.is_empty())
}

/// The domains whose log has something too old, each with the first id that stays.
fn old_logs(conn: &mut Conn, now: i64) -> ApiResult<Vec<(i64, i64)>> {
    let all: Vec<Domain> =
        domains::table.select((domains::id, domains::name, domains::reseller_id)).load(conn)?;
    let mut old = Vec::new();
    for (domain, days) in in_force(conn, &LOG_DAYS, &all)? {
        let before = RecordId::at(now - i64::from(days) * DAY_MILLIS).0;
        if !too_old(conn, domain, before, 1)?.is_empty() {
            old.push((domain, before));
        }
    }
    Ok(old)
}

/// Log records of a domain that are older than an id. What is still held keeps its record.
fn too_old(conn: &mut Conn, domain: i64, before: i64, most: i64) -> ApiResult<Vec<i64>> {
    let held = quarantine::table.filter(quarantine::id.eq(log::id)).select(quarantine::id);
    Ok(log::table
        .filter(log::domain_id.eq(domain))
        .filter(log::id.lt(before))
        .filter(diesel::dsl::not(diesel::dsl::exists(held)))
        .select(log::id)
        .limit(most)
        .load(conn)?)
}

/// Ends log records of a domain that are older than an id; whether there may be more.
fn end_log(conn: &mut Conn, domain: i64, before: i64) -> ApiResult<bool> {
    let ids = too_old(conn, domain, before, ROWS)?;
    remove_records(conn, domain, &ids)?;
    Ok(!ids.is_empty())
}

/// Removes log records with all that hangs on them.
fn remove_records(conn: &mut Conn, domain: i64, ids: &[i64]) -> ApiResult<()> {
    diesel::delete(log_events::table.filter(log_events::record_id.eq_any(ids))).execute(conn)?;
    diesel::delete(log_details::table.filter(log_details::id.eq_any(ids))).execute(conn)?;
    let these = log::table.filter(log::domain_id.eq(domain)).filter(log::id.eq_any(ids));
    diesel::delete(these).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that stops leaves nothing running behind.
    #[actix_web::test]
    async fn it_ends_when_it_is_told_to_and_when_nobody_is_left_to_tell() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite://{}", folder.path().join("gatepost.db").display())).unwrap();
        let storage = Storage::open(&folder.path().join("objects")).unwrap();
        for is_told in [true, false] {
            let (stop, is_stopped) = watch::channel(false);
            let running =
                tokio::spawn(run(db.clone(), Clock::fixed(1_790_000_000_000), storage.clone(), is_stopped));
            if is_told {
                stop.send_replace(true);
            }
            drop(stop);
            timeout(Duration::from_secs(30), running).await.unwrap().unwrap();
        }
    }
}
