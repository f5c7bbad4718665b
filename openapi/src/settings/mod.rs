//! The settings catalogue: one `static` per setting. Validation, OpenAPI, the panel's forms, the node and the
//! engine all read it; nothing re-states a setting.

pub mod branding;
pub mod content;
pub mod domain;
pub mod incoming;
pub mod resolve;
pub mod rules;
pub mod size;
mod types;
mod words;

use crate::permission::Permission;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

pub use types::{Choice, Control, EmailAddress, SettingType, Text, TimeZone};
pub use words::{Colour, HeaderWord, HostName, Link};

/// Why a value can't be taken for a setting.
pub type Invalid = crate::problem::InvalidCode;

/// Where a setting can have a value, from the widest to the narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Every domain of the installation.
    Global,
    /// Every domain of a reseller.
    Reseller,
    /// One domain.
    Domain,
    /// One mailbox.
    Email,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 4] = [Self::Global, Self::Reseller, Self::Domain, Self::Email];

    /// Its name on the wire and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Reseller => "reseller",
            Self::Domain => "domain",
            Self::Email => "email",
        }
    }
}

/// A setting of type `T`. Its key is the name in the API, the database and the locales.
pub struct Setting<T: SettingType> {
    /// `<section>.<noun_phrase>`.
    pub key: &'static str,
    /// The value where nobody set one.
    pub default: T,
    /// What is allowed: a range, the choices, the longest text.
    pub limits: T::Limits,
    /// The levels at which it can be set.
    pub editable_at: &'static [Level],
    /// Who may change it.
    pub permission: Permission,
}

/// A setting whose type has been forgotten: what the API, its documentation and the panel's forms need.
pub trait AnySetting: Sync {
    /// The name in the API, the database and the locales.
    fn key(&self) -> &'static str;
    /// The form control, with its limits.
    fn control(&self) -> Control;
    /// The value where nobody set one.
    fn default_json(&self) -> Value;
    /// Whether a value can be taken; the error says why not.
    fn check(&self, value: &Value) -> Result<(), Invalid>;
    /// The levels at which it can be set.
    fn editable_at(&self) -> &'static [Level];
    /// Who may change it.
    fn permission(&self) -> Permission;
}

impl<T: SettingType> AnySetting for Setting<T> {
    fn key(&self) -> &'static str {
        self.key
    }
    fn control(&self) -> Control {
        T::control(&self.limits)
    }
    fn default_json(&self) -> Value {
        self.default.to_json()
    }
    fn check(&self, value: &Value) -> Result<(), Invalid> {
        T::from_json(value, &self.limits).map(drop)
    }
    fn editable_at(&self) -> &'static [Level] {
        self.editable_at
    }
    fn permission(&self) -> Permission {
        self.permission
    }
}

/// The sections of the catalogue, each with its settings in the order of its page.
pub static CATALOGUE: &[(&str, &[&dyn AnySetting])] = &[
    ("incoming", incoming::SECTION),
    ("content", content::SECTION),
    ("rules", rules::SECTION),
    ("size", size::SECTION),
    ("domain", domain::SECTION),
    ("branding", branding::SECTION),
];

/// Every setting.
pub fn all() -> impl Iterator<Item = &'static dyn AnySetting> {
    CATALOGUE.iter().flat_map(|(_, section)| section.iter().copied())
}

/// The setting of that key.
pub fn find(key: &str) -> Option<&'static dyn AnySetting> {
    all().find(|setting| setting.key() == key)
}

/// The values set at one level, by key. A value equal to the default is still set (SET-01).
pub type Overrides = BTreeMap<String, Value>;

/// The values in force for somebody, to be read by type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    overrides: Overrides,
}

impl Settings {
    /// Lays the levels over each other, the widest first.
    pub fn resolve<'a>(levels: impl IntoIterator<Item = &'a Overrides>) -> Self {
        let mut overrides = Overrides::new();
        for level in levels {
            overrides.extend(level.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        Self { overrides }
    }

    /// The value in force. A stored value that the catalogue no longer takes counts as not set.
    pub fn get<T: SettingType>(&self, setting: &Setting<T>) -> T {
        self.overrides
            .get(setting.key)
            .and_then(|value| T::from_json(value, &setting.limits).ok())
            .unwrap_or_else(|| setting.default.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn keys_are_unique_and_named_after_their_section() {
        let mut seen = BTreeSet::new();
        for (section, settings) in CATALOGUE {
            for setting in *settings {
                assert!(seen.insert(setting.key()), "{} is there twice", setting.key());
                assert!(setting.key().starts_with(&format!("{section}.")), "{}", setting.key());
                assert!(!setting.editable_at().is_empty(), "{}", setting.key());
            }
        }
    }

    #[test]
    fn every_default_passes_its_own_limits() {
        for setting in all() {
            assert_eq!(setting.check(&setting.default_json()), Ok(()), "{}", setting.key());
        }
    }

    /// SET-01, FIL-05.
    #[test]
    fn a_narrower_level_overrides_a_wider_one() {
        let global = Overrides::from([("incoming.quarantine_threshold".into(), json!(0.8))]);
        let domain = Overrides::from([("incoming.quarantine_threshold".into(), json!(0.5))]);
        let both = Settings::resolve([&global, &domain]);
        assert_eq!(both.get(&incoming::QUARANTINE_THRESHOLD), 0.5);
        assert_eq!(Settings::resolve([&global]).get(&incoming::QUARANTINE_THRESHOLD), 0.8);
        assert_eq!(Settings::default().get(&incoming::QUARANTINE_THRESHOLD), 0.9);
    }

    /// SET-02, SET-08.
    #[test]
    fn a_contact_is_one_plain_address_or_nobody() {
        for address in ["", "it@example.com", "a+b@sub.example.org"] {
            assert_eq!(domain::CONTACT.check(&json!(address)), Ok(()), "{address}");
        }
        for text in
            ["it", "@example.com", "it@", "it@example", "a b@example.com", "a@b@example.com", "a@.com"]
        {
            assert_eq!(domain::CONTACT.check(&json!(text)), Err(Invalid::NotAnEmailAddress), "{text}");
        }
        assert_eq!(domain::CONTACT.check(&json!(5)), Err(Invalid::WrongType));
    }

    #[test]
    fn a_value_outside_its_limits_is_refused_and_ignored_when_stored() {
        assert_eq!(incoming::QUARANTINE_THRESHOLD.check(&json!(1.5)), Err(Invalid::OutOfRange));
        assert_eq!(incoming::QUARANTINE_THRESHOLD.check(&json!("a")), Err(Invalid::WrongType));
        assert_eq!(incoming::QUARANTINE_RESPONSE.check(&json!("shrug")), Err(Invalid::UnknownChoice));
        let stored = Overrides::from([("incoming.quarantine_threshold".into(), json!(7))]);
        assert_eq!(Settings::resolve([&stored]).get(&incoming::QUARANTINE_THRESHOLD), 0.9);
    }
}
