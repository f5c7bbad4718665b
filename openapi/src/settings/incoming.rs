//! Section: how incoming mail is judged and what becomes of it (FIL-01 … FIL-17).

use super::{AnySetting, Choice, Level, Setting, Text};
use crate::permission::Permission;
use std::borrow::Cow;

const EVERYWHERE: &[Level] = &Level::ALL;
const DOWN_TO_DOMAINS: &[Level] = &[Level::Global, Level::Reseller, Level::Domain];

/// Whether spam is held; off, it is delivered (FIL-02, FIL-03, FIL-04).
pub static QUARANTINE_ENABLED: Setting<bool> = Setting {
    key: "incoming.quarantine_enabled",
    default: true,
    limits: (),
    editable_at: EVERYWHERE,
    permission: Permission::FilterSettingsEdit,
};

/// From this score on a message is spam (FIL-05, FIL-06).
pub static QUARANTINE_THRESHOLD: Setting<f64> = Setting {
    key: "incoming.quarantine_threshold",
    default: 0.90,
    limits: 0.0..=1.0,
    editable_at: EVERYWHERE,
    permission: Permission::FilterSettingsEdit,
};

/// From this score on a message is unsure; below the quarantine threshold (FIL-07).
pub static UNSURE_THRESHOLD: Setting<f64> = Setting {
    key: "incoming.unsure_threshold",
    default: 0.10,
    limits: 0.0..=1.0,
    editable_at: EVERYWHERE,
    permission: Permission::FilterSettingsEdit,
};

/// What the subject of unsure mail begins with; empty for nothing (FIL-08, C13).
pub static UNSURE_NOTATION: Setting<Text> = Setting {
    key: "incoming.unsure_notation",
    default: Text(Cow::Borrowed("")),
    limits: 40,
    editable_at: EVERYWHERE,
    permission: Permission::FilterSettingsEdit,
};

/// What the subject of spam begins with that is delivered because nothing is held (FIL-09, C13).
pub static SPAM_NOTATION: Setting<Text> = Setting {
    key: "incoming.spam_notation",
    default: Text(Cow::Borrowed("")),
    limits: 40,
    editable_at: EVERYWHERE,
    permission: Permission::FilterSettingsEdit,
};

/// How many days held messages are kept (FIL-12, QUA-02, C1).
pub static QUARANTINE_DAYS: Setting<i32> = Setting {
    key: "incoming.quarantine_days",
    default: 28,
    limits: 1..=90,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// What the sending server hears when a message is held: a rejection, or an acceptance (FIL-15).
pub static QUARANTINE_RESPONSE: Setting<Choice> = Setting {
    key: "incoming.quarantine_response",
    default: REJECT,
    limits: &["reject", "accept"],
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// [`QUARANTINE_RESPONSE`]: held mail is answered with 550.
pub const REJECT: Choice = Choice("reject");
/// [`QUARANTINE_RESPONSE`]: held mail is answered with 250.
pub const ACCEPT: Choice = Choice("accept");

/// Whether releasing a message also teaches that it was not spam; never for viruses (C15).
pub static RELEASE_TRAINS: Setting<bool> = Setting {
    key: "incoming.release_trains",
    default: true,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether a failing SPF check counts for nothing (FIL-13).
pub static SKIP_SPF_CHECK: Setting<bool> = Setting {
    key: "incoming.skip_spf_check",
    default: false,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether lines of more than 998 octets are accepted (FIL-14, RFC 5322 §2.1.1).
pub static SKIP_LINE_LENGTH_CHECK: Setting<bool> = Setting {
    key: "incoming.skip_line_length_check",
    default: false,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// What becomes of mail that fails DMARC: what the domain of its From header asks for, or less.
pub static DMARC_HANDLING: Setting<Choice> = Setting {
    key: "incoming.dmarc_handling",
    default: OBEY,
    limits: &["obey", "hold", "weigh"],
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// [`DMARC_HANDLING`]: refused or held, as the domain asks.
pub const OBEY: Choice = Choice("obey");
/// [`DMARC_HANDLING`]: held where the domain asks to refuse.
pub const HOLD: Choice = Choice("hold");
/// [`DMARC_HANDLING`]: it moves the score and decides nothing.
pub const WEIGH: Choice = Choice("weigh");

/// Domains that are believed when they say by ARC that DMARC held before they passed a message on, separated by
/// spaces (RFC 8617 §7.2.1).
pub static TRUSTED_ARC_SEALERS: Setting<Text> = Setting {
    key: "incoming.trusted_arc_sealers",
    default: Text(Cow::Borrowed("")),
    limits: 1_000,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

pub(super) static SECTION: &[&dyn AnySetting] = &[
    &UNSURE_THRESHOLD,
    &QUARANTINE_THRESHOLD,
    &QUARANTINE_ENABLED,
    &QUARANTINE_RESPONSE,
    &QUARANTINE_DAYS,
    &RELEASE_TRAINS,
    &UNSURE_NOTATION,
    &SPAM_NOTATION,
    &SKIP_SPF_CHECK,
    &SKIP_LINE_LENGTH_CHECK,
    &DMARC_HANDLING,
    &TRUSTED_ARC_SEALERS,
];
