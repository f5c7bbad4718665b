//! How fast the API answers an installation of 10,000 domains and 100,000 users: the half and the 99th part of the
//! times of the operations that are used most, on SQLite and, where `GATEPOST_TEST_POSTGRES` names a server, on
//! PostgreSQL. Run by `cargo xtask bench control`.
#![expect(clippy::print_stdout, reason = "this is what it is for")]

use anyhow::{Context, Result, ensure};
use backend::{Running, clock::Clock, config::Config};
use diesel::{Connection, PgConnection, RunQueryDsl, connection::SimpleConnection, sql_query};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Lets PostgreSQL number the next rows after these.
const NUMBERING: &str = "
SELECT setval(pg_get_serial_sequence('resellers', 'id'), 100);
SELECT setval(pg_get_serial_sequence('domains', 'id'), 10000);
";

/// Times that each operation is called, after some that are not counted.
const CALLS: usize = 100;
const WARM: usize = 5;
const PASSWORD: &str = "Kranich-9-fliegt";

/// The statements that fill the tables, in the dialect that both databases share.
const ROWS: &str = "
INSERT INTO resellers (id, slug, name, domain_limit, created_at, is_suspended)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
  SELECT i, 'reseller-' || i, 'Reseller ' || i, 0, 1790000000000, FALSE FROM n;
INSERT INTO domains (id, name, reseller_id, created_at, is_suspended)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
  SELECT i, 'domain-' || i || '.example', i % 100 + 1, 1790000000000 + i, FALSE FROM n;
INSERT INTO routes (domain_id, position, host, port)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
  SELECT i, 0, 'mx' || i % 50 || '.example.net', 25 FROM n;
INSERT INTO users (id, username, role, domain_id, password_hash, is_active, theme, created_at)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
  SELECT 'usr_many_' || i, 'user-' || i || '@domain-' || (i % 10000 + 1) || '.example', 'email', i % 10000 + 1,
    '{hash}', TRUE, 'system', 1790000000000 + i FROM n;
INSERT INTO users (id, username, role, reseller_id, password_hash, is_active, theme, created_at) VALUES
  ('usr_root', 'root', 'administrator', NULL, '{hash}', TRUE, 'system', 1790000000000),
  ('usr_seven', 'seven', 'reseller', 7, '{hash}', TRUE, 'system', 1790000000000);
INSERT INTO settings (level, scope_id, mailbox, key, value)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  SELECT 'domain', i, '', 'domain.log_days', '5' FROM n;
ANALYZE;
";

/// An operation as somebody calls it: by whom, how, what.
struct Operation {
    actor: &'static str,
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
}

const fn get(actor: &'static str, path: &'static str) -> Operation {
    Operation { actor, method: "GET", path, body: None }
}

fn operations() -> Vec<Operation> {
    let change = |actor, method, path, body| Operation { actor, method, path, body: Some(body) };
    let user = "user-42@domain-43.example";
    vec![
        get("root", "/api/v1/me"),
        get("root", "/api/v1/domains?limit=50&count=true"),
        get("root", "/api/v1/domains?search=9999&limit=10"),
        get("root", "/api/v1/domains?sort=-created_at&limit=50"),
        get("root", "/api/v1/domains?reseller=reseller-7&limit=50"),
        get("seven", "/api/v1/domains?limit=50&count=true"),
        get("seven", "/api/v1/domains?search=90&limit=10"),
        get("root", "/api/v1/domains/domain-5000.example"),
        get("root", "/api/v1/users?limit=50&count=true"),
        get("root", "/api/v1/users?search=user-9999&limit=50"),
        get("root", "/api/v1/users?domain=domain-43.example&limit=50"),
        get("seven", "/api/v1/users?limit=50&count=true"),
        get("root", "/api/v1/resellers?limit=100"),
        get("root", "/api/v1/permissions"),
        get("root", "/api/v1/domains/domain-43.example/settings"),
        get("root", "/api/v1/settings/overrides"),
        get("root", "/api/v1/audit?limit=50"),
        change("root", "PATCH", "/api/v1/users/user-42@domain-43.example", json!({"display_name": user})),
        change(
            "root",
            "PATCH",
            "/api/v1/domains/domain-43.example/settings",
            json!({"incoming.quarantine_threshold": 0.85}),
        ),
        change("root", "PUT", "/api/v1/domains/new.example", json!({"routes": [{"host": "mx.example.net"}]})),
    ]
}

