//! Settings at every level.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    permission::Permission,
    settings::resolve::SettingValue,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The settings in force at one level, by key, each with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SettingValues {
    /// Every setting that can be set at this level, by key.
    pub settings: BTreeMap<String, SettingValue>,
}

/// A change of settings, by key: JSON Merge Patch, so `null` returns to inheritance and an absent one stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct SettingsChange {
    /// The values by key.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub settings: BTreeMap<String, Value>,
}

/// The defaults of every domain.
pub static GET_GLOBAL_SETTINGS: Endpoint<(), (), SettingValues> = Endpoint::new(
    "get_global_settings",
    Method::Get,
    "/api/v1/settings",
    Access::Needs(Permission::DefaultSettingsEdit),
);
/// Changes the defaults of every domain.
pub static CHANGE_GLOBAL_SETTINGS: Endpoint<(), SettingsChange, SettingValues> = Endpoint::new(
    "change_global_settings",
    Method::Patch,
    "/api/v1/settings",
    Access::Needs(Permission::DefaultSettingsEdit),
);
/// The defaults of a reseller's domains.
pub static GET_RESELLER_SETTINGS: Endpoint<(), (), SettingValues> = Endpoint::new(
    "get_reseller_settings",
    Method::Get,
    "/api/v1/resellers/{reseller}/settings",
    Access::Needs(Permission::ResellersView),
);
/// Changes the defaults of a reseller's domains.
pub static CHANGE_RESELLER_SETTINGS: Endpoint<(), SettingsChange, SettingValues> = Endpoint::new(
    "change_reseller_settings",
    Method::Patch,
    "/api/v1/resellers/{reseller}/settings",
    Access::Needs(Permission::ResellersView),
);
/// The settings of a domain.
pub static GET_DOMAIN_SETTINGS: Endpoint<(), (), SettingValues> = Endpoint::new(
    "get_domain_settings",
    Method::Get,
    "/api/v1/domains/{domain}/settings",
    Access::Needs(Permission::DomainSettingsView),
);
/// Changes the settings of a domain. Each setting also asks for its own permission.
pub static CHANGE_DOMAIN_SETTINGS: Endpoint<(), SettingsChange, SettingValues> = Endpoint::new(
    "change_domain_settings",
    Method::Patch,
    "/api/v1/domains/{domain}/settings",
    Access::Needs(Permission::DomainSettingsView),
);
/// Returns one setting of a domain to inheritance.
pub static RESET_DOMAIN_SETTING: Endpoint<(), (), SettingValues> = Endpoint::new(
    "reset_domain_setting",
    Method::Delete,
    "/api/v1/domains/{domain}/settings/{key}",
    Access::Needs(Permission::DomainSettingsView),
);
/// The settings of a mailbox.
pub static GET_MAILBOX_SETTINGS: Endpoint<(), (), SettingValues> = Endpoint::new(
    "get_mailbox_settings",
    Method::Get,
    "/api/v1/mailboxes/{address}/settings",
    Access::Needs(Permission::FilterSettingsView),
);
/// Changes the settings of a mailbox.
pub static CHANGE_MAILBOX_SETTINGS: Endpoint<(), SettingsChange, SettingValues> = Endpoint::new(
    "change_mailbox_settings",
    Method::Patch,
    "/api/v1/mailboxes/{address}/settings",
    Access::Needs(Permission::FilterSettingsEdit),
);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &GET_GLOBAL_SETTINGS.operation,
    &CHANGE_GLOBAL_SETTINGS.operation,
    &GET_RESELLER_SETTINGS.operation,
    &CHANGE_RESELLER_SETTINGS.operation,
    &GET_DOMAIN_SETTINGS.operation,
    &CHANGE_DOMAIN_SETTINGS.operation,
    &RESET_DOMAIN_SETTING.operation,
    &GET_MAILBOX_SETTINGS.operation,
    &CHANGE_MAILBOX_SETTINGS.operation,
];
