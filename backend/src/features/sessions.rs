//! Sessions: opened by [`super::sign_in`], kept open here, ended here. A session is a row: its access tokens are worth nothing once the row is gone. The refresh
//! token travels in an HttpOnly cookie and is replaced at each use; an old one shows that it was stolen, and ends
//! the session.

use super::{acting, me, second_factor_proof::TRUSTED_MILLIS};
use crate::{
    access::{
        Caller, Origin, UserRow, client_ip,
        credential::Credential,
        find_caller,
        token::{self, ACCESS_SECONDS, Tokens},
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    config::Config,
    db::{
        Conn, Db,
        schema::{sessions, users},
    },
    error::{ApiError, ApiResult},
};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time::Duration},
    delete,
    http::header,
    post,
    web::Data,
};
use contract::{accounts::Session, ids::SessionId, permission::Role, problem::ErrorCode};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

const REFRESH: &str = "gatepost_refresh";
const REFRESH_PATH: &str = "/api/v1/sessions";
/// The cookie of the event stream.
pub(super) const EVENTS: &str = "gatepost_events";
/// The cookie of a device that is trusted.
const DEVICE: &str = "gatepost_device";
const EVENTS_PATH: &str = "/api/v1/events";
/// A session that is not used for so long ends.
const IDLE_DAYS: i64 = 14;
/// Sessions of one user at a time: a new one ends the oldest.
const MOST_SESSIONS: i64 = 100;
const DAY: i64 = 86_400_000;
/// Tabs that refresh at the same moment send the same token: for so long the last one is no theft.
const GRACE: i64 = 10_000;

pub(super) type Services = (Data<Db>, Data<Clock>, Data<Tokens>, Data<Config>);

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(refresh_session).service(end_session);
}

/// Gets a fresh access token for the refresh cookie, which is replaced.
#[utoipa::path(tag = "accounts", responses((status = 200, body = Session, description = "Refreshed; the cookie is replaced"), (status = 401, body = contract::problem::Problem, content_type = "application/problem+json", description = "No session"), (status = 403, body = contract::problem::Problem, content_type = "application/problem+json", description = "Called by another site")))]
#[post("/api/v1/sessions/refresh")]
async fn refresh_session(request: HttpRequest, services: Services) -> ApiResult<HttpResponse> {
    let (db, clock, tokens, config) = services;
    refuse_other_sites(&request, &config)?;
    let (id, secret) = presented(&request).ok_or_else(|| ApiError::new(ErrorCode::NotSignedIn))?;
    let presented_id = id.0.clone();
    let next = Fresh::new(&clock, &request)?.of(id);
    let (origin, now) = (Origin::of(&request), clock.now());
    let mut new = next.clone();
    let outcome = db
        .append(move |conn| {
            if let Some(own) = acting::behind(conn, &new.session, &secret, now, origin.clone())? {
                let over = std::mem::replace(&mut new.session, own);
                let caller = acting::go_back(conn, &over, &new, now, origin)?;
                let me = me::read(conn, &caller)?;
                return Ok(Some((caller, me, Rotation::Replaced, new)));
            }
            let rotated = rotate(conn, &secret, &new, now)?;
            let caller = match rotated {
                Rotation::Stolen => return Ok(None),
                Rotation::Replaced | Rotation::Kept => find_caller(conn, &new.session, now, origin)?,
            };
            let me = me::read(conn, &caller)?;
            Ok(Some((caller, me, rotated, new)))
        })
        .await?;
    let Some((caller, me, rotated, next)) = outcome else {
        tracing::warn!(session = %presented_id, "an old refresh token was used: the session has ended");
        return Err(ApiError::new(ErrorCode::NotSignedIn));
    };
    let access_token = tokens.issue(&caller.id.0, &next.session.0, now)?;
    let session = Session { access_token, expires_in: ACCESS_SECONDS, me };
    Ok(match rotated {
        Rotation::Replaced => hand_over(HttpResponse::Ok(), &config, &next, &session),
        Rotation::Kept | Rotation::Stolen => HttpResponse::Ok().json(session),
    })
}

