//! A new password by mail (ACC-03). Asking for it is answered before anything is looked up: neither the words nor the
//! time tell whether there is such a user (P11). The link holds for half an hour and once; the second factor is still
//! asked for when signing in.

use super::{
    branding, domain_notices, second_factor_proof,
    user_accounts::{check_password, end_sessions},
};
use crate::{
    access::{
        Origin, UserRow, client_ip, login_limits::LoginLimits, password::Passwords, scope, switches, token,
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    config::Config,
    db::{
        Conn, Db,
        schema::{password_recoveries as recoveries, users},
    },
    error::{ApiError, ApiResult},
    input::{Body, NoParams, Params},
    mailer::{Letter, Mailer},
};
use actix_web::{
    HttpRequest, HttpResponse, get, post, put,
    web::{Data, Json},
};
use contract::{
    accounts::{NewPassword, RecoveryOffer, RecoveryRequest},
    language::{Language, text},
    permission::{Role, switches::Entry as Way},
    problem::InvalidCode,
    settings::branding::{PRODUCT_NAME, SENDER},
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

/// How long a link holds.
const HOLDS_MINUTES: i64 = 30;
const MINUTE: i64 = 60_000;
/// Links of one user that hold at the same time: more are not sent.
const AT_ONCE: i64 = 3;
/// Where the panel takes a new password. The secret stands behind the `#`, which browsers send nobody.
const PAGE: &str = "/new-password#";

type Services = (Data<Db>, Data<Clock>, Data<Config>);

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_recovery_offer).service(request_recovery).service(set_recovered_password);
}

/// Whether a link for a new password can be asked for.
#[utoipa::path(tag = "accounts", responses((status = 200, body = RecoveryOffer, description = "Whether it can")))]
#[get("/api/v1/password-recoveries")]
async fn get_recovery_offer(
    db: Data<Db>,
    mailer: Data<Mailer>,
    _: Params<NoParams>,
) -> ApiResult<Json<RecoveryOffer>> {
    let switches = db.run(switches::read).await?;
    let is_for_somebody = Role::ALL.into_iter().any(|role| switches.admits(role, Way::RecoverPassword));
    Ok(Json(RecoveryOffer { is_offered: mailer.is_set_up() && is_for_somebody }))
}

