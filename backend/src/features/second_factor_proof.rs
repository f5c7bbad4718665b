//! Whether a sign-in shows its second factor: a code of the app, a recovery code, or a device that is trusted. A code
//! is good once; after five wrong ones nothing is taken for a while (P13). Call it inside [`crate::db::Db::change`],
//! which lets one try happen after another, and commit whatever it says.

use crate::{
    access::{seal::Seal, token, totp},
    db::{
        Conn,
        schema::{recovery_codes, second_factors, trusted_devices},
    },
    error::ApiResult,
};
use diesel::prelude::*;

/// Wrong codes in a row until nothing is taken.
const TRIES: i32 = 5;
/// For how long nothing is taken then.
const LOCKED_MILLIS: i64 = 15 * 60_000;
/// How long a device is trusted.
pub(super) const TRUSTED_MILLIS: i64 = 30 * 86_400_000;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// There is no second factor, or the device is trusted.
    NotNeeded,
    /// A code of the app.
    Code,
    /// A recovery code, which is used up now.
    RecoveryCode,
    /// No code was given.
    Missing,
    /// A code that is wrong, or was used already.
    Wrong,
    /// Too many were wrong: nothing is taken for so many milliseconds.
    Locked(i64),
}

/// What is shown beside the password.
#[derive(Clone, Debug, Default)]
pub(super) struct Presented {
    /// The code, of either kind.
    pub(super) code: Option<String>,
    /// What the device was given when it was trusted.
    pub(super) device: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = second_factors)]
struct Row {
    sealed_seed: String,
    last_step: i64,
    failures: i32,
    locked_until: i64,
}

/// Holds what is presented against the user's second factor.
pub(super) fn prove(
    conn: &mut Conn,
    seal: &Seal,
    user: &str,
    presented: &Presented,
    now: i64,
) -> ApiResult<Proof> {
    let factor = second_factors::table.find(user);
    let active = factor.filter(second_factors::is_active.eq(true)).select(Row::as_select());
    let Some(row) = active.first::<Row>(conn).optional()? else { return Ok(Proof::NotNeeded) };
    if is_trusted(conn, user, presented.device.as_deref(), now)? {
        return Ok(Proof::NotNeeded);
    }
    if row.locked_until > now {
        return Ok(Proof::Locked(row.locked_until - now));
    }
    let Some(code) = presented.code.as_deref().map(str::trim).filter(|code| !code.is_empty()) else {
        return Ok(Proof::Missing);
    };
    let proof = match totp::is_code(code) {
        true => {
            let seed = seal.open(&purpose(user), &row.sealed_seed)?;
            let step = totp::step_of(&seed, code, now)?.filter(|step| *step > row.last_step);
            step.map(|step| (Proof::Code, step))
        }
        false => take_recovery_code(conn, user, code)?.then_some((Proof::RecoveryCode, row.last_step)),
    };
    let Some((proof, step)) = proof else {
        let failures = row.failures + 1;
        let is_locked = failures >= TRIES;
        let (failures, until) = if is_locked { (0, now + LOCKED_MILLIS) } else { (failures, 0) };
        let counted = (second_factors::failures.eq(failures), second_factors::locked_until.eq(until));
        diesel::update(factor).set(counted).execute(conn)?;
        return Ok(Proof::Wrong);
    };
    let known = (second_factors::last_step.eq(step), second_factors::failures.eq(0));
    diesel::update(factor).set(known).execute(conn)?;
    Ok(proof)
}

/// What the seed of a user is sealed for.
pub(super) fn purpose(user: &str) -> String {
    format!("totp {user}")
}

fn take_recovery_code(conn: &mut Conn, user: &str, code: &str) -> ApiResult<bool> {
    let own = recovery_codes::table.find((user, totp::recovery_hash(code)));
    Ok(diesel::delete(own).execute(conn)? == 1)
}

fn is_trusted(conn: &mut Conn, user: &str, device: Option<&str>, now: i64) -> ApiResult<bool> {
    let Some(device) = device else { return Ok(false) };
    let known = trusted_devices::table
        .find(token::hash(device))
        .filter(trusted_devices::user_id.eq(user))
        .filter(trusted_devices::expires_at.gt(now));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn)?)
}

/// From now on this device signs in without a code, for 30 days.
pub(super) fn trust(conn: &mut Conn, user: &str, device: &str, now: i64) -> ApiResult<()> {
    diesel::delete(trusted_devices::table.filter(trusted_devices::expires_at.le(now))).execute(conn)?;
    diesel::insert_into(trusted_devices::table)
        .values((
            trusted_devices::token_hash.eq(token::hash(device)),
            trusted_devices::user_id.eq(user),
            trusted_devices::created_at.eq(now),
            trusted_devices::expires_at.eq(now + TRUSTED_MILLIS),
        ))
        .execute(conn)?;
    Ok(())
}

/// No device of the user is trusted any more.
pub(super) fn forget_devices(conn: &mut Conn, user: &str) -> ApiResult<()> {
    diesel::delete(trusted_devices::table.filter(trusted_devices::user_id.eq(user))).execute(conn)?;
    Ok(())
}
