//! Acting as one of one's users (USR-06). The session of the user takes the place of one's own in the browser, which
//! stays open behind it; going back gives that one fresh tokens. After half an hour the next refresh goes back by
//! itself.

use super::{
    me,
    sessions::{self, Fresh, Services},
};
use crate::{
    access::{
        Caller, Origin, find_caller,
        token::{self, ACCESS_SECONDS},
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{Conn, schema::sessions as rows},
    error::{ApiError, ApiResult},
    input::{NoParams, Params},
};
use actix_web::{HttpRequest, HttpResponse, delete, post, web::Path};
use contract::{accounts::Session, ids::SessionId, permission::Permission, problem::ErrorCode};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

/// How long one may act at a time, in milliseconds.
const HOLDS: i64 = 30 * 60 * 1000;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(act_as_user).service(stop_acting);
}

/// Opens a session as a user of a narrower role, for half an hour.
///
/// It takes the place of one's own session, which stays open behind it. Needs a session that was just confirmed.
/// Passwords, second factors, API tokens and sessions of the user are out of reach, and everything done is in the
/// audit log with both names.
#[utoipa::path(tag = "users", params(("username" = String, Path, description = "The user")), responses((status = 201, body = Session, description = "Opened; the cookies are replaced"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "The user cannot sign in now")))]
#[post("/api/v1/users/{username}/sessions")]
async fn act_as_user(
    request: HttpRequest,
    caller: Caller,
    path: Path<String>,
    services: Services,
) -> ApiResult<HttpResponse> {
    let (db, clock, tokens, config) = services;
    let (fresh, now, origin) = (Fresh::new(&clock, &request)?, clock.now(), Origin::of(&request));
    let opening = fresh.clone();
    let (user, me) = db
        .change(move |conn| {
            let acted = open(conn, &clock, &caller, &path, (&opening, origin))?;
            Ok((acted.id.0.clone(), me::read(conn, &acted)?))
        })
        .await?;
    let access_token = tokens.issue(&user, &fresh.session.0, now)?;
    let session = Session { access_token, expires_in: ACCESS_SECONDS, me };
    Ok(sessions::hand_over(HttpResponse::Created(), &config, &fresh, &session))
}

fn open(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    username: &str,
    (fresh, origin): (&Fresh, Origin),
) -> ApiResult<Caller> {
    let user = caller.user(conn, username, |_| Permission::LoginAs)?;
    let own = caller.person()?.clone();
    if !caller.may_act_as(conn, user.target())? {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    let now = clock.now();
    caller.demand_confirmation(now)?;
    sessions::insert_acting(conn, &user.target().id, fresh, &own, (now, now + HOLDS))?;
    let acted = find_caller(conn, &fresh.session, now, origin).map_err(|error| match error.code {
        ErrorCode::NotSignedIn => ApiError::new(ErrorCode::CannotSignIn),
        _ => error,
    })?;
    let (domain_id, reseller_id) = (user.target().domain_id, user.target().reseller_id);
    let target = acted.username.as_str();
    let entry = Entry { action: "act_as_user", target, domain_id, reseller_id, ..Entry::default() };
    audit::record(conn, clock, &Actor::from(caller), entry)?;
    Ok(acted)
}

/// Ends acting: the answer is one's own session again.
#[utoipa::path(tag = "accounts", responses((status = 200, body = Session, description = "Back; the cookies are replaced"), (status = 404, body = contract::problem::Problem, content_type = "application/problem+json", description = "The session is one's own")))]
#[delete("/api/v1/sessions/acting")]
async fn stop_acting(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock, tokens, config) = services;
    let behind = caller.acted_by.as_ref().ok_or_else(ApiError::not_found)?.session.clone();
    let fresh = Fresh::new(&clock, &request)?.of(behind);
    let (back, now, origin) = (fresh.clone(), clock.now(), Origin::of(&request));
    let (user, me) = db
        .change(move |conn| {
            let entry = Entry { action: "stop_acting", target: &caller.username, ..Entry::about(&caller) };
            audit::record(conn, &clock, &Actor::from(&caller), entry)?;
            let own = go_back(conn, caller.session()?, &back, now, origin)?;
            Ok((own.id.0.clone(), me::read(conn, &own)?))
        })
        .await?;
    let access_token = tokens.issue(&user, &fresh.session.0, now)?;
    let session = Session { access_token, expires_in: ACCESS_SECONDS, me };
    Ok(sessions::hand_over(HttpResponse::Ok(), &config, &fresh, &session))
}

/// Ends an acting session, and gives the one behind it fresh tokens.
pub(super) fn go_back(
    conn: &mut Conn,
    acting: &SessionId,
    own: &Fresh,
    now: i64,
    origin: Origin,
) -> ApiResult<Caller> {
    diesel::delete(rows::table.find(&acting.0)).execute(conn)?;
    sessions::reissue(conn, own, now)?;
    find_caller(conn, &own.session, now, origin)
}

/// The session behind an acting one that is over: its half hour is, or the right to it.
pub(super) fn behind(
    conn: &mut Conn,
    acting: &SessionId,
    secret: &str,
    now: i64,
    origin: Origin,
) -> ApiResult<Option<SessionId>> {
    let own: Option<Option<String>> = rows::table
        .find(&acting.0)
        .filter(rows::refresh_hash.eq(token::hash(secret)))
        .select(rows::actor_session)
        .first(conn)
        .optional()?;
    let Some(own) = own.flatten() else { return Ok(None) };
    let is_over = match find_caller(conn, acting, now, origin) {
        Ok(_) => false,
        Err(error) if error.code == ErrorCode::NotSignedIn => true,
        Err(error) => return Err(error),
    };
    Ok(is_over.then_some(SessionId(own)))
}
