//! What Gatepost's programs agree on: wire types, endpoints, permissions, settings and texts.
//!
//! | module | holds |
//! |---|---|
//! | [`ids`] | identifiers |
//! | [`endpoint`] | one typed line per operation of the API, and the list of them all |
//! | [`problem`], [`page`] | how errors and lists look |
//! | [`permission`] | the roles, the permissions and the matrix of both |
//! | [`settings`] | the settings catalogue and its inheritance |
//! | [`language`] | every text a person can read |
//! | [`accounts`], [`audit`], [`branding`], [`tokens`], [`domains`], [`filtering`], [`messages`], [`nodes`], [`events`], [`jobs`], [`users`] | wire types and endpoints of each area |
//!
//! No IO, no clock; builds for wasm32. `openapi/openapi.json` is its golden print.

pub mod accounts;
pub mod audit;
pub mod branding;
pub mod domains;
pub mod endpoint;
pub mod events;
pub mod filtering;
pub mod ids;
pub mod jobs;
pub mod language;
pub mod messages;
pub mod nodes;
pub mod page;
pub mod permission;
pub mod problem;
pub mod settings;
pub mod tokens;
pub mod users;

/// The version in every path of the API.
pub const API_VERSION: &str = "v1";
