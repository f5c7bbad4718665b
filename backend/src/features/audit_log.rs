//! The audit log as people read it: newest first, within their reach. Rows come from [`crate::audit`] and are only
//! read here.

use super::log_search_query::{check_text, time};
use crate::{
    access::{
        Caller, Granted,
        scope::{self, Reach},
    },
    clock::timestamp,
    csv_list::{self, CsvRow},
    db::{
        Backend, Conn, Db,
        portable::part_of,
        schema::{audit, resellers},
    },
    error::ApiResult,
    input::Params,
    paging::{self, PageRequest},
};
use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use contract::{
    audit::{AuditChange, AuditEntry, AuditQuery},
    page::Page,
    permission::{Permission, Role},
};
use diesel::prelude::*;
use std::collections::HashMap;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit);
}

/// The audit log in reach, the latest entries first.
#[utoipa::path(tag = "audit", params(AuditQuery), responses((status = 200, description = "A page of entries; with `Accept: text/csv` the whole list", content((Page<AuditEntry> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/audit")]
async fn list_audit(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    query: Params<AuditQuery>,
) -> ApiResult<HttpResponse> {
    let reach = caller.everything(Permission::AuditView)?;
    let (limit, cursor, is_counted) = (query.0.limit, query.0.cursor.clone(), query.0.count == Some(true));
    let page = page_of(limit, cursor.as_deref())?;
    let is_csv = csv_list::is_wanted(&request);
    let search = db.run(move |conn| Search::new(conn, &reach, query.0)).await?;
    if is_csv {
        return Ok(csv_list::stream(db, "audit", move |conn, cursor| {
            search.page(conn, &page_of(csv_list::PAGE, cursor)?, false)
        }));
    }
    let found = db.run(move |conn| search.page(conn, &page, is_counted)).await?;
    Ok(HttpResponse::Ok().json(found))
}

fn page_of(limit: Option<u32>, cursor: Option<&str>) -> ApiResult<PageRequest> {
    PageRequest::new(limit, cursor, "audit:-id")
}

/// What is looked for, checked.
struct Search {
    reach: Reach,
    query: AuditQuery,
    since: Option<i64>,
    until: Option<i64>,
    domain: Option<i64>,
}

impl Search {
    fn new(conn: &mut Conn, reach: &Granted<Reach>, query: AuditQuery) -> ApiResult<Self> {
        check_text(query.search.as_deref(), "?search")?;
        let domain = match &query.domain {
            // What is out of reach is as what is not there: nothing is found.
            Some(name) => Some(
                scope::find_domain(conn, name)?
                    .filter(|domain| reach.target().has_domain(domain))
                    .map_or(-1, |domain| domain.id),
            ),
            None => None,
        };
        let (since, until) =
            (time(query.since.as_deref(), "?since")?, time(query.until.as_deref(), "?until")?);
        Ok(Self { reach: reach.target().clone(), query, since, until, domain })
    }

