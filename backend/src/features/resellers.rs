//! Resellers: who owns domains. The list, and what a reseller is; what is done with one is in `reseller_actions.rs`.

use crate::{
    access::{
        Caller, Granted,
        scope::{Reach, find_reseller},
    },
    audit::{self, Actor, Entry},
    clock::{Clock, timestamp},
    csv_list::{self, CsvRow},
    db::{
        Conn, Db, portable,
        schema::{domains, resellers},
    },
    error::{ApiError, ApiResult},
    input::Params,
    paging::{self, PageRequest},
    policy::{self, Document},
};
use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use contract::{
    accounts::{NewReseller, Reseller, ResellerQuery},
    page::Page,
    permission::Permission,
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_resellers);
}

/// The resellers in reach.
#[utoipa::path(tag = "accounts", params(ResellerQuery), responses((status = 200, description = "A page of resellers, by name; with `Accept: text/csv` the whole list", content((Page<Reseller> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/resellers")]
async fn list_resellers(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    query: Params<ResellerQuery>,
) -> ApiResult<HttpResponse> {
    let reach = caller.everything(Permission::ResellersView)?;
    let query = query.0;
    let page = page_of(query.limit, query.cursor.as_deref())?;
    if csv_list::is_wanted(&request) {
        return Ok(csv_list::stream(db, "resellers", move |conn, cursor| {
            list(conn, &reach, &query, &page_of(csv_list::PAGE, cursor)?)
        }));
    }
    Ok(HttpResponse::Ok().json(db.run(move |conn| list(conn, &reach, &query, &page)).await?))
}

fn page_of(limit: Option<u32>, cursor: Option<&str>) -> ApiResult<PageRequest> {
    PageRequest::new(limit, cursor, "resellers:slug")
}

impl CsvRow for Reseller {
    const HEAD: &'static [&'static str] = &["slug", "name", "domains", "domain_limit"];
    fn cells(self) -> Vec<String> {
        vec![self.slug, self.name, self.domains.to_string(), self.domain_limit.to_string()]
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = resellers)]
struct ResellerRow {
    id: i64,
    slug: String,
    name: String,
    domain_limit: i32,
    is_suspended: bool,
    created_at: i64,
}

fn in_reach(
    reach: &Granted<Reach>,
    query: &ResellerQuery,
) -> resellers::BoxedQuery<'static, crate::db::Backend> {
    let mut rows = resellers::table.into_boxed();
    rows = match reach.target() {
        Reach::All => rows,
        Reach::Reseller { id } => rows.filter(resellers::id.eq(*id)),
        // Nobody else has the permission; if somebody gets it, there is nothing to see.
        Reach::Domain { .. } | Reach::Mailbox { .. } => rows.filter(resellers::id.eq(-1)),
    };
    match query.search.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => rows.filter(resellers::slug.like(portable::part_of(text)).escape('\\')),
        None => rows,
    }
}

fn list(
    conn: &mut Conn,
    reach: &Granted<Reach>,
    query: &ResellerQuery,
    page: &PageRequest,
) -> ApiResult<Page<Reseller>> {
    let mut rows = in_reach(reach, query);
    if let Some([slug]) = page.key()? {
        rows = if page.is_backwards() {
            rows.filter(resellers::slug.lt(slug.clone()))
        } else {
            rows.filter(resellers::slug.gt(slug.clone()))
        };
    }
    rows = if page.is_backwards() {
        rows.order(resellers::slug.desc())
    } else {
        rows.order(resellers::slug.asc())
    };
    let rows = rows.select(ResellerRow::as_select()).limit(page.rows()).load::<ResellerRow>(conn)?;
    let counts = counts(conn, &rows)?;
    let total = match query.count {
        Some(true) => Some(paging::total(in_reach(reach, query).count().get_result(conn)?)),
        _ => None,
    };
    let item = |row: ResellerRow| row.reseller(&counts);
    Ok(page.page(rows, |row| vec![row.slug.clone()], item, total))
}

impl ResellerRow {
    fn reseller(self, counts: &HashMap<Option<i64>, i64>) -> Reseller {
        Reseller {
            domains: counts.get(&Some(self.id)).copied().and_then(|count| count.try_into().ok()).unwrap_or(0),
            slug: self.slug,
            name: self.name,
            domain_limit: self.domain_limit.try_into().unwrap_or(0),
            is_suspended: self.is_suspended,
            created_at: timestamp(self.created_at),
        }
    }
}

