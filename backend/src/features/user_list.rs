//! Users as they are listed: what is looked for, in which order, and what their rows stand for.

use super::{
    log_search_query::{check_text, names},
    resellers,
};
use crate::{
    access::{
        Caller, Granted,
        scope::{self, Reach},
    },
    clock::timestamp,
    csv_list::CsvRow,
    db::{Backend, Conn, portable, schema::users},
    error::{ApiError, ApiResult},
    paging::{self, PageRequest},
};
use contract::{
    ids::UserId,
    page::Page,
    permission::Role,
    problem::InvalidCode,
    users::{User, UserQuery, view_permission},
};
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Row {
    id: String,
    username: String,
    role: String,
    reseller_id: Option<i64>,
    domain_id: Option<i64>,
    is_active: bool,
    created_at: i64,
    last_login_at: Option<i64>,
    display_name: Option<String>,
    email: Option<String>,
}

/// What is looked for, checked.
pub(super) struct Search {
    reach: Granted<Reach>,
    query: UserQuery,
    roles: Vec<&'static str>,
    domain: Option<i64>,
    reseller: Option<i64>,
    is_by_time: bool,
    is_descending: bool,
}

impl Search {
    pub(super) fn new(
        conn: &mut Conn,
        caller: &Caller,
        reach: Granted<Reach>,
        query: UserQuery,
    ) -> ApiResult<Self> {
        check_text(query.search.as_deref(), "?search")?;
        let wanted = names(query.role.as_deref(), "?role", |name| {
            Role::from_name(name).filter(|role| *role != Role::Guest).map(Role::name)
        })?;
        let roles = Role::ALL.into_iter().filter(|role| *role != Role::Guest);
        let roles = roles.filter(|role| caller.may(view_permission(*role))).map(Role::name);
        let roles = roles.filter(|role| wanted.is_empty() || wanted.contains(role)).collect();
        // What is not there has no users; what is out of reach has none here, since the reach holds besides.
        let domain = match &query.domain {
            Some(name) => Some(scope::find_domain(conn, name)?.map_or(-1, |domain| domain.id)),
            None => None,
        };
        let reseller = match &query.reseller {
            Some(slug) => Some(scope::find_reseller(conn, slug)?.map_or(-1, |reseller| reseller.id)),
            None => None,
        };
        let sort = query.sort.as_deref().unwrap_or("username");
        let (field, is_descending) = sort.strip_prefix('-').map_or((sort, false), |field| (field, true));
        let is_by_time = match field {
            "username" => false,
            "created_at" => true,
            _ => return Err(ApiError::invalid("?sort", InvalidCode::UnknownChoice)),
        };
        Ok(Self { reach, roles, domain, reseller, is_by_time, is_descending, query })
    }

    pub(super) fn page_request(&self, limit: Option<u32>, cursor: Option<&str>) -> ApiResult<PageRequest> {
        let order = format!("users:{}", self.query.sort.as_deref().unwrap_or("username"));
        PageRequest::new(limit, cursor, &order)
    }

