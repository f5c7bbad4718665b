//! A disk that takes nothing more. The node runs as a process of its own, whose files the system stops from growing:
//! every write to a file fails, the log's among them, for whoever runs the tests.

use crate::{
    destination::{Destination, Mood},
    running::{Client, Running, policy, until, until_count},
};
use contract::settings::Overrides;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use smtp_node::spool::{SEGMENT_SIZE, Spool, record::Kind};
use std::{
    fs::{File, read_dir},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
};

struct Process {
    child: Child,
    address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Process {
    async fn start(data: &Path, min_free_bytes: u64) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = File::options().append(true).create(true).open(data.join("log.jsonl")).unwrap();
        // A write beyond the limit is to be an error, and not the end of the process.
        let child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\"", env!("CARGO_BIN_EXE_gatepost-node")])
            .env("GATEPOST_NODE_API", "http://127.0.0.1:9")
            .env("GATEPOST_NODE_TOKEN", "gpn_none")
            .env("GATEPOST_NODE_LISTEN", address.to_string())
            .env("GATEPOST_NODE_DATA", data)
            .env("GATEPOST_NODE_HOSTNAME", "mx.gate.test")
            .env("GATEPOST_NODE_FILTER", "off")
            .env("GATEPOST_NODE_DNS", "off")
            .env("GATEPOST_NODE_MIN_FREE_BYTES", min_free_bytes.to_string())
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        let is_up = || async { tokio::net::TcpStream::connect(address).await.is_ok() };
        until("the node to listen", is_up).await;
        Self { child, address }
    }

    /// Whether its files may be written.
    fn set_writable(&self, is_writable: bool) {
        let current = if is_writable { None } else { Some(0) };
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        prlimit(pid, Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    }

    async fn send(&self, text: &str) -> String {
        Client::connect(self.address).await.send("ann@sender.test", &["user@ours.test"], text).await
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// What a node that was killed now would find: messages to deliver, and reports for the API.
fn left(data: &Path) -> (usize, usize) {
    let copy = tempfile::tempdir().unwrap();
    for name in ["log", "bodies"] {
        std::fs::create_dir(copy.path().join(name)).unwrap();
        for file in names(&data.join(name)) {
            // A file may be gone meanwhile.
            drop(std::fs::copy(data.join(name).join(&file), copy.path().join(name).join(&file)));
        }
    }
    let (_, left) = Spool::open(copy.path(), SEGMENT_SIZE).unwrap();
    let count = |kind: Kind| left.iter().filter(|handle| handle.kind() == kind).count();
    (count(Kind::Message), count(Kind::Report))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_defers_mail_loses_nothing_and_is_over_when_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::start(Mood::Tarries).await;
    policy(folder.path(), &[("ours.test", &[&destination.route()], Overrides::new())]);
    let mut node = Process::start(folder.path(), 0).await;
    let large = "0123456789\r\n".repeat(100_000);
    assert!(node.send("before").await.starts_with("250 "));
    // It is on its way, and is delivered while nothing can be written down.
    node.set_writable(false);
    for text in ["refused", "refused again", &large, "refused once more"] {
        assert_eq!(node.send(text).await, "452 4.3.1 No storage right now, try again later");
    }
    until_count(&destination, 1).await;
    assert_eq!(names(&folder.path().join("bodies")), Vec::<String>::new(), "no half of a message is left");
    let log = names(&folder.path().join("log"));
    assert!(log.iter().all(|name| name.ends_with(".segment")), "no half of a segment is left: {log:?}");
    node.set_writable(true);
    assert!(node.send("after").await.starts_with("250 "));
    assert!(node.send(&large).await.starts_with("250 "));
    until_count(&destination, 3).await;
    assert!(node.child.try_wait().unwrap().is_none(), "it is the same process");
    // Three messages with their deliveries, and the four that were refused when nothing could be written down.
    until("all of it to be settled and kept", || async { left(folder.path()) == (0, 10) }).await;
    drop(node);
    let node = Running::start(folder.path(), false, None).await;
    assert_eq!(node.node.queue.len(), 0, "nothing is delivered again");
    node.stop().await;
    let messages = destination.messages();
    assert_eq!(messages.len(), 3, "what was refused is not delivered");
    assert!(messages.iter().any(|message| message.contains("before")));
    assert!(messages.iter().any(|message| message.contains("after")));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_space_on_the_disk_to_work_on_what_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    policy(folder.path(), &[("ours.test", &["127.0.0.1:1"], Overrides::new())]);
    let node = Process::start(folder.path(), u64::MAX).await;
    let mut client = Client::connect(node.address).await;
    let reply = client.say("MAIL FROM:<ann@sender.test>").await;
    assert_eq!(reply, "452 4.3.1 No storage right now, try again later");
    drop(client);
    drop(node);
    let node = Process::start(folder.path(), 1).await;
    assert!(node.send("x").await.starts_with("250 "));
}
