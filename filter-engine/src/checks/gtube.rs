//! The test string for spam filters (QUA-23): whoever sends it wants to see it caught.

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Outcome, Symbol},
};

static GTUBE: Symbol = Symbol::decisive("GTUBE", Outcome::Spam);

pub(super) static CHECK: Check = Check { name: "gtube", symbols: &[&GTUBE], run };

const TEST_STRING: &[u8] = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    if context.message.contains(TEST_STRING) {
        findings.push(Finding::of(&GTUBE));
    }
}
