//! What the node has to tell the API: records, events, the content of held messages. All of it lies in the spool
//! until the API has acknowledged it, so that neither side's crash nor its absence loses anything. Bodies go before
//! the records that name them; sending anything again changes nothing.

use crate::{
    api::{Api, ApiError},
    node::Node,
    spool::{Entry, Handle, record::Kind},
};
use bytes::Bytes;
use contract::nodes::{ADD_RECORDS, PUT_BODY, RecordBatch};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Records and events sent at once.
const BATCH: usize = 500;
/// The longest wait before trying again.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// What waits to be told.
#[derive(Default)]
pub struct Outbox {
    pending: Mutex<VecDeque<Handle>>,
    added: Notify,
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

    /// How many reports and bodies wait.
    pub fn len(&self) -> usize {
        self.pending().len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
    let node = node.clone();
    tokio::spawn(async move {
        match node.spool.commit(vec![report(&batch)]).await {
            Ok(handles) => node.outbox.push(&handles),
            Err(error) => tracing::error!(%error, "a record could not be kept"),
        }
    });
}

/// Sends what waits, as soon as it is there, until the task is dropped.
pub async fn deliver_reports(node: Arc<Node>, api: Api) {
    let mut backoff = Duration::from_millis(200);
    loop {
        let added = node.outbox.added.notified();
        let batch: Vec<Handle> = node.outbox.pending().iter().take(BATCH).cloned().collect();
        if batch.is_empty() {
            added.await;
            continue;
        }
        match send(&node, &api, &batch).await {
            Ok(sent) => {
                node.outbox.pending().drain(..sent);
                let finished = batch.into_iter().take(sent).map(Entry::Finish).collect();
                node.spool.commit_later(finished);
                backoff = Duration::from_millis(200);
            }
            Err(error) => {
                tracing::warn!(%error, waiting = node.outbox.len(), "records were not taken; trying again");
                tokio::time::sleep(backoff).await;
                backoff = (backoff * 2).min(MAX_BACKOFF);
            }
        }
    }
}

/// Sends the beginning of a batch; gives how many of its entries are told.
async fn send(node: &Node, api: &Api, batch: &[Handle]) -> Result<usize, ApiError> {
    let mut records = RecordBatch::default();
    let mut taken = 0;
    for handle in batch {
        if handle.kind() == Kind::HeldBody {
            send_body(node, api, handle).await?;
        } else {
            let Some(more) = read_report(node, handle) else {
                taken += 1;
                continue;
            };
            let count = records.records.len() + records.events.len();
            if count > 0 && count + more.records.len() + more.events.len() > BATCH {
                break;
            }
            records.records.extend(more.records);
            records.events.extend(more.events);
        }
        taken += 1;
    }
    if !records.records.is_empty() || !records.events.is_empty() {
        post(api, records).await?;
    }
    Ok(taken)
}

fn read_report(node: &Node, handle: &Handle) -> Option<RecordBatch> {
    let read = node.spool.read(handle).map_err(|error| error.to_string());
    let batch = read.and_then(|it| serde_json::from_slice(&it.head).map_err(|error| error.to_string()));
    batch.map_err(|error| tracing::error!(error, "a record in the spool cannot be read")).ok()
}

/// Posts records in parts of at most [`BATCH`]. A part that the API will never take is halved until the one that
/// is at fault stands alone; that one is given up, loudly, instead of holding up all others.
async fn post(api: &Api, batch: RecordBatch) -> Result<(), ApiError> {
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let count = part.records.len() + part.events.len();
        let half = if count > BATCH { Some(split(&mut part)) } else { None };
        if let Some(half) = half {
            parts.extend([half, part]);
            continue;
        }
        match api.call(&ADD_RECORDS, &[], &(), &part).await {
            Ok(_) => {}
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) if count <= 1 => tracing::error!(%error, ?part, "the API never takes this record"),
            Err(_) => {
                let half = split(&mut part);
                parts.extend([half, part]);
            }
        }
    }
    Ok(())
}

/// Takes the second half off; records stay before events.
fn split(part: &mut RecordBatch) -> RecordBatch {
    if part.records.len() > 1 {
        let records = part.records.split_off(part.records.len() / 2);
        RecordBatch { records, events: std::mem::take(&mut part.events) }
    } else if part.records.is_empty() {
        RecordBatch { records: Vec::new(), events: part.events.split_off(part.events.len() / 2) }
    } else {
        RecordBatch { records: Vec::new(), events: std::mem::take(&mut part.events) }
    }
}

async fn send_body(node: &Node, api: &Api, handle: &Handle) -> Result<(), ApiError> {
    let read = node.spool.read(handle).and_then(|payload| {
        let message_id: String = serde_json::from_slice(&payload.head)?;
        Ok((message_id, payload.body, node.spool.open_body(handle)?))
    });
    let (message_id, body, file) = match read {
        Ok(read) => read,
        Err(error) => {
            tracing::error!(%error, "a held message in the spool cannot be read");
            return Ok(());
        }
    };
    let body = match file {
        Some(file) => reqwest::Body::from(tokio::fs::File::from_std(file)),
        None => reqwest::Body::from(body),
    };
    match api.send_message(&PUT_BODY, &[&message_id], body).await {
        Err(error) if !error.is_temporary() => {
            tracing::error!(%error, message_id, "the API never takes this message");
            Ok(())
        }
        other => other,
    }
}
