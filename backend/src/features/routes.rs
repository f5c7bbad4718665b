//! The routes of a domain: the servers its mail is delivered to, in their order (RTE-01 … RTE-13).

use crate::{
    access::{Caller, Granted, scope::Domain},
    audit::{self, Actor, Entry},
    clock::Clock,
    config::Config,
    db::{Conn, Db, schema::routes},
    error::{ApiError, ApiResult},
    etag::{self, IfMatch},
    events::{Announcement, Events},
    input::{Body, NoParams, Params},
    network,
    policy::{self, Document},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    put,
    web::{Data, Path},
};
use contract::{
    domains::{Route, Routes},
    permission::Permission,
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use std::{collections::HashMap, net::IpAddr};
use utoipa_actix_web::service_config::ServiceConfig;

/// More routes than this are a mistake.
const MOST: usize = 20;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_routes).service(set_routes).service(remove_route);
}

/// The routes of a domain, in their order.
#[utoipa::path(tag = "domains", params(("domain" = String, Path, description = "The domain")), responses((status = 200, body = Routes, description = "The routes")))]
#[get("/api/v1/domains/{domain}/routes")]
async fn get_routes(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let routes = db
        .run(move |conn| {
            let domain = caller.domain(conn, &path, Permission::RoutesView)?;
            Ok(Routes { routes: read(conn, domain.target().id)? })
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&routes)?)).json(routes))
}

/// Replaces the routes of a domain.
#[utoipa::path(tag = "domains", params(("domain" = String, Path, description = "The domain"), ("If-Match" = Option<String>, Header, description = "The version that is to be replaced")), request_body = Routes, responses((status = 200, body = Routes, description = "Replaced"), (status = 412, body = contract::problem::Problem, content_type = "application/problem+json", description = "Changed since it was read")))]
#[put("/api/v1/domains/{domain}/routes")]
async fn set_routes(
    request: HttpRequest,
    caller: Caller,
    services: (Data<Db>, Data<Clock>, Data<Config>, Data<Events>),
    path: Path<String>,
    body: Body<Routes>,
) -> ApiResult<HttpResponse> {
    let (db, clock, config, events) = services;
    let if_match = IfMatch::of(&request);
    let (domain, routes) = db
        .change(move |conn| {
            let domain = caller.domain(conn, &path, Permission::RoutesEdit)?;
            let new = checked(body.0.routes, &config)?;
            if_match.check(&Routes { routes: read(conn, domain.target().id)? })?;
            replace(conn, &clock, &Actor::from(&caller), &domain, &new)?;
            Ok((domain.target().clone(), Routes { routes: new }))
        })
        .await?;
    events.announce(Announcement::domain_policy(&domain));
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&routes)?)).json(routes))
}

/// Removes one route, written `host:port`.
///
/// The last one stays (RTE-06).
#[utoipa::path(tag = "domains", params(("domain" = String, Path, description = "The domain"), ("route" = String, Path, description = "The route, `host:port`")), responses((status = 204, description = "Removed"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "It is the last one")))]
#[delete("/api/v1/domains/{domain}/routes/{route}")]
async fn remove_route(
    caller: Caller,
    services: (Data<Db>, Data<Clock>, Data<Events>),
    path: Path<(String, String)>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock, events) = services;
    let domain = db
        .change(move |conn| {
            let (name, text) = path.into_inner();
            let domain = caller.domain(conn, &name, Permission::RoutesEdit)?;
            let unwanted: Route = text.parse().map_err(|_| ApiError::not_found())?;
            let before = read(conn, domain.target().id)?;
            let after: Vec<Route> = before.iter().filter(|route| **route != unwanted).cloned().collect();
            if after.len() == before.len() {
                return Err(ApiError::not_found());
            }
            if after.is_empty() {
                return Err(ApiError::new(ErrorCode::LastRoute));
            }
            replace(conn, &clock, &Actor::from(&caller), &domain, &after)?;
            Ok(domain.target().clone())
        })
        .await?;
    events.announce(Announcement::domain_policy(&domain));
    Ok(HttpResponse::NoContent().finish())
}

/// Routes as they may be stored, or every reason why not (RTE-13): spaces, a trailing dot and the case of letters
/// do not count; the same host with two ports is allowed, the same pair twice is not.
pub(crate) fn checked(given: Vec<Route>, config: &Config) -> ApiResult<Vec<Route>> {
    if given.is_empty() {
        return Err(ApiError::invalid("/routes", InvalidCode::Required));
    }
    if given.len() > MOST {
        return Err(ApiError::invalid("/routes", InvalidCode::TooLong));
    }
    let mut errors = Vec::new();
    let mut routes: Vec<Route> = Vec::new();
    for (place, route) in given.into_iter().enumerate() {
        let host = route.host.trim().trim_end_matches('.');
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let host = match host.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_owned()),
        };
        let route = Route { host, port: route.port };
        if let Err(code) = check_host(&route.host, config) {
            errors.push((format!("/routes/{place}/host"), code));
        } else if route.port == 0 {
            errors.push((format!("/routes/{place}/port"), InvalidCode::OutOfRange));
        } else if routes.contains(&route) {
            errors.push((format!("/routes/{place}"), InvalidCode::Duplicate));
        }
        routes.push(route);
    }
    if errors.is_empty() { Ok(routes) } else { Err(ApiError::invalid_fields(errors)) }
}

