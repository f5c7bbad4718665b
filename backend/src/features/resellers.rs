//! Resellers: who owns domains. The list, and what a reseller is; what is done with one is in `reseller_actions.rs`.

use crate::{
    access::{
        Caller, Granted,
        family::parents,
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
use std::collections::{BTreeSet, HashMap, HashSet};
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
    const HEAD: &'static [&'static str] = &["slug", "name", "parent", "domains", "domain_limit"];
    fn cells(self) -> Vec<String> {
        let (domains, limit) = (self.domains.to_string(), self.domain_limit.to_string());
        vec![self.slug, self.name, self.parent.unwrap_or_default(), domains, limit]
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
    parent_id: Option<i64>,
    created_at: i64,
}

type Rows = resellers::BoxedQuery<'static, crate::db::Backend>;

fn in_reach(conn: &mut Conn, reach: &Granted<Reach>, query: &ResellerQuery) -> ApiResult<Rows> {
    let mut rows = resellers::table.into_boxed();
    rows = match reach.target() {
        Reach::All => rows,
        Reach::Reseller { all, .. } => rows.filter(resellers::id.eq_any(all.clone())),
        // Nobody else has the permission; if somebody gets it, there is nothing to see.
        Reach::Domain { .. } | Reach::Mailbox { .. } => rows.filter(resellers::id.eq(-1)),
    };
    if let Some(slug) = &query.parent {
        let parent = find_reseller(conn, slug)?.map_or(-1, |reseller| reseller.id);
        rows = rows.filter(resellers::parent_id.eq(parent));
    }
    Ok(match query.search.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => rows.filter(resellers::slug.like(portable::part_of(text)).escape('\\')),
        None => rows,
    })
}

fn list(
    conn: &mut Conn,
    reach: &Granted<Reach>,
    query: &ResellerQuery,
    page: &PageRequest,
) -> ApiResult<Page<Reseller>> {
    let mut rows = in_reach(conn, reach, query)?;
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
    let companions = Companions::of(conn, &rows)?;
    let total = match query.count {
        Some(true) => Some(paging::total(in_reach(conn, reach, query)?.count().get_result(conn)?)),
        _ => None,
    };
    let item = |row: ResellerRow| companions.complete(row);
    Ok(page.page(rows, |row| vec![row.slug.clone()], item, total))
}

/// What belongs to rows of resellers but is elsewhere.
struct Companions {
    parents: HashMap<i64, String>,
    domains: HashMap<i64, i64>,
}

impl Companions {
    fn of(conn: &mut Conn, rows: &[ResellerRow]) -> ApiResult<Self> {
        let ids = rows.iter().map(|row| row.id);
        Ok(Self {
            parents: slugs(conn, rows.iter().filter_map(|row| row.parent_id))?,
            domains: owned(conn, ids.collect())?,
        })
    }

    fn complete(&self, row: ResellerRow) -> Reseller {
        Reseller {
            parent: row.parent_id.and_then(|id| self.parents.get(&id).cloned()),
            domains: self.domains.get(&row.id).copied().and_then(|count| count.try_into().ok()).unwrap_or(0),
            slug: row.slug,
            name: row.name,
            domain_limit: row.domain_limit.try_into().unwrap_or(0),
            is_suspended: row.is_suspended,
            created_at: timestamp(row.created_at),
        }
    }
}

/// How many domains each of them has, those of its sub-resellers included.
fn owned(conn: &mut Conn, ids: Vec<i64>) -> ApiResult<HashMap<i64, i64>> {
    let is_theirs = domains::reseller_id.eq_any(ids.clone()).or(resellers::parent_id.eq_any(ids));
    let counts = domains::table
        .inner_join(resellers::table)
        .filter(is_theirs)
        .group_by((resellers::id, resellers::parent_id))
        .select((resellers::id, resellers::parent_id, diesel::dsl::count_star()))
        .load::<(i64, Option<i64>, i64)>(conn)?;
    let mut owned = HashMap::new();
    for (id, parent, count) in counts {
        for owner in parent.into_iter().chain([id]) {
            *owned.entry(owner).or_default() += count;
        }
    }
    Ok(owned)
}

