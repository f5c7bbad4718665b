//! Somebody who calls the API: of a role, or nobody, or a node.

use crate::gateway::TestGateway;
use contract::{
    accounts::Session,
    endpoint::{Endpoint, Method, Operation},
    problem::Problem,
};
use reqwest::{Client, header::HeaderMap};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Somebody who calls the API.
#[derive(Clone)]
pub(crate) struct Actor {
    client: Client,
    api: String,
    token: Option<String>,
}

/// What the API answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; an error answer fails the test.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as problem details, which every error is.
    pub(crate) fn problem(&self) -> Problem {
        let problem: Problem = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} is no problem ({error}): {}", self.status, self.text()));
        assert_eq!(problem.status, self.status);
        assert_eq!(problem.code.status(), self.status);
        problem
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A client that keeps cookies.
pub(crate) fn client() -> Client {
    // A second installation of the provider is an error that changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().cookie_store(true).build().unwrap()
}

impl Actor {
    /// Nobody.
    pub(crate) fn guest(api: &str) -> Self {
        Self { client: client(), api: api.to_owned(), token: None }
    }

    /// Somebody with this password.
    pub(crate) async fn signed_in(api: &str, username: &str, password: &str) -> Self {
        let mut actor = Self::guest(api);
        let body = json!({ "username": username, "password": password });
        let answer = actor.send(&contract::accounts::CREATE_SESSION.operation, &[], "", Some(&body)).await;
        actor.token = Some(answer.json::<Session>().access_token);
        actor
    }

    /// The same caller with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The access token.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// Sends a request by its parts.
    pub(crate) async fn send(
        &self,
        operation: &Operation,
        path: &[&str],
        query: &str,
        body: Option<&Value>,
    ) -> Answer {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.send_raw(operation.method, &format!("{}{query}", operation.path_with(path)), body).await
    }

    /// Sends anything to any path.
    pub(crate) async fn send_raw(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        let method = match method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self.client.request(method, format!("{}{path}", self.api));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// Calls an operation with its types; an error answer fails the test.
    pub(crate) async fn call<Q: Serialize, B: Serialize, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<Q, B, A>,
        path: &[&str],
        query: &Q,
        body: &B,
    ) -> A {
        let answer = self.try_call(endpoint, path, query, body).await;
        if answer.body.is_empty() {
            return serde_json::from_value(Value::Null)
                .unwrap_or_else(|_| panic!("{}: no body", answer.status));
        }
        answer.json()
    }

    /// Calls an operation with its types, whatever the answer.
    pub(crate) async fn try_call<Q: Serialize, B: Serialize, A>(
        &self,
        endpoint: &Endpoint<Q, B, A>,
        path: &[&str],
        query: &Q,
        body: &B,
    ) -> Answer {
        let body = serde_json::to_value(body).unwrap();
        let query = query_text(&serde_json::to_value(query).unwrap());
        self.send(&endpoint.operation, path, &query, (!body.is_null()).then_some(&body)).await
    }
}

fn query_text(query: &Value) -> String {
    let Some(fields) = query.as_object().filter(|fields| !fields.is_empty()) else { return String::new() };
    let mut address = reqwest::Url::parse("http://query.invalid").unwrap();
    for (name, value) in fields {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        address.query_pairs_mut().append_pair(name, &value);
    }
    format!("?{}", address.query().unwrap())
}

impl TestGateway {
    /// The node's own token, for calls in its name.
    pub(crate) fn node_actor(&self) -> Actor {
        self.guest().with_token(&self.node_token)
    }
}