/// How many domains each of them has.
fn counts(conn: &mut Conn, rows: &[ResellerRow]) -> ApiResult<HashMap<Option<i64>, i64>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let counts = domains::table
        .filter(domains::reseller_id.eq_any(ids))
        .group_by(domains::reseller_id)
        .select((domains::reseller_id, diesel::dsl::count_star()))
        .load::<(Option<i64>, i64)>(conn)?;
    Ok(counts.into_iter().collect())
}

/// One reseller.
pub(super) fn read(conn: &mut Conn, id: i64) -> ApiResult<Reseller> {
    let row: ResellerRow = resellers::table.find(id).select(ResellerRow::as_select()).first(conn)?;
    let counts = counts(conn, std::slice::from_ref(&row))?;
    Ok(row.reseller(&counts))
}

/// A reseller's name in addresses, checked.
pub(super) fn check_slug(slug: &str) -> ApiResult<()> {
    let is_slug = (1..=63).contains(&slug.len())
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-');
    if is_slug { Ok(()) } else { Err(ApiError::invalid("/slug", InvalidCode::Characters)) }
}

/// A reseller's name for people, checked.
pub(super) fn check_name(name: &str) -> ApiResult<()> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(ApiError::invalid("/name", InvalidCode::Characters));
    }
    if name.chars().count() > 200 {
        return Err(ApiError::invalid("/name", InvalidCode::TooLong));
    }
    Ok(())
}

/// Creates a reseller; false if it exists already.
pub(crate) fn create(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    slug: &str,
    new: &NewReseller,
) -> ApiResult<bool> {
    check_slug(slug)?;
    check_name(&new.name)?;
    if find_reseller(conn, slug)?.is_some() {
        return Ok(false);
    }
    let values = (
        resellers::slug.eq(slug),
        resellers::name.eq(new.name.trim()),
        resellers::domain_limit.eq(limit(new.domain_limit)?),
        resellers::created_at.eq(clock.now()),
    );
    diesel::insert_into(resellers::table).values(values).execute(conn)?;
    let reseller_id = find_reseller(conn, slug)?.map(|reseller| reseller.id);
    let to = Some(json!({"name": new.name, "domain_limit": new.domain_limit}));
    let entry = Entry { action: "put_reseller", target: slug, reseller_id, to, ..Entry::default() };
    audit::record(conn, clock, actor, entry)?;
    policy::changed(conn, Document::Reseller(slug))?;
    Ok(true)
}

/// A limit as it is stored.
pub(super) fn limit(domains: u32) -> ApiResult<i32> {
    i32::try_from(domains).map_err(|_| ApiError::invalid("/domain_limit", InvalidCode::OutOfRange))
}

/// Whether a reseller may have one more domain.
pub(super) fn has_room(conn: &mut Conn, reseller_id: i64) -> ApiResult<()> {
    let limit: i32 = resellers::table.find(reseller_id).select(resellers::domain_limit).first(conn)?;
    let owned: i64 = domains::table.filter(domains::reseller_id.eq(reseller_id)).count().get_result(conn)?;
    if limit == 0 || owned < i64::from(limit) { Ok(()) } else { Err(ApiError::new(ErrorCode::LimitReached)) }
}

/// Those that are suspended.
pub(super) fn suspended(conn: &mut Conn) -> ApiResult<Vec<i64>> {
    Ok(resellers::table.filter(resellers::is_suspended.eq(true)).select(resellers::id).load(conn)?)
}

/// What others need of a reseller.
pub(super) struct Owner {
    /// Its name in addresses.
    pub(super) slug: String,
    /// Whether it is suspended.
    pub(super) is_suspended: bool,
}

/// Resellers by id.
pub(super) fn owners(conn: &mut Conn, ids: impl IntoIterator<Item = i64>) -> ApiResult<HashMap<i64, Owner>> {
    let ids: BTreeSet<i64> = ids.into_iter().collect();
    let rows = resellers::table
        .filter(resellers::id.eq_any(ids))
        .select((resellers::id, resellers::slug, resellers::is_suspended))
        .load::<(i64, String, bool)>(conn)?;
    Ok(rows.into_iter().map(|(id, slug, is_suspended)| (id, Owner { slug, is_suspended })).collect())
}

/// The names of resellers in addresses, by id.
pub(super) fn slugs(conn: &mut Conn, ids: impl IntoIterator<Item = i64>) -> ApiResult<HashMap<i64, String>> {
    Ok(owners(conn, ids)?.into_iter().map(|(id, owner)| (id, owner.slug)).collect())
}
