//! The sign-ins of everybody, also those that failed and why: written by [`super::sign_in`], read by each for
//! themselves. They end after 90 days.

use crate::{
    access::{Caller, device},
    clock::timestamp,
    csv_list::{self, CsvRow},
    db::{Conn, Db, schema::logins},
    error::ApiResult,
    input::Params,
    paging::PageRequest,
};
use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use contract::{
    accounts::{Login, LoginOutcome, LoginQuery},
    page::Page,
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

/// How long a sign-in is kept.
const KEPT_MILLIS: i64 = 90 * 86_400_000;
/// Rows that end in one transaction.
const ROWS: i64 = 500;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_logins);
}

/// One's own sign-ins of the last 90 days, the latest first, also those that failed.
#[utoipa::path(tag = "accounts", params(LoginQuery), responses((status = 200, description = "A page of sign-ins; with `Accept: text/csv` the whole list", content((Page<Login> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/me/logins")]
async fn list_logins(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    query: Params<LoginQuery>,
) -> ApiResult<HttpResponse> {
    caller.person()?;
    let page = page_of(query.0.limit, query.0.cursor.as_deref())?;
    let user = caller.id.0;
    if csv_list::is_wanted(&request) {
        return Ok(csv_list::stream(db, "logins", move |conn, cursor| {
            read(conn, &user, &page_of(csv_list::PAGE, cursor)?)
        }));
    }
    let found = db.run(move |conn| read(conn, &user, &page)).await?;
    Ok(HttpResponse::Ok().json(found))
}

fn page_of(limit: Option<u32>, cursor: Option<&str>) -> ApiResult<PageRequest> {
    PageRequest::new(limit, cursor, "logins:-id")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = logins)]
struct Row {
    id: i64,
    at: i64,
    ip: String,
    user_agent: String,
    outcome: String,
}

fn read(conn: &mut Conn, user: &str, page: &PageRequest) -> ApiResult<Page<Login>> {
    let mut rows = logins::table.filter(logins::user_id.eq(user.to_owned())).into_boxed();
    if let Some([id]) = page.key()? {
        let id = PageRequest::number(id)?;
        rows = match page.is_backwards() {
            true => rows.filter(logins::id.gt(id)),
            false => rows.filter(logins::id.lt(id)),
        };
    }
    rows = match page.is_backwards() {
        true => rows.order(logins::id.asc()),
        false => rows.order(logins::id.desc()),
    };
    let rows: Vec<Row> = rows.select(Row::as_select()).limit(page.rows()).load(conn)?;
    let login = |row: Row| Login {
        id: row.id,
        at: timestamp(row.at),
        ip: row.ip,
        device: device::name(&row.user_agent),
        outcome: LoginOutcome::from_name(&row.outcome).unwrap_or(LoginOutcome::WrongPassword),
    };
    Ok(page.page(rows, |row| vec![row.id.to_string()], login, None))
}

impl CsvRow for Login {
    const HEAD: &'static [&'static str] = &["at", "ip", "device", "outcome"];
    fn cells(self) -> Vec<String> {
        vec![self.at.0, self.ip, self.device, self.outcome.name().to_owned()]
    }
}

/// A sign-in as it is written.
#[derive(Insertable)]
#[diesel(table_name = logins)]
pub(super) struct NewLogin<'a> {
    /// Who; absent if there is no such user.
    pub(super) user_id: Option<&'a str>,
    /// When, in milliseconds since 1970.
    pub(super) at: i64,
    /// From which address.
    pub(super) ip: &'a str,
    /// What the browser says of itself.
    pub(super) user_agent: &'a str,
    /// The name of a [`LoginOutcome`].
    pub(super) outcome: &'a str,
}

/// Writes a sign-in down.
pub(super) fn record(conn: &mut Conn, login: &NewLogin<'_>) -> ApiResult<()> {
    diesel::insert_into(logins::table).values(login).execute(conn)?;
    Ok(())
}

/// Removes sign-ins that are over; whether there may be more.
pub(super) fn end_old(conn: &mut Conn, now: i64) -> ApiResult<bool> {
    let old: Vec<i64> =
        logins::table.filter(logins::at.lt(now - KEPT_MILLIS)).select(logins::id).limit(ROWS).load(conn)?;
    diesel::delete(logins::table.filter(logins::id.eq_any(&old))).execute(conn)?;
    Ok(!old.is_empty())
}
