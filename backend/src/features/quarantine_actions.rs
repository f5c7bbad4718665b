//! What is done with held messages: releasing, deleting at one's level, taking that back (QUA-06 … QUA-10, QUA-22,
//! QUA-24).
//!
//! Every id is looked up within the caller's reach; a foreign one is answered like one that does not exist (P2).
//! Content is not touched here: a node delivers what is released, `retention.rs` removes what nobody sees.

use super::{
    held_row::HeldRow,
    node_commands,
    node_records_rows::add_own_event,
    quarantine_query::{Level, QuarantineSearch, held_within},
};
use crate::{
    access::{
        Caller, Granted,
        scope::{Domain, Reach, domain_names, find_domains},
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{
        Conn, Db,
        schema::{bodies, quarantine},
    },
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
    messages::{
        BulkAnswer, BulkResult, Classification, Emptied, EventKind, MessageSelection, QuarantineQuery,
        ReleaseRequest,
    },
    permission::Permission::{
        QuarantineDelete, QuarantineRelease, QuarantineReleaseMany, QuarantineReleaseVirus,
    },
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use utoipa_actix_web::service_config::ServiceConfig;

/// Messages in one request.
const MOST: usize = 10_000;
/// Ids in one statement.
const IDS: usize = 1000;

type Services = (Data<Db>, Data<Clock>, Data<Events>);

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(release_quarantined)
        .service(release_domain_quarantined)
        .service(delete_quarantined)
        .service(restore_quarantined)
        .service(empty_quarantine)
        .service(empty_domain_quarantine);
}

/// Releases held messages in reach to their recipients (QUA-06, QUA-22).
#[utoipa::path(tag = "quarantine", request_body = ReleaseRequest, responses((status = 200, body = BulkAnswer, description = "What became of each")))]
#[post("/api/v1/quarantine/release")]
async fn release_quarantined(
    caller: Caller,
    services: Services,
    body: Body<ReleaseRequest>,
) -> ApiResult<HttpResponse> {
    release(caller, services, None, body.0).await
}

/// Releases held messages of a domain to their recipients (QUA-06, QUA-22).
#[utoipa::path(tag = "quarantine", params(("domain" = String, Path, description = "The domain")), request_body = ReleaseRequest, responses((status = 200, body = BulkAnswer, description = "What became of each")))]
#[post("/api/v1/domains/{domain}/quarantine/release")]
async fn release_domain_quarantined(
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<ReleaseRequest>,
) -> ApiResult<HttpResponse> {
    release(caller, services, Some(path.into_inner()), body.0).await
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

async fn release(
    caller: Caller,
    (db, clock, events): Services,
    domain: Option<String>,
    request: ReleaseRequest,
) -> ApiResult<HttpResponse> {
    check_ids(&request.ids)?;
    caller.demand(QuarantineRelease)?;
    if request.ids.len() > 1 {
        caller.demand(QuarantineReleaseMany)?;
    }
    let (results, touched) = db
        .change(move |conn| {
            let granted = match domain {
                Some(name) => caller.within(conn, &name, QuarantineRelease)?,
                None => caller.everything(QuarantineRelease)?,
            };
            let found = find(conn, &Level::of(&caller), granted.target(), &request.ids, &clock)?;
            let names = domain_names(conn, found.values().map(|row| row.domain_id))?;
            let stored = stored(conn, &found)?;
            let mut touched = Vec::new();
            let mut results = Vec::with_capacity(request.ids.len());
            for id in &request.ids {
                let error = match found.get(&id.0) {
                    None => Some(ErrorCode::NotFound),
                    Some(row) => refusal(&caller, row, request.with_virus, &stored),
                };
                if let (Some(row), None) = (found.get(&id.0), error) {
                    let name = names.get(&row.domain_id).map(String::as_str).unwrap_or_default();
                    release_one(conn, &clock, &caller, row, name)?;
                    touched.push(row.clone());
                }
                results.push(BulkResult { id: *id, error });
            }
            Ok((results, touched_domains(conn, touched)?))
        })
        .await?;
    if !touched.is_empty() {
        events.new_commands();
    }
    announce(&events, touched);
    Ok(HttpResponse::Ok().json(BulkAnswer { results }))
}

/// Why a message is not released, if it is not (QUA-24).
fn refusal(caller: &Caller, row: &HeldRow, with_virus: bool, stored: &HashSet<String>) -> Option<ErrorCode> {
    let is_virus = row.classification() == Classification::Virus;
    if is_virus && !(with_virus && caller.may(QuarantineReleaseVirus)) {
        return Some(ErrorCode::VirusNotReleasable);
    }
    (!stored.contains(&row.body_key)).then_some(ErrorCode::ContentNotAvailable)
}

fn release_one(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    row: &HeldRow,
    domain: &str,
) -> ApiResult<()> {
    node_commands::add_release(conn, clock, row, domain)?;
    add_own_event(conn, row, EventKind::Released, clock.now(), &caller.username)?;
    let target = row.id.to_string();
    let to = Some(serde_json::json!({"recipient": row.recipient}));
    let entry = Entry {
        action: "release_quarantined",
        target: &target,
        domain_id: Some(row.domain_id),
        to,
        ..Entry::default()
    };
    audit::record(conn, clock, &Actor::from(caller), entry)
}

/// The contents that are stored.
fn stored(conn: &mut Conn, found: &HashMap<i64, HeldRow>) -> ApiResult<HashSet<String>> {
    let keys: Vec<&String> = found.values().map(|row| &row.body_key).collect();
    let mut stored = HashSet::new();
    for part in keys.chunks(IDS) {
        let part = bodies::table.filter(bodies::key.eq_any(part.to_vec())).select(bodies::key);
        stored.extend(part.load::<String>(conn)?);
    }
    Ok(stored)
}

/// The rows of these ids that the caller reaches and sees.
fn find(
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
            audit_many(conn, &clock, &caller, action, &rows)?;
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
    let (deleted, touched) = db
        .change(move |conn| {
            let granted = match domain {
                Some(name) => caller.within(conn, &name, QuarantineDelete)?,
                None => caller.everything(QuarantineDelete)?,
            };
            let level = Level::of(&caller);
            let search = QuarantineSearch::new(granted.target().clone(), level, query, clock.now())?;
            let rows: Vec<HeldRow> = search.found().select(HeldRow::as_select()).load(conn)?;
            set_hidden(conn, level, &rows, true, clock.now())?;
            audit_many(conn, &clock, &caller, "empty_quarantine", &rows)?;
            let deleted = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            Ok((deleted, touched_domains(conn, rows)?))
        })
        .await?;
    announce(&events, touched);
    Ok(HttpResponse::Ok().json(Emptied { deleted }))
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
fn audit_many(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    action: &str,
    rows: &[HeldRow],
) -> ApiResult<()> {
    let mut by_domain: HashMap<i64, Vec<i64>> = HashMap::new();
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

fn check_ids(ids: &[RecordId]) -> ApiResult<()> {
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
fn touched_domains(conn: &mut Conn, rows: Vec<HeldRow>) -> ApiResult<Vec<(Domain, Vec<HeldRow>)>> {
    let mut by_domain: HashMap<i64, Vec<HeldRow>> = HashMap::new();
    for row in rows {
        by_domain.entry(row.domain_id).or_default().push(row);
    }
    let keys = find_domains(conn, by_domain.keys().copied())?;
    Ok(keys.into_iter().filter_map(|key| by_domain.remove(&key.id).map(|rows| (key, rows))).collect())
}

fn announce(events: &Events, touched: Vec<(Domain, Vec<HeldRow>)>) {
    for (domain, rows) in touched {
        let recipients = rows.iter().map(|row| row.recipient_search.clone()).collect::<Vec<_>>();
        let records = rows.into_iter().map(|row| (row.recipient_search, RecordId(row.id))).collect();
        events.announce(Announcement::quarantine(&domain, recipients));
        events.announce(Announcement::log(&domain, records));
    }
}
