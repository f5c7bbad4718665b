//! Scripts: words written with the letters of two alphabets, or with letters made for formulas, to look like others.

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol},
    html::cut,
};

/// A word mixes Latin letters with Cyrillic or Greek ones that look the same.
static MIXED: Symbol = Symbol::weighing("SCRIPT_MIXED", 1.5);
/// Letters of mathematics or of full width instead of plain ones.
static DISGUISED: Symbol = Symbol::weighing("SCRIPT_DISGUISED", 1.2);

pub(super) static CHECK: Check = Check { name: "script", symbols: &[&MIXED, &DISGUISED], run };

/// Bytes of the text that are looked at.
const TEXT_BYTES: usize = 8000;
/// Disguised letters from which on they are a trick and not a formula.
const DISGUISED_LETTERS: usize = 6;

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let (subject, from) = (context.message.subject(), context.message.from());
    let text = context.message.texts().first().map_or("", |text| cut(&text.rendered.text, TEXT_BYTES));
    let parts = [subject.as_str(), from.as_str(), text];
    if parts.iter().all(|part| part.is_ascii()) {
        return;
    }
    let mut words = parts.iter().flat_map(|part| part.split(|one: char| !one.is_alphabetic()));
    if let Some(word) = words.find(|word| is_mixed(word)) {
        findings.push(Finding::with(&MIXED, word));
    }
    let disguised = |one: &char| matches!(one, '\u{1d400}'..='\u{1d7ff}' | '\u{ff21}'..='\u{ff5a}');
    let shown: String = subject.chars().chain(from.chars()).filter(disguised).collect();
    if shown.chars().count() >= DISGUISED_LETTERS {
        findings.push(Finding::with(&DISGUISED, &shown));
    }
}

fn is_mixed(word: &str) -> bool {
    let has = |wanted: fn(char) -> bool| word.chars().filter(|one| wanted(*one)).count();
    let latin = has(|one| one.is_ascii_alphabetic());
    let alike = has(|one| "аеорсухіјѕԁһАВЕКМНОРСТХαορνΑΒΕΖΗΙΚΜΝΟΡΤΥΧ".contains(one));
    let others = has(|one| one.is_alphabetic());
    // Every foreign letter looks Latin, and the word is Latin otherwise: nobody writes so by chance.
    latin >= 2 && alike >= 1 && latin + alike == others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_two_alphabets() {
        assert!(is_mixed("Pаypal") && is_mixed("Aррle"));
        for word in ["Paypal", "привет", "αβγ", "µTorrent", "Größe"] {
            assert!(!is_mixed(word), "{word}");
        }
    }
}
