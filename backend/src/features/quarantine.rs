//! The quarantine as lists and as messages (QUA-01 … QUA-21). What is done with held messages is in
//! `quarantine_actions.rs`.
//!
//! Rows come from the nodes, content from the object store. Every look at a message's content is audited before
//! it is shown (P20); lists hold no content.

use super::{
    held_row::HeldRow,
    log_search::DetailRow,
    message_content::{MessageContent, content_disposition, header_block_length},
    quarantine_query::{Level, QuarantineSearch},
};
use crate::{
    access::{
        Caller, Granted,
        scope::{Reach, domain_names},
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    csv_list::{self, CsvRow},
    db::{Conn, Db, schema},
    error::{ApiError, ApiResult},
    input::Params,
    paging::PageRequest,
    storage::{BodyKey, Storage, StorageError},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    web::{Bytes, Data, Json, Path},
};
use contract::{
    messages::{Classification, QuarantineItem, QuarantineMessage, QuarantineQuery, RawQuery},
    page::Page,
    permission::Permission::{QuarantineRead, QuarantineRelease, QuarantineReleaseVirus, QuarantineView},
    problem::{ErrorCode, InvalidCode, Problem},
};
use diesel::prelude::*;
use futures_util::StreamExt;
use std::sync::LazyLock;
use tokio::sync::Semaphore;
use utoipa_actix_web::service_config::ServiceConfig;

/// The largest message that is taken apart for reading: 200 MiB, the most a node may send.
pub(super) const MAX_MESSAGE_BYTES: u64 = 200 * 1024 * 1024;
/// The header block is looked for in this many bytes.
const MAX_HEADER_BYTES: usize = 1024 * 1024;
/// Messages taken apart at the same time: each can take some times its size of memory.
static READERS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(3));

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_quarantine)
        .service(list_domain_quarantine)
        .service(get_quarantined)
        .service(get_quarantined_raw)
        .service(get_attachment);
}

