//! Who below a level has values of their own: before a default is changed, one sees whom it will not reach.

use super::{
    filter_settings::Owner,
    resellers,
    settings_store::{self as store, Scope},
};
use crate::{
    access::{Caller, family::with_subs, scope::domain_names},
    csv_list::{self, CsvRow},
    db::{
        Conn, Db,
        schema::{domains, settings},
    },
    error::{ApiError, ApiResult},
    input::{NoParams, Params},
    paging::PageRequest,
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Json, Path},
};
use contract::{
    filtering::{OverrideQuery, SettingOverride, SettingOverrides},
    page::Page,
    settings::{self as catalogue, Level},
};
use diesel::{dsl::count_star, prelude::*};
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(count_global_overrides)
        .service(list_global_overrides)
        .service(count_reseller_overrides)
        .service(list_reseller_overrides)
        .service(count_domain_overrides)
        .service(list_domain_overrides);
}

type Counts = Json<SettingOverrides>;

/// How many below the installation have values of their own, by setting.
#[utoipa::path(tag = "filtering", responses((status = 200, body = SettingOverrides, description = "The numbers by key")))]
#[get("/api/v1/settings/overrides")]
async fn count_global_overrides(caller: Caller, db: Data<Db>, _: Params<NoParams>) -> ApiResult<Counts> {
    count(caller, db, Owner::Installation).await
}

/// Who below the installation has a value of their own for a setting.
#[utoipa::path(tag = "filtering", params(("key" = String, Path, description = "The setting"), OverrideQuery), responses((status = 200, description = "A page of them; with `Accept: text/csv` the whole list", content((Page<SettingOverride> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/settings/overrides/{key}")]
async fn list_global_overrides(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    query: Params<OverrideQuery>,
) -> ApiResult<HttpResponse> {
    list(&request, caller, db, (Owner::Installation, path.into_inner()), query.0).await
}

