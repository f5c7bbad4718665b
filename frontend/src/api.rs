//! Calls of the API: typed by the contract, signed in by a token that lives in memory only. When the token is
//! over, it is refreshed once by the cookie; when that fails, the session is over.

use crate::{confirmation, connection, i18n, session};
use contract::{
    accounts::{REFRESH_SESSION, Session},
    endpoint::{Access, Endpoint, Method, Operation},
    problem::{ErrorCode, Problem},
};
use gloo_net::http::{Request, RequestBuilder, Response};
use leptos::prelude::untrack;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

thread_local! {
    static TOKEN: RefCell<Option<String>> = const { RefCell::new(None) };
    static REFRESH: RefCell<Option<js_sys::Promise>> = const { RefCell::new(None) };
}

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub enum ApiError {
    /// The server refuses, and says why.
    Refused(Box<Problem>),
    /// There is no answer.
    Offline,
    /// The answer cannot be read.
    Unreadable,
    /// The panel is only looked at, through the eyes of a role.
    Preview,
}

impl ApiError {
    /// The error in the reader's words.
    pub fn text(&self) -> String {
        match self {
            Self::Refused(problem) => match problem.errors.first() {
                Some(first) if problem.errors.len() == 1 => {
                    i18n::t(&format!("invalid.{}", first.code.name()))
                }
                _ => i18n::t(&format!("error.{}", problem.code.name())),
            },
            Self::Offline => i18n::t("panel.offline"),
            Self::Unreadable => i18n::t("panel.unreadable"),
            Self::Preview => i18n::t("preview.read_only"),
        }
    }

    /// What kind of error it is, if the server said it.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(problem) => Some(problem.code),
            _ => None,
        }
    }

    /// The request's id, for support.
    pub fn request_id(&self) -> Option<String> {
        match self {
            Self::Refused(problem) => Some(problem.request_id.clone()),
            _ => None,
        }
    }

    /// Whether it is a fault of the server, which support wants to know of.
    pub fn is_fault(&self) -> bool {
        self.code() == Some(ErrorCode::Internal)
    }
}

/// How often a call is tried again.
const TRIES: u32 = 2;

/// What a call brings.
#[derive(Clone, Copy)]
enum Content<'a> {
    Nothing,
    Json(&'a Value),
    /// With its media type.
    File(&'a str, &'a web_sys::File),
}

/// Takes the token of a fresh session, or forgets it.
pub fn set_token(token: Option<String>) {
    TOKEN.with(|known| *known.borrow_mut() = token);
}

/// Calls an operation; `values` fill the places of its path.
pub async fn call<Q: Serialize, B: Serialize, A: DeserializeOwned>(
    endpoint: &Endpoint<Q, B, A>,
    values: &[&str],
    query: &Q,
    body: &B,
) -> Result<A, ApiError> {
    let has_body = matches!(endpoint.operation.method, Method::Post | Method::Put | Method::Patch);
    let body = has_body.then(|| serde_json::to_value(body).unwrap_or(Value::Null));
    let text = text_of(&endpoint.operation, values, fields(query), body).await?;
    serde_json::from_str(&text).map_err(|_| ApiError::Unreadable)
}

/// The text of an answer, `null` where there is none. Not generic, as everything below it: the types of the contract
/// are many.
async fn text_of(
    operation: &Operation,
    values: &[&str],
    query: Vec<(String, String)>,
    body: Option<Value>,
) -> Result<String, ApiError> {
    let content = body.as_ref().map_or(Content::Nothing, Content::Json);
    let answer = send(operation, values, &query, content, None).await?;
    let text = answer.text().await.map_err(|_| ApiError::Offline)?;
    Ok(if text.is_empty() { "null".to_owned() } else { text })
}

/// Sends a file.
pub async fn upload<Q: Serialize, A: DeserializeOwned>(
    endpoint: &Endpoint<Q, (), A>,
    values: &[&str],
    query: &Q,
    (media_type, file): (&str, &web_sys::File),
) -> Result<A, ApiError> {
    let content = Content::File(media_type, file);
    read(send(&endpoint.operation, values, &fields(query), content, None).await?).await
}

/// Reads an operation's answer as octets.
pub async fn download<Q: Serialize, B, A>(
    endpoint: &Endpoint<Q, B, A>,
    values: &[&str],
    query: &Q,
) -> Result<Vec<u8>, ApiError> {
    let answer = send(&endpoint.operation, values, &fields(query), Content::Nothing, None).await?;
    answer.binary().await.map_err(|_| ApiError::Offline)
}

/// Reads a whole list as CSV, to be saved.
pub async fn csv<Q: Serialize, B, A>(
    endpoint: &Endpoint<Q, B, A>,
    values: &[&str],
    query: &Q,
) -> Result<Vec<u8>, ApiError> {
    let answer =
        send(&endpoint.operation, values, &fields(query), Content::Nothing, Some("text/csv")).await?;
    answer.binary().await.map_err(|_| ApiError::Offline)
}

/// Gets a fresh token by the refresh cookie.
pub async fn refresh() -> Result<Session, ApiError> {
    let answer = patiently(&REFRESH_SESSION.operation, &[], &[], Content::Nothing, None).await?;
    let session: Session = read(answer).await?;
    set_token(Some(session.access_token.clone()));
    Ok(session)
}

