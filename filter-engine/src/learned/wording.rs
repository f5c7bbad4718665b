//! The text of a message as features see it: what the sender wrote, without what lists, answers and numbers add.

use crate::{
    html::{Rendered, cut},
    message::Message,
};
use std::borrow::Cow;

/// Bytes of the visible text that are looked at.
pub(super) const TEXT_BYTES: usize = 6000;

/// Letters become `a` or `A`, digits `0`; runs become one.
pub(super) fn shape(text: &str) -> String {
    let mut shape = String::new();
    for one in text.chars() {
        let class = match one {
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            '0'..='9' => '0',
            _ if one.is_whitespace() => ' ',
            _ if one.is_alphabetic() => 'x',
            _ => one,
        };
        if !shape.ends_with(class) {
            shape.push(class);
        }
    }
    shape
}

/// Lower case, digits as `0`, one space for any white space.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for one in text.chars() {
        if one.is_whitespace() {
            if !plain.ends_with(' ') {
                plain.push(' ');
            }
        } else if one.is_ascii_digit() {
            plain.push('0');
        } else if one.is_ascii() {
            plain.push(one.to_ascii_lowercase());
        } else {
            plain.extend(one.to_lowercase());
        }
    }
    plain
}

pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    words_as_written(text).map(plain)
}

/// The words of a text that is plain already.
pub(super) fn words_as_written(text: &str) -> impl Iterator<Item = &str> {
    text.split(|one: char| !one.is_alphanumeric() && one != '\'' && one != '$' && one != '!')
        .filter(|word| !word.is_empty() && word.len() <= 40)
}

/// A subject without the tag of a list in front.
pub(super) fn untagged(subject: &str) -> Cow<'_, str> {
    let (before, rest) = match subject.get(..3) {
        Some(reply) if reply.eq_ignore_ascii_case("re:") => subject.split_at(3),
        _ => ("", subject),
    };
    match rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => Cow::Owned(format!("{before} {}", rest.trim_start())),
        None => Cow::Borrowed(subject),
    }
}

/// The leaf a person reads: HTML if there is any with text in it.
pub(super) fn visible<'a>(message: &'a Message<'a>) -> Option<&'a Rendered> {
    let texts = message.texts();
    let html = texts.iter().find(|text| text.is_html && text.rendered.text.trim().len() > 20);
    html.or(texts.first()).map(|text| &text.rendered)
}

/// What the sender wrote: without quoted lines and without addresses of links, which have a view of their own.
pub(super) fn unquoted(text: &str) -> String {
    let mut own = String::new();
    let text = text.get(..list_footer(text)).unwrap_or(text);
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['>', '|'])) {
        for word in line.split_whitespace().filter(|word| !word.contains("://")) {
            own.push_str(word);
            own.push(' ');
        }
        if own.len() >= TEXT_BYTES {
            break;
        }
    }
    cut(&own, TEXT_BYTES).to_owned()
}

/// Where the few lines begin that a list adds to every message it carries, spam included; the end if there are none.
fn list_footer(text: &str) -> usize {
    let end = text.trim_end();
    let mut start = end.len().saturating_sub(400);
    while !end.is_char_boundary(start) {
        start += 1;
    }
    let tail = end.get(start..).unwrap_or_default();
    match tail.rfind("____________________") {
        Some(rule) if tail.get(rule..).is_some_and(|footer| footer.contains("mailing list")) => start + rule,
        _ => text.len(),
    }
}
