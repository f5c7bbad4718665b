//! The parts of a link target that checks and features look at.

use core::net::{Ipv4Addr, Ipv6Addr};

/// A link target, taken apart leniently, as browsers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The scheme, as written.
    pub scheme: &'a str,
    /// The host, without user and port, as written.
    pub host: &'a str,
    /// The port; empty if not given.
    pub port: &'a str,
    /// What follows the host: path, query, fragment.
    pub path: &'a str,
    /// Whether there is a user name in it, which hides the host from people.
    pub has_user: bool,
}

impl<'a> Target<'a> {
    /// Takes a web address apart; `None` for other schemes and for what is no address.
    pub fn read(target: &'a str) -> Option<Self> {
        let (scheme, rest) = target.trim().split_once("://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (user, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = match host_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.trim_start_matches(':')),
            None => host_port.split_once(':').unwrap_or((host_port, "")),
        };
        (!host.is_empty()).then_some(Self { scheme, host, port, path, has_user: !user.is_empty() })
    }

    /// Whether the host is an address instead of a name; numbers in any notation count.
    pub fn is_address(&self) -> bool {
        let is_number = |host: &str| {
            host.parse::<u64>().is_ok()
                || host.strip_prefix("0x").is_some_and(|hex| u64::from_str_radix(hex, 16).is_ok())
        };
        self.host.parse::<Ipv4Addr>().is_ok() || self.host.parse::<Ipv6Addr>().is_ok() || is_number(self.host)
    }
}

/// Second-level labels under which everybody can register, such as in `example.co.uk`.
const SHARED_LABELS: [&str; 10] = ["co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "go"];

/// The domain somebody registered: the last two labels, or three under a country's shared label. An estimate; the
/// list of public suffixes would be exact.
pub fn registrable(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    let mut labels = host.rmatch_indices('.').map(|(at, _)| at);
    let (last, second, third) = (labels.next(), labels.next(), labels.next());
    let cut_at = match (last, second) {
        (Some(last), Some(second)) => {
            let label = host.get(second + 1..last).unwrap_or_default();
            let is_country = host.len() - last - 1 == 2;
            if is_country && SHARED_LABELS.contains(&label.to_ascii_lowercase().as_str()) {
                third
            } else {
                Some(second)
            }
        }
        _ => None,
    };
    cut_at.and_then(|at| host.get(at + 1..)).unwrap_or(host)
}

/// The domain of an address, in lower case; empty if it has none.
pub fn domain_of(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.trim_matches(['<', '>', ' ', '"', '.']).to_ascii_lowercase()
}

/// Whether two hosts belong to the same registered domain.
pub fn is_same_owner(one: &str, other: &str) -> bool {
    registrable(one).eq_ignore_ascii_case(registrable(other))
}

/// Domains where anybody gets a mailbox.
const FREE_MAIL: [&str; 22] = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "outlook.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "ymail.com",
    "aol.com",
    "icloud.com",
    "gmx.de",
    "gmx.net",
    "gmx.com",
    "web.de",
    "mail.com",
    "mail.ru",
    "yandex.ru",
    "yandex.com",
    "proton.me",
    "protonmail.com",
    "zoho.com",
    "qq.com",
];

/// Whether anybody gets a mailbox in this domain.
pub fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.contains(&domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_behind_users_ports_and_addresses() {
        let target = Target::read("https://bank.example@evil.example:8443/a?b").unwrap();
        assert_eq!((target.host, target.port, target.path), ("evil.example", "8443", "/a?b"));
        assert!(target.has_user && !target.is_address());
        for address in
            ["http://192.0.2.1/", "http://[2001:db8::1]/x", "http://3221225985/", "http://0xC0000201"]
        {
            assert!(Target::read(address).unwrap().is_address(), "{address}");
        }
        assert_eq!(Target::read("mailto:a@b.example"), None);
        assert_eq!(Target::read("http:///x"), None);
    }

    #[test]
    fn the_registered_domain_of_a_host() {
        for (host, domain) in [
            ("a.b.example.com", "example.com"),
            ("www.example.co.uk", "example.co.uk"),
            ("localhost", "localhost"),
            ("co.uk", "co.uk"),
            ("x.de", "x.de"),
            ("..", ""),
        ] {
            assert_eq!(registrable(host), domain);
        }
    }
}
