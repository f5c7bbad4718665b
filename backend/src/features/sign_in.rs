//! Signing in, and showing the password once more. Whether an account exists is told neither by the words of an
//! answer nor by its time: every try hashes once and writes one row (P14).

use super::{
    logins::{self, NewLogin},
    me,
    second_factor_proof::{self, Presented, Proof, prove},
    sessions::{self, Fresh, Services},
};
use crate::{
    access::{
        Caller, Origin, UserRow, client_ip,
        login_limits::LoginLimits,
        password::Passwords,
        seal::Seal,
        token::{self, ACCESS_SECONDS},
    },
    audit::{self, Entry},
    db::{Conn, Db, schema::users},
    error::{ApiError, ApiResult},
    input::Body,
};
use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use contract::{
    accounts::{Confirmation, LoginOutcome, NewSession, Session},
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

/// What a try is held against.
pub(super) type Guards = (Data<Passwords>, Data<LoginLimits>, Data<Seal>);

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_session).service(confirm_session);
}

/// Signs in.
///
/// Ten tries an account and twenty a client, then one a minute. The answer is the same for users that do not exist.
#[utoipa::path(tag = "accounts", request_body = NewSession, responses((status = 201, body = Session, description = "Signed in; the cookies are set"), (status = 401, body = contract::problem::Problem, content_type = "application/problem+json", description = "User name, password or code is wrong"), (status = 429, body = contract::problem::Problem, content_type = "application/problem+json", description = "Too many tries")))]
#[post("/api/v1/sessions")]
async fn create_session(
    request: HttpRequest,
    body: Body<NewSession>,
    services: Services,
    guards: Guards,
) -> ApiResult<HttpResponse> {
    let (db, clock, tokens, config) = services;
    let (passwords, limits, seal) = guards;
    let wanted = body.0;
    let fields = [("/username", &wanted.username, 320), ("/password", &wanted.password, 1024)];
    let too_long = fields.iter().find(|(_, text, longest)| text.len() > *longest);
    if let Some((pointer, ..)) = too_long {
        return Err(ApiError::invalid(*pointer, InvalidCode::TooLong));
    }
    limits.take(&wanted.username, client_ip(&request))?;
    let username = wanted.username.trim().to_lowercase();
    let (fresh, origin, now) = (Fresh::new(&clock, &request)?, Origin::of(&request), clock.now());
    let user = match shown(&db, &passwords, &username, wanted.password).await? {
        Shown::Right(user) => user,
        Shown::Wrong(user, outcome) => {
            tracing::warn!(?username, ip = fresh.ip, outcome = outcome.name(), "sign-in refused");
            db.append(move |conn| note(conn, user.as_deref(), &fresh, now, outcome)).await?;
            return Err(ApiError::new(ErrorCode::WrongCredentials));
        }
    };
    let presented = Presented { code: wanted.totp, device: sessions::presented_device(&request) };
    let device = if wanted.trust_device { Some(token::random_text(43)?) } else { None };
    let (opening, new_device) = (fresh.clone(), device.clone());
    let opened = db
        .change(move |conn| {
            let proof = prove(conn, &seal, &user.id, &presented, now)?;
            let outcome = outcome_of(proof);
            note(conn, Some(&user.id), &opening, now, outcome)?;
            if outcome != LoginOutcome::Succeeded {
                // What was counted stays.
                return Ok(Err(proof));
            }
            let device = new_device.filter(|_| proof != Proof::NotNeeded);
            if let Some(device) = &device {
                second_factor_proof::trust(conn, &user.id, device, now)?;
            }
            let caller = sessions::open(conn, &clock, user, &opening, origin)?;
            if proof == Proof::RecoveryCode {
                let entry =
                    Entry { action: "use_recovery_code", target: &caller.username, ..Entry::about(&caller) };
                audit::record(conn, &clock, &(&caller).into(), entry)?;
            }
            let me = me::read(conn, &caller)?;
            Ok(Ok((caller, me, device)))
        })
        .await?;
    let (caller, me, device) = opened.map_err(refusal)?;
    limits.give_back(&username);
    let access_token = tokens.issue(&caller.id.0, &fresh.session.0, now)?;
    let session = Session { access_token, expires_in: ACCESS_SECONDS, me };
    let mut answer = HttpResponse::Created();
    if let Some(device) = &device {
        answer.cookie(sessions::device_cookie(&config, device));
    }
    Ok(sessions::hand_over(answer, &config, &fresh, &session))
}

/// What the list of sign-ins says of a proof.
const fn outcome_of(proof: Proof) -> LoginOutcome {
    match proof {
        Proof::NotNeeded | Proof::Code | Proof::RecoveryCode => LoginOutcome::Succeeded,
        Proof::Missing => LoginOutcome::CodeMissing,
        Proof::Wrong => LoginOutcome::WrongCode,
        Proof::Locked(_) => LoginOutcome::Locked,
    }
}

