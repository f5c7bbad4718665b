//! What is done with held messages: deleting at one's level and taking that back (QUA-07, QUA-08, QUA-10). Releasing
//! is in `quarantine_release.rs`.
//!
//! Every id is looked up within the caller's reach; a foreign one is answered like one that does not exist (P2).
//! Content is not touched here: `retention.rs` removes what nobody sees.

use super::{
    held_row::HeldRow,
    quarantine_query::{Level, QuarantineSearch, held_within},
};
use crate::{
    access::{
        Caller, Granted,
        scope::{Domain, Reach, find_domains},
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{Conn, Db, schema::quarantine},
    error::{ApiError, ApiResult},
    events::{Announcement, Events},
    input::{Body, Params},
};
use actix_web::{
    HttpResponse, delete, post,
    web::{Data, Path},
};
use contract::{
    ids::RecordId,
    messages::{BulkAnswer, BulkResult, Emptied, MessageSelection, QuarantineQuery},
    permission::Permission::QuarantineDelete,
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa_actix_web::service_config::ServiceConfig;

/// Messages in one request.
const MOST: usize = 10_000;
/// Messages in one transaction when a quarantine is emptied, so that others get their turn.
const STEP: usize = 2000;
/// Ids in one statement.
pub(super) const IDS: usize = 1000;

pub(super) type Services = (Data<Db>, Data<Clock>, Data<Events>);

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(delete_quarantined)
        .service(restore_quarantined)
        .service(empty_quarantine)
        .service(empty_domain_quarantine);
}

/// Deletes held messages in reach at the caller's level (QUA-07, QUA-10).
#[utoipa::path(tag = "quarantine", request_body = MessageSelection, responses((status = 200, body = BulkAnswer, description = "What became of each")))]
#[post("/api/v1/quarantine/delete")]
async fn delete_quarantined(
    caller: Caller,
    services: Services,
    body: Body<MessageSelection>,
) -> ApiResult<HttpResponse> {
    hide(caller, services, body.0.ids, true).await
}

/// Takes a deletion at the caller's level back.
#[utoipa::path(tag = "quarantine", request_body = MessageSelection, responses((status = 200, body = BulkAnswer, description = "What became of each")))]
#[post("/api/v1/quarantine/restore")]
async fn restore_quarantined(
    caller: Caller,
    services: Services,
    body: Body<MessageSelection>,
) -> ApiResult<HttpResponse> {
    hide(caller, services, body.0.ids, false).await
}

/// Deletes every held message in reach at the caller's level (QUA-08), within the same conditions as the list.
#[utoipa::path(tag = "quarantine", params(QuarantineQuery), responses((status = 200, body = Emptied, description = "How many are no longer listed")))]
#[delete("/api/v1/quarantine")]
async fn empty_quarantine(
    caller: Caller,
    services: Services,
    query: Params<QuarantineQuery>,
) -> ApiResult<HttpResponse> {
    empty(caller, services, None, query.0).await
}

/// Deletes every held message of a domain at the caller's level (QUA-08).
#[utoipa::path(tag = "quarantine", params(("domain" = String, Path, description = "The domain"), QuarantineQuery), responses((status = 200, body = Emptied, description = "How many are no longer listed")))]
#[delete("/api/v1/domains/{domain}/quarantine")]
async fn empty_domain_quarantine(
    caller: Caller,
    services: Services,
    path: Path<String>,
    query: Params<QuarantineQuery>,
) -> ApiResult<HttpResponse> {
    empty(caller, services, Some(path.into_inner()), query.0).await
}

/// The rows of these ids that the caller reaches and sees.
pub(super) fn find(
    conn: &mut Conn,
    level: &Level,
    reach: &Reach,
    ids: &[RecordId],
    clock: &Clock,
) -> ApiResult<HashMap<i64, HeldRow>> {
    let mut found = HashMap::new();
    for part in ids.chunks(IDS) {
        let rows: Vec<HeldRow> = level
            .shown_within(reach, clock.now())
            .filter(quarantine::id.eq_any(part.iter().map(|id| id.0).collect::<Vec<_>>()))
            .select(HeldRow::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

async fn hide(
    caller: Caller,
    (db, clock, events): Services,
    ids: Vec<RecordId>,
    is_hidden: bool,
) -> ApiResult<HttpResponse> {
    check_ids(&ids)?;
    let granted = caller.everything(QuarantineDelete)?;
    let (results, touched) = db
        .change(move |conn| {
            let level = Level::of(&caller);
            let found = if is_hidden {
                find(conn, &level, granted.target(), &ids, &clock)?
            } else {
                find_hidden(conn, &granted, &ids, &clock)?
            };
            let rows: Vec<HeldRow> = found.values().cloned().collect();
            set_hidden(conn, level, &rows, is_hidden, clock.now())?;
            let action = if is_hidden { "delete_quarantined" } else { "restore_quarantined" };
            audit_many(conn, &clock, &caller, action, &rows.iter().collect::<Vec<_>>())?;
            let results = ids.into_iter().map(|id| BulkResult {
                id,
                error: (!found.contains_key(&id.0)).then_some(ErrorCode::NotFound),
            });
            Ok((results.collect(), touched_domains(conn, rows)?))
        })
        .await?;
    announce(&events, touched);
    Ok(HttpResponse::Ok().json(BulkAnswer { results }))
}

/// The rows of these ids that the caller reaches, hidden or not; those whose content is gone stay deleted.
fn find_hidden(
    conn: &mut Conn,
    granted: &Granted<Reach>,
    ids: &[RecordId],
    clock: &Clock,
) -> ApiResult<HashMap<i64, HeldRow>> {
    let mut found = HashMap::new();
    for part in ids.chunks(IDS) {
        let rows: Vec<HeldRow> = held_within(granted.target(), clock.now())
            .filter(quarantine::id.eq_any(part.iter().map(|id| id.0).collect::<Vec<_>>()))
            .select(HeldRow::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

async fn empty(
    caller: Caller,
    (db, clock, events): Services,
    domain: Option<String>,
    query: QuarantineQuery,
) -> ApiResult<HttpResponse> {
    let now = clock.now();
    let mut deleted = 0;
    loop {
        let (caller, clock) = (caller.clone(), clock.clone());
        let (domain, query) = (domain.clone(), query.clone());
        let step = db.change(move |conn| {
            let granted = match domain {
                Some(name) => caller.within(conn, &name, QuarantineDelete)?,
                None => caller.everything(QuarantineDelete)?,
            };
            let level = Level::of(&caller);
            let search = QuarantineSearch::new(granted.target().clone(), level, query, now)?;
            let rows: Vec<HeldRow> = search
                .found()
                .limit(i64::try_from(STEP).unwrap_or(i64::MAX))
                .select(HeldRow::as_select())
                .load(conn)?;
            set_hidden(conn, level, &rows, true, now)?;
            audit_many(conn, &clock, &caller, "empty_quarantine", &rows.iter().collect::<Vec<_>>())?;
            Ok((rows.len(), touched_domains(conn, rows)?))
        });
        let (count, touched) = step.await?;
        announce(&events, touched);
        deleted += u64::try_from(count).unwrap_or_default();
        if count < STEP {
            return Ok(HttpResponse::Ok().json(Emptied { deleted }));
        }
    }
}

/// Hides rows at a level or shows them again; when the last of the three hides one, its time to be purged begins.
fn set_hidden(conn: &mut Conn, level: Level, rows: &[HeldRow], is_hidden: bool, now: i64) -> ApiResult<()> {
    for part in rows.chunks(IDS) {
        let ids: Vec<i64> = part.iter().map(|row| row.id).collect();
        let these = || quarantine::table.filter(quarantine::id.eq_any(&ids));
        match level {
            Level::Admin => {
                diesel::update(these()).set(quarantine::hidden_admin.eq(is_hidden)).execute(conn)?
            }
            Level::Domain => {
                diesel::update(these()).set(quarantine::hidden_domain.eq(is_hidden)).execute(conn)?
            }
            Level::Email => {
                diesel::update(these()).set(quarantine::hidden_email.eq(is_hidden)).execute(conn)?
            }
        };
        let gone = these()
            .filter(quarantine::hidden_admin.eq(true))
            .filter(quarantine::hidden_domain.eq(true))
            .filter(quarantine::hidden_email.eq(true));
        if is_hidden {
            diesel::update(gone).set(quarantine::hidden_at.eq(Some(now))).execute(conn)?;
        } else {
            diesel::update(these()).set(quarantine::hidden_at.eq(None::<i64>)).execute(conn)?;
        }
    }
    Ok(())
}

/// One audit row a domain: which messages.
pub(super) fn audit_many(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    action: &str,
    rows: &[&HeldRow],
) -> ApiResult<()> {
    let mut by_domain: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in rows {
        by_domain.entry(row.domain_id).or_default().push(row.id);
    }
    for (domain_id, ids) in by_domain {
        let target = match ids.as_slice() {
            [one] => one.to_string(),
            many => format!("{} messages", many.len()),
        };
        let to = Some(serde_json::json!({ "ids": ids }));
        let entry = Entry { action, target: &target, domain_id: Some(domain_id), to, ..Entry::default() };
        audit::record(conn, clock, &Actor::from(caller), entry)?;
    }
    Ok(())
}

pub(super) fn check_ids(ids: &[RecordId]) -> ApiResult<()> {
    if !(1..=MOST).contains(&ids.len()) {
        return Err(ApiError::invalid("/ids", InvalidCode::OutOfRange));
    }
    let mut seen = HashSet::new();
    match ids.iter().position(|id| !seen.insert(id)) {
        Some(place) => Err(ApiError::invalid(format!("/ids/{place}"), InvalidCode::Duplicate)),
        None => Ok(()),
    }
}

/// The domains of rows, each with the rows.
pub(super) fn touched_domains(conn: &mut Conn, rows: Vec<HeldRow>) -> ApiResult<Vec<(Domain, Vec<HeldRow>)>> {
    let mut by_domain: HashMap<i64, Vec<HeldRow>> = HashMap::new();
    for row in rows {
        by_domain.entry(row.domain_id).or_default().push(row);
    }
    let keys = find_domains(conn, by_domain.keys().copied())?;
    Ok(keys.into_iter().filter_map(|key| by_domain.remove(&key.id).map(|rows| (key, rows))).collect())
}

pub(super) fn announce(events: &Events, touched: Vec<(Domain, Vec<HeldRow>)>) {
    for (domain, rows) in touched {
        let recipients = rows.iter().map(|row| row.recipient_search.clone()).collect::<Vec<_>>();
        let records = rows.into_iter().map(|row| (row.recipient_search, RecordId(row.id))).collect();
        events.announce(Announcement::quarantine(&domain, recipients));
        events.announce(Announcement::log(&domain, records));
    }
}
