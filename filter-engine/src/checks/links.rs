//! Links: do they go where they say, and to places that serious senders use?

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol, Tag},
    html::Link,
    links::{Target, is_same_owner, registrable},
};

/// The text shows one host, the link goes to another.
static MISMATCH: Symbol = Symbol::weighing("LINKS_MISMATCH", 1.0).tagged(Tag::Phishing);
/// The host is an address instead of a name.
static ADDRESS: Symbol = Symbol::weighing("LINKS_ADDRESS", 1.5).tagged(Tag::Phishing);
/// The host has letters that look like others (RFC 3492).
static PUNYCODE: Symbol = Symbol::weighing("LINKS_PUNYCODE", 0.8);
/// A user name in front of the host hides it.
static USER: Symbol = Symbol::weighing("LINKS_USER", 1.5).tagged(Tag::Phishing);
/// A port of its own.
static PORT: Symbol = Symbol::weighing("LINKS_PORT", 0.6);
/// A shortener hides the target.
static SHORTENER: Symbol = Symbol::weighing("LINKS_SHORTENER", 0.8);
/// A place where anybody can put a page within minutes.
static FREE_HOSTING: Symbol = Symbol::weighing("LINKS_FREE_HOSTING", 1.0);
/// More links than anybody clicks.
static MANY: Symbol = Symbol::weighing("LINKS_MANY", 0.2);

pub(super) static CHECK: Check = Check {
    name: "links",
    symbols: &[&MISMATCH, &ADDRESS, &PUNYCODE, &USER, &PORT, &SHORTENER, &FREE_HOSTING, &MANY],
    run,
};

/// Links from which on there are many.
const MANY_LINKS: usize = 100;

const SHORTENERS: [&str; 16] = [
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "cutt.ly",
    "rebrand.ly",
    "rb.gy",
    "t.ly",
    "shorturl.at",
    "lnkd.in",
    "tiny.cc",
    "v.gd",
    "s.id",
];

const FREE_HOSTS: [&str; 22] = [
    "web.app",
    "firebaseapp.com",
    "weebly.com",
    "wixsite.com",
    "000webhostapp.com",
    "blogspot.com",
    "workers.dev",
    "pages.dev",
    "r2.dev",
    "netlify.app",
    "vercel.app",
    "herokuapp.com",
    "glitch.me",
    "repl.co",
    "github.io",
    "storage.googleapis.com",
    "sites.google.com",
    "ipfs.io",
    "dweb.link",
    "windows.net",
    "azurewebsites.net",
    "myportfolio.com",
];

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut found: Vec<Finding> = Vec::new();
    for link in context.message.links() {
        let Some(target) = Target::read(&link.target) else { continue };
        for symbol in symbols(link, &target) {
            if !found.iter().any(|finding| std::ptr::eq(finding.symbol, symbol)) {
                found.push(Finding::with(symbol, target.host));
            }
        }
    }
    findings.append(&mut found);
    let count = context.message.links().count();
    if count >= MANY_LINKS {
        findings.push(Finding::with(&MANY, &count.to_string()));
    }
}

/// What is odd about one link.
fn symbols(link: &Link, target: &Target<'_>) -> impl Iterator<Item = &'static Symbol> {
    let host = target.host.to_ascii_lowercase();
    let is_in = |hosts: &[&str]| {
        hosts
            .iter()
            .any(|one| host.strip_suffix(one).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    };
    [
        (target.is_address(), &ADDRESS),
        (target.has_user, &USER),
        (host.split('.').any(|label| label.starts_with("xn--")), &PUNYCODE),
        (!matches!(target.port, "" | "80" | "443"), &PORT),
        (is_in(&SHORTENERS), &SHORTENER),
        (is_in(&FREE_HOSTS), &FREE_HOSTING),
        (shows_other_host(&link.text, &host), &MISMATCH),
    ]
    .into_iter()
    .filter(|(is_found, _)| *is_found)
    .map(|(_, symbol)| symbol)
}

/// Whether the text of a link is an address of its own, and of somebody else.
fn shows_other_host(text: &str, host: &str) -> bool {
    let text = text.trim();
    if text.contains(char::is_whitespace) || text.contains('@') {
        return false;
    }
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let Some(shown) = Target::read(&with_scheme) else { return false };
    let top = shown.host.rsplit('.').next().unwrap_or_default();
    let is_host = shown.host.contains('.')
        && (2..=18).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_meant =
        text.contains("://") || text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    is_host && is_meant && !is_same_owner(registrable(shown.host), host)
}
