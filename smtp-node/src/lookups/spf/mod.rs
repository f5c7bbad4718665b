//! SPF (RFC 7208): does the domain of MAIL FROM, or of the name in EHLO, let this address send for it? Every look-up
//! is counted against the limits of §4.6.4, so that no record makes the node ask without end (S14).
//!
//! | file | holds |
//! |---|---|
//! | `record` | a record, read as its grammar says: a wrong record is wrong before anything of it is used |
//! | `expansion` | names with macros, expanded |

mod expansion;
mod record;

use super::answers::{Answers, Gone};
use expansion::Origin;
use mail_auth::{SpfResult, hickory_resolver::TokioResolver};
use record::{Lengths, Mechanism, Record};
use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
};

/// Terms of all records together that ask (§4.6.4).
const TERMS: u32 = 10;
/// Questions without an answer (§4.6.4).
const VOIDS: u32 = 2;
/// Hosts of one `mx` term, and names of one address (§4.6.4).
const HOSTS: usize = 10;

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender<'a> {
    /// The address of the client.
    pub(super) address: IpAddr,
    /// What it called itself.
    pub(super) helo: &'a str,
    /// MAIL FROM; empty for the null sender.
    pub(super) mail_from: &'a str,
    /// The name of this node.
    pub(super) receiver: &'a str,
}

/// The domain that was asked, and what it says.
pub(super) async fn check(resolver: &TokioResolver, sender: Sender<'_>) -> (String, SpfResult) {
    let (local, domain) = match sender.mail_from.rsplit_once('@') {
        _ if sender.mail_from.is_empty() => ("postmaster", sender.helo),
        Some((local, domain)) if !local.is_empty() => (local, domain),
        Some((_, domain)) => ("postmaster", domain),
        None => ("postmaster", sender.mail_from),
    };
    let origin = Origin {
        address: sender.address.to_canonical(),
        local: local.to_owned(),
        domain: domain.to_owned(),
        helo: sender.helo.to_owned(),
        receiver: sender.receiver.to_owned(),
    };
    let mut check = Check { answers: Answers(resolver), origin, terms: 0, voids: 0 };
    let result = check.host(domain.to_owned()).await.unwrap_or_else(|stop| stop.0);
    (domain.to_owned(), result)
}

/// A result that ends the check wherever it stands.
struct Stop(SpfResult);

const PERMANENT: Stop = Stop(SpfResult::PermError);

struct Check<'a> {
    answers: Answers<'a>,
    origin: Origin,
    terms: u32,
    voids: u32,
}

