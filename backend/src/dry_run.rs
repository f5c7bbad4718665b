//! `?dry_run=true`: a change is tried, answered as if it had been made, and taken back. One mechanism for every
//! operation that changes something: the database takes the transaction back, and nobody is told.

use actix_web::{
    dev::ServiceRequest,
    http::{Method, Uri},
};
use std::future::Future;

/// The header of an answer to a trial.
pub const HEADER: &str = "x-dry-run";

/// Whose changes are not the database's alone, or are about who asks: they are not tried. An import has a trial of
/// its own.
const NOT_TRIED: [&str; 4] =
    ["/api/v1/sessions", "/api/v1/me", "/api/v1/password-recoveries", "/api/v1/node/"];

tokio::task_local! {
    static TRIAL: ();
}

/// Whether what this request does is taken back.
pub fn is_on() -> bool {
    TRIAL.try_with(|()| ()).is_ok()
}

/// Does it as a trial.
pub async fn within<F: Future>(work: F) -> F::Output {
    TRIAL.scope((), work).await
}

/// Whether the request asks for a trial; its parameter is taken out, so that no operation has to know it.
pub fn is_wanted(request: &mut ServiceRequest) -> bool {
    let path = request.path();
    let is_change = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    let is_tried = is_change
        && path.starts_with("/api/v1/")
        && !path.ends_with("/import")
        && !path.ends_with("/sessions")
        && !NOT_TRIED.iter().any(|area| path.starts_with(area));
    if !is_tried || request.query_string() != "dry_run=true" {
        return false;
    }
    let Ok(bare) = path.parse::<Uri>() else { return false };
    request.head_mut().uri = bare.clone();
    request.match_info_mut().get_mut().update(&bare);
    true
}
