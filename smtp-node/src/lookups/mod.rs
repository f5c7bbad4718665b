//! What the domain name system says: asked within a budget of time, answered from a cache where it can be, and never
//! an error to whoever asks. While the name servers do not answer, they are left alone for a while, so that a broken
//! resolver does not slow every message down (S14).

mod answers;
mod authenticity;
mod dane;
mod dmarc_choice;
mod spf;

use crate::config::Dns;
use mail_auth::{
    DnsError, Error, IpLookupStrategy, MX, MessageAuthenticator, RecordSet,
    common::cache::NoCache,
    hickory_resolver::{
        TokioResolver,
        config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts},
        net::runtime::TokioRuntimeProvider,
        system_conf::read_system_conf,
    },
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use answers::{Answers, Gone};
pub use authenticity::{Authenticity, Question, SenderPolicy};
pub use dane::Pin;
pub use dmarc_choice::facts_for;

/// How long one message, or one connection, may wait for answers in all.
const BUDGET: Duration = Duration::from_secs(2);
/// Answers kept.
const CACHE: u64 = 4_096;
/// Questions in a row without an answer, after which the name servers count as gone.
const SILENCES: u32 = 3;
/// How long they then are not asked.
const REST: Duration = Duration::from_secs(15);
/// Names of one address that are confirmed forward.
const NAMES: usize = 4;

type NoAddresses4 = NoCache<Box<str>, RecordSet<Ipv4Addr>>;
type NoAddresses6 = NoCache<Box<str>, RecordSet<Ipv6Addr>>;
type NoExchanges = NoCache<Box<str>, RecordSet<MX>>;
type NoNames = NoCache<IpAddr, RecordSet<Box<str>>>;

/// Asks the domain name system.
pub struct Lookups {
    dns: Option<MessageAuthenticator>,
    /// The name server, if one is configured.
    server: Option<SocketAddr>,
    health: Mutex<Health>,
}

#[derive(Default)]
struct Health {
    silences: u32,
    rests_until: Option<Instant>,
}

/// The name servers did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

/// Why the mail servers of a domain are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailServersError {
    /// The domain does not exist, or says that it takes no mail (RFC 7505).
    #[error("the domain takes no mail")]
    NoMail,
    /// The name servers do not answer, or may not be asked.
    #[error("the domain's mail servers cannot be looked up now")]
    Temporary,
}

impl Lookups {
    /// Asks whom the configuration names.
    pub fn new(dns: Dns) -> Self {
        let server = match dns {
            Dns::Server(server) => Some(server),
            Dns::Machine | Dns::Off => None,
        };
        let dns = match dns {
            Dns::Machine => resolver(read_system_conf().map_err(|error| error.to_string())),
            Dns::Server(address) => resolver(Ok((only(address), ResolverOpts::default()))),
            Dns::Off => None,
        };
        Self { dns, server, health: Mutex::default() }
    }

    /// The name of an address by reverse DNS, confirmed forward; empty if it has none. `None` if that is not known
    /// in time.
    pub async fn host_of(&self, address: IpAddr) -> Option<String> {
        let dns = self.awake()?;
        let found = timeout_at(Instant::now() + BUDGET, confirmed_name(dns, address)).await;
        self.note(found.is_ok());
        found.ok().flatten()
    }

    /// The hosts that take a domain's mail, the preferred first (RFC 5321 §5.1).
    ///
    /// # Errors
    /// If there are none, or they are not known in time.
    pub async fn mail_servers(&self, domain: &str) -> Result<Vec<String>, MailServersError> {
        let dns = self.awake().ok_or(MailServersError::Temporary)?;
        let found = timeout_at(Instant::now() + BUDGET, exchanges(dns, domain)).await;
        self.note(found.is_ok());
        found.unwrap_or(Err(MailServersError::Temporary))
    }

    /// The addresses of a host, those of IPv4 first; none where the machine is to be asked, because no name server is
    /// configured.
    ///
    /// # Errors
    /// If the name server does not answer in time.
    pub async fn addresses_of(&self, host: &str) -> Option<Result<Vec<IpAddr>, NoAnswer>> {
        let dns = self.dns.as_ref().filter(|_| self.server.is_some())?;
        let ask = async {
            let answers = Answers(&dns.0);
            let (four, six) = tokio::join!(
                answers.addresses(host, Ipv4Addr::UNSPECIFIED.into()),
                answers.addresses(host, Ipv6Addr::UNSPECIFIED.into())
            );
            match (four, six) {
                (Err(Gone::Silent), Err(_)) | (Err(_), Err(Gone::Silent)) => Err(NoAnswer),
                (four, six) => Ok([four, six].into_iter().flatten().flatten().collect()),
            }
        };
        Some(timeout_at(Instant::now() + BUDGET, ask).await.unwrap_or(Err(NoAnswer)))
    }

    /// The first of these zones that lists an address (RFC 5782 §2.1). Asked all at once; a zone that does not answer in
    /// time lists nobody.
    pub async fn listing_of(&self, address: IpAddr, zones: &[&str]) -> Option<String> {
        let dns = self.awake()?;
        let reversed = reversed(address);
        let questions = zones.iter().map(|zone| {
            let (resolver, name) = (dns.0.clone(), format!("{reversed}.{}", zone.trim_matches('.')));
            let zone = (*zone).to_owned();
            async move {
                let found = Answers(&resolver).addresses(&name, Ipv4Addr::UNSPECIFIED.into()).await;
                let is_listed =
                    |one: &IpAddr| matches!(one, IpAddr::V4(one) if one.octets().starts_with(&[127, 0]));
                found.is_ok_and(|found| found.iter().any(is_listed)).then_some(zone)
            }
        });
        let mut asking: JoinSet<Option<String>> = questions.collect();
        let first = async {
            while let Some(answer) = asking.join_next().await {
                if let Ok(Some(zone)) = answer {
                    return Some(zone);
                }
            }
            None
        };
        let found = timeout_at(Instant::now() + BUDGET, first).await;
        found.ok().flatten()
    }

