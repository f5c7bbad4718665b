//! Builds the panel into `dist/`: trunk, then compressed twins, then the budget of what travels to a browser.
//! Does nothing when nothing it is made of has changed.

use crate::{
    project::{Project, output, run, say, step},
    tools,
};
use anyhow::{Context, Result, bail};
use std::{env, ffi::OsString, fs, path::PathBuf};

const MADE_OF: [&str; 10] = [
    "frontend",
    "openapi/src",
    "openapi/locales",
    "openapi/Cargo.toml",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    ".cargo/config.toml",
    "xtask/src/panel.rs",
    "xtask/src/bin",
];

/// What travels when the panel is opened for the first time, compressed: the aim and the limit, in bytes.
struct Budget {
    what: &'static str,
    endings: &'static [&'static str],
    aim: u64,
    limit: u64,
}

const BUDGETS: [Budget; 2] = [
    Budget { what: "wasm", endings: &["wasm"], aim: 450_000, limit: 600_000 },
    Budget { what: "scripts, styles, icons", endings: &["js", "css", "svg"], aim: 60_000, limit: 80_000 },
];

/// Builds the panel unless it is fresh.
pub(crate) fn build(project: &Project) -> Result<()> {
    let stamp = project.tools().join("panel.stamp");
    let made_of = project.fingerprint(&MADE_OF)?;
    let index = project.panel().join("index.html");
    if index.is_file() && fs::read_to_string(&stamp).is_ok_and(|last| last == made_of) {
        say("· the panel is up to date");
        return Ok(());
    }
    let bin = tools::for_panel(project)?;
    step("building the panel (2 to 4 minutes the first time)", || {
        let mut path = OsString::from(&bin);
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        let mut trunk = project.command(bin.join("trunk"));
        // What it tells is progress; the standard output belongs to the answer of the command.
        trunk.stdout(std::io::stderr());
        run(trunk.args(["build", "--release"]).env("PATH", path).env_remove("NO_COLOR"))
    })?;
    let sizes = step("compressing the panel", || {
        output(project.command(bin.join("panel-twins")).arg(project.panel()))
    })?;
    within_budget(&sizes)?;
    fs::write(stamp, made_of).context("cannot write to .tools")
}

/// Prints what travels, and refuses more than the limit.
fn within_budget(sizes: &str) -> Result<()> {
    let files: Vec<(PathBuf, u64, u64)> = sizes
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('\t');
            let path = PathBuf::from(parts.next()?);
            let raw = parts.next()?.parse().ok()?;
            Some((path, raw, parts.nth(1)?.parse().ok()?))
        })
        .collect();
    for budget in BUDGETS {
        let ours = || {
            files.iter().filter(|(path, ..)| {
                path.extension()
                    .and_then(|ending| ending.to_str())
                    .is_some_and(|it| budget.endings.contains(&it))
            })
        };
        let raw: u64 = ours().map(|(_, raw, _)| raw).sum();
        let travels: u64 = ours().map(|(.., travels)| travels).sum();
        say(&format!(
            "  {}: {} kB, {} kB with brotli (aim {} kB, limit {} kB)",
            budget.what,
            raw / 1000,
            travels / 1000,
            budget.aim / 1000,
            budget.limit / 1000
        ));
        if travels > budget.limit {
            bail!("the panel's {} are larger than the limit", budget.what);
        }
    }
    Ok(())
}
