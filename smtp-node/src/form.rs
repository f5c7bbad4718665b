//! The form of a message: what is refused whatever it says (X-06 … X-09), where the recipient's settings want it.

use crate::{headers, smtp::protocol::Reason};
use contract::settings::{Settings, rules};
use filter_engine::date;

/// Seconds: a week.
const TOLERANCE: u64 = 7 * 24 * 3_600;

/// What is not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Its parts.
    pub parts: usize,
    /// Whether a field that may be there once is there twice.
    pub has_duplicates: bool,
    /// Whether its subject has octets that are not encoded.
    pub has_raw_subject: bool,
    /// Whether its date is far away.
    pub is_date_off: bool,
}

impl Form {
    /// Looks at a header. `received_at`: in milliseconds since 1970; `is_utf8`: whether SMTPUTF8 was asked for.
    pub fn of(message: &[u8], received_at: i64, is_utf8: bool) -> Self {
        let count =
            |name: &str| headers::fields(message).filter(|field| headers::is_named(field, name)).count();
        let mut form = Self {
            has_duplicates: ["Subject", "To", "From"].iter().any(|name| count(name) > 1),
            ..Self::default()
        };
        for field in headers::fields(message) {
            if headers::is_named(field, "Subject") {
                let is_text = is_utf8 && std::str::from_utf8(field).is_ok();
                form.has_raw_subject |= !field.is_ascii() && !is_text;
            } else if headers::is_named(field, "Date") {
                let text = String::from_utf8_lossy(field);
                let sent = text.split_once(':').and_then(|(_, value)| date::read(value.trim()));
                form.is_date_off |= sent.is_some_and(|sent| sent.abs_diff(received_at / 1_000) > TOLERANCE);
            }
        }
        form
    }

    /// Why a recipient's settings refuse it.
    pub fn objection(&self, settings: &Settings) -> Option<Reason> {
        let max_parts = usize::try_from(settings.get(&rules::MAX_PARTS)).unwrap_or(0);
        if max_parts > 0 && self.parts > max_parts {
            Some(Reason::TooManyParts)
        } else if self.has_duplicates && settings.get(&rules::CHECK_DUPLICATE_FIELDS) {
            Some(Reason::NotFormed)
        } else if self.has_raw_subject && settings.get(&rules::CHECK_SUBJECT) {
            Some(Reason::SubjectCharacters)
        } else {
            (self.is_date_off && settings.get(&rules::CHECK_DATE)).then_some(Reason::WrongDate)
        }
    }
}
