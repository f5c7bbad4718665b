//! API tokens: how programs sign in (P21). A token never may more than its owner.

use crate::{
    accounts::merge_patch,
    endpoint::{Access, Endpoint, Method, Operation},
    ids::{Timestamp, TokenId},
    page::Page,
    permission::Permission,
};
use serde::{Deserialize, Serialize};

/// A token of one's own. The secret itself is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApiToken {
    /// Its id.
    pub id: TokenId,
    /// Its name for people.
    pub name: String,
    /// The last four letters of the secret, to know it again.
    pub hint: String,
    /// What it may do, as far as its owner may.
    pub scopes: Vec<Permission>,
    /// The only domain it reaches; absent: all that its owner reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The only networks it is taken from, such as `192.0.2.0/24`; empty: any.
    pub networks: Vec<String>,
    /// When it ends; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to a minute; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// From which address it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_ip: Option<String>,
}

/// A token to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApiToken {
    /// Its name for people: up to 100 characters.
    pub name: String,
    /// What it may do: one permission at least, and only what one has oneself.
    pub scopes: Vec<Permission>,
    /// The only domain it is to reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The only networks it is to be taken from: up to 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// When it is to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A change of a token: JSON Merge Patch, so an absent field stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApiTokenChange {
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Permission>>,
    /// The only networks it is taken from; empty: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<String>>,
    /// When it ends; `null` for never.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "merge_patch")]
    pub expires_at: Option<Option<Timestamp>>,
}

/// A token with its secret, which is shown only now.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApiTokenSecret {
    /// The token.
    pub token: ApiToken,
    /// What programs send: `Authorization: Bearer gp_live_…`.
    pub secret: String,
}

/// Which of one's own tokens to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct ApiTokenQuery {
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

const NEEDED: Access = Access::Needs(Permission::ApiTokensEdit);

/// One's own tokens, the latest first.
pub static LIST_API_TOKENS: Endpoint<ApiTokenQuery, (), Page<ApiToken>> =
    Endpoint::new("list_api_tokens", Method::Get, "/api/v1/api-tokens", NEEDED);
/// Makes a token.
pub static ADD_API_TOKEN: Endpoint<(), NewApiToken, ApiTokenSecret> =
    Endpoint::new("add_api_token", Method::Post, "/api/v1/api-tokens", NEEDED);
/// One token.
pub static GET_API_TOKEN: Endpoint<(), (), ApiToken> =
    Endpoint::new("get_api_token", Method::Get, "/api/v1/api-tokens/{token}", NEEDED);
/// Changes a token.
pub static CHANGE_API_TOKEN: Endpoint<(), ApiTokenChange, ApiToken> =
    Endpoint::new("change_api_token", Method::Patch, "/api/v1/api-tokens/{token}", NEEDED);
/// Gives a token a new secret; the old one is worth nothing any more.
pub static ROTATE_API_TOKEN: Endpoint<(), (), ApiTokenSecret> =
    Endpoint::new("rotate_api_token", Method::Post, "/api/v1/api-tokens/{token}/rotate", NEEDED);
/// Ends a token.
pub static REMOVE_API_TOKEN: Endpoint<(), (), ()> =
    Endpoint::new("remove_api_token", Method::Delete, "/api/v1/api-tokens/{token}", NEEDED);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &LIST_API_TOKENS.operation,
    &ADD_API_TOKEN.operation,
    &GET_API_TOKEN.operation,
    &CHANGE_API_TOKEN.operation,
    &ROTATE_API_TOKEN.operation,
    &REMOVE_API_TOKEN.operation,
];
