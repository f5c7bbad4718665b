//! A reseller and those who work for it. They are one level deep: a sub-reseller has none of its own.

use crate::{
    db::{Conn, schema::resellers},
    error::ApiResult,
};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// A reseller with its sub-resellers.
pub struct Family {
    /// Its name in addresses.
    pub slug: String,
    /// The reseller that it works for.
    pub parent_id: Option<i64>,
    /// Whether it is suspended, or the one it works for.
    pub is_suspended: bool,
    /// Its id and those of its sub-resellers.
    pub all: Vec<i64>,
}

/// A reseller with its sub-resellers: two statements, however many they are.
pub fn family(conn: &mut Conn, id: i64) -> ApiResult<Family> {
    let (slug, is_suspended, parent_id) = resellers::table
        .find(id)
        .select((resellers::slug, resellers::is_suspended, resellers::parent_id))
        .first::<(String, bool, Option<i64>)>(conn)?;
    let (all, is_suspended) = match parent_id {
        Some(parent) => (vec![id], is_suspended || itself_suspended(conn, parent)?),
        None => (with_subs(conn, id)?, is_suspended),
    };
    Ok(Family { slug, parent_id, is_suspended, all })
}

/// The ids of a reseller and of its sub-resellers.
pub fn with_subs(conn: &mut Conn, id: i64) -> ApiResult<Vec<i64>> {
    let own = resellers::id.eq(id).or(resellers::parent_id.eq(id).assume_not_null());
    Ok(resellers::table.filter(own).order(resellers::id).select(resellers::id).load(conn)?)
}

/// Whether a reseller itself is suspended.
pub(super) fn itself_suspended(conn: &mut Conn, id: i64) -> ApiResult<bool> {
    Ok(resellers::table.find(id).select(resellers::is_suspended).first(conn)?)
}

/// Whom each of these resellers works for, if for anybody.
pub fn parents(conn: &mut Conn, ids: impl IntoIterator<Item = i64>) -> ApiResult<HashMap<i64, i64>> {
    let ids: BTreeSet<i64> = ids.into_iter().collect();
    let rows = resellers::table
        .filter(resellers::id.eq_any(ids).and(resellers::parent_id.is_not_null()))
        .select((resellers::id, resellers::parent_id.assume_not_null()))
        .load::<(i64, i64)>(conn)?;
    Ok(rows.into_iter().collect())
}
