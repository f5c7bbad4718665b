//! What is done with domains, one or several: suspending, moving to another reseller (PER-09), giving them another
//! destination (PER-08), removing. Each is looked up as if it were alone: one out of reach is answered like one that
//! does not exist (P2), and the others are done.

use super::{
    domain_notices,
    domains::{self as list, owner, read},
    resellers, routes,
};
use crate::{
    access::{
        Caller, Granted,
        scope::{self, Domain as DomainKey},
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    config::Config,
    db::{Conn, Db, schema::domains},
    error::{ApiError, ApiResult},
    etag::{self, IfMatch},
    events::{Announcement, Events},
    input::Body,
    mailer::{Letter, Mailer},
    policy::{self, Document},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    patch, post,
    web::{Data, Path},
};
use contract::{
    domains::{Domain, DomainAction, DomainChange, DomainResult, DomainResults, DomainSelection, Route},
    permission::Permission,
    problem::InvalidCode,
};
use diesel::prelude::*;
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

/// Domains in one request.
const MOST: usize = 10_000;

type Services = (Data<Db>, Data<Clock>, Data<Config>, Data<Events>, Data<Mailer>);

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(act_on_domains).service(change_domain);
}

/// Suspends a domain, lets it go on, moves it to another reseller.
#[utoipa::path(tag = "domains", params(("domain" = String, Path, description = "Its name"), ("If-Match" = Option<String>, Header, description = "The version that is to be changed")), request_body = DomainChange, responses((status = 200, body = Domain, description = "Changed"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "The limit of the reseller is reached")))]
#[patch("/api/v1/domains/{domain}")]
async fn change_domain(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<DomainChange>,
) -> ApiResult<HttpResponse> {
    let (db, clock, _, events, mailer) = services;
    let (if_match, change) = (IfMatch::of(&request), body.0);
    let (key, domain, letters) = db
        .change(move |conn| {
            let domain = caller.domain(conn, &path, Permission::DomainsSuspend)?;
            if_match.check(&read(conn, domain.target())?)?;
            let (actor, mut letters) = (Actor::from(&caller), Vec::new());
            if let Some(is_suspended) = change.is_suspended
                && suspend(conn, &clock, &actor, &domain, is_suspended)?
            {
                letters = domain_notices::of_suspension(conn, &[domain.target().clone()], is_suspended)?;
            }
            if let Some(reseller) = change.reseller {
                caller.demand(Permission::DomainsMove)?;
                let to = new_owner(conn, &caller, reseller.as_deref())?;
                hand_over(conn, &clock, &actor, &domain, to)?;
            }
            Ok((domain.target().clone(), read(conn, domain.target())?, letters))
        })
        .await?;
    events.announce(Announcement::domain_policy(&key));
    domain_notices::send(&mailer, letters);
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&domain)?)).json(domain))
}

/// Does the same with several domains.
///
/// With `dry_run` everything is tried and nothing is kept.
#[utoipa::path(tag = "domains", request_body = DomainSelection, responses((status = 200, body = DomainResults, description = "What became of each")))]
#[post("/api/v1/domains/bulk")]
async fn act_on_domains(
    caller: Caller,
    services: Services,
    body: Body<DomainSelection>,
) -> ApiResult<HttpResponse> {
    let (db, clock, config, events, mailer) = services;
    let DomainSelection { mut action, domains, dry_run } = body.0;
    caller.demand(Permission::DomainsView)?;
    caller.demand(needed(&action))?;
    if !(1..=MOST).contains(&domains.len()) {
        return Err(ApiError::invalid("/domains", InvalidCode::OutOfRange));
    }
    if let DomainAction::ChangeDestination { to, .. } = &mut action {
        let checked = routes::checked(vec![to.clone()], &config);
        let place = |(_, code): (String, InvalidCode)| ("/action/to/host".to_owned(), code);
        let checked = checked
            .map_err(|error| ApiError { fields: error.fields.into_iter().map(place).collect(), ..error })?;
        *to = checked.into_iter().next().unwrap_or_else(|| to.clone());
    }
    let work = move |conn: &mut Conn| act_on_all(conn, &clock, &caller, &action, domains);
    let (results, touched, letters) =
        if dry_run { db.rehearse(work).await? } else { db.change(work).await? };
    if !dry_run {
        touched.iter().for_each(|key| events.announce(Announcement::domain_policy(key)));
        domain_notices::send(&mailer, letters);
    }
    Ok(HttpResponse::Ok().json(DomainResults { results }))
}

const fn needed(action: &DomainAction) -> Permission {
    match action {
        DomainAction::Suspend | DomainAction::Resume => Permission::DomainsSuspend,
        DomainAction::Remove => Permission::DomainsRemove,
        DomainAction::Move { .. } => Permission::DomainsMove,
        DomainAction::ChangeDestination { .. } => Permission::DomainsChangeDestination,
    }
}

