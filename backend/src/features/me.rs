//! The signed-in user about themselves: who they are, what they may do, their language, colours and password.

use super::{own_sessions, second_factor_proof, user_accounts};
use crate::{
    access::{
        Caller,
        password::{self, Passwords},
    },
    audit::{self, Entry},
    clock::{Clock, timestamp},
    db::{Conn, Db, schema::users},
    error::{ApiError, ApiResult},
    input::{Body, NoParams, Params},
};
use actix_web::{
    HttpResponse, get, patch, put,
    web::{Data, Json},
};
use contract::{
    accounts::{ActingPerson, Me, MeChange, PasswordChange, Theme},
    language::Language,
    permission::Permission,
    problem::{ErrorCode, InvalidCode},
    settings::{SettingType, TimeZone},
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_me).service(change_me).service(change_password);
}

/// Who is signed in, and what they may do.
#[utoipa::path(tag = "accounts", responses((status = 200, body = Me, description = "The signed-in user")))]
#[get("/api/v1/me")]
async fn get_me(caller: Caller, db: Data<Db>, _: Params<NoParams>) -> ApiResult<Json<Me>> {
    Ok(Json(db.run(move |conn| read(conn, &caller)).await?))
}

/// Changes one's own account.
#[utoipa::path(tag = "accounts", request_body = MeChange, responses((status = 200, body = Me, description = "Changed")))]
#[patch("/api/v1/me")]
async fn change_me(
    caller: Caller,
    db: Data<Db>,
    clock: Data<Clock>,
    body: Body<MeChange>,
) -> ApiResult<Json<Me>> {
    caller.demand(Permission::AccountEdit)?;
    let change = body.0;
    let given = |text: &Option<Option<String>>| text.clone().flatten();
    user_accounts::check_texts(
        caller.role,
        given(&change.display_name).as_deref(),
        given(&change.email).as_deref(),
    )?;
    if change.email.is_some() {
        // Whoever changes it can have a new password sent there.
        caller.demand_confirmation(clock.now())?;
    }
    if let Some(Some(zone)) = &change.time_zone {
        TimeZone::from_json(&zone.as_str().into(), &())
            .map_err(|code| ApiError::invalid("/time_zone", code))?;
    }
    Ok(Json(db.change(move |conn| save(conn, &clock, &caller, change)).await?))
}

/// Changes one's own password; other sessions end.
#[utoipa::path(tag = "accounts", request_body = PasswordChange, responses((status = 204, description = "Changed")))]
#[put("/api/v1/me/password")]
async fn change_password(
    caller: Caller,
    services: (Data<Db>, Data<Clock>, Data<Passwords>, Data<crate::access::login_limits::LoginLimits>),
    body: Body<PasswordChange>,
) -> ApiResult<HttpResponse> {
    let (db, clock, passwords, limits) = services;
    caller.demand(Permission::AccountEdit)?;
    caller.person()?;
    // A stolen session must not be a way to guess the password.
    limits.take(&caller.username, caller.origin.ip.parse().ok())?;
    let id = caller.id.0.clone();
    let stored = db
        .run(move |conn| Ok(users::table.find(id).select(users::password_hash).first::<String>(conn)?))
        .await?;
    let PasswordChange { current, new } = body.0;
    if !passwords.verify(current.clone(), Some(stored.clone())).await? {
        return Err(ApiError::invalid("/current", InvalidCode::WrongPassword));
    }
    limits.give_back(&caller.username);
    if !password::is_acceptable(caller.role, &caller.username, &new) || new == current {
        return Err(ApiError::invalid("/new", InvalidCode::Password));
    }
    let hash = passwords.hash(new).await?;
    db.change(move |conn| {
        let changed = diesel::update(users::table.find(&caller.id.0))
            .filter(users::password_hash.eq(stored))
            .set(users::password_hash.eq(hash))
            .execute(conn)?;
        if changed == 0 {
            return Err(ApiError::new(ErrorCode::Conflict));
        }
        own_sessions::end_others(conn, &caller)?;
        second_factor_proof::forget_devices(conn, &caller.id.0)?;
        let entry = Entry { action: "change_password", target: &caller.username, ..Entry::about(&caller) };
        audit::record(conn, &clock, &(&caller).into(), entry)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct MeRow {
    language: Option<String>,
    theme: String,
    time_zone: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
    previous_login_at: Option<i64>,
}

/// The user as the panel shows them.
pub(super) fn read(conn: &mut Conn, caller: &Caller) -> ApiResult<Me> {
    let row: MeRow = users::table.find(&caller.id.0).select(MeRow::as_select()).first(conn)?;
    Ok(Me {
        id: caller.id.clone(),
        username: caller.username.clone(),
        role: caller.role,
        reseller: caller.reseller.clone(),
        domain: caller.domain.clone(),
        display_name: row.display_name,
        email: row.email,
        acted_by: caller
            .acted_by
            .as_ref()
            .map(|person| ActingPerson { username: person.username.clone(), role: person.role }),
        must_set_up_second_factor: caller.must_set_up_second_factor,
        permissions: Permission::ALL.into_iter().filter(|permission| caller.may(*permission)).collect(),
        language: row.language.and_then(|tag| Language::ALL.into_iter().find(|one| one.tag() == tag)),
        theme: match row.theme.as_str() {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        },
        time_zone: row.time_zone,
        last_login_at: row.previous_login_at.map(timestamp),
    })
}

#[derive(AsChangeset)]
#[diesel(table_name = users)]
struct MeColumns {
    language: Option<Option<String>>,
    theme: Option<&'static str>,
    time_zone: Option<Option<String>>,
    display_name: Option<Option<String>>,
    email: Option<Option<String>>,
}

fn save(conn: &mut Conn, clock: &Clock, caller: &Caller, change: MeChange) -> ApiResult<Me> {
    let before = read(conn, caller)?;
    let columns = MeColumns {
        language: change.language.map(|language| language.map(|language| language.tag().to_owned())),
        theme: change.theme.map(|theme| match theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }),
        time_zone: change.time_zone,
        display_name: change.display_name.map(|name| name.map(|name| name.trim().to_owned())),
        email: change.email,
    };
    match diesel::update(users::table.find(&caller.id.0)).set(&columns).execute(conn) {
        // Nothing to change.
        Ok(_) | Err(diesel::result::Error::QueryBuilderError(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let after = read(conn, caller)?;
    if after != before {
        let shown = |me: &Me| {
            serde_json::json!({
                "language": me.language, "theme": me.theme, "time_zone": me.time_zone,
                "display_name": me.display_name, "email": me.email,
            })
        };
        let entry = Entry {
            action: "change_me",
            target: &caller.username,
            from: Some(shown(&before)),
            to: Some(shown(&after)),
            ..Entry::about(caller)
        };
        audit::record(conn, clock, &caller.into(), entry)?;
    }
    Ok(after)
}
