//! What every answer has: its request id, the security headers, an error as a problem document, a line in the log
//! and its place in the measures. It never looks into bodies.

use crate::{
    app::RequestId,
    clock::Clock,
    dry_run,
    error::{ApiError, ApiResult},
    health::Metrics,
    rate_limits,
};
use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use contract::{
    language::Language,
    problem::{ErrorCode, InvalidCode},
};
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the browser may do with an answer that does not say so itself: nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What the page of the API's description may do: its own scripts, and requests to us.
const DOCS: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers that every answer has, unless it has its own. An answer that a feature made for a frame of the panel
/// sets its own policy.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, NOTHING),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// Gives the request its id, and the answer its headers, its line in the log and its place in the measures.
pub async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = given_id(request.headers()).unwrap_or_else(|| format!("req_{}", Clock::system().unique()));
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let mut answer = next.call(request).await?.map_into_boxed_body();
    let pattern = answer.request().match_pattern().unwrap_or_else(|| "other".to_owned());
    let path = answer.request().path().to_owned();
    let status = answer.status();
    let asked = answer.request().clone();
    let headers = answer.headers_mut();
    rate_limits::tell(&asked, headers);
    if path.starts_with("/api/docs/") {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS));
    }
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if path.starts_with("/api/") && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    let elapsed = started.elapsed();
    if let Some(metrics) = answer.request().app_data::<Data<Metrics>>() {
        metrics.answered(method.as_str(), &pattern, status.as_u16(), elapsed);
    }
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    // Debug formatting escapes whatever controls a path could carry.
    tracing::info!(%method, path = ?path, status = status.as_u16(), milliseconds, request_id = %id, "answered");
    Ok(answer)
}

/// A client's own request id, if it is short and plain.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    (is_plain && (1..=64).contains(&id.len())).then(|| id.to_owned())
}

/// Writes an error as a problem document (RFC 9457).
pub async fn answer(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_trial = dry_run::is_wanted(&mut request);
    let answer = match refuse_query(&request) {
        Ok(()) if is_trial => {
            let mut answer = dry_run::within(next.call(request)).await?.map_into_boxed_body();
            let name = HeaderName::from_static(dry_run::HEADER);
            answer.headers_mut().insert(name, HeaderValue::from_static("true"));
            answer
        }
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(error) => request.error_response(error),
    };
    if let Some(error) = answer.response().error() {
        let document = match error.as_error::<ApiError>() {
            Some(error) => document(answer.request(), error),
            None => document(answer.request(), &foreign(answer.status())),
        };
        return Ok(answer.into_response(document));
    }
    let is_bare = answer.status().is_client_error() && !answer.headers().contains_key(header::CONTENT_TYPE);
    if is_bare && answer.request().path().starts_with("/api/") {
        let document = document(answer.request(), &foreign(answer.status()));
        return Ok(answer.into_response(document));
    }
    Ok(answer)
}

/// Operations other than lists take no query; those that do read it themselves and strictly. A NUL stands in no
/// name of ours.
fn refuse_query(request: &ServiceRequest) -> ApiResult<()> {
    let has_nul = |text: &str| text.contains("%00") || text.contains('\0');
    if has_nul(request.path()) || has_nul(request.query_string()) || has_nul(request.uri().path()) {
        return Err(ApiError::because(ErrorCode::BadRequest, "the address has a NUL character"));
    }
    let reads_query = matches!(*request.method(), Method::GET | Method::DELETE | Method::HEAD);
    let is_import = request.path().ends_with("/import");
    if reads_query
        || is_import
        || request.query_string().is_empty()
        || !request.path().starts_with("/api/v1/")
    {
        return Ok(());
    }
    let name = request.query_string().split(['=', '&']).next().unwrap_or_default();
    let fields = vec![(format!("?{name}"), InvalidCode::UnknownField)];
    Err(ApiError { fields, ..ApiError::new(ErrorCode::BadRequest) })
}

/// An error of the framework: a path that is no UTF-8, a method that is not there.
fn foreign(status: StatusCode) -> ApiError {
    ApiError::new(match status.as_u16() {
        404 => ErrorCode::NotFound,
        405 => ErrorCode::MethodNotAllowed,
        413 => ErrorCode::TooLarge,
        415 => ErrorCode::UnsupportedMediaType,
        400..500 => ErrorCode::BadRequest,
        503 => ErrorCode::Unavailable,
        _ => ErrorCode::Internal,
    })
}

/// The problem document of an error.
pub(crate) fn document(request: &HttpRequest, error: &ApiError) -> HttpResponse {
    let language = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = Language::accepted(language.unwrap_or_default());
    let problem = error.problem(request.path(), &RequestId::of(request), language);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/problem+json");
    answer.insert_header((header::CONTENT_LANGUAGE, language.tag()));
    if let Some(seconds) = error.retry_after {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    if let Some(methods) = &error.allow {
        answer.insert_header((header::ALLOW, methods.as_str()));
    }
    if error.code == ErrorCode::NotSignedIn {
        answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"gatepost\""));
    }
    answer.body(serde_json::to_vec(&problem).unwrap_or_default())
}