#[tokio::main]
async fn main() -> Result<()> {
    // `cargo test --benches` only asks whether it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    // Another part of the program may have chosen one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let folder = tempfile::tempdir()?;
    measure("SQLite", format!("sqlite://{}", folder.path().join("bench.db").display())).await?;
    match std::env::var("GATEPOST_TEST_POSTGRES") {
        Err(_) => println!("\nPostgreSQL was not measured: GATEPOST_TEST_POSTGRES names no server."),
        Ok(server) => {
            let name = format!("bench_{}", std::process::id());
            let mut connection = PgConnection::establish(&server)?;
            sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection)?;
            let measured =
                measure("PostgreSQL", server.replacen("/postgres?", &format!("/{name}?"), 1)).await;
            sql_query(format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut connection)?;
            measured?;
        }
    }
    Ok(())
}

async fn measure(database: &str, url: String) -> Result<()> {
    let data = tempfile::tempdir()?;
    let folder = data.path().join("data").display().to_string();
    let config = Config::read(|name| match name {
        "GATEPOST_LISTEN" => Some("127.0.0.1:0".into()),
        "GATEPOST_DATABASE_URL" => Some(url.clone()),
        "GATEPOST_DATA" => Some(folder.clone()),
        "GATEPOST_LOGIN_LIMITS" | "GATEPOST_RATE_LIMITS" => Some("off".into()),
        _ => None,
    });
    let config = config.map_err(anyhow::Error::msg)?;
    let running = backend::start(config, Clock::system()).await.map_err(anyhow::Error::msg)?;
    let began = Instant::now();
    let rows = ROWS.replace("{hash}", &backend::access::password::hash(PASSWORD)?);
    // PostgreSQL counts on from where it counted itself, not from the rows that brought their ids along.
    let numbering = if database == "SQLite" { "" } else { NUMBERING };
    running.services().db.run(move |conn| Ok(conn.batch_execute(&(rows + numbering))?)).await?;
    println!("\n{database}: 100 resellers, 10,000 domains, 100,000 users, made in {:.1?}", began.elapsed());
    println!("{:>9} {:>9}  operation", "half", "99 %");
    let times = time_all(&running).await;
    running.stop().await;
    for (operation, [half, most]) in operations().iter().zip(times?) {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let Operation { actor, method, path, .. } = operation;
        println!("{:>6.1} ms {:>6.1} ms  {actor}: {method} {path}", milliseconds(half), milliseconds(most));
    }
    Ok(())
}

async fn time_all(running: &Running) -> Result<Vec<[Duration; 2]>> {
    let client = reqwest::Client::new();
    let base = format!("http://{}", running.address());
    let mut tokens = std::collections::HashMap::new();
    for actor in ["root", "seven"] {
        let answer = client
            .post(format!("{base}/api/v1/sessions"))
            .json(&json!({"username": actor, "password": PASSWORD}))
            .send()
            .await?;
        let session: Value = serde_json::from_str(&answer.error_for_status()?.text().await?)?;
        let token = session.get("access_token").and_then(Value::as_str).context("no token")?;
        tokens.insert(actor, token.to_owned());
    }
    let mut all = Vec::new();
    for operation in operations() {
        let token = tokens.get(operation.actor).context("no such actor")?;
        let mut times = Vec::with_capacity(CALLS);
        for call in 0..CALLS + WARM {
            let began = Instant::now();
            let method = operation.method.parse()?;
            let mut request = client.request(method, format!("{base}{}", operation.path)).bearer_auth(token);
            if let Some(body) = &operation.body {
                request = request.json(body);
            }
            let answer = request.send().await?;
            let status = answer.status();
            let text = answer.text().await?;
            ensure!(status.is_success(), "{} {}: {status} {text}", operation.method, operation.path);
            if call >= WARM {
                times.push(began.elapsed());
            }
        }
        times.sort_unstable();
        let part = |percent: usize| times.get((times.len() - 1) * percent / 100).copied().unwrap_or_default();
        all.push([part(50), part(99)]);
    }
    Ok(all)
}
