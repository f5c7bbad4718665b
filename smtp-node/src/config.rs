//! What the environment says of this node: read once, checked, and never again elsewhere.

use std::{env, fmt, net::SocketAddr, path::PathBuf, time::Duration};

/// How this node runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the API is: `GATEPOST_NODE_API`, `http://127.0.0.1:8080` if not given.
    pub api: String,
    /// What the node signs in with: `GATEPOST_NODE_TOKEN`, or the first line of `GATEPOST_NODE_TOKEN_FILE`.
    pub token: Token,
    /// Where mail comes in: `GATEPOST_NODE_LISTEN`, `127.0.0.1:2525` if not given.
    pub listen: SocketAddr,
    /// The folder of the spool, the last policy and the certificate: `GATEPOST_NODE_DATA`, `data/node` if not given.
    pub data: PathBuf,
    /// What the node calls itself in SMTP and in headers: `GATEPOST_NODE_HOSTNAME`, the machine's name if not given.
    pub hostname: String,
    /// Whether content is judged: `GATEPOST_NODE_FILTER`, `on` or `off`.
    pub filter: bool,
    /// Who is asked about names: `GATEPOST_NODE_DNS`, which is `on`, `off`, or a name server such as `127.0.0.1:53`.
    pub dns: Dns,
    /// The certificate and its key, as PEM files: `GATEPOST_NODE_TLS_CERT` and `GATEPOST_NODE_TLS_KEY`; a
    /// certificate of the node's own making if not given.
    pub tls: Option<TlsFiles>,
    /// Connections at once: `GATEPOST_NODE_MAX_CONNECTIONS`, 2,000 if not given.
    pub max_connections: usize,
    /// Connections at once from one IPv4 address or one IPv6 network of 64 bits:
    /// `GATEPOST_NODE_MAX_CONNECTIONS_PER_IP`, 10 if not given.
    pub max_connections_per_ip: usize,
    /// Connections at once from the machine itself, where tests, proxies and other mail programs connect from one
    /// address: `GATEPOST_NODE_MAX_CONNECTIONS_LOOPBACK`, 1,000 if not given.
    pub max_connections_loopback: usize,
    /// Connections within a minute from one IPv4 address or one IPv6 network of 64 bits:
    /// `GATEPOST_NODE_MAX_CONNECTIONS_PER_MINUTE`, 300 if not given; 0 for no limit.
    pub max_connections_per_minute: usize,
    /// Connections within a minute from the machine itself: `GATEPOST_NODE_MAX_CONNECTIONS_PER_MINUTE_LOOPBACK`,
    /// without limit if not given.
    pub max_connections_per_minute_loopback: usize,
    /// Recipients on one connection, taken or not: `GATEPOST_NODE_MAX_RECIPIENTS_PER_CONNECTION`, 10,000 if not given.
    pub max_recipients_per_connection: usize,
    /// Where numbers are given in the format of Prometheus: `GATEPOST_NODE_METRICS`, an address with a port; nowhere if
    /// not given.
    pub metrics: Option<SocketAddr>,
    /// The largest message in octets: `GATEPOST_NODE_MAX_MESSAGE_BYTES`, 150 MiB if not given.
    pub max_message_bytes: u64,
    /// Octets of the disk that mail leaves free, so that what was taken can still be worked on:
    /// `GATEPOST_NODE_MIN_FREE_BYTES`, 128 MiB if not given. With less, no mail is taken for now.
    pub min_free_bytes: u64,
    /// How long a client may be silent between commands: `GATEPOST_NODE_COMMAND_TIMEOUT` in seconds, 300 if not
    /// given (RFC 5321 §4.5.3.2.7).
    pub command_timeout: Duration,
    /// How long a client may be silent before its first command: `GATEPOST_NODE_GREETING_TIMEOUT` in seconds, 60 if
    /// not given. A client that says nothing only takes the place of others.
    pub greeting_timeout: Duration,
    /// The server that bounces go through, `host:port`: `GATEPOST_NODE_BOUNCE_RELAY`; the sender's own mail server
    /// if not given.
    pub bounce_relay: Option<String>,
    /// The virus scanner, clamd: `GATEPOST_NODE_CLAMD`, `unix:/run/clamav/clamd.ctl` or `host:port`; none if not
    /// given.
    pub scanner: Option<ScannerAddress>,
}

/// Where the virus scanner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScannerAddress {
    /// A socket of the machine.
    Socket(PathBuf),
    /// `host:port`.
    Host(String),
}