/// What became of each, which are different now, and what is to be told.
fn act_on_all(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    action: &DomainAction,
    names: Vec<String>,
) -> ApiResult<(Vec<DomainResult>, Vec<DomainKey>, Vec<Letter>)> {
    let (mut results, mut touched) = (Vec::with_capacity(names.len()), Vec::new());
    for domain in names {
        // Each in a transaction of its own within the whole: what stands against one leaves no half of it.
        let result = match conn.transaction(|conn| act(conn, clock, caller, &domain, action)) {
            Ok((key, is_changed)) => {
                touched.extend(is_changed.then_some(key));
                DomainResult { domain, is_changed, error: None }
            }
            Err(error) if error.code.status() < 500 => {
                DomainResult { domain, is_changed: false, error: Some(error.code) }
            }
            Err(error) => return Err(error),
        };
        results.push(result);
    }
    let letters = match action {
        DomainAction::Suspend => domain_notices::of_suspension(conn, &touched, true)?,
        DomainAction::Resume => domain_notices::of_suspension(conn, &touched, false)?,
        _ => Vec::new(),
    };
    Ok((results, touched, letters))
}

fn act(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    name: &str,
    action: &DomainAction,
) -> ApiResult<(DomainKey, bool)> {
    let domain = caller.domain(conn, name, needed(action))?;
    let actor = Actor::from(caller);
    let is_changed = match action {
        DomainAction::Suspend => suspend(conn, clock, &actor, &domain, true)?,
        DomainAction::Resume => suspend(conn, clock, &actor, &domain, false)?,
        DomainAction::Remove => {
            list::remove(conn, clock, &actor, &domain)?;
            true
        }
        DomainAction::Move { reseller } => {
            let to = new_owner(conn, caller, reseller.as_deref())?;
            hand_over(conn, clock, &actor, &domain, to)?
        }
        DomainAction::ChangeDestination { from, to } => redirect(conn, clock, &actor, &domain, (from, to))?,
    };
    Ok((domain.target().clone(), is_changed))
}

/// Suspends a domain or lets it go on; false if it was so.
fn suspend(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    domain: &Granted<DomainKey>,
    is_suspended: bool,
) -> ApiResult<bool> {
    let row = domains::table.find(domain.target().id);
    let was: bool = row.select(domains::is_suspended).first(conn)?;
    if was == is_suspended {
        return Ok(false);
    }
    diesel::update(row).set(domains::is_suspended.eq(is_suspended)).execute(conn)?;
    let told = |value: bool| Some(json!({ "is_suspended": value }));
    let entry = entry("change_domain", domain.target());
    audit::record(conn, clock, actor, Entry { from: told(was), to: told(is_suspended), ..entry })?;
    policy::changed(conn, Document::Domain(&domain.target().name))?;
    Ok(true)
}

/// Whom a domain may be moved to: a reseller in the caller's reach, or for administrators nobody.
fn new_owner(conn: &mut Conn, caller: &Caller, named: Option<&str>) -> ApiResult<Option<i64>> {
    let reach = caller.everything(Permission::DomainsMove)?;
    owner(conn, &reach, named)
}

/// Moves a domain to another reseller, if that one has room; false if it is there (PER-09).
fn hand_over(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    domain: &Granted<DomainKey>,
    to: Option<i64>,
) -> ApiResult<bool> {
    let DomainKey { id, name, reseller_id } = domain.target();
    if *reseller_id == to {
        return Ok(false);
    }
    if let Some(to) = to {
        resellers::has_room(conn, to)?;
    }
    diesel::update(domains::table.find(id)).set(domains::reseller_id.eq(to)).execute(conn)?;
    let slugs = resellers::slugs(conn, reseller_id.iter().copied().chain(to))?;
    let told = |id: Option<i64>| Some(json!({ "reseller": id.and_then(|id| slugs.get(&id)) }));
    // Told to both: to the one who gave it away, and, with the next entries, to the one who has it.
    for owner in [*reseller_id, to] {
        let entry = Entry { reseller_id: owner, ..entry("move_domain", domain.target()) };
        audit::record(conn, clock, actor, Entry { from: told(*reseller_id), to: told(to), ..entry })?;
    }
    policy::changed(conn, Document::Domain(name))?;
    Ok(true)
}

/// Puts one server in the place of another among the routes; false if that is none of them (PER-08).
fn redirect(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    domain: &Granted<DomainKey>,
    (from, to): (&Route, &Route),
) -> ApiResult<bool> {
    let known = routes::read(conn, domain.target().id)?;
    let is_it = |route: &Route| route.host.eq_ignore_ascii_case(&from.host) && route.port == from.port;
    if !known.iter().any(is_it) {
        return Ok(false);
    }
    let mut new: Vec<Route> = Vec::with_capacity(known.len());
    for route in known {
        let route = if is_it(&route) { to.clone() } else { route };
        if !new.contains(&route) {
            new.push(route);
        }
    }
    routes::replace(conn, clock, actor, domain, &new)?;
    Ok(true)
}

fn entry<'a>(action: &'a str, domain: &'a scope::Domain) -> Entry<'a> {
    let (domain_id, reseller_id) = (Some(domain.id), domain.reseller_id);
    Entry { action, target: &domain.name, domain_id, reseller_id, from: None, to: None }
}
