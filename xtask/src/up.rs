//! `cargo xtask up`: from a fresh clone to a running Gatepost that one can sign in to and send mail through.

use crate::{
    demo,
    installation::{Account, Installation, Ports, new_password},
    panel,
    programs::{self, Program},
    project::{Project, say},
};
use anyhow::Result;
use serde_json::json;
use std::time::Instant;

/// The ports of the README.
const PORTS: Ports = Ports { api: 8080, smtp: 2525 };

/// Builds what is not built, sets up what is not set up, starts both programs and waits for Ctrl-C.
pub(crate) fn run(project: &Project, with_demo: bool) -> Result<()> {
    let began = Instant::now();
    programs::require_free(PORTS.api, "the panel")?;
    programs::require_free(PORTS.smtp, "SMTP")?;
    programs::require_writable(&project.root.join("data"))?;
    panel::build(project)?;
    let built = programs::build_release(project)?;
    let mut installation = Installation::open(built, &project.root.join("data"), PORTS)?;
    let administrator = administrator(&mut installation)?;
    let with_demo = with_demo || installation.noted("demo").is_some();
    let destination = if with_demo { Some(demo::set_up(&mut installation)?) } else { None };
    let mut backend = installation.start_backend(&[])?;
    let mut node = installation.start_node(&[])?;
    let accounts = match &destination {
        Some(_) => demo::fill(&mut installation)?,
        None => Vec::new(),
    };
    greet(&began, administrator.as_ref(), &accounts, with_demo);
    stopped(&mut backend, &mut node)
}

fn stopped(backend: &mut Program, node: &mut Program) -> Result<()> {
    let result = programs::watch(&mut [&mut *node, &mut *backend]);
    say("\nstopping …");
    node.stop();
    backend.stop();
    result
}

/// The administrator, at the first start only: a password of the environment, or a random one.
fn administrator(installation: &mut Installation) -> Result<Option<Account>> {
    if installation.noted("administrator").is_some() {
        return Ok(None);
    }
    let given = std::env::var("GATEPOST_PASSWORD").ok();
    let is_given = given.is_some();
    let password = given.map_or_else(new_password, Ok)?;
    let username = "administrator".to_owned();
    installation.gatepost(&["create-administrator", "--username", &username], Some(&password))?;
    installation.note("administrator", json!(username))?;
    let shown = if is_given { "the one in GATEPOST_PASSWORD".to_owned() } else { password };
    Ok(Some(Account { username, password: shown }))
}

fn greet(began: &Instant, administrator: Option<&Account>, accounts: &[(String, Account)], with_demo: bool) {
    say(&format!("\nGatepost runs after {:.0} s.\n", began.elapsed().as_secs_f32()));
    say("  panel      http://127.0.0.1:8080");
    say("  API        http://127.0.0.1:8080/api/docs");
    say("  SMTP       127.0.0.1:2525");
    say("  data       ./data  (logs in ./data/logs)\n");
    match administrator {
        Some(account) => say(&format!(
            "  sign in as {}   password {}   (shown only now: keep it)",
            account.username, account.password
        )),
        None => say("  sign in as administrator with the password of the first start"),
    }
    for (role, account) in accounts {
        say(&format!("  {role}: {}   password {}", account.username, account.password));
    }
    if with_demo {
        say("\nTry: send a message; it arrives as a file in ./data/demo-mail");
        say("  swaks --server 127.0.0.1:2525 --from you@example.net --to user@harbour.example");
        say("Then one that every filter must hold (GTUBE), and release it in the panel's quarantine:");
        say("  swaks --server 127.0.0.1:2525 --from you@example.net --to user@harbour.example \\");
        say("        --body 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'");
    } else {
        say(
            "\nTry: add a domain in the panel with the route of your mail server, then send a message through",
        );
        say("127.0.0.1:2525. `cargo xtask up --demo` adds domains, users and a week of mail to look at.");
    }
    say("\nCtrl-C stops everything; the data stays.");
}
