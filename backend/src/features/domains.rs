//! Domains whose mail is filtered: the list, adding, removing.

use super::{resellers, routes};
use crate::{
    access::{
        Caller, Granted,
        scope::{self, Domain as DomainKey, Reach},
    },
    audit::{self, Actor, Entry},
    clock::{Clock, timestamp},
    config::Config,
    csv_list::{self, CsvRow},
    db::{
        Backend, Conn, Db, portable,
        schema::{domains, removed_domains, settings},
    },
    error::{ApiError, ApiResult},
    etag,
    events::{Announcement, Events},
    input::{Body, NoParams, Params},
    paging::{self, PageRequest},
    policy::{self, Document},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    put,
    web::{Data, Path},
};
use contract::{
    domains::{Domain, DomainQuery, NewDomain, Route},
    page::Page,
    permission::Permission,
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use std::collections::HashMap;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_domains).service(get_domain).service(add_domain).service(remove_domain);
}

/// The domains in reach.
#[utoipa::path(tag = "domains", params(DomainQuery), responses((status = 200, description = "A page of domains; with `Accept: text/csv` the whole list", content((Page<Domain> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/domains")]
async fn list_domains(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    query: Params<DomainQuery>,
) -> ApiResult<HttpResponse> {
    let reach = caller.everything(Permission::DomainsView)?;
    let query = query.0;
    if csv_list::is_wanted(&request) {
        page_of(&query)?;
        return Ok(csv_list::stream(db, "domains", move |conn, cursor| {
            let cursor = cursor.map(str::to_owned);
            list(conn, &reach, &DomainQuery { limit: csv_list::PAGE, cursor, ..query.clone() })
        }));
    }
    let page = db.run(move |conn| list(conn, &reach, &query)).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// One domain.
#[utoipa::path(tag = "domains", params(("domain" = String, Path, description = "Its name")), responses((status = 200, body = Domain, description = "The domain")))]
#[get("/api/v1/domains/{domain}")]
async fn get_domain(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let domain = db
        .run(move |conn| {
            let domain = caller.domain(conn, &path, Permission::RoutesView)?;
            read(conn, domain.target())
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&domain)?)).json(domain))
}

/// Adds a domain.
///
/// Repeating it changes nothing. A domain that is there with another owner or other routes is a conflict.
#[utoipa::path(tag = "domains", params(("domain" = String, Path, description = "Its name")), request_body = NewDomain, responses((status = 200, body = Domain, description = "It was there already"), (status = 201, body = Domain, description = "Added"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "It exists, or the limit of the reseller is reached")))]
#[put("/api/v1/domains/{domain}")]
async fn add_domain(
    caller: Caller,
    services: (Data<Db>, Data<Clock>, Data<Config>, Data<Events>),
    path: Path<String>,
    body: Body<NewDomain>,
) -> ApiResult<HttpResponse> {
    let (db, clock, config, events) = services;
    let reach = caller.everything(Permission::DomainsAdd)?;
    let name = domain_name(&path).ok_or_else(|| ApiError::invalid("", InvalidCode::NotADomain))?;
    let new = NewDomain { routes: routes::checked(body.0.routes, &config)?, ..body.0 };
    let (domain, added) = db
        .change(move |conn| {
            let owner = owner(conn, &reach, new.reseller.as_deref())?;
            let actor = Actor::from(&caller);
            let added = create(conn, &clock, &actor, (&name, owner), &new.routes)?;
            let key = scope::find_domain(conn, &name)?.ok_or_else(ApiError::not_found)?;
            Ok((read(conn, &key)?, added.then_some(key)))
        })
        .await?;
    match added {
        Some(key) => {
            events.announce(Announcement::domain_policy(&key));
            Ok(HttpResponse::Created().insert_header((header::ETAG, etag::of(&domain)?)).json(domain))
        }
        None => Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&domain)?)).json(domain)),
    }
}

/// Removes a domain with its users, settings, held messages and log.
#[utoipa::path(tag = "domains", params(("domain" = String, Path, description = "Its name")), responses((status = 204, description = "Removed")))]
#[delete("/api/v1/domains/{domain}")]
async fn remove_domain(
    caller: Caller,
    services: (Data<Db>, Data<Clock>, Data<Events>),
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock, events) = services;
    let gone = db
        .change(move |conn| {
            let domain = caller.domain(conn, &path, Permission::DomainsRemove)?;
            remove(conn, &clock, &Actor::from(&caller), &domain)?;
            Ok(domain.target().clone())
        })
        .await?;
    events.announce(Announcement::domain_policy(&gone));
    Ok(HttpResponse::NoContent().finish())
}

/// The name of a domain as it is stored: A-labels (RFC 5890), lower-cased, at least two of them.
pub(crate) fn domain_name(text: &str) -> Option<String> {
    let name = idna::domain_to_ascii(text.trim().trim_end_matches('.')).ok()?;
    (name.contains('.') && routes::is_host_name(&name)).then_some(name)
}

