//! What happens within the caller's reach, as server-sent events. The stream is signed in by a cookie of its own,
//! looks again at the session every half minute, and ends with it.

use super::sessions::{EVENTS, parts};
use crate::{
    access::{Caller, Origin, find_caller, token},
    clock::Clock,
    db::{Conn, Db, schema::sessions},
    error::{ApiError, ApiResult},
    events::{Announcement, Events},
    input::{NoParams, Params},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    web::{Bytes, Data},
};
use contract::{events::Event, problem::ErrorCode};
use diesel::prelude::*;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use utoipa_actix_web::service_config::ServiceConfig;

/// How often the stream says that it is alive; at every second time the session is looked at again.
const BEAT: Duration = Duration::from_secs(15);
/// Events that a slow reader may lag behind before the stream ends; the browser connects again.
const BACKLOG: usize = 64;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(listen);
}

/// The events within the caller's reach, as `text/event-stream`.
///
/// Signed in by the cookie `gatepost_events`, since a browser's `EventSource` sends no headers of ours.
#[utoipa::path(tag = "events", responses((status = 200, body = Event, content_type = "text/event-stream", description = "Events, until either side ends it")))]
#[get("/api/v1/events")]
async fn listen(
    request: HttpRequest,
    services: (Data<Db>, Data<Clock>, Data<Events>),
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let (db, clock, events) = services;
    let presented = request.cookie(EVENTS).and_then(|cookie| parts(cookie.value()));
    let (session, secret) = presented.ok_or_else(|| ApiError::new(ErrorCode::NotSignedIn))?;
    // Listen first: what happens while the session is looked up is not missed.
    let news = events.listen();
    let (origin, now) = (Origin::of(&request), clock.now());
    let caller = db
        .run(move |conn| {
            let is_known = sessions::table
                .filter(sessions::id.eq(&session.0))
                .filter(sessions::events_hash.eq(token::hash(&secret)));
            if !diesel::select(diesel::dsl::exists(is_known)).get_result::<bool>(conn)? {
                return Err(ApiError::new(ErrorCode::NotSignedIn));
            }
            let caller = find_caller(conn, &session, now, origin)?;
            caller.demand_second_factor()?;
            Ok(caller)
        })
        .await?;
    let (sender, receiver) = mpsc::channel(BACKLOG);
    actix_web::rt::spawn(serve(caller, db, clock, news, sender));
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|bytes| (Ok::<Bytes, ApiError>(bytes), receiver))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A compressor would hold events back; so would a proxy.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream))
}

/// Writes events until the reader or the session is gone.
async fn serve(
    mut caller: Caller,
    db: Data<Db>,
    clock: Data<Clock>,
    mut news: broadcast::Receiver<Announcement>,
    sender: mpsc::Sender<Bytes>,
) {
    let mut beats = tokio::time::interval(BEAT);
    let mut is_second = false;
    // The first tick is at once: it opens the stream.
    loop {
        tokio::select! {
            _ = beats.tick() => {
                if is_second {
                    match look_again(&db, &clock, caller).await {
                        Some(same) => caller = same,
                        None => return,
                    }
                }
                is_second = !is_second;
                if sender.try_send(Bytes::from_static(b": here\n\n")).is_err() {
                    return;
                }
            }
            heard = news.recv() => {
                let announcement = match heard {
                    Ok(announcement) => announcement,
                    // Missed something: the browser connects again and reads its lists.
                    Err(broadcast::error::RecvError::Lagged(_) | broadcast::error::RecvError::Closed) => return,
                };
                let Some(event) = announcement.heard_by(&caller.id, &caller.reach) else { continue };
                if sender.try_send(written(&event)).is_err() {
                    return;
                }
            }
            () = sender.closed() => return,
        }
    }
}

async fn look_again(db: &Db, clock: &Clock, caller: Caller) -> Option<Caller> {
    let now = clock.now();
    let session = caller.session().ok()?.clone();
    let origin = caller.origin;
    db.run(move |conn: &mut Conn| find_caller(conn, &session, now, origin)).await.ok()
}

fn written(event: &Event) -> Bytes {
    let kind = match event {
        Event::Job { .. } => "job",
        Event::Log { .. } => "log",
        Event::Quarantine { .. } => "quarantine",
        Event::Permissions => "permissions",
        Event::Policy { .. } => "policy",
    };
    let json = serde_json::to_string(event).unwrap_or_default();
    Bytes::from(format!("event: {kind}\ndata: {json}\n\n"))
}
