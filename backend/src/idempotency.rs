//! `Idempotency-Key`: a request that is sent again, since its answer was lost, is answered again and not done again.
//! The first answer is kept for a day, sealed, since it may hold a secret; what a program that was killed had begun
//! is free again after its lease.

use crate::{
    access::{Caller, credential::Credential, seal::Seal},
    clock::Clock,
    db::{Conn, Db, schema::idempotency_keys as keys},
    error::{ApiError, ApiResult},
    frame,
    input::{BODY_LIMIT, collect},
};
use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody, to_bytes},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web::{Bytes, Data},
};
use contract::problem::ErrorCode;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// The name of the header.
pub const HEADER: &str = "idempotency-key";
/// How long an answer is kept.
const KEPT_MILLIS: i64 = 86_400_000;
/// How long a request may be worked on; longer than the database lets any statement run.
const LEASE_MILLIS: i64 = 90_000;
/// The largest answer that is kept, in bytes.
const LARGEST: u64 = 64 * 1024;
/// Letters of a key.
const LONGEST: usize = 200;
/// Rows that end in one transaction.
const ROWS: i64 = 500;

/// Whose key it is, and what was asked with it.
#[derive(Clone, Debug)]
struct Asked {
    owner: String,
    key: String,
    request_hash: String,
}

/// What is to be done with a request.
enum Turn {
    /// It is the first.
    First,
    /// It was answered.
    Again(Kept),
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = keys)]
struct Kept {
    request_hash: String,
    status: Option<i32>,
    content_type: Option<String>,
    sealed_answer: Option<String>,
    lease_until: i64,
}

/// Answers a request that was answered before as it was then.
pub async fn once(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_keyed = *request.method() == Method::POST
        && request.headers().contains_key(HEADER)
        && request.path().starts_with("/api/v1/")
        // Who signs in is not known before.
        && !["sessions", "node/", "password-recoveries"]
            .iter()
            .any(|area| request.path().trim_start_matches("/api/v1/").starts_with(area));
    if !is_keyed {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let begun = begin(&mut request).await;
    let (asked, turn) = match begun {
        Ok(begun) => begun,
        Err(error) => return Ok(refused(request, &error)),
    };
    match turn {
        Turn::Again(kept) => {
            let answer = replay(request.request(), &asked, kept);
            Ok(match answer {
                Ok(answer) => request.into_response(answer),
                Err(error) => refused(request, &error),
            })
        }
        Turn::First => {
            let answer = next.call(request).await?.map_into_boxed_body();
            keep(answer, &asked).await
        }
    }
}

fn refused(request: ServiceRequest, error: &ApiError) -> ServiceResponse<BoxBody> {
    let document = frame::document(request.request(), error);
    request.into_response(document)
}

fn service<T: 'static>(request: &HttpRequest) -> ApiResult<Data<T>> {
    let found = request.app_data::<Data<T>>().cloned();
    found.ok_or_else(|| ApiError::internal(format!("{} is not set up", std::any::type_name::<T>())))
}

/// Says whose turn it is: the caller is known, and the whole request is read.
async fn begin(request: &mut ServiceRequest) -> ApiResult<(Asked, Turn)> {
    let caller = Caller::extract(request.request()).await?;
    let value = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    let key =
        value.filter(|key| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|it| it.is_ascii_graphic()));
    let key = key.map(str::to_owned).ok_or_else(|| {
        ApiError::because(ErrorCode::BadRequest, "Idempotency-Key takes 1 to 200 letters, digits and signs")
    })?;
    let mut payload = request.take_payload();
    let body = collect(&mut payload, BODY_LIMIT).await?;
    let mut hash = Sha256::new();
    hash.update(request.path().as_bytes());
    hash.update([0]);
    hash.update(request.query_string().as_bytes());
    hash.update([0]);
    hash.update(&body);
    // A token sees what it asked for itself, not what its owner did.
    let owner = match caller.credential {
        Credential::Session { .. } => caller.id.0,
        Credential::Token { id, .. } => id.0,
    };
    let asked = Asked { owner, key, request_hash: format!("{:x}", hash.finalize()) };
    request.set_payload(Payload::from(body));
    let (db, clock) = (service::<Db>(request.request())?, service::<Clock>(request.request())?);
    let (now, wanted) = (clock.now(), asked.clone());
    let turn =
        db.append(move |conn| take_turn(conn, &wanted, now)).await.map_err(|error| match error.code {
            // Another one of the same key was first by a moment.
            ErrorCode::AlreadyExists => running(1),
            _ => error,
        })?;
    Ok((asked, turn))
}

