//! Acting as one of one's users (USR-06): strictly downwards, for half an hour, with both names in the audit log.

use super::Session;
use crate::{
    endpoint::{Access, Endpoint, Method},
    permission::{Permission, Role},
};
use serde::{Deserialize, Serialize};

/// Who really acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ActingPerson {
    /// The user name.
    pub username: String,
    /// The role.
    pub role: Role,
}

/// Opens a session as a user of a narrower role, for half an hour. It takes the place of one's own session, which
/// stays open behind it.
pub static ACT_AS_USER: Endpoint<(), (), Session> = Endpoint::new(
    "act_as_user",
    Method::Post,
    "/api/v1/users/{username}/sessions",
    Access::Needs(Permission::LoginAs),
);
/// Ends acting: the answer is one's own session again.
pub static STOP_ACTING: Endpoint<(), (), Session> =
    Endpoint::new("stop_acting", Method::Delete, "/api/v1/sessions/acting", Access::SignedIn);
