//! Section: the form that mail and its senders must keep (X-06 … X-11), and block lists of other people's.

use super::{AnySetting, Level, Setting, Text};
use crate::permission::Permission;
use std::borrow::Cow;

const DOWN_TO_DOMAINS: &[Level] = &[Level::Global, Level::Reseller, Level::Domain];

/// Parts that a message may have; 0 for no limit.
pub static MAX_PARTS: Setting<i32> = Setting {
    key: "rules.max_parts",
    default: 100,
    limits: 0..=500,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether a Date more than 7 days away is refused; off, it only moves the score.
pub static CHECK_DATE: Setting<bool> = Setting {
    key: "rules.check_date",
    default: false,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether a second Subject, To or From is refused.
pub static CHECK_DUPLICATE_FIELDS: Setting<bool> = Setting {
    key: "rules.check_duplicate_fields",
    default: true,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether a subject with octets that no standard gives a meaning is refused.
pub static CHECK_SUBJECT: Setting<bool> = Setting {
    key: "rules.check_subject",
    default: true,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether a greeting that is no host name is refused.
pub static CHECK_GREETING: Setting<bool> = Setting {
    key: "rules.check_greeting",
    default: true,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// DNS block lists whose listed servers are refused: zones, separated by spaces; empty for none (RFC 5782).
pub static BLOCK_LISTS: Setting<Text> = Setting {
    key: "rules.block_lists",
    default: Text(Cow::Borrowed("")),
    limits: 500,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

pub(super) static SECTION: &[&dyn AnySetting] =
    &[&MAX_PARTS, &CHECK_DUPLICATE_FIELDS, &CHECK_SUBJECT, &CHECK_DATE, &CHECK_GREETING, &BLOCK_LISTS];
