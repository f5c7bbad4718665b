//! Every text a person can read comes from `locales/`. A text may hold `{name}` places; a text that depends on
//! a number has the two forms `<key>.one` and `<key>.other`, chosen by the language's plural rule (CLDR).

use serde::{Deserialize, Serialize};

/// A language of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// Its BCP 47 tag, which is also the name of its locale file.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// Its name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// The first language of an `Accept-Language` header that the product speaks (RFC 9110 §12.5.4; the order
    /// is taken as the preference).
    pub fn accepted(header: &str) -> Self {
        header
            .split(',')
            .filter_map(|part| part.split([';', '-']).next())
            .find_map(|tag| {
                Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag.trim()))
            })
            .unwrap_or_default()
    }
}

/// The locale file of a language, as it is.
#[cfg(feature = "texts")]
pub const fn locale_file(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("../locales/en.json"),
        Language::De => include_str!("../locales/de.json"),
    }
}

#[cfg(feature = "texts")]
fn texts(language: Language) -> &'static std::collections::BTreeMap<String, String> {
    use std::{collections::BTreeMap, sync::LazyLock};
    type Texts = BTreeMap<String, String>;
    fn read(language: Language) -> Texts {
        serde_json::from_str(locale_file(language)).unwrap_or_default()
    }
    static EN: LazyLock<Texts> = LazyLock::new(|| read(Language::En));
    static DE: LazyLock<Texts> = LazyLock::new(|| read(Language::De));
    match language {
        Language::En => &EN,
        Language::De => &DE,
    }
}

/// The text of a key, or the key itself where there is none (a test makes sure there is).
#[cfg(feature = "texts")]
pub fn text(language: Language, key: &str) -> &str {
    texts(language).get(key).map_or(key, String::as_str)
}

#[cfg(all(test, feature = "texts"))]
mod tests {
    use super::*;
    use crate::{permission::Permission, problem, settings};
    use std::collections::BTreeSet;

    fn keys(language: Language) -> BTreeSet<String> {
        texts(language).keys().cloned().collect()
    }

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_has_the_same_keys_with_the_same_places() {
        let english = keys(Language::En);
        assert!(!english.is_empty(), "en.json must be readable");
        for language in Language::ALL {
            let own = keys(language);
            let missing: Vec<_> = english.difference(&own).collect();
            let extra: Vec<_> = own.difference(&english).collect();
            assert!(
                missing.is_empty() && extra.is_empty(),
                "{language:?} lacks {missing:?}, has too many {extra:?}"
            );
            for key in &english {
                let (ours, theirs) = (text(Language::En, key), text(language, key));
                assert_eq!(places(ours), places(theirs), "{key} in {language:?}");
                assert!(!theirs.trim().is_empty(), "{key} is empty in {language:?}");
            }
        }
    }

    #[test]
    fn whatever_the_contract_names_has_its_text() {
        let english = keys(Language::En);
        let mut wanted: Vec<String> = vec![];
        wanted.extend(problem::ErrorCode::ALL.map(|code| format!("error.{}", code.name())));
        wanted.extend(problem::InvalidCode::ALL.map(|code| format!("invalid.{}", code.name())));
        wanted.extend(Permission::ALL.map(|permission| format!("permission.{}", permission.name())));
        wanted.extend(
            settings::all().flat_map(|setting| {
                ["label", "help"].map(|part| format!("setting.{}.{part}", setting.key()))
            }),
        );
        let missing: Vec<_> = wanted.iter().filter(|key| !english.contains(*key)).collect();
        assert!(missing.is_empty(), "no text for {missing:?}");
    }

    #[test]
    fn the_accepted_language_is_the_first_known_one() {
        assert_eq!(Language::accepted("fr, de-AT;q=0.8, en;q=0.5"), Language::De);
        assert_eq!(Language::accepted(""), Language::En);
    }
}
