//! Section: what a reseller's people see instead of our name.

use super::{AnySetting, Colour, EmailAddress, HeaderWord, HostName, Level, Link, Setting, Text};
use crate::permission::Permission;
use std::borrow::Cow;

const DOWN_TO_RESELLERS: &[Level] = &[Level::Global, Level::Reseller];

/// The name of the product in the panel and in mail.
pub static PRODUCT_NAME: Setting<Text> = Setting {
    key: "branding.product_name",
    default: Text(Cow::Borrowed("Gatepost")),
    limits: 40,
    editable_at: DOWN_TO_RESELLERS,
    permission: Permission::BrandingEdit,
};

/// The colour of buttons: white letters on it can be read.
pub static ACCENT: Setting<Colour> = Setting {
    key: "branding.accent",
    default: Colour(Cow::Borrowed("#2357d9")),
    limits: (),
    editable_at: DOWN_TO_RESELLERS,
    permission: Permission::BrandingEdit,
};

/// The host name under which the panel shows this brand before anybody has signed in; empty for none.
pub static HOST: Setting<HostName> = Setting {
    key: "branding.host",
    default: HostName(Cow::Borrowed("")),
    limits: (),
    editable_at: &[Level::Reseller],
    permission: Permission::BrandingEdit,
};

/// Where people ask for help: `https://…` or `mailto:…`; empty for nowhere.
pub static SUPPORT: Setting<Link> = Setting {
    key: "branding.support",
    default: Link(Cow::Borrowed("")),
    limits: (),
    editable_at: DOWN_TO_RESELLERS,
    permission: Permission::BrandingEdit,
};

/// From whom the panel's own mail comes; empty for the installation's sender.
pub static SENDER: Setting<EmailAddress> = Setting {
    key: "branding.sender",
    default: EmailAddress(Cow::Borrowed("")),
    limits: (),
    editable_at: DOWN_TO_RESELLERS,
    permission: Permission::BrandingEdit,
};

/// The word in the header fields of filtered mail: `X-<word>-Evidence`, `X-<word>-Class` (FIL-10).
pub static HEADER: Setting<HeaderWord> = Setting {
    key: "branding.header",
    default: HeaderWord(Cow::Borrowed("Gatepost")),
    limits: (),
    editable_at: DOWN_TO_RESELLERS,
    permission: Permission::BrandingEdit,
};

pub(super) static SECTION: &[&dyn AnySetting] = &[&PRODUCT_NAME, &ACCENT, &SUPPORT, &HOST, &SENDER, &HEADER];
