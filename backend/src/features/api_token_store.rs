//! API tokens in the database, and what a new or changed one must be.

use crate::{
    access::{Caller, credential::scopes, scope, token},
    clock::{Clock, timestamp, unix_millis},
    csv_list::CsvRow,
    db::{
        Conn,
        schema::{api_tokens, domains},
    },
    error::{ApiError, ApiResult},
    network::Network,
    paging::PageRequest,
};
use contract::{
    ids::{Timestamp, TokenId},
    page::Page,
    permission::Permission,
    problem::InvalidCode,
    tokens::{ApiToken, ApiTokenChange, NewApiToken},
};
use diesel::prelude::*;

/// Letters of a name.
const LONGEST_NAME: usize = 100;
/// Networks of a token.
const MOST_NETWORKS: usize = 50;
/// Tokens of one user.
const MOST_TOKENS: i64 = 100;

/// What a token is to be, checked.
pub(super) struct Checked {
    name: String,
    scopes: String,
    domain_id: Option<i64>,
    networks: String,
    expires_at: Option<i64>,
}

impl Checked {
    /// Checks a new token of the caller's.
    pub(super) fn new(conn: &mut Conn, caller: &Caller, new: NewApiToken, now: i64) -> ApiResult<Self> {
        let domain_id = match &new.domain {
            Some(name) => {
                let domain = scope::find_domain(conn, name)?.filter(|it| caller.reach.has_domain(it));
                let domain = domain.ok_or_else(|| ApiError::invalid("/domain", InvalidCode::NotFound))?;
                Some(domain.id)
            }
            None => None,
        };
        Ok(Self {
            name: checked_name(&new.name)?,
            scopes: checked_scopes(caller, &new.scopes)?,
            domain_id,
            networks: checked_networks(&new.networks)?,
            expires_at: checked_end(new.expires_at.as_ref(), now)?,
        })
    }

    /// Checks a change of a token of the caller's; its domain stays.
    pub(super) fn changed(
        caller: &Caller,
        token: &ApiToken,
        change: ApiTokenChange,
        now: i64,
    ) -> ApiResult<Self> {
        let kept = |scopes: &[Permission]| scopes.iter().map(|one| one.name()).collect::<Vec<_>>().join(",");
        Ok(Self {
            name: checked_name(&change.name.unwrap_or_else(|| token.name.clone()))?,
            scopes: match &change.scopes {
                Some(scopes) => checked_scopes(caller, scopes)?,
                None => kept(&token.scopes),
            },
            domain_id: None,
            networks: checked_networks(change.networks.as_ref().unwrap_or(&token.networks))?,
            expires_at: match &change.expires_at {
                Some(end) => checked_end(end.as_ref(), now)?,
                None => token.expires_at.as_ref().and_then(|end| unix_millis(&end.0)),
            },
        })
    }
}

fn checked_name(name: &str) -> ApiResult<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(ApiError::invalid("/name", InvalidCode::Characters));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(ApiError::invalid("/name", InvalidCode::TooLong));
    }
    Ok(name.to_owned())
}

/// Nobody gives away what they lack (P5).
fn checked_scopes(caller: &Caller, wanted: &[Permission]) -> ApiResult<String> {
    if wanted.is_empty() {
        return Err(ApiError::invalid("/scopes", InvalidCode::Required));
    }
    if let Some(place) = wanted.iter().position(|permission| !caller.may(*permission)) {
        return Err(ApiError::invalid(format!("/scopes/{place}"), InvalidCode::NotGranted));
    }
    let mut names: Vec<&str> = wanted.iter().map(|permission| permission.name()).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.join(","))
}

fn checked_networks(networks: &[String]) -> ApiResult<String> {
    if networks.len() > MOST_NETWORKS {
        return Err(ApiError::invalid("/networks", InvalidCode::TooLong));
    }
    if let Some(place) = networks.iter().position(|text| text.parse::<Network>().is_err()) {
        return Err(ApiError::invalid(format!("/networks/{place}"), InvalidCode::NotAnAddress));
    }
    Ok(networks.iter().map(|text| text.trim()).collect::<Vec<_>>().join(","))
}

fn checked_end(end: Option<&Timestamp>, now: i64) -> ApiResult<Option<i64>> {
    let Some(end) = end else { return Ok(None) };
    let millis =
        unix_millis(&end.0).ok_or_else(|| ApiError::invalid("/expires_at", InvalidCode::NotATime))?;
    if millis <= now {
        Err(ApiError::invalid("/expires_at", InvalidCode::OutOfRange))
    } else {
        Ok(Some(millis))
    }
}

