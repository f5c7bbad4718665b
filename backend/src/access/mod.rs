//! Who calls, and what they may do to what. The only maker of [`Granted`], which every query of a tenant asks for:
//! a handler that forgot to ask for permission does not compile.
//!
//! 401: not signed in · 404: the caller may not know of it · 403: may know of it, but not do this.

mod acting;
pub mod buckets;
pub mod credential;
pub mod device;
pub mod family;
pub mod login_limits;
mod node;
pub mod password;
pub mod scope;
pub mod seal;
pub mod switches;
pub mod token;
pub mod totp;

use crate::{
    app::RequestId,
    clock::Clock,
    db::{Conn, Db, schema},
    error::{ApiError, ApiResult},
};
use acting::ActedBy;
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use contract::{
    ids::{SessionId, UserId},
    permission::{
        Permission, Role,
        switches::{Entry, Switches},
    },
    problem::ErrorCode,
    users::view_permission,
};
use credential::Credential;
use diesel::prelude::*;
pub use node::CallingNode;
use scope::{Domain, Mailbox, Reach, Reseller};
use std::{future::Future, net::IpAddr, pin::Pin};
use token::Tokens;

/// How long a shown password counts for what is sensitive.
const CONFIRMED_MILLIS: i64 = 10 * 60 * 1000;

/// Proof that the caller may do one thing to this target. Only this module makes one.
#[derive(Clone, Debug)]
pub struct Granted<T>(T);

impl<T> Granted<T> {
    /// What may be acted on.
    pub const fn target(&self) -> &T {
        &self.0
    }
}

/// Where a request comes from: what the audit says beside the name.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// The address of the client; empty for the command line.
    pub ip: String,
    /// The id of the request.
    pub request_id: String,
}

impl Origin {
    /// Where this request comes from.
    pub fn of(request: &HttpRequest) -> Self {
        Self {
            ip: client_ip(request).map(|ip| ip.to_string()).unwrap_or_default(),
            request_id: RequestId::of(request),
        }
    }
}

/// The address of the client; IPv4 is written as IPv4.
pub fn client_ip(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|address| address.ip().to_canonical())
}

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The id.
    pub id: UserId,
    /// The user name.
    pub username: String,
    /// The role.
    pub role: Role,
    /// What the caller reaches.
    pub reach: Reach,
    /// The reseller the caller belongs to.
    pub reseller: Option<String>,
    /// The domain the caller belongs to.
    pub domain: Option<String>,
    /// Who really acts, where it is not the caller themselves.
    pub acted_by: Option<ActedBy>,
    /// By what the caller signed in.
    pub credential: Credential,
    /// Whether the role must have a second factor and there is none yet: until then nothing is allowed.
    pub must_set_up_second_factor: bool,
    /// Where the request comes from.
    pub origin: Origin,
    switches: Switches,
}

impl Caller {
    /// Whether the caller's role has the permission, and the token, if it is one.
    pub fn may(&self, permission: Permission) -> bool {
        let is_in_scope = match &self.credential {
            Credential::Session { .. } => !self.must_set_up_second_factor,
            Credential::Token { scopes, .. } => scopes.contains(&permission),
        };
        is_in_scope && self.switches.grants(self.role, permission)
    }

    /// The session, or 403 for an API token: for what only a person does.
    pub fn session(&self) -> ApiResult<&SessionId> {
        match &self.credential {
            Credential::Session { id, .. } => Ok(id),
            Credential::Token { .. } => Err(ApiError::new(ErrorCode::SessionNeeded)),
        }
    }

    /// 403 while the role must have a second factor and the caller has none (ACC-02).
    pub fn demand_second_factor(&self) -> ApiResult<()> {
        let is_person = matches!(self.credential, Credential::Session { .. });
        match self.must_set_up_second_factor && is_person {
            true => Err(ApiError::new(ErrorCode::SecondFactorRequired)),
            false => Ok(()),
        }
    }

    /// 403 without the permission.
    pub fn demand(&self, permission: Permission) -> ApiResult<()> {
        self.demand_second_factor()?;
        if self.may(permission) { Ok(()) } else { Err(ApiError::new(ErrorCode::NotAllowed)) }
    }

