//! Settings at every level.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    page::Page,
    permission::Permission,
    settings::{Level, resolve::SettingValue},
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

/// How many have values of their own below a level: "84 domains use this value, 6 have their own".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SettingOverrides {
    /// How many domains there are below.
    pub domains: u64,
    /// By key; a setting that nobody below has set is absent.
    pub settings: BTreeMap<String, OverrideCounts>,
}

/// How many have a value of their own for one setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OverrideCounts {
    /// Resellers.
    pub resellers: u64,
    /// Domains.
    pub domains: u64,
    /// Mailboxes.
    pub mailboxes: u64,
}

/// Somebody below a level who has a value of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SettingOverride {
    /// The level of the value.
    pub level: Level,
    /// The reseller, the domain or the address that has it.
    pub name: String,
    /// The value.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub value: Value,
}

/// Which part of a list of own values is wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct OverrideQuery {
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
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
/// How many below the installation have values of their own, by setting.
pub static COUNT_GLOBAL_OVERRIDES: Endpoint<(), (), SettingOverrides> = Endpoint::new(
    "count_global_overrides",
    Method::Get,
    "/api/v1/settings/overrides",
    Access::Needs(Permission::DefaultSettingsEdit),
);
/// Who below the installation has a value of their own for a setting.
pub static LIST_GLOBAL_OVERRIDES: Endpoint<OverrideQuery, (), Page<SettingOverride>> = Endpoint::new(
    "list_global_overrides",
    Method::Get,
    "/api/v1/settings/overrides/{key}",
    Access::Needs(Permission::DefaultSettingsEdit),
);
/// How many below a reseller have values of their own, by setting.
pub static COUNT_RESELLER_OVERRIDES: Endpoint<(), (), SettingOverrides> = Endpoint::new(
    "count_reseller_overrides",
    Method::Get,
    "/api/v1/resellers/{reseller}/settings/overrides",
    Access::Needs(Permission::ResellersView),
);
/// Who below a reseller has a value of their own for a setting.
pub static LIST_RESELLER_OVERRIDES: Endpoint<OverrideQuery, (), Page<SettingOverride>> = Endpoint::new(
    "list_reseller_overrides",
    Method::Get,
    "/api/v1/resellers/{reseller}/settings/overrides/{key}",
    Access::Needs(Permission::ResellersView),
);
/// How many below a domain have values of their own, by setting.
pub static COUNT_DOMAIN_OVERRIDES: Endpoint<(), (), SettingOverrides> = Endpoint::new(
    "count_domain_overrides",
    Method::Get,
    "/api/v1/domains/{domain}/settings/overrides",
    Access::Needs(Permission::DomainSettingsView),
);
/// Who below a domain has a value of their own for a setting.
pub static LIST_DOMAIN_OVERRIDES: Endpoint<OverrideQuery, (), Page<SettingOverride>> = Endpoint::new(
    "list_domain_overrides",
    Method::Get,
    "/api/v1/domains/{domain}/settings/overrides/{key}",
    Access::Needs(Permission::DomainSettingsView),
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
    &COUNT_GLOBAL_OVERRIDES.operation,
    &LIST_GLOBAL_OVERRIDES.operation,
    &COUNT_RESELLER_OVERRIDES.operation,
    &LIST_RESELLER_OVERRIDES.operation,
    &COUNT_DOMAIN_OVERRIDES.operation,
    &LIST_DOMAIN_OVERRIDES.operation,
];
