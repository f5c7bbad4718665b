//! Where each value comes from: what a form shows beside it, and what a reset deletes.

use super::{AnySetting, Level, Overrides};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A setting as it is read at one level. `value` is what was written there, or what is inherited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SettingValue {
    /// The value in force at this level.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub value: Value,
    /// Whether it was set at this level.
    pub source: Source,
    /// The level it comes from; absent when it is set here, or when it is the product's own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_from: Option<Level>,
    /// What would be in force without the value of this level.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub inherited: Value,
    /// The product's own default.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub default: Value,
    /// Whether the caller may change it at this level.
    pub editable: bool,
}

/// Whether a value was set at the level it is read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Set here, even if it equals what would be inherited (SET-01).
    Custom,
    /// Comes from a wider level.
    Inherited,
}

/// Reads one setting at the last of `levels`, the widest first.
pub fn read(setting: &dyn AnySetting, levels: &[(Level, &Overrides)], editable: bool) -> SettingValue {
    let default = setting.default_json();
    let stored = |overrides: &Overrides| {
        overrides.get(setting.key()).filter(|value| setting.check(value).is_ok()).cloned()
    };
    let (own, wider) = match levels.split_last() {
        Some(((_, own), wider)) => (stored(own), wider),
        None => (None, levels),
    };
    let inherited = wider.iter().rev().find_map(|(level, overrides)| Some((*level, stored(overrides)?)));
    let (inherited_from, inherited) = match inherited {
        Some((level, value)) => (Some(level), value),
        None => (None, default.clone()),
    };
    match own {
        Some(value) => {
            SettingValue { value, source: Source::Custom, inherited_from: None, inherited, default, editable }
        }
        None => SettingValue {
            value: inherited.clone(),
            source: Source::Inherited,
            inherited_from,
            inherited,
            default,
            editable,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::incoming;
    use serde_json::json;

    /// SET-01.
    #[test]
    fn a_custom_value_equal_to_the_inherited_one_is_still_custom() {
        let reseller = Overrides::from([("incoming.quarantine_days".into(), json!(14))]);
        let own = reseller.clone();
        let none = Overrides::new();
        let read = |own| {
            read(
                &incoming::QUARANTINE_DAYS,
                &[(Level::Global, &none), (Level::Reseller, &reseller), (Level::Domain, own)],
                true,
            )
        };
        assert_eq!(read(&own).source, Source::Custom);
        let inherited = read(&none);
        assert_eq!((inherited.source, inherited.inherited_from), (Source::Inherited, Some(Level::Reseller)));
        assert_eq!((inherited.value, inherited.default), (json!(14), json!(28)));
    }
}
