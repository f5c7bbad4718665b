//! A record of SPF, by the grammar of RFC 7208 §12. Read as a whole: what is wrong anywhere makes all of it wrong.

use super::is_within;
use mail_auth::SpfResult;
use std::net::IpAddr;

/// A record.
pub(super) struct Record {
    /// The directives in their order: what is said where the mechanism matches.
    pub(super) directives: Vec<(SpfResult, Mechanism)>,
    /// The domain whose record counts where no directive matches.
    pub(super) redirect: Option<String>,
}

/// What a directive looks for. Names are as written, with their macros.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    All,
    Include(String),
    Address(Option<String>, Lengths),
    Exchanges(Option<String>, Lengths),
    Pointer(Option<String>),
    Network(IpAddr, u32),
    Exists(String),
}

/// How many bits of an address count, by family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lengths {
    four: u32,
    six: u32,
}

impl Lengths {
    /// Whether the client is in the network of that address.
    pub(super) fn covers(self, client: IpAddr, address: IpAddr) -> bool {
        let length = if client.is_ipv4() { self.four } else { self.six };
        is_within(client, address, length)
    }
}

/// What follows the version of a text that is a record (§4.5).
pub(super) fn body(text: &[u8]) -> Option<&[u8]> {
    let (version, body) = text.split_at_checked(6)?;
    let ends = body.is_empty() || body.starts_with(b" ");
    (version.eq_ignore_ascii_case(b"v=spf1") && ends).then_some(body)
}

impl Record {
    /// Reads what follows the version; none if it is not as the grammar says.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body)
            .ok()
            .filter(|text| text.bytes().all(|one| (b' '..=b'~').contains(&one)))?;
        let (mut record, mut explanations) = (Self { directives: Vec::new(), redirect: None }, 0);
        for term in text.split(' ').filter(|term| !term.is_empty()) {
            match term
                .find([':', '/', '='])
                .filter(|at| term.get(*at..).is_some_and(|rest| rest.starts_with('=')))
            {
                None => record.directives.push(directive(term)?),
                Some(at) => {
                    let (name, value) = (term.get(..at)?, term.get(at + 1..)?);
                    match name.to_ascii_lowercase().as_str() {
                        "redirect" if record.redirect.is_none() => record.redirect = Some(domain(value)?),
                        "exp" if explanations == 0 => {
                            domain(value)?;
                            explanations += 1;
                        }
                        "redirect" | "exp" => return None,
                        other => {
                            let is_name = other.starts_with(|one: char| one.is_ascii_alphabetic())
                                && other
                                    .bytes()
                                    .all(|one| one.is_ascii_alphanumeric() || b"-_.".contains(&one));
                            if !is_name || !is_macro_text(value) {
                                return None;
                            }
                        }
                    }
                }
            }
        }
        Some(record)
    }
}

fn directive(term: &str) -> Option<(SpfResult, Mechanism)> {
    let (qualifier, rest) = match term.split_at_checked(1)? {
        ("+", rest) => (SpfResult::Pass, rest),
        ("-", rest) => (SpfResult::Fail, rest),
        ("~", rest) => (SpfResult::SoftFail, rest),
        ("?", rest) => (SpfResult::Neutral, rest),
        _ => (SpfResult::Pass, term),
    };
    let end = rest.find([':', '/']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at_checked(end)?;
    let mechanism = match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => Mechanism::All,
        "include" => Mechanism::Include(domain(rest.strip_prefix(':')?)?),
        "exists" => Mechanism::Exists(domain(rest.strip_prefix(':')?)?),
        "ptr" if rest.is_empty() => Mechanism::Pointer(None),
        "ptr" => Mechanism::Pointer(Some(domain(rest.strip_prefix(':')?)?)),
        "a" => {
            let (target, lengths) = target(rest)?;
            Mechanism::Address(target, lengths)
        }
        "mx" => {
            let (target, lengths) = target(rest)?;
            Mechanism::Exchanges(target, lengths)
        }
        "ip4" => {
            network(rest.strip_prefix(':')?, 32).filter(|(address, _)| address.is_ipv4()).map(of_network)?
        }
        "ip6" => {
            network(rest.strip_prefix(':')?, 128).filter(|(address, _)| address.is_ipv6()).map(of_network)?
        }
        _ => return None,
    };
    Some((qualifier, mechanism))
}

const fn of_network((address, length): (IpAddr, u32)) -> Mechanism {
    Mechanism::Network(address, length)
}

fn network(text: &str, longest: u32) -> Option<(IpAddr, u32)> {
    match text.split_once('/') {
        None => Some((text.parse().ok()?, longest)),
        Some((address, length)) => Some((address.parse().ok()?, number(length, longest)?)),
    }
}

/// `[":" domain-spec] [dual-cidr-length]`.
fn target(text: &str) -> Option<(Option<String>, Lengths)> {
    let (text, six) = match text.rsplit_once("//") {
        Some((before, length)) if length.bytes().all(|one| one.is_ascii_digit()) => {
            (before, number(length, 128)?)
        }
        _ => (text, 128),
    };
    let (text, four) = match text.rsplit_once('/') {
        Some((before, length)) if length.bytes().all(|one| one.is_ascii_digit()) => {
            (before, number(length, 32)?)
        }
        _ => (text, 32),
    };
    let target = match text {
        "" => None,
        text => Some(domain(text.strip_prefix(':')?)?),
    };
    Some((target, Lengths { four, six }))
}

/// A number without leading zeros.
fn number(text: &str, greatest: u32) -> Option<u32> {
    let is_plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|one| one.is_ascii_digit()));
    text.parse().ok().filter(|number| is_plain && *number <= greatest)
}

/// `domain-spec`: a text with macros that ends in one, or in a label that can be the last of a name.
fn domain(text: &str) -> Option<String> {
    let ends_in_macro = text.ends_with('}') && text.contains("%{");
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_last = |label: &str| {
        label.starts_with(|one: char| one.is_ascii_alphanumeric())
            && label.ends_with(|one: char| one.is_ascii_alphanumeric())
            && label.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-')
            && label.bytes().any(|one| !one.is_ascii_digit())
    };
    let ends_in_label =
        name.rsplit_once('.').is_some_and(|(before, label)| !before.is_empty() && is_last(label));
    (is_macro_text(text) && (ends_in_macro || ends_in_label)).then(|| text.to_owned())
}

/// `macro-string`, without the letters that only an explanation may have (§7.2).
fn is_macro_text(text: &str) -> bool {
    let mut rest = text;
    while let Some(one) = rest.chars().next() {
        let length = match one {
            '%' => match macro_length(rest) {
                Some(length) => length,
                None => return false,
            },
            '!'..='~' => 1,
            _ => return false,
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

/// Octets of the macro that a text begins with; none if it is not one.
fn macro_length(text: &str) -> Option<usize> {
    if ["%%", "%_", "%-"].iter().any(|known| text.starts_with(known)) {
        return Some(2);
    }
    let inner = text.strip_prefix("%{")?;
    let end = inner.find('}')?;
    let inner = inner.get(..end)?;
    super::expansion::Macro::read(inner)?;
    Some(end + 3)
}