/// Who is asked about names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dns {
    /// The name servers of the machine.
    Machine,
    /// This name server.
    Server(SocketAddr),
    /// Nobody.
    Off,
}

/// Certificate and key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// The node's token; never printed.
#[derive(Clone)]
pub struct Token(pub String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A sentence that says which variable is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the first variable that is wrong, and why.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::read(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables(&get);
        Ok(Self {
            api: variables.api()?,
            token: variables.token()?,
            listen: variables.parsed("GATEPOST_NODE_LISTEN", "127.0.0.1:2525", "an address with a port")?,
            data: get("GATEPOST_NODE_DATA").unwrap_or_else(|| "data/node".into()).into(),
            hostname: variables.hostname()?,
            filter: variables.switch("GATEPOST_NODE_FILTER")?,
            dns: variables.dns()?,
            tls: variables.tls()?,
            max_connections: variables.positive("GATEPOST_NODE_MAX_CONNECTIONS", "2000")?,
            max_connections_per_ip: variables.positive("GATEPOST_NODE_MAX_CONNECTIONS_PER_IP", "10")?,
            max_connections_loopback: variables.positive("GATEPOST_NODE_MAX_CONNECTIONS_LOOPBACK", "1000")?,
            max_connections_per_minute: variables.parsed(
                "GATEPOST_NODE_MAX_CONNECTIONS_PER_MINUTE",
                "300",
                "a number",
            )?,
            max_connections_per_minute_loopback: variables.parsed(
                "GATEPOST_NODE_MAX_CONNECTIONS_PER_MINUTE_LOOPBACK",
                "0",
                "a number",
            )?,
            max_recipients_per_connection: variables
                .positive("GATEPOST_NODE_MAX_RECIPIENTS_PER_CONNECTION", "10000")?,
            metrics: variables.optional("GATEPOST_NODE_METRICS", "an address with a port")?,
            max_message_bytes: variables.parsed(
                "GATEPOST_NODE_MAX_MESSAGE_BYTES",
                "157286400",
                "a number of octets",
            )?,
            min_free_bytes: variables.parsed(
                "GATEPOST_NODE_MIN_FREE_BYTES",
                "134217728",
                "a number of octets",
            )?,
            command_timeout: variables.seconds("GATEPOST_NODE_COMMAND_TIMEOUT", "300")?,
            greeting_timeout: variables.seconds("GATEPOST_NODE_GREETING_TIMEOUT", "60")?,
            bounce_relay: get("GATEPOST_NODE_BOUNCE_RELAY"),
            scanner: variables.scanner()?,
        })
    }
}

/// What is logged: `GATEPOST_NODE_LOG`, such as `info` or `smtp_node=debug`; `info` if not given.
pub fn log_filter() -> String {
    env::var("GATEPOST_NODE_LOG").ok().filter(|value| !value.is_empty()).unwrap_or_else(|| "info".into())
}

struct Variables<'a, F>(&'a F);

