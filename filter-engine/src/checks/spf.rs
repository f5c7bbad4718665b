//! SPF: does the sender's domain allow this server to send (RFC 7208)?
//! Facts: `facts.spf`. Settings: [`incoming::SKIP_SPF_CHECK`] (FIL-13).

use super::Check;
use crate::{
    context::Context,
    facts::AuthenticationResult,
    finding::{Finding, Symbol},
};
use contract::settings::incoming;

static PASS: Symbol = Symbol::weighing("SPF_PASS", -0.2);
static FAIL: Symbol = Symbol::weighing("SPF_FAIL", 1.5);
static SOFT_FAIL: Symbol = Symbol::weighing("SPF_SOFTFAIL", 0.6);
static NONE: Symbol = Symbol::weighing("SPF_NONE", 0.2);
/// A failure that the settings forbid to use (FIL-13).
static SKIPPED: Symbol = Symbol::weighing("SPF_SKIPPED", 0.0);

pub(super) static CHECK: Check =
    Check { name: "spf", symbols: &[&PASS, &FAIL, &SOFT_FAIL, &NONE, &SKIPPED], run };

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let symbol = match context.facts.spf {
        AuthenticationResult::Fail => &FAIL,
        AuthenticationResult::SoftFail => &SOFT_FAIL,
        AuthenticationResult::Pass => &PASS,
        AuthenticationResult::None => &NONE,
        _ => return,
    };
    let is_skipped = symbol.weight > 0.0 && context.settings.get(&incoming::SKIP_SPF_CHECK);
    findings.push(Finding::of(if is_skipped { &SKIPPED } else { symbol }));
}
