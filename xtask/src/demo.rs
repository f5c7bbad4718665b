//! What `--demo` adds: a reseller, two domains, users of every role, a destination server, a week of mail. Set
//! up once per data folder.

use crate::{
    demo_mail,
    installation::{Account, Installation},
    programs,
    project::{say, step},
};
use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use tests::sink::Sink;

/// The port of the demo's destination server.
const DESTINATION: u16 = 2526;
/// How many messages the demo's week has.
const MESSAGES: u64 = 420;
const RECIPIENTS: [&str; 5] = [
    "user@harbour.example",
    "captain@harbour.example",
    "billing@harbour.example",
    "user@orchard.example",
    "amy@orchard.example",
];

/// Makes reseller and domains, and starts the destination server.
pub(crate) fn set_up(installation: &mut Installation) -> Result<Sink> {
    programs::require_free(DESTINATION, "the demo's destination server")?;
    if installation.noted("demo").is_none() {
        let route = format!("127.0.0.1:{DESTINATION}");
        installation
            .gatepost(&["create-reseller", "--slug", "quayside", "--name", "Quayside Hosting"], None)?;
        let harbour =
            ["create-domain", "--name", "harbour.example", "--reseller", "quayside", "--route", &route];
        installation.gatepost(&harbour, None)?;
        let orchard =
            ["create-domain", "--name", "orchard.example", "--reseller", "quayside", "--route", &route];
        installation.gatepost(&orchard, None)?;
        installation.note("demo", json!(true))?;
    }
    Ok(Sink::start_keeping(DESTINATION, &installation.data().join("demo-mail"))?)
}

/// Makes the users and, once, the week of mail; both programs run already.
pub(crate) fn fill(installation: &mut Installation) -> Result<Vec<(String, Account)>> {
    let wanted: [(&str, &str, &[&str]); 5] = [
        ("reseller", "quayside", &["--role", "reseller", "--reseller", "quayside"]),
        ("domain user", "harbour", &["--role", "domain", "--domain", "harbour.example"]),
        ("domain user", "orchard", &["--role", "domain", "--domain", "orchard.example"]),
        ("email user", "user@harbour.example", &["--role", "email", "--domain", "harbour.example"]),
        ("email user", "user@orchard.example", &["--role", "email", "--domain", "orchard.example"]),
    ];
    let mut accounts = Vec::new();
    for (role, name, arguments) in wanted {
        let account = installation.user(name, &[&["create-user"], arguments].concat())?;
        accounts.push((role.to_owned(), account));
    }
    if installation.noted("demo_mail").is_none() {
        step("adding a week of mail", || add_mail(installation))?;
        installation.note("demo_mail", json!(true))?;
    }
    Ok(accounts)
}

/// Tells the API about a week of mail, in the way and in the name of the node.
fn add_mail(installation: &Installation) -> Result<()> {
    let token = format!("Bearer {}", installation.token()?);
    let port = installation.api_port();
    let send = |method: &str, path: &str, kind: &str, body: &[u8]| -> Result<String> {
        let headers = [("Authorization", token.as_str()), ("Content-Type", kind)];
        let (status, answer) = programs::http(port, method, path, &headers, body)?;
        ensure!((200..300).contains(&status), "{method} {path} was answered with {status}: {answer}");
        Ok(answer)
    };
    let beat = json!({ "version": env!("CARGO_PKG_VERSION"), "queued": 0, "policy_revision": 0 });
    let welcome = send("POST", "/api/v1/node/heartbeat", "application/json", beat.to_string().as_bytes())?;
    let welcome: Value = serde_json::from_str(&welcome)?;
    let Some(number) = welcome.get("number").and_then(Value::as_u64) else { bail!("the node has no number") };
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_millis();
    let week = demo_mail::week(u64::try_from(now)?, number, &RECIPIENTS, MESSAGES)?;
    for message in &week {
        if let Some(content) = &message.held {
            let path = format!("/api/v1/node/bodies/{}", message.message_id);
            send("PUT", &path, "message/rfc822", content.as_bytes())?;
        }
    }
    for part in week.chunks(100) {
        let records: Vec<&Value> = part.iter().map(|message| &message.record).collect();
        let events: Vec<&Value> = part.iter().filter_map(|message| message.event.as_ref()).collect();
        let batch = json!({ "records": records, "events": events });
        send("POST", "/api/v1/node/records", "application/json", batch.to_string().as_bytes())?;
    }
    say(&format!("  {} messages, of which some are held", week.len()));
    Ok(())
}
