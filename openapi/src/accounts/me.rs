//! The signed-in user about themselves.

use super::{ActingPerson, merge_patch};
use crate::{
    endpoint::{Access, Endpoint, Method},
    ids::{Timestamp, UserId},
    language::Language,
    permission::{Permission, Role},
};
use serde::{Deserialize, Serialize};

/// The signed-in user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Me {
    /// The user's id.
    pub id: UserId,
    /// The user name.
    pub username: String,
    /// The role.
    pub role: Role,
    /// The reseller the user belongs to; administrators belong to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// The domain the user belongs to; only domain users and email users have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Where mail about the account goes; email users are at their user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the role must have a second factor and this user has none yet: until it is set up, nothing else is
    /// allowed.
    #[serde(default)]
    pub must_set_up_second_factor: bool,
    /// Who really acts, where it is not the user themselves (USR-06).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acted_by: Option<ActingPerson>,
    /// What the user may do.
    pub permissions: Vec<Permission>,
    /// The language of the panel; absent: the browser's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The colours of the panel.
    pub theme: Theme,
    /// The time zone of dates; absent: the domain's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The sign-in before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
}

/// The colours of the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A change of one's own account: JSON Merge Patch, so `null` clears a field and an absent one stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MeChange {
    /// The name for people; `null` for none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "merge_patch")]
    pub display_name: Option<Option<String>>,
    /// Where mail about the account goes; `null` for nowhere, and not for email users, who are at their user name. Needs a
    /// session that was just confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "merge_patch")]
    pub email: Option<Option<String>>,
    /// The language; `null` for the browser's.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "merge_patch")]
    pub language: Option<Option<Language>>,
    /// The colours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// The time zone; `null` for the domain's.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "merge_patch")]
    pub time_zone: Option<Option<String>>,
}

/// A change of one's own password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password so far.
    pub current: String,
    /// The new one, by the rules of the role (C10).
    pub new: String,
}

/// Who is signed in, and what they may do.
pub static GET_ME: Endpoint<(), (), Me> =
    Endpoint::new("get_me", Method::Get, "/api/v1/me", Access::SignedIn);
/// Changes one's own account.
pub static CHANGE_ME: Endpoint<(), MeChange, Me> =
    Endpoint::new("change_me", Method::Patch, "/api/v1/me", Access::Needs(Permission::AccountEdit));
/// Changes one's own password; other sessions end.
pub static CHANGE_PASSWORD: Endpoint<(), PasswordChange, ()> = Endpoint::new(
    "change_password",
    Method::Put,
    "/api/v1/me/password",
    Access::Needs(Permission::AccountEdit),
);
