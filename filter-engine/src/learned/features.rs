//! Which features a message has: hashed into the buckets of each view. One pass, no table of words.
//!
//! Digits become `0` everywhere, so that years and ticket numbers teach nothing; header fields that tell how a
//! message was collected or which list carried it are left out.

use super::{
    buckets::{Buckets, SEED, hash},
    relations::relation_features,
    wording::{TEXT_BYTES, plain, shape, unquoted, untagged, visible, words, words_as_written},
};
use crate::{
    html::cut,
    links::{Target, domain_of, is_same_owner, registrable},
    message::Message,
};

/// How many views there are.
pub const VIEWS: usize = 8;

/// What a feature is about. Each view has a model of its own, so that none can drown the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The fields of the header: which, in which order, in whose spelling.
    Header,
    /// Names and addresses: From, To, Reply-To, Message-ID.
    Sender,
    /// The subject.
    Subject,
    /// Words of the visible text and their neighbours.
    Words,
    /// Every four neighbouring bytes of the visible text: robust against misspelling.
    Grams,
    /// Elements, proportions, tricks, attachments.
    Structure,
    /// Where links go.
    Links,
    /// How name, address, links and texts fit together.
    Relations,
}

impl View {
    /// Every view, in the order of the model.
    pub const ALL: [Self; VIEWS] = [
        Self::Header,
        Self::Sender,
        Self::Subject,
        Self::Words,
        Self::Grams,
        Self::Structure,
        Self::Links,
        Self::Relations,
    ];

    /// The binary logarithm of the number of its buckets.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Words | Self::Grams => 19,
            Self::Sender | Self::Subject | Self::Links => 17,
            Self::Header | Self::Structure | Self::Relations => 14,
        }
    }

    /// Its name in the model card and in what training prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Sender => "sender",
            Self::Subject => "subject",
            Self::Words => "words",
            Self::Grams => "grams",
            Self::Structure => "structure",
            Self::Links => "links",
            Self::Relations => "relations",
        }
    }
}

/// The bucket numbers of a message, by view: ascending, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// In the order of [`View::ALL`].
    pub views: [Vec<u32>; VIEWS],
}

impl Features {
    /// The features of a message.
    pub fn of(message: &Message<'_>) -> Self {
        let text = visible(message).map(|rendered| plain(&unquoted(&rendered.text))).unwrap_or_default();
        let views = View::ALL.map(|view| {
            let mut buckets = Buckets::new(view);
            match view {
                View::Header => header_features(message, &mut buckets),
                View::Sender => sender_features(message, &mut buckets),
                View::Subject => subject_features(message, &mut buckets),
                View::Words => word_features(&text, &mut buckets),
                View::Grams => buckets.grams("gram", cut(&text, GRAM_BYTES).as_bytes()),
                View::Structure => structure_features(message, &mut buckets),
                View::Links => link_features(message, &mut buckets),
                View::Relations => relation_features(message, visible(message), &mut buckets),
            }
            buckets.finish()
        });
        Self { views }
    }
}

fn header_features(message: &Message<'_>, buckets: &mut Buckets) {
    let mut previous = String::new();
    for header in message.headers().iter().take(80) {
        let name = header.name.to_ascii_lowercase();
        if !is_known_field(&name) {
            continue;
        }
        buckets.token("case", header.name);
        buckets.token("field", &name);
        buckets.token(&previous, &name);
        previous = name;
    }
    let mailer = [message.header_text("X-Mailer"), message.header_text("User-Agent")].concat();
    for word in cut(&mailer, 200).split(|one: char| !one.is_alphabetic()).filter(|word| !word.is_empty()) {
        buckets.token("mailer", word);
    }
    buckets.token("mailer shape", &shape(cut(&mailer, 60)));
    let date = message.header_text("Date");
    buckets.token("zone", date.split_whitespace().nth(5).unwrap_or_default());
    buckets.token("date shape", &shape(&date));
    let subject = message.subject();
    let is_reply = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    let refers = message.header("In-Reply-To").is_some() || message.header("References").is_some();
    buckets.token("reply", if is_reply { "re" } else { "new" });
    buckets.token("refers", if refers { "yes" } else { "no" });
    let content_type = message.header_text("Content-Type").to_ascii_lowercase();
    for word in cut(&content_type, 300).split([';', ' ', '\t']).filter(|word| !word.is_empty()) {
        let word = if word.starts_with("boundary") { shape(word) } else { word.replace('"', "") };
        buckets.token("type", &word);
    }
    buckets.token("encoding", &message.header_text("Content-Transfer-Encoding").to_ascii_lowercase());
}

