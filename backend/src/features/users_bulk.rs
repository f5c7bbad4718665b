//! The same done with several users at once. Each is looked up as if it were alone: one out of reach is answered like
//! one that does not exist (P2), and the others are done.

use super::{
    user_accounts,
    users::{Services, refuse_harm_to_oneself},
};
use crate::{
    access::Caller,
    audit::Actor,
    clock::Clock,
    db::Conn,
    error::{ApiError, ApiResult},
    input::Body,
};
use actix_web::{HttpResponse, post};
use contract::{
    permission::Permission,
    problem::InvalidCode,
    users::{UserAction, UserChange, UserResult, UserResults, UserSelection, edit_permission},
};
use utoipa_actix_web::service_config::ServiceConfig;

/// Users in one request.
const MOST: usize = 10_000;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(act_on_users);
}

/// Does the same with several users.
#[utoipa::path(tag = "users", request_body = UserSelection, responses((status = 200, body = UserResults, description = "What became of each")))]
#[post("/api/v1/users/bulk")]
async fn act_on_users(
    caller: Caller,
    services: Services,
    body: Body<UserSelection>,
) -> ApiResult<HttpResponse> {
    let (db, clock, _) = services;
    caller.demand(Permission::EmailUsersEdit)?;
    let UserSelection { action, usernames } = body.0;
    if !(1..=MOST).contains(&usernames.len()) {
        return Err(ApiError::invalid("/usernames", InvalidCode::OutOfRange));
    }
    let results = db
        .change(move |conn| {
            let mut results = Vec::with_capacity(usernames.len());
            for username in usernames {
                let error = match act(conn, &clock, &caller, &username, action) {
                    Ok(()) => None,
                    Err(error) if error.code.status() < 500 => Some(error.code),
                    Err(error) => return Err(error),
                };
                results.push(UserResult { username, error });
            }
            Ok(results)
        })
        .await?;
    Ok(HttpResponse::Ok().json(UserResults { results }))
}

fn act(conn: &mut Conn, clock: &Clock, caller: &Caller, username: &str, action: UserAction) -> ApiResult<()> {
    let user = caller.user(conn, username, edit_permission)?;
    refuse_harm_to_oneself(caller, user.target(), action != UserAction::Activate)?;
    let actor = Actor::from(caller);
    let is_active = match action {
        UserAction::Remove => return user_accounts::remove(conn, clock, &actor, &user),
        UserAction::Activate => true,
        UserAction::Deactivate => false,
    };
    let change = UserChange { is_active: Some(is_active), ..UserChange::default() };
    user_accounts::change(conn, clock, &actor, user.target(), (&change, None)).map(drop)
}
