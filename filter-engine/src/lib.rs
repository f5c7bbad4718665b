//! The judge: decides what a message is.
//!
//! ```text
//! Message::parse(envelope, bytes) ─┐
//! Facts (looked up by the node) ───┼─ evaluate ─→ Verdict
//! Settings (of one recipient) ─────┘
//! ```
//!
//! The node gives [`Message::parse`] the first [`PREFIX_LIMIT`] bytes of a message and says in [`Facts`] how large
//! the whole is; it parses once and calls [`evaluate`] once per recipient, each with that recipient's settings.
//! [`Verdict`] then says everything the node has to do: what to answer, whether to hold, which headers to write.
//!
//! | module | holds |
//! |---|---|
//! | [`message`], [`mime`], [`decoding`], [`html`], [`links`], [`date`] | the message, parsed once, within limits, never failing |
//! | [`facts`] | what the outside world said |
//! | [`checks`] | one file per check; a check finds, it does not judge |
//! | [`finding`], [`verdict`] | findings → log-odds → score → action |
//! | [`learned`] | the learned model: features, weights, training |
//!
//! Pure: no IO, no clock, no errors. The same input always gives the same verdict.

pub mod checks;
pub mod context;
pub mod date;
pub mod decoding;
pub mod facts;
pub mod finding;
pub mod html;
pub mod learned;
pub mod links;
pub mod message;
pub mod mime;
pub mod verdict;

pub use facts::{AuthenticationResult, DmarcPolicy, Facts, VirusScan};
pub use finding::{Finding, Symbol, Tag};
pub use message::{Envelope, Message, PREFIX_LIMIT};
pub use verdict::{Action, RecommendedAction, Verdict};

use contract::settings::Settings;
use learned::model::Model;

/// Judges a message for one recipient, whose settings these are, by the model of the product.
pub fn evaluate(message: &Message<'_>, facts: &Facts, settings: &Settings) -> Verdict {
    evaluate_with(message, facts, settings, Model::shipped())
}

/// Judges a message for one recipient by this model.
pub fn evaluate_with(
    message: &Message<'_>,
    facts: &Facts,
    settings: &Settings,
    model: &Model<'_>,
) -> Verdict {
    let context = context::Context { message, facts, settings, model };
    let mut findings = Vec::new();
    for check in checks::CHECKS {
        (check.run)(&context, &mut findings);
        if findings.iter().any(|finding| finding.symbol.outcome.ends_judgement()) {
            break;
        }
    }
    verdict::judge(findings, settings)
}
