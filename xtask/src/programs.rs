//! Builds, starts, watches and stops the two programs. They are configured by their environment alone, like
//! everywhere else; their logs go to files in the data folder.

use crate::project::{Project, run, say, step};
use anyhow::{Context, Result, bail};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a program may take to be ready.
const READY: Duration = Duration::from_secs(60);
/// How long a program may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(15);

/// The built programs.
pub(crate) struct Built {
    /// The API and panel server.
    pub gatepost: PathBuf,
    /// The mail node.
    pub node: PathBuf,
}

/// Builds both programs as they are shipped; what is fresh is not built again.
pub(crate) fn build_release(project: &Project) -> Result<Built> {
    step("building gatepost and gatepost-node (10 minutes on 2 cores the first time)", || {
        run(&mut project.cargo(&["build", "--release", "--locked", "-p", "backend", "-p", "smtp-node"]))
    })?;
    let folder = project.target().join("release");
    Ok(Built { gatepost: folder.join("gatepost"), node: folder.join("gatepost-node") })
}

/// A port of this machine, not reachable from others.
pub(crate) fn local(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

/// One clear sentence when another program has the port.
pub(crate) fn require_free(port: u16, what: &str) -> Result<()> {
    match TcpListener::bind(local(port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!("{what} needs the port 127.0.0.1:{port}, which cannot be used: {error}"),
    }
}

/// One clear sentence when the folder can't be made or written.
pub(crate) fn require_writable(folder: &Path) -> Result<()> {
    let probe = folder.join(".writable");
    fs::create_dir_all(folder)
        .and_then(|()| File::create(&probe))
        .and_then(|_| fs::remove_file(&probe))
        .with_context(|| format!("the folder {} cannot be written", folder.display()))
}

/// A running program.
pub(crate) struct Program {
    name: &'static str,
    log: PathBuf,
    child: Child,
}

impl Program {
    /// Starts a program; its log is `<folder>/<name>.log`.
    pub(crate) fn start(
        name: &'static str,
        file: &Path,
        environment: &[(&str, OsString)],
        logs: &Path,
    ) -> Result<Self> {
        fs::create_dir_all(logs)?;
        let log = logs.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log)?;
        let child = Command::new(file)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", file.display()))?;
        Ok(Self { name, log, child })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An error when it ended by itself, with the last lines of its log.
    pub(crate) fn require_running(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let last = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n  ");
        bail!("{} ended with {status}; its log {} ends with\n  {last}", self.name, self.log.display())
    }

    /// Waits until the condition holds, watching that the program still runs.
    pub(crate) fn wait_until(&mut self, what: &str, mut holds: impl FnMut() -> bool) -> Result<()> {
        let until = Instant::now() + READY;
        while !holds() {
            self.require_running()?;
            if Instant::now() > until {
                bail!("{} was not {what} within {READY:?}; see {}", self.name, self.log.display());
            }
            thread::sleep(Duration::from_millis(30));
        }
        Ok(())
    }

    /// Asks the program to stop and waits; kills it when it takes too long.
    pub(crate) fn stop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            // An error means that it has ended already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let until = Instant::now() + STOP;
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        say(&format!("{} did not stop within {STOP:?} and is killed", self.name));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits for Ctrl-C or SIGTERM while the programs run; an error when one ends by itself.
pub(crate) fn watch(programs: &mut [&mut Program]) -> Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    loop {
        if signals.pending().next().is_some() {
            return Ok(());
        }
        for program in programs.iter_mut() {
            program.require_running()?;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Sends an HTTP request and hands over the status and the body of the answer.
pub(crate) fn http(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(local(port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head =
        format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no HTTP answer")?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}

/// Whether a node would take mail for this recipient now: it runs, and has the policy.
pub(crate) fn takes_mail_for(port: u16, recipient: &str) -> bool {
    let dialogue = || -> std::io::Result<bool> {
        let stream = TcpStream::connect(local(port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut writer = stream.try_clone()?;
        let mut replies = BufReader::new(stream).lines();
        let mut code = || {
            loop {
                let line = replies.next().transpose()?.unwrap_or_default();
                if line.as_bytes().get(3) != Some(&b'-') {
                    return Ok::<_, std::io::Error>(line.get(..3).unwrap_or_default().to_owned());
                }
            }
        };
        let mut last = code()?;
        for command in ["EHLO ready.invalid", "MAIL FROM:<>", &format!("RCPT TO:<{recipient}>")] {
            if !last.starts_with('2') {
                return Ok(false);
            }
            writer.write_all(format!("{command}\r\n").as_bytes())?;
            last = code()?;
        }
        writer.write_all(b"QUIT\r\n")?;
        Ok(last.starts_with('2'))
    };
    dialogue().unwrap_or(false)
}

/// Whether the SMTP greeting comes.
pub(crate) fn greets(port: u16) -> bool {
    let greeting = || -> std::io::Result<bool> {
        let stream = TcpStream::connect(local(port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line.starts_with("220"))
    };
    greeting().unwrap_or(false)
}
