//! What follows a try: written down, told to the API and, where nothing more is to be hoped for, to the sender.

use super::{
    attempt::{Fate, Outcome},
    lane::Job,
    message::{Envelope, Progress},
    queue::{add, drop_content, forget, lock, sleep},
    schedule,
    status_notification::{Action, StatusNotification, Told},
};
use crate::{
    node::Node,
    outbox::{json, report},
    spool::{Entry, Handle, SpoolError, record::Kind},
};
use bytes::Bytes;
use contract::{
    messages::EventKind,
    nodes::{NewEvent, RecordBatch},
    settings::domain::RETRY_DAYS,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Writes down what became of the recipients, tells of it, and plans what is left.
pub(super) async fn settle(
    node: &Arc<Node>,
    job: &Job,
    beginning: &Bytes,
    mut outcomes: BTreeMap<usize, Outcome>,
) {
    let message = &job.message;
    let envelope = &message.envelope;
    let now = node.clock.now();
    let age = now.saturating_sub(envelope.received_at);
    let last_age = schedule::last_age(retry_days(node, &job.domain));
    let is_over = age >= last_age;
    for outcome in outcomes.values_mut().filter(|outcome| outcome.fate == Fate::Later && is_over) {
        outcome.fate = Fate::Refused;
    }
    let told = to_be_told(envelope, &outcomes, age, &lock(&message.progress));
    let notification = StatusNotification {
        envelope,
        beginning,
        recipients: told.iter().map(|(_, told)| *told).collect(),
        hostname: &node.config.hostname,
        date: node.clock.now_in_mail(),
        id: uuid::Uuid::now_v7().simple().to_string(),
        now,
        tried_until: envelope.received_at.saturating_add(last_age),
    };
    let notification = notification.has_reader().then(|| notification.message());
    let delayed: Vec<usize> =
        told.iter().filter(|(_, told)| told.action == Action::Delayed).map(|(place, _)| *place).collect();
    let bounced = told.iter().filter(|(_, told)| told.action == Action::Failed).map(|(place, _)| *place);
    let bounced = if notification.is_some() { bounced.collect() } else { BTreeSet::new() };
    let mut entries = news(node, envelope, &outcomes, &bounced, notification.as_ref());
    drop_content(node, message);
    let (writing, is_finished, next_at) = {
        // Written in the order in which it happened: the lock is held until the spool has the change.
        let mut progress = lock(&message.progress);
        progress.delayed.extend(delayed);
        let next_at = advance(&mut progress, job, &outcomes, age);
        let is_finished = envelope.open_domains(&progress).is_empty();
        entries.push(if is_finished {
            Entry::Finish(message.handle.clone())
        } else {
            Entry::Note(message.handle.clone(), json(&*progress))
        });
        (node.spool.commit(entries.clone()), is_finished, next_at)
    };
    let handles = match writing.await {
        Ok(handles) => handles,
        Err(error) => write_again(node, entries, error).await,
    };
    let settled = outcomes.iter().filter(|(_, outcome)| outcome.fate == Fate::Delivered);
    node.receipts.close(&envelope.id, settled.map(|(place, _)| *place));
    node.outbox.push(&handles);
    let handle = handles.into_iter().find(|handle| handle.kind() == Kind::Message);
    if let (Some((head, body)), Some(handle)) = (notification, handle) {
        add(node, handle, head, Some(body.into()));
    }
    if is_finished {
        forget(node, message);
    } else if let Some(at) = next_at {
        sleep(node, job.clone(), at);
    }
}

/// What was delivered must not be forgotten: written again until it is kept.
async fn write_again(node: &Node, entries: Vec<Entry>, mut error: SpoolError) -> Vec<Handle> {
    loop {
        tracing::error!(%error, "a delivery could not be written down; trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
        match node.spool.commit(entries.clone()).await {
            Ok(handles) => return handles,
            Err(again) => error = again,
        }
    }
}

/// Takes over the outcomes; gives the time of the next try, if there is one.
fn advance(progress: &mut Progress, job: &Job, outcomes: &BTreeMap<usize, Outcome>, age: i64) -> Option<i64> {
    let settled = outcomes.iter().filter(|(_, outcome)| outcome.fate != Fate::Later);
    progress.settled.extend(settled.map(|(place, _)| *place));
    progress.next_at.remove(&job.domain);
    let is_open = outcomes.values().any(|outcome| outcome.fate == Fate::Later);
    let received_at = job.message.envelope.received_at;
    let next_at = is_open.then(|| received_at.saturating_add(schedule::next_age(age)))?;
    progress.next_at.insert(job.domain.clone(), next_at);
    Some(next_at)
}

/// Of whom the sender is to hear what, if anybody reads it (RFC 3461 §5.2).
fn to_be_told<'a>(
    envelope: &'a Envelope,
    outcomes: &'a BTreeMap<usize, Outcome>,
    age: i64,
    progress: &Progress,
) -> Vec<(usize, Told<'a>)> {
    let told = |(place, outcome): (&usize, &'a Outcome)| {
        let recipient = envelope.recipients.get(*place)?;
        let wanted = recipient.wish.wanted();
        let action = match outcome.fate {
            Fate::Refused if wanted.failure => Action::Failed,
            Fate::Delivered if wanted.success && !outcome.is_told => Action::Relayed,
            Fate::Later if wanted.delay && age >= schedule::DELAYED && !progress.delayed.contains(place) => {
                Action::Delayed
            }
            _ => return None,
        };
        Some((*place, Told { recipient, outcome, action }))
    };
    outcomes.iter().filter_map(told).collect()
}

/// What is told to the API and to the sender.
fn news(
    node: &Node,
    envelope: &Envelope,
    outcomes: &BTreeMap<usize, Outcome>,
    bounced: &BTreeSet<usize>,
    notification: Option<&(Envelope, Vec<u8>)>,
) -> Vec<Entry> {
    let events = events(node, envelope, outcomes, bounced);
    let mut entries = Vec::new();
    if !events.events.is_empty() {
        entries.push(report(&events));
    }
    if let Some((head, text)) = notification {
        let body = Bytes::copy_from_slice(text);
        entries.push(Entry::Add { kind: Kind::Message, head: json(head), body, file: None });
    }
    entries
}

fn events(
    node: &Node,
    envelope: &Envelope,
    outcomes: &BTreeMap<usize, Outcome>,
    bounced: &BTreeSet<usize>,
) -> RecordBatch {
    let mut batch = RecordBatch::default();
    for (place, outcome) in outcomes {
        let Some(recipient) = envelope.recipients.get(*place) else { continue };
        let kind = match outcome.fate {
            Fate::Delivered => EventKind::Delivered,
            Fate::Later => EventKind::Retrying,
            Fate::Refused if bounced.contains(place) => EventKind::Bounced,
            Fate::Refused => EventKind::Discarded,
        };
        if outcome.fate == Fate::Delivered {
            node.counters.delivered.fetch_add(1, Ordering::Relaxed);
        }
        tracing::info!(
            id = envelope.id, recipient = ?recipient.address, event = kind.name(), host = outcome.host,
            reply = ?outcome.reply, "delivery"
        );
        let Some(record) = recipient.record else { continue };
        batch.events.push(NewEvent {
            record,
            id: node.ids.next(),
            kind,
            host: outcome.host.clone(),
            reply: outcome.reply.clone(),
            size: outcome.size,
        });
    }
    batch
}

fn retry_days(node: &Node, domain: &str) -> i32 {
    let policy = node.policy.current();
    match policy.domain(domain) {
        Some(domain) => policy.settings(domain, "").get(&RETRY_DAYS),
        None => RETRY_DAYS.default,
    }
}
