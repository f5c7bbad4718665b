//! Sessions, the signed-in user, resellers.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    ids::{Timestamp, UserId},
    language::Language,
    page::Page,
    permission::{Permission, Role},
};
use serde::{Deserialize, Serialize};

/// What a person signs in with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// The user name; for email users their address.
    pub username: String,
    /// The password.
    pub password: String,
    /// The six digits of the second factor, where it is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<String>,
}

/// A fresh session, or a refreshed one. The refresh token travels in an HttpOnly cookie.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Session {
    /// The bearer token of the following requests.
    pub access_token: String,
    /// How many seconds it is valid.
    pub expires_in: u32,
    /// Who signed in.
    pub me: Me,
}

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

/// Tells `null` from absent in a merge patch (RFC 7396).
pub mod merge_patch {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the inner value, or `null`.
    pub fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Option<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(serializer)
    }

    /// Reads a present value, `null` included.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// Signs in.
pub static CREATE_SESSION: Endpoint<(), NewSession, Session> =
    Endpoint::new("create_session", Method::Post, "/api/v1/sessions", Access::Public);
/// Gets a fresh access token for the refresh cookie, which is replaced.
pub static REFRESH_SESSION: Endpoint<(), (), Session> =
    Endpoint::new("refresh_session", Method::Post, "/api/v1/sessions/refresh", Access::Public);
/// Signs out: ends the session of the refresh cookie.
pub static END_SESSION: Endpoint<(), (), ()> =
    Endpoint::new("end_session", Method::Delete, "/api/v1/sessions/current", Access::Public);
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
/// The resellers in reach.
pub static LIST_RESELLERS: Endpoint<ResellerQuery, (), Page<Reseller>> = Endpoint::new(
    "list_resellers",
    Method::Get,
    "/api/v1/resellers",
    Access::Needs(Permission::ResellersView),
);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &CREATE_SESSION.operation,
    &REFRESH_SESSION.operation,
    &END_SESSION.operation,
    &GET_ME.operation,
    &CHANGE_ME.operation,
    &CHANGE_PASSWORD.operation,
    &LIST_RESELLERS.operation,
];
