//! Versions of single resources: the `ETag` of an answer, and the `If-Match` that a change may carry so that it
//! does not undo somebody else's (RFC 9110 §13.1.1).

use crate::error::{ApiError, ApiResult};
use actix_web::{HttpRequest, http::header};
use contract::problem::ErrorCode;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The version of a resource: the hash of what is answered.
pub fn of(resource: &impl Serialize) -> ApiResult<String> {
    let json = serde_json::to_vec(resource).map_err(ApiError::internal)?;
    let hash: String = Sha256::digest(json).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("\"{hash}\""))
}

/// The versions that a request insists on, if any.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// What this request insists on.
    pub fn of(request: &HttpRequest) -> Self {
        let value = request.headers().get(header::IF_MATCH);
        Self(value.map(|value| value.to_str().unwrap_or_default().to_owned()))
    }

    /// No condition.
    pub const fn none() -> Self {
        Self(None)
    }

    /// 412 if the resource is another version now.
    pub fn check(&self, current: &impl Serialize) -> ApiResult<()> {
        let Some(wanted) = &self.0 else { return Ok(()) };
        let tag = of(current)?;
        let is_same = wanted.split(',').map(str::trim).any(|one| one == "*" || one == tag);
        if is_same { Ok(()) } else { Err(ApiError::new(ErrorCode::VersionMismatch)) }
    }
}
