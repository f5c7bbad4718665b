//! Sends what waits, in its order: bodies one by one, reports in batches, a body always before the records that name
//! it. A batch that the API does not take is halved until the one that is at fault stands alone; that one is set
//! aside ([`super::aside`]), so that it holds up nothing but what follows from it.

use super::aside::{Aside, Group, Subjects};
use crate::{
    api::{Api, ApiError},
    node::Node,
    spool::{Entry, Handle, record::Kind},
};
use bytes::Bytes;
use contract::nodes::{ADD_RECORDS, PUT_BODY, RecordBatch};
use std::{
    fs::File,
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Reports, and records and events, sent at once.
const BATCH: usize = 500;
/// The pause after a failure; twice as long after each further one.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// Failures in a row that are no reason to doubt the API, or the connection to it.
const PATIENCE: u32 = 3;

/// What an entry tells.
pub(super) enum Told {
    /// The content of a held message, in memory or in a file.
    Body { message_id: String, octets: Bytes, file: Option<File> },
    /// Records and events.
    Report(RecordBatch),
}

impl Told {
    fn read(node: &Node, handle: &Handle) -> io::Result<Self> {
        let payload = node.spool.read(handle)?;
        if handle.kind() == Kind::HeldBody {
            let message_id = serde_json::from_slice(&payload.head)?;
            Ok(Self::Body { message_id, octets: payload.body, file: node.spool.open_body(handle)? })
        } else {
            Ok(Self::Report(serde_json::from_slice(&payload.head)?))
        }
    }
}

/// Why an entry was not told.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Now, nothing can be told.
    #[error(transparent)]
    Everything(ApiError),
    /// This cannot be told.
    #[error("{0}")]
    This(String),
}

/// Sends what waits, as soon as it is there, until the task is dropped.
pub async fn deliver_reports(node: Arc<Node>, api: Api) {
    let mut sender = Sender { node, api, aside: Aside::default(), batch: BATCH, failures: 0 };
    loop {
        if let Err(error) = sender.step().await {
            let waiting = sender.node.outbox.len();
            tracing::warn!(%error, waiting, "records were not taken; trying again");
            sender.pause().await;
        }
    }
}

struct Sender {
    node: Arc<Node>,
    api: Api,
    aside: Aside,
    /// How many entries are sent at once at the moment.
    batch: usize,
    /// Failures since something was taken.
    failures: u32,
}

/// Reports to be sent together.
#[derive(Default)]
struct Batch {
    handles: Vec<Handle>,
    content: RecordBatch,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.content.records.len() + self.content.events.len() >= BATCH
    }

    fn add(&mut self, handle: Handle, report: RecordBatch) {
        self.handles.push(handle);
        self.content.records.extend(report.records);
        self.content.events.extend(report.events);
    }
}

impl Sender {
    /// Sends a few entries, or waits for some.
    async fn step(&mut self) -> Result<(), ApiError> {
        let now = self.node.clock.now();
        if let Some(group) = self.aside.take_due(now) {
            return self.retry(group).await;
        }
        let next: Vec<Handle> = self.node.outbox.pending().iter().take(self.batch).cloned().collect();
        if !next.is_empty() {
            return self.send(next).await;
        }
        let added = self.node.outbox.added.notified();
        match self.aside.next_at() {
            None => added.await,
            Some(at) => tokio::select! {
                () = added => {}
                () = self.node.clock.sleep_until(at) => {}
            },
        }
        Ok(())
    }

    async fn pause(&mut self) {
        let pause = PAUSE.saturating_mul(1 << self.failures.min(8)).min(MAX_PAUSE);
        self.failures = self.failures.saturating_add(1);
        tokio::time::sleep(pause).await;
    }

    /// Sends the first entries of the outbox, of which those leave it that are told or set aside.
    async fn send(&mut self, next: Vec<Handle>) -> Result<(), ApiError> {
        let mut batch = Batch::default();
        let mut passed = 0;
        let mut outcome = Ok(());
        for handle in next {
            if batch.is_full() {
                break;
            }
            if let Err(error) = self.take(&handle, &mut batch).await {
                outcome = Err(error);
                break;
            }
            passed += 1;
        }
        let mut left = Vec::new();
        if outcome.is_ok() {
            (left, outcome) = self.post(batch).await;
        } else {
            left.append(&mut batch.handles);
        }
        let mut pending = self.node.outbox.pending();
        pending.drain(..passed);
        for handle in left.into_iter().rev() {
            pending.push_front(handle);
        }
        drop(pending);
        self.count_set_aside();
        outcome
    }

    fn count_set_aside(&self) {
        self.node.outbox.set_aside.store(self.aside.len(), Ordering::Relaxed);
    }

    /// Sends a body, puts a report into the batch, or lets the entry wait for one that is set aside.
    async fn take(&mut self, handle: &Handle, batch: &mut Batch) -> Result<(), ApiError> {
        let told = match Told::read(&self.node, handle) {
            Ok(told) => told,
            Err(error) => {
                let unreadable = format!("it cannot be read from the spool: {error}");
                self.set_aside(handle, Subjects::default(), &unreadable).await;
                return Ok(());
            }
        };
        let subjects = Subjects::of(&told);
        if self.aside.follow(handle, &subjects) {
            return Ok(());
        }
        match told {
            Told::Report(report) => batch.add(handle.clone(), report),
            body @ Told::Body { .. } => match self.tell(body).await {
                Ok(()) => self.finish(vec![handle.clone()]),
                Err(Failure::This(error)) => self.set_aside(handle, subjects, &error).await,
                Err(Failure::Everything(error)) => return Err(error),
            },
        }
        Ok(())
    }