/// One reseller.
pub(super) fn read(conn: &mut Conn, id: i64) -> ApiResult<Reseller> {
    let row: ResellerRow = resellers::table.find(id).select(ResellerRow::as_select()).first(conn)?;
    Ok(Companions::of(conn, std::slice::from_ref(&row))?.complete(row))
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

/// Creates a reseller, maybe one that works for another; false if it exists already.
pub(crate) fn create(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    (slug, parent): (&str, Option<i64>),
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
        resellers::parent_id.eq(parent),
        resellers::created_at.eq(clock.now()),
    );
    diesel::insert_into(resellers::table).values(values).execute(conn)?;
    let reseller_id = find_reseller(conn, slug)?.map(|reseller| reseller.id);
    let to = Some(json!(new));
    let entry = Entry { action: "put_reseller", target: slug, reseller_id, to, ..Entry::default() };
    audit::record(conn, clock, actor, entry)?;
    policy::changed(conn, Document::Reseller(slug))?;
    Ok(true)
}

/// A limit as it is stored.
pub(super) fn limit(domains: u32) -> ApiResult<i32> {
    i32::try_from(domains).map_err(|_| ApiError::invalid("/domain_limit", InvalidCode::OutOfRange))
}

/// Whether a reseller may have one more domain: its own limit holds, and that of the one it works for.
pub(super) fn has_room(conn: &mut Conn, reseller_id: i64) -> ApiResult<()> {
    let parent = parents(conn, [reseller_id])?.remove(&reseller_id);
    let bound: Vec<i64> = parent.into_iter().chain([reseller_id]).collect();
    let owned = owned(conn, bound.clone())?;
    let limits = resellers::table
        .filter(resellers::id.eq_any(bound))
        .select((resellers::id, resellers::domain_limit))
        .load::<(i64, i32)>(conn)?;
    let is_full =
        |(id, limit): &(i64, i32)| *limit != 0 && owned.get(id).copied().unwrap_or(0) >= i64::from(*limit);
    if limits.iter().any(is_full) { Err(ApiError::new(ErrorCode::LimitReached)) } else { Ok(()) }
}

/// Those that are suspended, or work for one that is.
pub(super) fn suspended(conn: &mut Conn) -> ApiResult<Vec<i64>> {
    let themselves = || resellers::table.filter(resellers::is_suspended.eq(true));
    let ids: Vec<i64> = themselves().select(resellers::id).load(conn)?;
    let of_them = resellers::parent_id.eq_any(ids.clone());
    let subs: Vec<i64> = resellers::table.filter(of_them).select(resellers::id).load(conn)?;
    Ok(ids.into_iter().chain(subs).collect())
}

/// What others need of a reseller.
pub(super) struct Owner {
    /// Its name in addresses.
    pub(super) slug: String,
    /// Whether it is suspended, or the one it works for.
    pub(super) is_suspended: bool,
}

/// Resellers by id.
pub(super) fn owners(conn: &mut Conn, ids: impl IntoIterator<Item = i64>) -> ApiResult<HashMap<i64, Owner>> {
    let ids: BTreeSet<i64> = ids.into_iter().collect();
    let rows = resellers::table
        .filter(resellers::id.eq_any(ids))
        .select((resellers::id, resellers::slug))
        .load::<(i64, String)>(conn)?;
    let suspended: HashSet<i64> = suspended(conn)?.into_iter().collect();
    let owner = |(id, slug)| (id, Owner { slug, is_suspended: suspended.contains(&id) });
    Ok(rows.into_iter().map(owner).collect())
}

/// The names of resellers in addresses, by id.
pub(super) fn slugs(conn: &mut Conn, ids: impl IntoIterator<Item = i64>) -> ApiResult<HashMap<i64, String>> {
    Ok(owners(conn, ids)?.into_iter().map(|(id, owner)| (id, owner.slug)).collect())
}
