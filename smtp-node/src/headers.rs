//! The header of a message as we pass it on: fields that only we may set are taken out, ours are put in front, the
//! subject is marked (FIL-08 … FIL-11, S10). The body is never touched.

/// Octets a header may have.
pub const LIMIT: usize = 1024 * 1024;

/// Where the header ends: behind its last field, before the blank line or whatever else follows.
pub fn end(message: &[u8]) -> usize {
    fields(message).map(<[u8]>::len).sum()
}

/// The fields of the header, each with its line end.
pub fn fields(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = message;
    std::iter::from_fn(move || {
        let first = memchr::memchr(b'\n', rest)? + 1;
        if !is_field(rest.get(..first)?) {
            return None;
        }
        let mut length = first;
        while let Some([b' ' | b'\t', ..]) = rest.get(length..) {
            match memchr::memchr(b'\n', rest.get(length..)?) {
                Some(at) => length += at + 1,
                None => break,
            }
        }
        let (field, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(field)
    })
}

fn is_field(line: &[u8]) -> bool {
    let name = match memchr::memchr(b':', line) {
        Some(colon) => line.get(..colon).unwrap_or_default().trim_ascii_end(),
        None => return false,
    };
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

/// Whether the field has that name.
pub fn is_named(field: &[u8], name: &str) -> bool {
    name_of(field).eq_ignore_ascii_case(name.as_bytes())
}

fn name_of(field: &[u8]) -> &[u8] {
    field.split(|octet| *octet == b':').next().unwrap_or_default().trim_ascii_end()
}

fn value_of(field: &[u8]) -> &[u8] {
    memchr::memchr(b':', field).and_then(|colon| field.get(colon + 1..)).unwrap_or_default()
}

/// How often the message was received already (RFC 5321 §6.3).
pub fn hops(message: &[u8]) -> usize {
    fields(message).filter(|field| is_named(field, "Received")).count()
}

/// Whether a message that arrives must not bring this field with it: one that we set under our name or the brand's,
/// of which there is one among the new fields.
fn is_ours(field: &[u8], new_fields: &str, hostname: &str) -> bool {
    let name = name_of(field).to_ascii_lowercase();
    let is_branded = || {
        name.starts_with(b"x-")
            && fields(new_fields.as_bytes()).any(|new| name_of(new).eq_ignore_ascii_case(&name))
    };
    name.starts_with(b"x-gatepost-")
        || name == b"x-recommended-action"
        || is_branded()
        || (name == b"authentication-results" && names_host(value_of(field), hostname))
}

/// Whether `Authentication-Results` claims to come from this host (RFC 8601 §5).
fn names_host(value: &[u8], hostname: &str) -> bool {
    let text = String::from_utf8_lossy(value).to_lowercase();
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix('(') {
        rest = comment.split_once(')').map_or("", |(_, after)| after).trim_start();
    }
    let host = rest.split([';', ' ', '\t', '\r', '\n', '(']).next().unwrap_or_default();
    host.trim_matches(['"', '.']) == hostname.to_lowercase()
}

/// The header to be delivered, for the header that arrived (`message` up to [`end`]): the new fields, then what
/// arrived without what is ours. A blank line follows if the message has none there.
pub fn rewrite(message: &[u8], new_fields: &str, notation: Option<&str>, hostname: &str) -> Vec<u8> {
    let mut header = Vec::with_capacity(end(message) + new_fields.len() + 128);
    header.extend_from_slice(new_fields.as_bytes());
    let mut notation = notation;
    for field in fields(message).filter(|field| !is_ours(field, new_fields, hostname)) {
        match notation {
            Some(text) if is_named(field, "Subject") => {
                header.extend_from_slice(&mark(field, text));
                notation = None;
            }
            _ => header.extend_from_slice(field),
        }
    }
    if let Some(text) = notation {
        header.extend_from_slice(format!("Subject: {}\r\n", encode(text).trim_end()).as_bytes());
    }
    let after = message.get(end(message)..).unwrap_or_default();
    if !after.starts_with(b"\r\n") {
        header.extend_from_slice(b"\r\n");
    }
    header
}

/// The subject field with the notation before its text, unless it begins with it already (FIL-08).
fn mark(field: &[u8], notation: &str) -> Vec<u8> {
    let value = value_of(field);
    let raw = [b"Subject:", value].concat();
    let parsed = mail_parser::MessageParser::new().parse_headers(raw.as_slice());
    let shown = parsed.as_ref().and_then(|parsed| parsed.subject()).unwrap_or_default();
    if shown.trim_start().starts_with(notation.trim()) {
        return field.to_vec();
    }
    let start = format!("Subject: {}", encode(notation));
    let fold: &[u8] = if value.len() > 800 { b"\r\n " } else { b"" };
    [start.as_bytes(), fold, value.trim_ascii_start()].concat()
}

/// The notation and a space, encoded if it has to be (RFC 2047). The space is inside the encoded word, because
/// one between two encoded words does not count.
fn encode(notation: &str) -> String {
    let notation = notation.trim();
    if notation.bytes().all(|octet| (b' '..=b'~').contains(&octet)) && !notation.contains("=?") {
        return format!("{notation} ");
    }
    let mut words = String::new();
    let mut word = String::new();
    for character in notation.chars().chain([' ']) {
        let mut octets = [0; 4];
        let encoded: String =
            character.encode_utf8(&mut octets).bytes().map(|octet| format!("={octet:02X}")).collect();
        if word.len() + encoded.len() > 60 {
            words.push_str(&format!("=?utf-8?Q?{word}?= "));
            word.clear();
        }
        word.push_str(&encoded);
    }
    format!("{words}=?utf-8?Q?{word}?= ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &str, notation: Option<&str>) -> String {
        String::from_utf8(rewrite(message.as_bytes(), "X-New: 1\r\n", notation, "mx.test")).unwrap()
    }

    /// S10, FIL-10, FIL-11.
    #[test]
    fn what_only_we_may_say_is_taken_out() {
        let message = "X-NEW: forged in the name of the brand\r\nX-Gatepost-Evidence: forged\r\nx-recommended-action : accept\r\nFrom: a@b.test\r\n\
            Authentication-Results: (c) MX.test;\r\n spf=pass\r\nAuthentication-Results: other.test; spf=fail\r\n\
            X-GATEPOST-new:\r\n folded\r\nTo: c@d.test\r\n\r\nbody";
        assert_eq!(
            text(message, None),
            "X-New: 1\r\nFrom: a@b.test\r\nAuthentication-Results: other.test; spf=fail\r\nTo: c@d.test\r\n"
        );
    }

    /// FIL-08: encoded as RFC 2047 says, not added twice.
    #[test]
    fn the_subject_is_marked_once() {
        for (subject, notation, marked) in [
            ("Subject: Hello\r\n", "[unsure]", "Subject: [unsure] Hello\r\n"),
            ("SUBJECT:[unsure] Hello\r\n", "[unsure]", "SUBJECT:[unsure] Hello\r\n"),
            ("Subject: =?utf-8?Q?[SPAM]_x?=\r\n", "[SPAM]", "Subject: =?utf-8?Q?[SPAM]_x?=\r\n"),
            ("", "[unsure]", "Subject: [unsure]\r\n"),
            ("Subject: x\r\n", "\u{a7}", "Subject: =?utf-8?Q?=C2=A7=20?= x\r\n"),
        ] {
            let header = text(&format!("{subject}\r\nbody"), Some(notation));
            assert_eq!(header, format!("X-New: 1\r\n{marked}"));
            assert_eq!(text(&format!("{header}\r\n"), Some(notation)), header);
        }
    }

    #[test]
    fn what_is_no_field_begins_the_body() {
        assert_eq!(text("just text\r\nFrom: x\r\n", None), "X-New: 1\r\n\r\n");
        assert_eq!(text("From: x\r\nno field\r\n", None), "X-New: 1\r\nFrom: x\r\n\r\n");
        assert_eq!(text("From: x\r\n", None), "X-New: 1\r\nFrom: x\r\n\r\n");
        assert_eq!(end(b"From: x\r\nTo: y"), 9);
        assert_eq!(hops(b"Received: a\r\nreceived: b\r\n c\r\n\r\nReceived: d\r\n"), 2);
    }
}
