//! A message as the checks see it: envelope, header, leaves, text. Parsed once, within limits, never failing.
//! Borrows the bytes; gives nothing back to anybody but checks and the node's log.

use crate::{
    decoding,
    html::{self, Link, Rendered},
    learned::features::Features,
    mime::{self, Exceeded, Part},
};
use core::net::IpAddr;
use std::{borrow::Cow, sync::OnceLock};

/// How many bytes of a message the node gives to [`Message::parse`] at most; what follows is not judged. Longer
/// input is cut here, so that the cost of a message is bounded whoever calls.
pub const PREFIX_LIMIT: usize = 4 * 1024 * 1024;

/// How many leaves are rendered.
const TEXT_LIMIT: usize = 8;

/// What was said in the SMTP dialogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The address of the sending server.
    pub client_ip: Option<IpAddr>,
    /// What it called itself.
    pub helo: String,
    /// MAIL FROM; empty for the null sender.
    pub sender: String,
    /// RCPT TO of every recipient.
    pub recipients: Vec<String>,
}

/// A message. Its size and the like are in [`Facts`](crate::Facts), because the bytes here may be only its beginning.
#[derive(Debug)]
pub struct Message<'a> {
    envelope: Envelope,
    raw: &'a [u8],
    structure: mime::Structure<'a>,
    texts: OnceLock<Vec<Text>>,
    features: OnceLock<Features>,
}

/// A leaf that a mail reader shows, as a person sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// What is seen, and what is behind it.
    pub rendered: Rendered,
    /// Whether the leaf is HTML.
    pub is_html: bool,
}

/// A field of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name as it was written; empty if it is not ASCII.
    pub name: &'a str,
    /// Its value as it was written: with folds, without the last line end.
    pub value: &'a [u8],
}

impl<'a> Header<'a> {
    /// Bytes of a value that are read as text.
    pub const TEXT_LIMIT: usize = 64 * 1024;

    pub(crate) fn read(field: &'a [u8]) -> Option<Self> {
        let colon = memchr::memchr(b':', field)?;
        let (name, value) = field.split_at(colon);
        let name = std::str::from_utf8(name).ok().filter(|name| name.is_ascii()).unwrap_or_default();
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        Some(Self { name: name.trim(), value })
    }

    /// Whether it is of this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its value as text: unfolded, encoded words decoded. Of a longer value the first [`Self::TEXT_LIMIT`] bytes.
    pub fn text(&self) -> String {
        decoding::header_text(self.value.get(..Self::TEXT_LIMIT).unwrap_or(self.value))
    }
}

impl<'a> Message<'a> {
    /// Parses the beginning of a message: at most [`PREFIX_LIMIT`] bytes. Never fails: what can't be understood is
    /// left out, what exceeds a limit becomes a finding `UNSCANNABLE_*`.
    pub fn parse(envelope: Envelope, bytes: &'a [u8]) -> Self {
        let raw = bytes.get(..PREFIX_LIMIT).unwrap_or(bytes);
        Self { envelope, raw, structure: mime::walk(raw), texts: OnceLock::new(), features: OnceLock::new() }
    }

    /// The envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The bytes as they were received, as far as they were given.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The header.
    pub fn headers(&self) -> &[Header<'a>] {
        &self.structure.headers
    }

    /// The header as it was received.
    pub fn header_bytes(&self) -> &'a [u8] {
        self.raw.get(..self.structure.body_offset).unwrap_or(self.raw)
    }

    /// The leaves of the MIME structure, those of attached messages included.
    pub fn parts(&self) -> &[Part<'a>] {
        &self.structure.parts
    }

    /// The media types of multiparts and attached messages, outermost first.
    pub fn containers(&self) -> &[String] {
        &self.structure.containers
    }

    /// Which limits the message exceeds.
    pub fn exceeded(&self) -> Exceeded {
        self.structure.exceeded
    }

    /// The first field of this name.
    pub fn header(&self, name: &str) -> Option<Header<'a>> {
        self.headers().iter().copied().find(|header| header.is(name))
    }

    /// The text of the first field of this name; empty if there is none.
    pub fn header_text(&self, name: &str) -> String {
        self.header(name).map(|header| header.text()).unwrap_or_default()
    }

    /// The decoded subject (LOG-26).
    pub fn subject(&self) -> String {
        self.header_text("Subject")
    }

    /// The decoded From header.
    pub fn from(&self) -> String {
        self.header_text("From")
    }

    /// The decoded To header.
    pub fn to(&self) -> String {
        self.header_text("To")
    }

    /// The leaves that are not shown as text: attached and embedded files.
    pub fn attachments(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts().iter().filter(|part| part.is_attachment || !part.file_name.is_empty())
    }

    /// The leaves that a mail reader shows, rendered once. The first [`TEXT_LIMIT`] count.
    pub fn texts(&self) -> &[Text] {
        self.texts.get_or_init(|| {
            let shown = self.parts().iter().filter(|part| part.is_shown()).take(TEXT_LIMIT);
            shown
                .map(|part| {
                    let bytes = part.bytes.get(..html::SOURCE_LIMIT).unwrap_or(&part.bytes);
                    let source = decoding::text(bytes, &part.charset);
                    let is_html = part.is_html();
                    let rendered = if is_html { html::render(&source) } else { html::render_plain(&source) };
                    Text { rendered, is_html }
                })
                .collect()
        })
    }

    /// The links in the text, in their order.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.texts().iter().flat_map(|text| &text.rendered.links)
    }

    /// What the learned model looks at, computed once.
    pub fn features(&self) -> &Features {
        self.features.get_or_init(|| Features::of(self))
    }

    /// Whether these bytes occur in the message as it was received or in one of its decoded leaves.
    pub fn contains(&self, needle: &[u8]) -> bool {
        let finder = memchr::memmem::Finder::new(needle);
        finder.find(self.raw).is_some()
            || self
                .parts()
                .iter()
                .any(|part| matches!(part.bytes, Cow::Owned(_)) && finder.find(&part.bytes).is_some())
    }
}
