//! What can be seen of a stored message: headers, text, HTML, attachments.
//!
//! The bytes are whatever a stranger sent. Parsing is bounded in depth, parts and memory, names are made safe
//! to save, and nothing here decides who may look.

use super::message_html::{self, CleanHtml, InlineImage, MAX_IMAGE_BYTES};
use contract::messages::{Attachment, Header};
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// The text is shown up to this many bytes.
const MAX_PLAIN_BYTES: usize = 256 * 1024;
/// Headers beyond this many bytes are not listed; the raw view has them.
const MAX_HEADER_BYTES: usize = 256 * 1024;
/// `Content-Type` fields in one message: each level of nesting needs one, and levels are dropped recursively.
const MAX_CONTENT_TYPES: usize = 1000;
/// Lines that could be a boundary, and lines that could be a header field: what parts and fields come from.
const MAX_BOUNDARY_LINES: usize = 50_000;
const MAX_FIELD_LINES: usize = 200_000;
/// Attachments that are listed.
const MAX_ATTACHMENTS: usize = 500;
/// Images of the message that its HTML can use.
const MAX_INLINE_IMAGES: usize = 100;
/// Characters of an attachment's name.
const MAX_NAME_CHARS: usize = 120;

/// A message that was read.
pub(super) struct MessageContent {
    raw: Vec<u8>,
    /// Whether the message is simple enough to be taken apart.
    is_parsed: bool,
}

/// What a reader sees of a message at once.
pub(super) struct Overview {
    /// The headers in their order.
    pub(super) headers: Vec<Header>,
    /// The text.
    pub(super) plain: Option<String>,
    /// Whether there is HTML.
    pub(super) has_html: bool,
    /// Remote images in it.
    pub(super) remote_images: u32,
    /// The attachments.
    pub(super) attached: Vec<Attachment>,
}

/// An attachment to be saved.
pub(super) struct AttachmentFile {
    /// A name that is safe on every system.
    pub(super) name: String,
    /// The decoded content.
    pub(super) content: Vec<u8>,
}

impl MessageContent {
    /// Takes a message as it was received.
    pub(super) fn new(raw: Vec<u8>) -> Self {
        let is_parsed = is_bounded(&raw);
        Self { raw, is_parsed }
    }

    /// What a reader sees at once. Takes up to seconds for hostile mail: call it on a blocking thread.
    pub(super) fn overview(&self) -> Overview {
        let headers = headers(&self.raw);
        let Some(message) = self.parse() else {
            return Overview {
                headers,
                plain: None,
                has_html: false,
                remote_images: 0,
                attached: Vec::new(),
            };
        };
        let html = html_body(&message);
        Overview {
            headers,
            plain: plain_body(&message),
            has_html: html.is_some(),
            remote_images: html.map_or(0, |html| message_html::clean(html, Vec::new()).remote_images),
            attached: message
                .attachments()
                .take(MAX_ATTACHMENTS)
                .zip(0_u32..)
                .map(|(part, index)| Attachment {
                    index,
                    name: attachment_name(part, index),
                    media_type: media_type(part),
                    size: u64::try_from(self.content_of(part).len()).unwrap_or(u64::MAX),
                })
                .collect(),
        }
    }

    /// The HTML, safe to be shown in a sandbox, with the message's own images.
    pub(super) fn clean_html(&self) -> Option<CleanHtml> {
        let message = self.parse()?;
        let images = message
            .attachments()
            .filter_map(|part| inline_image(part.content_id()?, part.contents()))
            .take(MAX_INLINE_IMAGES)
            .collect();
        Some(message_html::clean(html_body(&message)?, images))
    }

    /// The attachment of that place.
    pub(super) fn attachment(&self, index: u32) -> Option<AttachmentFile> {
        let message = self.parse()?;
        let place = usize::try_from(index).ok().filter(|place| *place < MAX_ATTACHMENTS)?;
        let part = message.attachments().nth(place)?;
        Some(AttachmentFile { name: attachment_name(part, index), content: self.content_of(part).to_vec() })
    }

    fn parse(&self) -> Option<Message<'_>> {
        if self.is_parsed { MessageParser::default().parse(&self.raw) } else { None }
    }

    /// The decoded bytes of a part. The parser gives a message within a message the bytes of the outer one.
    fn content_of<'a>(&'a self, part: &'a MessagePart<'a>) -> &'a [u8] {
        match (&part.body, part.encoding) {
            (PartType::Message(_), Encoding::None) => {
                let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
                self.raw.get(place(part.offset_body)..place(part.offset_end)).unwrap_or_default()
            }
            _ => part.contents(),
        }
    }
}

