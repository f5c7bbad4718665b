//! Walks the MIME structure of a message: one pass over its lines, without recursion, within [`Limits`].
//! Gives the leaves with their transfer encoding taken off. What exceeds a limit is left unread and noted.

use crate::{decoding, message::Header};
use std::borrow::Cow;

/// How much of a message is read. What lies beyond is noted in [`Exceeded`], never followed.
pub struct Limits;

impl Limits {
    /// Levels of multipart and attached messages.
    pub const NESTING: usize = 16;
    /// Leaves.
    pub const PARTS: usize = 500;
    /// Header fields of the message itself.
    pub const HEADERS: usize = 1000;
    /// Bytes of the header of one part or of the message.
    pub const HEADER_BYTES: usize = 512 * 1024;
    /// Bytes of all leaves together after decoding.
    pub const DECODED_BYTES: usize = 16 * 1024 * 1024;
}

/// Which limits a message exceeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exceeded {
    /// [`Limits::NESTING`].
    pub nesting: bool,
    /// [`Limits::PARTS`].
    pub parts: bool,
    /// [`Limits::HEADERS`] or [`Limits::HEADER_BYTES`].
    pub headers: bool,
    /// [`Limits::DECODED_BYTES`].
    pub bytes: bool,
}

/// A leaf of the MIME structure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part<'a> {
    /// Its media type in lower case, such as `text/html`.
    pub media_type: String,
    /// The name of its character set; empty if not given.
    pub charset: String,
    /// The name of the file it claims to be; empty if none.
    pub file_name: String,
    /// Whether it asks to be shown as an attachment.
    pub is_attachment: bool,
    /// Its bytes, transfer encoding taken off.
    pub bytes: Cow<'a, [u8]>,
}

impl Part<'_> {
    /// Whether a mail reader shows it as text.
    pub fn is_shown(&self) -> bool {
        !self.is_attachment && matches!(self.media_type.as_str(), "text/plain" | "text/html")
    }

    /// Whether it is HTML, by its type or by its first bytes.
    pub fn is_html(&self) -> bool {
        self.media_type == "text/html"
    }

    fn into_owned(self) -> Part<'static> {
        Part {
            media_type: self.media_type,
            charset: self.charset,
            file_name: self.file_name,
            is_attachment: self.is_attachment,
            bytes: Cow::Owned(self.bytes.into_owned()),
        }
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Structure<'a> {
    /// The header of the message itself.
    pub(crate) headers: Vec<Header<'a>>,
    /// The leaves in their order.
    pub(crate) parts: Vec<Part<'a>>,
    /// Multiparts and attached messages.
    pub(crate) containers: Vec<String>,
    /// Where the body of the message begins.
    pub(crate) body_offset: usize,
    /// What was left unread.
    pub(crate) exceeded: Exceeded,
}

/// Walks a message.
pub(crate) fn walk(message: &[u8]) -> Structure<'_> {
    let mut structure = walk_one(message, 0, Limits::DECODED_BYTES);
    let mut level = 1;
    let mut next = attached_messages(&mut structure.parts);
    while !next.is_empty() && level <= 3 {
        let mut found = Vec::new();
        for attached in &next {
            let used: usize = structure.parts.iter().map(|part| part.bytes.len()).sum();
            let inner = walk_one(attached, level, Limits::DECODED_BYTES.saturating_sub(used));
            structure.exceeded.nesting |= inner.exceeded.nesting;
            structure.exceeded.bytes |= inner.exceeded.bytes;
            found.extend(inner.parts.into_iter().map(Part::into_owned));
        }
        next = attached_messages(&mut found);
        structure.parts.extend(found);
        level += 1;
    }
    structure.exceeded.nesting |= !next.is_empty();
    structure.exceeded.parts |= structure.parts.len() > Limits::PARTS;
    structure.parts.truncate(Limits::PARTS);
    structure
}

/// The messages among the leaves: those whose transfer encoding hid them from the walk.
fn attached_messages(parts: &mut [Part<'_>]) -> Vec<Vec<u8>> {
    parts
        .iter_mut()
        .filter(|part| part.media_type == "message/rfc822" || part.media_type == "message/global")
        .map(|part| std::mem::take(&mut part.bytes).into_owned())
        .collect()
}

/// A multipart being read.
struct Multipart {
    boundary: Vec<u8>,
    /// Where its body begins, and whether its boundary was ever seen.
    start: usize,
    has_parts: bool,
}

/// Where a walk stands.
enum Place {
    /// Between parts.
    Between,
    /// In a leaf that begins here.
    Leaf(Box<PartHeader>, usize),
}

struct Walk<'a> {
    message: &'a [u8],
    structure: Structure<'a>,
    multiparts: Vec<Multipart>,
    nesting: usize,
    left: usize,
}

