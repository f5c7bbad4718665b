//! A Gatepost of its own for a test: a fresh database (SQLite, or PostgreSQL where `GATEPOST_TEST_POSTGRES`
//! says so), both programs on free ports, a destination server, two tenants with users of every role.

use crate::{
    actors::Actor,
    dialogue::Dialogue,
    program::{Environment, Program, finished},
};
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tests::sink::Sink;

/// The password of every user here.
pub(crate) const PASSWORD: &str = "Correct-Horse-7";
/// The tenant under test and the other one. `ours.test` belongs to the reseller `ours`, and so on.
pub(crate) const OURS: &str = "ours.test";
pub(crate) const FOREIGN: &str = "foreign.test";

/// A running Gatepost.
pub(crate) struct TestGateway {
    pub folder: TempDir,
    pub sink: Sink,
    pub api: String,
    pub smtp: u16,
    pub node_token: String,
    pub backend: Option<Program>,
    pub node: Option<Program>,
    backend_environment: Environment,
    node_environment: Environment,
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// The address of a fresh database.
pub(crate) fn fresh_database(folder: &TempDir) -> String {
    let Ok(server) = std::env::var("GATEPOST_TEST_POSTGRES") else {
        return format!("sqlite://{}", folder.path().join("gatepost.db").display());
    };
    let unique = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
    let name = format!("gatepost_{}", unique.replace(|it: char| !it.is_ascii_alphanumeric(), "_"));
    let mut connection = PgConnection::establish(&server).unwrap();
    connection.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    server.replacen("/postgres?", &format!("/{name}?"), 1)
}

impl TestGateway {
    /// Both programs and two tenants.
    pub(crate) fn start() -> Self {
        let mut gateway = Self::start_api();
        gateway.start_node();
        gateway
    }

    /// The API and two tenants, without a node.
    pub(crate) fn start_api() -> Self {
        let mut gateway = Self::prepare();
        gateway.start_backend();
        gateway
    }

    /// Everything set up, nothing running.
    fn prepare() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let spool = folder.path().join("spool");
        std::fs::create_dir_all(&data).unwrap();
        std::fs::create_dir_all(&spool).unwrap();
        let (api, smtp) = (free_port(), free_port());
        let text = |value: &dyn std::fmt::Display| value.to_string();
        let backend_environment = Environment::from([
            ("GATEPOST_LISTEN".into(), format!("127.0.0.1:{api}")),
            ("GATEPOST_BASE_URL".into(), format!("http://127.0.0.1:{api}")),
            ("GATEPOST_DATABASE_URL".into(), fresh_database(&folder)),
            ("GATEPOST_DATA".into(), text(&data.display())),
            ("GATEPOST_ROUTE_NETWORKS".into(), "127.0.0.0/8".into()),
            ("GATEPOST_LOGIN_LIMITS".into(), "off".into()),
        ]);
        let node_environment = Environment::from([
            ("GATEPOST_NODE_API".into(), format!("http://127.0.0.1:{api}")),
            ("GATEPOST_NODE_LISTEN".into(), format!("127.0.0.1:{smtp}")),
            ("GATEPOST_NODE_DATA".into(), text(&spool.display())),
            ("GATEPOST_NODE_HOSTNAME".into(), "node.test".into()),
            ("GATEPOST_NODE_MAX_CONNECTIONS".into(), "2000".into()),
            ("GATEPOST_NODE_MAX_CONNECTIONS_PER_IP".into(), "2000".into()),
            ("GATEPOST_NODE_MAX_CONNECTIONS_LOOPBACK".into(), "2000".into()),
            ("GATEPOST_NODE_DNS".into(), "off".into()),
        ]);
        let mut gateway = Self {
            folder,
            sink: Sink::start(0).unwrap(),
            api: format!("http://127.0.0.1:{api}"),
            smtp,
            node_token: String::new(),
            backend: None,
            node: None,
            backend_environment,
            node_environment,
        };
        gateway.set_up();
        gateway
    }

    fn set_up(&mut self) {
        self.command(&["migrate"]);
        self.command(&["create-administrator", "--username", "administrator"]);
        let route = self.sink.address().to_string();
        for (slug, domain) in [("ours", OURS), ("foreign", FOREIGN)] {
            self.command(&["create-reseller", "--slug", slug, "--name", slug]);
            self.command(&["create-domain", "--name", domain, "--reseller", slug, "--route", &route]);
            self.user("reseller", slug, &["--reseller", slug]);
            self.user("domain", &format!("domain-{slug}"), &["--domain", domain]);
            self.user("email", &format!("user@{domain}"), &["--domain", domain]);
        }
        self.node_token = self.new_node("node.test");
        self.node_environment.insert("GATEPOST_NODE_TOKEN".into(), self.node_token.clone());
    }

    /// Makes a user with [`PASSWORD`].
    pub(crate) fn user(&self, role: &str, username: &str, more: &[&str]) {
        let command = ["create-user", "--role", role, "--username", username];
        self.command(&[command.as_slice(), more].concat());
    }

    /// Makes a node and hands over its token.
    pub(crate) fn new_node(&self, name: &str) -> String {
        let said = self.command(&["create-node", "--name", name]);
        said.split_whitespace().find(|word| word.starts_with("gpn_")).unwrap().to_owned()
    }

    /// Runs a command of `gatepost`.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        let mut environment = self.backend_environment.clone();
        environment.insert("GATEPOST_PASSWORD".into(), PASSWORD.into());
        finished("gatepost", arguments, &environment)
    }

    /// Starts the API.
    pub(crate) fn start_backend(&mut self) {
        let mut backend = Program::start("gatepost", &self.backend_environment, self.folder.path());
        let address = self.api.trim_start_matches("http://").to_owned();
        backend.wait_until("ready", || TcpStream::connect(&address).is_ok());
        self.backend = Some(backend);
    }

    /// Starts the node and waits until it knows both tenants.
    pub(crate) fn start_node(&mut self) {
        let mut node = Program::start("gatepost-node", &self.node_environment, self.folder.path());
        let port = self.smtp;
        node.wait_until("taking mail", || {
            [OURS, FOREIGN].iter().all(|domain| Dialogue::would_take(port, &format!("user@{domain}")))
        });
        self.node = Some(node);
    }

    /// SIGKILL for the API.
    pub(crate) fn kill_backend(&mut self) {
        self.backend.take().unwrap().kill();
    }

    /// SIGKILL for the node.
    pub(crate) fn kill_node(&mut self) {
        self.node.take().unwrap().kill();
    }

    /// An SMTP client that has had its greeting.
    pub(crate) fn dialogue(&self) -> Dialogue {
        Dialogue::open(self.smtp)
    }

    /// Somebody who signed in.
    pub(crate) async fn actor(&self, username: &str) -> Actor {
        Actor::signed_in(&self.api, username, PASSWORD).await
    }

    /// The administrator.
    pub(crate) async fn administrator(&self) -> Actor {
        self.actor("administrator").await
    }

    /// Nobody: no token at all.
    pub(crate) fn guest(&self) -> Actor {
        Actor::guest(&self.api)
    }
}

/// Tries again until it gives something, for at most this long.
pub(crate) async fn within<T>(time: Duration, what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let until = Instant::now() + time;
    loop {
        if let Some(found) = attempt().await {
            return found;
        }
        assert!(Instant::now() < until, "{what}: not within {time:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
