//! One SMTP connection to a destination server, through lettre's low-level client. lettre keeps the protocol and
//! stuffs the dots; a message goes through it piece by piece ([`super::octets`]).

use super::octets::{Guarded, Pieces, Source};
use crate::{
    lookups::{Lookups, NoAnswer, Pin},
    node::Node,
};
use contract::domains::Route;
use lettre::transport::smtp::{
    Error,
    client::{AsyncSmtpConnection, TlsParameters},
    extension::{ClientId, Extension},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};

const CONNECT: Duration = Duration::from_secs(20);
/// RFC 5321 §4.5.3.2.
const COMMAND: Duration = Duration::from_secs(300);
const MESSAGE: Duration = Duration::from_secs(1_800);

/// Why a command or a connection did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The name of the server leads nowhere (RTE-11).
    Unresolvable(String),
    /// The connection failed or broke.
    Broken(String),
    /// The server offers encryption and fails at it.
    NotEncrypted(String),
    /// The server says: later.
    Later(String),
    /// The server says: never.
    Never(String),
}

impl Failure {
    fn of(error: &Error) -> Self {
        let mut causes = Vec::new();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        let causes = causes.join(": ");
        let reply = match error.status() {
            Some(code) => plain(&format!("{code} {causes}")),
            None => plain(&error.to_string()),
        };
        if error.is_permanent() {
            Self::Never(reply)
        } else if error.is_transient() {
            Self::Later(reply)
        } else {
            Self::Broken(reply)
        }
    }

    /// What is told of it.
    pub fn text(&self) -> &str {
        match self {
            Self::Unresolvable(text)
            | Self::Broken(text)
            | Self::NotEncrypted(text)
            | Self::Later(text)
            | Self::Never(text) => text,
        }
    }
}

/// The text of a remote server on one line of bounded length, without what terminals or mail readers act on.
fn plain(text: &str) -> String {
    let clean = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    clean.take(500).collect::<String>().trim().to_owned()
}

fn broken(what: &str) -> Failure {
    Failure::Broken(what.to_owned())
}

/// How destination servers are found and met.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// What we call ourselves.
    pub hostname: &'a str,
    /// Who is asked for addresses.
    pub lookups: &'a Lookups,
}

impl<'a> Way<'a> {
    /// The way of a node.
    pub fn of(node: &'a Node) -> Self {
        Self { hostname: &node.config.hostname, lookups: &node.lookups }
    }
}

/// Whether a connection is encrypted.
#[derive(Clone, Copy)]
enum Encryption<'a> {
    None,
    IfOffered,
    /// It must be, by one of these certificates, or by any if there are none (DANE).
    Demanded(&'a [Pin]),
}

/// A connection to a destination server.
pub struct Client {
    connection: AsyncSmtpConnection,
    is_cut: Arc<AtomicBool>,
    /// What the server offers, once it was asked.
    offers: Option<Vec<String>>,
    /// Messages sent on it.
    pub messages: u32,
    /// The address it leads to.
    pub address: SocketAddr,
    /// The route it serves, `host:port`.
    pub host: String,
}