impl Check<'_> {
    /// `check_host` of §4.
    fn host(&mut self, domain: String) -> Pin<Box<dyn Future<Output = Result<SpfResult, Stop>> + Send + '_>> {
        Box::pin(async move {
            if !is_a_domain(&domain) {
                return Ok(SpfResult::None);
            }
            let Some(record) = self.record_of(&domain).await? else { return Ok(SpfResult::None) };
            for (qualifier, mechanism) in &record.directives {
                if self.matches(mechanism, &domain).await? {
                    return Ok(*qualifier);
                }
            }
            let Some(target) = &record.redirect else { return Ok(SpfResult::Neutral) };
            self.count_term()?;
            let target = self.expand(target, &domain).await;
            match self.host(target).await? {
                SpfResult::None => Ok(SpfResult::PermError),
                other => Ok(other),
            }
        })
    }

    /// The record of a domain (§4.4, §4.5).
    async fn record_of(&self, domain: &str) -> Result<Option<Record>, Stop> {
        let texts = match self.answers.texts(domain).await {
            Ok(texts) => texts,
            Err(Gone::Nothing) => return Ok(None),
            Err(Gone::Silent) => return Err(Stop(SpfResult::TempError)),
        };
        let mut records = texts.iter().filter_map(|text| record::body(text));
        let first = records.next();
        if records.next().is_some() {
            return Err(PERMANENT);
        }
        match first {
            None => Ok(None),
            Some(body) => Record::read(body).map(Some).ok_or(PERMANENT),
        }
    }

    async fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Result<bool, Stop> {
        let address = self.origin.address;
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Network(network, length) => Ok(is_within(address, *network, *length)),
            Mechanism::Include(target) => {
                self.count_term()?;
                let target = self.expand(target, domain).await;
                match self.host(target).await? {
                    SpfResult::Pass => Ok(true),
                    SpfResult::None | SpfResult::PermError => Err(PERMANENT),
                    SpfResult::TempError => Err(Stop(SpfResult::TempError)),
                    _ => Ok(false),
                }
            }
            Mechanism::Address(target, lengths) => {
                self.count_term()?;
                let target = self.target(target.as_deref(), domain).await;
                let addresses = self.addresses(&target).await?;
                Ok(addresses.iter().any(|one| lengths.covers(address, *one)))
            }
            Mechanism::Exchanges(target, lengths) => {
                self.count_term()?;
                let target = self.target(target.as_deref(), domain).await;
                self.is_exchange(&target, *lengths).await
            }
            Mechanism::Exists(target) => {
                self.count_term()?;
                let target = self.expand(target, domain).await;
                let found = self.answers.addresses(&target, Ipv4Addr::UNSPECIFIED.into()).await;
                self.or_void(found).map(|found| !found.is_empty())
            }
            Mechanism::Pointer(target) => {
                self.count_term()?;
                let target = self.target(target.as_deref(), domain).await;
                let names = self.answers.confirmed_names(address, HOSTS).await;
                Ok(names.iter().any(|name| expansion::is_below(name, &target)))
            }
        }
    }

    async fn is_exchange(&mut self, domain: &str, lengths: Lengths) -> Result<bool, Stop> {
        let found = self.answers.exchanges(domain).await;
        let hosts = self.or_void(found)?;
        if hosts.len() > HOSTS {
            return Err(PERMANENT);
        }
        for host in hosts {
            let addresses = self.addresses(&host).await?;
            if addresses.iter().any(|one| lengths.covers(self.origin.address, *one)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The addresses of a name, of the family of the client.
    async fn addresses(&mut self, name: &str) -> Result<Vec<IpAddr>, Stop> {
        let found = self.answers.addresses(name, self.origin.address).await;
        self.or_void(found)
    }

    /// What was found; nothing, counted, where there is nothing.
    fn or_void<T>(&mut self, found: Result<Vec<T>, Gone>) -> Result<Vec<T>, Stop> {
        match found {
            Ok(found) if !found.is_empty() => Ok(found),
            Ok(_) | Err(Gone::Nothing) => {
                self.voids += 1;
                if self.voids > VOIDS { Err(PERMANENT) } else { Ok(Vec::new()) }
            }
            Err(Gone::Silent) => Err(Stop(SpfResult::TempError)),
        }
    }

    fn count_term(&mut self) -> Result<(), Stop> {
        self.terms += 1;
        if self.terms > TERMS { Err(PERMANENT) } else { Ok(()) }
    }

    async fn target(&self, target: Option<&str>, domain: &str) -> String {
        match target {
            Some(target) => self.expand(target, domain).await,
            None => domain.to_owned(),
        }
    }

    async fn expand(&self, text: &str, domain: &str) -> String {
        let name = match expansion::needs_name(text) {
            false => None,
            true => {
                let names = self.answers.confirmed_names(self.origin.address, HOSTS).await;
                expansion::best_name(&names, domain)
            }
        };
        expansion::expand(text, &self.origin, domain, name.as_deref())
    }
}

/// Whether a name can be asked for a policy (§4.3).
fn is_a_domain(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(|label| (1..=63).contains(&label.len()))
        && !name.starts_with('[')
}

/// Whether an address is in a network of so many bits.
fn is_within(address: IpAddr, network: IpAddr, length: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (one.to_bits() ^ other.to_bits()).checked_shr(32 - length.min(32)).unwrap_or(0) == 0
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            (one.to_bits() ^ other.to_bits()).checked_shr(128 - length.min(128)).unwrap_or(0) == 0
        }
        _ => false,
    }
}
