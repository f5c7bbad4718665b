//! The sender as people see it: does the name say something else than the address?

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol, Tag},
    links::{domain_of, is_free_mail, is_same_owner, registrable},
};

/// The display name holds an address of another domain.
static OTHER_ADDRESS: Symbol = Symbol::weighing("SENDER_OTHER_ADDRESS", 1.8).tagged(Tag::Phishing);
/// The display name is the recipient's domain, the address is not.
static AS_RECIPIENT: Symbol = Symbol::weighing("SENDER_AS_RECIPIENT", 1.5).tagged(Tag::Phishing);
/// The display name is that of a firm, the address is of another domain.
static AS_BRAND: Symbol = Symbol::weighing("SENDER_AS_BRAND", 1.8).tagged(Tag::Phishing);
/// Answers go to another domain.
static REPLY_ELSEWHERE: Symbol = Symbol::weighing("SENDER_REPLY_ELSEWHERE", 0.3);
/// Answers go to a free mailbox, though the sender writes from a domain of its own.
static REPLY_TO_FREE_MAIL: Symbol = Symbol::weighing("SENDER_REPLY_TO_FREE_MAIL", 1.2);
/// From holds no address.
static NO_ADDRESS: Symbol = Symbol::weighing("SENDER_NO_ADDRESS", 1.2);

pub(super) static CHECK: Check = Check {
    name: "sender",
    symbols: &[&OTHER_ADDRESS, &AS_RECIPIENT, &AS_BRAND, &REPLY_ELSEWHERE, &REPLY_TO_FREE_MAIL, &NO_ADDRESS],
    run,
};

/// Names that are often stolen. Each is also part of the domains that the firm sends from.
pub(super) const BRANDS: [&str; 26] = [
    "paypal",
    "netflix",
    "microsoft",
    "docusign",
    "metamask",
    "coinbase",
    "binance",
    "facebook",
    "instagram",
    "linkedin",
    "whatsapp",
    "fedex",
    "usps",
    "mastercard",
    "mcafee",
    "norton",
    "ebay",
    "dhl",
    "sparkasse",
    "volksbank",
    "commerzbank",
    "bradesco",
    "santander",
    "itau",
    "trustwallet",
    "onedrive",
];

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(header) = context.message.header("From") else { return };
    let from = header.text();
    let (name, address) = from.rsplit_once('<').unwrap_or(("", from.as_str()));
    let domain = domain_of(address);
    if domain.is_empty() {
        if !header.value.is_empty() {
            findings.push(Finding::with(&NO_ADDRESS, &from));
        }
        return;
    }
    if let Some(symbol) = pretence(name, &domain, context) {
        findings.push(Finding::with(symbol, &from));
    }
    let reply_to = context.message.header_text("Reply-To");
    let reply_domain = domain_of(&reply_to);
    if !reply_domain.is_empty() && !is_same_owner(&reply_domain, &domain) {
        let is_free = is_free_mail(&reply_domain) && !is_free_mail(&domain);
        let symbol = if is_free { &REPLY_TO_FREE_MAIL } else { &REPLY_ELSEWHERE };
        findings.push(Finding::with(symbol, &reply_to));
    }
}

/// Whom the display name pretends to be.
fn pretence(name: &str, domain: &str, context: &Context<'_>) -> Option<&'static Symbol> {
    let name = name.to_lowercase();
    let other = name
        .split([' ', '"', '\'', '(', ')', ','])
        .map(domain_of)
        .find(|other| other.contains('.') && !is_same_owner(other, domain));
    if other.is_some() {
        return Some(&OTHER_ADDRESS);
    }
    let recipients = context.message.envelope().recipients.iter().map(|recipient| domain_of(recipient));
    let mut foreign = recipients.filter(|own| !own.is_empty() && !is_same_owner(own, domain));
    if foreign.any(|own| name.contains(registrable(&own))) {
        return Some(&AS_RECIPIENT);
    }
    let mut words = name.split(|one: char| !one.is_alphanumeric());
    words.any(|word| BRANDS.contains(&word) && !domain.contains(word)).then_some(&AS_BRAND)
}
