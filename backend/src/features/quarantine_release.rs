//! Releasing held messages to their recipients (QUA-06, QUA-09, QUA-22, QUA-24), and with it teaching the filter
//! (C15).
//!
//! The order to a node, what the log says, what is taught and the audit rows are one transaction. Content is not
//! touched here: a node fetches and delivers it.

use super::{
    held_row::HeldRow,
    node_commands,
    node_records_rows::add_own_events,
    quarantine_actions::{IDS, Services, announce, audit_many, check_ids, find, touched_domains},
    quarantine_query::Level,
    training,
};
use crate::{
    access::{Caller, scope::find_domains},
    db::{Conn, schema::bodies},
    error::ApiResult,
    input::Body,
};
use actix_web::{HttpResponse, post, web::Path};
use contract::{
    ids::RecordId,
    messages::{BulkAnswer, BulkResult, Classification, EventKind, ReleaseRequest},
    permission::Permission::{
        QuarantineRelease, QuarantineReleaseMany, QuarantineReleaseVirus, TrainingReport,
    },
    problem::ErrorCode,
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(release_quarantined).service(release_domain_quarantined);
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
    if request.train == Some(true) {
        caller.demand(TrainingReport)?;
    }
    let (results, touched) = db
        .change(move |conn| {
            let granted = match domain {
                Some(name) => caller.within(conn, &name, QuarantineRelease)?,
                None => caller.everything(QuarantineRelease)?,
            };
            let found = find(conn, &Level::of(&caller), granted.target(), &request.ids, &clock)?;
            let stored = stored(conn, &found)?;
            let results: Vec<_> = request
                .ids
                .iter()
                .map(|id| result(&caller, *id, &found, request.with_virus, &stored))
                .collect();
            let released = results.iter().filter(|result| result.error.is_none());
            let rows: Vec<&HeldRow> = released.filter_map(|result| found.get(&result.id.0)).collect();
            let domains = find_domains(conn, rows.iter().map(|row| row.domain_id))?;
            let names = domains.iter().map(|domain| (domain.id, domain.name.clone())).collect();
            node_commands::add_releases(conn, &clock, &rows, &names)?;
            add_own_events(conn, &rows, EventKind::Released, clock.now(), &caller.username)?;
            audit_many(conn, &clock, &caller, "release_quarantined", &rows)?;
            let examples = training::examples(conn, &caller, request.train, &rows, &domains)?;
            training::teach_good(conn, &clock, &caller, &examples)?;
            let rows = rows.into_iter().cloned().collect();
            Ok((results, touched_domains(conn, rows)?))
        })
        .await?;
    if !touched.is_empty() {
        events.new_commands();
    }
    announce(&events, touched);
    Ok(HttpResponse::Ok().json(BulkAnswer { results }))
}

/// Whether a message can be released, and if not, why (QUA-24).
fn result(
    caller: &Caller,
    id: RecordId,
    found: &HashMap<i64, HeldRow>,
    with_virus: bool,
    stored: &HashSet<String>,
) -> BulkResult {
    let error = match found.get(&id.0) {
        None => Some(ErrorCode::NotFound),
        Some(row)
            if row.classification() == Classification::Virus
                && !(with_virus && caller.may(QuarantineReleaseVirus)) =>
        {
            Some(ErrorCode::VirusNotReleasable)
        }
        Some(row) => (!stored.contains(&row.body_key)).then_some(ErrorCode::ContentNotAvailable),
    };
    BulkResult { id, error }
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