/// The length of the header block, with the empty line that ends it.
pub(super) fn header_block_length(raw: &[u8]) -> Option<usize> {
    if raw.starts_with(b"\r\n") {
        return Some(2);
    }
    let crlf = raw.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let lf = raw.windows(2).position(|two| two == b"\n\n").map(|at| at + 2);
    match (crlf, lf) {
        (Some(crlf), Some(lf)) => Some(crlf.min(lf)),
        (one, other) => one.or(other),
    }
}

/// Whether taking the message apart needs no more than ordinary memory and depth.
fn is_bounded(raw: &[u8]) -> bool {
    let (mut types, mut boundaries, mut fields) = (0_usize, 0_usize, 0_usize);
    for line in raw.split(|byte| *byte == b'\n') {
        if line.starts_with(b"--") {
            boundaries += 1;
        }
        if line.iter().take(80).any(|byte| *byte == b':') {
            fields += 1;
            types +=
                usize::from(line.get(..12).is_some_and(|name| name.eq_ignore_ascii_case(b"content-type")));
        }
    }
    types <= MAX_CONTENT_TYPES && boundaries <= MAX_BOUNDARY_LINES && fields <= MAX_FIELD_LINES
}

/// The header fields in their order, unfolded (RFC 5322 §2.2.3) and otherwise as they are (QUA-19, QUA-20).
fn headers(raw: &[u8]) -> Vec<Header> {
    let block = raw.get(..header_block_length(raw).unwrap_or(raw.len()).min(MAX_HEADER_BYTES));
    let text = String::from_utf8_lossy(block.unwrap_or_default());
    let mut headers: Vec<Header> = Vec::new();
    for line in text.lines() {
        match (line.starts_with([' ', '\t']), headers.last_mut(), line.split_once(':')) {
            (true, Some(last), _) => last.value.push_str(line),
            (false, _, Some((name, value))) => headers.push(Header {
                name: name.trim_end().to_owned(),
                value: value.strip_prefix(' ').unwrap_or(value).to_owned(),
            }),
            _ => {}
        }
    }
    headers
}

/// The text of the message: its first part of plain text that is not an attachment (QUA-18).
fn plain_body(message: &Message<'_>) -> Option<String> {
    let text = message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text),
        _ => None,
    })?;
    let end = text.floor_char_boundary(MAX_PLAIN_BYTES.min(text.len()));
    text.get(..end).map(str::to_owned)
}

/// The HTML of the message (QUA-18): text alone is no HTML.
fn html_body<'a>(message: &'a Message<'_>) -> Option<&'a str> {
    message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.as_ref()),
        _ => None,
    })
}

/// An image of the message for its own HTML, if its bytes are an image that browsers show without script.
fn inline_image(content_id: &str, content: &[u8]) -> Option<InlineImage> {
    let kind = match content {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpeg",
        [b'G', b'I', b'F', b'8', ..] => "gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        _ => return None,
    };
    (content.len() <= MAX_IMAGE_BYTES).then(|| InlineImage {
        id: content_id.trim_matches(['<', '>', ' ']).to_owned(),
        address: format!("data:image/{kind};base64,{}", base64(content)),
    })
}

/// Base64 with padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let group = three.iter().chain([0; 2].iter()).take(3).fold(0_u32, |all, b| all << 8 | u32::from(*b));
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = usize::try_from(group >> shift & 63).ok().and_then(|at| ALPHABET.get(at));
            out.push(if place <= three.len() { digit.copied().map_or('=', char::from) } else { '=' });
        }
    }
    out
}

/// The type a part claims to have, with nothing in it that is not of a type.
fn media_type(part: &MessagePart<'_>) -> String {
    let claimed = part.content_type().map(|claimed| {
        format!("{}/{}", claimed.ctype(), claimed.subtype().unwrap_or("octet-stream")).to_ascii_lowercase()
    });
    let is_type = |text: &String| {
        text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.+-_".contains(&b))
    };
    claimed.filter(is_type).unwrap_or_else(|| match part.body {
        PartType::Text(_) => "text/plain".to_owned(),
        _ => "application/octet-stream".to_owned(),
    })
}

/// The name an attachment is saved under: the last part of the path it claims, without control characters,
/// without characters that change the writing direction or show nothing (they hide `.exe`), and without what
/// file systems reserve (P7).
fn attachment_name(part: &MessagePart<'_>, index: u32) -> String {
    let claimed = part.attachment_name().unwrap_or_default();
    let last = claimed.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .take(MAX_NAME_CHARS)
        .collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if !name.is_empty() {
        return name.to_owned();
    }
    let extension = match &part.body {
        PartType::Message(_) => "eml",
        PartType::Text(_) => "txt",
        PartType::Html(_) => "html",
        _ => "bin",
    };
    format!("attachment-{}.{extension}", index + 1)
}

