//! Resellers: who owns domains.

use crate::{
    endpoint::{Access, Endpoint, Method},
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
    /// How many domains it has.
    pub domains: u64,
    /// How many it may have; 0 for any number.
    pub domain_limit: u32,
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