/// P17: mail goes to public addresses, and to private ones that the administrator allows. Names are looked at again
/// when they are resolved.
fn check_host(host: &str, config: &Config) -> Result<(), InvalidCode> {
    let is_allowed = |address| config.route_networks.iter().any(|network| network.contains(address));
    if let Ok(address) = host.parse::<IpAddr>() {
        let is_refused = network::is_private(address) && !is_allowed(address);
        return if is_refused { Err(InvalidCode::PrivateNetwork) } else { Ok(()) };
    }
    if !is_host_name(host) {
        return Err(InvalidCode::NotAHost);
    }
    let is_this_host = host == "localhost" || host.ends_with(".localhost");
    if is_this_host && !is_allowed(IpAddr::from([127, 0, 0, 1])) {
        return Err(InvalidCode::PrivateNetwork);
    }
    Ok(())
}

/// Whether a text is a host name (RFC 1123 §2.1): labels of letters, digits and hyphens, the last one not a number,
/// since `127.1` and `0x7f000001` are addresses in disguise.
pub(super) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    text.len() <= 253 && text.split('.').all(is_label) && !is_number
}

pub(super) fn replace(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    domain: &Granted<Domain>,
    new: &[Route],
) -> ApiResult<()> {
    let Domain { id, name, reseller_id } = domain.target();
    let before = read(conn, *id)?;
    if before == new {
        return Ok(());
    }
    write(conn, *id, new)?;
    let entry = Entry {
        action: "set_routes",
        target: name,
        domain_id: Some(*id),
        reseller_id: *reseller_id,
        from: Some(serde_json::json!(before)),
        to: Some(serde_json::json!(new)),
    };
    audit::record(conn, clock, actor, entry)?;
    policy::changed(conn, Document::Domain(name))?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = routes)]
struct NewRow<'a> {
    domain_id: i64,
    position: i32,
    host: &'a str,
    port: i32,
}

/// Replaces the routes of a domain.
pub(super) fn write(conn: &mut Conn, domain_id: i64, new: &[Route]) -> ApiResult<()> {
    diesel::delete(routes::table.filter(routes::domain_id.eq(domain_id))).execute(conn)?;
    for (position, route) in (0..).zip(new) {
        let row = NewRow { domain_id, position, host: &route.host, port: i32::from(route.port) };
        diesel::insert_into(routes::table).values(&row).execute(conn)?;
    }
    Ok(())
}

/// The routes of a domain, in their order.
pub(super) fn read(conn: &mut Conn, domain_id: i64) -> ApiResult<Vec<Route>> {
    Ok(of_domains(conn, vec![domain_id])?.remove(&domain_id).unwrap_or_default())
}

/// The routes of several domains, each in its order.
pub(super) fn of_domains(conn: &mut Conn, ids: Vec<i64>) -> ApiResult<HashMap<i64, Vec<Route>>> {
    let rows = routes::table
        .filter(routes::domain_id.eq_any(ids))
        .order((routes::domain_id, routes::position))
        .select((routes::domain_id, routes::host, routes::port))
        .load::<(i64, String, i32)>(conn)?;
    let mut found: HashMap<i64, Vec<Route>> = HashMap::new();
    for (domain_id, host, port) in rows {
        let port = u16::try_from(port).unwrap_or_default();
        found.entry(domain_id).or_default().push(Route { host, port });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(networks: &str) -> Config {
        Config::read(|name| (name == "GATEPOST_ROUTE_NETWORKS").then(|| networks.to_owned())).unwrap()
    }

    fn check(host: &str, networks: &str) -> Result<String, InvalidCode> {
        checked(vec![Route { host: host.into(), port: 25 }], &config(networks))
            .map(|routes| routes[0].host.clone())
            .map_err(|error| error.fields[0].1)
    }

    /// RTE-13, P17.
    #[test]
    fn a_route_leads_to_a_public_place_or_an_allowed_one() {
        assert_eq!(check(" MX.Example.com. ", ""), Ok("mx.example.com".into()));
        assert_eq!(check("[2606:4700::25]", ""), Ok("2606:4700::25".into()));
        assert_eq!(check("müller.example", ""), Ok("xn--mller-kva.example".into()));
        for host in ["127.0.0.1", "localhost", "a.localhost", "10.0.0.1", "::1", "::ffff:10.0.0.1", "[::1]"] {
            assert_eq!(check(host, ""), Err(InvalidCode::PrivateNetwork), "{host}");
        }
        assert_eq!(check("127.0.0.1", "127.0.0.0/8"), Ok("127.0.0.1".into()));
        assert_eq!(check("10.0.0.1", "127.0.0.0/8"), Err(InvalidCode::PrivateNetwork));
        for host in ["", "example..com", "a b", "127.1", "2130706433", "0x7f000001", "-a.test", "a_b.test"] {
            assert_eq!(check(host, "0.0.0.0/0,::/0"), Err(InvalidCode::NotAHost), "{host}");
        }
        assert_eq!(check(&"a.".repeat(127), ""), Ok("a.".repeat(126) + "a"));
        assert_eq!(check(&format!("{}.test", "a".repeat(64)), ""), Err(InvalidCode::NotAHost));
    }

    /// RTE-13.
    #[test]
    fn one_host_with_two_ports_is_two_routes() {
        let route = |port| Route { host: "mx.a.test".into(), port };
        assert!(checked(vec![route(25), route(2525)], &config("")).is_ok());
        let error = checked(vec![route(25), route(25)], &config("")).unwrap_err();
        assert_eq!(error.fields, [("/routes/1".to_owned(), InvalidCode::Duplicate)]);
        assert!(checked(vec![], &config("")).is_err());
    }
}
