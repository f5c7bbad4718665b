//! What a reseller's people see instead of our name: their product's name, colour, logo and help.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    permission::Permission,
};
use serde::{Deserialize, Serialize};

/// The most bytes of a logo.
pub const LARGEST_LOGO: usize = 200 * 1024;

/// The brand that somebody sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Brand {
    /// The name of the product.
    pub product_name: String,
    /// The colour of buttons, as `#rrggbb`.
    pub accent: String,
    /// Where to ask for help; absent: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<String>,
    /// The path of the logo; absent: our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

/// A logo that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Logo {
    /// Its path.
    pub path: String,
}

/// The brand: of one's reseller when signed in, else of the host name that was asked, else the installation's.
pub static GET_BRAND: Endpoint<(), (), Brand> =
    Endpoint::new("get_brand", Method::Get, "/api/v1/branding", Access::Public);
/// A logo. Its name changes with its content.
pub static GET_LOGO: Endpoint<(), (), ()> =
    Endpoint::new("get_logo", Method::Get, "/api/v1/branding/logos/{logo}", Access::Public);
/// Sets the installation's logo: a PNG, JPEG or WebP image of at most 200 KiB.
pub static SET_GLOBAL_LOGO: Endpoint<(), (), Logo> = Endpoint::new(
    "set_global_logo",
    Method::Put,
    "/api/v1/settings/logo",
    Access::Needs(Permission::DefaultSettingsEdit),
);
/// Removes the installation's logo.
pub static REMOVE_GLOBAL_LOGO: Endpoint<(), (), ()> = Endpoint::new(
    "remove_global_logo",
    Method::Delete,
    "/api/v1/settings/logo",
    Access::Needs(Permission::DefaultSettingsEdit),
);
/// Sets a reseller's logo: a PNG, JPEG or WebP image of at most 200 KiB.
pub static SET_RESELLER_LOGO: Endpoint<(), (), Logo> = Endpoint::new(
    "set_reseller_logo",
    Method::Put,
    "/api/v1/resellers/{reseller}/logo",
    Access::Needs(Permission::BrandingEdit),
);
/// Removes a reseller's logo.
pub static REMOVE_RESELLER_LOGO: Endpoint<(), (), ()> = Endpoint::new(
    "remove_reseller_logo",
    Method::Delete,
    "/api/v1/resellers/{reseller}/logo",
    Access::Needs(Permission::BrandingEdit),
);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &GET_BRAND.operation,
    &GET_LOGO.operation,
    &SET_GLOBAL_LOGO.operation,
    &REMOVE_GLOBAL_LOGO.operation,
    &SET_RESELLER_LOGO.operation,
    &REMOVE_RESELLER_LOGO.operation,
];