/// Sends a link for a new password, if there is such a user and their role may. The answer never tells.
#[utoipa::path(tag = "accounts", request_body = RecoveryRequest, responses((status = 202, description = "If there is such a user, a link is on its way"), (status = 429, body = contract::problem::Problem, content_type = "application/problem+json", description = "Too many tries")))]
#[post("/api/v1/password-recoveries")]
async fn request_recovery(
    request: HttpRequest,
    services: Services,
    limits: Data<LoginLimits>,
    mailer: Data<Mailer>,
    body: Body<RecoveryRequest>,
) -> ApiResult<HttpResponse> {
    let (db, clock, config) = services;
    let username = body.0.username;
    if username.len() > 320 {
        return Err(ApiError::invalid("/username", InvalidCode::TooLong));
    }
    // A bucket beside that of signing in: no user name has a blank.
    limits.take(&format!("recovery of {}", username.trim()), client_ip(&request))?;
    let origin = Origin::of(&request);
    actix_web::rt::spawn(async move {
        let base_url = config.base_url.clone();
        let letter = db.change(move |conn| offer(conn, &clock, &username, &base_url, origin)).await;
        let sent = match letter {
            Ok(Some(letter)) => mailer.send(letter).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = sent {
            tracing::error!(%error, "a link for a new password was not sent");
        }
    });
    Ok(HttpResponse::Accepted().finish())
}

/// Sets a new password by a link; every session ends.
///
/// It signs nobody in: the second factor is asked for then.
#[utoipa::path(tag = "accounts", request_body = NewPassword, responses((status = 204, description = "Set")))]
#[put("/api/v1/password-recoveries/password")]
async fn set_recovered_password(
    request: HttpRequest,
    services: Services,
    passwords: Data<Passwords>,
    body: Body<NewPassword>,
) -> ApiResult<HttpResponse> {
    let (db, clock, _) = services;
    let NewPassword { token, password } = body.0;
    let (hash, now) = (token::hash(&token), clock.now());
    let known = hash.clone();
    let user = db.run(move |conn| find(conn, &known, now)).await?;
    check_password(user.role()?, &user.username, &password)?;
    let new_hash = passwords.hash(password).await?;
    let origin = Origin::of(&request);
    db.change(move |conn| {
        // Once more: of two at the same moment one is too late.
        let user = find(conn, &hash, now)?;
        diesel::delete(recoveries::table.filter(recoveries::user_id.eq(&user.id))).execute(conn)?;
        diesel::update(users::table.find(&user.id)).set(users::password_hash.eq(new_hash)).execute(conn)?;
        end_sessions(conn, &user.id)?;
        second_factor_proof::forget_devices(conn, &user.id)?;
        record(conn, &clock, &user, "set_recovered_password", origin)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The user of a link that still holds.
fn find(conn: &mut Conn, hash: &str, now: i64) -> ApiResult<UserRow> {
    let user: Option<UserRow> = recoveries::table
        .inner_join(users::table)
        .filter(recoveries::token_hash.eq(hash))
        .filter(recoveries::expires_at.gt(now))
        .filter(users::is_active.eq(true))
        .select(UserRow::as_select())
        .first(conn)
        .optional()?;
    let user = match user {
        Some(user) if switches::read(conn)?.admits(user.role()?, Way::RecoverPassword) => Some(user),
        _ => None,
    };
    user.ok_or_else(|| ApiError::invalid("/token", InvalidCode::LinkOver))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Reader {
    language: Option<String>,
}

/// Makes a link, and the letter that brings it; none where there is nobody to send it to.
fn offer(
    conn: &mut Conn,
    clock: &Clock,
    username: &str,
    base_url: &str,
    origin: Origin,
) -> ApiResult<Option<Letter>> {
    let now = clock.now();
    diesel::delete(recoveries::table.filter(recoveries::expires_at.le(now))).execute(conn)?;
    let name = username.trim().to_lowercase().replace(char::is_control, " ");
    let found: Option<(UserRow, Reader)> = users::table
        .filter(users::username.eq(name))
        .filter(users::is_active.eq(true))
        .select((UserRow::as_select(), Reader::as_select()))
        .first(conn)
        .optional()?;
    let Some((user, reader)) = found else { return Ok(None) };
    let role = user.role()?;
    let address = if role == Role::Email { Some(user.username.as_str()) } else { user.email.as_deref() };
    let Some(recipient) = address.and_then(|address| address.parse().ok()) else { return Ok(None) };
    let holding = recoveries::table.filter(recoveries::user_id.eq(&user.id)).count();
    let is_enough = holding.get_result::<i64>(conn)? >= AT_ONCE;
    if is_enough || !switches::read(conn)?.admits(role, Way::RecoverPassword) {
        return Ok(None);
    }
    let secret = token::random_text(43)?;
    diesel::insert_into(recoveries::table)
        .values((
            recoveries::token_hash.eq(token::hash(&secret)),
            recoveries::user_id.eq(&user.id),
            recoveries::created_at.eq(now),
            recoveries::expires_at.eq(now + HOLDS_MINUTES * MINUTE),
        ))
        .execute(conn)?;
    record(conn, clock, &user, "request_recovery", origin)?;
    let tag = reader.language.unwrap_or_default();
    let language = Language::ALL.into_iter().find(|one| one.tag() == tag).unwrap_or(Language::En);
    let link = format!("{base_url}{PAGE}{secret}");
    let text = text(language, "mail.recovery.text")
        .replace("{username}", &user.username)
        .replace("{minutes}", &HOLDS_MINUTES.to_string())
        .replace("{link}", &link);
    let owner = branding::owner(conn, user.reseller_id, user.domain_id)?;
    let brand = branding::in_force(conn, owner)?;
    let sender = match user.domain_id {
        Some(id) => {
            let domains = scope::find_domains(conn, [id])?;
            domain_notices::senders(conn, &domains)?.remove(&id)
        }
        None => brand.get(&SENDER).0.parse().ok(),
    };
    let subject = subject(language).replace("{product}", &brand.get(&PRODUCT_NAME).0);
    Ok(Some(Letter { sender, recipient, subject, text }))
}

fn subject(language: Language) -> String {
    text(language, "mail.recovery.subject").to_owned()
}

fn record(conn: &mut Conn, clock: &Clock, user: &UserRow, action: &str, origin: Origin) -> ApiResult<()> {
    let actor = Actor::named(&user.id, &user.username, user.role()?.name(), origin);
    let (reseller_id, domain_id) = (user.reseller_id, user.domain_id);
    let entry = Entry { action, target: &user.username, reseller_id, domain_id, ..Entry::default() };
    audit::record(conn, clock, &actor, entry)
}