    /// Posts a batch; gives the entries that stay in the outbox.
    async fn post(&mut self, batch: Batch) -> (Vec<Handle>, Result<(), ApiError>) {
        let Batch { mut handles, content } = batch;
        if handles.is_empty() {
            return (handles, Ok(()));
        }
        let (told, subjects) = match handles.len() {
            1 => {
                let subjects = Subjects::of_report(&content);
                (self.tell(Told::Report(content)).await, subjects)
            }
            _ => (self.call(&content).await, Subjects::default()),
        };
        match told {
            Ok(()) => {
                self.finish(handles);
                self.batch = (self.batch * 2).min(BATCH);
                (Vec::new(), Ok(()))
            }
            Err(Failure::Everything(error)) => (handles, Err(error)),
            Err(Failure::This(_)) if handles.len() > 1 => {
                self.batch = handles.len().div_ceil(2);
                (handles, Ok(()))
            }
            Err(Failure::This(error)) => {
                if let Some(handle) = handles.pop() {
                    self.set_aside(&handle, subjects, &error).await;
                }
                (handles, Ok(()))
            }
        }
    }

    /// Tries a group again, entry by entry, until one is not taken.
    async fn retry(&mut self, mut group: Group) -> Result<(), ApiError> {
        while let Some(handle) = group.entries.front().cloned() {
            let told = match Told::read(&self.node, &handle) {
                Ok(told) => self.tell(told).await,
                Err(error) => Err(Failure::This(error.to_string())),
            };
            match told {
                Ok(()) => {
                    self.finish(vec![handle]);
                    group.entries.pop_front();
                }
                Err(Failure::Everything(error)) => {
                    self.aside.put_back(group);
                    self.count_set_aside();
                    return Err(error);
                }
                Err(Failure::This(error)) => {
                    let seconds = self.aside.put_off(group, self.node.clock.now());
                    self.not_taken(&error, seconds).await;
                    return Ok(());
                }
            }
        }
        self.count_set_aside();
        tracing::info!(set_aside = self.aside.len(), "what the API did not take before is told now");
        Ok(())
    }

    async fn set_aside(&mut self, handle: &Handle, subjects: Subjects, error: &str) {
        let seconds = self.aside.set(handle.clone(), subjects, self.node.clock.now());
        self.not_taken(error, seconds).await;
    }

    async fn not_taken(&mut self, error: &str, seconds: u64) {
        let set_aside = self.aside.len();
        tracing::error!(
            error,
            again_in_seconds = seconds,
            set_aside,
            "the API does not take a report or a held message; it is kept and tried again, the others go on"
        );
        self.count_set_aside();
        // An API that takes nothing at all is not asked again and again at full speed.
        if self.failures >= PATIENCE {
            self.pause().await;
        } else {
            self.failures += 1;
        }
    }

    fn finish(&mut self, handles: Vec<Handle>) {
        self.failures = 0;
        self.node.spool.commit_later(handles.into_iter().map(Entry::Finish).collect());
    }

    /// Tells one entry. Of a report that is not taken as a whole, the records that are at fault alone stay untold.
    async fn tell(&self, told: Told) -> Result<(), Failure> {
        let report = match told {
            Told::Body { message_id, octets, file } => {
                let size = match &file {
                    None => u64::try_from(octets.len()).unwrap_or(u64::MAX),
                    Some(file) => file.metadata().map_or(u64::MAX, |metadata| metadata.len()),
                };
                let body = file.map_or_else(
                    || reqwest::Body::from(octets),
                    |file| reqwest::Body::from(tokio::fs::File::from_std(file)),
                );
                let sent = self.api.send_message(&PUT_BODY, &[&message_id], (body, size)).await;
                return sent.map_err(|error| self.failure(error, &format!("held message {message_id}")));
            }
            Told::Report(report) => report,
        };
        let mut parts = vec![report];
        let mut failed = None;
        while let Some(mut part) = parts.pop() {
            match self.call(&part).await {
                Ok(()) => {}
                Err(Failure::This(_)) if part.records.len() + part.events.len() > 1 => {
                    let half = split(&mut part);
                    parts.extend([half, part]);
                }
                Err(error @ Failure::This(_)) => failed = Some(error),
                Err(error) => return Err(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn call(&self, batch: &RecordBatch) -> Result<(), Failure> {
        let id = batch.records.first().map(|record| record.id);
        let id = id.or_else(|| batch.events.first().map(|event| event.record));
        let sent = self.api.call(&ADD_RECORDS, &[], &(), batch).await;
        let what = || format!("record {}", id.map_or(0, |id| id.0));
        sent.map(drop).map_err(|error| self.failure(error, &what()))
    }

    fn failure(&self, error: ApiError, what: &str) -> Failure {
        let is_about_this = match &error {
            // A connection that breaks over the same thing again and again breaks because of it.
            ApiError::Broken(_) => self.failures >= PATIENCE,
            other => other.is_about_content(),
        };
        if is_about_this { Failure::This(format!("{what}: {error}")) } else { Failure::Everything(error) }
    }
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