/// How many below a reseller have values of their own, by setting.
#[utoipa::path(tag = "filtering", params(("reseller" = String, Path, description = "The reseller")), responses((status = 200, body = SettingOverrides, description = "The numbers by key")))]
#[get("/api/v1/resellers/{reseller}/settings/overrides")]
async fn count_reseller_overrides(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<Counts> {
    count(caller, db, Owner::Reseller(path.into_inner())).await
}

/// Who below a reseller has a value of their own for a setting.
#[utoipa::path(tag = "filtering", params(("reseller" = String, Path, description = "The reseller"), ("key" = String, Path, description = "The setting"), OverrideQuery), responses((status = 200, description = "A page of them; with `Accept: text/csv` the whole list", content((Page<SettingOverride> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/resellers/{reseller}/settings/overrides/{key}")]
async fn list_reseller_overrides(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    path: Path<(String, String)>,
    query: Params<OverrideQuery>,
) -> ApiResult<HttpResponse> {
    let (name, key) = path.into_inner();
    list(&request, caller, db, (Owner::Reseller(name), key), query.0).await
}

/// How many below a domain have values of their own, by setting.
#[utoipa::path(tag = "filtering", params(("domain" = String, Path, description = "The domain")), responses((status = 200, body = SettingOverrides, description = "The numbers by key")))]
#[get("/api/v1/domains/{domain}/settings/overrides")]
async fn count_domain_overrides(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<Counts> {
    count(caller, db, Owner::Domain(path.into_inner())).await
}

/// Who below a domain has a value of their own for a setting.
#[utoipa::path(tag = "filtering", params(("domain" = String, Path, description = "The domain"), ("key" = String, Path, description = "The setting"), OverrideQuery), responses((status = 200, description = "A page of them; with `Accept: text/csv` the whole list", content((Page<SettingOverride> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/domains/{domain}/settings/overrides/{key}")]
async fn list_domain_overrides(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    path: Path<(String, String)>,
    query: Params<OverrideQuery>,
) -> ApiResult<HttpResponse> {
    let (name, key) = path.into_inner();
    list(&request, caller, db, (Owner::Domain(name), key), query.0).await
}

async fn count(caller: Caller, db: Data<Db>, owner: Owner) -> ApiResult<Counts> {
    let counts = db.run(move |conn| {
        let scope = owner.scope(conn, &caller)?;
        let rows = settings::table
            .filter(store::below(&scope))
            .group_by((settings::key, settings::level))
            .select((settings::key, settings::level, count_star()))
            .load::<(String, String, i64)>(conn)?;
        let mut counts =
            SettingOverrides { domains: domains_below(conn, &scope)?, ..SettingOverrides::default() };
        for (key, level, number) in rows.into_iter().filter(|(key, ..)| catalogue::find(key).is_some()) {
            let counted = counts.settings.entry(key).or_default();
            let number = u64::try_from(number).unwrap_or_default();
            match level_of(&level) {
                Some(Level::Reseller) => counted.resellers = number,
                Some(Level::Domain) => counted.domains = number,
                Some(Level::Email) => counted.mailboxes = number,
                Some(Level::Global) | None => {}
            }
        }
        Ok(Json(counts))
    });
    counts.await
}

fn domains_below(conn: &mut Conn, scope: &Scope) -> ApiResult<u64> {
    let number: i64 = match scope {
        Scope::Global(_) => domains::table.count().get_result(conn)?,
        Scope::Reseller(reseller) => {
            let all = with_subs(conn, reseller.target().id)?;
            domains::table.filter(domains::reseller_id.eq_any(all)).count().get_result(conn)?
        }
        Scope::Domain(_) | Scope::Mailbox(_) => 0,
    };
    Ok(u64::try_from(number).unwrap_or_default())
}

fn level_of(name: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|level| level.name() == name)
}

/// Level, reseller or domain, mailbox, value.
type Row = (String, i64, String, String);

async fn list(
    request: &HttpRequest,
    caller: Caller,
    db: Data<Db>,
    (owner, key): (Owner, String),
    query: OverrideQuery,
) -> ApiResult<HttpResponse> {
    if catalogue::find(&key).is_none() {
        return Err(ApiError::not_found());
    }
    let sort = format!("overrides:{key}");
    if csv_list::is_wanted(request) {
        // Refused before the first line, not within the file.
        let scope = db.run(move |conn| owner.scope(conn, &caller)).await?;
        return Ok(csv_list::stream(db, "overrides", move |conn, cursor| {
            read(conn, &scope, &key, &PageRequest::new(csv_list::PAGE, cursor, &sort)?)
        }));
    }
    let page = PageRequest::new(query.limit, query.cursor.as_deref(), &sort)?;
    let found = db.run(move |conn| {
        let scope = owner.scope(conn, &caller)?;
        read(conn, &scope, &key, &page)
    });
    Ok(HttpResponse::Ok().json(found.await?))
}

fn read(conn: &mut Conn, scope: &Scope, key: &str, page: &PageRequest) -> ApiResult<Page<SettingOverride>> {
    let rows = rows(conn, scope, key, page)?;
    let (of_resellers, of_domains): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.0 == Level::Reseller.name());
    let slugs = resellers::slugs(conn, of_resellers.into_iter().map(|row| row.1))?;
    let names = domain_names(conn, of_domains.into_iter().map(|row| row.1))?;
    let item = |(level, id, mailbox, value): Row| {
        let level = level_of(&level).unwrap_or(Level::Domain);
        let domain = names.get(&id).cloned().unwrap_or_default();
        let name = match level {
            Level::Reseller => slugs.get(&id).cloned().unwrap_or_default(),
            Level::Email => format!("{mailbox}@{domain}"),
            Level::Global | Level::Domain => domain,
        };
        SettingOverride { level, name, value: serde_json::from_str(&value).unwrap_or_default() }
    };
    let key = |row: &Row| vec![row.0.clone(), row.1.to_string(), row.2.clone()];
    Ok(page.page(rows, key, item, None))
}

impl CsvRow for SettingOverride {
    const HEAD: &'static [&'static str] = &["level", "name", "value"];
    fn cells(self) -> Vec<String> {
        vec![self.level.name().to_owned(), self.name, self.value.to_string()]
    }
}

fn rows(conn: &mut Conn, scope: &Scope, key: &str, page: &PageRequest) -> ApiResult<Vec<Row>> {
    use settings::{level, mailbox, scope_id};
    let mut rows =
        settings::table.filter(settings::key.eq(key.to_owned())).filter(store::below(scope)).into_boxed();
    if let Some([at, id, name]) = page.key()? {
        let (at, id, name) = (at.clone(), PageRequest::number(id)?, name.clone());
        rows = if page.is_backwards() {
            let same = level.eq(at.clone()).and(scope_id.lt(id).or(scope_id.eq(id).and(mailbox.lt(name))));
            rows.filter(level.lt(at).or(same))
        } else {
            let same = level.eq(at.clone()).and(scope_id.gt(id).or(scope_id.eq(id).and(mailbox.gt(name))));
            rows.filter(level.gt(at).or(same))
        };
    }
    rows = if page.is_backwards() {
        rows.order((level.desc(), scope_id.desc(), mailbox.desc()))
    } else {
        rows.order((level.asc(), scope_id.asc(), mailbox.asc()))
    };
    Ok(rows.select((level, scope_id, mailbox, settings::value)).limit(page.rows()).load(conn)?)
}
