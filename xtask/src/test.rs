//! `cargo xtask test`: everything that must hold. The programs are built once, in one set of features, and
//! their tests run on SQLite and again on PostgreSQL. The last line is `N passed, N failed`.

use crate::{
    machine::{self, Postgres},
    panel,
    project::{Project, output, run, say, step},
    tools,
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What is built natively; the panel is built for the browser.
const NATIVE: [&str; 4] = ["--workspace", "--exclude", "frontend", "--locked"];

#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// A step that holds or does not; the others go on.
    fn check(&mut self, what: &str, work: impl FnOnce() -> Result<()>) {
        match step(what, work) {
            Ok(()) => self.passed += 1,
            Err(error) => {
                say(&format!("FAILED: {what}: {error:#}"));
                self.failed += 1;
            }
        }
    }
}

/// Runs everything; an error when anything failed.
pub(crate) fn run_all(project: &Project) -> Result<()> {
    let mut tally = Tally::default();
    tally.check("components of the toolchain", || components(project));
    tally.check("formatting", || run(&mut project.cargo(&["fmt", "--all", "--check"])));
    tally.check("the panel, its size within the budget", || panel::build(project));
    tally.check("lints of the programs", || {
        let mut clippy = project.cargo(&["clippy", "--all-targets", "--quiet"]);
        run(clippy.args(NATIVE).args(["--", "-D", "warnings"]))
    });
    tally.check("lints of the panel", || {
        tools::wasm_target(project)?;
        let mut clippy = project.cargo(&["clippy", "-p", "frontend", "--locked", "--quiet"]);
        run(clippy.args(["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]))
    });
    tally.check("Chromium", || machine::browser(project));
    let mut runners = Vec::new();
    tally.check("building the programs and their tests (5 minutes on 2 cores the first time)", || {
        runners = build(project)?;
        Ok(())
    });
    for runner in &runners {
        runner.run(&mut tally, None);
    }
    let mut postgres = None;
    tally.check("PostgreSQL", || {
        postgres = Some(Postgres::start(project)?);
        Ok(())
    });
    if let Some(postgres) = &postgres {
        for runner in runners.iter().filter(|runner| runner.uses_database()) {
            runner.run(&mut tally, Some(&postgres.url()));
        }
    }
    drop(postgres);
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{} passed, {} failed", tally.passed, tally.failed)?;
    if tally.failed > 0 { bail!("not everything holds") } else { Ok(()) }
}

fn components(project: &Project) -> Result<()> {
    tools::compiler(project)?;
    let mut missing = Vec::new();
    for (component, command) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if output(&mut project.cargo(&[command, "--version"])).is_err() {
            missing.push(component);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    run(project.command("rustup").args(["component", "add"]).args(missing))
}

/// One built test program.
struct Runner {
    package: String,
    folder: PathBuf,
    program: PathBuf,
}

/// Builds the programs and every test program, and lists the latter.
fn build(project: &Project) -> Result<Vec<Runner>> {
    run(project.cargo(&["build", "--all-targets", "--quiet"]).args(NATIVE))?;
    let mut tests =
        project.cargo(&["test", "--no-run", "--quiet", "--message-format=json-render-diagnostics"]);
    let messages = output(tests.args(NATIVE).stderr(Stdio::inherit()))?;
    Ok(messages.lines().filter_map(|line| runner(&serde_json::from_str(line).ok()?)).collect())
}

fn runner(message: &Value) -> Option<Runner> {
    let is_test = message.pointer("/profile/test").and_then(Value::as_bool) == Some(true);
    let program = message.get("executable").and_then(Value::as_str)?;
    let folder = Path::new(message.get("manifest_path").and_then(Value::as_str)?).parent()?;
    let package = folder.file_name()?.to_string_lossy().into_owned();
    is_test.then(|| Runner { package, folder: folder.to_owned(), program: program.into() })
}

impl Runner {
    fn uses_database(&self) -> bool {
        matches!(self.package.as_str(), "backend" | "tests")
    }

    /// Runs the program, shows what it says, and adds up its results.
    fn run(&self, tally: &mut Tally, postgres: Option<&str>) {
        let database = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
        say(&format!("· tests of {} ({database})", self.package));
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        match postgres {
            // What a browser shows does not depend on the database.
            Some(url) => command.env("GATEPOST_TEST_POSTGRES", url).args(["--skip", "browser"]),
            None => command.env_remove("GATEPOST_TEST_POSTGRES"),
        };
        if self.package == "tests" {
            // Each situation is a whole installation, some with a browser: one at a time, or they starve each other.
            command.arg("--test-threads=1");
        }
        if let Err(error) = follow(&mut command, tally) {
            say(&format!("FAILED: tests of {}: {error:#}", self.package));
            tally.failed += 1;
        }
    }
}

fn follow(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("the test program has no output")?;
    let mut is_complete = false;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        say(&line);
        if let Some(result) = line.strip_prefix("test result: ") {
            is_complete = true;
            tally.passed += number_before(result, " passed");
            tally.failed += number_before(result, " failed");
        }
    }
    let status = child.wait()?;
    if is_complete { Ok(()) } else { bail!("ended with {status} before the end of its tests") }
}

fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Rewrites what is printed from the code and committed, for a reader to look at the difference.
pub(crate) fn golden(project: &Project) -> Result<()> {
    let runners = build(project)?;
    let specification = output(project.command(project.target().join("debug/gatepost")).arg("spec"))?;
    fs::write(project.root.join("openapi/openapi.json"), specification)?;
    for runner in runners.iter().filter(|runner| runner.package == "tests") {
        let mut command = Command::new(&runner.program);
        command.current_dir(&runner.folder).env("CARGO_MANIFEST_DIR", &runner.folder);
        run(command.env("GATEPOST_GOLDEN", "write").arg("golden"))?;
    }
    Ok(())
}
