//! Section: how large mail may be, in both directions (SIZ-01 … SIZ-05, C4).

use super::{AnySetting, Level, Setting};
use crate::permission::Permission;

const DOWN_TO_DOMAINS: &[Level] = &[Level::Global, Level::Reseller, Level::Domain];

/// Megabytes (of 1,048,576 octets) that a message may have; 0 for no limit of the domain's own (SIZ-02).
pub static LIMIT_MB: Setting<i32> = Setting {
    key: "size.limit_mb",
    default: 0,
    limits: 0..=1_024,
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

/// Whether what is larger is held; off, it is refused and not stored (SIZ-03).
pub static QUARANTINE_OVERSIZED: Setting<bool> = Setting {
    key: "size.quarantine_oversized",
    default: true,
    limits: (),
    editable_at: DOWN_TO_DOMAINS,
    permission: Permission::FilterSettingsEdit,
};

pub(super) static SECTION: &[&dyn AnySetting] = &[&LIMIT_MB, &QUARANTINE_OVERSIZED];
