//! Who signs in: sessions, the signed-in user, resellers.

mod me;
pub mod merge_patch;
mod resellers;
mod sessions;

use crate::endpoint::Operation;

pub use me::*;
pub use resellers::*;
pub use sessions::*;

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &CREATE_SESSION.operation,
    &REFRESH_SESSION.operation,
    &END_SESSION.operation,
    &CONFIRM_SESSION.operation,
    &LIST_SESSIONS.operation,
    &END_OTHER_SESSIONS.operation,
    &END_OWN_SESSION.operation,
    &LIST_LOGINS.operation,
    &GET_ME.operation,
    &CHANGE_ME.operation,
    &CHANGE_PASSWORD.operation,
    &LIST_RESELLERS.operation,
];
