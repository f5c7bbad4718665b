//! The generic settings API: reading what is in force, setting, returning to inheritance, for every section of the
//! catalogue and at every level. A new setting needs nothing here.

use super::{
    settings_store::{self as store, Scope},
    threshold_order,
};
use crate::{
    access::Caller,
    clock::Clock,
    db::{Conn, Db},
    error::{ApiError, ApiResult},
    etag::{self, IfMatch},
    events::{Announcement, Events},
    input::{Body, NoParams, Params},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    patch,
    web::{Data, Path},
};
use contract::{
    filtering::{SettingValues, SettingsChange},
    permission::Permission,
    problem::{ErrorCode, InvalidCode},
    settings::{self, Level, resolve},
};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_global_settings)
        .service(change_global_settings)
        .service(get_reseller_settings)
        .service(change_reseller_settings)
        .service(get_domain_settings)
        .service(change_domain_settings)
        .service(reset_domain_setting)
        .service(get_mailbox_settings)
        .service(change_mailbox_settings);
}

type Services = (Data<Db>, Data<Clock>, Data<Events>);

/// Whose settings a request is about.
pub(super) enum Owner {
    Installation,
    Reseller(String),
    Domain(String),
    Mailbox(String, Permission),
}

impl Owner {
    /// The settings, if the caller may see them. To be changed, each setting asks for its own permission.
    pub(super) fn scope(&self, conn: &mut Conn, caller: &Caller) -> ApiResult<Scope> {
        match self {
            Self::Installation => caller.installation(Permission::DefaultSettingsEdit).map(Scope::Global),
            Self::Reseller(slug) => {
                caller.reseller(conn, slug, Permission::ResellersView).map(Scope::Reseller)
            }
            Self::Domain(name) => {
                caller.domain(conn, name, Permission::DomainSettingsView).map(Scope::Domain)
            }
            Self::Mailbox(address, permission) => {
                caller.mailbox(conn, address, *permission).map(Scope::Mailbox)
            }
        }
    }
}

/// The defaults of every domain.
#[utoipa::path(tag = "filtering", responses((status = 200, body = SettingValues, description = "The settings by key")))]
#[get("/api/v1/settings")]
async fn get_global_settings(caller: Caller, db: Data<Db>, _: Params<NoParams>) -> ApiResult<HttpResponse> {
    show(caller, db, Owner::Installation).await
}

/// Changes the defaults of every domain.
#[utoipa::path(tag = "filtering", request_body = SettingsChange, params(("If-Match" = Option<String>, Header, description = "The version that is to be changed")), responses((status = 200, body = SettingValues, description = "Changed"), (status = 412, body = contract::problem::Problem, content_type = "application/problem+json", description = "Changed since it was read")))]
#[patch("/api/v1/settings")]
async fn change_global_settings(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    body: Body<SettingsChange>,
) -> ApiResult<HttpResponse> {
    change(caller, services, Owner::Installation, IfMatch::of(&request), body.0).await
}

/// The defaults of a reseller's domains.
#[utoipa::path(tag = "filtering", params(("reseller" = String, Path, description = "The reseller")), responses((status = 200, body = SettingValues, description = "The settings by key")))]
#[get("/api/v1/resellers/{reseller}/settings")]
async fn get_reseller_settings(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    show(caller, db, Owner::Reseller(path.into_inner())).await
}

/// Changes the defaults of a reseller's domains.
///
/// Each setting also asks for its own permission.
#[utoipa::path(tag = "filtering", request_body = SettingsChange, params(("reseller" = String, Path, description = "The reseller"), ("If-Match" = Option<String>, Header, description = "The version that is to be changed")), responses((status = 200, body = SettingValues, description = "Changed"), (status = 412, body = contract::problem::Problem, content_type = "application/problem+json", description = "Changed since it was read")))]
#[patch("/api/v1/resellers/{reseller}/settings")]
async fn change_reseller_settings(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<SettingsChange>,
) -> ApiResult<HttpResponse> {
    change(caller, services, Owner::Reseller(path.into_inner()), IfMatch::of(&request), body.0).await
}

/// The settings of a domain.
#[utoipa::path(tag = "filtering", params(("domain" = String, Path, description = "The domain")), responses((status = 200, body = SettingValues, description = "The settings by key")))]
#[get("/api/v1/domains/{domain}/settings")]
async fn get_domain_settings(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    show(caller, db, Owner::Domain(path.into_inner())).await
}

/// Changes the settings of a domain.
///
/// Each setting also asks for its own permission.
#[utoipa::path(tag = "filtering", request_body = SettingsChange, params(("domain" = String, Path, description = "The domain"), ("If-Match" = Option<String>, Header, description = "The version that is to be changed")), responses((status = 200, body = SettingValues, description = "Changed"), (status = 412, body = contract::problem::Problem, content_type = "application/problem+json", description = "Changed since it was read")))]
#[patch("/api/v1/domains/{domain}/settings")]
async fn change_domain_settings(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<SettingsChange>,
) -> ApiResult<HttpResponse> {
    change(caller, services, Owner::Domain(path.into_inner()), IfMatch::of(&request), body.0).await
}

