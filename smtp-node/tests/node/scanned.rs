//! The virus scanner: a real clamd with a signature of the test's own, and one that is away.

use crate::settled::Judging;
use contract::messages::{Classification, Status};
use serde_json::json;
use smtp_node::config::ScannerAddress;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

const PROGRAM: &str = "/usr/sbin/clamd";
/// What the test's signatures find.
const VIRUS: &[u8] = b"Gatepost-Malware-Sample-4711";
const UNWANTED: &[u8] = b"Gatepost-Unwanted-Sample-4711";

struct Clamd {
    process: Child,
    socket: PathBuf,
    folder: tempfile::TempDir,
}

impl Drop for Clamd {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|one| format!("{one:02x}")).collect()
}

impl Clamd {
    /// A scanner; none where the program is not installed.
    async fn start() -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            eprintln!("skipped: {PROGRAM} is not installed (Debian's package clamav-daemon)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("signatures")).unwrap();
        let signatures =
            format!("Gatepost.Test:0:*:{}\nPUA.Gatepost.Test:0:*:{}\n", hex(VIRUS), hex(UNWANTED));
        fs::write(path("signatures/test.ndb"), signatures).unwrap();
        let socket = path("clamd.ctl");
        let config = format!(
            "LocalSocket {}\nDatabaseDirectory {}\nForeground yes\nDetectPUA yes\nStreamMaxLength 2M\n",
            socket.display(),
            path("signatures").display()
        );
        fs::write(path("clamd.conf"), config).unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg(format!("--config-file={}", path("clamd.conf").display()));
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let clamd = Self { process, socket, folder };
        for _ in 0..600 {
            if clamd.socket.exists() {
                return Some(clamd);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("clamd did not start in {}", clamd.folder.path().display());
    }
}

/// QUA-24, X-21: a virus is held whatever the settings; what is only unwanted, where the domain wants it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_scanner_finds_is_held() {
    let Some(clamd) = Clamd::start().await else { return };
    let socket = clamd.socket.clone();
    let judging = Judging::start_as(
        &[
            ("ours.test", &[("incoming.quarantine_enabled", json!(false))]),
            ("strict.test", &[("content.block_unwanted", json!(true))]),
        ],
        |config| config.scanner = Some(ScannerAddress::Socket(socket)),
    )
    .await;
    let mut large = b"0123456789\r\n".repeat(40_000);
    large.extend_from_slice(VIRUS);
    for (count, octets) in [VIRUS, &large].into_iter().enumerate() {
        let reply = judging.send_file("user@ours.test", "filename=a.dat", octets).await;
        assert_eq!(reply, "550 5.7.1 Message contains malware");
        let record = judging.record("user@ours.test", count + 1).await;
        assert_eq!((record.classification, record.status), (Classification::Virus, Status::Quarantined));
        let detail =
            record.evidence.iter().find(|found| found.symbol == "VIRUS_FOUND").map(|found| &found.detail);
        assert!(detail.is_some_and(|name| name.starts_with("Gatepost.Test")), "{:?}", record.evidence);
    }
    for octets in [b"harmless".as_slice(), UNWANTED] {
        let reply = judging.send_file("user@ours.test", "filename=a.dat", octets).await;
        assert!(reply.starts_with("250 "), "{reply}");
    }
    let reply = judging.send_file("user@strict.test", "filename=a.dat", UNWANTED).await;
    assert!(reply.starts_with("550 "), "{reply}");
    let record = judging.record("user@strict.test", 1).await;
    assert_eq!(record.evidence.first().map(|found| found.symbol.as_str()), Some("CONTENT_UNWANTED"));
    // What the scanner refuses to scan was not scanned.
    let reply = judging.send_file("user@ours.test", "filename=a.dat", &b"x".repeat(3_000_000)).await;
    assert_eq!(reply, "451 4.7.1 The message cannot be scanned for malware now, try again later");
    judging.stop().await;
}

/// C17: while the scanner is away, mail waits or goes on as the domain says, and the log tells.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_scanner_is_away_mail_waits_or_goes_on_as_the_domain_says() {
    let pass = [("content.scanner_away", json!("pass"))];
    let judging = Judging::start_as(&[("ours.test", &[]), ("passes.test", &pass)], |config| {
        config.scanner = Some(ScannerAddress::Host("127.0.0.1:9".into()));
    })
    .await;
    let reply = judging.send(&["user@ours.test"], "Subject: x\r\n", "Hello").await;
    assert_eq!(reply, "451 4.7.1 The message cannot be scanned for malware now, try again later");
    let record = judging.record("user@ours.test", 1).await;
    assert_eq!((record.status, record.reason.as_deref()), (Status::Deferred, Some("scanner_away")));
    let reply = judging.send(&["user@passes.test"], "Subject: x\r\n", "Hello").await;
    assert!(reply.starts_with("250 "), "{reply}");
    let record = judging.record("user@passes.test", 1).await;
    assert_eq!(record.evidence.first().map(|found| found.symbol.as_str()), Some("VIRUS_NOT_SCANNED"));
    // One who has to wait makes all wait: nobody gets it twice, nobody never.
    let reply = judging.send(&["user@passes.test", "user@ours.test"], "Subject: x\r\n", "Hello").await;
    assert!(reply.starts_with("451 "), "{reply}");
    assert_eq!(judging.record("user@passes.test", 2).await.status, Status::Deferred);
    judging.stop().await;
}
