//! What the API does not take: kept in groups that are tried again, more and more rarely, while everything else goes
//! on. Whatever follows from a group's entries waits in the group: the records of a message behind its body, the
//! events of a record behind the record. The entries stay in the spool; nothing is ever given up here.

use super::sender::Told;
use crate::spool::Handle;
use contract::{ids::RecordId, nodes::RecordBatch};
use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

/// How soon a group is tried again at first; twice as late each time.
const FIRST: Duration = Duration::from_secs(5);
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(600);

/// The messages and records that an entry is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Subjects {
    messages: HashSet<String>,
    records: HashSet<RecordId>,
}

impl Subjects {
    pub(super) fn of(told: &Told) -> Self {
        match told {
            Told::Body { message_id, .. } => {
                Self { messages: HashSet::from([message_id.clone()]), records: HashSet::new() }
            }
            Told::Report(batch) => Self::of_report(batch),
        }
    }

    pub(super) fn of_report(batch: &RecordBatch) -> Self {
        // What was refused before its content came belongs to no message.
        let named = batch.records.iter().filter(|record| !record.message_id.is_empty());
        let records = batch.records.iter().map(|record| record.id);
        Self {
            messages: named.map(|record| record.message_id.clone()).collect(),
            records: records.chain(batch.events.iter().map(|event| event.record)).collect(),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        !self.messages.is_disjoint(&other.messages) || !self.records.is_disjoint(&other.records)
    }
}

/// Entries that wait for the first of them.
pub(super) struct Group {
    pub(super) entries: VecDeque<Handle>,
    subjects: Subjects,
    tries: u32,
    due_at: i64,
}

/// All groups.
#[derive(Default)]
pub(super) struct Aside(Vec<Group>);

impl Aside {
    /// How many entries are set aside.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|group| group.entries.len()).sum()
    }

    /// When the first group is due, in milliseconds since 1970.
    pub(super) fn next_at(&self) -> Option<i64> {
        self.0.iter().map(|group| group.due_at).min()
    }

    /// Takes out a group that is due.
    pub(super) fn take_due(&mut self, now: i64) -> Option<Group> {
        let place = self.0.iter().position(|group| group.due_at <= now)?;
        Some(self.0.swap_remove(place))
    }

    /// Sets an entry aside that was not taken; gives the seconds until it is tried again.
    pub(super) fn set(&mut self, entry: Handle, subjects: Subjects, now: i64) -> u64 {
        let entries = VecDeque::from([entry]);
        self.put_off(Group { entries, subjects, tries: 0, due_at: now }, now)
    }

    /// Puts a group off whose first entry was not taken; gives the seconds until it is tried again.
    pub(super) fn put_off(&mut self, mut group: Group, now: i64) -> u64 {
        let wait = FIRST.saturating_mul(1 << group.tries.min(16)).min(LONGEST);
        group.tries += 1;
        group.due_at = now.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        self.0.push(group);
        wait.as_secs()
    }

    /// Puts a group back that was not tried.
    pub(super) fn put_back(&mut self, group: Group) {
        self.0.push(group);
    }

    /// Lets an entry wait in the group that it follows from; false if there is none. An entry that follows from
    /// several groups makes them one.
    pub(super) fn follow(&mut self, entry: &Handle, subjects: &Subjects) -> bool {
        let (met, others) = std::mem::take(&mut self.0)
            .into_iter()
            .partition::<Vec<_>, _>(|group| group.subjects.meets(subjects));
        self.0 = others;
        let joined = met.into_iter().reduce(|mut one, other| {
            one.entries.extend(other.entries);
            one.subjects.messages.extend(other.subjects.messages);
            one.subjects.records.extend(other.subjects.records);
            one.tries = one.tries.min(other.tries);
            one.due_at = one.due_at.min(other.due_at);
            one
        });
        let Some(mut group) = joined else { return false };
        group.entries.push_back(entry.clone());
        group.subjects.messages.extend(subjects.messages.iter().cloned());
        group.subjects.records.extend(&subjects.records);
        self.0.push(group);
        true
    }
}
