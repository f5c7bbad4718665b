//! The node's side of the API: typed calls over the contract's endpoints, signed in by the node's token.

use crate::config::{Config, Token};
use bytes::Bytes;
use contract::{
    endpoint::{Endpoint, Method},
    problem::{ErrorCode, Problem},
};
use reqwest::{Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// The longest that the API keeps a question open, and then some for the way.
const PATIENCE: Duration = Duration::from_secs(45);
const CONNECT: Duration = Duration::from_secs(5);
/// Octets of a message that a slow line takes in a second.
const SLOW_LINE: u64 = 256 * 1024;

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// There is no connection to the API.
    #[error("the API cannot be reached: {0}")]
    Away(String),
    /// The connection broke, or there was no answer in time.
    #[error("the API did not answer: {0}")]
    Broken(String),
    /// An answer that is not of the contract, as from a proxy in between.
    #[error("the API answered {0}")]
    Answered(StatusCode),
    /// The API refuses the call, and would again.
    #[error("the API refuses: {} ({})", .0.title, .0.detail)]
    Refused(Box<Problem>),
    /// The answer is not of the contract.
    #[error("the API's answer cannot be read: {0}")]
    Unreadable(String),
}

impl ApiError {
    /// Whether the same call can succeed later without anything having been changed in it.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Away(_) | Self::Broken(_) | Self::Answered(_) | Self::Unreadable(_) => true,
            Self::Refused(problem) => matches!(
                problem.code,
                ErrorCode::NotSignedIn
                    | ErrorCode::Conflict
                    | ErrorCode::TooManyRequests
                    | ErrorCode::Unavailable
                    | ErrorCode::Internal
            ),
        }
    }

    /// Whether the API works, and did not take what this call had to say; another call may well succeed.
    pub fn is_about_content(&self) -> bool {
        let status = match self {
            Self::Away(_) | Self::Broken(_) | Self::Unreadable(_) => return false,
            Self::Answered(status) => status.as_u16(),
            Self::Refused(problem) => problem.code.status(),
        };
        !matches!(status, 401 | 429 | 502..=504)
    }
}

impl From<reqwest::Error> for ApiError {
    fn from(error: reqwest::Error) -> Self {
        let text = with_causes(&error);
        if error.is_connect() { Self::Away(text) } else { Self::Broken(text) }
    }
}

/// An error in one line with what caused it.
fn with_causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", with_causes(cause)),
        None => error.to_string(),
    }
}

/// A connection to the API.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    token: Token,
    client: reqwest::Client,
}

impl Api {
    /// The API of this configuration.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(config: &Config) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("gatepost-node/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            .no_proxy()
            .build()?;
        Ok(Self { base: config.api.clone(), token: config.token.clone(), client })
    }

    /// Calls an operation; `values` fill its path.
    ///
    /// # Errors
    /// When the API is away, refuses, or answers what is not of the contract.
    pub async fn call<Q: Serialize, B: Serialize, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<Q, B, A>,
        values: &[&str],
        query: &Q,
        body: &B,
    ) -> Result<A, ApiError> {
        let has_body = matches!(endpoint.operation.method, Method::Post | Method::Put | Method::Patch);
        let request = self.request(endpoint, values, query)?;
        let request = if has_body { request.json(body) } else { request };
        let answer = accepted(request.send().await).await?;
        let octets = answer.bytes().await?;
        let octets: &[u8] = if octets.is_empty() { b"null" } else { &octets };
        serde_json::from_slice(octets).map_err(|error| ApiError::Unreadable(error.to_string()))
    }

    /// Sends a message's octets, so many of them, as the body of an operation.
    ///
    /// # Errors
    /// As [`Api::call`].
    pub async fn send_message(
        &self,
        endpoint: &Endpoint<(), (), ()>,
        values: &[&str],
        (body, size): (reqwest::Body, u64),
    ) -> Result<(), ApiError> {
        let request = self.request(endpoint, values, &())?.header(header::CONTENT_TYPE, "message/rfc822");
        let time = PATIENCE + Duration::from_secs(size / SLOW_LINE);
        let sent = request.timeout(time).body(body).send().await;
        accepted(sent).await.map(drop)
    }

    /// Receives a message's octets, piece by piece.
    ///
    /// # Errors
    /// As [`Api::call`]; later pieces may fail as well.
    pub async fn receive_message(
        &self,
        endpoint: &Endpoint<(), (), ()>,
        values: &[&str],
    ) -> Result<MessageStream, ApiError> {
        let request = self.request(endpoint, values, &())?.timeout(Duration::from_secs(600));
        accepted(request.send().await).await.map(MessageStream)
    }

    fn request<Q: Serialize, B, A>(
        &self,
        endpoint: &Endpoint<Q, B, A>,
        values: &[&str],
        query: &Q,
    ) -> Result<reqwest::RequestBuilder, ApiError> {
        let operation = &endpoint.operation;
        let method = match operation.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let address = format!("{}{}{}", self.base, operation.path_with(values), query_string(query));
        Ok(self.client.request(method, address).bearer_auth(&self.token.0))
    }
}

/// The query of the node's own operations: numbers and words, which need no encoding.
fn query_string<Q: Serialize>(query: &Q) -> String {
    let fields = match serde_json::to_value(query) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => return String::new(),
    };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| match value {
            serde_json::Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

async fn accepted(sent: Result<Response, reqwest::Error>) -> Result<Response, ApiError> {
    let answer = sent?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = answer.bytes().await.unwrap_or_default();
    match serde_json::from_slice::<Problem>(&text) {
        Ok(problem) => Err(ApiError::Refused(Box::new(problem))),
        Err(_) => Err(ApiError::Answered(status)),
    }
}

/// A message on its way to us.
#[derive(Debug)]
pub struct MessageStream(Response);

impl MessageStream {
    /// The next piece; None at the end.
    ///
    /// # Errors
    /// When the connection breaks: what came so far is not the whole.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        Ok(self.0.chunk().await?)
    }
}
