//! Macros in the names of a record (RFC 7208 §7).

use std::{fmt::Write, net::IpAddr};

/// What macros stand for.
pub(super) struct Origin {
    pub(super) address: IpAddr,
    /// The local part of the sender.
    pub(super) local: String,
    /// The domain of the sender.
    pub(super) domain: String,
    pub(super) helo: String,
    pub(super) receiver: String,
}

/// A macro between its braces.
pub(super) struct Macro<'a> {
    letter: char,
    is_escaped: bool,
    /// Labels kept, counted from the right; none for all.
    kept: Option<usize>,
    is_reversed: bool,
    delimiters: &'a str,
}

impl<'a> Macro<'a> {
    /// Reads it; none if it is not one that a name can have.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let letter = text.chars().next()?;
        let rest = text.get(letter.len_utf8()..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = rest.split_at_checked(digits)?;
        let kept = match number {
            "" => None,
            number => Some(number.parse().unwrap_or(usize::MAX)).filter(|kept| *kept > 0).map(Some)?,
        };
        let (is_reversed, delimiters) = match rest.strip_prefix(['r', 'R']) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let is_known = "slodiphv".contains(letter.to_ascii_lowercase());
        let delimits = delimiters.chars().all(|one| ".-+,/_=".contains(one));
        (is_known && delimits).then(|| Self {
            letter: letter.to_ascii_lowercase(),
            is_escaped: letter.is_ascii_uppercase(),
            kept,
            is_reversed,
            delimiters: if delimiters.is_empty() { "." } else { delimiters },
        })
    }

    fn value(&self, origin: &Origin, domain: &str, name: Option<&str>) -> String {
        let whole = match self.letter {
            's' => format!("{}@{}", origin.local, origin.domain),
            'l' => origin.local.clone(),
            'o' => origin.domain.clone(),
            'd' => domain.to_owned(),
            'i' => dotted(origin.address),
            'p' => name.unwrap_or("unknown").to_owned(),
            'v' if origin.address.is_ipv4() => "in-addr".to_owned(),
            'v' => "ip6".to_owned(),
            'h' => origin.helo.clone(),
            _ => origin.receiver.clone(),
        };
        let mut labels: Vec<&str> = whole.split(|one| self.delimiters.contains(one)).collect();
        if self.is_reversed {
            labels.reverse();
        }
        let first = self.kept.map_or(0, |kept| labels.len().saturating_sub(kept));
        let value = labels.get(first..).unwrap_or_default().join(".");
        if self.is_escaped { escape(&value) } else { value }
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for one in text.bytes() {
        if one.is_ascii_alphanumeric() || b"-._~".contains(&one) {
            escaped.push(char::from(one));
        } else {
            let _ = write!(escaped, "%{one:02X}");
        }
    }
    escaped
}

/// The address, IPv6 as its nibbles (§7.3).
fn dotted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let nibbles: Vec<String> =
                format!("{:032x}", address.to_bits()).chars().map(|one| one.to_string()).collect();
            nibbles.join(".")
        }
    }
}

/// Whether the text has a macro that stands for the client's name.
pub(super) fn needs_name(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("%{p")
}

/// Whether a name is that domain or below it.
pub(super) fn is_below(name: &str, domain: &str) -> bool {
    let (name, domain) =
        (name.trim_end_matches('.').to_ascii_lowercase(), domain.trim_end_matches('.').to_ascii_lowercase());
    name == domain || name.strip_suffix(domain.as_str()).is_some_and(|before| before.ends_with('.'))
}

/// The name of the client that says most: the domain itself, one below it, any (§7.3).
pub(super) fn best_name(names: &[String], domain: &str) -> Option<String> {
    let itself = names.iter().find(|name| name.eq_ignore_ascii_case(domain.trim_end_matches('.')));
    itself.or_else(|| names.iter().find(|name| is_below(name, domain))).or_else(|| names.first()).cloned()
}

/// The text with its macros expanded. A name that gets too long loses labels at its left (§7.3).
pub(super) fn expand(text: &str, origin: &Origin, domain: &str, name: Option<&str>) -> String {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('%') {
        expanded.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('{') {
            let (inner, after) = after.split_once('}').unwrap_or((after, ""));
            if let Some(known) = Macro::read(inner) {
                expanded.push_str(&known.value(origin, domain, name));
            }
            rest = after;
        } else {
            expanded.push_str(match rest.chars().next() {
                Some('%') => "%",
                Some('_') => " ",
                _ => "%20",
            });
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    expanded.push_str(rest);
    let mut expanded = expanded.strip_suffix('.').unwrap_or(&expanded);
    while expanded.len() > 253 {
        expanded = expanded.split_once('.').map_or("", |(_, after)| after);
    }
    expanded.to_owned()
}