/// Signs out: ends the session of the refresh cookie.
#[utoipa::path(tag = "accounts", responses((status = 204, description = "Signed out"), (status = 403, body = contract::problem::Problem, content_type = "application/problem+json", description = "Called by another site")))]
#[delete("/api/v1/sessions/current")]
async fn end_session(request: HttpRequest, db: Data<Db>, config: Data<Config>) -> ApiResult<HttpResponse> {
    refuse_other_sites(&request, &config)?;
    if let Some((id, secret)) = presented(&request) {
        let hash = token::hash(&secret);
        db.append(move |conn| {
            let is_known =
                sessions::refresh_hash.eq(&hash).or(sessions::previous_hash.eq(&hash).assume_not_null());
            let known = sessions::table.filter(sessions::id.eq(&id.0)).filter(is_known);
            let behind: Option<Option<String>> =
                known.select(sessions::actor_session).first(conn).optional()?;
            if let Some(behind) = behind {
                // Whoever acts as somebody else signs out of both.
                let ended = behind.into_iter().chain([id.0]);
                diesel::delete(sessions::table.filter(sessions::id.eq_any(ended))).execute(conn)?;
            }
            Ok(())
        })
        .await?;
    }
    let mut answer = HttpResponse::NoContent();
    for (name, path) in [(REFRESH, REFRESH_PATH), (EVENTS, EVENTS_PATH)] {
        let mut gone = cookie(&config, name, path, "");
        gone.make_removal();
        answer.cookie(gone);
    }
    Ok(answer.finish())
}

/// The random parts of a session.
#[derive(Clone)]
pub(super) struct Fresh {
    pub(super) session: SessionId,
    refresh: String,
    events: String,
    pub(super) ip: String,
    pub(super) user_agent: String,
}

impl Fresh {
    pub(super) fn new(clock: &Clock, request: &HttpRequest) -> ApiResult<Self> {
        let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            session: clock.new_id(),
            refresh: token::random_text(43)?,
            events: token::random_text(43)?,
            ip: client_ip(request).map(|ip| ip.to_string()).unwrap_or_default(),
            user_agent: agent.unwrap_or_default().chars().take(200).collect(),
        })
    }

    /// The same for a session that exists.
    pub(super) fn of(self, session: SessionId) -> Self {
        Self { session, ..self }
    }

    /// The row of a session that lasts from the first of the times to the second, and has not shown the password.
    fn row<'a>(&'a self, user_id: &'a str, (now, expires_at): (i64, i64)) -> NewRow<'a> {
        NewRow {
            id: &self.session.0,
            user_id,
            refresh_hash: token::hash(&self.refresh),
            rotated_at: now,
            events_hash: token::hash(&self.events),
            ip: &self.ip,
            user_agent: &self.user_agent,
            created_at: now,
            expires_at,
            confirmed_at: 0,
            actor_session: None,
        }
    }

    fn refresh_cookie(&self) -> String {
        format!("{}.{}", self.session.0, self.refresh)
    }

    fn events_cookie(&self) -> String {
        format!("{}.{}", self.session.0, self.events)
    }
}

/// The answer that hands a session over: the access token in it, the rest in cookies.
pub(super) fn hand_over(
    mut answer: HttpResponseBuilder,
    config: &Config,
    fresh: &Fresh,
    session: &Session,
) -> HttpResponse {
    answer.cookie(cookie(config, REFRESH, REFRESH_PATH, &fresh.refresh_cookie()));
    answer.cookie(cookie(config, EVENTS, EVENTS_PATH, &fresh.events_cookie()));
    answer.json(session)
}

fn cookie(config: &Config, name: &str, path: &str, value: &str) -> Cookie<'static> {
    Cookie::build(name.to_owned(), value.to_owned())
        .path(path.to_owned())
        .http_only(true)
        .secure(config.is_secure())
        .same_site(SameSite::Strict)
        .max_age(Duration::days(IDLE_DAYS))
        .finish()
}

/// The cookie that lets a device sign in without a code.
pub(super) fn device_cookie(config: &Config, secret: &str) -> Cookie<'static> {
    let mut device = cookie(config, DEVICE, REFRESH_PATH, secret);
    device.set_max_age(Duration::milliseconds(TRUSTED_MILLIS));
    device
}

