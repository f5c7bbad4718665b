//! Who signs in: sessions, the second factor, the signed-in user, resellers.

mod acting;
mod me;
pub mod merge_patch;
mod recovery;
mod resellers;
mod second_factor;
mod sessions;

use crate::endpoint::Operation;

pub use acting::*;
pub use me::*;
pub use recovery::*;
pub use resellers::*;
pub use second_factor::*;
pub use sessions::*;

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &CREATE_SESSION.operation,
    &REFRESH_SESSION.operation,
    &END_SESSION.operation,
    &CONFIRM_SESSION.operation,
    &ACT_AS_USER.operation,
    &STOP_ACTING.operation,
    &LIST_SESSIONS.operation,
    &END_OTHER_SESSIONS.operation,
    &END_OWN_SESSION.operation,
    &LIST_LOGINS.operation,
    &GET_RECOVERY_OFFER.operation,
    &REQUEST_RECOVERY.operation,
    &SET_RECOVERED_PASSWORD.operation,
    &GET_SECOND_FACTOR.operation,
    &ADD_SECOND_FACTOR.operation,
    &ACTIVATE_SECOND_FACTOR.operation,
    &ADD_RECOVERY_CODES.operation,
    &REMOVE_SECOND_FACTOR.operation,
    &FORGET_DEVICES.operation,
    &LIST_SECOND_FACTOR_RULES.operation,
    &SET_SECOND_FACTOR_RULE.operation,
    &GET_ME.operation,
    &CHANGE_ME.operation,
    &CHANGE_PASSWORD.operation,
    &LIST_RESELLERS.operation,
    &GET_RESELLER.operation,
    &PUT_RESELLER.operation,
    &CHANGE_RESELLER.operation,
    &REMOVE_RESELLER.operation,
];
