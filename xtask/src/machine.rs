//! What the tests need of the machine: a private PostgreSQL and a browser. Debian's packages are installed
//! where this may be done; else one sentence says what is missing.

use crate::project::{Project, output, run, step};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Whether a program is on the PATH.
fn is_there(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn install(project: &Project, packages: &[&str], why: &str) -> Result<()> {
    let names = packages.join(" ");
    let missing = format!("{why}: install {names} (Debian: apt-get install {names})");
    if !is_there("apt-get") {
        bail!(missing);
    }
    let root = rustix::process::geteuid().is_root();
    if !root && output(project.command("sudo").args(["-n", "true"])).is_err() {
        bail!(missing);
    }
    let apt = |arguments: &[&str]| {
        let mut command = project.command(if root { "env" } else { "sudo" });
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]).args(arguments);
        run(command.stdout(std::io::stderr()))
    };
    step(&format!("installing {names} by apt-get"), || {
        apt(&["update"])?;
        apt(&[["install", "-y", "--no-install-recommends"].as_slice(), packages].concat())
    })
    .context(missing)
}

/// Chromium and its driver, for the browser tests.
pub(crate) fn browser(project: &Project) -> Result<()> {
    if is_there("chromedriver") && (is_there("chromium") || is_there("google-chrome")) {
        return Ok(());
    }
    install(project, &["chromium", "chromium-driver"], "the browser tests need Chromium and chromedriver")
}

/// A PostgreSQL of our own: a cluster in a temporary folder, reached by a socket there, gone afterwards.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
}

impl Postgres {
    /// Makes and starts it.
    pub(crate) fn start(project: &Project) -> Result<Self> {
        if postgres_programs().is_none() {
            install(project, &["postgresql"], "the tests need PostgreSQL")?;
        }
        let programs =
            postgres_programs().context("PostgreSQL is installed, but initdb is not to be found")?;
        let folder = std::env::temp_dir().join(format!("gatepost-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let postgres = Self { programs, folder };
        step("starting a private PostgreSQL", || postgres.create())?;
        Ok(postgres)
    }

    fn create(&self) -> Result<()> {
        if rustix::process::geteuid().is_root() {
            run(Command::new("chown").arg("postgres:").arg(&self.folder))?;
        }
        run(Command::new("chmod").arg("700").arg(&self.folder))?;
        let data = self.folder.join("data");
        let mut initdb = self.as_postgres("initdb");
        initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        output(initdb.arg("--no-sync"))?;
        let options = format!(
            "-c listen_addresses='' -k {} -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
             -c shared_buffers=64MB -c max_connections=300",
            self.folder.display()
        );
        let mut start = self.as_postgres("pg_ctl");
        start.arg("-D").arg(&data).args(["-w", "-t", "30", "-l"]).arg(self.folder.join("log"));
        // The server keeps its standard output open, so nobody may wait for its end.
        run(start.args(["-o", &options, "start"]).stdout(std::process::Stdio::null()))
    }

    /// A program of PostgreSQL, which refuses to run as root.
    fn as_postgres(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder);
        command
    }

    /// Where tests make their databases.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@/postgres?host={}", self.folder.display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.as_postgres("pg_ctl");
        stop.arg("-D").arg(self.folder.join("data")).args(["-m", "immediate", "stop"]);
        // Nothing is left to be done about a failure here.
        let _ = output(&mut stop);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn postgres_programs() -> Option<PathBuf> {
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    versions.sort_by_key(|folder| version_of(folder));
    versions.pop().or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
    })
}

fn version_of(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or(0)
}