/// The answer to a right password whose second factor was not shown.
fn refusal(proof: Proof) -> ApiError {
    match proof {
        Proof::Missing => ApiError::new(ErrorCode::SecondFactorNeeded),
        Proof::Locked(millis) => locked(millis),
        _ => ApiError::new(ErrorCode::WrongCredentials),
    }
}

fn locked(millis: i64) -> ApiError {
    let seconds = u64::try_from((millis + 999) / 1000).unwrap_or(1);
    ApiError { retry_after: Some(seconds), ..ApiError::new(ErrorCode::TooManyRequests) }
}

/// 422 naming the code, where somebody who is signed in did not show their second factor.
pub(super) fn demand_proof(proof: Proof) -> ApiResult<()> {
    match proof {
        Proof::NotNeeded | Proof::Code | Proof::RecoveryCode => Ok(()),
        Proof::Missing => Err(ApiError::invalid("/totp", InvalidCode::Required)),
        Proof::Wrong => Err(ApiError::invalid("/totp", InvalidCode::WrongCode)),
        Proof::Locked(millis) => Err(locked(millis)),
    }
}

/// Shows the password once more: the session is replaced by a fresh one that may do what is sensitive for ten minutes.
///
/// A new address for mail, the second factor and API tokens need it; a session that was just opened has it.
#[utoipa::path(tag = "accounts", request_body = Confirmation, responses((status = 200, body = Session, description = "Confirmed; the cookies are replaced"), (status = 429, body = contract::problem::Problem, content_type = "application/problem+json", description = "Too many tries")))]
#[post("/api/v1/sessions/confirm")]
async fn confirm_session(
    request: HttpRequest,
    caller: Caller,
    body: Body<Confirmation>,
    services: Services,
    guards: Guards,
) -> ApiResult<HttpResponse> {
    let (db, clock, tokens, config) = services;
    let (passwords, limits, seal) = guards;
    caller.person()?;
    // A stolen session must not be a way to guess the password.
    limits.take(&caller.username, client_ip(&request))?;
    let Confirmation { password, totp } = body.0;
    if let Shown::Wrong(..) = shown(&db, &passwords, &caller.username, password).await? {
        return Err(ApiError::invalid("/password", InvalidCode::WrongPassword));
    }
    limits.give_back(&caller.username);
    let (fresh, now) = (Fresh::new(&clock, &request)?, clock.now());
    let (user, next) = (caller.id.0.clone(), fresh.clone());
    let (proof, me) = db
        .change(move |conn| {
            let proof = prove(conn, &seal, &caller.id.0, &Presented { code: totp, device: None }, now)?;
            if outcome_of(proof) != LoginOutcome::Succeeded {
                return Ok((proof, None));
            }
            sessions::renew(conn, &caller, &next, now)?;
            let entry =
                Entry { action: "confirm_session", target: &caller.username, ..Entry::about(&caller) };
            audit::record(conn, &clock, &(&caller).into(), entry)?;
            Ok((proof, Some(me::read(conn, &caller)?)))
        })
        .await?;
    demand_proof(proof)?;
    let me = me.ok_or_else(|| ApiError::new(ErrorCode::NotSignedIn))?;
    let access_token = tokens.issue(&user, &fresh.session.0, now)?;
    let session = Session { access_token, expires_in: ACCESS_SECONDS, me };
    Ok(sessions::hand_over(HttpResponse::Ok(), &config, &fresh, &session))
}

/// What came of a user name and a password.
pub(super) enum Shown {
    /// They belong together.
    Right(UserRow),
    /// They do not, or the account is switched off: the user's id, if there is one, and the reason.
    Wrong(Option<String>, LoginOutcome),
}

/// Holds a password against the user's; takes as long if there is no such user.
pub(super) async fn shown(
    db: &Db,
    passwords: &Passwords,
    username: &str,
    password: String,
) -> ApiResult<Shown> {
    let name = username.replace(char::is_control, " ");
    let stored = db.run(move |conn| find_login(conn, &name)).await?;
    let hash = stored.as_ref().map(|(_, hash)| hash.clone());
    let is_right = passwords.verify(password, hash).await?;
    Ok(match stored {
        Some((user, _)) if is_right && user.is_active => Shown::Right(user),
        Some((user, _)) if is_right => Shown::Wrong(Some(user.id), LoginOutcome::Inactive),
        Some((user, _)) => Shown::Wrong(Some(user.id), LoginOutcome::WrongPassword),
        None => Shown::Wrong(None, LoginOutcome::WrongPassword),
    })
}

fn find_login(conn: &mut Conn, username: &str) -> ApiResult<Option<(UserRow, String)>> {
    Ok(users::table
        .filter(users::username.eq(username))
        .select((UserRow::as_select(), users::password_hash))
        .first(conn)
        .optional()?)
}

/// Writes down what became of a try.
fn note(
    conn: &mut Conn,
    user_id: Option<&str>,
    fresh: &Fresh,
    at: i64,
    outcome: LoginOutcome,
) -> ApiResult<()> {
    let (ip, user_agent) = (fresh.ip.as_str(), fresh.user_agent.as_str());
    logins::record(conn, &NewLogin { user_id, at, ip, user_agent, outcome: outcome.name() })
}
