//! Acting as one of one's users (USR-06): strictly downwards within one's reach (sub-resellers are below), and never twice. The right to it is
//! looked at again at each request: it ends with the session, the role or the reach of whoever acts (P4).

use super::{Caller, Origin, UserRow, credential::Credential, find_caller, scope::Reach};
use crate::{
    db::Conn,
    error::{ApiError, ApiResult},
};
use contract::{
    ids::{SessionId, UserId},
    permission::{Permission, Role},
    problem::ErrorCode,
};

/// Who really acts.
#[derive(Clone, Debug)]
pub struct ActedBy {
    /// The id.
    pub id: UserId,
    /// The user name.
    pub username: String,
    /// The role.
    pub role: Role,
    /// The session behind.
    pub session: SessionId,
}

impl Caller {
    /// The session, or 403 for API tokens and while acting as somebody else: for what only the person does.
    pub fn person(&self) -> ApiResult<&SessionId> {
        match self.acted_by {
            None => self.session(),
            Some(_) => Err(ApiError::new(ErrorCode::ActingAsOther)),
        }
    }

    /// Whether the caller may act as that user.
    pub(crate) fn may_act_as(&self, conn: &mut Conn, user: &UserRow) -> ApiResult<bool> {
        let of_sub =
            |id: &i64, all: &[i64]| user.reseller_id.is_some_and(|it| it != *id && all.contains(&it));
        let is_sub = matches!(&self.reach, Reach::Reseller { id, all } if of_sub(id, all));
        let is_below = user.role()? > self.role || is_sub;
        let may = is_below && self.acted_by.is_none() && self.may(Permission::LoginAs);
        Ok(may && self.reach.has_user(conn, user)?)
    }
}

/// Who acts by this session as that user, or 401 if they may not any more.
pub(super) fn acted_by(
    conn: &mut Conn,
    session: &SessionId,
    user: &UserRow,
    now: i64,
    origin: Origin,
) -> ApiResult<ActedBy> {
    let actor = find_caller(conn, session, now, origin)?;
    if !actor.may_act_as(conn, user)? {
        return Err(ApiError::new(ErrorCode::NotSignedIn));
    }
    match actor.credential {
        Credential::Session { id, .. } => {
            Ok(ActedBy { id: actor.id, username: actor.username, role: actor.role, session: id })
        }
        Credential::Token { .. } => Err(ApiError::new(ErrorCode::NotSignedIn)),
    }
}
