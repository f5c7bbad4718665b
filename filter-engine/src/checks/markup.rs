//! HTML tricks: what a person doesn't see, or is asked for inside the message.

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol},
};

/// More text is hidden than shown.
static HIDDEN_TEXT: Symbol = Symbol::weighing("MARKUP_HIDDEN_TEXT", 1.2);
/// A form to fill in.
static FORM: Symbol = Symbol::weighing("MARKUP_FORM", 0.2);
/// Next to no text, only a picture to click on.
static ONLY_PICTURE: Symbol = Symbol::weighing("MARKUP_ONLY_PICTURE", 1.2);

pub(super) static CHECK: Check =
    Check { name: "markup", symbols: &[&HIDDEN_TEXT, &FORM, &ONLY_PICTURE], run };

/// Bytes: a preview line of a newsletter is shorter.
const HIDDEN_BYTES: usize = 600;
/// Bytes of text that say next to nothing.
const FEW_BYTES: usize = 40;

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for text in context.message.texts().iter().filter(|text| text.is_html) {
        let shown = text.rendered.text.trim().len();
        let hidden = text.rendered.hidden;
        let has = |name: &str| text.rendered.elements.iter().any(|one| one == name);
        let found = [
            (hidden > HIDDEN_BYTES && hidden > shown, &HIDDEN_TEXT, hidden.to_string()),
            (has("form") && has("input"), &FORM, String::new()),
            (
                shown < FEW_BYTES && text.rendered.remote_images > 0 && !text.rendered.links.is_empty(),
                &ONLY_PICTURE,
                String::new(),
            ),
        ];
        for (is_found, symbol, detail) in found {
            if is_found && !findings.iter().any(|finding| std::ptr::eq(finding.symbol, symbol)) {
                findings.push(Finding::with(symbol, &detail));
            }
        }
    }
}
