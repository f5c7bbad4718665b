//! How the parts of a message fit together: name and address, sender and links, HTML and its plain twin. Few features
//! with few values, alone and in pairs; they hold for mail of any subject and age.

use super::buckets::Buckets;
use crate::{
    html::{Rendered, cut},
    links::{Target, domain_of, is_free_mail, is_same_owner, registrable},
    message::Message,
};
use std::collections::BTreeMap;

/// The relations of a message whose visible leaf this is.
pub(super) fn relation_features(message: &Message<'_>, visible: Option<&Rendered>, buckets: &mut Buckets) {
    let sender = Sender::of(message);
    let text = visible.map_or("", |rendered| rendered.text.as_str());
    let lower = cut(text, TEXT_BYTES).to_lowercase();
    let links = Links::of(message, &sender);
    let all = [
        ("mailbox", if is_free_mail(&sender.domain) { "free" } else { "own" }),
        ("name", sender.name_relation()),
        ("domain", domain_shape(&sender.domain)),
        ("links", links.share()),
        ("owners", step(links.owners, &[0, 1, 2, 5, 12])),
        ("main", links.main),
        ("targets", links.worst),
        ("leave", leave(message, &lower, &sender)),
        ("twin", twin(message)),
        ("reply", sender.to(&domain_of(&message.header_text("Reply-To")))),
        ("return", sender.to(&return_domain(message))),
        ("id", sender.to(&domain_of(&message.header_text("Message-ID")))),
        ("recipient", recipient(message, &lower)),
        ("images", images(visible)),
        ("self", if sender.label.len() > 3 && lower.contains(&sender.label) { "named" } else { "unnamed" }),
        ("subject", subject(&message.subject())),
        (
            "rights",
            if ["\u{a9}", "(c)", "copyright"].iter().any(|one| lower.contains(one)) { "yes" } else { "no" },
        ),
        ("carrier", carrier(message, &sender)),
        ("files", files(message)),
        (
            "form",
            if visible.is_some_and(|one| one.elements.iter().any(|name| name == "form")) {
                "yes"
            } else {
                "no"
            },
        ),
        ("length", step(text.len(), &[80, 400, 1500, 5000])),
    ];
    buckets.pairs(&all);
}

/// Bytes of the visible text that are looked at.
const TEXT_BYTES: usize = 12_000;

/// Which step of a ladder an amount reaches.
fn step(amount: usize, ladder: &[usize]) -> &'static str {
    const NAMES: [&str; 6] = ["0", "1", "2", "3", "4", "5"];
    let reached = ladder.iter().filter(|limit| amount > **limit).count();
    NAMES.get(reached).copied().unwrap_or("more")
}

/// Who writes, by the From header.
struct Sender {
    name: String,
    local: String,
    domain: String,
    /// The registered name without its ending, such as `bank` of `mail.bank.example`.
    label: String,
}

impl Sender {
    fn of(message: &Message<'_>) -> Self {
        let from = message.from().to_lowercase();
        let (name, address) = from.rsplit_once('<').unwrap_or(("", from.as_str()));
        let domain = domain_of(address);
        let label = registrable(&domain).split('.').next().unwrap_or_default().to_owned();
        let local = address.split('@').next().unwrap_or_default().trim().to_owned();
        Self { name: name.trim().trim_matches('"').to_owned(), local, domain, label }
    }

    fn name_relation(&self) -> &'static str {
        if self.name.is_empty() {
            return "none";
        }
        if self.name.contains('@') {
            return if self.name.contains(&self.domain) { "own address" } else { "address" };
        }
        let squeezed: String = self.name.chars().filter(|one| one.is_alphanumeric()).collect();
        let mut words = self.name.split(|one: char| !one.is_alphanumeric()).filter(|word| word.len() > 2);
        let plain_label = self.label.replace('-', "");
        if (plain_label.len() > 2 && squeezed.contains(&plain_label))
            || words.clone().any(|word| word.len() > 3 && self.domain.contains(word))
        {
            "domain"
        } else if words.any(|word| self.local.contains(word)) {
            "mailbox"
        } else {
            "neither"
        }
    }

    fn to(&self, other: &str) -> &'static str {
        match other {
            "" => "none",
            _ if other == self.domain => "same",
            _ if is_same_owner(other, &self.domain) => "owner",
            _ if self.label.len() > 3 && other.contains(&self.label) => "namesake",
            _ if is_free_mail(other) => "free",
            _ if !other.contains('.') => "bare",
            _ => "other",
        }
    }
}