/// Who owns a new domain: an administrator may name a reseller, a reseller one of its
/// sub-resellers, or it is the owner.
pub(super) fn owner(conn: &mut Conn, reach: &Granted<Reach>, named: Option<&str>) -> ApiResult<Option<i64>> {
    let unknown = || ApiError::invalid("/reseller", InvalidCode::NotFound);
    let named = match named {
        Some(slug) => Some(scope::find_reseller(conn, slug)?.ok_or_else(unknown)?),
        None => None,
    };
    match (reach.target(), named) {
        (Reach::All, named) => Ok(named.map(|reseller| reseller.id)),
        (Reach::Reseller { id, .. }, None) => Ok(Some(*id)),
        (Reach::Reseller { all, .. }, Some(reseller)) if all.contains(&reseller.id) => Ok(Some(reseller.id)),
        (Reach::Reseller { .. }, Some(_)) => Err(unknown()),
        (Reach::Domain { .. } | Reach::Mailbox { .. }, _) => Err(ApiError::new(ErrorCode::NotAllowed)),
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = domains)]
struct DomainRow {
    id: i64,
    name: String,
    reseller_id: Option<i64>,
    created_at: i64,
    is_suspended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Name,
    CreatedAt,
}

/// The order of the list, and whether it is descending.
fn order(query: &DomainQuery) -> ApiResult<(Order, bool)> {
    let text = query.sort.as_deref().unwrap_or("name");
    let (field, is_descending) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
    match field {
        "name" => Ok((Order::Name, is_descending)),
        "created_at" => Ok((Order::CreatedAt, is_descending)),
        _ => Err(ApiError::invalid("?sort", InvalidCode::UnknownChoice)),
    }
}

fn page_of(query: &DomainQuery) -> ApiResult<PageRequest> {
    order(query)?;
    let kind = format!("domains:{}", query.sort.as_deref().unwrap_or("name"));
    PageRequest::new(query.limit, query.cursor.as_deref(), &kind)
}

type Rows = domains::BoxedQuery<'static, Backend>;

fn in_reach(conn: &mut Conn, reach: &Granted<Reach>, query: &DomainQuery) -> ApiResult<Rows> {
    let mut rows = reach.target().domains();
    if let Some(text) = query.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let ascii = idna::domain_to_ascii(text).unwrap_or_else(|_| text.to_owned());
        rows = rows.filter(domains::name.like(portable::part_of(&ascii)).escape('\\'));
    }
    if let Some(is_suspended) = query.is_suspended {
        let owners = resellers::suspended(conn)?;
        let by_owner =
            domains::reseller_id.is_not_null().and(domains::reseller_id.assume_not_null().eq_any(owners));
        let is_so = domains::is_suspended.eq(true).or(by_owner);
        rows = if is_suspended { rows.filter(is_so) } else { rows.filter(diesel::dsl::not(is_so)) };
    }
    if let Some(slug) = &query.reseller {
        // A reseller out of reach has no domains here: the condition above sees to it.
        let id = scope::find_reseller(conn, slug)?.map_or(-1, |reseller| reseller.id);
        rows = rows.filter(domains::reseller_id.eq(Some(id)));
    }
    Ok(rows)
}

fn list(conn: &mut Conn, reach: &Granted<Reach>, query: &DomainQuery) -> ApiResult<Page<Domain>> {
    let (order, is_descending) = order(query)?;
    let page = page_of(query)?;
    let falls = is_descending != page.is_backwards();
    let rows = in_reach(conn, reach, query)?;
    let rows = match order {
        Order::Name => by_name(rows, &page, falls)?,
        Order::CreatedAt => by_time(rows, &page, falls)?,
    };
    let rows = rows.select(DomainRow::as_select()).limit(page.rows()).load::<DomainRow>(conn)?;
    let total = match query.count {
        Some(true) => Some(paging::total(in_reach(conn, reach, query)?.count().get_result(conn)?)),
        _ => None,
    };
    let mut known = Companions::of(conn, &rows)?;
    let key = |row: &DomainRow| match order {
        Order::Name => vec![row.name.clone()],
        Order::CreatedAt => vec![row.created_at.to_string(), row.name.clone()],
    };
    Ok(page.page(rows, key, |row| known.complete(row), total))
}

fn by_name(rows: Rows, page: &PageRequest, falls: bool) -> ApiResult<Rows> {
    let rows = match page.key()? {
        None => rows,
        Some([name]) if falls => rows.filter(domains::name.lt(name.clone())),
        Some([name]) => rows.filter(domains::name.gt(name.clone())),
    };
    Ok(if falls { rows.order(domains::name.desc()) } else { rows.order(domains::name.asc()) })
}