/// The held messages in reach (QUA-01).
#[utoipa::path(tag = "quarantine", params(QuarantineQuery),
    responses((status = 200, description = "Found; with `Accept: text/csv` the whole list", content((Page<QuarantineItem> = "application/json"), (String = "text/csv"))), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/quarantine")]
async fn list_quarantine(
    caller: Caller,
    Params(query): Params<QuarantineQuery>,
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
) -> ApiResult<HttpResponse> {
    let granted = caller.everything(QuarantineView)?;
    list(&caller, &granted, query, &request, (db, clock)).await
}

/// The held messages of a domain (QUA-01).
#[utoipa::path(tag = "quarantine", params(QuarantineQuery),
    responses((status = 200, description = "Found; with `Accept: text/csv` the whole list", content((Page<QuarantineItem> = "application/json"), (String = "text/csv"))), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/domains/{domain}/quarantine")]
async fn list_domain_quarantine(
    caller: Caller,
    domain: Path<String>,
    Params(query): Params<QuarantineQuery>,
    request: HttpRequest,
    services: (Data<Db>, Data<Clock>),
) -> ApiResult<HttpResponse> {
    let asker = caller.clone();
    let granted = services.0.run(move |conn| asker.within(conn, &domain, QuarantineView)).await?;
    list(&caller, &granted, query, &request, services).await
}

async fn list(
    caller: &Caller,
    granted: &Granted<Reach>,
    query: QuarantineQuery,
    request: &HttpRequest,
    (db, clock): (Data<Db>, Data<Clock>),
) -> ApiResult<HttpResponse> {
    let (limit, cursor, is_counted) = (query.limit, query.cursor.clone(), query.count == Some(true));
    let search = QuarantineSearch::new(granted.target().clone(), Level::of(caller), query, clock.now())?;
    let page = PageRequest::new(limit, cursor.as_deref(), &search.order())?;
    if csv_list::is_wanted(request) {
        let actor = Actor::from(caller);
        db.change(move |conn| {
            audit::record(conn, &clock, &actor, Entry { action: "export_quarantine", ..Entry::default() })
        })
        .await?;
        return Ok(csv_list::stream(db, "quarantine", move |conn, cursor| {
            let page = PageRequest::new(csv_list::PAGE, cursor, &search.order())?;
            search.read(conn, &page, false)
        }));
    }
    let found = db.run(move |conn| search.read(conn, &page, is_counted)).await?;
    Ok(HttpResponse::Ok().json(found))
}

impl CsvRow for QuarantineItem {
    const HEAD: &'static [&'static str] = &[
        "received_at",
        "from",
        "sender",
        "to",
        "recipient",
        "domain",
        "subject",
        "size",
        "classification",
        "score",
        "attachments",
        "expires_at",
        "released_at",
    ];
    fn cells(self) -> Vec<String> {
        vec![
            self.received_at.0,
            self.from,
            if self.sender.is_empty() { "<>".to_owned() } else { self.sender },
            self.to,
            self.recipient,
            self.domain,
            self.subject,
            self.size.to_string(),
            self.classification.name().to_owned(),
            self.score.map(|score| score.to_string()).unwrap_or_default(),
            self.attachments.to_string(),
            self.expires_at.0,
            self.released_at.map(|at| at.0).unwrap_or_default(),
        ]
    }
}

/// One held message (QUA-03, QUA-16). Reading it is audited.
#[utoipa::path(tag = "quarantine",
    responses((status = 200, description = "Found", body = QuarantineMessage), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/domains/{domain}/quarantine/{id}")]
async fn get_quarantined(
    caller: Caller,
    path: Path<(String, i64)>,
    db: Data<Db>,
    clock: Data<Clock>,
    storage: Data<Storage>,
) -> ApiResult<Json<QuarantineMessage>> {
    let (domain, id) = path.into_inner();
    let asker = caller.clone();
    let (row, details, (sender_ip, sender_host), domains) = db
        .change(move |conn| {
            let row = open(conn, &asker, &clock, (&domain, id), "get_quarantined")?;
            let details: DetailRow =
                schema::log_details::table.find(id).select(DetailRow::as_select()).first(conn)?;
            let sender: (String, String) = schema::log::table
                .find((row.domain_id, id))
                .select((schema::log::sender_ip, schema::log::sender_host))
                .first(conn)?;
            let domains = domain_names(conn, [row.domain_id])?;
            Ok((row, details, sender, domains))
        })
        .await?;
    let overview = read(&storage, &row, |content| Some(content.overview())).await?;
    let is_virus = row.classification() == Classification::Virus;
    Ok(Json(QuarantineMessage {
        message_id: row.message_id.clone(),
        sender_ip,
        sender_host,
        item: row.item(&domains),
        headers: overview.headers,
        plain: overview.plain,
        has_html: overview.has_html,
        remote_images: overview.remote_images,
        attached: overview.attached,
        why: details.why(),
        is_releasable: caller.may(QuarantineRelease) && (!is_virus || caller.may(QuarantineReleaseVirus)),
    }))
}

/// The message as it was received, `message/rfc822` (QUA-19).
#[utoipa::path(tag = "quarantine", params(RawQuery),
    responses((status = 200, description = "Found", content_type = "message/rfc822", body = String), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/domains/{domain}/quarantine/{id}/raw")]
async fn get_quarantined_raw(
    caller: Caller,
    path: Path<(String, i64)>,
    Params(query): Params<RawQuery>,
    services: (Data<Db>, Data<Clock>, Data<Storage>),
) -> ApiResult<HttpResponse> {
    let (db, clock, storage) = services;
    if !matches!(query.part.as_deref(), None | Some("headers")) {
        return Err(ApiError::invalid("?part", InvalidCode::UnknownChoice));
    }
    let (domain, id) = path.into_inner();
    let row =
        db.change(move |conn| open(conn, &caller, &clock, (&domain, id), "get_quarantined_raw")).await?;
    let mut body = storage.get(&body_key(&row)?).await.map_err(storage_error)?;
    let mut answer = download("message/rfc822", &format!("{}.eml", row.message_id));
    if query.part.is_none() {
        return Ok(answer.streaming(body));
    }
    let mut start = Vec::new();
    while let Some(chunk) = body.next().await {
        start.extend_from_slice(&chunk.map_err(storage_error)?);
        if start.len() >= MAX_HEADER_BYTES || header_block_length(&start).is_some() {
            break;
        }
    }
    start.truncate(header_block_length(&start).unwrap_or(start.len()));
    Ok(answer.body(Bytes::from(start)))
}

/// One attachment, as a download (QUA-21).
#[utoipa::path(tag = "quarantine",
    responses((status = 200, description = "Found", content_type = "application/octet-stream", body = [u8]), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/domains/{domain}/quarantine/{id}/attachments/{index}")]
async fn get_attachment(
    caller: Caller,
    path: Path<(String, i64, u32)>,
    db: Data<Db>,
    clock: Data<Clock>,
    storage: Data<Storage>,
) -> ApiResult<HttpResponse> {
    let (domain, id, index) = path.into_inner();
    let row = db.change(move |conn| open(conn, &caller, &clock, (&domain, id), "get_attachment")).await?;
    let file = read(&storage, &row, move |content| content.attachment(index)).await?;
    Ok(download("application/octet-stream", &file.name).body(file.content))
}

/// An answer that a browser saves and never shows (P7).
fn download(media_type: &str, name: &str) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(media_type)
        .insert_header((header::CONTENT_DISPOSITION, content_disposition(name)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    answer
}

/// The row of a held message that the caller may read, with the audit row that says so. Call it inside
/// [`Db::change`], before any content is shown.
pub(super) fn open(
    conn: &mut Conn,
    caller: &Caller,
    clock: &Clock,
    (domain, id): (&str, i64),
    action: &str,
) -> ApiResult<HeldRow> {
    use schema::quarantine;
    let granted = caller.within(conn, domain, QuarantineRead)?;
    let row: HeldRow = Level::of(caller)
        .shown_within(granted.target(), clock.now())
        .filter(quarantine::id.eq(id))
        .select(HeldRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(ApiError::not_found)?;
    let target = id.to_string();
    let entry = Entry { action, target: &target, domain_id: Some(row.domain_id), ..Entry::default() };
    audit::record(conn, clock, &Actor::from(caller), entry)?;
    Ok(row)
}

/// Where the content of a held message is stored.
pub(super) fn body_key(row: &HeldRow) -> ApiResult<BodyKey> {
    BodyKey::from_text(&row.body_key).ok_or_else(|| ApiError::new(ErrorCode::ContentNotAvailable))
}

/// Reads a held message and takes it apart on a blocking thread; 404 where `part` finds nothing in it.
pub(super) async fn read<T: Send + 'static>(
    storage: &Storage,
    row: &HeldRow,
    part: impl FnOnce(&MessageContent) -> Option<T> + Send + 'static,
) -> ApiResult<T> {
    let _turn = READERS.acquire().await.map_err(ApiError::internal)?;
    let raw = storage.read(&body_key(row)?, MAX_MESSAGE_BYTES).await.map_err(storage_error)?;
    tokio::task::spawn_blocking(move || part(&MessageContent::new(raw)))
        .await
        .map_err(ApiError::internal)?
        .ok_or_else(ApiError::not_found)
}

/// What a failure of the store means to a client.
pub(super) fn storage_error(error: StorageError) -> ApiError {
    match error {
        StorageError::NotFound => ApiError::new(ErrorCode::ContentNotAvailable),
        StorageError::TooLarge(_) => ApiError::new(ErrorCode::TooLarge),
        StorageError::BrokenOff(_) => ApiError::because(ErrorCode::BadRequest, "the body was cut off"),
        StorageError::BadName | StorageError::Store(_) | StorageError::Damaged(_) => {
            ApiError::internal(error)
        }
    }
}
