//! Section: what a domain keeps and how long it tries.

use super::{AnySetting, Level, Setting, TimeZone};
use crate::permission::Permission;
use std::borrow::Cow;

const DOWN_TO_DOMAINS: &[Level] = &[Level::Global, Level::Reseller, Level::Domain];

/// The time zone of dates in the panel and in reports (SET-06, QUA-12).
pub static TIME_ZONE: Setting<TimeZone> = Setting {
    key: "domain.time_zone",
    default: TimeZone(Cow::Borrowed("UTC")),
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

/// How many days the log is kept (LOG-18, SET-10).
pub static LOG_DAYS: Setting<i32> = Setting {
    key: "domain.log_days",
    default: 28,
    limits: 1..=365,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

/// How many days delivery is tried before the sender gets a bounce (SET-11, C11).
pub static RETRY_DAYS: Setting<i32> = Setting {
    key: "domain.retry_days",
    default: 4,
    limits: 1..=30,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

pub(super) static SECTION: &[&dyn AnySetting] = &[&TIME_ZONE, &LOG_DAYS, &RETRY_DAYS];
