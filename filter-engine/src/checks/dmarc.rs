//! DMARC: is the From header authentic, and what does its domain ask for if not (RFC 7489, X-19)?
//! Facts: `facts.dmarc`, `facts.dmarc_policy`. What a domain asks for itself, it gets.

use super::Check;
use crate::{
    context::Context,
    facts::{AuthenticationResult, DmarcPolicy},
    finding::{Finding, Outcome, Symbol},
};

static PASS: Symbol = Symbol::weighing("DMARC_PASS", -0.5);
static FAIL: Symbol = Symbol::weighing("DMARC_FAIL", 1.0);
/// It fails, and the domain asks to hold such mail.
static QUARANTINE: Symbol = Symbol::decisive("DMARC_QUARANTINE", Outcome::Phishing);
/// It fails, and the domain asks to refuse such mail.
static REJECT: Symbol = Symbol::decisive("DMARC_REJECT", Outcome::Rejected);

pub(super) static CHECK: Check = Check { name: "dmarc", symbols: &[&PASS, &FAIL, &QUARANTINE, &REJECT], run };

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let symbol = match (context.facts.dmarc, context.facts.dmarc_policy) {
        (AuthenticationResult::Pass, _) => &PASS,
        (AuthenticationResult::Fail, DmarcPolicy::None) => &FAIL,
        (AuthenticationResult::Fail, DmarcPolicy::Quarantine) => &QUARANTINE,
        (AuthenticationResult::Fail, DmarcPolicy::Reject) => &REJECT,
        _ => return,
    };
    findings.push(Finding::of(symbol));
}
