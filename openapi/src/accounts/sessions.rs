//! Signing in and out, the sessions that are open, and the sign-ins so far.

use super::Me;
use crate::{
    endpoint::{Access, Endpoint, Method},
    ids::{SessionId, Timestamp},
    page::Page,
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
    /// The six digits of the second factor, where it is set up, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<String>,
    /// Whether this device is to sign in without a code for 30 days.
    #[serde(default)]
    pub trust_device: bool,
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

/// The password once more, before something that a stolen session must not do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The password.
    pub password: String,
    /// The six digits of the second factor, where it is set up, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<String>,
}

/// A session of one's own that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OpenSession {
    /// Its id.
    pub id: SessionId,
    /// The browser and the system, as far as they say so.
    pub device: String,
    /// The address it was opened from.
    pub ip: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last seen, to a quarter of an hour.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// A sign-in, or a try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Login {
    /// Its number: later ones are higher.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// The address it came from.
    pub ip: String,
    /// The browser and the system, as far as they say so.
    pub device: String,
    /// What became of it.
    pub outcome: LoginOutcome,
}

/// What became of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LoginOutcome {
    /// A session was opened.
    Succeeded,
    /// The password was wrong.
    WrongPassword,
    /// The password was right, but the account is switched off.
    Inactive,
    /// The password was right, and a code was needed.
    CodeMissing,
    /// The password was right, the code was wrong or used already.
    WrongCode,
    /// The password was right, but there were too many wrong codes before.
    Locked,
}

impl LoginOutcome {
    /// Every outcome.
    pub const ALL: [Self; 6] = [
        Self::Succeeded,
        Self::WrongPassword,
        Self::Inactive,
        Self::CodeMissing,
        Self::WrongCode,
        Self::Locked,
    ];

    /// Its name on the wire, in the database and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::WrongPassword => "wrong_password",
            Self::Inactive => "inactive",
            Self::CodeMissing => "code_missing",
            Self::WrongCode => "wrong_code",
            Self::Locked => "locked",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// Which of one's own sign-ins to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct LoginQuery {
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
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
/// Shows the password once more: the session is replaced by a fresh one that may do what is sensitive for ten minutes.
pub static CONFIRM_SESSION: Endpoint<(), Confirmation, Session> =
    Endpoint::new("confirm_session", Method::Post, "/api/v1/sessions/confirm", Access::SignedIn);
/// One's own open sessions, the latest first.
pub static LIST_SESSIONS: Endpoint<(), (), Page<OpenSession>> =
    Endpoint::new("list_sessions", Method::Get, "/api/v1/me/sessions", Access::SignedIn);
/// Ends every session of one's own but this one.
pub static END_OTHER_SESSIONS: Endpoint<(), (), ()> =
    Endpoint::new("end_other_sessions", Method::Delete, "/api/v1/me/sessions", Access::SignedIn);
/// Ends one session of one's own.
pub static END_OWN_SESSION: Endpoint<(), (), ()> =
    Endpoint::new("end_own_session", Method::Delete, "/api/v1/me/sessions/{session}", Access::SignedIn);
/// One's own sign-ins of the last 90 days, the latest first, also those that failed.
pub static LIST_LOGINS: Endpoint<LoginQuery, (), Page<Login>> =
    Endpoint::new("list_logins", Method::Get, "/api/v1/me/logins", Access::SignedIn);