    /// 403 unless the password was shown a moment ago: for what a stolen session must not do (P13).
    pub fn demand_confirmation(&self, now: i64) -> ApiResult<()> {
        self.person()?;
        let Credential::Session { confirmed_at, .. } = self.credential else {
            return Err(ApiError::new(ErrorCode::SessionNeeded));
        };
        if now - confirmed_at <= CONFIRMED_MILLIS {
            Ok(())
        } else {
            Err(ApiError::new(ErrorCode::ConfirmationNeeded))
        }
    }

    /// Everything the caller reaches: for lists over all tenants.
    pub fn everything(&self, permission: Permission) -> ApiResult<Granted<Reach>> {
        self.demand(permission)?;
        Ok(Granted(self.reach.clone()))
    }

    /// The whole installation: for what belongs to no tenant.
    pub fn installation(&self, permission: Permission) -> ApiResult<Granted<()>> {
        self.demand(permission)?;
        if self.reach == Reach::All { Ok(Granted(())) } else { Err(ApiError::new(ErrorCode::NotAllowed)) }
    }

    /// A domain by its name.
    pub fn domain(&self, conn: &mut Conn, name: &str, permission: Permission) -> ApiResult<Granted<Domain>> {
        let domain = scope::find_domain(conn, name)?
            .filter(|domain| self.reach.has_domain(domain))
            .ok_or_else(ApiError::not_found)?;
        self.demand(permission)?;
        Ok(Granted(domain))
    }

    /// What the caller reaches within a domain: all of it, or for email users their own mailbox there.
    pub fn within(&self, conn: &mut Conn, name: &str, permission: Permission) -> ApiResult<Granted<Reach>> {
        let domain = self.domain(conn, name, permission)?;
        Ok(Granted(match &self.reach {
            Reach::Mailbox { .. } => self.reach.clone(),
            _ => Reach::Domain { id: domain.target().id },
        }))
    }

    /// A reseller by its name in addresses.
    pub fn reseller(
        &self,
        conn: &mut Conn,
        slug: &str,
        permission: Permission,
    ) -> ApiResult<Granted<Reseller>> {
        let reseller = scope::find_reseller(conn, slug)?
            .filter(|reseller| self.reach.has_reseller(reseller))
            .ok_or_else(ApiError::not_found)?;
        self.demand(permission)?;
        Ok(Granted(reseller))
    }

    /// A user by name, where the caller may see users of that role; `needed` says what doing this to them takes.
    pub(crate) fn user(
        &self,
        conn: &mut Conn,
        username: &str,
        needed: fn(Role) -> Permission,
    ) -> ApiResult<Granted<UserRow>> {
        let user = find_user(conn, username)?.ok_or_else(ApiError::not_found)?;
        let role = user.role()?;
        if !self.may(view_permission(role)) || !self.reach.has_user(conn, &user)? {
            return Err(ApiError::not_found());
        }
        self.demand(needed(role))?;
        Ok(Granted(user))
    }

    /// A mailbox by its address.
    pub fn mailbox(
        &self,
        conn: &mut Conn,
        address: &str,
        permission: Permission,
    ) -> ApiResult<Granted<Mailbox>> {
        let mailbox = scope::find_mailbox(conn, address)?
            .filter(|mailbox| self.reach.has_mailbox(mailbox))
            .ok_or_else(ApiError::not_found)?;
        self.demand(permission)?;
        Ok(Granted(mailbox))
    }
}

type Extraction<T> = Pin<Box<dyn Future<Output = ApiResult<T>>>>;

fn service<T: Clone + 'static>(request: &HttpRequest) -> ApiResult<T> {
    let found = request.app_data::<Data<T>>().map(|data| T::clone(data));
    found.ok_or_else(|| ApiError::internal(format!("{} is not set up", std::any::type_name::<T>())))
}

fn bearer(request: &HttpRequest) -> ApiResult<String> {
    request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
        .map(|(_, token)| token.trim().to_owned())
        .ok_or_else(|| ApiError::new(ErrorCode::NotSignedIn))
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let tokens: Tokens = service(&request)?;
            let now = service::<Clock>(&request)?.now();
            let (presented, origin) = (bearer(&request)?, Origin::of(&request));
            let db: Db = service(&request)?;
            if token::is_api_token(&presented) {
                let found = db.run(move |conn| credential::find(conn, &presented, now, origin));
                let (caller, is_stale) = found.await?;
                if is_stale {
                    credential::note_use(&db, &caller, now).await?;
                }
                return Ok(caller);
            }
            let claims = tokens.verify(&presented, now)?;
            db.run(move |conn| find_caller(conn, &SessionId(claims.sid), now, origin)).await
        })
    }
}

