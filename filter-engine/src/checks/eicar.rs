//! Viruses (QUA-24): the test file that every scanner must find, and what the node's scanner said.
//! Facts: `facts.virus`. A virus is blocked and held even where spam is not.

use super::Check;
use crate::{
    context::Context,
    facts::VirusScan,
    finding::{Finding, Outcome, Symbol},
};

/// The EICAR test file, as it is or inside a decoded part.
static EICAR: Symbol = Symbol::decisive("VIRUS_EICAR", Outcome::Virus);
/// A virus scanner found something.
static FOUND: Symbol = Symbol::decisive("VIRUS_FOUND", Outcome::Virus);

pub(super) static CHECK: Check = Check { name: "eicar", symbols: &[&EICAR, &FOUND], run };

/// The test file in two halves, so that no scanner takes this program for it.
const TEST_FILE: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    if context.message.contains(TEST_FILE.concat().as_bytes()) {
        findings.push(Finding::of(&EICAR));
    }
    if let VirusScan::Found(name) = &context.facts.virus {
        findings.push(Finding::with(&FOUND, name));
    }
}
