//! What nodes report: records of mail, what happened to it afterwards, and the content of held messages.
//!
//! A node's word is taken for what it saw, not for whose it is: the tenant comes from the recipient's address, the
//! record must bear the node's number, and content is kept under the node's own name (S16). Everything can be sent
//! again; it counts once.

use super::{
    node_records_rows::{self as rows, Fresh},
    quarantine::{MAX_MESSAGE_BYTES, storage_error},
    stored_bodies,
};
use crate::{
    access::{CallingNode, scope::Domain},
    clock::Clock,
    db::{
        Db,
        schema::{bodies, log},
    },
    error::{ApiError, ApiResult},
    events::{Announcement, Events},
    input,
    storage::{BodyKey, Storage},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    post, put,
    web::{self, Data, Path},
};
use contract::{
    ids::RecordId,
    nodes::{BatchAnswer, RecordBatch},
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use futures_util::StreamExt;
use std::collections::HashMap;
use utoipa_actix_web::service_config::ServiceConfig;

/// Bytes of a batch: 1000 records with all that is known of them.
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Records and events of a batch.
const BATCH_ENTRIES: usize = 5000;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(add_records).service(put_body);
}

/// Takes records and events.
#[utoipa::path(tag = "node", request_body = RecordBatch, responses((status = 200, body = BatchAnswer, description = "Kept; sending it again changes nothing")))]
#[post("/api/v1/node/records")]
async fn add_records(
    node: CallingNode,
    services: (Data<Db>, Data<Clock>, Data<Events>),
    request: HttpRequest,
    body: web::Payload,
) -> ApiResult<HttpResponse> {
    let (db, clock, events) = services;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.unwrap_or_default().starts_with("application/json") {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType));
    }
    let bytes = input::collect(&mut body.into_inner(), BATCH_BYTES).await?;
    let batch: RecordBatch = input::read_json(&bytes)?;
    let sent = batch.records.len() + batch.events.len();
    if sent > BATCH_ENTRIES {
        return Err(ApiError::new(ErrorCode::TooLarge));
    }
    let now = clock.now();
    let fresh = db.append(move |conn| rows::ingest(conn, &node, batch, now)).await?;
    let added = fresh.added;
    announce(&events, fresh);
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let answer = BatchAnswer { added: count(added), skipped: count(sent.saturating_sub(added)) };
    Ok(HttpResponse::Ok().json(answer))
}

fn announce(events: &Events, fresh: Fresh) {
    let mut logged: HashMap<i64, Vec<(String, RecordId)>> = HashMap::new();
    for (domain, recipient, id) in fresh.logged {
        logged.entry(domain).or_default().push((recipient, RecordId(id)));
    }
    let mut held: HashMap<i64, Vec<String>> = HashMap::new();
    for (domain, recipient) in fresh.held {
        held.entry(domain).or_default().push(recipient);
    }
    let domains: Vec<Domain> = fresh.domains;
    for domain in &domains {
        if let Some(records) = logged.remove(&domain.id) {
            events.announce(Announcement::log(domain, records));
        }
        if let Some(recipients) = held.remove(&domain.id) {
            events.announce(Announcement::quarantine(domain, recipients));
        }
    }
}

/// Takes the content of a held message. Sent before its records.
#[utoipa::path(tag = "node", params(("message" = String, Path, description = "The node's id of the message")), request_body(content = String, content_type = "message/rfc822", description = "The message as received"), responses((status = 204, description = "Kept")))]
#[put("/api/v1/node/bodies/{message}")]
async fn put_body(
    node: CallingNode,
    services: (Data<Db>, Data<Clock>, Data<Storage>),
    path: Path<String>,
    mut body: web::Payload,
) -> ApiResult<HttpResponse> {
    let (db, clock, storage) = services;
    let key = BodyKey { node: node.id.0.clone(), message_id: path.into_inner() };
    if !key.is_valid() {
        return Err(ApiError::invalid("/message", InvalidCode::Characters));
    }
    let (text, message_id, number) = (key.text(), key.message_id.clone(), node.number);
    let is_known = db
        .run(move |conn| {
            let foreign = log::table.filter(log::message_id.eq(&message_id)).filter(log::node.ne(number));
            if diesel::select(diesel::dsl::exists(foreign)).get_result(conn)? {
                return Err(ApiError::not_found());
            }
            Ok(diesel::select(diesel::dsl::exists(bodies::table.find(&text))).get_result::<bool>(conn)?)
        })
        .await?;
    if is_known {
        while body.next().await.is_some_and(|chunk| chunk.is_ok()) {}
        return Ok(HttpResponse::NoContent().finish());
    }
    let size = storage.put(&key, body, MAX_MESSAGE_BYTES).await.map_err(storage_error)?;
    let now = clock.now();
    db.append(move |conn| stored_bodies::keep(conn, &key, size, now)).await?;
    Ok(HttpResponse::NoContent().finish())
}
