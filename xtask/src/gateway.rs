//! `cargo xtask gateway`: the shipped programs over a small fixed installation, for checks and measurements
//! from outside. Prints one line of JSON when mail can be sent, and stops on SIGTERM or Ctrl-C.

use crate::{
    installation::{Installation, Ports},
    panel, programs,
    project::Project,
};
use anyhow::Result;
use clap::ValueEnum;
use serde_json::json;
use std::{ffi::OsString, io::Write, path::PathBuf};

/// Whether mail is judged.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Filter {
    /// As shipped.
    On,
    /// Everything is delivered.
    Off,
}

/// Where the installation is and listens.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The port of SMTP.
    #[arg(long)]
    port: u16,
    /// The port of the destination server that takes the mail of tenant-a.test and tenant-b.test.
    #[arg(long)]
    sink_port: u16,
    /// The port of the API.
    #[arg(long)]
    api_port: u16,
    /// Whether mail is judged.
    #[arg(long, default_value = "on")]
    filter: Filter,
    /// The data folder, kept afterwards; a fresh one in the temporary folder if not given.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Builds, sets up, starts, prints the line, waits for the end.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    panel::build(project)?;
    let built = programs::build_release(project)?;
    programs::require_free(options.api_port, "the API")?;
    programs::require_free(options.port, "SMTP")?;
    let (data, is_kept) = match &options.data {
        Some(data) => (data.clone(), true),
        None => (std::env::temp_dir().join(format!("gatepost-{}", std::process::id())), false),
    };
    let ports = Ports { api: options.api_port, smtp: options.port };
    let mut installation = Installation::open(built, &data, ports)?;
    let result = serve(&mut installation, options);
    if !is_kept {
        std::fs::remove_dir_all(&data)?;
    }
    result
}

fn serve(installation: &mut Installation, options: &Options) -> Result<()> {
    let route = format!("127.0.0.1:{}", options.sink_port);
    if installation.noted("tenants").is_none() {
        installation.gatepost(&["create-reseller", "--slug", "reseller-a", "--name", "Reseller A"], None)?;
        let tenant_a =
            ["create-domain", "--name", "tenant-a.test", "--reseller", "reseller-a", "--route", &route];
        installation.gatepost(&tenant_a, None)?;
        installation.gatepost(&["create-domain", "--name", "tenant-b.test", "--route", &route], None)?;
        installation.note("tenants", json!(true))?;
    }
    let line = accounts(installation)?;
    let mut backend = installation.start_backend(&[("GATEPOST_LOGIN_LIMITS", "off".into())])?;
    let filter = if matches!(options.filter, Filter::On) { "on" } else { "off" };
    let raised: [(&str, OsString); 5] = [
        ("GATEPOST_NODE_FILTER", filter.into()),
        ("GATEPOST_NODE_MAX_CONNECTIONS", "5000".into()),
        ("GATEPOST_NODE_MAX_CONNECTIONS_PER_IP", "5000".into()),
        ("GATEPOST_NODE_MAX_CONNECTIONS_LOOPBACK", "5000".into()),
        // The tenants are in `.test`, of which the domain name system knows nothing (RFC 6761).
        ("GATEPOST_NODE_DNS", "off".into()),
    ];
    let mut node = installation.start_node(&raised)?;
    for recipient in ["user@tenant-a.test", "user@tenant-b.test"] {
        node.wait_until("taking mail", || programs::takes_mail_for(options.port, recipient))?;
    }
    let mut line = line;
    if let Some(line) = line.as_object_mut() {
        line.insert("api".to_owned(), format!("http://127.0.0.1:{}", options.api_port).into());
        line.insert("smtp".to_owned(), format!("127.0.0.1:{}", options.port).into());
        line.insert("pids".to_owned(), json!({ "backend": backend.pid(), "node": node.pid() }));
        line.insert("data".to_owned(), installation.data().to_string_lossy().into());
    }
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    programs::watch(&mut [&mut backend, &mut node])
}

fn accounts(installation: &mut Installation) -> Result<serde_json::Value> {
    let user = |role: &'static str| vec!["create-user", "--role", role];
    let domain = |role, domain| [user(role), vec!["--domain", domain]].concat();
    let reseller = [user("reseller"), vec!["--reseller", "reseller-a"]].concat();
    let (a, b) = ("tenant-a.test", "tenant-b.test");
    Ok(json!({
        "administrator": installation.user("administrator", &["create-administrator"])?.json(),
        "reseller": installation.user("reseller-a", &reseller)?.json(),
        "domain_user_a": installation.user("domain-a", &domain("domain", a))?.json(),
        "domain_user_b": installation.user("domain-b", &domain("domain", b))?.json(),
        "email_user_a": installation.user("user@tenant-a.test", &domain("email", a))?.json(),
        "email_user_b": installation.user("user@tenant-b.test", &domain("email", b))?.json(),
    }))
}
