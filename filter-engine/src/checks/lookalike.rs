//! Look-alike domains: names that people take for the recipient's own or for a well-known firm's (`paypa1.com`).

use super::{Check, sender::BRANDS};
use crate::{
    context::Context,
    finding::{Finding, Symbol, Tag},
    links::{Target, domain_of, is_same_owner, registrable},
};

/// The sender's domain looks like the recipient's and is another.
static RECIPIENT: Symbol = Symbol::weighing("LOOKALIKE_RECIPIENT", 2.1).tagged(Tag::Phishing);
/// The sender's domain looks like that of a firm and is another.
static BRAND: Symbol = Symbol::weighing("LOOKALIKE_BRAND", 1.8).tagged(Tag::Phishing);
/// A link goes to a domain that looks like the recipient's or a firm's.
static LINK: Symbol = Symbol::weighing("LOOKALIKE_LINK", 1.5).tagged(Tag::Phishing);

pub(super) static CHECK: Check = Check { name: "lookalike", symbols: &[&RECIPIENT, &BRAND, &LINK], run };

/// Letters of the shortest name that is compared: shorter ones are alike by chance.
const LEAST_LETTERS: usize = 5;
/// Links that are compared.
const LINKS: usize = 60;

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let from = domain_of(&context.message.from());
    let recipients: Vec<String> =
        context.message.envelope().recipients.iter().take(20).map(|one| domain_of(one)).collect();
    let imitates_recipient = |domain: &str| {
        recipients.iter().any(|own| !is_same_owner(own, domain) && is_alike(label(own), label(domain)))
    };
    if imitates_recipient(&from) {
        findings.push(Finding::with(&RECIPIENT, &from));
    } else if imitates_brand(&from) {
        findings.push(Finding::with(&BRAND, &from));
    }
    let hosts = context.message.links().take(LINKS).filter_map(|link| Target::read(&link.target));
    let mut hosts = hosts.map(|target| target.host.to_ascii_lowercase());
    if let Some(host) =
        hosts.find(|host| !is_same_owner(host, &from) && (imitates_recipient(host) || imitates_brand(host)))
    {
        findings.push(Finding::with(&LINK, &host));
    }
}

fn label(domain: &str) -> &str {
    registrable(domain).split('.').next().unwrap_or_default()
}

/// Whether a domain is written like a firm's name, but not with its letters.
fn imitates_brand(domain: &str) -> bool {
    let label = label(domain);
    BRANDS.iter().any(|brand| *brand != label && skeleton(brand) == skeleton(label) && is_long(brand))
}

fn is_long(name: &str) -> bool {
    name.len() >= LEAST_LETTERS
}

/// Whether one name is taken for the other: the same letters to the eye, or one letter more, less or other.
fn is_alike(own: &str, other: &str) -> bool {
    is_long(own)
        && own != other
        && (skeleton(own) == skeleton(other) || (own.len() > 7 && differs_once(own, other)))
}

/// A name as it looks: letters that are taken for others replaced, hyphens left out.
fn skeleton(name: &str) -> String {
    let plain = name.to_lowercase().replace("rn", "m").replace("vv", "w").replace("cl", "d");
    plain
        .chars()
        .filter(|one| *one != '-')
        .map(|one| match one {
            '0' => 'o',
            '1' | 'i' | '|' => 'l',
            '3' => 'e',
            '5' => 's',
            '8' => 'b',
            other => other,
        })
        .collect()
}

/// Whether one letter is added, missing or another.
fn differs_once(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if !short.is_ascii() || !long.is_ascii() || long.len() - short.len() > 1 {
        return false;
    }
    let (short, long) = (short.as_bytes(), long.as_bytes());
    let same = short.iter().zip(long).take_while(|(one, other)| one == other).count();
    let rest = long.get(same + 1..).unwrap_or_default();
    let skipped = if short.len() == long.len() { same + 1 } else { same };
    short.get(skipped..).unwrap_or_default() == rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_taken_for_each_other() {
        for (own, other) in [
            ("harbour", "harb0ur"),
            ("modern", "modem"),
            ("bigcompany", "bigcompny"),
            ("bigcompany", "bigcompamy"),
        ] {
            assert!(is_alike(own, other), "{own} {other}");
        }
        for (own, other) in
            [("harbour", "harbour"), ("bank", "b4nk"), ("harbour", "market"), ("news", "newt")]
        {
            assert!(!is_alike(own, other), "{own} {other}");
        }
        assert!(
            imitates_brand("paypa1.com") && !imitates_brand("mail.paypal.com") && !imitates_brand("pay.com")
        );
    }
}
