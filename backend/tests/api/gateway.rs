//! A gateway of its own for each test: the API in this process on a fresh database, with a clock that stands.

use crate::name_server::NameServer;
use backend::{clock::Clock, config::Config, db::schema};
use diesel::{Connection, PgConnection, prelude::*};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use std::{future::Future, time::Duration};
use tests::sink::Sink;

/// When every test begins, in milliseconds since 1970.
pub(crate) const START: i64 = 1_790_000_000_000;
/// The password of everybody.
pub(crate) const PASSWORD: &str = "Kranich-9-fliegt";

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) running: backend::Running,
    pub(crate) clock: Clock,
    pub(crate) client: Client,
    /// Takes the panel's own mail.
    pub(crate) sink: Sink,
    /// Knows the mail servers of domains.
    pub(crate) name_server: NameServer,
    _data: tempfile::TempDir,
}

/// Somebody signed in.
pub(crate) struct Actor<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) token: String,
    pub(crate) cookie: String,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, body, text }
    }

    /// It is a problem document with that status and code.
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert!(!self.body["request_id"].as_str().unwrap().is_empty());
        self
    }

    /// It names that value and reason.
    pub(crate) fn names(&self, pointer: &str, code: &str) -> &Self {
        assert_eq!(self.body["errors"][0]["pointer"], pointer, "{}", self.text);
        assert_eq!(self.body["errors"][0]["code"], code, "{}", self.text);
        self
    }

    /// It has that status.
    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

fn fresh_postgres(server: &str) -> String {
    let name = format!("gatepost_test_{}", uuid());
    let mut connection = PgConnection::establish(server).unwrap();
    diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection).unwrap();
    let (before, query) = server.split_once('?').map_or((server, None), |(url, query)| (url, Some(query)));
    let base = before.rsplit_once('/').map_or(before, |(base, _)| base);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{base}/{name}{query}")
}

fn uuid() -> String {
    Clock::system().unique()
}

/// The database URLs that tests run on, each fresh.
pub(crate) fn databases(folder: &std::path::Path) -> Vec<String> {
    let file = format!("sqlite://{}", folder.join("gatepost.db").display());
    let server = std::env::var("GATEPOST_TEST_POSTGRES").ok().map(|server| fresh_postgres(&server));
    [Some(file), server].into_iter().flatten().collect()
}

impl Gateway {
    /// The letters that the panel has sent, once there are that many.
    pub(crate) async fn letters(&self, number: usize) -> Vec<tests::sink::Received> {
        for _ in 0..500 {
            let received = self.sink.received();
            if received.len() >= number {
                return received;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} letters came", self.sink.received().len());
    }

    async fn start(url: String, data: tempfile::TempDir, login_limits: &str) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = data.path().join("data").display().to_string();
        let sink = Sink::start(0).unwrap();
        let name_server = NameServer::start().await;
        let dns = name_server.address.to_string();
        let relay = format!("smtp://{}", sink.address());
        let config = Config::read(|name| match name {
            "GATEPOST_BASE_URL" => Some("http://panel.test".into()),
            "GATEPOST_SMTP_RELAY" => Some(relay.clone()),
            "GATEPOST_DNS" => Some(dns.clone()),
            "GATEPOST_LISTEN" => Some("127.0.0.1:0".into()),
            "GATEPOST_DATABASE_URL" => Some(url.clone()),
            "GATEPOST_DATA" => Some(folder.clone()),
            "GATEPOST_ROUTE_NETWORKS" => Some("127.0.0.0/8".into()),
            "GATEPOST_LOGIN_LIMITS" => Some(login_limits.into()),
            _ => None,
        });
        let clock = Clock::fixed(START);
        let running = backend::start(config.unwrap(), clock.clone()).await.unwrap();
        let gateway = Self { running, clock, client: Client::new(), sink, name_server, _data: data };
        gateway.populate().await;
        gateway
    }

