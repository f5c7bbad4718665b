//! Allow and block lists: what the owner of the mailbox or the domain decided beforehand.
//! Facts: `facts.allowed`, `facts.blocked`; the node has matched the entries and weighed them against each other.

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Outcome, Symbol},
};

/// An allow list has the sender or the recipient (SWL-03).
static ALLOWED: Symbol = Symbol::decisive("LISTS_ALLOWED", Outcome::Allowed);
/// A block list has the sender or the recipient (SBL-03).
static BLOCKED: Symbol = Symbol::decisive("LISTS_BLOCKED", Outcome::Blocked);

pub(super) static CHECK: Check = Check { name: "lists", symbols: &[&ALLOWED, &BLOCKED], run };

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    if let Some(entry) = &context.facts.allowed {
        findings.push(Finding::with(&ALLOWED, entry));
    } else if let Some(entry) = &context.facts.blocked {
        findings.push(Finding::with(&BLOCKED, entry));
    }
}