/// Gets a fresh token once for all calls that wait for one: the cookie is good for one refresh only.
async fn refresh_together() -> bool {
    let running = REFRESH.with(|refresh| refresh.borrow().clone());
    let running = running.unwrap_or_else(|| {
        let promise = future_to_promise(async {
            let fresh = refresh().await;
            if let Ok(session) = &fresh {
                session::refreshed(&session.me);
            }
            let is_fresh = fresh.is_ok();
            REFRESH.with(|refresh| refresh.borrow_mut().take());
            Ok(JsValue::from_bool(is_fresh))
        });
        REFRESH.with(|refresh| *refresh.borrow_mut() = Some(promise.clone()));
        promise
    });
    JsFuture::from(running).await.is_ok_and(|answer| answer.is_truthy())
}

async fn read<A: DeserializeOwned>(answer: Response) -> Result<A, ApiError> {
    answer.json().await.map_err(|_| ApiError::Unreadable)
}

async fn send(
    operation: &Operation,
    values: &[&str],
    query: &[(String, String)],
    content: Content<'_>,
    accept: Option<&str>,
) -> Result<Response, ApiError> {
    if operation.method != Method::Get && untrack(session::previewed).is_some() {
        return Err(ApiError::Preview);
    }
    let first = patiently(operation, values, query, content, accept).await;
    match first {
        Err(error) if error.code() == Some(ErrorCode::NotSignedIn) => {
            if refresh_together().await {
                return patiently(operation, values, query, content, accept).await;
            }
            session::ended();
            Err(error)
        }
        Err(error) if error.code() == Some(ErrorCode::ConfirmationNeeded) => {
            if confirmation::ask().await {
                return patiently(operation, values, query, content, accept).await;
            }
            Err(error)
        }
        other => other,
    }
}

/// Asks again where that is right: after the time that the server asks for, and, where something is only read, when
/// there was no answer or the server stumbled.
async fn patiently(
    operation: &Operation,
    values: &[&str],
    query: &[(String, String)],
    content: Content<'_>,
    accept: Option<&str>,
) -> Result<Response, ApiError> {
    let mut tries = 0;
    loop {
        let Failure { error, retry_after } = match once(operation, values, query, content, accept).await {
            Ok(answer) => {
                connection::found();
                return Ok(answer);
            }
            Err(failure) => failure,
        };
        let is_last = tries == TRIES;
        let may_wait = operation.access != Access::Public && error.code() == Some(ErrorCode::TooManyRequests);
        let is_read = operation.method == Method::Get && (error == ApiError::Offline || error.is_fault());
        match retry_after {
            Some(seconds) if may_wait && !is_last => connection::wait(seconds).await,
            _ if is_read && !is_last => connection::short_pause(tries).await,
            _ if error == ApiError::Offline => {
                connection::lost();
                return Err(error);
            }
            _ => return Err(error),
        }
        tries += 1;
    }
}

/// Why a call did not succeed, and after how many seconds it may be tried again.
struct Failure {
    error: ApiError,
    retry_after: Option<u32>,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { error, retry_after: None }
    }
}

async fn once(
    operation: &Operation,
    values: &[&str],
    query: &[(String, String)],
    content: Content<'_>,
    accept: Option<&str>,
) -> Result<Response, Failure> {
    let path = operation.path_with(values);
    let builder: RequestBuilder = match operation.method {
        Method::Get => Request::get(&path),
        Method::Post => Request::post(&path),
        Method::Put => Request::put(&path),
        Method::Patch => Request::patch(&path),
        Method::Delete => Request::delete(&path),
    };
    let mut builder = builder
        .query(query.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .header("accept", accept.unwrap_or("application/json"))
        .header("accept-language", i18n::language().tag());
    if let Some(token) = TOKEN.with(|token| token.borrow().clone()) {
        builder = builder.header("authorization", &format!("Bearer {token}"));
    }
    let sent = match content {
        Content::Json(body) if !body.is_null() => {
            builder.json(body).map_err(|_| ApiError::Unreadable)?.send().await
        }
        Content::File(media_type, file) => {
            let builder = builder.header("content-type", media_type);
            builder.body(file).map_err(|_| ApiError::Unreadable)?.send().await
        }
        Content::Json(_) | Content::Nothing => builder.send().await,
    };
    let answer = sent.map_err(|_| ApiError::Offline)?;
    if answer.ok() {
        return Ok(answer);
    }
    let retry_after = answer.headers().get("retry-after").and_then(|text| text.parse().ok());
    let problem: Problem = read(answer).await?;
    let retry_after = retry_after.filter(|seconds| *seconds <= connection::LONGEST_WAIT);
    Err(Failure { error: ApiError::Refused(Box::new(problem)), retry_after })
}

fn fields<Q: Serialize>(query: &Q) -> Vec<(String, String)> {
    fields_of(serde_json::to_value(query).unwrap_or_default())
}

fn fields_of(query: Value) -> Vec<(String, String)> {
    let Value::Object(fields) = query else { return Vec::new() };
    let texts = fields.into_iter().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) => Some((name, text)),
        other => Some((name, other.to_string())),
    });
    texts.collect()
}
