//! What adding, changing and removing a user means, for the API, for imports and for the command line alike: what a
//! name, an owner and a password must be, that sessions end in time, and that an administrator is left (C14).

use super::domains::domain_name;
use crate::{
    access::{Granted, UserRow, password, scope},
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{
        Conn,
        schema::{sessions, users},
    },
    error::{ApiError, ApiResult},
};
use contract::{
    ids::UserId,
    permission::Role,
    problem::{ErrorCode, InvalidCode},
    users::{NewUser, UserChange},
};
use diesel::prelude::*;
use serde_json::{Value, json};

/// Characters of a name for people.
const LONGEST_NAME: usize = 100;

/// A user name as it is stored: lower-cased, ASCII (USR-04), without what addresses and URLs give another meaning.
pub(crate) fn username(text: &str) -> ApiResult<String> {
    let name = text.trim().to_lowercase();
    let is_name = (1..=254).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic())
        && !name.contains(['"', '<', '>', '\\', '/', '%', '?', '#']);
    if is_name { Ok(name) } else { Err(ApiError::invalid("/username", InvalidCode::Characters)) }
}

/// Refuses a password that the role's rules do not allow (C10, USR-03).
pub(crate) fn check_password(role: Role, username: &str, password: &str) -> ApiResult<()> {
    match password::is_acceptable(role, username, password) {
        true => Ok(()),
        false => Err(ApiError::invalid("/password", InvalidCode::Password)),
    }
}

/// Refuses texts about a user that are none.
pub(crate) fn check_texts(role: Role, display_name: Option<&str>, email: Option<&str>) -> ApiResult<()> {
    if let Some(name) = display_name {
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(ApiError::invalid("/display_name", InvalidCode::Characters));
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(ApiError::invalid("/display_name", InvalidCode::TooLong));
        }
    }
    match email {
        Some(_) if role == Role::Email => Err(ApiError::invalid("/email", InvalidCode::NotAtThisLevel)),
        Some(address) if address.parse::<lettre::Address>().is_err() => {
            Err(ApiError::invalid("/email", InvalidCode::NotAnEmailAddress))
        }
        _ => Ok(()),
    }
}

/// Where a user belongs in the database: the reseller, or the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) reseller_id: Option<i64>,
    pub(crate) domain_id: Option<i64>,
}

/// Adds a user whose name, owner and texts were checked; `hash` is that of the password.
pub(crate) fn insert(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    (username, owner): (&str, Owner),
    (new, hash): (&NewUser, &str),
) -> ApiResult<()> {
    let id: UserId = clock.new_id();
    diesel::insert_into(users::table)
        .values((
            users::id.eq(&id.0),
            users::username.eq(username),
            users::role.eq(new.role.name()),
            users::reseller_id.eq(owner.reseller_id),
            users::domain_id.eq(owner.domain_id),
            users::password_hash.eq(hash),
            users::is_active.eq(new.is_active),
            users::theme.eq("system"),
            users::created_at.eq(clock.now()),
            users::display_name.eq(new.display_name.as_deref().map(str::trim)),
            users::email.eq(new.email.as_deref()),
        ))
        .execute(conn)?;
    let to = Some(json!({
        "role": new.role, "reseller": new.reseller, "domain": new.domain, "display_name": new.display_name,
        "email": new.email, "is_active": new.is_active,
    }));
    let Owner { reseller_id, domain_id } = owner;
    let entry = Entry { action: "put_user", target: username, reseller_id, domain_id, from: None, to };
    audit::record(conn, clock, actor, entry)
}

/// Adds a user that nobody checked yet; false if the name is taken already.
pub(crate) fn create(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    name: &str,
    new: &NewUser,
) -> ApiResult<bool> {
    let name = username(name)?;
    let owner = owner(conn, new, &name)?;
    if scope::is_username_taken(conn, &name)? {
        return Ok(false);
    }
    check_texts(new.role, new.display_name.as_deref(), new.email.as_deref())?;
    let password =
        new.password.as_deref().ok_or_else(|| ApiError::invalid("/password", InvalidCode::Required))?;
    check_password(new.role, &name, password)?;
    insert(conn, clock, actor, (&name, owner), (new, &password::hash(password)?))?;
    Ok(true)
}

