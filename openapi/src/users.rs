//! People who can sign in, of every role (USR).

use crate::{
    accounts::merge_patch,
    endpoint::{Access, Endpoint, Method, Operation},
    ids::{Timestamp, UserId},
    page::Page,
    permission::{Permission, Role},
    problem::ErrorCode,
};
use serde::{Deserialize, Serialize};

/// A user. Never with a password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The name to sign in with, lower-cased; for email users their address.
    pub username: String,
    /// The role.
    pub role: Role,
    /// The reseller it belongs to; users of domains belong to their domain's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// The domain it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Where it is written to; email users are at their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether it may sign in (USR-08).
    pub is_active: bool,
    /// The latest sign-in; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A user to be added, or to be as this says. Repeating it changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The role; a user keeps it for ever.
    pub role: Role,
    /// The reseller; for resellers alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// The domain; for domain users, and for email users that of their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The name for people: up to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Where it is written to; not for email users, who are at their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The password, by the rules of the role (C10). Needed for a new user; a known one keeps its own without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether it may sign in; yes if not said.
    #[serde(default = "yes")]
    pub is_active: bool,
}

const fn yes() -> bool {
    true
}

/// A change of a user: JSON Merge Patch, so an absent field stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// The name for people; `null` for none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "merge_patch")]
    pub display_name: Option<Option<String>>,
    /// Where it is written to; `null` for nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "merge_patch")]
    pub email: Option<Option<String>>,
    /// A new password; the user's sessions end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether it may sign in; a user that may not is signed out at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

/// What to look for in the list of users.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct UserQuery {
    /// Part of the user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Roles, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Only the users of this domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Only this reseller's people, its domains' not among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// Only those who may sign in, or only those who may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// `username` or `created_at`, with `-` before it for the other direction; `username` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
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

/// What to do with several users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UserAction {
    /// They may sign in.
    Activate,
    /// They may not, and are signed out.
    Deactivate,
    /// They are removed.
    Remove,
}

/// Several users, and what to do with them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UserSelection {
    /// What to do.
    pub action: UserAction,
    /// Their names: 1–10,000.
    pub usernames: Vec<String>,
}

/// What became of each of several users.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UserResults {
    /// In the order of the request.
    pub results: Vec<UserResult>,
}

/// What became of one user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UserResult {
    /// The name.
    pub username: String,
    /// Why nothing was done; absent: it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
}

/// What seeing users of a role takes.
pub const fn view_permission(role: Role) -> Permission {
    match role {
        Role::Administrator | Role::Guest => Permission::AdministratorsEdit,
        Role::Reseller => Permission::ResellersView,
        Role::Domain => Permission::DomainUsersView,
        Role::Email => Permission::EmailUsersView,
    }
}

/// What adding, changing and removing users of a role takes.
pub const fn edit_permission(role: Role) -> Permission {
    match role {
        Role::Administrator | Role::Guest => Permission::AdministratorsEdit,
        Role::Reseller => Permission::ResellersEdit,
        Role::Domain => Permission::DomainUsersEdit,
        Role::Email => Permission::EmailUsersEdit,
    }
}

/// The users in reach (USR-07): those of the roles that the caller may see.
pub static LIST_USERS: Endpoint<UserQuery, (), Page<User>> =
    Endpoint::new("list_users", Method::Get, "/api/v1/users", Access::Needs(Permission::EmailUsersView));
/// Does the same with several users.
pub static ACT_ON_USERS: Endpoint<(), UserSelection, UserResults> = Endpoint::new(
    "act_on_users",
    Method::Post,
    "/api/v1/users/bulk",
    Access::Needs(Permission::EmailUsersEdit),
);
/// Adds a user, or makes it as given (USR-02 … USR-04).
pub static PUT_USER: Endpoint<(), NewUser, User> = Endpoint::new(
    "put_user",
    Method::Put,
    "/api/v1/users/{username}",
    Access::Needs(Permission::EmailUsersEdit),
);
/// One user.
pub static GET_USER: Endpoint<(), (), User> = Endpoint::new(
    "get_user",
    Method::Get,
    "/api/v1/users/{username}",
    Access::Needs(Permission::EmailUsersView),
);
/// Changes a user (USR-08).
pub static CHANGE_USER: Endpoint<(), UserChange, User> = Endpoint::new(
    "change_user",
    Method::Patch,
    "/api/v1/users/{username}",
    Access::Needs(Permission::EmailUsersEdit),
);
/// Removes a user.
pub static REMOVE_USER: Endpoint<(), (), ()> = Endpoint::new(
    "remove_user",
    Method::Delete,
    "/api/v1/users/{username}",
    Access::Needs(Permission::EmailUsersEdit),
);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &LIST_USERS.operation,
    &ACT_ON_USERS.operation,
    &PUT_USER.operation,
    &GET_USER.operation,
    &CHANGE_USER.operation,
    &REMOVE_USER.operation,
];