/// The envelope's sender, or what a mail server wrote of it into the header.
fn return_domain(message: &Message<'_>) -> String {
    let sender = &message.envelope().sender;
    if sender.is_empty() { domain_of(&message.header_text("Return-Path")) } else { domain_of(sender) }
}

fn domain_shape(domain: &str) -> &'static str {
    let owner = registrable(domain);
    let (label, ending) = owner.split_once('.').unwrap_or((owner, ""));
    let digits = label.bytes().filter(u8::is_ascii_digit).count();
    match ending {
        "" => "bare",
        _ if digits > 2 => "digits",
        _ if label.len() > 20 || label.matches('-').count() > 1 => "long",
        "com" | "net" | "org" | "edu" | "gov" => "common",
        _ if ending.rsplit('.').next().is_some_and(|top| top.len() == 2) => "country",
        _ => "new",
    }
}

/// Where the links go, seen from the sender.
struct Links {
    count: usize,
    own: usize,
    owners: usize,
    main: &'static str,
    worst: &'static str,
}

impl Links {
    fn of(message: &Message<'_>, sender: &Sender) -> Self {
        let mut links = Self { count: 0, own: 0, owners: 0, main: "none", worst: "none" };
        let mut owners = BTreeMap::<String, usize>::new();
        for link in message.links().take(60) {
            let Some(target) = Target::read(&link.target) else { continue };
            let host = target.host.to_ascii_lowercase();
            links.count += 1;
            if matches!(sender.to(&host), "same" | "owner") {
                links.own += 1;
            }
            let worst = match domain_shape(&host) {
                _ if target.is_address() || target.has_user => "hidden",
                shape => shape,
            };
            if rank(worst) > rank(links.worst) {
                links.worst = worst;
            }
            *owners.entry(registrable(&host).to_owned()).or_default() += 1;
        }
        links.owners = owners.len();
        if let Some((owner, _)) = owners.iter().max_by_key(|(_, count)| **count) {
            let label = owner.split('.').next().unwrap_or_default();
            let is_named = label.len() > 3 && sender.name.contains(label);
            links.main = if is_named { "name" } else { sender.to(owner) };
        }
        links
    }

    fn share(&self) -> &'static str {
        match (self.count, self.own) {
            (0, _) => "none",
            (_, 0) => "foreign",
            (count, own) if own == count => "own",
            (count, own) if own * 2 >= count => "mostly own",
            _ => "some own",
        }
    }
}

fn rank(shape: &str) -> usize {
    ["none", "common", "country", "long", "new", "digits", "bare", "hidden"]
        .iter()
        .position(|one| *one == shape)
        .unwrap_or_default()
}

/// Words by which people leave a list.
const LEAVE: [&str; 9] = [
    "unsubscribe",
    "opt out",
    "opt-out",
    "abmelden",
    "abbestellen",
    "preferences",
    "subscription",
    "be removed",
    "d\u{e9}sabonner",
];