    /// The resolver, unless there is none or it rests.
    fn awake(&self) -> Option<&MessageAuthenticator> {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        self.dns.as_ref().filter(|_| health.is_awake(Instant::now()))
    }

    /// Remembers whether there was an answer.
    fn note(&self, has_answered: bool) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.note(has_answered, Instant::now());
    }
}

impl Health {
    fn is_awake(&mut self, now: Instant) -> bool {
        self.rests_until = self.rests_until.filter(|until| *until > now);
        self.rests_until.is_none()
    }

    fn note(&mut self, has_answered: bool, now: Instant) {
        self.silences = if has_answered { 0 } else { self.silences.saturating_add(1) };
        if self.silences >= SILENCES {
            tracing::warn!("the name servers do not answer; they are not asked for a while");
            self.rests_until = Some(now + REST);
            self.silences = 0;
        }
    }
}

/// An address as the name that lists give it: its octets, or its nibbles, from the last to the first.
fn reversed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}")
        }
        IpAddr::V6(address) => {
            let nibbles: Vec<String> =
                format!("{:032x}", address.to_bits()).chars().rev().map(|one| one.to_string()).collect();
            nibbles.join(".")
        }
    }
}

fn only(address: SocketAddr) -> ResolverConfig {
    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(address.ip(), true, connections.into())])
}

fn resolver(conf: Result<(ResolverConfig, ResolverOpts), String>) -> Option<MessageAuthenticator> {
    let built = conf.and_then(|(config, mut options)| {
        options.timeout = Duration::from_secs(1);
        options.attempts = 2;
        options.cache_size = CACHE;
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.with_options(options).build().map_err(|error| error.to_string())
    });
    match built {
        Ok(resolver) => Some(MessageAuthenticator(resolver)),
        Err(error) => {
            tracing::warn!(error, "there are no name servers to ask; senders cannot be looked up");
            None
        }
    }
}

async fn confirmed_name(dns: &MessageAuthenticator, address: IpAddr) -> Option<String> {
    let names = match dns.ptr_lookup(address, None::<&NoNames>).await {
        Ok(names) => names,
        Err(Error::Dns(DnsError::RecordNotFound(_))) => return Some(String::new()),
        Err(_) => return None,
    };
    let way = match address {
        IpAddr::V4(_) => IpLookupStrategy::Ipv4Only,
        IpAddr::V6(_) => IpLookupStrategy::Ipv6Only,
    };
    let mut is_known = true;
    for name in names.rrset.iter().take(NAMES) {
        let addresses = dns.ip_lookup(name, way, 32, None::<&NoAddresses4>, None::<&NoAddresses6>).await;
        match addresses {
            Ok(found) if found.contains(&address) => return Some(name.trim_end_matches('.').to_owned()),
            Ok(_) | Err(Error::Dns(DnsError::RecordNotFound(_))) => {}
            Err(_) => is_known = false,
        }
    }
    is_known.then(String::new)
}

async fn exchanges(dns: &MessageAuthenticator, domain: &str) -> Result<Vec<String>, MailServersError> {
    let found = match dns.mx_lookup(domain, None::<&NoExchanges>).await {
        Ok(found) => found,
        Err(Error::Dns(DnsError::RecordNotFound(_))) => return its_own(dns, domain).await,
        Err(_) => return Err(MailServersError::Temporary),
    };
    let hosts: Vec<String> = found
        .rrset
        .iter()
        .flat_map(|mx| mx.exchanges.iter())
        .map(|host| host.trim_end_matches('.').to_owned())
        .collect();
    if hosts.is_empty() {
        return its_own(dns, domain).await;
    }
    let hosts: Vec<String> = hosts.into_iter().filter(|host| !host.is_empty()).collect();
    if hosts.is_empty() { Err(MailServersError::NoMail) } else { Ok(hosts) }
}

/// A domain without MX records is its own mail server, if it has an address.
async fn its_own(dns: &MessageAuthenticator, domain: &str) -> Result<Vec<String>, MailServersError> {
    let way = IpLookupStrategy::Ipv4thenIpv6;
    match dns.ip_lookup(domain, way, 1, None::<&NoAddresses4>, None::<&NoAddresses6>).await {
        Ok(found) if !found.is_empty() => Ok(vec![domain.to_owned()]),
        Ok(_) | Err(Error::Dns(DnsError::RecordNotFound(_))) => Err(MailServersError::NoMail),
        Err(_) => Err(MailServersError::Temporary),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn switched_off_nothing_is_asked_and_nothing_is_known() {
        let lookups = Lookups::new(Dns::Off);
        assert_eq!(lookups.host_of(IpAddr::V4(Ipv4Addr::LOCALHOST)).await, None);
        assert_eq!(lookups.mail_servers("a.test").await, Err(MailServersError::Temporary));
    }

    /// S14.
    #[test]
    fn silent_name_servers_are_left_alone_for_a_while() {
        let (mut health, now) = (Health::default(), Instant::now());
        health.note(false, now);
        health.note(true, now);
        for _ in 0..SILENCES {
            assert!(health.is_awake(now));
            health.note(false, now);
        }
        assert!(!health.is_awake(now));
        assert!(health.is_awake(now + REST));
    }
}
