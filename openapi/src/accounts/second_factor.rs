//! The second factor: codes of an app (TOTP, RFC 6238), recovery codes, and which roles must have it (ACC-02).

use crate::{
    endpoint::{Access, Endpoint, Method},
    ids::Timestamp,
    page::Page,
    permission::{Permission, Role},
};
use serde::{Deserialize, Serialize};

/// One's own second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SecondFactor {
    /// Whether signing in asks for a code.
    pub is_active: bool,
    /// Whether the role must have one.
    pub is_required: bool,
    /// Since when it is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_since: Option<Timestamp>,
    /// How many recovery codes are not used yet.
    pub recovery_codes_left: u32,
    /// How many devices sign in without a code.
    pub trusted_devices: u32,
}

/// A second factor to be set up: shown once, and asked for only after a first code proved it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewSecondFactor {
    /// The secret in base 32, to be typed into an app.
    pub secret: String,
    /// The same as an `otpauth://` address.
    pub uri: String,
    /// The address as a QR code: a PNG image in base 64.
    pub qr_png: String,
}

/// The first code of the app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FirstCode {
    /// Six digits.
    pub totp: String,
}

/// Codes for when the app is lost: each signs in once. Shown once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// Ten codes.
    pub codes: Vec<String>,
}

/// Whether a role must have a second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SecondFactorRule {
    /// The role.
    pub role: Role,
    /// Whether its people must have one: whoever has none sets it up when signing in, before anything else.
    pub is_required: bool,
}

/// The rule of a role as it is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SecondFactorRuleChange {
    /// Whether its people must have one.
    pub is_required: bool,
}

/// One's own second factor.
pub static GET_SECOND_FACTOR: Endpoint<(), (), SecondFactor> =
    Endpoint::new("get_second_factor", Method::Get, "/api/v1/me/second-factor", Access::SignedIn);
/// Makes a secret for an app. Nothing is asked for until a first code activates it.
pub static ADD_SECOND_FACTOR: Endpoint<(), (), NewSecondFactor> =
    Endpoint::new("add_second_factor", Method::Post, "/api/v1/me/second-factor", Access::SignedIn);
/// Activates it by a first code; gives ten recovery codes.
pub static ACTIVATE_SECOND_FACTOR: Endpoint<(), FirstCode, RecoveryCodes> = Endpoint::new(
    "activate_second_factor",
    Method::Post,
    "/api/v1/me/second-factor/activate",
    Access::SignedIn,
);
/// Gives ten new recovery codes; the others are worth nothing any more.
pub static ADD_RECOVERY_CODES: Endpoint<(), (), RecoveryCodes> = Endpoint::new(
    "add_recovery_codes",
    Method::Post,
    "/api/v1/me/second-factor/recovery-codes",
    Access::SignedIn,
);
/// Signing in asks for no code any more. Needs the password and a code.
pub static REMOVE_SECOND_FACTOR: Endpoint<(), super::Confirmation, ()> =
    Endpoint::new("remove_second_factor", Method::Post, "/api/v1/me/second-factor/remove", Access::SignedIn);
/// Every device asks for a code again.
pub static FORGET_DEVICES: Endpoint<(), (), ()> =
    Endpoint::new("forget_devices", Method::Delete, "/api/v1/me/second-factor/devices", Access::SignedIn);
/// Which roles must have a second factor.
pub static LIST_SECOND_FACTOR_RULES: Endpoint<(), (), Page<SecondFactorRule>> = Endpoint::new(
    "list_second_factor_rules",
    Method::Get,
    "/api/v1/second-factor-rules",
    Access::Needs(Permission::PermissionsView),
);
/// Says whether a role must have a second factor.
pub static SET_SECOND_FACTOR_RULE: Endpoint<(), SecondFactorRuleChange, SecondFactorRule> = Endpoint::new(
    "set_second_factor_rule",
    Method::Put,
    "/api/v1/second-factor-rules/{role}",
    Access::Needs(Permission::PermissionsEdit),
);
