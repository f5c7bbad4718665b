//! `cargo xtask bench`: how fast the API answers, and how fast the shipped node takes and delivers mail on this machine, and what it needs
//! for it. Every message is judged, fsynced before it is acknowledged, delivered and logged, as always.

use crate::{
    installation::{Installation, Ports},
    machine::Postgres,
    panel, programs,
    project::{Project, run as run_command, say},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};
use tests::sink::Sink;

/// Where the measured programs listen.
const PORTS: Ports = Ports { api: 18080, smtp: 12525 };

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many messages are sent
    #[arg(long, default_value_t = 2000)]
    messages: u64,
    /// How many connections send them
    #[arg(long, default_value_t = 16)]
    connections: u64,
    /// How large a message is, in bytes
    #[arg(long, default_value_t = 10_000)]
    size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { messages: 2000, connections: 16, size: 10_000 }
    }
}

/// Measures how fast the API answers, on SQLite and on a PostgreSQL of its own.
pub(crate) fn control(project: &Project) -> Result<()> {
    panel::build(project)?;
    let postgres = Postgres::start(project)?;
    let mut bench = project.cargo(&["bench", "--package", "backend", "--bench", "control", "--locked"]);
    run_command(bench.env("GATEPOST_TEST_POSTGRES", postgres.url()))
}

/// Measures and prints.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    panel::build(project)?;
    let built = programs::build_release(project)?;
    programs::require_free(PORTS.api, "the API")?;
    programs::require_free(PORTS.smtp, "SMTP")?;
    let data = std::env::temp_dir().join(format!("gatepost-bench-{}", std::process::id()));
    let installation = Installation::open(built, &data, PORTS)?;
    let result = measure(&installation, options, &data.join("arrived"));
    fs::remove_dir_all(&data)?;
    result
}

fn measure(installation: &Installation, options: &Options, arrived: &std::path::Path) -> Result<()> {
    let sink = Sink::start_keeping(0, arrived)?;
    let route = sink.address().to_string();
    installation.gatepost(&["create-domain", "--name", "bench.test", "--route", &route], None)?;
    let _backend = installation.start_backend(&[])?;
    let mut node = installation.start_node(&[
        ("GATEPOST_NODE_MAX_CONNECTIONS_PER_IP", "1000".into()),
        ("GATEPOST_NODE_MAX_CONNECTIONS_LOOPBACK", "1000".into()),
        ("GATEPOST_NODE_DNS", "off".into()),
    ])?;
    node.wait_until("taking mail", || programs::takes_mail_for(PORTS.smtp, "user@bench.test"))?;

    let began = Instant::now();
    let mut times = send(options)?;
    let accepted = began.elapsed();
    while fs::read_dir(arrived)?.count() < usize::try_from(options.messages)? {
        ensure!(began.elapsed() < accepted + Duration::from_secs(120), "not everything arrived");
        thread::sleep(Duration::from_millis(5));
    }
    let delivered = began.elapsed();
    times.sort_unstable();
    let percentile = |part: usize| {
        times.get((times.len().saturating_sub(1)) * part / 100).copied().unwrap_or_default().as_secs_f64()
            * 1000.0
    };
    let count = u32::try_from(options.messages)?;
    let rate = |time: Duration| f64::from(count) / time.as_secs_f64();
    say(&format!("{count} messages of {} bytes over {} connections", options.size, options.connections));
    say(&format!("accepted   {:.0} a second", rate(accepted)));
    say(&format!("delivered  {:.0} a second", rate(delivered)));
    say(&format!(
        "reply to a message after {:.1} ms (half), {:.1} ms (99 %)",
        percentile(50),
        percentile(99)
    ));
    say(&format!("the node's memory at most {}", peak_memory(node.pid())?));
    Ok(())
}

/// Sends everything; hands over how long each message took from its first command to its acknowledgement.
fn send(options: &Options) -> Result<Vec<Duration>> {
    let left = AtomicU64::new(options.messages);
    let content = content(options.size);
    let take = || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..options.connections)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<Duration>> {
                    let mut client = Client::open()?;
                    let mut times = Vec::new();
                    while take() {
                        let began = Instant::now();
                        client.mail(&content)?;
                        times.push(began.elapsed());
                    }
                    Ok(times)
                })
            })
            .collect();
        let mut times = Vec::new();
        for client in clients {
            times.extend(client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        Ok(times)
    })
}

fn content(size: usize) -> Vec<u8> {
    let mut content =
        b"From: Jane <jane@sender.test>\r\nTo: user@bench.test\r\nSubject: minutes\r\n\r\n".to_vec();
    while content.len() < size {
        content.extend_from_slice(b"the minutes of our meeting are on the shelf beside the door\r\n");
    }
    content.extend_from_slice(b".\r\n");
    content
}

struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Client {
    fn open() -> Result<Self> {
        let stream = TcpStream::connect(programs::local(PORTS.smtp))?;
        stream.set_nodelay(true)?;
        let mut client = Self { writer: stream.try_clone()?, reader: BufReader::new(stream) };
        client.expect('2')?;
        client.say(b"EHLO bench.test\r\n", '2')?;
        Ok(client)
    }

    fn mail(&mut self, content: &[u8]) -> Result<()> {
        self.writer.write_all(b"MAIL FROM:<jane@sender.test>\r\nRCPT TO:<user@bench.test>\r\nDATA\r\n")?;
        for digit in ['2', '2', '3'] {
            self.expect(digit)?;
        }
        self.say(content, '2')
    }

    fn say(&mut self, bytes: &[u8], digit: char) -> Result<()> {
        self.writer.write_all(bytes)?;
        self.expect(digit)
    }

    fn expect(&mut self, digit: char) -> Result<()> {
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            if line.as_bytes().get(3) != Some(&b'-') {
                ensure!(line.starts_with(digit), "unexpected answer {line:?}");
                return Ok(());
            }
        }
    }
}

fn peak_memory(pid: u32) -> Result<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().to_owned())
}
