//! What is done with a reseller: adding, changing, suspending with all its domains, removing.

use super::{domains, resellers};
use crate::{
    access::{
        Caller, Granted,
        family::parents,
        scope::{Reach, Reseller as Key, find_reseller},
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{
        Conn, Db,
        schema::{domains as domain_rows, resellers as rows, settings},
    },
    error::{ApiError, ApiResult},
    etag::{self, IfMatch},
    events::{Announcement, Events},
    input::{Body, NoParams, Params},
    policy::{self, Document},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    patch, put,
    web::{Data, Path},
};
use contract::{
    accounts::{NewReseller, RemovalQuery, Reseller, ResellerChange},
    permission::Permission,
    problem::{ErrorCode, InvalidCode},
    settings::Level,
};
use diesel::prelude::*;
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

type Services = (Data<Db>, Data<Clock>, Data<Events>);

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_reseller).service(put_reseller).service(change_reseller).service(remove_reseller);
}

/// One reseller.
#[utoipa::path(tag = "accounts", params(("reseller" = String, Path, description = "Its name in addresses")), responses((status = 200, body = Reseller, description = "The reseller")))]
#[get("/api/v1/resellers/{reseller}")]
async fn get_reseller(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let reseller = db
        .run(move |conn| {
            let reseller = caller.reseller(conn, &path, Permission::ResellersView)?;
            resellers::read(conn, reseller.target().id)
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&reseller)?)).json(reseller))
}

/// Adds a reseller, or makes it as given.
///
/// Repeating it changes nothing.
#[utoipa::path(tag = "accounts", params(("reseller" = String, Path, description = "Its name in addresses: lower-case letters, digits and hyphens")), request_body = NewReseller, responses((status = 200, body = Reseller, description = "It was there already; it is as given now"), (status = 201, body = Reseller, description = "Added")))]
#[put("/api/v1/resellers/{reseller}")]
async fn put_reseller(
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<NewReseller>,
) -> ApiResult<HttpResponse> {
    let (db, clock, _) = services;
    let reach = caller.everything(Permission::ResellersEdit)?;
    let new = body.0;
    let (reseller, is_new) = db
        .change(move |conn| {
            let actor = Actor::from(&caller);
            let parent = parent(conn, &reach, new.parent.as_deref())?;
            if resellers::create(conn, &clock, &actor, (&path, parent), &new)? {
                let added = find_reseller(conn, &path)?.ok_or_else(ApiError::not_found)?;
                return Ok((resellers::read(conn, added.id)?, true));
            }
            let key = managed(conn, &caller, &path)?;
            refuse_another_parent(conn, key.target().id, parent)?;
            let (name, domain_limit) = (Some(new.name), Some(new.domain_limit));
            let change = ResellerChange { name, domain_limit, is_suspended: None };
            save(conn, &clock, &actor, &key, &change)?;
            Ok((resellers::read(conn, key.target().id)?, false))
        })
        .await?;
    let mut answer = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.insert_header((header::ETAG, etag::of(&reseller)?)).json(reseller))
}

/// Changes a reseller; suspends it, lets it go on.
#[utoipa::path(tag = "accounts", params(("reseller" = String, Path, description = "Its name in addresses"), ("If-Match" = Option<String>, Header, description = "The version that is to be changed")), request_body = ResellerChange, responses((status = 200, body = Reseller, description = "Changed"), (status = 412, body = contract::problem::Problem, content_type = "application/problem+json", description = "Changed since it was read")))]
#[patch("/api/v1/resellers/{reseller}")]
async fn change_reseller(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<ResellerChange>,
) -> ApiResult<HttpResponse> {
    let (db, clock, events) = services;
    let (if_match, change) = (IfMatch::of(&request), body.0);
    let (id, reseller) = db
        .change(move |conn| {
            let key = managed(conn, &caller, &path)?;
            let id = key.target().id;
            if_match.check(&resellers::read(conn, id)?)?;
            save(conn, &clock, &Actor::from(&caller), &key, &change)?;
            Ok((id, resellers::read(conn, id)?))
        })
        .await?;
    events.announce(Announcement::reseller_policy(id));
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&reseller)?)).json(reseller))
}

/// Removes a reseller with its users and settings.
///
/// One that has domains or sub-resellers stays, unless they are to go with it.
#[utoipa::path(tag = "accounts", params(("reseller" = String, Path, description = "Its name in addresses"), RemovalQuery), responses((status = 204, description = "Removed"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "It has domains or sub-resellers")))]
#[delete("/api/v1/resellers/{reseller}")]
async fn remove_reseller(
    caller: Caller,
    services: Services,
    path: Path<String>,
    query: Params<RemovalQuery>,
) -> ApiResult<HttpResponse> {
    let (db, clock, events) = services;
    let with_domains = query.0.with_domains == Some(true);
    let id = db
        .change(move |conn| {
            let key = managed(conn, &caller, &path)?;
            remove(conn, &clock, &caller, &key, with_domains)?;
            Ok(key.target().id)
        })
        .await?;
    events.announce(Announcement::reseller_policy(id));
    Ok(HttpResponse::NoContent().finish())
}

