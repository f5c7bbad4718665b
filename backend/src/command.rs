//! The command line: `gatepost <command>`. Every error is one sentence; commands that set something up can be
//! repeated.

use crate::{app, audit, clock::Clock, config::Config, db::Db, setup, spec};
use std::io::Write;
use tracing_subscriber::EnvFilter;

const HELP: &str = "usage: gatepost [command]

  serve                 answers the API and the panel (also without a command)
  migrate               brings the database up to date
  spec                  prints the API's description (OpenAPI)
  verify-audit          checks that the audit log is whole
  create-administrator  --username U [--password-file F]
  create-reseller       --slug S [--name N]
  create-domain         --name D --route HOST:PORT [--reseller S]
  create-user           --role reseller|domain|email --username U [--reseller S] [--domain D]
  create-node           --name HOST; prints its token

Passwords come from GATEPOST_PASSWORD, or are made and printed once. The other settings are environment
variables: GATEPOST_LISTEN, GATEPOST_DATABASE_URL, GATEPOST_DATA, GATEPOST_BASE_URL, GATEPOST_ROUTE_NETWORKS,
GATEPOST_LOGIN_LIMITS, GATEPOST_RATE_LIMITS, GATEPOST_SMTP_RELAY, GATEPOST_MAIL_SENDER, GATEPOST_LOG, GATEPOST_LOG_FORMAT.
";

/// Runs a command. The error is a sentence.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["serve"] => serve(),
        ["migrate"] => {
            Db::open(&Config::from_environment()?.database_url)?;
            say("The database is up to date.")
        }
        ["verify-audit"] => verify_audit(),
        ["spec"] => say(spec::print()?.trim_end()),
        ["help" | "--help" | "-h"] => say(HELP.trim_end()),
        [command, options @ ..] => setup::run(command, options)
            .unwrap_or_else(|| Err(format!("there is no command {command:?}; gatepost help lists them"))),
    }
}

pub(crate) fn say(text: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{text}").map_err(|error| format!("cannot write: {error}"))
}

fn verify_audit() -> Result<(), String> {
    let db = Db::open(&Config::from_environment()?.database_url)?;
    let system = actix_web::rt::System::new();
    let checked = system.block_on(db.run(audit::verify));
    match checked.map_err(|error| error.to_string())? {
        (entries, None) => say(&format!("The audit log is whole: {entries} entries.")),
        (entries, Some(id)) => Err(format!(
            "the audit log was changed: after {entries} whole entries, entry {id} does not follow from the one before"
        )),
    }
}

fn serve() -> Result<(), String> {
    let config = Config::from_environment()?;
    start_log(&config)?;
    let system = actix_web::rt::System::new();
    system.block_on(async move {
        let running = app::start(config, Clock::system()).await?;
        tracing::info!(address = %running.address(), "gatepost answers");
        let ended = running.until(stop_signal()).await;
        tracing::info!("gatepost stopped");
        ended
    })
}

/// Ends at SIGTERM or SIGINT.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}

/// Log lines go to the standard error; whatever a client sent is escaped in them.
fn start_log(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|_| format!("GATEPOST_LOG is {:?}, which is no log filter such as info", config.log))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if config.log_json { log.json().try_init() } else { log.with_ansi(false).try_init() };
    started.map_err(|error| format!("cannot start the log: {error}"))
}