fn by_time(rows: Rows, page: &PageRequest, falls: bool) -> ApiResult<Rows> {
    use domains::{created_at, name};
    let rows = match page.key()? {
        None => rows,
        Some([at, last]) => {
            let (at, last) = (PageRequest::number(at)?, last.clone());
            if falls {
                rows.filter(created_at.lt(at).or(created_at.eq(at).and(name.lt(last))))
            } else {
                rows.filter(created_at.gt(at).or(created_at.eq(at).and(name.gt(last))))
            }
        }
    };
    Ok(if falls {
        rows.order((created_at.desc(), name.desc()))
    } else {
        rows.order((created_at.asc(), name.asc()))
    })
}

/// What belongs to rows of domains but is in other tables.
struct Companions {
    routes: HashMap<i64, Vec<Route>>,
    owners: HashMap<i64, resellers::Owner>,
}

impl Companions {
    fn of(conn: &mut Conn, rows: &[DomainRow]) -> ApiResult<Self> {
        Ok(Self {
            routes: routes::of_domains(conn, rows.iter().map(|row| row.id).collect())?,
            owners: resellers::owners(conn, rows.iter().filter_map(|row| row.reseller_id))?,
        })
    }

    fn complete(&mut self, row: DomainRow) -> Domain {
        let owner = row.reseller_id.and_then(|id| self.owners.get(&id));
        Domain {
            reseller: owner.map(|owner| owner.slug.clone()),
            is_suspended: row.is_suspended || owner.is_some_and(|owner| owner.is_suspended),
            routes: self.routes.remove(&row.id).unwrap_or_default(),
            created_at: timestamp(row.created_at),
            name: row.name,
        }
    }
}

impl CsvRow for Domain {
    const HEAD: &'static [&'static str] = &["domain", "reseller", "routes", "is_suspended", "created_at"];
    fn cells(self) -> Vec<String> {
        let routes: Vec<_> = self.routes.iter().map(Route::to_string).collect();
        let is_suspended = self.is_suspended.to_string();
        vec![self.name, self.reseller.unwrap_or_default(), routes.join(" "), is_suspended, self.created_at.0]
    }
}

pub(super) fn read(conn: &mut Conn, key: &DomainKey) -> ApiResult<Domain> {
    let row: DomainRow = domains::table.find(key.id).select(DomainRow::as_select()).first(conn)?;
    Ok(Companions::of(conn, std::slice::from_ref(&row))?.complete(row))
}

/// Adds a domain with its owner; false if it is there already, just so.
pub(crate) fn create(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    (name, reseller_id): (&str, Option<i64>),
    routes: &[Route],
) -> ApiResult<bool> {
    if let Some(known) = scope::find_domain(conn, name)? {
        let same = known.reseller_id == reseller_id && routes::read(conn, known.id)? == routes;
        return if same { Ok(false) } else { Err(ApiError::new(ErrorCode::AlreadyExists)) };
    }
    if let Some(reseller_id) = reseller_id {
        resellers::has_room(conn, reseller_id)?;
    }
    let values =
        (domains::name.eq(name), domains::reseller_id.eq(reseller_id), domains::created_at.eq(clock.now()));
    diesel::insert_into(domains::table).values(values).execute(conn)?;
    let id: i64 = domains::table.filter(domains::name.eq(name)).select(domains::id).first(conn)?;
    routes::write(conn, id, routes)?;
    let to = Some(serde_json::json!({ "routes": routes }));
    let entry =
        Entry { action: "add_domain", target: name, domain_id: Some(id), reseller_id, from: None, to };
    audit::record(conn, clock, actor, entry)?;
    policy::changed(conn, Document::Domain(name))?;
    Ok(true)
}

/// Removes a domain with all that is its own.
pub(super) fn remove(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    domain: &Granted<DomainKey>,
) -> ApiResult<()> {
    let DomainKey { id, name, reseller_id } = domain.target();
    let before = read(conn, domain.target())?;
    // Users, routes and commands go with the row. Log and held messages can be millions: nobody reaches them from now
    // on, and `retention.rs` removes them.
    let own_settings =
        settings::table.filter(settings::level.eq_any(["domain", "email"])).filter(settings::scope_id.eq(id));
    diesel::delete(own_settings).execute(conn)?;
    diesel::insert_into(removed_domains::table)
        .values((removed_domains::domain_id.eq(id), removed_domains::removed_at.eq(clock.now())))
        .execute(conn)?;
    diesel::delete(domains::table.find(id)).execute(conn)?;
    let entry = Entry {
        action: "remove_domain",
        target: name,
        domain_id: Some(*id),
        reseller_id: *reseller_id,
        from: Some(serde_json::json!({"reseller": before.reseller, "routes": before.routes})),
        to: None,
    };
    audit::record(conn, clock, actor, entry)?;
    policy::removed(conn, Document::Domain(name))?;
    Ok(())
}
