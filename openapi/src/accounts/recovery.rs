//! A new password by mail (ACC-03, PER-01).

use crate::endpoint::{Access, Endpoint, Method};
use serde::{Deserialize, Serialize};

/// Whether a link for a new password can be asked for at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RecoveryOffer {
    /// Mail can be sent, and some role may recover its password.
    pub is_offered: bool,
}

/// Who wants a link for a new password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryRequest {
    /// The user name.
    pub username: String,
}

/// The link's secret, and the new password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// What stands behind the `#` of the link.
    pub token: String,
    /// The new password, by the rules of the role (C10).
    pub password: String,
}

/// Whether a link for a new password can be asked for.
pub static GET_RECOVERY_OFFER: Endpoint<(), (), RecoveryOffer> =
    Endpoint::new("get_recovery_offer", Method::Get, "/api/v1/password-recoveries", Access::Public);
/// Sends a link for a new password, if there is such a user and their role may. The answer never tells.
pub static REQUEST_RECOVERY: Endpoint<(), RecoveryRequest, ()> =
    Endpoint::new("request_recovery", Method::Post, "/api/v1/password-recoveries", Access::Public);
/// Sets a new password by a link; every session ends.
pub static SET_RECOVERED_PASSWORD: Endpoint<(), NewPassword, ()> = Endpoint::new(
    "set_recovered_password",
    Method::Put,
    "/api/v1/password-recoveries/password",
    Access::Public,
);
