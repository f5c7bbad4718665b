//! What was learned from mail: how much like spam each view of the message looks.
//! Each view is a finding of its own, bounded like any other.

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol},
    learned::features::View,
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

pub(super) static CHECK: Check = Check {
    name: "learned",
    symbols: &[&PRIOR, &HEADER, &SENDER, &SUBJECT, &WORDS, &GRAMS, &STRUCTURE, &LINKS, &RELATIONS],
    run,
};

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let model = context.model;
    findings.push(Finding::of(&PRIOR).weighing(model.intercept()));
    for (view, weight) in model.contributions(context.message.features()) {
        findings.push(Finding::of(symbol(view)).weighing(weight));
    }
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
