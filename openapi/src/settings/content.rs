//! Section: what a message may carry (ATT-01 … ATT-05, X-20, X-21) and the scan for viruses (C3, QUA-24).

use super::{AnySetting, Choice, Level, Setting, Text};
use crate::permission::Permission;
use std::borrow::Cow;

const DOWN_TO_DOMAINS: &[Level] = &[Level::Global, Level::Reseller, Level::Domain];

/// Endings of files that are held, separated by spaces, with or without dots (ATT-01 … ATT-04). Counts by the name, by
/// what the file really is, and inside archives.
pub static BLOCKED_EXTENSIONS: Setting<Text> = Setting {
    key: "content.blocked_extensions",
    default: Text(Cow::Borrowed("bat btm cmd com cpl dll exe lnk msi pif prf reg scr url vbs")),
    limits: 2_000,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether programs and scripts inside archives are held, whatever the list says.
pub static BLOCK_HIDDEN_PROGRAMS: Setting<bool> = Setting {
    key: "content.block_hidden_programs",
    default: true,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether archives and documents that open only with a password are held.
pub static BLOCK_ENCRYPTED: Setting<bool> = Setting {
    key: "content.block_encrypted",
    default: false,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether documents with macros are held.
pub static BLOCK_MACROS: Setting<bool> = Setting {
    key: "content.block_macros",
    default: false,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether what is seldom wanted is held: disk images, help files, shortcuts, and what the virus scanner calls
/// potentially unwanted.
pub static BLOCK_UNWANTED: Setting<bool> = Setting {
    key: "content.block_unwanted",
    default: false,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether mail from or to an allow list is still scanned for viruses (C3).
pub static SCAN_ALLOWED_MAIL: Setting<bool> = Setting {
    key: "content.scan_allowed_mail_for_viruses",
    default: false,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// What becomes of mail while the virus scanner does not answer.
pub static SCANNER_AWAY: Setting<Choice> = Setting {
    key: "content.scanner_away",
    default: DEFER,
    limits: &["defer", "pass"],
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// [`SCANNER_AWAY`]: the sender tries again later.
pub const DEFER: Choice = Choice("defer");
/// [`SCANNER_AWAY`]: it goes on unscanned, and the log says so.
pub const PASS: Choice = Choice("pass");

pub(super) static SECTION: &[&dyn AnySetting] = &[
    &BLOCKED_EXTENSIONS,
    &BLOCK_HIDDEN_PROGRAMS,
    &BLOCK_ENCRYPTED,
    &BLOCK_MACROS,
    &BLOCK_UNWANTED,
    &SCANNER_AWAY,
    &SCAN_ALLOWED_MAIL,
];
