//! Resellers: who owns domains.

use crate::{
    endpoint::{Access, Endpoint, Method},
    ids::Timestamp,
    page::Page,
    permission::Permission,
};
use serde::{Deserialize, Serialize};

/// A reseller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reseller {
    /// Its name in addresses: lower-case letters, digits and hyphens.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The reseller that it works for, if it is a sub-reseller.
    pub parent: Option<String>,
    /// How many domains it has, those of its sub-resellers included.
    pub domains: u64,
    /// How many it may have together with its sub-resellers; 0 for any number.
    pub domain_limit: u32,
    /// Whether it is suspended with its domains: nobody of it can sign in, and its mail is asked to come later.
    pub is_suspended: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A reseller to be added, or to be as this says. Repeating it changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReseller {
    /// Its name for people: up to 200 characters.
    pub name: String,
    /// How many domains it may have; 0, if not said, for any number.
    #[serde(default)]
    pub domain_limit: u32,
    /// The reseller that it works for. It stays as it was when the reseller was added; resellers add only those that
    /// work for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// A change of a reseller: JSON Merge Patch, so an absent field stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResellerChange {
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many domains it may have; 0 for any number. Fewer than it has keeps those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_limit: Option<u32>,
    /// Whether it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_suspended: Option<bool>,
}

/// How a reseller is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct RemovalQuery {
    /// Whether its domains and sub-resellers go with it; without, a reseller that has any stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_domains: Option<bool>,
}

/// What to look for in the list of resellers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct ResellerQuery {
    /// Part of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only those who work for this reseller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether to count the entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<bool>,
}

/// The resellers in reach.
pub static LIST_RESELLERS: Endpoint<ResellerQuery, (), Page<Reseller>> = Endpoint::new(
    "list_resellers",
    Method::Get,
    "/api/v1/resellers",
    Access::Needs(Permission::ResellersView),
);
/// One reseller.
pub static GET_RESELLER: Endpoint<(), (), Reseller> = Endpoint::new(
    "get_reseller",
    Method::Get,
    "/api/v1/resellers/{reseller}",
    Access::Needs(Permission::ResellersView),
);
/// Adds a reseller, or makes it as given.
pub static PUT_RESELLER: Endpoint<(), NewReseller, Reseller> = Endpoint::new(
    "put_reseller",
    Method::Put,
    "/api/v1/resellers/{reseller}",
    Access::Needs(Permission::ResellersEdit),
);
/// Changes a reseller; suspends it, lets it go on.
pub static CHANGE_RESELLER: Endpoint<(), ResellerChange, Reseller> = Endpoint::new(
    "change_reseller",
    Method::Patch,
    "/api/v1/resellers/{reseller}",
    Access::Needs(Permission::ResellersEdit),
);
/// Removes a reseller with its users and settings.
pub static REMOVE_RESELLER: Endpoint<RemovalQuery, (), ()> = Endpoint::new(
    "remove_reseller",
    Method::Delete,
    "/api/v1/resellers/{reseller}",
    Access::Needs(Permission::ResellersEdit),
);