impl<F: Fn(&str) -> Option<String>> Variables<'_, F> {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str, default: &str, what: &str) -> Result<T, ConfigError> {
        let text = self.get(name).unwrap_or_else(|| default.to_owned());
        text.parse().map_err(|_| ConfigError(format!("{name} is “{text}”, which is not {what}.")))
    }

    fn seconds(&self, name: &str, default: &str) -> Result<Duration, ConfigError> {
        self.parsed(name, default, "a number of seconds").map(Duration::from_secs)
    }

    fn optional<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, ConfigError> {
        match self.get(name) {
            Some(text) => self.parsed(name, &text, what).map(Some),
            None => Ok(None),
        }
    }

    fn positive(&self, name: &str, default: &str) -> Result<usize, ConfigError> {
        match self.parsed(name, default, "a number")? {
            0 => Err(ConfigError(format!("{name} is 0; it must be at least 1."))),
            number => Ok(number),
        }
    }

    fn switch(&self, name: &str) -> Result<bool, ConfigError> {
        match self.get(name).as_deref() {
            None | Some("on") => Ok(true),
            Some("off") => Ok(false),
            Some(other) => Err(ConfigError(format!("{name} is “{other}”; it can be on or off."))),
        }
    }

    fn dns(&self) -> Result<Dns, ConfigError> {
        let name = "GATEPOST_NODE_DNS";
        match self.get(name).as_deref() {
            None | Some("on") => Ok(Dns::Machine),
            Some("off") => Ok(Dns::Off),
            Some(other) => other.parse().map(Dns::Server).map_err(|_| {
                ConfigError(format!("{name} is “{other}”; it can be on, off or an address with a port."))
            }),
        }
    }

    fn scanner(&self) -> Result<Option<ScannerAddress>, ConfigError> {
        let name = "GATEPOST_NODE_CLAMD";
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.strip_prefix("unix:") {
            Some(path) => Ok(Some(ScannerAddress::Socket(path.into()))),
            None if text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) => {
                Ok(Some(ScannerAddress::Host(text)))
            }
            None => {
                Err(ConfigError(format!("{name} is “{text}”; it can be unix: and a path, or host:port.")))
            }
        }
    }

    fn api(&self) -> Result<String, ConfigError> {
        let api = self.get("GATEPOST_NODE_API").unwrap_or_else(|| "http://127.0.0.1:8080".into());
        let is_url = reqwest::Url::parse(&api).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if is_url {
            Ok(api.trim_end_matches('/').to_owned())
        } else {
            Err(ConfigError(format!("GATEPOST_NODE_API is “{api}”, which is not an http or https address.")))
        }
    }

    fn token(&self) -> Result<Token, ConfigError> {
        if let Some(token) = self.get("GATEPOST_NODE_TOKEN") {
            return Ok(Token(token));
        }
        let Some(file) = self.get("GATEPOST_NODE_TOKEN_FILE") else {
            return Err(ConfigError(
                "The node has no token: set GATEPOST_NODE_TOKEN or GATEPOST_NODE_TOKEN_FILE \
                 (gatepost create-node makes one)."
                    .into(),
            ));
        };
        let text = std::fs::read_to_string(&file)
            .map_err(|error| ConfigError(format!("The token file {file} cannot be read: {error}.")))?;
        match text.lines().map(str::trim).find(|line| !line.is_empty()) {
            Some(token) => Ok(Token(token.to_owned())),
            None => Err(ConfigError(format!("The token file {file} is empty."))),
        }
    }

    fn hostname(&self) -> Result<String, ConfigError> {
        let name = match self.get("GATEPOST_NODE_HOSTNAME") {
            Some(name) => name,
            None => std::fs::read_to_string("/proc/sys/kernel/hostname")
                .map(|name| name.trim().to_owned())
                .ok()
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "localhost".into()),
        };
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if name.len() <= 255 && name.split('.').all(is_label) {
            Ok(name)
        } else {
            Err(ConfigError(format!("GATEPOST_NODE_HOSTNAME is “{name}”, which is not a host name.")))
        }
    }

    fn tls(&self) -> Result<Option<TlsFiles>, ConfigError> {
        match (self.get("GATEPOST_NODE_TLS_CERT"), self.get("GATEPOST_NODE_TLS_KEY")) {
            (Some(certificate), Some(key)) => {
                Ok(Some(TlsFiles { certificate: certificate.into(), key: key.into() }))
            }
            (None, None) => Ok(None),
            _ => Err(ConfigError("GATEPOST_NODE_TLS_CERT and GATEPOST_NODE_TLS_KEY go together.".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let pairs: std::collections::HashMap<_, _> = pairs.iter().copied().collect();
        Config::read(|name| pairs.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn a_token_is_all_that_must_be_given() {
        let config =
            read(&[("GATEPOST_NODE_TOKEN", "gpn_x"), ("GATEPOST_NODE_HOSTNAME", "mx.example.com")]).unwrap();
        assert_eq!(config.listen.port(), 2525);
        assert_eq!(config.max_connections_per_ip, 10);
        assert!(config.filter);
        assert!(!format!("{config:?}").contains("gpn_x"), "the token is never printed");
    }

    #[test]
    fn a_wrong_variable_is_named_with_the_reason() {
        let token = ("GATEPOST_NODE_TOKEN", "x");
        for (name, value) in [
            ("GATEPOST_NODE_LISTEN", "here"),
            ("GATEPOST_NODE_API", "ftp://x"),
            ("GATEPOST_NODE_FILTER", "maybe"),
            ("GATEPOST_NODE_DNS", "192.0.2.1"),
            ("GATEPOST_NODE_MAX_CONNECTIONS", "0"),
            ("GATEPOST_NODE_HOSTNAME", "a b"),
            ("GATEPOST_NODE_TLS_CERT", "/x.pem"),
            ("GATEPOST_NODE_CLAMD", "/run/clamd.ctl"),
        ] {
            let message = read(&[token, (name, value)]).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
        assert!(read(&[]).unwrap_err().to_string().contains("GATEPOST_NODE_TOKEN"));
    }
}