/// A page of a list of tokens.
pub(super) fn page_of(limit: Option<u32>, cursor: Option<&str>) -> ApiResult<PageRequest> {
    PageRequest::new(limit, cursor, "api_tokens:-id")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
struct Row {
    id: String,
    name: String,
    hint: String,
    scopes: String,
    networks: String,
    expires_at: Option<i64>,
    created_at: i64,
    last_used_at: Option<i64>,
    last_used_ip: Option<String>,
}

type RowOfDomain = (Row, Option<String>);

fn told((row, domain): RowOfDomain) -> ApiToken {
    ApiToken {
        id: TokenId(row.id),
        name: row.name,
        hint: row.hint,
        scopes: scopes(&row.scopes).into_iter().collect(),
        domain,
        networks: row.networks.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        expires_at: row.expires_at.map(timestamp),
        created_at: timestamp(row.created_at),
        last_used_at: row.last_used_at.map(timestamp),
        last_used_ip: row.last_used_ip,
    }
}

/// A page of the user's tokens.
pub(super) fn list(conn: &mut Conn, user: &str, page: &PageRequest) -> ApiResult<Page<ApiToken>> {
    let mut rows = api_tokens::table
        .left_join(domains::table)
        .filter(api_tokens::user_id.eq(user.to_owned()))
        .select((Row::as_select(), domains::name.nullable()))
        .into_boxed();
    if let Some([id]) = page.key()? {
        rows = match page.is_backwards() {
            true => rows.filter(api_tokens::id.gt(id.clone())),
            false => rows.filter(api_tokens::id.lt(id.clone())),
        };
    }
    rows = match page.is_backwards() {
        true => rows.order(api_tokens::id.asc()),
        false => rows.order(api_tokens::id.desc()),
    };
    let rows: Vec<RowOfDomain> = rows.limit(page.rows()).load(conn)?;
    Ok(page.page(rows, |(row, _)| vec![row.id.clone()], told, None))
}

/// One token of the caller's.
pub(super) fn find(conn: &mut Conn, caller: &Caller, id: &str) -> ApiResult<ApiToken> {
    let own = api_tokens::table
        .left_join(domains::table)
        .filter(api_tokens::id.eq(id))
        .filter(api_tokens::user_id.eq(&caller.id.0));
    Ok(told(own.select((Row::as_select(), domains::name.nullable())).first(conn)?))
}

/// Writes a new token of the caller's.
pub(super) fn insert(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    new: &Checked,
    secret: &str,
) -> ApiResult<ApiToken> {
    let own = api_tokens::table.filter(api_tokens::user_id.eq(&caller.id.0));
    if own.count().get_result::<i64>(conn)? >= MOST_TOKENS {
        return Err(ApiError::new(contract::problem::ErrorCode::LimitReached));
    }
    let id: TokenId = clock.new_id();
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(&id.0),
            api_tokens::user_id.eq(&caller.id.0),
            api_tokens::name.eq(&new.name),
            api_tokens::token_hash.eq(token::hash(secret)),
            api_tokens::hint.eq(hint(secret)),
            api_tokens::scopes.eq(&new.scopes),
            api_tokens::domain_id.eq(new.domain_id),
            api_tokens::networks.eq(&new.networks),
            api_tokens::expires_at.eq(new.expires_at),
            api_tokens::created_at.eq(clock.now()),
        ))
        .execute(conn)?;
    find(conn, caller, &id.0)
}

/// Writes a change.
pub(super) fn update(conn: &mut Conn, id: &str, new: &Checked) -> ApiResult<()> {
    diesel::update(api_tokens::table.find(id))
        .set((
            api_tokens::name.eq(&new.name),
            api_tokens::scopes.eq(&new.scopes),
            api_tokens::networks.eq(&new.networks),
            api_tokens::expires_at.eq(new.expires_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// The old secret is worth nothing from now on.
pub(super) fn replace_secret(conn: &mut Conn, id: &str, secret: &str) -> ApiResult<()> {
    let new = (api_tokens::token_hash.eq(token::hash(secret)), api_tokens::hint.eq(hint(secret)));
    diesel::update(api_tokens::table.find(id)).set(new).execute(conn)?;
    Ok(())
}

/// Removes a token.
pub(super) fn remove(conn: &mut Conn, id: &str) -> ApiResult<()> {
    diesel::delete(api_tokens::table.find(id)).execute(conn)?;
    Ok(())
}

fn hint(secret: &str) -> String {
    secret.chars().skip(secret.chars().count().saturating_sub(4)).collect()
}

impl CsvRow for ApiToken {
    const HEAD: &'static [&'static str] = &[
        "id",
        "name",
        "scopes",
        "domain",
        "networks",
        "expires_at",
        "created_at",
        "last_used_at",
        "last_used_ip",
    ];
    fn cells(self) -> Vec<String> {
        let text = |time: Option<Timestamp>| time.map(|time| time.0).unwrap_or_default();
        vec![
            self.id.0,
            self.name,
            self.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" "),
            self.domain.unwrap_or_default(),
            self.networks.join(" "),
            text(self.expires_at),
            self.created_at.0,
            text(self.last_used_at),
            self.last_used_ip.unwrap_or_default(),
        ]
    }
}
