//! What happened, to whoever listens within this program: the panel's event streams (by tenant) and the nodes that
//! wait for commands. Nothing is kept: who was not listening reads the lists.

use crate::{
    access::scope::{Domain, Reach},
    dry_run,
};
use contract::{
    events::Event,
    ids::{RecordId, UserId},
    jobs::Job,
};
use tokio::sync::{broadcast, watch};

/// Something that happened, with who may hear of it.
#[derive(Clone, Debug)]
pub struct Announcement {
    audience: Audience,
    event: Event,
    mailboxes: Vec<(String, RecordId)>,
}

#[derive(Clone, Debug)]
enum Audience {
    Everybody,
    User(UserId),
    Reseller(i64),
    Domain { id: i64, reseller_id: Option<i64> },
}

impl Announcement {
    /// Records of a domain arrived or changed; `records` are the (lower-cased) recipient and the id of each.
    pub fn log(domain: &Domain, records: Vec<(String, RecordId)>) -> Self {
        let newest = records.iter().map(|(_, id)| *id).max().unwrap_or(RecordId(0));
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let event = Event::Log { domain: domain.name.clone(), newest, count };
        Self { audience: Audience::of(domain), event, mailboxes: records }
    }

    /// The quarantine of a domain changed, for these (lower-cased) recipients.
    pub fn quarantine(domain: &Domain, recipients: impl IntoIterator<Item = String>) -> Self {
        let mailboxes = recipients.into_iter().map(|address| (address, RecordId(0))).collect();
        let event = Event::Quarantine { domain: domain.name.clone() };
        Self { audience: Audience::of(domain), event, mailboxes }
    }

    /// Settings or routes of a domain changed.
    pub fn domain_policy(domain: &Domain) -> Self {
        let event = Event::Policy { domain: Some(domain.name.clone()) };
        Self { audience: Audience::of(domain), event, mailboxes: Vec::new() }
    }

    /// The defaults of a reseller's domains changed.
    pub const fn reseller_policy(reseller_id: i64) -> Self {
        let event = Event::Policy { domain: None };
        Self { audience: Audience::Reseller(reseller_id), event, mailboxes: Vec::new() }
    }

    /// The defaults of every domain changed.
    pub const fn global_policy() -> Self {
        let event = Event::Policy { domain: None };
        Self { audience: Audience::Everybody, event, mailboxes: Vec::new() }
    }

    /// Somebody moved a switch of the permission page.
    pub const fn permissions() -> Self {
        Self { audience: Audience::Everybody, event: Event::Permissions, mailboxes: Vec::new() }
    }

    /// Long work of a user went on.
    pub fn job(owner: UserId, job: &Job) -> Self {
        let Job { state, total, done, failed, .. } = *job;
        let event = Event::Job { job: job.id.clone(), state, total, done, failed };
        Self { audience: Audience::User(owner), event, mailboxes: Vec::new() }
    }

    /// What a listener of that reach hears of it, if anything. An email user hears of their own messages only.
    pub fn heard_by(&self, user: &UserId, reach: &Reach) -> Option<Event> {
        let is_meant = match (&self.audience, reach) {
            (Audience::User(id), _) => id == user,
            (_, Reach::All) | (Audience::Everybody, _) => true,
            (Audience::Reseller(id), Reach::Reseller { all, .. }) => all.contains(id),
            (Audience::Domain { reseller_id, .. }, Reach::Reseller { all, .. }) => {
                reseller_id.is_some_and(|id| all.contains(&id))
            }
            (
                Audience::Domain { id, .. },
                Reach::Domain { id: own } | Reach::Mailbox { domain_id: own, .. },
            ) => id == own,
            (Audience::Reseller(_), Reach::Domain { .. } | Reach::Mailbox { .. }) => false,
        };
        if !is_meant {
            return None;
        }
        let Some(own) = reach.mailbox() else { return Some(self.event.clone()) };
        let mine: Vec<_> = self.mailboxes.iter().filter(|(address, _)| address == own).collect();
        match &self.event {
            Event::Log { domain, .. } => Some(Event::Log {
                domain: domain.clone(),
                newest: mine.iter().map(|(_, id)| *id).max()?,
                count: u32::try_from(mine.len()).unwrap_or(u32::MAX),
            }),
            Event::Quarantine { .. } => mine.first().map(|_| self.event.clone()),
            Event::Job { .. } | Event::Permissions | Event::Policy { .. } => Some(self.event.clone()),
        }
    }
}

impl Audience {
    const fn of(domain: &Domain) -> Self {
        Self::Domain { id: domain.id, reseller_id: domain.reseller_id }
    }
}

/// Where announcements are made and heard.
#[derive(Clone, Debug)]
pub struct Events {
    announcements: broadcast::Sender<Announcement>,
    commands: watch::Sender<u64>,
    jobs: watch::Sender<u64>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            announcements: broadcast::Sender::new(256),
            commands: watch::Sender::new(0),
            jobs: watch::Sender::new(0),
        }
    }
}

impl Events {
    /// Tells whoever listens. Call it after the change is committed.
    pub fn announce(&self, announcement: Announcement) {
        if !dry_run::is_on() {
            // An error says that nobody listens, which is fine.
            drop(self.announcements.send(announcement));
        }
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Announcement> {
        self.announcements.subscribe()
    }

    /// Wakes the nodes that wait for commands. Call it after the command is committed.
    pub fn new_commands(&self) {
        self.commands.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Wakes whoever works on jobs. Call it after the job is committed.
    pub fn new_jobs(&self) {
        self.jobs.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes whenever there is a new job.
    pub fn jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }

    /// Changes whenever there are new commands.
    pub fn commands(&self) -> watch::Receiver<u64> {
        self.commands.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> UserId {
        UserId("usr_nobody".into())
    }

    /// P1: an event tells nothing of another tenant, and an email user nothing of a colleague.
    #[test]
    fn each_listener_hears_of_their_own() {
        let domain = Domain { id: 1, name: "a.test".into(), reseller_id: Some(7) };
        let anna = ("anna@a.test".to_owned(), RecordId(5));
        let bob = ("bob@a.test".to_owned(), RecordId(9));
        let log = Announcement::log(&domain, vec![anna, bob]);
        let mailbox = |address: &str| Reach::Mailbox { domain_id: 1, address: address.into() };
        let heard = |reach: &Reach| match log.heard_by(&nobody(), reach) {
            Some(Event::Log { newest, count, .. }) => Some((newest.0, count)),
            _ => None,
        };
        assert_eq!(heard(&Reach::All), Some((9, 2)));
        assert_eq!(heard(&Reach::Reseller { id: 7, all: vec![7] }), Some((9, 2)));
        assert_eq!(heard(&Reach::Reseller { id: 8, all: vec![8] }), None);
        assert_eq!(heard(&Reach::Domain { id: 2 }), None);
        assert_eq!(heard(&mailbox("anna@a.test")), Some((5, 1)));
        assert_eq!(heard(&mailbox("carl@a.test")), None);
        assert!(Announcement::reseller_policy(7).heard_by(&nobody(), &Reach::Domain { id: 1 }).is_none());
        assert!(Announcement::global_policy().heard_by(&nobody(), &mailbox("carl@a.test")).is_some());
    }
}
