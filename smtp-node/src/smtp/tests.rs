//! Whole dialogues with a node that has a policy and no API: what a client, good or bad, hears.

use crate::{
    clock::Clock,
    config::{Config, Dns, Token},
    prepare,
};
use contract::{
    domains::Route,
    nodes::{DomainPolicy, PolicyChanges, PolicyDocument},
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

const HELLO: &str = "EHLO client.test\r\n";
const START: &str = "MAIL FROM:<a@sender.test>\r\nRCPT TO:<user@ours.test>\r\n";

/// A node on a port of its own, which stops when it is dropped.
struct TestNode {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl TestNode {
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            api: "http://127.0.0.1:1".into(),
            token: Token("gpn_test".into()),
            listen: ([127, 0, 0, 1], 0).into(),
            data: folder.path().into(),
            hostname: "mx.test".into(),
            filter: false,
            dns: Dns::Off,
            tls: None,
            max_connections: 100,
            max_connections_per_ip: 50,
            max_connections_loopback: 50,
            max_message_bytes: 100_000,
            min_free_bytes: 0,
            command_timeout: Duration::from_secs(20),
            bounce_relay: None,
            scanner: None,
            max_connections_per_minute: 0,
            max_connections_per_minute_loopback: 0,
            max_recipients_per_connection: 10_000,
            metrics: None,
            greeting_timeout: Duration::from_secs(20),
        };
        change(&mut config);
        let ready = prepare(config, Clock::default()).await.unwrap();
        let domain = PolicyDocument::Domain(DomainPolicy {
            name: "ours.test".into(),
            reseller: None,
            is_suspended: false,
            routes: vec![Route { host: "127.0.0.1".into(), port: 1 }],
            settings: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
        });
        let changes = PolicyChanges { revision: 1, documents: vec![domain], more: false };
        ready.node().policy.apply(changes).unwrap();
        let address = ready.address().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(async move { ready.serve(async { drop(stopped.await) }).await });
        Self { address, stop: Some(stop), served, _folder: folder }
    }

    async fn client(&self) -> Client {
        let mut client = Client(TcpStream::connect(self.address).await.unwrap());
        assert_eq!(client.codes(1).await, [220]);
        client
    }

    /// The codes that the lines get in a fresh session after EHLO, each sent once the one before is answered.
    async fn hears(&self, lines: &[&str]) -> Vec<u16> {
        let mut client = self.client().await;
        client.says(HELLO).await;
        let mut codes = Vec::new();
        for line in lines {
            codes.extend(client.says(line).await);
        }
        codes
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.served.await.unwrap();
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends, and gives the code of the next reply; none if the connection is closed.
    async fn says(&mut self, text: &str) -> Option<u16> {
        self.send(text).await;
        self.codes(1).await.first().copied()
    }

    /// The codes of so many replies, fewer if the connection is closed before.
    async fn codes(&mut self, count: usize) -> Vec<u16> {
        let mut codes = Vec::new();
        let mut line = Vec::new();
        while codes.len() < count {
            let read = timeout(Duration::from_secs(30), self.0.read_u8()).await.unwrap();
            let Ok(octet) = read else { break };
            line.push(octet);
            if line.ends_with(b"\r\n") {
                let text = String::from_utf8(std::mem::take(&mut line)).unwrap();
                if text.as_bytes()[3] == b' ' {
                    codes.push(text[..3].parse().unwrap());
                }
            }
        }
        codes
    }

    /// Whether the node has closed the connection.
    async fn is_closed(&mut self) -> bool {
        self.codes(1).await.is_empty()
    }
}

#[tokio::test]
async fn commands_have_their_order_and_their_syntax() {
    let node = TestNode::start(|_| {}).await;
    let cases: [(&[&str], &[u16]); 14] = [
        (&["RCPT TO:<user@ours.test>\r\n"], &[503]),
        (&["DATA\r\n"], &[503]),
        (&["MAIL FROM:<a@b.test>\r\n", "DATA\r\n"], &[250, 554]),
        (&["MAIL FROM:<a@b.test>\r\n", "MAIL FROM:<a@b.test>\r\n"], &[250, 503]),
        (&["MAIL FROM:<a@b.test>\r\n", "RSET\r\n", "RCPT TO:<user@ours.test>\r\n"], &[250, 250, 503]),
        (&["MAIL FROM:<a@b.test> SIZE=100001\r\n"], &[552]),
        (&["MAIL FROM:<a@b.test> SIZE=-1\r\n", "MAIL FROM:<a@b.test> FOO=BAR\r\n"], &[501, 555]),
        (
            &["MAIL FROM:a b c\r\n", "MAIL FROM:<a@b\r\n", "MAIL FROM:<jos\u{e9}@b.test>\r\n"],
            &[501, 501, 553],
        ),
        (
            &["NO\u{e9}P\r\n", "\r\n", "AUTH PLAIN x\r\n", "VRFY root\r\n", "HELP\r\n"],
            &[500, 500, 502, 252, 214],
        ),
        (&["BDAT -5 LAST\r\n", "NOOP\r\n"], &[501]),
        (&["NOOP\nNOOP\r\n"], &[550]),
        (&["NOOP\rNOOP\r\n"], &[550]),
        (&["NOOP\0\r\n"], &[550]),
        (&["QUIT\r\n", "NOOP\r\n"], &[221]),
    ];
    for (lines, codes) in cases {
        assert_eq!(node.hears(lines).await, codes, "{lines:?}");
    }
    let mut client = node.client().await;
    assert_eq!(client.says("MAIL FROM:<a@b.test>\r\n").await, Some(503), "before EHLO");
    assert_eq!(client.says(&format!("NOOP {}\r\n", "x".repeat(8_192))).await, Some(500));
    assert_eq!(client.says("NOOP\r\n").await, Some(250), "in step after an overlong line");
    drop(client);
    node.stop().await;
}

#[tokio::test]
async fn a_message_for_which_the_disk_has_no_space_is_put_off_when_it_is_announced() {
    let node = TestNode::start(|config| config.max_message_bytes = u64::MAX).await;
    let lines = ["MAIL FROM:<a@b.test> SIZE=9000000000000000000\r\n", "MAIL FROM:<a@b.test> SIZE=9\r\n"];
    assert_eq!(node.hears(&lines).await, [452, 250]);
    node.stop().await;
}

/// S7, X-13.
#[tokio::test]
async fn mail_is_taken_for_domains_of_ours_only() {
    let node = TestNode::start(|_| {}).await;
    for recipient in [
        "user@elsewhere.test",
        "user%elsewhere.test@ours.test",
        "@ours.test:user@elsewhere.test",
        "elsewhere.test!user@ours.test",
        "\"user@elsewhere.test\"@ours.test",
        "user@[127.0.0.1]",
        "user@sub.ours.test",
        "user@ours.test.elsewhere.test",
    ] {
        let line = format!("RCPT TO:<{recipient}>\r\n");
        assert_eq!(node.hears(&["MAIL FROM:<>\r\n", &line]).await, [250, 550], "{recipient}");
    }
    assert_eq!(node.hears(&["MAIL FROM:<>\r\n", "RCPT TO:<User@OURS.test>\r\n"]).await, [250, 250]);
    node.stop().await;
}

///
#[tokio::test]
async fn a_bounce_has_one_recipient() {
    let node = TestNode::start(|_| {}).await;
    let lines = ["MAIL FROM:<>\r\n", "RCPT TO:<a@ours.test>\r\n", "RCPT TO:<b@ours.test>\r\n"];
    assert_eq!(node.hears(&lines).await, [250, 250, 550]);
    node.stop().await;
}

#[tokio::test]
async fn a_message_has_at_most_a_thousand_recipients_and_the_rest_can_come_later() {
    let node = TestNode::start(|_| {}).await;
    let mut client = node.client().await;
    client.says(HELLO).await;
    let many: String = (0..1_050).map(|number| format!("RCPT TO:<u{number}@ours.test>\r\n")).collect();
    client.send(&format!("MAIL FROM:<a@b.test>\r\n{many}")).await;
    let codes = client.codes(1_051).await;
    assert_eq!(codes.iter().filter(|code| **code == 250).count(), 1_001);
    assert_eq!(codes.iter().filter(|code| **code == 452).count(), 50);
    assert_eq!(client.says("DATA\r\n").await, Some(354), "the session goes on");
    drop(client);
    node.stop().await;
}

#[tokio::test]
async fn a_message_is_taken_by_data_and_by_chunks_and_pipelined() {
    let node = TestNode::start(|_| {}).await;
    let mut client = node.client().await;
    client.says(HELLO).await;
    client.send(&format!("{START}DATA\r\n")).await;
    assert_eq!(client.codes(3).await, [250, 250, 354]);
    assert_eq!(client.says("Subject: x\r\n\r\n..\r\n.\r\nNOOP\r\n").await, Some(250));
    assert_eq!(client.codes(1).await, [250], "what follows the message is a command");
    client.send(&format!("{START}BDAT 12\r\nSubject: x\r\nBDAT 9 LAST\r\n\r\n.\r\nab\r\n")).await;
    assert_eq!(client.codes(4).await, [250, 250, 250, 250]);
    assert_eq!(client.says("QUIT\r\n").await, Some(221));
    assert!(client.is_closed().await);
    drop(client);
    node.stop().await;
}

/// S1, FIL-14.
#[tokio::test]
async fn a_message_of_unsafe_form_is_refused() {
    let node = TestNode::start(|_| {}).await;
    for sequence in ["\n.\n", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r\n.\r\r\n", "\r\n.\0\r\n"] {
        let mut client = node.client().await;
        client.says(HELLO).await;
        client.send(START).await;
        client.codes(2).await;
        client.says("DATA\r\n").await;
        client.send(&format!("Subject: x\r\n\r\nouter{sequence}{START}DATA\r\ninner\r\n.\r\n")).await;
        assert_eq!(client.codes(2).await, [550], "{sequence:?}: one answer, then the end");
    }
    let header = "Received: from a by b; Mon, 5 Jan 2026 10:00:00 +0000\r\n";
    let cases = [
        (format!("Subject: x\r\n\r\n{}\r\n.\r\n", "y".repeat(998)), 250),
        (format!("Subject: x\r\n\r\n{}\r\n.\r\n", "y".repeat(999)), 550),
        (format!("Subject: x\r\n\r\n{}.\r\n", format!("{}\r\n", "y".repeat(98)).repeat(1_100)), 552),
        (format!("{}\r\nx\r\n.\r\n", header.repeat(30)), 250),
        (format!("{}\r\nx\r\n.\r\n", header.repeat(101)), 554),
    ];
    for (message, code) in cases {
        let start: Vec<&str> =
            START.split_inclusive('\n').chain(["DATA\r\n", &message, "NOOP\r\n"]).collect();
        assert_eq!(node.hears(&start).await, [250, 250, 354, code, 250]);
    }
    node.stop().await;
}

/// S3, S4, LOG-06.
#[tokio::test]
async fn a_client_that_does_not_wait_where_it_must_is_let_go() {
    let node = TestNode::start(|_| {}).await;
    for (line, code) in [
        ("STARTTLS\r\nMAIL FROM:<evil@plain.test>\r\n", 554),
        ("EHLO again.test\r\nNOOP\r\n", 554),
        ("NOOP\0\r\nNOOP\r\n", 550),
    ] {
        let mut client = node.client().await;
        client.says(HELLO).await;
        assert_eq!(client.says(line).await, Some(code), "{line:?}");
        assert!(client.is_closed().await, "{line:?}");
    }
    let mut browser = node.client().await;
    browser.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n").await;
    assert_eq!(browser.codes(2).await, [421]);
    let mut client = node.client().await;
    client.says(HELLO).await;
    assert_eq!(client.says("STARTTLS now\r\n").await, Some(501));
    assert_eq!(client.says("STARTTLS\r\n").await, Some(220));
    drop((client, browser));
    node.stop().await;
}

/// S15, X-04, LOG-05.
#[tokio::test]
async fn patience_has_its_limits() {
    let node = TestNode::start(|config| {
        config.max_connections_loopback = 2;
        config.command_timeout = Duration::from_millis(300);
        config.greeting_timeout = Duration::from_millis(300);
    })
    .await;
    let mut silent = node.client().await;
    let mut wrong = node.client().await;
    let mut third = Client(TcpStream::connect(node.address).await.unwrap());
    assert_eq!(third.codes(2).await, [421], "two connections from one address are enough");
    let bad = "FROB\r\n".repeat(25);
    wrong.send(&bad).await;
    assert_eq!(wrong.codes(30).await, [vec![500; 20], vec![421]].concat());
    assert_eq!(silent.codes(2).await, [421], "silence ends");
    drop((silent, wrong, third));
    node.stop().await;
}

#[tokio::test]
async fn a_node_that_stops_says_so() {
    let node = TestNode::start(|_| {}).await;
    let mut client = node.client().await;
    client.says(HELLO).await;
    let stopped = tokio::spawn(node.stop());
    assert_eq!(client.codes(2).await, [421]);
    drop(client);
    stopped.await.unwrap();
}

/// A name server that knows no name, and what it was asked.
async fn name_server() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (socket.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let asking = asked.clone();
    tokio::spawn(async move {
        let mut octets = [0; 1_500];
        while let Ok((count, client)) = socket.recv_from(&mut octets).await {
            let (mut at, mut labels) = (12, Vec::new());
            while octets[at] > 0 {
                let end = at + 1 + usize::from(octets[at]);
                labels.push(String::from_utf8_lossy(&octets[at + 1..end]).to_lowercase());
                at = end;
            }
            asking.lock().unwrap().push(labels.join("."));
            // A response: there is no such name.
            octets[2] |= 0x80;
            octets[3] = 0x83;
            socket.send_to(&octets[..count], client).await.unwrap();
        }
    });
    (address, asked)
}

#[tokio::test]
async fn the_sender_is_looked_up_while_its_message_is_still_to_come_and_only_if_it_is_for_us() {
    let (address, asked) = name_server().await;
    let node = TestNode::start(|config| {
        config.dns = Dns::Server(address);
        config.filter = true;
    })
    .await;
    let times = |name: &str| asked.lock().unwrap().iter().filter(|it| *it == name).count();
    let mut client = node.client().await;
    client.says(HELLO).await;
    client.says("MAIL FROM:<a@relay.test>\r\n").await;
    assert_eq!(client.says("RCPT TO:<user@elsewhere.test>\r\n").await, Some(550));
    client.says("RSET\r\n").await;
    client.says("MAIL FROM:<a@sender.test>\r\n").await;
    assert_eq!(client.says("RCPT TO:<user@ours.test>\r\n").await, Some(250));
    timeout(Duration::from_secs(10), async {
        while times("sender.test") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(client.says("DATA\r\n").await, Some(354));
    assert!(client.says("From: a@sender.test\r\n\r\nx\r\n.\r\n").await.is_some());
    assert_eq!((times("sender.test"), times("relay.test")), (1, 0), "{:?}", asked.lock().unwrap());
    drop(client);
    node.stop().await;
}
