//! Who tries what is due: each domain has a lane with a few workers; a worker takes one message after the other, over
//! connections that all lanes share ([`super::pool`]).

use super::queue::{Queued, lock, try_job};
use crate::node::Node;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, time::timeout};

/// Connections to one destination at a time, as long as it is quick.
const FEW_WORKERS: usize = 5;
/// Connections to one destination at a time.
const WORKERS: usize = 20;
/// A worker that is on one message for so long does not count among the few.
const SLOW: Duration = Duration::from_millis(200);
/// How long a worker waits for work.
const IDLE: Duration = Duration::from_secs(5);

/// A message for one domain.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) message: Arc<Queued>,
    pub(super) domain: String,
}

#[derive(Default)]
pub(super) struct Lane {
    ready: VecDeque<Job>,
    workers: usize,
    waiting: Vec<(u64, oneshot::Sender<Job>)>,
    /// Since when each worker is on its message.
    busy: HashMap<u64, Instant>,
    /// Whether somebody looks whether more workers are needed.
    is_watched: bool,
}

impl Lane {
    /// Whether another worker would help. Many connections to a quick server make it no quicker, and each of them
    /// is a message that may be delivered twice if the node dies at the wrong moment (RFC 1047).
    fn needs_worker(&self) -> bool {
        let slow = self.busy.values().filter(|since| since.elapsed() >= SLOW).count();
        !self.ready.is_empty() && self.workers < WORKERS.min(FEW_WORKERS + slow)
    }
}

pub(super) fn submit(node: &Arc<Node>, mut job: Job) {
    let mut lanes = lock(&node.queue.lanes);
    let lane = lanes.entry(job.domain.clone()).or_default();
    while let Some((number, worker)) = lane.waiting.pop() {
        match worker.send(job) {
            Ok(()) => {
                lane.busy.insert(number, Instant::now());
                return;
            }
            Err(back) => job = back,
        }
    }
    let domain = job.domain.clone();
    lane.ready.push_back(job);
    if lane.needs_worker() {
        hire(node, lane, domain);
    } else if lane.workers < WORKERS && !lane.is_watched {
        lane.is_watched = true;
        tokio::spawn(watch(node.clone(), domain));
    }
}

fn hire(node: &Arc<Node>, lane: &mut Lane, domain: String) {
    lane.workers += 1;
    tokio::spawn(Box::pin(work(node.clone(), domain)));
}

/// Hires further workers while jobs wait for slow ones.
async fn watch(node: Arc<Node>, domain: String) {
    loop {
        tokio::time::sleep(SLOW).await;
        let mut lanes = lock(&node.queue.lanes);
        let Some(lane) = lanes.get_mut(&domain) else { return };
        if lane.ready.is_empty() || lane.workers >= WORKERS {
            lane.is_watched = false;
            return;
        }
        while lane.needs_worker() {
            hire(&node, lane, domain.clone());
        }
    }
}

/// A worker of a lane: takes jobs until there have been none for a while.
async fn work(node: Arc<Node>, domain: String) {
    let number = node.queue.next_number.fetch_add(1, Ordering::Relaxed);
    let Ok(_permit) = node.queue.connections.acquire().await else { return };
    while let Some(job) = next_job(&node, &domain, number).await {
        try_job(&node, &job).await;
    }
}

async fn next_job(node: &Arc<Node>, domain: &str, number: u64) -> Option<Job> {
    let mut receiver = {
        let mut lanes = lock(&node.queue.lanes);
        let lane = lanes.get_mut(domain)?;
        if let Some(job) = lane.ready.pop_front() {
            lane.busy.insert(number, Instant::now());
            return Some(job);
        }
        lane.busy.remove(&number);
        let (sender, receiver) = oneshot::channel();
        lane.waiting.push((number, sender));
        receiver
    };
    if let Ok(Ok(job)) = timeout(IDLE, &mut receiver).await {
        return Some(job);
    }
    {
        let mut lanes = lock(&node.queue.lanes);
        let lane = lanes.get_mut(domain)?;
        let before = lane.waiting.len();
        lane.waiting.retain(|(other, _)| *other != number);
        if lane.waiting.len() < before {
            lane.workers -= 1;
            if lane.workers == 0 {
                lanes.remove(domain);
            }
            return None;
        }
    }
    // Somebody gave us a job in the very moment in which we stopped waiting.
    receiver.await.ok()
}
