//! By what a caller signed in: a session of a person, or an API token of a program (P21). A token may what its scopes
//! say, as far as its owner may, within its domain; it ends with its owner.

use super::{Caller, Origin, UserRow, scope, scope::Reach, token};
use crate::{
    db::{
        Conn, Db,
        schema::{api_tokens, users},
    },
    error::{ApiError, ApiResult},
    network::Network,
};
use contract::{
    ids::{SessionId, TokenId},
    permission::Permission,
    problem::ErrorCode,
};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// How stale the note of the last use may be.
const USED_MILLIS: i64 = 60_000;

/// By what a caller signed in.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A session.
    Session {
        /// Its id.
        id: SessionId,
        /// When the password was last shown in it, in milliseconds since 1970.
        confirmed_at: i64,
    },
    /// An API token.
    Token {
        /// Its id.
        id: TokenId,
        /// All that it may do.
        scopes: BTreeSet<Permission>,
    },
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
struct Row {
    id: String,
    scopes: String,
    domain_id: Option<i64>,
    networks: String,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

/// The caller of an API token, or 401; also whether its use is to be noted.
pub(super) fn find(conn: &mut Conn, secret: &str, now: i64, origin: Origin) -> ApiResult<(Caller, bool)> {
    let refused = || ApiError::new(ErrorCode::NotSignedIn);
    let (row, user) = api_tokens::table
        .inner_join(users::table)
        .filter(api_tokens::token_hash.eq(token::hash(secret)))
        .select((Row::as_select(), UserRow::as_select()))
        .first::<(Row, UserRow)>(conn)
        .optional()?
        .ok_or_else(refused)?;
    let is_over = row.expires_at.is_some_and(|expires_at| expires_at <= now);
    if is_over || !is_from(&row.networks, &origin.ip) {
        return Err(refused());
    }
    let is_stale = row.last_used_at.is_none_or(|used_at| now - used_at >= USED_MILLIS);
    let scopes = scopes(&row.scopes);
    let caller = user.into_caller(conn, Credential::Token { id: TokenId(row.id), scopes }, origin)?;
    Ok((within(conn, caller, row.domain_id)?, is_stale))
}

/// The caller with one domain for its reach; nobody, if the owner does not reach it any more.
pub(crate) fn within(conn: &mut Conn, mut caller: Caller, domain_id: Option<i64>) -> ApiResult<Caller> {
    let Some(id) = domain_id else { return Ok(caller) };
    let domain = scope::find_domains(conn, [id])?.pop().filter(|domain| caller.reach.has_domain(domain));
    let domain = domain.ok_or_else(|| ApiError::new(ErrorCode::NotSignedIn))?;
    if !matches!(caller.reach, Reach::Mailbox { .. }) {
        caller.reach = Reach::Domain { id };
        caller.domain = Some(domain.name);
    }
    Ok(caller)
}

/// Permissions by their names, separated by commas; names that are none any more are left out.
pub(crate) fn scopes(names: &str) -> BTreeSet<Permission> {
    let named = |name: &str| Permission::ALL.into_iter().find(|permission| permission.name() == name);
    names.split(',').filter_map(named).collect()
}

/// Whether the address is in one of the networks, separated by commas; none at all are all.
fn is_from(networks: &str, ip: &str) -> bool {
    let Ok(ip) = ip.parse() else { return networks.is_empty() };
    let mut known = networks.split(',').filter_map(|text| text.parse::<Network>().ok());
    networks.is_empty() || known.any(|network| network.contains(ip))
}

/// Notes that the token was used just now.
pub(super) async fn note_use(db: &Db, caller: &Caller, now: i64) -> ApiResult<()> {
    let Credential::Token { id, .. } = &caller.credential else { return Ok(()) };
    let (id, ip) = (id.0.clone(), caller.origin.ip.clone());
    db.append(move |conn| {
        let used = (api_tokens::last_used_at.eq(now), api_tokens::last_used_ip.eq(ip));
        diesel::update(api_tokens::table.find(id)).set(used).execute(conn)?;
        Ok(())
    })
    .await
}