    fn found(&self) -> users::BoxedQuery<'static, Backend> {
        let mut rows = self.reach.target().users().filter(users::role.eq_any(self.roles.clone()));
        if let Some(id) = self.domain {
            rows = rows.filter(users::domain_id.eq(id));
        }
        if let Some(id) = self.reseller {
            rows = rows.filter(users::reseller_id.eq(id));
        }
        if let Some(is_active) = self.query.is_active {
            rows = rows.filter(users::is_active.eq(is_active));
        }
        match self.query.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => rows.filter(users::username.like(portable::part_of(text)).escape('\\')),
            None => rows,
        }
    }

    pub(super) fn page(
        &self,
        conn: &mut Conn,
        page: &PageRequest,
        is_counted: bool,
    ) -> ApiResult<Page<User>> {
        let falls = self.is_descending != page.is_backwards();
        let rows = if self.is_by_time { self.by_time(page, falls)? } else { self.by_name(page, falls)? };
        let rows: Vec<Row> = rows.select(Row::as_select()).limit(page.rows()).load(conn)?;
        let names = Names::of(conn, &rows)?;
        let total = match is_counted {
            true => {
                let found = self.found().select(users::id).limit(paging::count_limit());
                let ids: Vec<String> = found.load(conn)?;
                Some(paging::total(i64::try_from(ids.len()).unwrap_or(i64::MAX)))
            }
            false => None,
        };
        let key = |row: &Row| match self.is_by_time {
            true => vec![row.created_at.to_string(), row.username.clone()],
            false => vec![row.username.clone()],
        };
        Ok(page.page(rows, key, |row| names.user(row), total))
    }

    fn by_name(&self, page: &PageRequest, falls: bool) -> ApiResult<users::BoxedQuery<'static, Backend>> {
        let rows = match page.key()? {
            None => self.found(),
            Some([name]) if falls => self.found().filter(users::username.lt(name.clone())),
            Some([name]) => self.found().filter(users::username.gt(name.clone())),
        };
        Ok(if falls { rows.order(users::username.desc()) } else { rows.order(users::username.asc()) })
    }

    fn by_time(&self, page: &PageRequest, falls: bool) -> ApiResult<users::BoxedQuery<'static, Backend>> {
        use users::{created_at, username};
        let rows = match page.key()? {
            None => self.found(),
            Some([at, last]) => {
                let (at, last) = (PageRequest::number(at)?, last.clone());
                let same = created_at.eq(at);
                match falls {
                    true => self.found().filter(created_at.lt(at).or(same.and(username.lt(last)))),
                    false => self.found().filter(created_at.gt(at).or(same.and(username.gt(last)))),
                }
            }
        };
        Ok(match falls {
            true => rows.order((created_at.desc(), username.desc())),
            false => rows.order((created_at.asc(), username.asc())),
        })
    }
}

/// What the ids of rows stand for; looked up once a page.
struct Names {
    domains: HashMap<i64, scope::Domain>,
    slugs: HashMap<i64, String>,
}

impl Names {
    fn of(conn: &mut Conn, rows: &[Row]) -> ApiResult<Self> {
        let domains = scope::find_domains(conn, rows.iter().filter_map(|row| row.domain_id))?;
        let owners = rows.iter().map(|row| row.reseller_id);
        let owners = owners.chain(domains.iter().map(|domain| domain.reseller_id)).flatten();
        let slugs = resellers::slugs(conn, owners)?;
        Ok(Self { domains: domains.into_iter().map(|domain| (domain.id, domain)).collect(), slugs })
    }

    fn user(&self, row: Row) -> User {
        let domain = row.domain_id.and_then(|id| self.domains.get(&id));
        let owner = row.reseller_id.or_else(|| domain.and_then(|domain| domain.reseller_id));
        User {
            id: UserId(row.id),
            username: row.username,
            role: Role::from_name(&row.role).unwrap_or(Role::Guest),
            reseller: owner.and_then(|id| self.slugs.get(&id).cloned()),
            domain: domain.map(|domain| domain.name.clone()),
            display_name: row.display_name,
            email: row.email,
            is_active: row.is_active,
            last_login_at: row.last_login_at.map(timestamp),
            created_at: timestamp(row.created_at),
        }
    }
}

/// One user.
pub(super) fn read(conn: &mut Conn, id: &str) -> ApiResult<User> {
    let row: Row = users::table.find(id).select(Row::as_select()).first(conn)?;
    Ok(Names::of(conn, std::slice::from_ref(&row))?.user(row))
}

impl CsvRow for User {
    const HEAD: &'static [&'static str] = &[
        "username",
        "role",
        "domain",
        "reseller",
        "display_name",
        "email",
        "is_active",
        "last_login_at",
        "created_at",
    ];
    fn cells(self) -> Vec<String> {
        vec![
            self.username,
            self.role.name().to_owned(),
            self.domain.unwrap_or_default(),
            self.reseller.unwrap_or_default(),
            self.display_name.unwrap_or_default(),
            self.email.unwrap_or_default(),
            self.is_active.to_string(),
            self.last_login_at.map(|at| at.0).unwrap_or_default(),
            self.created_at.0,
        ]
    }
}
