//! What is to be tried when. What is due goes into the lane of its domain (`lane`); what fails for now waits
//! for its time; the queue is rebuilt from the spool when the node starts.

use super::{
    attempt::{self, Fate, Outcome, Parcel},
    client::Way,
    lane::{Job, Lane, submit},
    message::{Envelope, Progress},
    pool::Pool,
    receipts::Left,
    settle,
};
use crate::{
    lookups::MailServersError,
    node::Node,
    spool::{Entry, Handle},
};
use bytes::Bytes;
use contract::domains::Route;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
    io::Read,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::{Notify, Semaphore};

/// Connections out at a time.
const ALL_WORKERS: usize = 400;
/// Octets of messages kept in memory until their first try.
const MEMORY: usize = 64 * 1024 * 1024;

/// A message in the queue.
pub struct Queued {
    pub(super) handle: Handle,
    pub(super) envelope: Envelope,
    /// The message, until its first try.
    content: Mutex<Option<Bytes>>,
    pub(super) progress: Mutex<Progress>,
}

/// The queue.
pub struct Queue {
    pub(super) lanes: Mutex<HashMap<String, Lane>>,
    /// Jobs that wait, by time and a number that tells equal times apart.
    later: Mutex<BinaryHeap<Reverse<(i64, u64)>>>,
    sleeping: Mutex<HashMap<u64, Job>>,
    changed: Notify,
    pub(super) next_number: AtomicU64,
    pub(super) connections: Semaphore,
    pool: Arc<Pool>,
    messages: AtomicU64,
    memory: AtomicUsize,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            lanes: Mutex::default(),
            later: Mutex::default(),
            sleeping: Mutex::default(),
            changed: Notify::new(),
            next_number: AtomicU64::new(0),
            connections: Semaphore::new(ALL_WORKERS),
            pool: Arc::default(),
            messages: AtomicU64::new(0),
            memory: AtomicUsize::new(0),
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    /// Messages in the queue.
    pub fn len(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Takes a committed message, with its octets if they are at hand.
pub fn add(node: &Arc<Node>, handle: Handle, envelope: Envelope, content: Option<Bytes>) {
    let message = queued(node, handle, envelope, content);
    schedule(node, &message);
}

fn queued(node: &Node, handle: Handle, envelope: Envelope, content: Option<Bytes>) -> Arc<Queued> {
    let progress = handle.state().and_then(|state| serde_json::from_slice(&state).ok()).unwrap_or_default();
    node.queue.messages.fetch_add(1, Ordering::Relaxed);
    let used = node.queue.memory.load(Ordering::Relaxed);
    let content = content.filter(|content| used + content.len() <= MEMORY);
    if let Some(content) = &content {
        node.queue.memory.fetch_add(content.len(), Ordering::Relaxed);
    }
    Arc::new(Queued { handle, envelope, content: Mutex::new(content), progress: Mutex::new(progress) })
}

/// Takes over what an earlier run left in the spool. What it delivered and could not write there any more is written
/// now, and not delivered again.
pub async fn restore(node: &Arc<Node>, handle: &Handle, left: &Left) {
    let read = node.spool.read(handle).map_err(|error| error.to_string());
    let envelope: Result<Envelope, String> =
        read.and_then(|it| serde_json::from_slice(&it.head).map_err(|error| error.to_string()));
    let envelope = match envelope {
        Ok(envelope) => envelope,
        Err(error) => return tracing::error!(error, "a message in the spool cannot be read"),
    };
    for record in envelope.recipients.iter().filter_map(|recipient| recipient.record) {
        node.ids.continue_after(record);
    }
    let message = queued(node, handle.clone(), envelope, None);
    let acknowledged = acknowledged(&message, left);
    let was_acknowledged = !acknowledged.is_empty();
    for (domain, outcomes) in acknowledged {
        tracing::info!(id = message.envelope.id, domain, "acknowledged before the last run ended");
        let job = Job { message: message.clone(), domain };
        settle::settle(node, &job, &Bytes::new(), outcomes).await;
    }
    let is_finished = message.envelope.open_domains(&lock(&message.progress)).is_empty();
    if !(is_finished && was_acknowledged) {
        schedule(node, &message);
    }
}

/// The open recipients whose receipts an earlier run left, by domain.
fn acknowledged(message: &Queued, left: &Left) -> BTreeMap<String, BTreeMap<usize, Outcome>> {
    let mut by_domain: BTreeMap<String, BTreeMap<usize, Outcome>> = BTreeMap::new();
    for receipt in left.of(&message.envelope.id) {
        let delivered = Outcome {
            fate: Fate::Delivered,
            host: receipt.host.clone(),
            reply: receipt.reply.clone(),
            size: receipt.size,
            // What the server was told went with the run that sent it: nothing is said twice.
            is_told: true,
        };
        for place in &receipt.places {
            let Some(recipient) = message.envelope.recipients.get(*place) else { continue };
            if !lock(&message.progress).settled.contains(place) {
                let outcomes = by_domain.entry(recipient.domain.clone()).or_default();
                outcomes.insert(*place, delivered.clone());
            }
        }
    }
    by_domain
}

fn schedule(node: &Arc<Node>, message: &Arc<Queued>) {
    let progress = lock(&message.progress).clone();
    let domains = message.envelope.open_domains(&progress);
    if domains.is_empty() {
        node.spool.commit_later(vec![Entry::Finish(message.handle.clone())]);
        forget(node, message);
    }
    for domain in domains {
        let job = Job { message: message.clone(), domain: domain.to_owned() };
        match progress.next_at.get(domain) {
            Some(at) if *at > node.clock.now() => sleep(node, job, *at),
            _ => submit(node, job),
        }
    }
}

pub(super) fn forget(node: &Arc<Node>, message: &Queued) {
    drop_content(node, message);
    node.queue.messages.fetch_sub(1, Ordering::Relaxed);
}

pub(super) fn drop_content(node: &Arc<Node>, message: &Queued) {
    if let Some(content) = lock(&message.content).take() {
        node.queue.memory.fetch_sub(content.len(), Ordering::Relaxed);
    }
}

pub(super) fn sleep(node: &Arc<Node>, job: Job, at: i64) {
    let number = node.queue.next_number.fetch_add(1, Ordering::Relaxed);
    lock(&node.queue.sleeping).insert(number, job);
    lock(&node.queue.later).push(Reverse((at, number)));
    node.queue.changed.notify_one();
}

/// Wakes jobs when their time has come, until the task is dropped.
pub async fn wake(node: Arc<Node>) {
    loop {
        let changed = node.queue.changed.notified();
        let first = lock(&node.queue.later).peek().map(|Reverse((at, _))| *at);
        match first {
            None => changed.await,
            Some(at) if at > node.clock.now() => tokio::select! {
                () = node.clock.sleep_until(at) => {}
                () = changed => {}
            },
            Some(_) => {
                let due = lock(&node.queue.later).pop();
                let job = due.and_then(|Reverse((_, number))| lock(&node.queue.sleeping).remove(&number));
                if let Some(job) = job {
                    submit(&node, job);
                }
            }
        }
    }
}

pub(super) async fn try_job(node: &Arc<Node>, job: &Job) {
    let message = &job.message;
    let places = message.envelope.open_at(&job.domain, &lock(&message.progress));
    if places.is_empty() {
        return;
    }
    let (beginning, outcomes) = match beginning(node, message) {
        Ok(beginning) => {
            let outcomes = match routes(node, message, &job.domain).await {
                Ok(routes) => {
                    let parcel = Parcel {
                        envelope: &message.envelope,
                        beginning: beginning.clone(),
                        spool: &node.spool,
                        handle: &message.handle,
                        receipts: &node.receipts,
                        hostname: &node.config.hostname,
                        way: Way::of(node),
                    };
                    attempt::attempt(&parcel, &routes, &places, &node.queue.pool).await
                }
                Err(outcome) => places.iter().map(|place| (*place, outcome.clone())).collect(),
            };
            (beginning, outcomes)
        }
        Err(error) => {
            tracing::error!(id = message.envelope.id, %error, "a message in the spool cannot be read");
            let reply = "the message cannot be read right now".to_owned();
            let later = Outcome::without_server(Fate::Later, reply);
            (Bytes::new(), places.iter().map(|place| (*place, later.clone())).collect())
        }
    };
    settle::settle(node, job, &beginning, outcomes).await;
}

/// The whole message if it is small, or else its beginning.
fn beginning(node: &Node, message: &Queued) -> std::io::Result<Bytes> {
    if let Some(content) = lock(&message.content).clone() {
        return Ok(content);
    }
    match node.spool.open_body(&message.handle)? {
        None => node.spool.read(&message.handle).map(|payload| payload.body),
        Some(file) => {
            let mut beginning = Vec::new();
            let limit = u64::try_from(crate::headers::LIMIT + 2).unwrap_or(u64::MAX);
            file.take(limit).read_to_end(&mut beginning)?;
            Ok(beginning.into())
        }
    }
}

/// Where mail for a domain goes: its routes if it is ours, the relay for bounces otherwise.
async fn routes(node: &Node, message: &Queued, domain: &str) -> Result<Vec<Route>, Outcome> {
    let policy = node.policy.current();
    if let Some(domain) = policy.domain(domain) {
        return Ok(domain.routes.clone());
    }
    let refused = |reply: String| Outcome::without_server(Fate::Refused, reply);
    if !message.envelope.is_bounce {
        return Err(refused(format!("{domain} is not served here any more")));
    }
    if let Some(relay) = &node.config.bounce_relay {
        return match relay.parse() {
            Ok(route) => Ok(vec![route]),
            Err(_) => Err(refused(format!("the relay for bounces is not a host: {relay}"))),
        };
    }
    match node.lookups.mail_servers(domain).await {
        Ok(hosts) => Ok(hosts.into_iter().map(|host| Route { host, port: 25 }).collect()),
        Err(MailServersError::NoMail) => Err(refused(format!("{domain} takes no mail"))),
        Err(error @ MailServersError::Temporary) => {
            Err(Outcome::without_server(Fate::Later, error.to_string()))
        }
    }
}
