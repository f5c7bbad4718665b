//! What was learned from mail: how much like spam each view of the message looks.
//! Each view is a finding of its own, bounded like any other. A message of a few words with nothing to open
//! says too little to be held for how it looks: what speaks against it counts by its length.

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol},
    learned::features::View,
    message::Message,
};

/// How much of all mail is good.
static PRIOR: Symbol = Symbol::weighing("LEARNED_PRIOR", 0.0);
static HEADER: Symbol = Symbol::weighing("LEARNED_HEADER", 0.0);
static SENDER: Symbol = Symbol::weighing("LEARNED_SENDER", 0.0);
static SUBJECT: Symbol = Symbol::weighing("LEARNED_SUBJECT", 0.0);
static WORDS: Symbol = Symbol::weighing("LEARNED_WORDS", 0.0);
static GRAMS: Symbol = Symbol::weighing("LEARNED_GRAMS", 0.0);
static STRUCTURE: Symbol = Symbol::weighing("LEARNED_STRUCTURE", 0.0);
static LINKS: Symbol = Symbol::weighing("LEARNED_LINKS", 0.0);
static RELATIONS: Symbol = Symbol::weighing("LEARNED_RELATIONS", 0.0);
/// Octets of text, in UTF-8, from which on the views count in full.
const ENOUGH: u16 = 150;

pub(super) static CHECK: Check = Check {
    name: "learned",
    symbols: &[&PRIOR, &HEADER, &SENDER, &SUBJECT, &WORDS, &GRAMS, &STRUCTURE, &LINKS, &RELATIONS],
    run,
};

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let model = context.model;
    findings.push(Finding::of(&PRIOR).weighing(model.intercept()));
    let substance = substance(context.message);
    for (view, weight) in model.contributions(context.message.features()) {
        let weight = if weight > 0.0 { weight * substance } else { weight };
        findings.push(Finding::of(symbol(view)).weighing(weight));
    }
}

/// How much a message gives to judge, 0–1: all, if it has a link, a file, something embedded or an address of its
/// own for answers; else its text.
fn substance(message: &Message<'_>) -> f64 {
    let texts = message.texts();
    let has_file = message.parts().iter().any(|part| !part.is_shown());
    let elements = texts.iter().flat_map(|text| &text.rendered.elements);
    let leads_on = message.links().next().is_some() || message.header("Reply-To").is_some();
    if has_file || leads_on || elements.into_iter().any(|name| is_embedding(name)) {
        return 1.0;
    }
    let subject = message.subject();
    let shown = texts.iter().map(|text| text.rendered.text.as_str()).chain([subject.as_str()]);
    let octets = shown.map(|text| text.trim().len()).sum::<usize>();
    u16::try_from(octets).map_or(1.0, |octets| f64::from(octets.min(ENOUGH)) / f64::from(ENOUGH))
}

/// Whether an element shows what comes from elsewhere, or asks for something.
fn is_embedding(element: &str) -> bool {
    matches!(element, "img" | "iframe" | "frame" | "form" | "object" | "embed" | "video")
}

const fn symbol(view: View) -> &'static Symbol {
    match view {
        View::Header => &HEADER,
        View::Sender => &SENDER,
        View::Subject => &SUBJECT,
        View::Words => &WORDS,
        View::Grams => &GRAMS,
        View::Structure => &STRUCTURE,
        View::Links => &LINKS,
        View::Relations => &RELATIONS,
    }
}
