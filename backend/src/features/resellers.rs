//! Resellers: who owns domains. Managing them comes with the management pages; the command line creates them.

use crate::{
    access::{Caller, Granted, scope::Reach},
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{
        Conn, Db, portable,
        schema::{domains, resellers},
    },
    error::{ApiError, ApiResult},
    input::Params,
    paging::{self, PageRequest},
};
use actix_web::{
    get,
    web::{Data, Json},
};
use contract::{
    accounts::{Reseller, ResellerQuery},
    page::Page,
    permission::Permission,
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_resellers);
}

/// The resellers in reach.
#[utoipa::path(tag = "accounts", params(ResellerQuery), responses((status = 200, body = Page<Reseller>, description = "A page of resellers, by name")))]
#[get("/api/v1/resellers")]
async fn list_resellers(
    caller: Caller,
    db: Data<Db>,
    query: Params<ResellerQuery>,
) -> ApiResult<Json<Page<Reseller>>> {
    let reach = caller.everything(Permission::ResellersView)?;
    let query = query.0;
    let page = PageRequest::new(query.limit, query.cursor.as_deref(), "resellers:slug")?;
    Ok(Json(db.run(move |conn| list(conn, &reach, &query, &page)).await?))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = resellers)]
struct ResellerRow {
    id: i64,
    slug: String,
    name: String,
    domain_limit: i32,
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
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let counts: std::collections::HashMap<Option<i64>, i64> = domains::table
        .filter(domains::reseller_id.eq_any(ids))
        .group_by(domains::reseller_id)
        .select((domains::reseller_id, diesel::dsl::count_star()))
        .load::<(Option<i64>, i64)>(conn)?
        .into_iter()
        .collect();
    let total = match query.count {
        Some(true) => Some(paging::total(in_reach(reach, query).count().get_result(conn)?)),
        _ => None,
    };
    let item = |row: ResellerRow| Reseller {
        domains: counts.get(&Some(row.id)).copied().and_then(|count| count.try_into().ok()).unwrap_or(0),
        slug: row.slug,
        name: row.name,
        domain_limit: row.domain_limit.try_into().unwrap_or(0),
    };
    Ok(page.page(rows, |row| vec![row.slug.clone()], item, total))
}

/// Creates a reseller; false if it exists already.
pub(crate) fn create(conn: &mut Conn, clock: &Clock, slug: &str, name: &str) -> ApiResult<bool> {
    let is_slug = (1..=63).contains(&slug.len())
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-');
    if !is_slug {
        return Err(ApiError::invalid("/slug", InvalidCode::Characters));
    }
    if name.trim().is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(ApiError::invalid("/name", InvalidCode::Characters));
    }
    if crate::access::scope::find_reseller(conn, slug)?.is_some() {
        return Ok(false);
    }
    let values = (
        resellers::slug.eq(slug),
        resellers::name.eq(name.trim()),
        resellers::domain_limit.eq(0),
        resellers::created_at.eq(clock.now()),
    );
    diesel::insert_into(resellers::table).values(values).execute(conn)?;
    let reseller = crate::access::scope::find_reseller(conn, slug)?;
    let reseller_id = reseller.map(|reseller| reseller.id);
    let to = Some(serde_json::json!({"slug": slug, "name": name}));
    let entry = Entry { action: "add_reseller", target: slug, reseller_id, to, ..Entry::default() };
    audit::record(conn, clock, &Actor::command_line(), entry)?;
    crate::policy::changed(conn, crate::policy::Document::Reseller(slug))?;
    Ok(true)
}

/// Whether a reseller may have one more domain.
pub(super) fn has_room(conn: &mut Conn, reseller_id: i64) -> ApiResult<()> {
    let limit: i32 = resellers::table.find(reseller_id).select(resellers::domain_limit).first(conn)?;
    let owned: i64 = domains::table.filter(domains::reseller_id.eq(reseller_id)).count().get_result(conn)?;
    if limit == 0 || owned < i64::from(limit) { Ok(()) } else { Err(ApiError::new(ErrorCode::LimitReached)) }
}

/// The names of resellers in addresses, by id.
pub(super) fn slugs(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = i64>,
) -> ApiResult<std::collections::HashMap<i64, String>> {
    let ids: std::collections::BTreeSet<i64> = ids.into_iter().collect();
    let rows = resellers::table
        .filter(resellers::id.eq_any(ids))
        .select((resellers::id, resellers::slug))
        .load::<(i64, String)>(conn)?;
    Ok(rows.into_iter().collect())
}
