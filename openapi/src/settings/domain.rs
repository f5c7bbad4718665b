//! Section: who a domain belongs to, whom it takes mail for, what it keeps and how long it tries (SET-02 … SET-11).

use super::{AnySetting, Choice, EmailAddress, Level, Setting, Text, TimeZone};
use crate::permission::Permission;
use std::borrow::Cow;

const DOWN_TO_DOMAINS: &[Level] = &[Level::Global, Level::Reseller, Level::Domain];

/// Who is written to about the domain; empty for nobody (SET-02).
pub static CONTACT: Setting<EmailAddress> = Setting {
    key: "domain.contact",
    default: EmailAddress(Cow::Borrowed("")),
    limits: (),
    editable_at: &[Level::Domain],
    permission: Permission::DomainSettingsEdit,
};

/// Who looks after the mail servers of the domain; empty for nobody (SET-08).
pub static ADMINISTRATOR_CONTACT: Setting<EmailAddress> = Setting {
    key: "domain.administrator_contact",
    default: EmailAddress(Cow::Borrowed("")),
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

/// From whom notices about the domain's mail come; empty for the installation's sender (SET-03).
pub static NOTIFICATION_SENDER: Setting<EmailAddress> = Setting {
    key: "domain.notification_sender",
    default: EmailAddress(Cow::Borrowed("")),
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

/// Characters that no local part of a recipient may have (SET-05).
pub static REJECTED_CHARACTERS: Setting<Text> = Setting {
    key: "domain.rejected_characters",
    default: Text(Cow::Borrowed("")),
    limits: 40,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

/// Whether mail to addresses that cannot be is in the log (SET-04).
pub static LOG_INVALID_RECIPIENTS: Setting<bool> = Setting {
    key: "domain.log_invalid_recipients",
    default: false,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

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

/// Bounces to the domain that are taken within an hour; 0 for no limit (SET-09).
pub static MAX_BOUNCES_PER_HOUR: Setting<i32> = Setting {
    key: "domain.max_bounces_per_hour",
    default: 0,
    limits: 0..=100_000,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

/// Whether the destination server is asked for a recipient before mail is taken (LOC-01, X-01 … X-03).
pub static RECIPIENT_CHECK: Setting<Choice> = Setting {
    key: "domain.recipient_check",
    default: ASK,
    limits: &["ask", "strict", "off"],
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::DomainSettingsEdit,
};

/// [`RECIPIENT_CHECK`]: asked; while no server answers, mail is taken and waits.
pub const ASK: Choice = Choice("ask");
/// [`RECIPIENT_CHECK`]: asked; while no server answers, only mail for recipients that are known is taken.
pub const STRICT: Choice = Choice("strict");
/// [`RECIPIENT_CHECK`]: not asked.
pub const OFF: Choice = Choice("off");

pub(super) static SECTION: &[&dyn AnySetting] = &[
    &CONTACT,
    &NOTIFICATION_SENDER,
    &RECIPIENT_CHECK,
    &LOG_INVALID_RECIPIENTS,
    &REJECTED_CHARACTERS,
    &TIME_ZONE,
    &ADMINISTRATOR_CONTACT,
    &LOG_DAYS,
    &RETRY_DAYS,
    &MAX_BOUNCES_PER_HOUR,
];
