//! Entities: characters written by name or number.

use super::cut;

/// A text with its entities replaced.
pub(super) fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(position) = rest.find('&') {
        let (before, after) = rest.split_at(position);
        plain.push_str(before);
        let (one, length) = entity(after);
        plain.push(one);
        rest = after.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// The character of the entity at the start, and its length; `&` itself if it is none.
pub(super) fn entity(text: &str) -> (char, usize) {
    let limit = cut(text, 12);
    let Some(end) = limit.find(';') else { return ('&', 1) };
    let name = limit.get(1..end).unwrap_or_default();
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let one = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "copy" => Some('\u{a9}'),
        "reg" => Some('\u{ae}'),
        "euro" => Some('\u{20ac}'),
        "rsquo" | "lsquo" => Some('\''),
        "ndash" | "mdash" => Some('-'),
        "zwnj" | "zwj" => Some('\u{200c}'),
        "shy" => Some('\u{ad}'),
        _ => match name.strip_prefix('#') {
            Some(digits) => match digits.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16),
                None => number(digits, 10),
            },
            None => None,
        },
    };
    one.map_or(('&', 1), |one| (one, end + 1))
}