/// Characters that show nothing or turn the writing direction around.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The `Content-Disposition` of a download (RFC 6266): an ASCII name for old clients, the real one beside it.
pub(super) fn content_disposition(name: &str) -> String {
    let ascii: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_ATTACHMENTS: &str = "Received: from a.example\r\n\tby b.example; Sun, 22 Nov 2026 10:00:00 +0000\r\n\
        From: =?utf-8?q?Zo=C3=AB?= <zoe@a.example>\r\nX-Gatepost-Evidence: Combined (0.96)\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n\
        --o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n\
        --i\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9\r\n\
        --i\r\nContent-Type: text/html\r\n\r\n<b>caf&eacute;</b><img src=cid:pic><img src=http://t.example/x>\r\n--i--\r\n\
        --o\r\nContent-Type: image/svg+xml; name=pic\r\nContent-ID: <pic>\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"../../\u{202e}gpj.exe\"\r\n\r\niVBORw0KGgo=\r\n\
        --o\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n--o--\r\n";

    fn content(raw: &str) -> MessageContent {
        MessageContent::new(raw.as_bytes().to_vec())
    }

    /// QUA-18, QUA-20.
    #[test]
    fn a_message_shows_its_text_its_headers_and_whether_it_has_html() {
        let overview = content(TWO_ATTACHMENTS).overview();
        assert_eq!(overview.plain.as_deref(), Some("café"));
        assert!(overview.has_html);
        assert_eq!(overview.remote_images, 1);
        let names: Vec<_> = overview.headers.iter().map(|header| header.name.as_str()).collect();
        assert_eq!(names, ["Received", "From", "X-Gatepost-Evidence", "MIME-Version", "Content-Type"]);
        assert_eq!(
            overview.headers[0].value,
            "from a.example\tby b.example; Sun, 22 Nov 2026 10:00:00 +0000"
        );
        assert_eq!(overview.headers[1].value, "=?utf-8?q?Zo=C3=AB?= <zoe@a.example>");
    }

    /// QUA-21, P7.
    #[test]
    fn attachments_have_safe_names_and_exact_bytes() {
        let content = content(TWO_ATTACHMENTS);
        let attached = content.overview().attached;
        let names: Vec<_> = attached.iter().map(|one| (one.name.as_str(), one.size)).collect();
        assert_eq!(names, [("gpj.exe", 8), ("attachment-2.eml", 23)]);
        assert_eq!(attached[0].media_type, "image/svg+xml");
        assert_eq!(content.attachment(0).unwrap().content, b"\x89PNG\r\n\x1a\n");
        assert_eq!(content.attachment(1).unwrap().content, b"Subject: inner\r\n\r\nhello");
        assert!(content.attachment(2).is_none());
    }

    /// ux.md §3.17: what an image is, its bytes say.
    #[test]
    fn html_shows_the_images_of_the_message() {
        let html = content(TWO_ATTACHMENTS).clean_html().unwrap().html;
        assert_eq!(html, "<x-b>café</x-b><img src=\"data:image/png;base64,iVBORw0KGgo=\"><img>");
    }

    /// QUA-18.
    #[test]
    fn a_text_only_message_has_no_html() {
        let overview = content("Subject: x\r\n\r\njust <b>text</b>\r\n").overview();
        assert_eq!(overview.plain.as_deref(), Some("just <b>text</b>\r\n"));
        assert!(!overview.has_html);
    }

    #[test]
    fn an_html_only_message_has_no_text_part() {
        let overview = content("Content-Type: text/html\r\n\r\n<p>x</p>").overview();
        assert_eq!((overview.plain, overview.has_html), (None, true));
    }

    #[test]
    fn a_message_of_a_million_nested_messages_still_shows_its_headers() {
        let raw = format!("Subject: deep\r\n{}", "Content-Type: message/rfc822\r\n\r\n".repeat(100_000));
        let overview = content(&raw).overview();
        assert_eq!(overview.headers[0].value, "deep");
        assert!(overview.plain.is_none() && overview.attached.is_empty());
    }

    #[test]
    fn broken_messages_are_shown_as_far_as_they_go() {
        for raw in ["", "\r\n", "no colon", "a", "\u{0}:\r\n\r\n", "Content-Type: multipart/mixed\r\n\r\n--"]
        {
            content(raw).overview();
            content(raw).clean_html();
            content(raw).attachment(0);
        }
    }

    #[test]
    fn the_name_of_a_download_is_readable_by_old_and_new_clients() {
        assert_eq!(
            content_disposition("naïve \"x\".txt"),
            "attachment; filename=\"na_ve _x_.txt\"; filename*=UTF-8''na%C3%AFve%20%22x%22.txt"
        );
    }

    #[test]
    fn base64_is_padded() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
