//! Mail servers as the domain name system has them: where a new domain's mail goes now (a suggestion for its routes),
//! and which domains' mail does not come to us (PER-06), as a job.

use super::{
    import_lines::Meaning,
    job_store::NewJob,
    jobs::{self, Services},
};
use crate::{
    access::Caller,
    db::schema::domains as rows,
    dns::Dns,
    error::{ApiError, ApiResult},
    input::{Body, NoParams, Params},
    storage::BodyKey,
};
use actix_web::{
    HttpResponse, get, post,
    web::{Bytes, Data, Json, Path},
};
use contract::{
    domains::{MxCheck, Route, RouteSuggestion},
    ids::JobId,
    jobs::{Job, JobKind},
    permission::{Permission, Role},
    problem::InvalidCode,
};
use diesel::prelude::*;
use futures_util::stream;
use utoipa_actix_web::service_config::ServiceConfig;

/// The most hosts that can be right.
const MOST: usize = 50;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(suggest_routes).service(check_mx);
}

/// Where a domain's mail goes now: what its routes can be when its MX records lead to us. Empty if that is not known.
#[utoipa::path(tag = "domains", params(("domain" = String, Path, description = "The name of a domain that is to be added")), responses((status = 200, body = RouteSuggestion, description = "The routes")))]
#[get("/api/v1/route-suggestions/{domain}")]
async fn suggest_routes(
    caller: Caller,
    dns: Data<Dns>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<Json<RouteSuggestion>> {
    caller.demand(Permission::DomainsAdd)?;
    let name = super::domains::domain_name(&path);
    let name = name.ok_or_else(|| ApiError::invalid("/domain", InvalidCode::NotADomain))?;
    let hosts = dns.mail_servers(&name).await.unwrap_or_default();
    let routes = hosts.into_iter().map(|host| Route { host, port: 25 }).collect();
    Ok(Json(RouteSuggestion { routes }))
}

/// Looks up the MX records of every domain in reach (PER-06).
///
/// The job's lines say which domains are in order; those that failed have other mail servers, none, or also others.
#[utoipa::path(tag = "domains", request_body = MxCheck, responses((status = 202, body = Job, description = "Begun; the job tells how far it is")))]
#[post("/api/v1/domains/mx-check")]
async fn check_mx(caller: Caller, services: Services, body: Body<MxCheck>) -> ApiResult<HttpResponse> {
    let meaning = Meaning { kind: JobKind::CheckMx, role: Role::Guest };
    let reach = caller.everything(Permission::DomainsMxVerify)?;
    let hosts = checked(body.0.hosts)?;
    let names: Vec<String> = services
        .0
        .run(move |conn| {
            let own = reach.target().domains();
            Ok(own.order(rows::name.asc()).select(rows::name).load(conn)?)
        })
        .await?;
    let (id, total): (JobId, _) = (services.1.new_id(), names.len());
    let hosts = hosts.join(" ");
    let lines =
        names.into_iter().map(move |name| Ok::<_, ApiError>(Bytes::from(format!("{name},{hosts}\n"))));
    let kept = services.2.put(&BodyKey::upload(&id.0), stream::iter(lines), u64::MAX).await;
    kept.map_err(ApiError::internal)?;
    let job = NewJob {
        total: i64::try_from(total).unwrap_or(i64::MAX),
        ..NewJob::new(&id, meaning, &caller, &services.1)?
    };
    jobs::accept(caller, services, job).await
}

/// The hosts as they are compared.
fn checked(hosts: Vec<String>) -> ApiResult<Vec<String>> {
    if !(1..=MOST).contains(&hosts.len()) {
        return Err(ApiError::invalid("/hosts", InvalidCode::OutOfRange));
    }
    let host = |(place, host): (usize, String)| {
        let name = super::domains::domain_name(&host);
        name.ok_or_else(|| ApiError::invalid(format!("/hosts/{place}"), InvalidCode::NotAHost))
    };
    hosts.into_iter().enumerate().map(host).collect()
}
