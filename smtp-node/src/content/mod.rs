//! What a message carries: the names and kinds of its files, also of those inside archives (ATT, X-20, X-21).
//!
//! | file | holds |
//! |---|---|
//! | `archive` | what is inside zip, 7z, tar and gzip, within limits |
//! | `rar` | what a rar archive lists |
//! | [`kinds`] | what a file is by its first octets, and what its name says |
//! | [`objection`] | what a recipient's settings object to |
//! | `skeleton` | a large message without the middles of its files |
//!
//! Names are read in every way a mail program may read them. What could not be looked into is noted, never taken for
//! clean. Nothing here writes a file or runs anything.

mod archive;
pub mod kinds;
pub mod objection;
mod rar;
mod skeleton;

use crate::smtp::incoming::Content;
use mail_parser::{ContentType, Message, MessageParser, MimeHeaders, PartType};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::Semaphore;

/// Octets up to which messages are looked into side by side; larger ones one at a time.
const SMALL: u64 = 1024 * 1024;
/// Small messages looked into at a time.
const AT_A_TIME: u8 = 4;
/// Attached messages inside attached messages.
const MESSAGES: usize = 16;
/// Files noted.
const FILES: usize = 10_000;

/// A file that a message carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Its name, as it was written.
    pub name: String,
    /// The ending that its first octets deserve; empty if they tell nothing.
    pub kind: &'static str,
    /// In how many archives it is.
    pub depth: u8,
}

/// Everything that a message carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The files.
    pub files: Vec<Carried>,
    /// A file that opens only with a password; empty if there is none.
    pub encrypted: String,
    /// A document with macros; empty if there is none.
    pub macros: String,
    /// What could not be looked into; empty if all could.
    pub unread: String,
}

impl Inventory {
    /// Notes how somebody else reads the name of a file, unless it is known.
    pub fn note_name(&mut self, name: &str) {
        if !name.is_empty() && !self.files.iter().any(|file| file.name == name) {
            self.add(name, "", 0);
        }
    }

    fn add(&mut self, name: &str, kind: &'static str, depth: u8) {
        if self.files.len() < FILES {
            self.files.push(Carried { name: name.to_owned(), kind, depth });
        } else {
            note(&mut self.unread, "too many files");
        }
    }
}

fn note(place: &mut String, name: &str) {
    if place.is_empty() {
        *place = if name.is_empty() { "?".to_owned() } else { name.chars().take(120).collect() };
    }
}

/// Looks into messages, a few at a time, so that neither memory nor time is without bound.
#[derive(Debug)]
pub struct Inspector(Semaphore);

impl Default for Inspector {
    fn default() -> Self {
        Self(Semaphore::new(AT_A_TIME.into()))
    }
}

impl Inspector {
    /// What a message carries. What cannot be read is in the answer.
    pub async fn inspect(&self, content: &Content) -> Inventory {
        if content.file.is_none() && is_plain(&content.beginning) {
            return Inventory::default();
        }
        let places = if content.size > SMALL { AT_A_TIME } else { 1 };
        let turn = self.0.acquire_many(places.into()).await.ok();
        let (beginning, file) = (content.beginning.clone(), content.file.clone());
        let read = move || {
            let Some(file) = file else { return Ok(inspect_octets(&beginning)) };
            let skeleton = skeleton::read(file.read()?)?;
            let mut inventory = inspect_octets(&skeleton.octets);
            if skeleton.is_cut {
                note(&mut inventory.unread, "too much");
            }
            Ok::<_, std::io::Error>(inventory)
        };
        let inventory = tokio::task::spawn_blocking(read).await.map_err(std::io::Error::other).flatten();
        drop(turn);
        inventory.unwrap_or_else(|error| {
            tracing::error!(%error, "a message could not be looked into");
            Inventory { unread: error.to_string(), ..Inventory::default() }
        })
    }
}

/// Whether a message is nothing but a short text.
fn is_plain(message: &[u8]) -> bool {
    let has_parts = crate::headers::fields(message).any(|field| {
        let lower = field.to_ascii_lowercase();
        lower.starts_with(b"content-disposition")
            || (lower.starts_with(b"content-type")
                && (memchr::memmem::find(&lower, b"text/").is_none()
                    || memchr::memmem::find(&lower, b"name").is_some()))
    });
    !has_parts && memchr::memmem::find(message, b"\nbegin ").is_none()
}

/// What the octets of a message carry.
pub fn inspect_octets(message: &[u8]) -> Inventory {
    catch_unwind(AssertUnwindSafe(|| {
        let mut inventory = Inventory::default();
        let mut budget = archive::Budget::default();
        match MessageParser::default().parse(message) {
            Some(parsed) => look_into(&parsed, &mut inventory, &mut budget),
            None => note(&mut inventory.unread, "the message"),
        }
        inventory
    }))
    .unwrap_or_else(|_| Inventory { unread: "the message".into(), ..Inventory::default() })
}

fn look_into(message: &Message<'_>, inventory: &mut Inventory, budget: &mut archive::Budget) {
    let mut messages = vec![message];
    let mut seen = 0;
    while let Some(message) = messages.pop() {
        seen += 1;
        if seen > MESSAGES {
            return note(&mut inventory.unread, "attached messages");
        }
        for part in &message.parts {
            let names = names(part.content_type(), part.content_disposition());
            let octets = match &part.body {
                PartType::Message(inner) => {
                    messages.push(inner);
                    b"".as_slice()
                }
                PartType::Multipart(_) => continue,
                PartType::Text(text) | PartType::Html(text) => {
                    uuencoded(text, inventory);
                    text.as_bytes()
                }
                PartType::Binary(octets) | PartType::InlineBinary(octets) => octets,
            };
            let kind = kinds::of(octets);
            let first = names.first().map_or("", String::as_str);
            for name in &names {
                inventory.add(name, kind, 0);
            }
            if names.is_empty() && !kind.is_empty() {
                inventory.add("", kind, 0);
            }
            archive::open(archive::Item { name: first, kind, octets }, 1, inventory, budget);
        }
    }
}

/// Every name that a part has, as different mail programs read it.
fn names(content_type: Option<&ContentType<'_>>, disposition: Option<&ContentType<'_>>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let attributes =
        [content_type, disposition].into_iter().flatten().filter_map(ContentType::attributes).flatten();
    for attribute in attributes {
        let key = attribute.name.to_ascii_lowercase();
        if key.starts_with("name") || key.starts_with("filename") {
            let value = attribute.value.trim().to_owned();
            let decoded = kinds::decoded(&value);
            for name in [value, decoded] {
                if !name.is_empty() && !names.contains(&name) && names.len() < 16 {
                    names.push(name);
                }
            }
        }
    }
    names
}

/// Files inside a text, as mail had them before MIME: `begin 644 name`.
fn uuencoded(text: &str, inventory: &mut Inventory) {
    for line in text.lines().filter(|line| line.starts_with("begin ")) {
        let mut words = line.splitn(3, ' ').skip(1);
        let is_mode = words.next().is_some_and(|mode| {
            (3..=6).contains(&mode.len()) && mode.bytes().all(|one| (b'0'..=b'7').contains(&one))
        });
        if let (true, Some(name)) = (is_mode, words.next()) {
            inventory.add(name.trim(), "", 0);
        }
    }
}
