//! One's own second factor: set up, proved by a first code, taken away again (ACC-02). Whether a sign-in shows it is
//! said by [`super::second_factor_proof`].

use super::{
    own_sessions,
    second_factor_proof::{self as proof, Presented, Proof, prove},
    sign_in::{self, Guards, Shown},
};
use crate::{
    access::{Caller, seal::Seal, totp},
    audit::{self, Entry},
    clock::{Clock, timestamp},
    db::{
        Conn, Db,
        schema::{recovery_codes, second_factors, trusted_devices},
    },
    error::{ApiError, ApiResult},
    input::{Body, NoParams, Params},
};
use actix_web::{
    HttpResponse, delete, get, post,
    web::{Data, Json},
};
use contract::{
    accounts::{Confirmation, FirstCode, NewSecondFactor, RecoveryCodes, SecondFactor},
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

type Services = (Data<Db>, Data<Clock>, Data<Seal>);

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_second_factor)
        .service(add_second_factor)
        .service(activate_second_factor)
        .service(add_recovery_codes)
        .service(remove_second_factor)
        .service(forget_devices);
}

/// One's own second factor.
#[utoipa::path(tag = "accounts", responses((status = 200, body = SecondFactor, description = "How it is")))]
#[get("/api/v1/me/second-factor")]
async fn get_second_factor(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    _: Params<NoParams>,
) -> ApiResult<Json<SecondFactor>> {
    let (db, clock) = services;
    caller.person()?;
    let now = clock.now();
    Ok(Json(db.run(move |conn| read(conn, &caller, now)).await?))
}

/// Makes a secret for an app. Nothing is asked for until a first code activates it.
///
/// Needs a session that was just opened or confirmed. A secret made before, but not activated, is worth nothing then.
#[utoipa::path(tag = "accounts", responses((status = 200, body = NewSecondFactor, description = "The secret, shown only now"), (status = 403, body = contract::problem::Problem, content_type = "application/problem+json", description = "The session must be confirmed first"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "There is an active one")))]
#[post("/api/v1/me/second-factor")]
async fn add_second_factor(caller: Caller, services: Services) -> ApiResult<Json<NewSecondFactor>> {
    let (db, clock, seal) = services;
    caller.demand_confirmation(clock.now())?;
    let seed = totp::new_seed()?;
    let shown = totp::show(&seed, &caller.username)?;
    let sealed = seal.close(&proof::purpose(&caller.id.0), &seed)?;
    db.change(move |conn| {
        if is_active(conn, &caller)? {
            return Err(ApiError::new(ErrorCode::AlreadyExists));
        }
        diesel::delete(second_factors::table.find(&caller.id.0)).execute(conn)?;
        diesel::insert_into(second_factors::table)
            .values((
                second_factors::user_id.eq(&caller.id.0),
                second_factors::sealed_seed.eq(sealed),
                second_factors::is_active.eq(false),
                second_factors::last_step.eq(0),
                second_factors::failures.eq(0),
                second_factors::locked_until.eq(0),
            ))
            .execute(conn)?;
        Ok(())
    })
    .await?;
    Ok(Json(NewSecondFactor { secret: shown.secret, uri: shown.uri, qr_png: shown.qr_png }))
}

/// Activates it by a first code; gives ten recovery codes. Other sessions end.
#[utoipa::path(tag = "accounts", request_body = FirstCode, responses((status = 200, body = RecoveryCodes, description = "Active; the codes are shown only now"), (status = 404, body = contract::problem::Problem, content_type = "application/problem+json", description = "There is none to be activated")))]
#[post("/api/v1/me/second-factor/activate")]
async fn activate_second_factor(
    caller: Caller,
    services: Services,
    body: Body<FirstCode>,
) -> ApiResult<Json<RecoveryCodes>> {
    let (db, clock, seal) = services;
    caller.person()?;
    let (now, codes) = (clock.now(), totp::new_recovery_codes()?);
    let stored = codes.clone();
    db.change(move |conn| {
        let waiting = second_factors::table.find(&caller.id.0).filter(second_factors::is_active.eq(false));
        let sealed: String = waiting.select(second_factors::sealed_seed).first(conn)?;
        let seed = seal.open(&proof::purpose(&caller.id.0), &sealed)?;
        let wrong = || ApiError::invalid("/totp", InvalidCode::WrongCode);
        let step = totp::step_of(&seed, body.0.totp.trim(), now)?.ok_or_else(wrong)?;
        diesel::update(second_factors::table.find(&caller.id.0))
            .set((
                second_factors::is_active.eq(true),
                second_factors::active_since.eq(now),
                second_factors::last_step.eq(step),
            ))
            .execute(conn)?;
        replace_recovery_codes(conn, &caller, &stored)?;
        own_sessions::end_others(conn, &caller)?;
        record(conn, &clock, &caller, "activate_second_factor")
    })
    .await?;
    Ok(Json(RecoveryCodes { codes }))
}

