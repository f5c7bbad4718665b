//! The HTML of a held message in a sandboxed frame (ux.md §3.17): a signed address for a few minutes, and what it
//! shows. The document loads nothing and runs nothing: its own policy says so, whatever the cleaner let through.

use super::{
    message_html::escape,
    quarantine::{open, read},
};
use crate::{
    access::{self, Caller, Origin, token::Tokens},
    clock::Clock,
    db::Db,
    error::{ApiError, ApiResult},
    storage::Storage,
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    post,
    web::{self, Data, Path},
};
use contract::{ids::SessionId, messages::Preview};
use utoipa_actix_web::service_config::ServiceConfig;

/// What the browser may do with the document.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src 'none'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
/// The look of the document, and of the elements that the cleaner renamed.
const STYLE: &str = "body{margin:12px;background:#fff;color:#111;font:14px/1.5 system-ui,sans-serif;\
     overflow-wrap:anywhere}img{max-width:100%}table{max-width:100%}x-a{text-decoration:underline}\
     x-b,x-strong{font-weight:bold}x-i,x-em{font-style:italic}x-u{text-decoration:underline}\
     x-s,x-strike{text-decoration:line-through}x-code,x-tt{font-family:monospace}x-small{font-size:smaller}\
     x-big{font-size:larger}.target{color:#555;font-size:smaller}";

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create_preview);
}

/// The address itself, which is no operation of the API.
pub(crate) fn pages(config: &mut web::ServiceConfig) {
    config.service(show);
}

/// Makes an address where the HTML of the message can be shown safely (QUA-18).
#[utoipa::path(tag = "quarantine", params(("domain" = String, Path, description = "The domain"), ("id" = i64, Path, description = "The message")), responses((status = 200, body = Preview, description = "The address")))]
#[post("/api/v1/domains/{domain}/quarantine/{id}/preview")]
async fn create_preview(
    caller: Caller,
    path: Path<(String, i64)>,
    db: Data<Db>,
    clock: Data<Clock>,
    tokens: Data<Tokens>,
) -> ApiResult<HttpResponse> {
    let (domain, id) = path.into_inner();
    let now = clock.now();
    let session = caller.session()?.0.clone();
    let message = format!("{id}/{domain}");
    db.change(move |conn| open(conn, &caller, &clock, (&domain, id), "create_preview")).await?;
    let token = tokens.issue_preview(&message, &session, now)?;
    Ok(HttpResponse::Ok().json(Preview { url: format!("/preview/{token}") }))
}

/// Shows the message of an address, to its session's user while the session is open. Audited like every look.
#[get("/preview/{token}")]
async fn show(
    request: HttpRequest,
    path: Path<String>,
    services: (Data<Db>, Data<Clock>, Data<Tokens>, Data<Storage>),
) -> ApiResult<HttpResponse> {
    let (db, clock, tokens, storage) = services;
    let now = clock.now();
    let claims = tokens.verify_preview(&path, now)?;
    let origin = Origin::of(&request);
    let row = db
        .change(move |conn| {
            let (id, domain) = claims.sub.split_once('/').ok_or_else(ApiError::not_found)?;
            let id = id.parse().map_err(|_| ApiError::not_found())?;
            let caller = access::find_caller(conn, &SessionId(claims.sid), now, origin)?;
            open(conn, &caller, &clock, (domain, id), "show_preview")
        })
        .await?;
    let title = escape(&row.subject);
    let clean = read(&storage, &row, super::message_content::MessageContent::clean_html).await?;
    let page = format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\
         <body>{}</body></html>",
        clean.html
    );
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(page))
}
