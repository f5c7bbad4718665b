//! The form of a message: what is refused whatever it says.
//! Facts: `facts.longest_line`. Settings: [`incoming::SKIP_LINE_LENGTH_CHECK`] (FIL-14).

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Outcome, Symbol},
};
use contract::settings::incoming;

/// A line of more than [`LINE_LIMIT`] octets (X-05).
static LINE_TOO_LONG: Symbol = Symbol::decisive("FORM_LINE_TOO_LONG", Outcome::Rejected);
/// A piece of a message, which can't be judged by itself (X-10).
static PARTIAL: Symbol = Symbol::decisive("FORM_PARTIAL", Outcome::Rejected);

pub(super) static CHECK: Check = Check { name: "form", symbols: &[&LINE_TOO_LONG, &PARTIAL], run };

/// Octets of a line without its end (RFC 5322 §2.1.1).
const LINE_LIMIT: u64 = 998;

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let longest = context.facts.longest_line.unwrap_or_else(|| longest_line(context.message.raw()));
    if longest > LINE_LIMIT && !context.settings.get(&incoming::SKIP_LINE_LENGTH_CHECK) {
        findings.push(Finding::with(&LINE_TOO_LONG, &longest.to_string()));
    }
    if context.message.parts().iter().any(|part| part.media_type == "message/partial") {
        findings.push(Finding::of(&PARTIAL));
    }
}

fn longest_line(bytes: &[u8]) -> u64 {
    let (mut longest, mut start) = (0, 0);
    for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
        let line = bytes.get(start..end).unwrap_or_default();
        longest = longest.max(line.strip_suffix(b"\r").unwrap_or(line).len());
        start = end + 1;
    }
    u64::try_from(longest).unwrap_or(u64::MAX)
}