impl Client {
    /// Connects to a route: every address of its host in turn, encrypted if the server can, and by the right
    /// certificate where its domain says which (DANE).
    ///
    /// # Errors
    /// What kept us from it.
    pub async fn connect(route: &Route, way: Way<'_>) -> Result<Self, Failure> {
        let addresses = resolve(route, way.lookups).await?;
        let pins = match route.host.parse::<IpAddr>() {
            Ok(_) => None,
            Err(_) => way.lookups.pins_of(&route.host, route.port).await.map_err(|_| {
                Failure::Broken(format!("nobody says now which certificate {} may show", route.host))
            })?,
        };
        let encryption = pins.as_deref().map_or(Encryption::IfOffered, Encryption::Demanded);
        let mut last = Failure::Unresolvable(format!("the name {} leads to no address", route.host));
        for address in addresses {
            match Self::connect_to(address, route, way.hostname, encryption).await {
                Ok(client) => return Ok(client),
                Err(Failure::NotEncrypted(_)) if pins.is_none() => {
                    match Self::connect_to(address, route, way.hostname, Encryption::None).await {
                        Ok(client) => return Ok(client),
                        Err(failure) => last = failure,
                    }
                }
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    async fn connect_to(
        address: SocketAddr,
        route: &Route,
        hostname: &str,
        encryption: Encryption<'_>,
    ) -> Result<Self, Failure> {
        let stream = timeout(CONNECT, TcpStream::connect(address))
            .await
            .map_err(|_| broken("connecting took too long"))?
            .map_err(|error| Failure::Broken(format!("connecting failed: {error}")))?;
        drop(stream.set_nodelay(true));
        let is_cut = Arc::new(AtomicBool::new(false));
        let guarded = Box::new(Guarded { stream, is_cut: is_cut.clone() });
        let hello = ClientId::Domain(hostname.to_owned());
        let greeted = AsyncSmtpConnection::connect_with_transport(guarded, &hello);
        let mut connection = timeout(COMMAND, greeted)
            .await
            .map_err(|_| broken("the server did not greet us in time"))?
            // A server that refuses us in its greeting refuses no message: another route may take it.
            .map_err(|error| match Failure::of(&error) {
                Failure::Never(text) => Failure::Later(text),
                other => other,
            })?;
        match encryption {
            Encryption::None => {}
            Encryption::IfOffered if !connection.can_starttls() => {}
            Encryption::Demanded(_) if !connection.can_starttls() => {
                return Err(broken("the server must encrypt and does not offer to"));
            }
            _ => encrypt(&mut connection, route, &hello).await?,
        }
        if let Encryption::Demanded(pins) = encryption {
            let certificate = connection.peer_certificate().map_err(|error| Failure::of(&error))?;
            if !pins.is_empty() && !pins.iter().any(|pin| pin.fits(&certificate)) {
                return Err(broken("the server shows a certificate that its domain does not know"));
            }
        }
        Ok(Self { connection, is_cut, offers: None, messages: 0, address, host: route.to_string() })
    }

    /// Whether the server takes addresses beyond ASCII.
    pub fn takes_utf8(&self) -> bool {
        self.connection.server_info().supports_feature(Extension::SmtpUtfEight)
    }

    /// Whether the server takes BODY=8BITMIME.
    pub fn takes_eight_bit(&self) -> bool {
        self.connection.server_info().supports_feature(Extension::EightBitMime)
    }

    /// Whether the server takes what senders want to hear (RFC 3461). Between transactions only.
    ///
    /// # Errors
    /// What broke.
    pub async fn takes_notifications(&mut self, hostname: &str) -> Result<bool, Failure> {
        Ok(self.offers(hostname).await?.iter().any(|line| line.eq_ignore_ascii_case("DSN")))
    }

    /// The size that the server says to take, in octets (RFC 1870); none if it does not say. Between transactions
    /// only.
    ///
    /// # Errors
    /// What broke.
    pub async fn max_size(&mut self, hostname: &str) -> Result<Option<u64>, Failure> {
        let offers = self.offers(hostname).await?;
        let size = |line: &String| match line.split_once(' ') {
            Some((word, size)) if word.eq_ignore_ascii_case("SIZE") => size.trim().parse().ok(),
            _ => None,
        };
        Ok(offers.iter().find_map(size).filter(|size| *size > 0))
    }

    /// The lines of the server's greeting. lettre keeps only some of the extensions, so the server is greeted once
    /// more, where it matters.
    async fn offers(&mut self, hostname: &str) -> Result<&[String], Failure> {
        if self.offers.is_none() {
            let said = timeout(COMMAND, self.connection.command(format!("EHLO {hostname}\r\n"))).await;
            let lines = match said {
                Ok(Ok(response)) => response.message().map(|line| line.trim().to_owned()).collect(),
                Ok(Err(error)) => match self.failed(Failure::of(&error)) {
                    failure @ Failure::Broken(_) => return Err(failure),
                    _ => Vec::new(),
                },
                Err(_) => return Err(self.failed(broken("the server did not answer in time"))),
            };
            self.offers = Some(lines);
        }
        Ok(self.offers.as_deref().unwrap_or_default())
    }

    /// Whether it can be used again.
    pub fn is_usable(&self) -> bool {
        !self.connection.has_broken() && !self.is_cut.load(Ordering::Relaxed)
    }

    /// Says a line.
    ///
    /// # Errors
    /// What the server answers if not 2xx or 3xx.
    pub async fn command(&mut self, line: &str) -> Result<String, Failure> {
        let said = timeout(COMMAND, self.connection.command(format!("{line}\r\n"))).await;
        match said {
            Ok(Ok(response)) => Ok(reply_text(&response)),
            Ok(Err(error)) => Err(self.failed(Failure::of(&error))),
            Err(_) => Err(self.failed(broken("the server did not answer in time"))),
        }
    }

    fn failed(&self, failure: Failure) -> Failure {
        if matches!(failure, Failure::Broken(_)) {
            self.is_cut.store(true, Ordering::Relaxed);
        }
        failure
    }

    /// Sends a message after DATA was agreed: a header, then `length` octets of the source. It must end with a
    /// line end.
    ///
    /// # Errors
    /// What the server answers, or what broke.
    pub async fn message(&mut self, header: Vec<u8>, source: Source, length: u64) -> Result<String, Failure> {
        let total = length + u64::try_from(header.len()).unwrap_or(0);
        let pieces = Pieces {
            header: Some(header),
            source,
            // lettre ends the last line itself.
            left: total.saturating_sub(2),
            is_cut: self.is_cut.clone(),
        };
        match timeout(MESSAGE, self.connection.message_iter(pieces)).await {
            Ok(Ok(response)) => {
                self.messages += 1;
                Ok(reply_text(&response))
            }
            Ok(Err(error)) => Err(self.failed(Failure::of(&error))),
            Err(_) => Err(self.failed(broken("the server did not take the message in time"))),
        }
    }

    /// Says goodbye.
    pub async fn quit(mut self) {
        if self.is_usable() {
            drop(timeout(Duration::from_secs(5), self.connection.quit()).await);
        }
    }
}

/// Encrypts by whatever certificate: an unverified one is better than none (RFC 7435).
async fn encrypt(
    connection: &mut AsyncSmtpConnection,
    route: &Route,
    hello: &ClientId,
) -> Result<(), Failure> {
    let parameters = TlsParameters::builder(route.host.clone())
        .dangerous_accept_invalid_certs(true)
        .dangerous_accept_invalid_hostnames(true)
        .build_rustls()
        .map_err(|error| Failure::of(&error))?;
    let failed = |text: &str| Failure::NotEncrypted(format!("encrypting failed: {text}"));
    timeout(COMMAND, connection.starttls(parameters, hello))
        .await
        .map_err(|_| failed("it took too long"))?
        .map_err(|error| failed(Failure::of(&error).text()))
}

fn reply_text(response: &lettre::transport::smtp::response::Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    plain(&format!("{} {}", response.code(), lines.join(" ")))
}

async fn resolve(route: &Route, lookups: &Lookups) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = route.host.parse() {
        return Ok(vec![SocketAddr::new(address, route.port)]);
    }
    let nowhere = || Failure::Unresolvable(format!("the name {} leads to no address", route.host));
    let late = || Failure::Broken(format!("the name {} was not resolved in time", route.host));
    match lookups.addresses_of(&route.host).await {
        Some(Ok(addresses)) if addresses.is_empty() => return Err(nowhere()),
        Some(Ok(addresses)) => {
            return Ok(addresses.into_iter().map(|address| SocketAddr::new(address, route.port)).collect());
        }
        Some(Err(NoAnswer)) => return Err(late()),
        None => {}
    }
    match timeout(CONNECT, tokio::net::lookup_host((route.host.as_str(), route.port))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(error)) => {
            Err(Failure::Unresolvable(format!("the name {} cannot be resolved: {error}", route.host)))
        }
        Err(_) => Err(late()),
    }
}