/// What a trusted device presents.
pub(super) fn presented_device(request: &HttpRequest) -> Option<String> {
    request.cookie(DEVICE).map(|device| device.value().to_owned()).filter(|secret| secret.len() == 43)
}

/// A cookie's session and secret.
pub(super) fn parts(value: &str) -> Option<(SessionId, String)> {
    let (id, secret) = value.split_once('.')?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_ours = is_plain(id) && is_plain(secret) && id.len() <= 64 && secret.len() == 43;
    is_ours.then(|| (SessionId(id.to_owned()), secret.to_owned()))
}

fn presented(request: &HttpRequest) -> Option<(SessionId, String)> {
    parts(request.cookie(REFRESH)?.value())
}

/// P15: a request that a cookie signs in must not come from another site's page.
fn refuse_other_sites(request: &HttpRequest, config: &Config) -> ApiResult<()> {
    let text = |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    let is_foreign_site = site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let is_foreign_origin = request.headers().get(header::ORIGIN).is_some_and(|origin| {
        let host = text(header::HOST).unwrap_or_default();
        let origin = origin.to_str().unwrap_or_default();
        let own = [config.base_url.clone(), format!("http://{host}"), format!("https://{host}")];
        !own.iter().any(|own| own.eq_ignore_ascii_case(origin))
    });
    if is_foreign_site || is_foreign_origin { Err(ApiError::new(ErrorCode::NotAllowed)) } else { Ok(()) }
}

#[derive(Insertable)]
#[diesel(table_name = sessions)]
struct NewRow<'a> {
    id: &'a str,
    user_id: &'a str,
    refresh_hash: String,
    rotated_at: i64,
    events_hash: String,
    ip: &'a str,
    user_agent: &'a str,
    created_at: i64,
    expires_at: i64,
    confirmed_at: i64,
    actor_session: Option<&'a str>,
}

/// Opens a session for a user who has shown who they are.
pub(super) fn open(
    conn: &mut Conn,
    clock: &Clock,
    user: UserRow,
    fresh: &Fresh,
    origin: Origin,
) -> ApiResult<Caller> {
    let now = clock.now();
    make_room(conn, &user.id, now)?;
    diesel::insert_into(sessions::table)
        .values(&NewRow { confirmed_at: now, ..fresh.row(&user.id, (now, now + IDLE_DAYS * DAY)) })
        .execute(conn)?;
    diesel::update(users::table.find(&user.id))
        .set((users::previous_login_at.eq(users::last_login_at), users::last_login_at.eq(now)))
        .execute(conn)?;
    let role = Role::from_name(&user.role).map_or("guest", Role::name);
    let actor = Actor::named(&user.id, &user.username, role, origin.clone());
    let target = user.username.clone();
    let (domain_id, reseller_id) = (user.domain_id, user.reseller_id);
    let entry =
        Entry { action: "create_session", target: &target, domain_id, reseller_id, ..Entry::default() };
    audit::record(conn, clock, &actor, entry)?;
    let credential = Credential::Session { id: fresh.session.clone(), confirmed_at: now };
    // PER-01: a role that may not sign in hears no more than somebody unknown.
    user.into_caller(conn, credential, origin).map_err(|error| match error.code {
        ErrorCode::NotSignedIn => ApiError::new(ErrorCode::WrongCredentials),
        _ => error,
    })
}

/// Opens a session of a user for somebody who acts as them, from the first of the times to the second.
pub(super) fn insert_acting(
    conn: &mut Conn,
    user: &str,
    fresh: &Fresh,
    behind: &SessionId,
    times: (i64, i64),
) -> ApiResult<()> {
    let row = NewRow { actor_session: Some(&behind.0), ..fresh.row(user, times) };
    diesel::insert_into(sessions::table).values(&row).execute(conn)?;
    Ok(())
}

