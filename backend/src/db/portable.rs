//! The few things that the two databases do differently, or that Diesel cannot say for both at once.

use super::{Conn, schema::policy_revision};
use crate::error::{ApiError, ApiResult};
use contract::problem::ErrorCode;
use diesel::prelude::*;

/// A transaction that starts by locking the one row of `policy_revision`: on SQLite this takes the write lock at
/// once (a transaction that reads first could not wait for it later), on PostgreSQL changes by people happen one
/// after another, so that "check, then write" cannot race.
pub(super) fn change<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> ApiResult<T>) -> ApiResult<T> {
    conn.transaction(|conn| {
        diesel::update(policy_revision::table)
            .set(policy_revision::revision.eq(policy_revision::revision))
            .execute(conn)?;
        work(conn)
    })
}

/// A change that is taken back when it is done.
pub(super) fn rehearse<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> ApiResult<T>) -> ApiResult<T> {
    let mut done = None;
    let taken_back = change(conn, |conn| -> ApiResult<()> {
        done = Some(work(conn)?);
        Err(ApiError::new(ErrorCode::Conflict))
    });
    match (done, taken_back) {
        (Some(done), _) => Ok(done),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => Err(ApiError::internal("a rehearsal ended without a result")),
    }
}

/// A transaction for what arrives by itself (sign-ins, nodes' reports). On SQLite it takes the write lock at once;
/// on PostgreSQL it runs beside others, so its statements must be safe by themselves.
pub(super) fn append<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> ApiResult<T>) -> ApiResult<T> {
    match conn {
        Conn::Sqlite(_) => change(conn, work),
        Conn::Postgres(_) => conn.transaction(work),
    }
}

/// The pattern of `LIKE … ESCAPE '\'` for a part of a text, lower-cased: the columns searched are, too.
pub fn part_of(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_stand_for_themselves() {
        assert_eq!(part_of("50%_Off\\"), "%50\\%\\_off\\\\%");
    }
}