/// Returns one setting of a domain to inheritance.
#[utoipa::path(tag = "filtering", params(("domain" = String, Path, description = "The domain"), ("key" = String, Path, description = "The setting")), responses((status = 200, body = SettingValues, description = "The settings by key, as they are now")))]
#[delete("/api/v1/domains/{domain}/settings/{key}")]
async fn reset_domain_setting(
    caller: Caller,
    services: Services,
    path: Path<(String, String)>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (domain, key) = path.into_inner();
    let is_known = settings::find(&key).is_some_and(|one| one.editable_at().contains(&Level::Domain));
    if !is_known {
        return Err(ApiError::not_found());
    }
    let wanted = SettingsChange { settings: BTreeMap::from([(key, Value::Null)]) };
    change(caller, services, Owner::Domain(domain), IfMatch::none(), wanted).await
}

/// The settings of a mailbox.
#[utoipa::path(tag = "filtering", params(("address" = String, Path, description = "The address")), responses((status = 200, body = SettingValues, description = "The settings by key")))]
#[get("/api/v1/mailboxes/{address}/settings")]
async fn get_mailbox_settings(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    show(caller, db, Owner::Mailbox(path.into_inner(), Permission::FilterSettingsView)).await
}

/// Changes the settings of a mailbox.
#[utoipa::path(tag = "filtering", request_body = SettingsChange, params(("address" = String, Path, description = "The address"), ("If-Match" = Option<String>, Header, description = "The version that is to be changed")), responses((status = 200, body = SettingValues, description = "Changed"), (status = 412, body = contract::problem::Problem, content_type = "application/problem+json", description = "Changed since it was read")))]
#[patch("/api/v1/mailboxes/{address}/settings")]
async fn change_mailbox_settings(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<SettingsChange>,
) -> ApiResult<HttpResponse> {
    change(
        caller,
        services,
        Owner::Mailbox(path.into_inner(), Permission::FilterSettingsEdit),
        IfMatch::of(&request),
        body.0,
    )
    .await
}

async fn show(caller: Caller, db: Data<Db>, owner: Owner) -> ApiResult<HttpResponse> {
    let found = db.run(move |conn| {
        let scope = owner.scope(conn, &caller)?;
        read(conn, &caller, &scope)
    });
    answer(found.await?)
}

async fn change(
    caller: Caller,
    (db, clock, events): Services,
    owner: Owner,
    if_match: IfMatch,
    wanted: SettingsChange,
) -> ApiResult<HttpResponse> {
    let (values, announcement) = db
        .change(move |conn| {
            let scope = owner.scope(conn, &caller)?;
            check_values(&caller, &scope, &wanted)?;
            if_match.check(&read(conn, &caller, &scope)?)?;
            threshold_order::check(conn, &scope, &wanted)?;
            store::write(conn, &clock, &(&caller).into(), &scope, &wanted.settings)?;
            Ok((read(conn, &caller, &scope)?, announcement(&scope)))
        })
        .await?;
    events.announce(announcement);
    answer(values)
}

fn announcement(scope: &Scope) -> Announcement {
    match scope {
        Scope::Global(_) => Announcement::global_policy(),
        Scope::Reseller(reseller) => Announcement::reseller_policy(reseller.target().id),
        Scope::Domain(domain) => Announcement::domain_policy(domain.target()),
        Scope::Mailbox(mailbox) => Announcement::domain_policy(&mailbox.target().domain),
    }
}

fn answer(values: SettingValues) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&values)?)).json(values))
}

fn read(conn: &mut Conn, caller: &Caller, scope: &Scope) -> ApiResult<SettingValues> {
    let levels = store::levels(conn, scope)?;
    let levels: Vec<_> = levels.iter().map(|(level, values)| (*level, values)).collect();
    let values = settings::all().filter(|setting| setting.editable_at().contains(&scope.level()));
    let values = values.map(|setting| {
        let value = resolve::read(setting, &levels, caller.may(setting.permission()));
        (setting.key().to_owned(), value)
    });
    Ok(SettingValues { settings: values.collect() })
}

/// Every value is one that the catalogue takes at this level, and the caller may change it.
fn check_values(caller: &Caller, scope: &Scope, wanted: &SettingsChange) -> ApiResult<()> {
    let mut errors = Vec::new();
    let mut is_allowed = true;
    for (key, value) in &wanted.settings {
        let problem = match settings::find(key) {
            None => Some(InvalidCode::UnknownField),
            Some(setting) if !setting.editable_at().contains(&scope.level()) => {
                Some(InvalidCode::NotAtThisLevel)
            }
            Some(setting) => {
                is_allowed = is_allowed && caller.may(setting.permission());
                if value.is_null() { None } else { setting.check(value).err() }
            }
        };
        errors.extend(problem.map(|code| (pointer(key), code)));
    }
    if !is_allowed {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_fields(errors)) }
}

fn pointer(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}