/// The fields that count: those of every mail program. Others tell how a message was carried or collected, or which
/// list it comes from, and teach what is wrong elsewhere.
fn is_known_field(name: &str) -> bool {
    matches!(
        name,
        "message-id"
            | "mime-version"
            | "content-type"
            | "content-transfer-encoding"
            | "date"
            | "from"
            | "to"
            | "cc"
            | "subject"
            | "reply-to"
            | "in-reply-to"
            | "references"
            | "user-agent"
            | "importance"
            | "x-mailer"
            | "x-priority"
            | "x-msmail-priority"
            | "x-mimeole"
            | "content-disposition"
            | "organization"
    )
}

fn sender_features(message: &Message<'_>, buckets: &mut Buckets) {
    let from = message.from();
    let (display, address) = from.rsplit_once('<').unwrap_or(("", from.as_str()));
    let domain = domain_of(address);
    let local = address.split('@').next().unwrap_or_default();
    buckets.token("from shape", &shape(cut(display, 40)));
    buckets.token("local shape", &shape(cut(local.trim(), 40)));
    buckets.token("from top", domain.rsplit('.').next().unwrap_or_default());
    buckets.amount("from labels", domain.split('.').count());
    for word in words(cut(display, 100)).take(10) {
        buckets.token("from word", &word);
    }
    buckets.grams("from gram", plain(cut(&from, 100)).as_bytes());
    let reply_to = message.header_text("Reply-To");
    let relation = |other: &str| match (other.is_empty(), is_same_owner(other, &domain)) {
        (true, _) => "none",
        (false, true) => "same",
        (false, false) => "other",
    };
    buckets.token("reply to", relation(&domain_of(&reply_to)));
    let id = message.header_text("Message-ID");
    buckets.token("id domain", relation(&domain_of(&id)));
    buckets.token("id shape", &shape(cut(id.split('@').next().unwrap_or_default(), 60)));
    let to = message.to();
    buckets.amount("to count", to.matches('@').count());
    buckets.token("to shape", &shape(cut(to.split('@').next().unwrap_or_default(), 30)));
    buckets.token("cc", if message.header("Cc").is_some() { "yes" } else { "no" });
    let to_local = to.rsplit_once('<').map_or(to.as_str(), |(_, address)| address).split('@').next();
    let is_named = to_local.is_some_and(|local| local.len() > 3 && message.subject().contains(local));
    buckets.token("recipient in subject", if is_named { "yes" } else { "no" });
}

/// Bytes of it whose four-grams count.
const GRAM_BYTES: usize = 3000;

fn subject_features(message: &Message<'_>, buckets: &mut Buckets) {
    let subject = message.subject();
    let subject = untagged(&subject);
    let subject = cut(&subject, 200);
    let mut before = String::new();
    for word in words(subject) {
        buckets.token("word", &word);
        buckets.token(&before, &word);
        before = word;
    }
    buckets.grams("gram", plain(subject).as_bytes());
    buckets.token("shape", &shape(subject));
}

/// Words, and pairs of words at most two others apart (orthogonal sparse bigrams).
fn word_features(text: &str, buckets: &mut Buckets) {
    let mut before: [u64; 3] = [0; 3];
    for word in words_as_written(text) {
        let own = hash(SEED, word.as_bytes());
        buckets.add(own);
        for (distance, earlier) in (1u64..).zip(before) {
            buckets.add(hash(earlier.rotate_left(21).wrapping_add(own), &distance.to_le_bytes()));
        }
        let [first, second, _] = before;
        before = [own, first, second];
    }
}

