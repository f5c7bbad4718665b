//! The configuration: read from the environment once, checked, and the only place that reads it. Every error is a
//! sentence that names the variable.

use crate::network::Network;
use std::{net::SocketAddr, path::PathBuf};

/// How the program is set up.
#[derive(Clone)]
pub struct Config {
    /// `GATEPOST_LISTEN`: the address of the API and the panel; `127.0.0.1:8080` if not given.
    pub listen: SocketAddr,
    /// `GATEPOST_DATABASE_URL`: `sqlite:///path/gatepost.db` or `postgres://…`; a file in the data folder if not
    /// given.
    pub database_url: String,
    /// `GATEPOST_DATA`: the folder of the messages held and of the secret key; `data` if not given.
    pub data: PathBuf,
    /// `GATEPOST_BASE_URL`: where people reach the panel, for links and cookies; by the address listened on if
    /// not given. `https` makes the cookies secure.
    pub base_url: String,
    /// `GATEPOST_ROUTE_NETWORKS`: private networks that routes may lead to, separated by commas; none if not
    /// given.
    pub route_networks: Vec<Network>,
    /// `GATEPOST_LOGIN_LIMITS`: `on` (if not given) or `off`, for tests that sign in many times.
    pub login_limits: bool,
    /// `GATEPOST_RATE_LIMITS`: `on` (if not given) or `off`, where something before the API limits requests.
    pub rate_limits: bool,
    /// `GATEPOST_SMTP_RELAY`: who takes the panel's own mail, such as `smtp://127.0.0.1:25` or
    /// `smtps://user:password@mail.example`; if not given, no mail is sent and no password recovered.
    pub smtp_relay: Option<String>,
    /// `GATEPOST_MAIL_SENDER`: from whom that mail comes; `gatepost` at the host of the base URL if not given.
    pub mail_sender: String,
    /// `GATEPOST_DNS`: who is asked about mail servers: `on` (if not given) for the machine's name servers, `off`, or one
    /// such as `127.0.0.1:53`.
    pub name_servers: NameServers,
    /// `GATEPOST_LOG`: how much to log, such as `info` (if not given) or `backend=debug,info`.
    pub log: String,
    /// `GATEPOST_LOG_FORMAT`: `text` (if not given) or `json`.
    pub log_json: bool,
    /// How many threads answer requests; as many as the machine has processors, at most 4.
    pub workers: usize,
}

/// Who is asked about names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameServers {
    /// Whom the machine asks.
    Machine,
    /// One.
    One(SocketAddr),
    /// Nobody.
    Off,
}

impl NameServers {
    fn read(value: Option<&str>) -> Result<Self, String> {
        match value {
            None | Some("on") => Ok(Self::Machine),
            Some("off") => Ok(Self::Off),
            Some(text) => text
                .parse()
                .map(Self::One)
                .map_err(|_| format!("GATEPOST_DNS is {text:?}; write on, off or an address with a port")),
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The database URL may hold a password.
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("data", &self.data)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the environment of the process.
    pub fn from_environment() -> Result<Self, String> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the variables through a function, so that tests need no environment.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let given = |name: &str| {
            variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let listen_text = given("GATEPOST_LISTEN").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let listen: SocketAddr = listen_text
            .parse()
            .map_err(|_| format!("GATEPOST_LISTEN is {listen_text:?}, which is no address with a port"))?;
        let data = PathBuf::from(given("GATEPOST_DATA").unwrap_or_else(|| "data".to_owned()));
        let base_url = given("GATEPOST_BASE_URL").unwrap_or_else(|| format!("http://{listen}"));
        let base_url = base_url.trim_end_matches('/').to_owned();
        if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
            return Err(format!(
                "GATEPOST_BASE_URL is {base_url:?}, which is no http:// or https:// address"
            ));
        }
        let route_networks = given("GATEPOST_ROUTE_NETWORKS")
            .unwrap_or_default()
            .split(',')
            .filter(|part| !part.trim().is_empty())
            .map(|part| {
                part.parse().map_err(|()| {
                    format!("GATEPOST_ROUTE_NETWORKS has {part:?}, which is no network such as 10.0.0.0/8")
                })
            })
            .collect::<Result<_, _>>()?;
        let database_url = given("GATEPOST_DATABASE_URL")
            .unwrap_or_else(|| format!("sqlite://{}", data.join("gatepost.db").display()));
        let workers = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4);
        Ok(Self {
            listen,
            database_url,
            data,
            mail_sender: given("GATEPOST_MAIL_SENDER").unwrap_or_else(|| sender_at(&base_url)),
            base_url,
            route_networks,
            login_limits: choice(given("GATEPOST_LOGIN_LIMITS"), "GATEPOST_LOGIN_LIMITS", "on", "off")?,
            rate_limits: choice(given("GATEPOST_RATE_LIMITS"), "GATEPOST_RATE_LIMITS", "on", "off")?,
            smtp_relay: given("GATEPOST_SMTP_RELAY"),
            name_servers: NameServers::read(given("GATEPOST_DNS").as_deref())?,
            log: given("GATEPOST_LOG").unwrap_or_else(|| "info".to_owned()),
            log_json: choice(given("GATEPOST_LOG_FORMAT"), "GATEPOST_LOG_FORMAT", "text", "json")
                .map(|text| !text)?,
            workers,
        })
    }

    /// Whether people reach the panel over TLS, so that cookies must not travel without.
    pub fn is_secure(&self) -> bool {
        self.base_url.starts_with("https://")
    }
}

/// The sender of the panel's mail where nobody says: an address of digits has no mail.
fn sender_at(base_url: &str) -> String {
    let host = base_url.split("://").nth(1).unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    let is_name = host.bytes().any(|byte| byte.is_ascii_alphabetic());
    format!("Gatepost <gatepost@{}>", if is_name { host } else { "localhost" })
}

/// Whether the first word was given, or nothing.
fn choice(value: Option<String>, name: &str, yes: &str, no: &str) -> Result<bool, String> {
    match value.as_deref() {
        None => Ok(true),
        Some(value) if value == yes => Ok(true),
        Some(value) if value == no => Ok(false),
        Some(value) => Err(format!("{name} is {value:?}; write {yes} or {no}")),
    }
}

/// The password for a user that is created on the command line: `GATEPOST_PASSWORD`.
pub fn given_password() -> Option<String> {
    std::env::var("GATEPOST_PASSWORD").ok().filter(|password| !password.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> Result<Config, String> {
        Config::read(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn a_wrong_value_is_told_with_the_name_of_its_variable() {
        for (name, value) in [
            ("GATEPOST_LISTEN", "8080"),
            ("GATEPOST_BASE_URL", "mail.example"),
            ("GATEPOST_ROUTE_NETWORKS", "10.0.0.0/99"),
            ("GATEPOST_LOGIN_LIMITS", "maybe"),
            ("GATEPOST_LOG_FORMAT", "xml"),
            ("GATEPOST_DNS", "8.8.8.8.8"),
        ] {
            let error = with(name, value).unwrap_err();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn without_any_variable_it_runs_on_this_machine_alone() {
        let config = Config::read(|_| None).unwrap();
        assert!(config.listen.ip().is_loopback() && config.login_limits && !config.log_json);
        assert!(config.route_networks.is_empty() && !config.is_secure());
        assert!(
            !format!("{:?}", with("GATEPOST_DATABASE_URL", "postgres://u:secret@h/d")).contains("secret")
        );
    }
}