/// A reseller that the caller looks after: not oneself, which is the affair of whom one works for.
fn managed(conn: &mut Conn, caller: &Caller, slug: &str) -> ApiResult<Granted<Key>> {
    let key = caller.reseller(conn, slug, Permission::ResellersEdit)?;
    match caller.reach {
        Reach::Reseller { id, .. } if id == key.target().id => {
            Err(ApiError::because(ErrorCode::NotAllowed, "nobody changes the reseller that they belong to"))
        }
        _ => Ok(key),
    }
}

/// Whom a new reseller works for: nobody or the named one, and for a reseller themselves.
fn parent(conn: &mut Conn, reach: &Granted<Reach>, named: Option<&str>) -> ApiResult<Option<i64>> {
    let unknown = || ApiError::invalid("/parent", InvalidCode::NotFound);
    let named = match named {
        Some(slug) => Some(find_reseller(conn, slug)?.ok_or_else(unknown)?.id),
        None => None,
    };
    let parent = match (reach.target(), named) {
        (Reach::All, named) => named,
        (Reach::Reseller { id, .. }, named) if named.is_none_or(|named| named == *id) => Some(*id),
        (Reach::Reseller { .. }, _) => return Err(unknown()),
        (Reach::Domain { .. } | Reach::Mailbox { .. }, _) => {
            return Err(ApiError::new(ErrorCode::NotAllowed));
        }
    };
    match parents(conn, parent)?.is_empty() {
        true => Ok(parent),
        false => Err(ApiError::because(ErrorCode::NotAllowed, "a sub-reseller has none of its own")),
    }
}

/// A reseller keeps working for whom it worked when it was added.
fn refuse_another_parent(conn: &mut Conn, id: i64, wanted: Option<i64>) -> ApiResult<()> {
    match parents(conn, [id])?.remove(&id) == wanted {
        true => Ok(()),
        false => Err(ApiError::invalid("/parent", InvalidCode::Fixed)),
    }
}

/// Writes what is different; who is suspended is told to the nodes.
fn save(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    key: &Granted<Key>,
    change: &ResellerChange,
) -> ApiResult<()> {
    let Key { id, slug } = key.target();
    let before = resellers::read(conn, *id)?;
    let mut after = before.clone();
    if let Some(name) = &change.name {
        resellers::check_name(name)?;
        after.name = name.trim().to_owned();
    }
    after.domain_limit = change.domain_limit.unwrap_or(before.domain_limit);
    after.is_suspended = change.is_suspended.unwrap_or(before.is_suspended);
    if after == before {
        return Ok(());
    }
    diesel::update(rows::table.find(id))
        .set((
            rows::name.eq(&after.name),
            rows::domain_limit.eq(resellers::limit(after.domain_limit)?),
            rows::is_suspended.eq(after.is_suspended),
        ))
        .execute(conn)?;
    let told = |state: &Reseller| {
        Some(json!({
            "name": state.name, "domain_limit": state.domain_limit, "is_suspended": state.is_suspended,
        }))
    };
    let (from, to) = (told(&before), told(&after));
    let entry =
        Entry { action: "change_reseller", target: slug, reseller_id: Some(*id), domain_id: None, from, to };
    audit::record(conn, clock, actor, entry)?;
    if after.is_suspended != before.is_suspended {
        policy::changed_of_reseller(conn, *id)?;
    }
    Ok(())
}

fn remove(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    key: &Granted<Key>,
    with_domains: bool,
) -> ApiResult<()> {
    let Key { id, slug } = key.target();
    let owned: Vec<String> =
        domain_rows::table.filter(domain_rows::reseller_id.eq(id)).select(domain_rows::name).load(conn)?;
    let subs: Vec<String> = rows::table.filter(rows::parent_id.eq(id)).select(rows::slug).load(conn)?;
    let is_bare = owned.is_empty() && subs.is_empty();
    if !is_bare && !with_domains {
        let reason = format!("it has domains: {}, sub-resellers: {}", owned.len(), subs.len());
        return Err(ApiError::because(ErrorCode::Conflict, reason));
    }
    for sub in subs {
        let sub = caller.reseller(conn, &sub, Permission::ResellersEdit)?;
        remove(conn, clock, caller, &sub, with_domains)?;
    }
    let actor = Actor::from(caller);
    for name in owned {
        let domain = caller.domain(conn, &name, Permission::DomainsRemove)?;
        domains::remove(conn, clock, &actor, &domain)?;
    }
    let (from, reseller_id) = (Some(json!(resellers::read(conn, *id)?)), Some(*id));
    diesel::delete(
        settings::table.filter(settings::level.eq(Level::Reseller.name())).filter(settings::scope_id.eq(id)),
    )
    .execute(conn)?;
    diesel::delete(rows::table.find(id)).execute(conn)?;
    let entry = Entry { action: "remove_reseller", target: slug, reseller_id, from, ..Entry::default() };
    audit::record(conn, clock, &actor, entry)?;
    policy::removed(conn, Document::Reseller(slug))?;
    Ok(())
}