fn structure_features(message: &Message<'_>, buckets: &mut Buckets) {
    for container in message.containers().iter().take(10) {
        buckets.token("container", container);
    }
    for part in message.parts().iter().take(20) {
        buckets.token("part", &part.media_type);
        buckets.token("charset", &part.charset.to_ascii_lowercase());
        if part.is_attachment || !part.file_name.is_empty() {
            let extension = part.file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
            buckets.token("file", &cut(extension, 8).to_ascii_lowercase());
        }
    }
    buckets.amount("parts", message.parts().len());
    buckets.token("kinds", if message.texts().iter().any(|text| text.is_html) { "html" } else { "plain" });
    buckets.amount("texts", message.texts().len());
    let Some(rendered) = visible(message) else { return };
    let text = rendered.text.trim();
    let count = |wanted: fn(char) -> bool| text.chars().take(TEXT_BYTES).filter(|one| wanted(*one)).count();
    let length = count(|_| true);
    let letters = count(char::is_alphabetic);
    buckets.amount("length", length);
    buckets.share("capitals", count(char::is_uppercase).saturating_mul(2), letters);
    buckets.share("foreign", count(|one| !one.is_ascii()).saturating_mul(2), length);
    buckets.amount("exclamations", count(|one| one == '!'));
    buckets.amount("money", count(|one| "$\u{20ac}\u{a3}".contains(one)));
    buckets.amount("lines", text.lines().count());
    buckets.amount("quoted", text.lines().filter(|line| line.starts_with('>')).count());
    buckets.amount("links", rendered.links.len());
    buckets.share("linked", rendered.links.iter().map(|link| link.text.len()).sum(), text.len());
    buckets.amount("images", rendered.remote_images);
    buckets.amount("hidden", rendered.hidden);
    buckets.amount("comments", rendered.comments);
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for element in &rendered.elements {
        *counts.entry(element).or_default() += 1;
    }
    for (element, count) in counts {
        buckets.token("element", element);
        buckets.amount(element, count);
    }
    for pair in rendered.elements.windows(3).take(200) {
        buckets.token("elements", &pair.join(" "));
    }
}

fn link_features(message: &Message<'_>, buckets: &mut Buckets) {
    let from = domain_of(&message.from());
    let mut hosts = Vec::new();
    buckets.amount("count", message.links().count());
    for link in message.links().take(40) {
        let scheme = link.target.split(':').next().unwrap_or_default();
        buckets.token("scheme", &cut(scheme, 12).to_ascii_lowercase());
        let Some(target) = Target::read(&link.target) else { continue };
        let host = target.host.to_ascii_lowercase();
        buckets.token("top", host.rsplit('.').next().unwrap_or_default());
        // The page of a list is in everything that the list carries.
        let is_list = target.path.contains("/listinfo");
        if !is_list {
            buckets.token("domain", registrable(&host));
        }
        buckets.amount("labels", host.split('.').count());
        buckets.token("own", if is_same_owner(&host, &from) { "yes" } else { "no" });
        buckets.token("port", target.port);
        if target.is_address() {
            buckets.token("address", "");
        }
        let path = plain(cut(target.path, 100));
        buckets.token("path shape", &shape(cut(&path, 40)));
        buckets.amount("path", target.path.len());
        if !is_list {
            buckets.grams("path gram", path.as_bytes());
            buckets.grams("host gram", cut(&plain(&host), 60).as_bytes());
        }
        for word in words(cut(&link.text, 60)).take(6) {
            buckets.token("anchor", &word);
        }
        let shown = link.text.trim();
        if shown.contains('.')
            && !shown.contains(' ')
            && !shown.to_ascii_lowercase().contains(registrable(&host))
        {
            buckets.token("shown elsewhere", "");
        }
        hosts.push(registrable(&host).to_owned());
    }
    hosts.sort_unstable();
    hosts.dedup();
    buckets.amount("hosts", hosts.len());
}