/// Changes a user; `hash` is that of the new password, if there is one. False if nothing was different.
pub(crate) fn change(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    user: &UserRow,
    (change, hash): (&UserChange, Option<&str>),
) -> ApiResult<bool> {
    let before = user.told();
    let mut after = user.clone();
    if let Some(name) = &change.display_name {
        after.display_name = name.as_deref().map(|name| name.trim().to_owned());
    }
    if let Some(email) = &change.email {
        after.email = email.clone();
    }
    after.is_active = change.is_active.unwrap_or(user.is_active);
    if user.is_active && !after.is_active {
        demand_another_administrator(conn, user)?;
    }
    let (from, mut to) = (before.clone(), after.told());
    if from == to && hash.is_none() {
        return Ok(false);
    }
    let row = users::table.find(&user.id);
    diesel::update(row)
        .set((
            users::display_name.eq(&after.display_name),
            users::email.eq(&after.email),
            users::is_active.eq(after.is_active),
        ))
        .execute(conn)?;
    if let Some(hash) = hash {
        diesel::update(row).set(users::password_hash.eq(hash)).execute(conn)?;
        // The audit says that there is a new one; neither the old nor the new one is told.
        if let Some(fields) = to.as_object_mut() {
            fields.insert("password".to_owned(), json!("new"));
        }
    }
    if hash.is_some() || !after.is_active {
        end_sessions(conn, &user.id)?;
    }
    audit::record(conn, clock, actor, entry("change_user", user, Some(from), Some(to)))?;
    Ok(true)
}

/// Removes a user.
pub(crate) fn remove(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    user: &Granted<UserRow>,
) -> ApiResult<()> {
    let user = user.target();
    demand_another_administrator(conn, user)?;
    diesel::delete(users::table.find(&user.id)).execute(conn)?;
    audit::record(conn, clock, actor, entry("remove_user", user, Some(user.told()), None))
}

/// Signs a user out everywhere.
pub(crate) fn end_sessions(conn: &mut Conn, user: &str) -> ApiResult<()> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(conn)?;
    Ok(())
}

/// C14: refuses what would leave no administrator who may sign in.
pub(crate) fn demand_another_administrator(conn: &mut Conn, user: &UserRow) -> ApiResult<()> {
    if user.role()? != Role::Administrator {
        return Ok(());
    }
    let others = users::table
        .filter(users::role.eq(Role::Administrator.name()))
        .filter(users::is_active.eq(true))
        .filter(users::id.ne(&user.id));
    match diesel::select(diesel::dsl::exists(others)).get_result(conn)? {
        true => Ok(()),
        false => Err(ApiError::new(ErrorCode::LastAdministrator)),
    }
}

fn entry<'a>(action: &'a str, user: &'a UserRow, from: Option<Value>, to: Option<Value>) -> Entry<'a> {
    let (reseller_id, domain_id) = (user.reseller_id, user.domain_id);
    Entry { action, target: &user.username, reseller_id, domain_id, from, to }
}

impl UserRow {
    /// What the audit tells of it.
    fn told(&self) -> Value {
        json!({ "display_name": self.display_name, "email": self.email, "is_active": self.is_active })
    }
}

/// Where a new user of that role and name belongs (USR-02).
pub(crate) fn owner(conn: &mut Conn, new: &NewUser, username: &str) -> ApiResult<Owner> {
    let (reseller_id, domain_id) = place(conn, new, username)?;
    Ok(Owner { reseller_id, domain_id })
}

fn place(conn: &mut Conn, new: &NewUser, username: &str) -> ApiResult<(Option<i64>, Option<i64>)> {
    if new.role != Role::Reseller && new.reseller.is_some() {
        return Err(ApiError::invalid("/reseller", InvalidCode::NotAtThisLevel));
    }
    if matches!(new.role, Role::Administrator | Role::Reseller) && new.domain.is_some() {
        return Err(ApiError::invalid("/domain", InvalidCode::NotAtThisLevel));
    }
    match new.role {
        Role::Administrator => Ok((None, None)),
        Role::Reseller => {
            let slug = new
                .reseller
                .as_deref()
                .ok_or_else(|| ApiError::invalid("/reseller", InvalidCode::Required))?;
            let reseller = scope::find_reseller(conn, slug)?;
            let reseller = reseller.ok_or_else(|| ApiError::invalid("/reseller", InvalidCode::NotFound))?;
            Ok((Some(reseller.id), None))
        }
        Role::Domain => {
            let name =
                new.domain.as_deref().ok_or_else(|| ApiError::invalid("/domain", InvalidCode::Required))?;
            Ok((None, Some(existing(conn, name, "/domain")?)))
        }
        Role::Email => {
            let wrong = || ApiError::invalid("/username", InvalidCode::NotAnEmailAddress);
            let (local_part, name) = username.rsplit_once('@').ok_or_else(wrong)?;
            let is_elsewhere = new.domain.as_deref().is_some_and(|domain| !domain.eq_ignore_ascii_case(name));
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
