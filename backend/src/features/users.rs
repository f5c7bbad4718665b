//! Users of every role (USR): the list, one of them, several at once. What is allowed to whom follows from the role of
//! the user that is looked at; what a change means is in `user_accounts.rs`.

use super::{
    user_accounts::{self, Owner},
    user_list::{Search, read},
};
use crate::{
    access::{
        Caller, UserRow, find_user,
        password::Passwords,
        scope::{self, Reach},
    },
    audit::Actor,
    clock::Clock,
    csv_list,
    db::{Conn, Db, schema::users},
    error::{ApiError, ApiResult},
    etag::{self, IfMatch},
    input::{Body, NoParams, Params},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    patch, put,
    web::{Data, Path},
};
use contract::{
    page::Page,
    permission::{Permission, Role},
    problem::{ErrorCode, InvalidCode},
    users::{NewUser, User, UserChange, UserQuery, edit_permission, view_permission},
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) type Services = (Data<Db>, Data<Clock>, Data<Passwords>);

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_users).service(get_user).service(put_user).service(change_user).service(remove_user);
}

/// The users in reach (USR-07): those of the roles that the caller may see.
#[utoipa::path(tag = "users", params(UserQuery), responses((status = 200, description = "A page of users; with `Accept: text/csv` the whole list", content((Page<User> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/users")]
async fn list_users(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    query: Params<UserQuery>,
) -> ApiResult<HttpResponse> {
    let reach = caller.everything(Permission::EmailUsersView)?;
    let (cursor, is_counted) = (query.0.cursor.clone(), query.0.count == Some(true));
    let (limit, is_csv) = (query.0.limit, csv_list::is_wanted(&request));
    let search = db.run(move |conn| Search::new(conn, &caller, reach, query.0)).await?;
    let page = search.page_request(limit, cursor.as_deref())?;
    if is_csv {
        return Ok(csv_list::stream(db, "users", move |conn, cursor| {
            search.page(conn, &search.page_request(csv_list::PAGE, cursor)?, false)
        }));
    }
    let found = db.run(move |conn| search.page(conn, &page, is_counted)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// One user.
#[utoipa::path(tag = "users", params(("username" = String, Path, description = "The name to sign in with")), responses((status = 200, body = User, description = "The user")))]
#[get("/api/v1/users/{username}")]
async fn get_user(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let user = db
        .run(move |conn| {
            let user = caller.user(conn, &path, view_permission)?;
            read(conn, &user.target().id)
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&user)?)).json(user))
}

/// Adds a user, or makes it as given (USR-02 … USR-04).
///
/// Repeating it changes nothing. A user that is there with another role or owner is a conflict.
#[utoipa::path(tag = "users", params(("username" = String, Path, description = "The name to sign in with")), request_body = NewUser, responses((status = 200, body = User, description = "It was there already; it is as given now"), (status = 201, body = User, description = "Added"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "The name is taken")))]
#[put("/api/v1/users/{username}")]
async fn put_user(
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<NewUser>,
) -> ApiResult<HttpResponse> {
    let (db, clock, passwords) = services;
    let new = body.0;
    caller.demand(Permission::EmailUsersEdit)?;
    caller.demand(edit_permission(new.role))?;
    let username = user_accounts::username(&path)?;
    user_accounts::check_texts(new.role, new.display_name.as_deref(), new.email.as_deref())?;
    let (name, wanted, asker) = (username.clone(), new.clone(), caller.clone());
    let known = db.run(move |conn| known(conn, &asker, &name, &wanted)).await?;
    let hash = new_hash(&passwords, &username, &new, known.as_ref().map(|(_, hash)| hash)).await?;
    let (user, is_new) = db
        .change(move |conn| {
            let actor = Actor::from(&caller);
            let owner = owner_in_reach(conn, &caller, &new, &username)?;
            let user = find_user(conn, &username)?;
            match (&user, &hash) {
                (Some(user), hash) => {
                    refuse_harm_to_oneself(&caller, user, !new.is_active)?;
                    let change = UserChange {
                        display_name: Some(new.display_name.clone()),
                        email: Some(new.email.clone()),
                        password: None,
                        is_active: Some(new.is_active),
                    };
                    user_accounts::change(conn, &clock, &actor, user, (&change, hash.as_deref()))?;
                }
                (None, Some(hash)) => {
                    user_accounts::insert(conn, &clock, &actor, (&username, owner), (&new, hash))?;
                }
                // It was removed a moment ago, while its password was looked at.
                (None, None) => return Err(ApiError::new(ErrorCode::Conflict)),
            }
            let id = find_user(conn, &username)?.ok_or_else(ApiError::not_found)?.id;
            Ok((read(conn, &id)?, user.is_none()))
        })
        .await?;
    let mut answer = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.insert_header((header::ETAG, etag::of(&user)?)).json(user))
}

