//! What the panel hears while it is open, as server-sent events.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    ids::{JobId, RecordId},
    jobs::JobState,
};
use serde::{Deserialize, Serialize};

/// Something that happened within the caller's reach. Its SSE event name is its `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// New log records of a domain arrived, or old ones changed.
    Log {
        /// The domain.
        domain: String,
        /// The newest of them.
        newest: RecordId,
        /// How many.
        count: u32,
    },
    /// The quarantine of a domain changed.
    Quarantine {
        /// The domain.
        domain: String,
    },
    /// Long work went on, that one began oneself.
    Job {
        /// The job.
        job: JobId,
        /// How far it is.
        state: JobState,
        /// How many lines there are.
        total: u64,
        /// How many lines were looked at.
        done: u64,
        /// How many of them could not be added.
        failed: u64,
    },
    /// Somebody moved a switch of the permission page: what one may do can be different.
    Permissions,
    /// The settings or routes of a domain changed, or the defaults it inherits (then without a domain).
    Policy {
        /// The domain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        domain: Option<String>,
    },
}

/// The events within the caller's reach, as `text/event-stream`. Signed in by the events cookie, since a
/// browser's `EventSource` sends no headers of ours.
pub static LISTEN: Endpoint<(), (), Event> =
    Endpoint::new("listen", Method::Get, "/api/v1/events", Access::SignedIn);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[&LISTEN.operation];