    /// Two resellers, four domains (the last the administrators' own), and somebody of each role.
    async fn populate(&self) {
        let hash = backend::access::password::hash(PASSWORD).unwrap();
        let clock = self.clock.clone();
        let db = &self.running.services().db;
        db.change(move |conn| {
            use schema::{domains, resellers, routes};
            for slug in ["north", "south"] {
                diesel::insert_into(resellers::table)
                    .values((
                        resellers::slug.eq(slug),
                        resellers::name.eq(slug),
                        resellers::domain_limit.eq(3),
                        resellers::created_at.eq(START),
                    ))
                    .execute(conn)?;
            }
            for (number, (name, reseller_id)) in (1..).zip([
                ("a.test", Some(1_i64)),
                ("b.test", Some(1)),
                ("c.test", Some(2)),
                ("own.test", None),
            ]) {
                diesel::insert_into(domains::table)
                    .values((
                        domains::name.eq(name),
                        domains::reseller_id.eq(reseller_id),
                        domains::created_at.eq(START + number),
                    ))
                    .execute(conn)?;
                diesel::insert_into(routes::table)
                    .values((
                        routes::domain_id.eq(number),
                        routes::position.eq(0),
                        routes::host.eq("127.0.0.1"),
                        routes::port.eq(2525),
                    ))
                    .execute(conn)?;
            }
            add_users(conn, &clock, &hash)
        })
        .await
        .unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Answer {
        let request = self.client.post(self.url("/api/v1/sessions"));
        let body = json!({"username": username, "password": password});
        Answer::of(request.json(&body).send().await.unwrap()).await
    }

    /// Signs somebody in.
    pub(crate) async fn actor(&self, username: &str) -> Actor<'_> {
        let answer = self.sign_in(username, PASSWORD).await;
        answer.is(201);
        let token = answer.body["access_token"].as_str().unwrap().to_owned();
        Actor { gateway: self, token, cookie: cookies(&answer) }
    }

    /// Refreshes with a cookie.
    pub(crate) async fn refresh(&self, cookie: &str) -> Answer {
        let request = self.client.post(self.url("/api/v1/sessions/refresh")).header("cookie", cookie);
        Answer::of(request.send().await.unwrap()).await
    }

    /// The policy's revision now.
    pub(crate) async fn revision(&self) -> i64 {
        let db = &self.running.services().db;
        db.run(|conn| {
            use schema::policy_revision;
            Ok(policy_revision::table.select(policy_revision::revision).first(conn)?)
        })
        .await
        .unwrap()
    }
}

/// The cookies that an answer sets, as a browser sends them back.
pub(crate) fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter();
    let pairs: Vec<_> =
        set.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
    pairs.join("; ")
}

impl Actor<'_> {
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let method: Method = method.parse().unwrap();
        let mut request =
            self.gateway.client.request(method, self.gateway.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }
}

/// Runs a situation on each database.
pub(crate) async fn on_each<F: Future<Output = Gateway>>(situation: impl Fn(Gateway) -> F) {
    with_limits("off", situation).await;
}

/// The same with the limits of sign-ins as given.
pub(crate) async fn with_limits<F: Future<Output = Gateway>>(limits: &str, situation: impl Fn(Gateway) -> F) {
    let folder = tempfile::tempdir().unwrap();
    for url in databases(folder.path()) {
        let gateway = Gateway::start(url, tempfile::tempdir().unwrap(), limits).await;
        situation(gateway).await.running.stop().await;
    }
}

fn add_users(conn: &mut backend::db::Conn, clock: &Clock, hash: &str) -> backend::error::ApiResult<()> {
    use schema::users;
    for (username, role, reseller_id, domain_id) in [
        ("root", "administrator", None, None),
        ("north", "reseller", Some(1_i64), None),
        ("south", "reseller", Some(2), None),
        ("dom-a", "domain", None, Some(1_i64)),
        ("dom-c", "domain", None, Some(3)),
        ("anna@a.test", "email", None, Some(1)),
        ("carl@c.test", "email", None, Some(3)),
    ] {
        diesel::insert_into(users::table)
            .values((
                users::id.eq(format!("usr_{}", clock.unique())),
                users::username.eq(username),
                users::role.eq(role),
                users::reseller_id.eq(reseller_id),
                users::domain_id.eq(domain_id),
                users::password_hash.eq(hash),
                users::is_active.eq(true),
                users::theme.eq("system"),
                users::created_at.eq(START),
            ))
            .execute(conn)?;
    }
    Ok(())
}