fn walk_one(message: &[u8], nesting: usize, budget: usize) -> Structure<'_> {
    let mut walk =
        Walk { message, structure: Structure::default(), multiparts: vec![], nesting, left: budget };
    let (headers, body, too_many) = read_header(message, 0);
    walk.structure.exceeded.headers |= too_many;
    let header = PartHeader::read(&headers);
    walk.structure.headers = headers;
    walk.structure.body_offset = body;
    let mut offset = body;
    let mut place = walk.enter(header, &mut offset);
    while let Some(rest) = message.get(offset..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or_default();
        let line_start = offset;
        offset += length;
        let Some((index, is_end)) = walk.boundary(line) else { continue };
        walk.leave(place, line_start);
        walk.close_above(index, line_start);
        place = Place::Between;
        if is_end {
            walk.multiparts.truncate(index);
        } else if walk.structure.parts.len() > Limits::PARTS {
            walk.structure.exceeded.parts = true;
            break;
        } else {
            let (headers, body, too_many) = read_header(message, offset);
            walk.structure.exceeded.headers |= too_many;
            offset = body;
            place = walk.enter(PartHeader::read(&headers), &mut offset);
        }
    }
    walk.leave(place, message.len());
    walk.close_above(0, message.len());
    if let Some(unseen) = walk.multiparts.first().filter(|one| !one.has_parts).map(|one| one.start) {
        walk.leaf(PartHeader::plain(), unseen, message.len());
    }
    walk.structure
}

impl<'a> Walk<'a> {
    /// Which of the open multiparts this line delimits, and whether it ends it.
    fn boundary(&mut self, line: &[u8]) -> Option<(usize, bool)> {
        let line = line.strip_prefix(b"--")?.trim_ascii_end();
        let (index, multipart) = self.multiparts.iter_mut().enumerate().rev().find(|(_, multipart)| {
            line.strip_prefix(multipart.boundary.as_slice()).is_some_and(|rest| matches!(rest, b"" | b"--"))
        })?;
        multipart.has_parts = true;
        Some((index, line.len() > multipart.boundary.len()))
    }

    /// Ends the leaf being read.
    fn leave(&mut self, place: Place, end: usize) {
        if let Place::Leaf(header, start) = place {
            self.leaf(*header, start, end);
        }
    }

    /// Ends the multiparts inside the one at `index`. One whose boundary never came was shown as text.
    fn close_above(&mut self, index: usize, end: usize) {
        while self.multiparts.len() > index + 1 {
            if let Some(Multipart { has_parts: false, start, .. }) = self.multiparts.pop() {
                self.leaf(PartHeader::plain(), start, end);
            }
        }
    }

    /// Begins what a header announces. An attached message that is not encoded is read on from its own header.
    fn enter(&mut self, mut header: PartHeader, offset: &mut usize) -> Place {
        let mut level = self.nesting + self.multiparts.len();
        loop {
            if level >= Limits::NESTING {
                self.structure.exceeded.nesting = true;
                return Place::Leaf(Box::new(header), *offset);
            }
            if header.media_type.starts_with("multipart/") && !header.boundary.is_empty() {
                self.structure.containers.push(header.media_type);
                let boundary = std::mem::take(&mut header.boundary);
                self.multiparts.push(Multipart { boundary, start: *offset, has_parts: false });
                return Place::Between;
            }
            let is_message = matches!(header.media_type.as_str(), "message/rfc822" | "message/global");
            if !is_message || header.encoding != TransferEncoding::None {
                return Place::Leaf(Box::new(header), *offset);
            }
            self.structure.containers.push(header.media_type);
            let (headers, body, too_many) = read_header(self.message, *offset);
            self.structure.exceeded.headers |= too_many;
            *offset = body;
            header = PartHeader::read(&headers);
            level += 1;
        }
    }

    /// Adds a leaf, as far as the budget goes.
    fn leaf(&mut self, header: PartHeader, start: usize, end: usize) {
        let mut encoded = self.message.get(start..end).unwrap_or_default();
        if !self.multiparts.is_empty() {
            encoded = encoded.strip_suffix(b"\n").unwrap_or(encoded);
            encoded = encoded.strip_suffix(b"\r").unwrap_or(encoded);
        }
        if encoded.len() > self.left {
            self.structure.exceeded.bytes = true;
            encoded = encoded.get(..self.left).unwrap_or_default();
        }
        self.left -= encoded.len();
        let bytes = match header.encoding {
            TransferEncoding::None => Cow::Borrowed(encoded),
            TransferEncoding::Base64 => Cow::Owned(decoding::base64(encoded)),
            TransferEncoding::QuotedPrintable => Cow::Owned(decoding::quoted_printable(encoded)),
        };
        self.structure.parts.push(Part {
            media_type: header.media_type,
            charset: header.charset,
            file_name: header.file_name,
            is_attachment: header.is_attachment,
            bytes,
        });
    }
}

