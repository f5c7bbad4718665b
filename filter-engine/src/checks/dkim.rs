//! DKIM: is the message as its domain signed it (RFC 6376)? Facts: `facts.dkim`.
//! A broken signature says little: forwarders break them.

use super::Check;
use crate::{
    context::Context,
    facts::AuthenticationResult,
    finding::{Finding, Symbol},
};

static PASS: Symbol = Symbol::weighing("DKIM_PASS", -0.3);
static FAIL: Symbol = Symbol::weighing("DKIM_FAIL", 0.4);

pub(super) static CHECK: Check = Check { name: "dkim", symbols: &[&PASS, &FAIL], run };

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    match context.facts.dkim {
        AuthenticationResult::Pass => findings.push(Finding::of(&PASS)),
        AuthenticationResult::Fail | AuthenticationResult::PermanentError => {
            findings.push(Finding::of(&FAIL));
        }
        _ => {}
    }
}
