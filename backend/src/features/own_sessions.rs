//! The open sessions of the signed-in user: where they are signed in, and the end of what is not theirs any more.

use crate::{
    access::{Caller, device},
    audit::{self, Entry},
    clock::{Clock, timestamp},
    csv_list::{self, CsvRow},
    db::{Conn, Db, schema::sessions},
    error::{ApiError, ApiResult},
    input::{NoParams, Params},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    web::{Data, Path},
};
use contract::{
    accounts::OpenSession,
    ids::SessionId,
    page::{Page, Paging},
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_sessions).service(end_other_sessions).service(end_own_session);
}

/// One's own open sessions, the latest first.
///
/// There are at most a hundred: a new one ends the oldest.
#[utoipa::path(tag = "accounts", responses((status = 200, description = "The sessions; also as `text/csv`", content((Page<OpenSession> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/me/sessions")]
async fn list_sessions(
    request: HttpRequest,
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock) = services;
    let now = clock.now();
    caller.person()?;
    if csv_list::is_wanted(&request) {
        return Ok(csv_list::stream(db, "sessions", move |conn, _| read(conn, &caller, now)));
    }
    let found = db.run(move |conn| read(conn, &caller, now)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Ends every session of one's own but this one.
#[utoipa::path(tag = "accounts", responses((status = 204, description = "Ended")))]
#[delete("/api/v1/me/sessions")]
async fn end_other_sessions(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock) = services;
    db.change(move |conn| {
        end_others(conn, &caller)?;
        record(conn, &clock, &caller, "end_other_sessions", &caller.username)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends one session of one's own.
#[utoipa::path(tag = "accounts", params(("session" = String, Path, description = "The session")), responses((status = 204, description = "Ended")))]
#[delete("/api/v1/me/sessions/{session}")]
async fn end_own_session(
    caller: Caller,
    path: Path<String>,
    services: (Data<Db>, Data<Clock>),
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock) = services;
    caller.person()?;
    db.change(move |conn| {
        let own = sessions::table.filter(sessions::user_id.eq(&caller.id.0)).filter(sessions::id.eq(&*path));
        if diesel::delete(own).execute(conn)? == 0 {
            return Err(ApiError::not_found());
        }
        record(conn, &clock, &caller, "end_own_session", &path)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn record(conn: &mut Conn, clock: &Clock, caller: &Caller, action: &str, target: &str) -> ApiResult<()> {
    let entry = Entry { action, target, ..Entry::about(caller) };
    audit::record(conn, clock, &caller.into(), entry)
}

/// Ends every session of the caller but this one.
pub(super) fn end_others(conn: &mut Conn, caller: &Caller) -> ApiResult<()> {
    let own = sessions::table.filter(sessions::user_id.eq(&caller.id.0));
    diesel::delete(own.filter(sessions::id.ne(&caller.person()?.0))).execute(conn)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct Row {
    id: String,
    rotated_at: i64,
    ip: String,
    user_agent: String,
    created_at: i64,
}

fn read(conn: &mut Conn, caller: &Caller, now: i64) -> ApiResult<Page<OpenSession>> {
    let current = caller.person()?;
    let rows: Vec<Row> = sessions::table
        .filter(sessions::user_id.eq(&caller.id.0))
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::actor_session.is_null())
        .order((sessions::rotated_at.desc(), sessions::id.desc()))
        .select(Row::as_select())
        .load(conn)?;
    let session = |row: Row| OpenSession {
        is_current: row.id == current.0,
        id: SessionId(row.id),
        device: device::name(&row.user_agent),
        ip: row.ip,
        created_at: timestamp(row.created_at),
        last_seen_at: timestamp(row.rotated_at),
    };
    Ok(Page { data: rows.into_iter().map(session).collect(), page: Paging::default() })
}

impl CsvRow for OpenSession {
    const HEAD: &'static [&'static str] = &["id", "device", "ip", "created_at", "last_seen_at", "is_current"];
    fn cells(self) -> Vec<String> {
        let is_current = self.is_current.to_string();
        vec![self.id.0, self.device, self.ip, self.created_at.0, self.last_seen_at.0, is_current]
    }
}