/// Whether and where somebody can leave the list.
fn leave(message: &Message<'_>, lower: &str, sender: &Sender) -> &'static str {
    let is_leave = |text: &str| LEAVE.iter().any(|word| text.contains(word));
    let link = message.links().take(60).find(|link| {
        is_leave(&link.text.to_lowercase()) || is_leave(&cut(&link.target, 300).to_ascii_lowercase())
    });
    match link
        .map(|link| Target::read(&link.target).map(|target| sender.to(&target.host.to_ascii_lowercase())))
    {
        Some(Some("same" | "owner" | "namesake")) => "own link",
        Some(Some(_)) => "foreign link",
        Some(None) => "other link",
        None if is_leave(lower) => "words",
        None => "no",
    }
}

/// Whether the plain text says what the HTML says.
fn twin(message: &Message<'_>) -> &'static str {
    let texts = message.texts();
    let find = |is_html| texts.iter().find(|text| text.is_html == is_html).map(|text| &text.rendered.text);
    let (Some(plain), html) = (find(false), find(true)) else { return "html only" };
    let Some(html) = html else { return "plain only" };
    let words: Vec<&str> =
        cut(plain, 1500).split_whitespace().filter(|word| word.len() > 4).take(30).collect();
    let known = words.iter().filter(|word| html.contains(**word)).count();
    match words.len() {
        0..4 => "empty",
        count if known * 4 >= count * 3 => "same",
        count if known * 4 >= count => "similar",
        _ => "different",
    }
}

/// How the recipient is addressed.
fn recipient(message: &Message<'_>, lower: &str) -> &'static str {
    let to = message.to().to_lowercase();
    let (name, address) = to.split_once('<').unwrap_or(("", to.as_str()));
    let local = address.split('@').next().unwrap_or_default().trim();
    let start = cut(lower, 400);
    let is_greeted =
        name.split(|one: char| !one.is_alphabetic()).any(|word| word.len() > 2 && start.contains(word));
    match to.matches('@').count() {
        0 => "nobody",
        _ if is_greeted => "greeted",
        _ if local.len() > 3 && start.contains(local) => "by mailbox",
        1 if name.is_empty() => "address",
        1 => "named",
        _ => "several",
    }
}

/// Words in the names of hosts that are somebody's computer at home.
const HOME: [&str; 9] = ["dsl", "dyn", "pool", "dial", "cable", "ppp", "dhcp", "cust", "client"];

/// Whether a host of the sender's domain carried the message, or somebody's computer at home did.
fn carrier(message: &Message<'_>, sender: &Sender) -> &'static str {
    let mut carrier = "none";
    let hops = message.headers().iter().filter(|header| header.is("Received")).take(12);
    let hops = hops.map(|hop| String::from_utf8_lossy(cut_bytes(hop.value, 400)).to_lowercase());
    for hop in hops.chain([message.envelope().helo.to_lowercase()]) {
        let from = hop.split(" by ").next().unwrap_or_default();
        for host in from.split(|one: char| !one.is_ascii_alphanumeric() && one != '.' && one != '-') {
            let top = host.rsplit('.').next().unwrap_or_default();
            if !host.contains('.') || top.is_empty() || !top.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                continue;
            }
            if !sender.domain.is_empty() && is_same_owner(host, &sender.domain) {
                return "own";
            }
            let digits = host.bytes().filter(u8::is_ascii_digit).count();
            if digits > 7 || (digits > 2 && HOME.iter().any(|word| host.contains(word))) {
                carrier = "home";
            } else if carrier == "none" {
                carrier = "other";
            }
        }
    }
    carrier
}

fn cut_bytes(bytes: &[u8], limit: usize) -> &[u8] {
    bytes.get(..limit).unwrap_or(bytes)
}

/// Of what kind the attachments are.
fn files(message: &Message<'_>) -> &'static str {
    let mut files = "none";
    for part in message.attachments() {
        match part.media_type.split('/').next() {
            Some("image") if files == "none" => files = "image",
            Some("image") => {}
            Some("text") => return "text",
            _ => files = "other",
        }
    }
    files
}

fn images(visible: Option<&Rendered>) -> &'static str {
    match visible.map(|one| (one.remote_images, one.text.trim().len())) {
        None | Some((0, _)) => "none",
        Some((_, 0..200)) => "instead of text",
        Some((1..=3, _)) => "few",
        Some((4..=15, _)) => "some",
        _ => "many",
    }
}

fn subject(subject: &str) -> &'static str {
    let letters = subject.chars().filter(|one| one.is_alphabetic()).count();
    let capitals = subject.chars().filter(|one| one.is_uppercase()).count();
    match subject.trim() {
        "" => "empty",
        _ if capitals * 2 > letters && letters > 5 => "shouted",
        text if text.contains("!!") || text.contains("$$") => "marks",
        text if text.contains('@') => "address",
        text if text.contains('!') => "mark",
        text if text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:")) => "answer",
        text if text.ends_with(|one: char| one.is_ascii_digit()) => "number",
        _ => "plain",
    }
}
