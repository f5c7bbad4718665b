//! The log: every recipient of every connection, and what became of it (LOG-01 … LOG-34).
//!
//! Rows come from the nodes (`node_records.rs`) and are only read here. Email users see what was sent to them.

use super::{
    log_search_query::{LogSearch, within},
    quarantine_query::Level,
};
use crate::{
    access::{
        Caller, Granted,
        scope::{Reach, domain_names},
    },
    audit::{self, Actor, Entry},
    clock::{Clock, timestamp},
    csv_list::{self, CsvRow},
    db::{Conn, Db, schema},
    error::{ApiError, ApiResult},
    input::Params,
    paging::{self, PageRequest},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Json, Path},
};
use contract::{
    ids::RecordId,
    messages::{
        Authentication, Classification, EventKind, LogDetail, LogEvent, LogItem, LogQuery, Status, Why,
    },
    page::Page,
    permission::Permission::{LogExport, LogView},
    problem::Problem,
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_log).service(list_domain_log).service(get_log_entry);
}

/// The log entries in reach (LOG-01, LOG-34).
#[utoipa::path(tag = "log", params(LogQuery),
    responses((status = 200, description = "Found; with `Accept: text/csv` the whole list", content((Page<LogItem> = "application/json"), (String = "text/csv"))), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/log")]
async fn list_log(
    caller: Caller,
    Params(query): Params<LogQuery>,
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
) -> ApiResult<HttpResponse> {
    let granted = caller.everything(LogView)?;
    list(caller, granted, query, &request, (db, clock)).await
}

/// The log entries of a domain (LOG-01).
#[utoipa::path(tag = "log", params(LogQuery),
    responses((status = 200, description = "Found; with `Accept: text/csv` the whole list", content((Page<LogItem> = "application/json"), (String = "text/csv"))), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/domains/{domain}/log")]
async fn list_domain_log(
    caller: Caller,
    domain: Path<String>,
    Params(query): Params<LogQuery>,
    request: HttpRequest,
    services: (Data<Db>, Data<Clock>),
) -> ApiResult<HttpResponse> {
    let asker = caller.clone();
    let granted = services.0.run(move |conn| asker.within(conn, &domain, LogView)).await?;
    list(caller, granted, query, &request, services).await
}

/// One log entry (LOG-30).
#[utoipa::path(tag = "log",
    responses((status = 200, description = "Found", body = LogDetail), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/domains/{domain}/log/{id}")]
async fn get_log_entry(
    caller: Caller,
    path: Path<(String, i64)>,
    db: Data<Db>,
    clock: Data<Clock>,
) -> ApiResult<Json<LogDetail>> {
    let (domain, id) = path.into_inner();
    let now = clock.now();
    db.run(move |conn| {
        let granted = caller.within(conn, &domain, LogView)?;
        detail(conn, &granted, id, Level::of(&caller), now)
    })
    .await
    .map(Json)
}

async fn list(
    caller: Caller,
    granted: Granted<Reach>,
    query: LogQuery,
    request: &HttpRequest,
    (db, clock): (Data<Db>, Data<Clock>),
) -> ApiResult<HttpResponse> {
    let (limit, cursor, is_counted) = (query.limit, query.cursor.clone(), query.count == Some(true));
    let now = clock.now();
    let search = LogSearch::new(granted.target().clone(), query, now)?;
    let page = PageRequest::new(limit, cursor.as_deref(), search.order())?;
    let level = Level::of(&caller);
    if csv_list::is_wanted(request) {
        caller.demand(LogExport)?;
        let actor = Actor::from(&caller);
        db.change(move |conn| {
            audit::record(conn, &clock, &actor, Entry { action: "export_log", ..Entry::default() })
        })
        .await?;
        return Ok(csv_list::stream(db, "log", move |conn, cursor| {
            let page = PageRequest::new(csv_list::PAGE, cursor, search.order())?;
            read_page(conn, &search, &page, false, (level, now))
        }));
    }
    let found = db.run(move |conn| read_page(conn, &search, &page, is_counted, (level, now))).await?;
    Ok(HttpResponse::Ok().json(found))
}

impl CsvRow for LogItem {
    const HEAD: &'static [&'static str] = &[
        "received_at",
        "node",
        "message_id",
        "domain",
        "sender_host",
        "sender_ip",
        "sender",
        "recipient",
        "subject",
        "size",
        "size_delivered",
        "classification",
        "status",
        "score",
    ];
    fn cells(self) -> Vec<String> {
        vec![
            self.received_at.0,
            self.node,
            self.message_id,
            self.domain,
            self.sender_host,
            self.sender_ip,
            if self.sender.is_empty() { "<>".to_owned() } else { self.sender },
            self.recipient,
            self.subject,
            self.size.to_string(),
            self.size_delivered.to_string(),
            self.classification.name().to_owned(),
            self.status.name().to_owned(),
            self.score.map(|score| score.to_string()).unwrap_or_default(),
        ]
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = schema::log)]
struct LogRow {
    domain_id: i64,
    id: i64,
    node: i32,
    message_id: String,
    sender: String,
    recipient: String,
    subject: String,
    sender_ip: String,
    sender_host: String,
    size: i64,
    size_delivered: i64,
    classification: String,
    status: String,
    score: Option<f64>,
}

/// What the names in rows stand for; looked up once a page.
struct Names {
    domains: HashMap<i64, String>,
    nodes: HashMap<i32, String>,
    held: HashSet<i64>,
}

impl Names {
    fn of(conn: &mut Conn, rows: &[LogRow], level: Level, now: i64) -> ApiResult<Self> {
        use schema::{nodes, quarantine};
        let nodes: Vec<(i32, String)> = nodes::table.select((nodes::number, nodes::name)).load(conn)?;
        let held: Vec<i64> = level
            .shown(now)
            .filter(quarantine::id.eq_any(rows.iter().map(|row| row.id)))
            .select(quarantine::id)
            .load(conn)?;
        Ok(Self {
            domains: domain_names(conn, rows.iter().map(|row| row.domain_id))?,
            nodes: nodes.into_iter().collect(),
            held: held.into_iter().collect(),
        })
    }

    fn item(&self, row: LogRow) -> LogItem {
        LogItem {
            id: RecordId(row.id),
            received_at: timestamp(RecordId(row.id).unix_millis()),
            node: self.nodes.get(&row.node).cloned().unwrap_or_else(|| row.node.to_string()),
            message_id: row.message_id,
            domain: self.domains.get(&row.domain_id).cloned().unwrap_or_default(),
            sender_host: row.sender_host,
            sender_ip: row.sender_ip,
            sender: row.sender,
            recipient: row.recipient,
            subject: row.subject,
            size: u64::try_from(row.size).unwrap_or_default(),
            size_delivered: u64::try_from(row.size_delivered).unwrap_or_default(),
            classification: Classification::from_name(&row.classification)
                .unwrap_or(Classification::Rejected),
            status: Status::from_name(&row.status).unwrap_or(Status::Rejected),
            score: row.score,
            is_held: self.held.contains(&row.id),
        }
    }
}

fn read_page(
    conn: &mut Conn,
    search: &LogSearch,
    page: &PageRequest,
    is_counted: bool,
    (level, now): (Level, i64),
) -> ApiResult<Page<LogItem>> {
    use schema::log;
    let total = if is_counted {
        let ids: Vec<i64> = search.found().select(log::id).limit(paging::count_limit()).load(conn)?;
        Some(paging::total(i64::try_from(ids.len()).unwrap_or(i64::MAX)))
    } else {
        None
    };
    let mut query = search.found().limit(page.rows());
    let is_ascending = search.is_ascending != page.is_backwards();
    if let Some([id]) = page.key::<1>()? {
        let id = PageRequest::number(id)?;
        query = if is_ascending { query.filter(log::id.gt(id)) } else { query.filter(log::id.lt(id)) };
    }
    query = if is_ascending { query.order(log::id.asc()) } else { query.order(log::id.desc()) };
    let rows: Vec<LogRow> = query.select(LogRow::as_select()).load(conn)?;
    let names = Names::of(conn, &rows, level, now)?;
    Ok(page.page(rows, |row| vec![row.id.to_string()], |row| names.item(row), total))
}

fn detail(
    conn: &mut Conn,
    granted: &Granted<Reach>,
    id: i64,
    level: Level,
    now: i64,
) -> ApiResult<LogDetail> {
    use schema::{log, log_details, log_events};
    let row: LogRow = log::table
        .filter(within(granted.target()))
        .filter(log::id.eq(id))
        .select(LogRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(ApiError::not_found)?;
    let details: DetailRow = log_details::table.find(id).select(DetailRow::as_select()).first(conn)?;
    let events: Vec<(i64, String, String, String, String)> = log_events::table
        .filter(log_events::record_id.eq(id))
        .order(log_events::id.asc())
        .select((log_events::id, log_events::kind, log_events::host, log_events::reply, log_events::actor))
        .load(conn)?;
    let rows = vec![row];
    let names = Names::of(conn, &rows, level, now)?;
    let item = rows.into_iter().next().map(|row| names.item(row)).ok_or_else(ApiError::not_found)?;
    Ok(LogDetail {
        item,
        helo: details.helo.clone(),
        is_encrypted: details.is_encrypted,
        header_from: details.header_from.clone(),
        header_to: details.header_to.clone(),
        reason: details.reason.clone(),
        reply: details.reply.clone(),
        why: details.why(),
        events: events
            .into_iter()
            .filter_map(|(id, kind, host, reply, actor)| {
                let at = timestamp(RecordId(id).unix_millis());
                Some(LogEvent { at, kind: EventKind::from_name(&kind)?, host, reply, actor })
            })
            .collect(),
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = schema::log_details)]
pub(super) struct DetailRow {
    helo: String,
    is_encrypted: bool,
    header_from: String,
    header_to: String,
    reason: Option<String>,
    reply: String,
    unsure_threshold: Option<f64>,
    quarantine_threshold: Option<f64>,
    evidence: String,
    authentication: String,
}

impl DetailRow {
    /// Why a message was judged as it was, the strongest evidence first.
    pub(super) fn why(&self) -> Why {
        let mut evidence: Vec<contract::messages::Evidence> =
            serde_json::from_str(&self.evidence).unwrap_or_default();
        evidence.sort_by(|one, other| other.weight.abs().total_cmp(&one.weight.abs()));
        Why {
            evidence,
            unsure_threshold: self.unsure_threshold,
            quarantine_threshold: self.quarantine_threshold,
            authentication: serde_json::from_str::<Authentication>(&self.authentication).unwrap_or_default(),
        }
    }
}
