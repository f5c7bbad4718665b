//! What could not be looked into: a message beyond the limits of [`crate::mime::Limits`].

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol},
};

static NESTING: Symbol = Symbol::weighing("UNSCANNABLE_NESTING", 1.5);
static PARTS: Symbol = Symbol::weighing("UNSCANNABLE_PARTS", 1.0);
static HEADERS: Symbol = Symbol::weighing("UNSCANNABLE_HEADERS", 1.5);
static BYTES: Symbol = Symbol::weighing("UNSCANNABLE_BYTES", 0.5);

pub(super) static CHECK: Check =
    Check { name: "unscannable", symbols: &[&NESTING, &PARTS, &HEADERS, &BYTES], run };

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let exceeded = context.message.exceeded();
    let all = [
        (exceeded.nesting, &NESTING),
        (exceeded.parts, &PARTS),
        (exceeded.headers, &HEADERS),
        (exceeded.bytes, &BYTES),
    ];
    findings.extend(
        all.into_iter().filter(|(is_exceeded, _)| *is_exceeded).map(|(_, symbol)| Finding::of(symbol)),
    );
}
