//! The checks, in the order in which they run; nothing else.

mod attachment;
mod bulk;
mod dkim;
mod dmarc;
mod eicar;
mod form;
mod gtube;
mod headers;
mod learned;
mod links;
mod lists;
mod lookalike;
mod markup;
mod script;
mod sender;
mod spf;
mod unscannable;

use crate::{context::Context, finding::Finding, finding::Symbol};

/// A check: data and one function. It finds; it does not judge.
#[derive(Debug)]
pub struct Check {
    /// Its name: that of its file, and of its text cases.
    pub name: &'static str,
    /// Every symbol it can report.
    pub symbols: &'static [&'static Symbol],
    /// Looks at a message.
    pub(crate) run: fn(&Context<'_>, &mut Vec<Finding>),
}

/// Every check. The lists come first: what they decide, nothing else is asked about.
pub static CHECKS: &[&Check] = &[
    &lists::CHECK,
    &form::CHECK,
    &gtube::CHECK,
    &eicar::CHECK,
    &spf::CHECK,
    &dkim::CHECK,
    &dmarc::CHECK,
    &headers::CHECK,
    &sender::CHECK,
    &lookalike::CHECK,
    &script::CHECK,
    &links::CHECK,
    &markup::CHECK,
    &attachment::CHECK,
    &bulk::CHECK,
    &unscannable::CHECK,
    &learned::CHECK,
];

#[cfg(test)]
mod tests {
    use super::*;
    use contract::language::{Language, text};
    use std::collections::BTreeSet;

    #[test]
    fn every_symbol_is_unique_bounded_and_explained() {
        let mut seen = BTreeSet::new();
        for symbol in CHECKS.iter().flat_map(|check| check.symbols) {
            assert!(seen.insert(symbol.name), "{} is there twice", symbol.name);
            let decides = symbol.outcome != crate::finding::Outcome::Weighs;
            assert!(decides || symbol.weight.abs() <= crate::finding::LIMIT, "{} decides alone", symbol.name);
            for language in Language::ALL {
                let key = format!("symbol.{}", symbol.name);
                assert_ne!(text(language, &key), key, "no text in {language:?}");
            }
        }
    }
}