/// The caller of a session that is still open, or 401.
pub(crate) fn find_caller(
    conn: &mut Conn,
    session: &SessionId,
    now: i64,
    origin: Origin,
) -> ApiResult<Caller> {
    use schema::{sessions, users};
    let (user, expires_at, confirmed_at, actor_session) = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(&session.0))
        .select((UserRow::as_select(), sessions::expires_at, sessions::confirmed_at, sessions::actor_session))
        .first::<(UserRow, i64, i64, Option<String>)>(conn)
        .optional()?
        .ok_or_else(|| ApiError::new(ErrorCode::NotSignedIn))?;
    if expires_at <= now {
        return Err(ApiError::new(ErrorCode::NotSignedIn));
    }
    let acted_by = match actor_session {
        Some(behind) => Some(acting::acted_by(conn, &SessionId(behind), &user, now, origin.clone())?),
        None => None,
    };
    let credential = Credential::Session { id: session.clone(), confirmed_at };
    let caller = user.into_caller(conn, credential, origin)?;
    // Whoever acts has shown their own second factor.
    let must_set_up_second_factor = caller.must_set_up_second_factor && acted_by.is_none();
    Ok(Caller { acted_by, must_set_up_second_factor, ..caller })
}

/// The user of that name, in any case of letters.
pub(crate) fn find_user(conn: &mut Conn, username: &str) -> ApiResult<Option<UserRow>> {
    let named = schema::users::table.filter(schema::users::username.eq(username.trim().to_lowercase()));
    Ok(named.select(UserRow::as_select()).first(conn).optional()?)
}

/// What access needs of a user's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::users)]
pub(crate) struct UserRow {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) role: String,
    pub(crate) reseller_id: Option<i64>,
    pub(crate) domain_id: Option<i64>,
    pub(crate) is_active: bool,
    pub(crate) display_name: Option<String>,
    pub(crate) email: Option<String>,
}

impl UserRow {
    /// The role; 500 if the row has none of ours.
    pub(crate) fn role(&self) -> ApiResult<Role> {
        Role::from_name(&self.role)
            .ok_or_else(|| ApiError::internal(format!("user {} has the role {:?}", self.id, self.role)))
    }

    /// The caller that signed in by this; 401 if the user is switched off.
    pub(crate) fn into_caller(
        self,
        conn: &mut Conn,
        credential: Credential,
        origin: Origin,
    ) -> ApiResult<Caller> {
        if !self.is_active {
            return Err(ApiError::new(ErrorCode::NotSignedIn));
        }
        let role = self.role()?;
        let must_set_up_second_factor = lacks_second_factor(conn, &self)?;
        let switches = switches::read(conn)?;
        if !switches.admits(role, Entry::LogIn) {
            return Err(ApiError::new(ErrorCode::NotSignedIn));
        }
        let place = scope::place_of(conn, role, self.reseller_id, self.domain_id, &self.username)?;
        if place.is_suspended {
            return Err(ApiError::new(ErrorCode::NotSignedIn));
        }
        Ok(Caller {
            id: UserId(self.id),
            username: self.username,
            role,
            reach: place.reach,
            reseller: place.reseller,
            domain: place.domain,
            acted_by: None,
            credential,
            must_set_up_second_factor,
            origin,
            switches,
        })
    }
}

/// Whether the user's role must have a second factor, and the user has none.
fn lacks_second_factor(conn: &mut Conn, user: &UserRow) -> ApiResult<bool> {
    use diesel::dsl::{exists, not};
    use schema::{second_factor_rules as rules, second_factors as factors};
    let rule = rules::table.filter(rules::role.eq(&user.role)).filter(rules::is_required.eq(true));
    let factor = factors::table.filter(factors::user_id.eq(&user.id)).filter(factors::is_active.eq(true));
    Ok(diesel::select(exists(rule).and(not(exists(factor)))).get_result(conn)?)
}
