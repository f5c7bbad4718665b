//! Users of every role. Managing them comes with the management pages; the command line creates them.

use super::domains::domain_name;
use crate::{
    access::{password, scope},
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{Conn, schema::users},
    error::{ApiError, ApiResult},
};
use contract::{ids::UserId, permission::Role, problem::InvalidCode};
use diesel::prelude::*;

/// A user to be created. An email user's name is their address; its domain is theirs.
pub(crate) struct NewUser<'a> {
    /// The role.
    pub(crate) role: Role,
    /// The name to sign in with.
    pub(crate) username: &'a str,
    /// The reseller, for that role.
    pub(crate) reseller: Option<&'a str>,
    /// The domain, for domain users.
    pub(crate) domain: Option<&'a str>,
    /// The password.
    pub(crate) password: &'a str,
}

/// Creates a user; false if the name is taken already.
pub(crate) fn create(conn: &mut Conn, clock: &Clock, new: &NewUser<'_>) -> ApiResult<bool> {
    let username = new.username.trim().to_lowercase();
    let is_name = (1..=254).contains(&username.len())
        && username.bytes().all(|byte| byte.is_ascii_graphic())
        && !username.contains(['"', '<', '>', '\\', '/']);
    if !is_name {
        return Err(ApiError::invalid("/username", InvalidCode::Characters));
    }
    let (reseller_id, domain_id) = place(conn, new, &username)?;
    if scope::is_username_taken(conn, &username)? {
        return Ok(false);
    }
    if !password::is_acceptable(new.role, &username, new.password) {
        return Err(ApiError::invalid("/password", InvalidCode::Password));
    }
    let id: UserId = clock.new_id();
    diesel::insert_into(users::table)
        .values((
            users::id.eq(&id.0),
            users::username.eq(&username),
            users::role.eq(new.role.name()),
            users::reseller_id.eq(reseller_id),
            users::domain_id.eq(domain_id),
            users::password_hash.eq(password::hash(new.password)?),
            users::is_active.eq(true),
            users::theme.eq("system"),
            users::created_at.eq(clock.now()),
        ))
        .execute(conn)?;
    let to = Some(serde_json::json!({"role": new.role, "reseller": new.reseller, "domain": new.domain}));
    let entry = Entry { action: "add_user", target: &username, reseller_id, domain_id, from: None, to };
    audit::record(conn, clock, &Actor::command_line(), entry)?;
    Ok(true)
}

/// Where a user of that role belongs: the reseller, or the domain (USR-02).
fn place(conn: &mut Conn, new: &NewUser<'_>, username: &str) -> ApiResult<(Option<i64>, Option<i64>)> {
    match new.role {
        Role::Administrator => Ok((None, None)),
        Role::Reseller => {
            let slug = new.reseller.ok_or_else(|| ApiError::invalid("/reseller", InvalidCode::Required))?;
            let reseller = scope::find_reseller(conn, slug)?;
            let reseller = reseller.ok_or_else(|| ApiError::invalid("/reseller", InvalidCode::NotFound))?;
            Ok((Some(reseller.id), None))
        }
        Role::Domain => {
            let name = new.domain.ok_or_else(|| ApiError::invalid("/domain", InvalidCode::Required))?;
            Ok((None, Some(existing(conn, name, "/domain")?)))
        }
        Role::Email => {
            let wrong = || ApiError::invalid("/username", InvalidCode::NotAnEmailAddress);
            let (local_part, name) = username.rsplit_once('@').ok_or_else(wrong)?;
            let is_elsewhere = new.domain.is_some_and(|domain| !domain.eq_ignore_ascii_case(name));
            if local_part.is_empty() || local_part.contains('@') || is_elsewhere {
                return Err(wrong());
            }
            Ok((None, Some(existing(conn, name, "/username")?)))
        }
        Role::Guest => Err(ApiError::invalid("/role", InvalidCode::UnknownChoice)),
    }
}

fn existing(conn: &mut Conn, name: &str, pointer: &str) -> ApiResult<i64> {
    let name = domain_name(name).ok_or_else(|| ApiError::invalid(pointer, InvalidCode::NotADomain))?;
    let domain = scope::find_domain(conn, &name)?;
    domain.map(|domain| domain.id).ok_or_else(|| ApiError::invalid(pointer, InvalidCode::NotFound))
}
