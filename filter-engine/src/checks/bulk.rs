//! Bulk mail as a class of its own: newsletters and lists say that they are. Moves nothing, because spammers say so, too.

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol, Tag},
};

/// The header says that it is sent to many.
static DECLARED: Symbol = Symbol::weighing("BULK_DECLARED", 0.0).tagged(Tag::Bulk);

pub(super) static CHECK: Check = Check { name: "bulk", symbols: &[&DECLARED], run };

/// Fields of mail that is sent to many (RFC 2369, RFC 2919).
const FIELDS: [&str; 4] = ["List-Unsubscribe", "List-Id", "List-Post", "Feedback-ID"];

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let message = context.message;
    let field = FIELDS.into_iter().find(|field| message.header(field).is_some());
    let precedence = message.header_text("Precedence").to_ascii_lowercase();
    let field = field.or_else(|| matches!(precedence.as_str(), "bulk" | "list").then_some("Precedence"));
    if let Some(field) = field {
        findings.push(Finding::with(&DECLARED, field));
    }
}