    fn found(&self) -> audit::BoxedQuery<'static, Backend> {
        let mut rows = audit::table.into_boxed();
        rows = match &self.reach {
            Reach::All => rows,
            Reach::Reseller { all, .. } => rows.filter(audit::reseller_id.eq_any(all.clone())),
            Reach::Domain { id } => rows.filter(audit::domain_id.eq(*id)),
            // Nobody else has the permission; if somebody gets it, there is nothing to see.
            Reach::Mailbox { .. } => rows.filter(audit::domain_id.eq(-1)),
        };
        if let Some(id) = self.domain {
            rows = rows.filter(audit::domain_id.eq(id));
        }
        if let Some(actor) = &self.query.actor {
            rows = rows.filter(audit::actor.eq(actor.clone()));
        }
        if let Some(action) = &self.query.action {
            rows = rows.filter(audit::action.eq(action.clone()));
        }
        if let Some(ip) = &self.query.ip {
            rows = rows.filter(audit::ip.eq(ip.trim().to_owned()));
        }
        if let Some(since) = self.since {
            rows = rows.filter(audit::at.ge(since));
        }
        if let Some(until) = self.until {
            rows = rows.filter(audit::at.lt(until));
        }
        match self.query.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => {
                let (actor, target) = (part_of(text), part_of(text));
                let actor = audit::actor.like(actor).escape('\\');
                rows.filter(actor.or(audit::target.like(target).escape('\\')))
            }
            None => rows,
        }
    }

    fn page(&self, conn: &mut Conn, page: &PageRequest, is_counted: bool) -> ApiResult<Page<AuditEntry>> {
        let mut rows = self.found();
        if let Some([id]) = page.key()? {
            let id = PageRequest::number(id)?;
            rows = match page.is_backwards() {
                true => rows.filter(audit::id.gt(id)),
                false => rows.filter(audit::id.lt(id)),
            };
        }
        rows = match page.is_backwards() {
            true => rows.order(audit::id.asc()),
            false => rows.order(audit::id.desc()),
        };
        let rows: Vec<Row> = rows.select(Row::as_select()).limit(page.rows()).load(conn)?;
        let names = Names::of(conn, &rows)?;
        let total = match is_counted {
            true => {
                let ids: Vec<i64> = self.found().select(audit::id).limit(paging::count_limit()).load(conn)?;
                Some(paging::total(i64::try_from(ids.len()).unwrap_or(i64::MAX)))
            }
            false => None,
        };
        Ok(page.page(rows, |row| vec![row.id.to_string()], |row| names.entry(row), total))
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit)]
struct Row {
    id: i64,
    at: i64,
    actor: String,
    role: String,
    ip: String,
    request_id: String,
    action: String,
    target: String,
    reseller_id: Option<i64>,
    domain_id: Option<i64>,
    before: Option<String>,
    after: Option<String>,
    as_user: Option<String>,
}

/// What the ids of the rows stand for; looked up once a page.
struct Names {
    domains: HashMap<i64, String>,
    resellers: HashMap<i64, String>,
}

impl Names {
    fn of(conn: &mut Conn, rows: &[Row]) -> ApiResult<Self> {
        let owners = rows.iter().filter_map(|row| row.reseller_id);
        let resellers = resellers::table
            .filter(resellers::id.eq_any(owners))
            .select((resellers::id, resellers::slug))
            .load::<(i64, String)>(conn)?;
        Ok(Self {
            domains: scope::domain_names(conn, rows.iter().filter_map(|row| row.domain_id))?,
            resellers: resellers.into_iter().collect(),
        })
    }

    fn entry(&self, row: Row) -> AuditEntry {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        AuditEntry {
            id: row.id,
            at: timestamp(row.at),
            actor: row.actor,
            as_user: row.as_user,
            role: Role::from_name(&row.role).unwrap_or(Role::Guest),
            ip: Some(row.ip).filter(|ip| !ip.is_empty()),
            request_id: Some(row.request_id).filter(|id| !id.is_empty()),
            action: row.action,
            target: row.target,
            domain: row.domain_id.and_then(|id| self.domains.get(&id).cloned()),
            reseller: row.reseller_id.and_then(|id| self.resellers.get(&id).cloned()),
            changes: AuditChange::between(json(row.before), json(row.after)),
        }
    }
}

impl CsvRow for AuditEntry {
    const HEAD: &'static [&'static str] = &[
        "at",
        "actor",
        "role",
        "ip",
        "action",
        "target",
        "domain",
        "reseller",
        "changes",
        "request_id",
        "as_user",
    ];
    fn cells(self) -> Vec<String> {
        vec![
            self.at.0,
            self.actor,
            self.role.name().to_owned(),
            self.ip.unwrap_or_default(),
            self.action,
            self.target,
            self.domain.unwrap_or_default(),
            self.reseller.unwrap_or_default(),
            serde_json::to_string(&self.changes).unwrap_or_default(),
            self.request_id.unwrap_or_default(),
            self.as_user.unwrap_or_default(),
        ]
    }
}