/// Gives a session that is open fresh tokens in place of those it had; 401 if it is over.
pub(super) fn reissue(conn: &mut Conn, fresh: &Fresh, now: i64) -> ApiResult<()> {
    let open = sessions::table.find(&fresh.session.0).filter(sessions::expires_at.gt(now));
    let reissued = diesel::update(open)
        .set((
            sessions::refresh_hash.eq(token::hash(&fresh.refresh)),
            sessions::previous_hash.eq(None::<String>),
            sessions::rotated_at.eq(now),
            sessions::events_hash.eq(token::hash(&fresh.events)),
            sessions::expires_at.eq(now + IDLE_DAYS * DAY),
        ))
        .execute(conn)?;
    if reissued == 1 { Ok(()) } else { Err(ApiError::new(ErrorCode::NotSignedIn)) }
}

/// Removes sessions that are over, and the oldest of a user who has too many.
fn make_room(conn: &mut Conn, user: &str, now: i64) -> ApiResult<()> {
    // Of an acting one that is over one still goes back to one's own.
    let is_own = sessions::actor_session.is_null().or(sessions::expires_at.le(now - DAY));
    diesel::delete(sessions::table.filter(sessions::expires_at.le(now)).filter(is_own)).execute(conn)?;
    let oldest: Vec<String> = sessions::table
        .filter(sessions::user_id.eq(user))
        .order((sessions::rotated_at.desc(), sessions::id.desc()))
        .select(sessions::id)
        .offset(MOST_SESSIONS - 1)
        .limit(1000)
        .load(conn)?;
    if !oldest.is_empty() {
        diesel::delete(sessions::table.filter(sessions::id.eq_any(oldest))).execute(conn)?;
    }
    Ok(())
}

/// Replaces a session by a fresh one whose password was just shown; the old one's tokens are worth nothing.
pub(super) fn renew(conn: &mut Conn, caller: &Caller, fresh: &Fresh, now: i64) -> ApiResult<()> {
    let own = sessions::table.find(&caller.session()?.0).filter(sessions::user_id.eq(&caller.id.0));
    let renewed = diesel::update(own)
        .set((
            sessions::id.eq(&fresh.session.0),
            sessions::refresh_hash.eq(token::hash(&fresh.refresh)),
            sessions::previous_hash.eq(None::<String>),
            sessions::rotated_at.eq(now),
            sessions::events_hash.eq(token::hash(&fresh.events)),
            sessions::expires_at.eq(now + IDLE_DAYS * DAY),
            sessions::confirmed_at.eq(now),
        ))
        .execute(conn)?;
    if renewed == 1 { Ok(()) } else { Err(ApiError::new(ErrorCode::NotSignedIn)) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rotation {
    /// The cookie is replaced.
    Replaced,
    /// Another tab replaced it a moment ago.
    Kept,
    /// An old token: somebody has a copy. The session is gone.
    Stolen,
}

fn rotate(conn: &mut Conn, secret: &str, new: &Fresh, now: i64) -> ApiResult<Rotation> {
    let hash = token::hash(secret);
    // Whoever comes second of two at the same moment changes no row, and is taken for a second tab below.
    let replaced = diesel::update(sessions::table.find(&new.session.0))
        .filter(sessions::refresh_hash.eq(&hash))
        .filter(sessions::expires_at.gt(now))
        .set((
            sessions::refresh_hash.eq(token::hash(&new.refresh)),
            sessions::previous_hash.eq(&hash),
            sessions::rotated_at.eq(now),
            sessions::events_hash.eq(token::hash(&new.events)),
        ))
        .execute(conn)?;
    if replaced == 1 {
        // Acting ends at its time, whatever happens.
        let own = sessions::table.find(&new.session.0).filter(sessions::actor_session.is_null());
        diesel::update(own).set(sessions::expires_at.eq(now + IDLE_DAYS * DAY)).execute(conn)?;
        return Ok(Rotation::Replaced);
    }
    let (previous, rotated_at) = sessions::table
        .find(&new.session.0)
        .select((sessions::previous_hash, sessions::rotated_at))
        .first::<(Option<String>, i64)>(conn)
        .optional()?
        .ok_or_else(|| ApiError::new(ErrorCode::NotSignedIn))?;
    if previous.as_deref() == Some(hash.as_str()) && now - rotated_at <= GRACE {
        return Ok(Rotation::Kept);
    }
    diesel::delete(sessions::table.find(&new.session.0)).execute(conn)?;
    Ok(Rotation::Stolen)
}