/// The user of that name, if it is just what is to be there, with the hash of its password.
fn known(
    conn: &mut Conn,
    caller: &Caller,
    username: &str,
    new: &NewUser,
) -> ApiResult<Option<(UserRow, String)>> {
    let owner = owner_in_reach(conn, caller, new, username)?;
    let Some(user) = find_user(conn, username)? else { return Ok(None) };
    let is_same = user.role == new.role.name()
        && Owner { reseller_id: user.reseller_id, domain_id: user.domain_id } == owner;
    if !is_same {
        return Err(ApiError::new(ErrorCode::AlreadyExists));
    }
    let hash = users::table.find(&user.id).select(users::password_hash).first(conn)?;
    Ok(Some((user, hash)))
}

/// The hash to be stored; none where the known one holds.
async fn new_hash(
    passwords: &Passwords,
    username: &str,
    new: &NewUser,
    known: Option<&String>,
) -> ApiResult<Option<String>> {
    match (&new.password, known) {
        (None, Some(_)) => Ok(None),
        (None, None) => Err(ApiError::invalid("/password", InvalidCode::Required)),
        (Some(password), Some(hash)) if passwords.verify(password.clone(), Some(hash.clone())).await? => {
            Ok(None)
        }
        (Some(password), _) => {
            user_accounts::check_password(new.role, username, password)?;
            passwords.hash(password.clone()).await.map(Some)
        }
    }
}

/// Changes a user (USR-08).
#[utoipa::path(tag = "users", params(("username" = String, Path, description = "The name to sign in with")), request_body = UserChange, responses((status = 200, body = User, description = "Changed"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "It is the last administrator")))]
#[patch("/api/v1/users/{username}")]
async fn change_user(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    path: Path<String>,
    body: Body<UserChange>,
) -> ApiResult<HttpResponse> {
    let (db, clock, passwords) = services;
    let (if_match, change) = (IfMatch::of(&request), body.0);
    let (asker, name) = (caller.clone(), path.clone());
    let user = db.run(move |conn| asker.user(conn, &name, edit_permission)).await?;
    let role = user.target().role()?;
    let text = |value: &Option<Option<String>>| value.clone().flatten();
    user_accounts::check_texts(role, text(&change.display_name).as_deref(), text(&change.email).as_deref())?;
    let hash = match &change.password {
        Some(_) if user.target().id == caller.id.0 => {
            // One's own takes the present one, too.
            return Err(ApiError::because(ErrorCode::NotAllowed, "change your own password in your account"));
        }
        Some(password) => {
            user_accounts::check_password(role, &user.target().username, password)?;
            Some(passwords.hash(password.clone()).await?)
        }
        None => None,
    };
    let user = db
        .change(move |conn| {
            let user = caller.user(conn, &path, edit_permission)?;
            let user = user.target();
            if_match.check(&read(conn, &user.id)?)?;
            refuse_harm_to_oneself(&caller, user, change.is_active == Some(false))?;
            user_accounts::change(conn, &clock, &Actor::from(&caller), user, (&change, hash.as_deref()))?;
            read(conn, &user.id)
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&user)?)).json(user))
}

/// Removes a user.
#[utoipa::path(tag = "users", params(("username" = String, Path, description = "The name to sign in with")), responses((status = 204, description = "Removed"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "It is the last administrator")))]
#[delete("/api/v1/users/{username}")]
async fn remove_user(
    caller: Caller,
    services: Services,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock, _) = services;
    db.change(move |conn| {
        let user = caller.user(conn, &path, edit_permission)?;
        refuse_harm_to_oneself(&caller, user.target(), true)?;
        user_accounts::remove(conn, &clock, &Actor::from(&caller), &user)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Nobody shuts the door behind themselves by mistake.
pub(super) fn refuse_harm_to_oneself(caller: &Caller, user: &UserRow, is_harm: bool) -> ApiResult<()> {
    match is_harm && user.id == caller.id.0 {
        false => Ok(()),
        true => Err(ApiError::because(ErrorCode::NotAllowed, "nobody can remove or deactivate themselves")),
    }
}

/// Where a new user belongs, if the caller reaches it; what is out of reach is as what is not there.
pub(super) fn owner_in_reach(
    conn: &mut Conn,
    caller: &Caller,
    new: &NewUser,
    username: &str,
) -> ApiResult<Owner> {
    let owner = user_accounts::owner(conn, new, username)?;
    let reaches = match (&caller.reach, owner.domain_id) {
        (Reach::All, _) => true,
        (Reach::Reseller { all, .. }, None) => owner.reseller_id.is_some_and(|id| all.contains(&id)),
        (reach, Some(_)) => {
            scope::find_domains(conn, owner.domain_id)?.iter().any(|domain| reach.has_domain(domain))
        }
        (_, None) => false,
    };
    let pointer = match new.role {
        Role::Reseller => "/reseller",
        Role::Domain => "/domain",
        _ => "/username",
    };
    if reaches { Ok(owner) } else { Err(ApiError::invalid(pointer, InvalidCode::NotFound)) }
}
