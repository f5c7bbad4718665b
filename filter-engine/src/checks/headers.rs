//! The header: what every mail program writes and many bulk senders forget.
//! Facts: `facts.received_at`; without it the Date is only read, not compared.

use super::Check;
use crate::{
    context::Context,
    date,
    finding::{Finding, Symbol},
};

static NO_DATE: Symbol = Symbol::weighing("HEADERS_NO_DATE", 0.7);
static BAD_DATE: Symbol = Symbol::weighing("HEADERS_BAD_DATE", 0.5);
/// More than [`DATE_TOLERANCE`] away from when it was received.
static DATE_OFF: Symbol = Symbol::weighing("HEADERS_DATE_OFF", 1.5);
static NO_FROM: Symbol = Symbol::weighing("HEADERS_NO_FROM", 1.2);
static NO_MESSAGE_ID: Symbol = Symbol::weighing("HEADERS_NO_MESSAGE_ID", 0.6);
/// A field that may occur once, twice.
static DUPLICATE: Symbol = Symbol::weighing("HEADERS_DUPLICATE", 0.8);
/// Bytes that are neither ASCII nor UTF-8 in the subject.
static RAW_BYTES: Symbol = Symbol::weighing("HEADERS_RAW_BYTES", 0.7);

pub(super) static CHECK: Check = Check {
    name: "headers",
    symbols: &[&NO_DATE, &BAD_DATE, &DATE_OFF, &NO_FROM, &NO_MESSAGE_ID, &DUPLICATE, &RAW_BYTES],
    run,
};

/// Seconds: a week.
const DATE_TOLERANCE: u64 = 7 * 24 * 3600;
/// Fields that may occur once (RFC 5322 §3.6).
const SINGLE: [&str; 8] = ["From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "Sender"];

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let message = context.message;
    match (message.header("Date").map(|header| header.text()), context.facts.received_at) {
        (None, _) => findings.push(Finding::of(&NO_DATE)),
        (Some(text), received_at) => match (date::read(&text), received_at) {
            (None, _) => findings.push(Finding::with(&BAD_DATE, &text)),
            (Some(sent), Some(received)) if sent.abs_diff(received) > DATE_TOLERANCE => {
                findings.push(Finding::with(&DATE_OFF, &text));
            }
            _ => {}
        },
    }
    if message.header("From").is_none_or(|header| header.value.is_empty()) {
        findings.push(Finding::of(&NO_FROM));
    }
    if message.header("Message-ID").is_none() {
        findings.push(Finding::of(&NO_MESSAGE_ID));
    }
    let is_twice = |name: &&&str| message.headers().iter().filter(|header| header.is(name)).count() > 1;
    if let Some(name) = SINGLE.iter().find(is_twice) {
        findings.push(Finding::with(&DUPLICATE, name));
    }
    if message.header("Subject").is_some_and(|header| std::str::from_utf8(header.value).is_err()) {
        findings.push(Finding::of(&RAW_BYTES));
    }
}
