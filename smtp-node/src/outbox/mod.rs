//! What the node has to tell the API: records, events, the content of held messages. All of it lies in the spool
//! until the API has acknowledged it, so that neither side's crash nor its absence loses anything. Sending anything
//! again changes nothing.
//!
//! | file | holds |
//! |---|---|
//! | `sender` | sends what waits, in its order |
//! | `aside` | what the API does not take: tried again later, while the rest goes on |

mod aside;
mod sender;

use crate::{
    node::Node,
    spool::{Entry, Handle, SpoolError, record::Kind},
};
use bytes::Bytes;
use contract::nodes::RecordBatch;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, Semaphore};

pub use sender::deliver_reports;

/// Reports that wait in memory for the spool to take them.
const UNKEPT: usize = 1_000;
/// How soon the spool is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// What waits to be told.
pub struct Outbox {
    pending: Mutex<VecDeque<Handle>>,
    set_aside: AtomicUsize,
    unkept: Semaphore,
    added: Notify,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            pending: Mutex::default(),
            set_aside: AtomicUsize::new(0),
            unkept: Semaphore::new(UNKEPT),
            added: Notify::new(),
        }
    }
}

impl Outbox {
    fn pending(&self) -> MutexGuard<'_, VecDeque<Handle>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes committed reports and bodies, in their order; other handles are passed over.
    pub fn push<'a>(&self, handles: impl IntoIterator<Item = &'a Handle>) {
        let told = |handle: &&Handle| matches!(handle.kind(), Kind::Report | Kind::HeldBody);
        self.pending().extend(handles.into_iter().filter(told).cloned());
        self.added.notify_one();
    }

    /// How many reports and bodies wait, with those that are set aside.
    pub fn len(&self) -> usize {
        self.pending().len() + self.set_aside()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many reports and bodies are set aside, because the API does not take them.
    pub fn set_aside(&self) -> usize {
        self.set_aside.load(Ordering::Relaxed)
    }
}

/// An entry of the spool that tells of records and events.
pub fn report(batch: &RecordBatch) -> Entry {
    Entry::Add { kind: Kind::Report, head: json(batch), body: Bytes::new(), file: None }
}

/// Something as JSON octets.
pub fn json<T: serde::Serialize>(value: &T) -> Bytes {
    serde_json::to_vec(value).map(Bytes::from).unwrap_or_default()
}

/// Tells of records and events, durably, without making the caller wait.
pub fn tell(node: &Arc<Node>, batch: RecordBatch) {
    let entry = report(&batch);
    // Enqueued now, so that a node that stops writes it before it ends.
    let writing = node.spool.commit(vec![entry.clone()]);
    let node = node.clone();
    tokio::spawn(async move {
        match writing.await {
            Ok(handles) => node.outbox.push(&handles),
            Err(error) => keep(&node, entry, error).await,
        }
    });
}

/// Tries to keep a report until it is kept; so many at a time that a full disk does not become a full memory.
async fn keep(node: &Node, entry: Entry, mut error: SpoolError) {
    let Ok(_permit) = node.outbox.unkept.try_acquire() else {
        tracing::error!(%error, "a record could not be kept, and too many others wait: it is lost");
        return;
    };
    loop {
        tracing::error!(%error, "a record could not be kept; trying again");
        tokio::time::sleep(AGAIN).await;
        match node.spool.commit(vec![entry.clone()]).await {
            Ok(handles) => return node.outbox.push(&handles),
            Err(again) => error = again,
        }
    }
}