fn running(seconds: u64) -> ApiError {
    ApiError { retry_after: Some(seconds), ..ApiError::new(ErrorCode::IdempotencyRunning) }
}

fn take_turn(conn: &mut Conn, asked: &Asked, now: i64) -> ApiResult<Turn> {
    let own = keys::table.find((&asked.owner, &asked.key));
    diesel::delete(own.filter(keys::created_at.le(now - KEPT_MILLIS))).execute(conn)?;
    let Some(kept) = own.select(Kept::as_select()).first::<Kept>(conn).optional()? else {
        let row = (
            keys::owner.eq(&asked.owner),
            keys::key.eq(&asked.key),
            keys::request_hash.eq(&asked.request_hash),
            keys::created_at.eq(now),
            keys::lease_until.eq(now + LEASE_MILLIS),
        );
        diesel::insert_into(keys::table).values(row).execute(conn)?;
        return Ok(Turn::First);
    };
    if kept.request_hash != asked.request_hash {
        return Err(ApiError::new(ErrorCode::IdempotencyKeyReused));
    }
    if kept.status.is_some() {
        return Ok(Turn::Again(kept));
    }
    let free = own.filter(keys::lease_until.le(now)).filter(keys::status.is_null());
    let taken = diesel::update(free).set(keys::lease_until.eq(now + LEASE_MILLIS)).execute(conn)?;
    let wait = u64::try_from((kept.lease_until - now) / 1000).unwrap_or_default().clamp(1, 5);
    if taken == 1 { Ok(Turn::First) } else { Err(running(wait)) }
}

/// The first answer once more.
fn replay(request: &HttpRequest, asked: &Asked, kept: Kept) -> ApiResult<HttpResponse> {
    let status = kept.status.and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    let mut answer = HttpResponse::build(status);
    answer.insert_header(("idempotent-replayed", "true"));
    if let Some(kind) = kept.content_type {
        answer.insert_header((header::CONTENT_TYPE, kind));
    }
    match kept.sealed_answer {
        Some(sealed) => Ok(answer.body(service::<Seal>(request)?.open(&purpose(asked), &sealed)?)),
        None => Ok(answer.finish()),
    }
}

fn purpose(asked: &Asked) -> String {
    format!("answer {} {}", asked.owner, asked.key)
}

/// Keeps the answer; one that says to come back later is none.
async fn keep(answer: ServiceResponse<BoxBody>, asked: &Asked) -> Result<ServiceResponse<BoxBody>, Error> {
    let (db, seal) = (service::<Db>(answer.request())?, service::<Seal>(answer.request())?);
    let status = answer.status();
    let is_final = !status.is_server_error() && !matches!(status.as_u16(), 401 | 409 | 429);
    let kind =
        answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let is_small = match answer.response().body().size() {
        BodySize::None => true,
        BodySize::Sized(bytes) => bytes <= LARGEST,
        BodySize::Stream => false,
    };
    let (request, response) = answer.into_parts();
    let (response, sealed) = if is_final && is_small {
        let (response, body) = response.into_parts();
        let bytes = to_bytes(body).await.unwrap_or_else(|_| Bytes::new());
        let sealed = seal.close(&purpose(asked), &bytes)?;
        (response.set_body(BoxBody::new(bytes)), Some(sealed))
    } else {
        (response, None)
    };
    let (owner, key) = (asked.owner.clone(), asked.key.clone());
    db.append(move |conn| {
        let own = keys::table.find((owner, key));
        if !is_final {
            diesel::delete(own).execute(conn)?;
            return Ok(());
        }
        let done = (
            keys::status.eq(i32::from(status.as_u16())),
            keys::content_type.eq(kind),
            keys::sealed_answer.eq(sealed),
        );
        diesel::update(own).set(done).execute(conn)?;
        Ok(())
    })
    .await?;
    Ok(ServiceResponse::new(request, response))
}

/// Removes answers that are over; whether there may be more.
pub(crate) fn end_old(conn: &mut Conn, now: i64) -> ApiResult<bool> {
    let old: Vec<(String, String)> = keys::table
        .filter(keys::created_at.le(now - KEPT_MILLIS))
        .select((keys::owner, keys::key))
        .limit(ROWS)
        .load(conn)?;
    for (owner, key) in &old {
        diesel::delete(keys::table.find((owner, key))).execute(conn)?;
    }
    Ok(!old.is_empty())
}