/// Reads a header from an offset on: its fields, where the body begins, and whether a limit was exceeded.
fn read_header(message: &[u8], offset: usize) -> (Vec<Header<'_>>, usize, bool) {
    let mut fields = Vec::new();
    let (mut at, mut exceeded) = (offset, false);
    let mut field_start: Option<usize> = None;
    loop {
        let rest = message.get(at..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or_default();
        let is_folded = matches!(line, [b' ' | b'\t', ..]) && field_start.is_some();
        if !is_folded {
            if let Some(field) = field_start.take().and_then(|start| message.get(start..at)) {
                if fields.len() < Limits::HEADERS && at - offset < Limits::HEADER_BYTES {
                    fields.extend(Header::read(field));
                } else {
                    exceeded = true;
                }
            }
            if matches!(line, b"" | b"\n" | b"\r\n") {
                return (fields, at + length, exceeded);
            }
            if !line.contains(&b':') && !line.starts_with(b"From ") {
                return (fields, at, exceeded);
            }
            field_start = Some(at);
        }
        at += length;
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TransferEncoding {
    #[default]
    None,
    Base64,
    QuotedPrintable,
}

/// What the header of a part says of its body.
#[derive(Debug, Default)]
struct PartHeader {
    media_type: String,
    boundary: Vec<u8>,
    charset: String,
    file_name: String,
    is_attachment: bool,
    encoding: TransferEncoding,
}

impl PartHeader {
    fn plain() -> Self {
        Self { media_type: "text/plain".into(), ..Self::default() }
    }

    fn read(headers: &[Header<'_>]) -> Self {
        let mut read = Self::plain();
        for header in headers {
            if header.is("Content-Type") {
                let value = decoding::header_text(header.value);
                let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                if media_type.contains('/') {
                    read.media_type = media_type;
                }
                read.boundary = parameter(&value, "boundary").into_bytes();
                read.charset = parameter(&value, "charset");
                if read.file_name.is_empty() {
                    read.file_name = parameter(&value, "name");
                }
            } else if header.is("Content-Disposition") {
                let value = decoding::header_text(header.value);
                read.is_attachment = value.to_ascii_lowercase().starts_with("attachment");
                let name = parameter(&value, "filename");
                if !name.is_empty() {
                    read.file_name = name;
                }
            } else if header.is("Content-Transfer-Encoding") {
                let value = header.value.trim_ascii();
                read.encoding = if value.eq_ignore_ascii_case(b"base64") {
                    TransferEncoding::Base64
                } else if value.eq_ignore_ascii_case(b"quoted-printable") {
                    TransferEncoding::QuotedPrintable
                } else {
                    TransferEncoding::None
                };
            }
        }
        read
    }
}

/// A parameter of a structured header (RFC 2045 §5.1; continuations of RFC 2231 joined); empty if there is none.
fn parameter(value: &str, name: &str) -> String {
    let mut joined = String::new();
    for field in Fields(value).skip(1).take(50) {
        let Some((key, content)) = field.split_once('=') else { continue };
        let key = key.trim().to_ascii_lowercase();
        let Some(rest) = key.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with('*'))
        else {
            continue;
        };
        let content = content.trim().trim_matches('"').replace("\\\"", "\"");
        if rest.ends_with('*') {
            let encoded = content.splitn(3, '\'').last().unwrap_or_default().replace('%', "=");
            joined.push_str(&decoding::text(&decoding::quoted_printable(encoded.as_bytes()), "utf-8"));
        } else {
            joined.push_str(&content);
        }
        if rest.is_empty() {
            break;
        }
    }
    joined
}

/// The fields of a structured header: split at `;` outside quotes.
struct Fields<'a>(&'a str);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let mut is_quoted = false;
        let end = self.0.bytes().position(|byte| {
            is_quoted ^= byte == b'"';
            byte == b';' && !is_quoted
        });
        let (field, rest) = match end {
            Some(end) => (self.0.get(..end), self.0.get(end + 1..)),
            None => (Some(self.0), None),
        };
        self.0 = rest.unwrap_or_default();
        field
    }
}
