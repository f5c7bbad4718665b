//! One installation in a data folder: its database, its users, its node's token, and both programs over it.
//! Everything is set up with the command line of `gatepost`, as anybody would.

use crate::{
    programs::{self, Built, Program, local},
    project::output,
};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    io::Read,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

/// Where the programs of an installation listen.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    /// The API and the panel.
    pub api: u16,
    /// SMTP.
    pub smtp: u16,
}

/// An installation in a data folder.
pub(crate) struct Installation {
    built: Built,
    data: PathBuf,
    ports: Ports,
    /// What was set up already, so that a second start does not do it again.
    done: Map<String, Value>,
}

impl Installation {
    /// Opens or makes the data folder and migrates the database.
    pub(crate) fn open(built: Built, data: &Path, ports: Ports) -> Result<Self> {
        programs::require_writable(data)?;
        fs::set_permissions(data, fs::Permissions::from_mode(0o700))?;
        let data = data.canonicalize()?;
        let done = match fs::read_to_string(data.join("setup.json")) {
            Ok(text) => {
                serde_json::from_str(&text).context("setup.json of the data folder cannot be read")?
            }
            Err(_) => Map::new(),
        };
        let installation = Self { built, data, ports, done };
        installation.gatepost(&["migrate"], None)?;
        Ok(installation)
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// What was noted under this name by an earlier start.
    pub(crate) fn noted(&self, name: &str) -> Option<&Value> {
        self.done.get(name)
    }

    /// Notes that something is set up.
    pub(crate) fn note(&mut self, name: &str, value: Value) -> Result<()> {
        self.done.insert(name.to_owned(), value);
        write_private(&self.data.join("setup.json"), &serde_json::to_vec_pretty(&self.done)?)
    }

    /// Runs a command of `gatepost` over this installation.
    pub(crate) fn gatepost(&self, arguments: &[&str], password: Option<&str>) -> Result<String> {
        let mut command = Command::new(&self.built.gatepost);
        command.args(arguments).envs(self.backend_environment());
        match password {
            Some(password) => command.env("GATEPOST_PASSWORD", password),
            None => command.env_remove("GATEPOST_PASSWORD"),
        };
        output(&mut command)
    }

    fn backend_environment(&self) -> HashMap<&'static str, OsString> {
        let mut database = OsString::from("sqlite://");
        database.push(self.data.join("gatepost.db"));
        HashMap::from([
            ("GATEPOST_LISTEN", local(self.ports.api).to_string().into()),
            ("GATEPOST_BASE_URL", format!("http://127.0.0.1:{}", self.ports.api).into()),
            ("GATEPOST_DATABASE_URL", database),
            ("GATEPOST_DATA", self.data.clone().into()),
            ("GATEPOST_ROUTE_NETWORKS", "127.0.0.0/8".into()),
            // The panel's own mail goes through the node, too.
            ("GATEPOST_SMTP_RELAY", format!("smtp://127.0.0.1:{}", self.ports.smtp).into()),
        ])
    }

    /// The token of the node of this installation, made at the first start.
    fn node_token(&self) -> Result<PathBuf> {
        let file = self.data.join("node.token");
        if !file.exists() {
            let said = self.gatepost(&["create-node", "--name", "localhost"], None)?;
            let token = said.split_whitespace().find(|word| word.starts_with("gpn_"));
            write_private(&file, token.context("create-node printed no token")?.as_bytes())?;
        }
        Ok(file)
    }

    /// Starts the API and waits until it is ready.
    pub(crate) fn start_backend(&self, more: &[(&'static str, OsString)]) -> Result<Program> {
        let mut environment = self.backend_environment();
        environment.extend(more.iter().cloned());
        let environment: Vec<_> = environment.into_iter().collect();
        let logs = self.data.join("logs");
        let mut backend = Program::start("gatepost", &self.built.gatepost, &environment, &logs)?;
        let port = self.ports.api;
        backend.wait_until("ready", || {
            programs::http(port, "GET", "/readyz", &[], b"").is_ok_and(|(status, _)| status == 200)
        })?;
        Ok(backend)
    }

    /// Starts the node and waits for its greeting.
    pub(crate) fn start_node(&self, more: &[(&'static str, OsString)]) -> Result<Program> {
        let spool = self.data.join("node");
        fs::create_dir_all(&spool)?;
        let mut environment = vec![
            ("GATEPOST_NODE_API", OsString::from(format!("http://127.0.0.1:{}", self.ports.api))),
            ("GATEPOST_NODE_TOKEN_FILE", self.node_token()?.into()),
            ("GATEPOST_NODE_LISTEN", local(self.ports.smtp).to_string().into()),
            ("GATEPOST_NODE_DATA", spool.into()),
            ("GATEPOST_NODE_HOSTNAME", "localhost".into()),
        ];
        environment.extend(more.iter().cloned());
        let logs = self.data.join("logs");
        let mut node = Program::start("gatepost-node", &self.built.node, &environment, &logs)?;
        let port = self.ports.smtp;
        node.wait_until("ready", || programs::greets(port))?;
        Ok(node)
    }

    /// Makes a user unless an earlier start did; hands over the password that it has.
    pub(crate) fn user(&mut self, name: &str, arguments: &[&str]) -> Result<Account> {
        let users = self.done.get("users").cloned().unwrap_or_else(|| json!({}));
        if let Some(password) = users.get(name).and_then(Value::as_str) {
            return Ok(Account { username: name.to_owned(), password: password.to_owned() });
        }
        let account = Account { username: name.to_owned(), password: new_password()? };
        let mut command = arguments.to_vec();
        command.extend(["--username", name]);
        self.gatepost(&command, Some(&account.password))?;
        let mut users = users;
        if let Some(users) = users.as_object_mut() {
            users.insert(name.to_owned(), account.password.clone().into());
        }
        self.note("users", users)?;
        Ok(account)
    }

    /// The node's token itself, for what is sent in the node's name.
    pub(crate) fn token(&self) -> Result<String> {
        Ok(fs::read_to_string(self.node_token()?)?.trim().to_owned())
    }

    /// The port of the API.
    pub(crate) fn api_port(&self) -> u16 {
        self.ports.api
    }
}

/// What somebody signs in with.
pub(crate) struct Account {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

impl Account {
    /// As checks from outside read it.
    pub(crate) fn json(&self) -> Value {
        json!({ "username": self.username, "password": self.password })
    }
}

/// A random password that every rule of passwords takes (C10): 20 letters and digits of both cases.
pub(crate) fn new_password() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJ";
    let mut random = [0_u8; 18];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    let letters = random.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 31)));
    Ok(letters.copied().map(char::from).chain("7K".chars()).collect())
}

fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write;
    let mut file = fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content).with_context(|| format!("cannot write {}", path.display()))
}
