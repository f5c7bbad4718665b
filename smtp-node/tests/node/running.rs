//! A node in the test, a client of it, and waiting for what other tasks bring about.

use crate::destination::Destination;
use contract::{
    domains::Route,
    nodes::{DomainPolicy, PolicyChanges, PolicyDocument},
    settings::Overrides,
};
use smtp_node::{
    clock::Clock,
    config::{Config, Dns, Token},
    node::Node,
    policy_sync::PolicyStore,
    prepare,
};
use std::{future::Future, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

pub(crate) const GTUBE: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) struct Running {
    pub(crate) node: Arc<Node>,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) metrics: Option<std::net::SocketAddr>,
    pub(crate) clock: Clock,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Running {
    /// A node whose API is away.
    pub(crate) async fn start(folder: &Path, filter: bool, bounce_relay: Option<String>) -> Self {
        Self::start_with(folder, "http://127.0.0.1:9", filter, bounce_relay).await
    }

    pub(crate) async fn start_with(
        folder: &Path,
        api: &str,
        filter: bool,
        bounce_relay: Option<String>,
    ) -> Self {
        Self::start_as(folder, |config| {
            config.api = api.into();
            config.filter = filter;
            config.bounce_relay = bounce_relay;
        })
        .await
    }

    /// A node that judges, whose API is away and whose configuration is changed like this.
    pub(crate) async fn start_as(folder: &Path, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            api: "http://127.0.0.1:9".into(),
            token: Token("gpn_none".into()),
            listen: "127.0.0.1:0".parse().unwrap(),
            data: folder.into(),
            hostname: "mx.gate.test".into(),
            filter: true,
            dns: Dns::Off,
            tls: None,
            max_connections: 100,
            max_connections_per_ip: 100,
            max_connections_loopback: 100,
            max_message_bytes: 10_000_000,
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
        let clock = Clock::default();
        let ready = prepare(config, clock.clone()).await.unwrap();
        let (node, address) = (ready.node().clone(), ready.address().unwrap());
        let metrics = ready.metrics_address();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(ready.serve(async move { drop(stopped.await) }));
        Self { node, address, metrics, clock, stop: Some(stop), serving }
    }

    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        self.serving.await.unwrap();
    }

    pub(crate) async fn send(&self, sender: &str, recipients: &[&str], text: &str) -> String {
        Client::connect(self.address).await.send(sender, recipients, text).await
    }
}

pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) async fn send(&mut self, sender: &str, recipients: &[&str], text: &str) -> String {
        let client = self;
        client.say(&format!("MAIL FROM:<{sender}>")).await;
        let mut last = String::new();
        for recipient in recipients {
            last = client.say(&format!("RCPT TO:<{recipient}>")).await;
        }
        if !client.say("DATA").await.starts_with("354") {
            return last;
        }
        let message = format!(
            "From: Ann <ann@sender.test>\r\nTo: <user@ours.test>\r\nSubject: Minutes of Monday\r\n\
             Date: Mon, 05 Jan 2026 10:00:00 +0000\r\nMessage-ID: <1@sender.test>\r\n\r\n{text}\r\n."
        );
        client.say(&message).await
    }

    /// Sends a message as it is, its header included.
    pub(crate) async fn send_raw(&mut self, sender: &str, recipients: &[&str], message: &str) -> String {
        self.say(&format!("MAIL FROM:<{sender}>")).await;
        let mut last = String::new();
        for recipient in recipients {
            last = self.say(&format!("RCPT TO:<{recipient}>")).await;
        }
        match self.say("DATA").await.starts_with("354") {
            true => self.say(&format!("{message}\r\n.")).await,
            false => last,
        }
    }
}

impl Client {
    pub(crate) async fn connect(address: std::net::SocketAddr) -> Self {
        let mut client = Self(BufReader::new(TcpStream::connect(address).await.unwrap()));
        client.reply().await;
        client.say("EHLO client.test").await;
        client
    }

    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.reply().await
    }

    pub(crate) async fn reply(&mut self) -> String {
        let mut last = String::new();
        loop {
            last.clear();
            if self.0.read_line(&mut last).await.unwrap() == 0 || last.as_bytes().get(3) != Some(&b'-') {
                return last.trim_end().to_owned();
            }
        }
    }
}

/// The settings of a test; what the model thinks of its short messages holds none of them, unless the test wants it.
fn with_patience(settings: &Overrides) -> Overrides {
    let mut settings = settings.clone();
    settings.entry("incoming.quarantine_threshold".to_owned()).or_insert_with(|| 1.0.into());
    settings
}

pub(crate) fn policy(folder: &Path, domains: &[(&str, &[&str], Overrides)]) {
    let store = PolicyStore::open(folder).unwrap();
    let documents = domains
        .iter()
        .map(|(name, routes, settings)| {
            PolicyDocument::Domain(DomainPolicy {
                name: (*name).to_owned(),
                reseller: None,
                routes: routes.iter().map(|route| route.parse::<Route>().unwrap()).collect(),
                is_suspended: false,
                settings: with_patience(settings),
                mailboxes: Default::default(),
            })
        })
        .collect();
    store.apply(PolicyChanges { revision: 1, documents, more: false }).unwrap();
}

/// Waits for something that other tasks bring about at once.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    for _ in 0..1_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to this: {what}");
}

pub(crate) async fn until_count(destination: &Destination, count: usize) {
    until(&format!("{count} messages"), || async { destination.messages().len() == count }).await;
}

pub(crate) async fn until_empty(node: &Node) {
    until("an empty queue", || async { node.queue.is_empty() }).await;
}
