//! The API tokens of the signed-in user (P21). What a token may is said by [`crate::access::credential`]; making one,
//! changing one and giving it a new secret need a person who has just shown their password.

use super::api_token_store::{self as store, Checked};
use crate::{
    access::{Caller, token},
    audit::{self, Entry},
    clock::Clock,
    csv_list,
    db::{Conn, Db},
    error::{ApiError, ApiResult},
    etag::{self, IfMatch},
    input::{Body, NoParams, Params},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    patch, post,
    web::{Data, Json, Path},
};
use contract::{
    page::Page,
    permission::Permission,
    tokens::{ApiToken, ApiTokenChange, ApiTokenQuery, ApiTokenSecret, NewApiToken},
};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

type Services = (Data<Db>, Data<Clock>);

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_api_tokens)
        .service(add_api_token)
        .service(get_api_token)
        .service(change_api_token)
        .service(rotate_api_token)
        .service(remove_api_token);
}

/// One's own tokens, the latest first.
#[utoipa::path(tag = "api_tokens", params(ApiTokenQuery), responses((status = 200, description = "A page of tokens; with `Accept: text/csv` the whole list", content((Page<ApiToken> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/api-tokens")]
async fn list_api_tokens(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    query: Params<ApiTokenQuery>,
) -> ApiResult<HttpResponse> {
    caller.demand(Permission::ApiTokensEdit)?;
    let page = store::page_of(query.0.limit, query.0.cursor.as_deref())?;
    let user = caller.id.0;
    if csv_list::is_wanted(&request) {
        return Ok(csv_list::stream(db, "api-tokens", move |conn, cursor| {
            store::list(conn, &user, &store::page_of(csv_list::PAGE, cursor)?)
        }));
    }
    let found = db.run(move |conn| store::list(conn, &user, &page)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Makes a token. Its secret is shown only now.
///
/// Needs a session that was just opened or confirmed: a token makes no tokens.
#[utoipa::path(tag = "api_tokens", request_body = NewApiToken, responses((status = 201, body = ApiTokenSecret, description = "Made")))]
#[post("/api/v1/api-tokens")]
async fn add_api_token(
    caller: Caller,
    services: Services,
    body: Body<NewApiToken>,
) -> ApiResult<HttpResponse> {
    let (db, clock) = services;
    demand_owner(&caller, &clock)?;
    let secret = token::new_api_token()?;
    let shown = secret.clone();
    let token = db
        .change(move |conn| {
            let new = Checked::new(conn, &caller, body.0, clock.now())?;
            let token = store::insert(conn, &clock, &caller, &new, &secret)?;
            record(conn, &clock, &caller, "add_api_token", (None, Some(&token)))?;
            Ok(token)
        })
        .await?;
    Ok(HttpResponse::Created().json(ApiTokenSecret { token, secret: shown }))
}

/// One token.
#[utoipa::path(tag = "api_tokens", params(("token" = String, Path, description = "The token's id")), responses((status = 200, body = ApiToken, description = "The token")))]
#[get("/api/v1/api-tokens/{token}")]
async fn get_api_token(
    caller: Caller,
    path: Path<String>,
    db: Data<Db>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    caller.demand(Permission::ApiTokensEdit)?;
    let token = db.run(move |conn| store::find(conn, &caller, &path)).await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&token)?)).json(token))
}

/// Changes a token.
///
/// Needs a session that was just opened or confirmed.
#[utoipa::path(tag = "api_tokens", params(("token" = String, Path, description = "The token's id")), request_body = ApiTokenChange, responses((status = 200, body = ApiToken, description = "Changed")))]
#[patch("/api/v1/api-tokens/{token}")]
async fn change_api_token(
    request: HttpRequest,
    caller: Caller,
    path: Path<String>,
    services: Services,
    body: Body<ApiTokenChange>,
) -> ApiResult<HttpResponse> {
    let (db, clock) = services;
    demand_owner(&caller, &clock)?;
    let wanted = IfMatch::of(&request);
    let token = db
        .change(move |conn| {
            let before = store::find(conn, &caller, &path)?;
            wanted.check(&before)?;
            let new = Checked::changed(&caller, &before, body.0, clock.now())?;
            store::update(conn, &path, &new)?;
            let after = store::find(conn, &caller, &path)?;
            if after != before {
                record(conn, &clock, &caller, "change_api_token", (Some(&before), Some(&after)))?;
            }
            Ok(after)
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&token)?)).json(token))
}

/// Gives a token a new secret; the old one is worth nothing any more.
///
/// Needs a session that was just opened or confirmed.
#[utoipa::path(tag = "api_tokens", params(("token" = String, Path, description = "The token's id")), responses((status = 200, body = ApiTokenSecret, description = "The new secret, shown only now")))]
#[post("/api/v1/api-tokens/{token}/rotate")]
async fn rotate_api_token(
    caller: Caller,
    path: Path<String>,
    services: Services,
) -> ApiResult<Json<ApiTokenSecret>> {
    let (db, clock) = services;
    demand_owner(&caller, &clock)?;
    let secret = token::new_api_token()?;
    let shown = secret.clone();
    let token = db
        .change(move |conn| {
            let before = store::find(conn, &caller, &path)?;
            store::replace_secret(conn, &path, &secret)?;
            let after = store::find(conn, &caller, &path)?;
            record(conn, &clock, &caller, "rotate_api_token", (Some(&before), Some(&after)))?;
            Ok(after)
        })
        .await?;
    Ok(Json(ApiTokenSecret { token, secret: shown }))
}

/// Ends a token.
#[utoipa::path(tag = "api_tokens", params(("token" = String, Path, description = "The token's id")), responses((status = 204, description = "Ended")))]
#[delete("/api/v1/api-tokens/{token}")]
async fn remove_api_token(
    caller: Caller,
    path: Path<String>,
    services: Services,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock) = services;
    caller.demand(Permission::ApiTokensEdit)?;
    db.change(move |conn| {
        let before = store::find(conn, &caller, &path)?;
        store::remove(conn, &path)?;
        record(conn, &clock, &caller, "remove_api_token", (Some(&before), None))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Only somebody who has just shown their password gives a way in.
fn demand_owner(caller: &Caller, clock: &Clock) -> ApiResult<()> {
    caller.demand(Permission::ApiTokensEdit)?;
    caller.demand_confirmation(clock.now())
}

fn record(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    action: &str,
    (before, after): (Option<&ApiToken>, Option<&ApiToken>),
) -> ApiResult<()> {
    // When it was used is no change of anybody's.
    let told = |token: &ApiToken| -> ApiResult<Value> {
        let quiet = ApiToken { last_used_at: None, last_used_ip: None, ..token.clone() };
        serde_json::to_value(quiet).map_err(ApiError::internal)
    };
    let target = after.or(before).map(|token| token.id.0.as_str()).unwrap_or_default();
    let (from, to) = (before.map(told).transpose()?, after.map(told).transpose()?);
    let entry = Entry { action, target, from, to, ..Entry::about(caller) };
    audit::record(conn, clock, &caller.into(), entry)
}