/// Gives ten new recovery codes; the others are worth nothing any more.
///
/// Needs a session that was just opened or confirmed.
#[utoipa::path(tag = "accounts", responses((status = 200, body = RecoveryCodes, description = "The codes, shown only now"), (status = 403, body = contract::problem::Problem, content_type = "application/problem+json", description = "The session must be confirmed first"), (status = 404, body = contract::problem::Problem, content_type = "application/problem+json", description = "There is no second factor")))]
#[post("/api/v1/me/second-factor/recovery-codes")]
async fn add_recovery_codes(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
) -> ApiResult<Json<RecoveryCodes>> {
    let (db, clock) = services;
    caller.demand_confirmation(clock.now())?;
    let codes = totp::new_recovery_codes()?;
    let stored = codes.clone();
    db.change(move |conn| {
        if !is_active(conn, &caller)? {
            return Err(ApiError::not_found());
        }
        replace_recovery_codes(conn, &caller, &stored)?;
        record(conn, &clock, &caller, "add_recovery_codes")
    })
    .await?;
    Ok(Json(RecoveryCodes { codes }))
}

/// Signing in asks for no code any more. Needs the password and a code.
#[utoipa::path(tag = "accounts", request_body = Confirmation, responses((status = 204, description = "Gone"), (status = 404, body = contract::problem::Problem, content_type = "application/problem+json", description = "There is none"), (status = 429, body = contract::problem::Problem, content_type = "application/problem+json", description = "Too many tries")))]
#[post("/api/v1/me/second-factor/remove")]
async fn remove_second_factor(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    guards: Guards,
    body: Body<Confirmation>,
) -> ApiResult<HttpResponse> {
    let (db, clock) = services;
    let (passwords, limits, seal) = guards;
    caller.person()?;
    let Confirmation { password, totp } = body.0;
    limits.take(&caller.username, caller.origin.ip.parse().ok())?;
    if let Shown::Wrong(..) = sign_in::shown(&db, &passwords, &caller.username, password).await? {
        return Err(ApiError::invalid("/password", InvalidCode::WrongPassword));
    }
    limits.give_back(&caller.username);
    let now = clock.now();
    let outcome = db
        .change(move |conn| {
            let presented = Presented { code: totp, device: None };
            let proof = prove(conn, &seal, &caller.id.0, &presented, now)?;
            match proof {
                Proof::NotNeeded => return Err(ApiError::not_found()),
                Proof::Code | Proof::RecoveryCode => {}
                Proof::Missing | Proof::Wrong | Proof::Locked(_) => return Ok(proof),
            }
            diesel::delete(second_factors::table.find(&caller.id.0)).execute(conn)?;
            replace_recovery_codes(conn, &caller, &[])?;
            proof::forget_devices(conn, &caller.id.0)?;
            own_sessions::end_others(conn, &caller)?;
            record(conn, &clock, &caller, "remove_second_factor")?;
            Ok(proof)
        })
        .await?;
    sign_in::demand_proof(outcome)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Every device asks for a code again.
#[utoipa::path(tag = "accounts", responses((status = 204, description = "Forgotten")))]
#[delete("/api/v1/me/second-factor/devices")]
async fn forget_devices(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock) = services;
    caller.person()?;
    db.change(move |conn| {
        proof::forget_devices(conn, &caller.id.0)?;
        record(conn, &clock, &caller, "forget_devices")
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn record(conn: &mut Conn, clock: &Clock, caller: &Caller, action: &str) -> ApiResult<()> {
    let entry = Entry { action, target: &caller.username, ..Entry::about(caller) };
    audit::record(conn, clock, &caller.into(), entry)
}

fn is_active(conn: &mut Conn, caller: &Caller) -> ApiResult<bool> {
    let active = second_factors::table.find(&caller.id.0).filter(second_factors::is_active.eq(true));
    Ok(diesel::select(diesel::dsl::exists(active)).get_result(conn)?)
}

fn replace_recovery_codes(conn: &mut Conn, caller: &Caller, codes: &[String]) -> ApiResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(&caller.id.0))).execute(conn)?;
    for code in codes {
        let row = (
            recovery_codes::user_id.eq(&caller.id.0),
            recovery_codes::code_hash.eq(totp::recovery_hash(code)),
        );
        diesel::insert_into(recovery_codes::table).values(row).execute(conn)?;
    }
    Ok(())
}

fn read(conn: &mut Conn, caller: &Caller, now: i64) -> ApiResult<SecondFactor> {
    let user = caller.id.0.as_str();
    let active = second_factors::table.find(user).filter(second_factors::is_active.eq(true));
    let since: Option<Option<i64>> = active.select(second_factors::active_since).first(conn).optional()?;
    let codes: i64 =
        recovery_codes::table.filter(recovery_codes::user_id.eq(user)).count().get_result(conn)?;
    let devices: i64 = trusted_devices::table
        .filter(trusted_devices::user_id.eq(user))
        .filter(trusted_devices::expires_at.gt(now))
        .count()
        .get_result(conn)?;
    Ok(SecondFactor {
        is_active: since.is_some(),
        is_required: super::second_factor_rules::is_required(conn, caller.role)?,
        active_since: since.flatten().map(timestamp),
        recovery_codes_left: codes.try_into().unwrap_or(u32::MAX),
        trusted_devices: devices.try_into().unwrap_or(u32::MAX),
    })
}
