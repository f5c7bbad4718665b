//! The contents in the object store, as rows: which there are, and which nobody refers to any more.
//!
//! Each is looked at when something that referred to it ended, and once a day besides: however many are held, a
//! sweep reads only those.

use super::log_rows::ROWS;
use crate::{
    db::{
        Conn,
        schema::{bodies, node_commands, quarantine, training_acts},
    },
    error::ApiResult,
    storage::BodyKey,
};
use diesel::prelude::*;
use std::collections::HashSet;

/// Content that came before its records waits so long for them. After that it is looked at as often.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Notes that content is stored; it is there for records that come later.
pub(super) fn keep(conn: &mut Conn, key: &BodyKey, size: u64, now: i64) -> ApiResult<()> {
    let text = key.text();
    diesel::delete(bodies::table.find(&text)).execute(conn)?;
    diesel::insert_into(bodies::table)
        .values((
            bodies::key.eq(&text),
            bodies::node_id.eq(&key.node),
            bodies::message_id.eq(&key.message_id),
            bodies::size.eq(i64::try_from(size).unwrap_or(i64::MAX)),
            bodies::stored_at.eq(now),
            bodies::look_at.eq(now + DAY_MILLIS),
        ))
        .execute(conn)?;
    Ok(())
}

/// Something that referred to these contents ended: they are looked at next, unless they are so young that more may
/// come.
pub(super) fn look(conn: &mut Conn, keys: &[&str], now: i64) -> ApiResult<()> {
    for part in keys.chunks(ROWS) {
        let these = bodies::table.filter(bodies::key.eq_any(part.iter().copied()));
        diesel::update(these.filter(bodies::stored_at.le(now - DAY_MILLIS)))
            .set(bodies::look_at.eq(now))
            .execute(conn)?;
    }
    Ok(())
}

/// Contents to be looked at now; of these, those that no held message, no command and no training act refers to are
/// the answer, and the others are looked at again in a day. None: there are no more.
pub(super) fn orphans(conn: &mut Conn, now: i64) -> ApiResult<Option<Vec<String>>> {
    let most = i64::try_from(ROWS).unwrap_or(i64::MAX);
    let mut keys: Vec<String> =
        bodies::table.filter(bodies::look_at.le(now)).select(bodies::key).limit(most).load(conn)?;
    if keys.is_empty() {
        return Ok(None);
    }
    let held = quarantine::table.filter(quarantine::body_key.eq_any(&keys)).select(quarantine::body_key);
    let mut needed: HashSet<String> = held.distinct().load(conn)?.into_iter().collect();
    let ordered = node_commands::table.filter(node_commands::body_key.eq_any(&keys));
    needed.extend(ordered.select(node_commands::body_key).distinct().load::<String>(conn)?);
    let taught = training_acts::table.filter(training_acts::body_key.eq_any(&keys));
    needed.extend(taught.select(training_acts::body_key).distinct().load::<String>(conn)?);
    diesel::update(bodies::table.filter(bodies::key.eq_any(&needed)))
        .set(bodies::look_at.eq(now + DAY_MILLIS))
        .execute(conn)?;
    keys.retain(|key| !needed.contains(key));
    Ok(Some(keys))
}

/// The content is gone from the store. The row goes after it: what breaks off in between is done again.
pub(super) fn forget(conn: &mut Conn, key: &str) -> ApiResult<()> {
    diesel::delete(bodies::table.find(key)).execute(conn)?;
    Ok(())
}
