//! From transfer encodings and character sets to bytes and text. Lenient as mail readers are: what can't be read
//! is skipped, never an error. Output is never longer than four times the input.

use std::borrow::Cow;

/// Base64 (RFC 2045 §6.8); whatever is not of its alphabet is skipped, padding included.
pub fn base64(encoded: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(encoded.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in encoded {
        let Some(value) = base64_value(*byte) else { continue };
        bits = (bits << 6) | u32::from(value);
        count += 1;
        if count == 4 {
            let [_, first, second, third] = bits.to_be_bytes();
            decoded.extend([first, second, third]);
            (bits, count) = (0, 0);
        }
    }
    let [_, first, second, _] = (bits << (6 * (4 - count))).to_be_bytes();
    match count {
        2 => decoded.push(first),
        3 => decoded.extend([first, second]),
        _ => {}
    }
    decoded
}

const fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Quoted-printable (RFC 2045 §6.7); a `=` that begins nothing stays as it is.
pub fn quoted_printable(encoded: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(position) = memchr::memchr(b'=', rest) {
        let (before, after) = rest.split_at(position);
        decoded.extend_from_slice(before);
        rest = match after {
            [_, b'\r', b'\n', tail @ ..] | [_, b'\n', tail @ ..] => tail,
            [_, high, low, tail @ ..] => match (hex_value(*high), hex_value(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    tail
                }
                _ => {
                    decoded.push(b'=');
                    after.get(1..).unwrap_or_default()
                }
            },
            _ => {
                decoded.push(b'=');
                after.get(1..).unwrap_or_default()
            }
        };
    }
    decoded.extend_from_slice(rest);
    decoded
}

pub(crate) const fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Text of a character set by its name; by guess if the name is unknown or empty.
pub fn text<'a>(bytes: &'a [u8], charset: &str) -> Cow<'a, str> {
    let known = encoding_rs::Encoding::for_label(charset.as_bytes());
    match (known, std::str::from_utf8(bytes)) {
        (Some(encoding), Ok(text)) if encoding == encoding_rs::UTF_8 => Cow::Borrowed(text),
        (None, Ok(text)) => Cow::Borrowed(text),
        (None, Err(_)) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
        (Some(encoding), _) => encoding.decode_without_bom_handling(bytes).0,
    }
}

/// The text of a header: unfolded, its encoded words (RFC 2047) decoded.
pub fn header_text(value: &[u8]) -> String {
    let mut decoded = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some(position) = memchr::memmem::find(rest, b"=?") {
        let (before, tail) = rest.split_at(position);
        match encoded_word(tail) {
            Some((word, tail)) => {
                if !(after_word && before.iter().all(u8::is_ascii_whitespace)) {
                    push_unfolded(&mut decoded, before);
                }
                decoded.push_str(&word);
                rest = tail;
                after_word = true;
            }
            None => {
                push_unfolded(&mut decoded, before);
                decoded.push_str("=?");
                rest = tail.get(2..).unwrap_or_default();
                after_word = false;
            }
        }
    }
    push_unfolded(&mut decoded, rest);
    decoded.trim().to_owned()
}

fn push_unfolded(decoded: &mut String, bytes: &[u8]) {
    decoded.extend(text(bytes, "").chars().filter(|one| !matches!(one, '\r' | '\n')));
}

/// Bytes of an encoded word: many times what RFC 2047 §2 allows. A search without end at every `=?` would cost too much.
const WORD_LIMIT: usize = 2000;

/// Decodes the encoded word at the start, and what follows it.
fn encoded_word(bytes: &[u8]) -> Option<(String, &[u8])> {
    let rest = bytes.strip_prefix(b"=?")?;
    let mut fields = rest.splitn(3, |byte| *byte == b'?');
    let (charset, encoding, rest) = (fields.next()?, fields.next()?, fields.next()?);
    let end = memchr::memmem::find(rest.get(..WORD_LIMIT).unwrap_or(rest), b"?=")?;
    let (payload, tail) = rest.split_at(end);
    if charset.len() > 60 || charset.iter().chain(payload).any(|byte| *byte == b'\n') {
        return None;
    }
    let decoded = match encoding {
        b"B" | b"b" => base64(payload),
        b"Q" | b"q" => {
            let spaced: Vec<u8> =
                payload.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
            quoted_printable(&spaced)
        }
        _ => return None,
    };
    let charset = std::str::from_utf8(charset).ok()?;
    let charset = charset.split('*').next().unwrap_or_default();
    Some((text(&decoded, charset).into_owned(), tail.get(2..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length_and_with_line_breaks() {
        for (encoded, decoded) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\r\nYg", "foob")]
        {
            assert_eq!(base64(encoded.as_bytes()), decoded.as_bytes(), "{encoded}");
        }
    }

    #[test]
    fn quoted_printable_with_soft_breaks_and_mistakes() {
        assert_eq!(quoted_printable(b"a=3Db=\r\nc=\nd=zz="), b"a=bcd=zz=");
    }

    #[test]
    fn header_words_in_any_character_set() {
        assert_eq!(header_text(b"=?utf-8?q?Gr=C3=BC=C3=9Fe?="), "Gr\u{fc}\u{df}e");
        assert_eq!(header_text(b"=?iso-8859-1?Q?a_b?=\r\n =?UTF-8*de?B?Yw==?= d"), "a bc d");
        assert_eq!(header_text(b"=?broken =?x?y?z?= caf\xe9"), "=?broken =?x?y?z?= caf\u{e9}");
    }
}
