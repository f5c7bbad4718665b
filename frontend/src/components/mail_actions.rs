//! Releasing, deleting and taking back: what is asked before, what is said after. The lists tell it which messages;
//! it tells them what became of each, and never touches a list itself.

use super::mail_requests::{self as requests, Reach};
use crate::{
    api::ApiError,
    i18n::{t, t_count},
    session,
};
use contract::{
    ids::RecordId,
    messages::{BulkAnswer, Classification, QuarantineItem, ReleaseRequest},
    permission::Permission,
    problem::ErrorCode,
};
use leptos::{prelude::*, task::spawn_local};

/// A message that something is to be done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub id: RecordId,
    /// Its subject, to name it.
    pub subject: String,
    /// Whether it carries a virus (QUA-24).
    pub is_virus: bool,
}

impl From<&QuarantineItem> for Target {
    fn from(item: &QuarantineItem) -> Self {
        Self {
            id: item.id,
            subject: item.subject.clone(),
            is_virus: item.classification == Classification::Virus,
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Released to their recipients.
    Released,
    /// Deleted at the caller's level.
    Deleted,
    /// A deletion was taken back.
    Restored,
}

/// What a list hears when messages were acted on.
pub type Heard = Callback<(Done, Vec<RecordId>)>;

/// The messages of an answer: those it was done to, and why not to the others.
fn outcome(answer: &BulkAnswer) -> (Vec<RecordId>, Vec<ErrorCode>) {
    let done = answer.results.iter().filter(|result| result.error.is_none()).map(|result| result.id);
    (done.collect(), answer.results.iter().filter_map(|result| result.error).collect())
}

/// Which of the messages are asked to be released, and whether a virus among them is wanted: an administrator says
/// so; for anybody else they stay where they are (QUA-24).
fn releasable(targets: &[Target], with_virus: bool) -> Vec<RecordId> {
    targets.iter().filter(|target| with_virus || !target.is_virus).map(|target| target.id).collect()
}

/// The actions of a page with held messages.
#[derive(Clone, Copy)]
pub struct MailActions {
    reach: StoredValue<Reach>,
    /// The messages whose release is being confirmed; empty while the dialog is closed.
    pub releasing: RwSignal<Vec<Target>>,
    /// Whether an answer is awaited.
    pub is_busy: RwSignal<bool>,
    heard: Heard,
}

impl MailActions {
    /// The actions within this reach. `heard` is called for what was done, also by Undo.
    pub fn new(reach: Reach, heard: Heard) -> Self {
        Self {
            reach: StoredValue::new(reach),
            releasing: RwSignal::new(vec![]),
            is_busy: RwSignal::new(false),
            heard,
        }
    }

    /// Opens the confirmation of a release (QUA-09).
    pub fn ask_to_release(self, targets: Vec<Target>) {
        self.releasing.set(targets);
    }

    /// Releases what was asked for; `train` also teaches that it was not spam, else the domain's settings say whether
    /// it does (C15).
    pub fn release(self, train: bool, with_virus: bool) {
        let ids = releasable(&self.releasing.get_untracked(), with_virus);
        self.releasing.set(vec![]);
        if ids.is_empty() {
            return;
        }
        let request = ReleaseRequest { ids, train: train.then_some(true), with_virus };
        self.is_busy.set(true);
        spawn_local(async move {
            let reach = self.reach.get_value();
            let answer = requests::release(&reach, &request).await;
            self.is_busy.set(false);
            if let Some(done) = self.hear(Done::Released, answer) {
                session::say(t_count("mail.released", done.len()));
            }
        });
    }

    /// Deletes at once and offers to take it back (QUA-07).
    pub fn delete(self, ids: Vec<RecordId>) {
        if ids.is_empty() {
            return;
        }
        self.is_busy.set(true);
        spawn_local(async move {
            let answer = requests::delete(ids).await;
            self.is_busy.set(false);
            if let Some(done) = self.hear(Done::Deleted, answer) {
                let text = t_count("mail.deleted", done.len());
                session::say_with_undo(text, Callback::new(move |()| self.restore(done.clone())));
            }
        });
    }

    fn restore(self, ids: Vec<RecordId>) {
        spawn_local(async move {
            let answer = requests::restore(ids).await;
            if let Some(done) = self.hear(Done::Restored, answer) {
                session::say(t_count("mail.restored", done.len()));
            }
        });
    }

    /// Tells the list what was done and the person what was not; the messages it was done to, if any.
    fn hear(self, what: Done, answer: Result<BulkAnswer, ApiError>) -> Option<Vec<RecordId>> {
        let (done, errors) = match answer {
            Ok(answer) => outcome(&answer),
            Err(error) => {
                session::complain(error.text());
                return None;
            }
        };
        if let Some(first) = errors.first() {
            let text = t_count("mail.failed", errors.len());
            session::complain(format!("{text} {}", t(&format!("error.{}", first.name()))));
        }
        if done.is_empty() {
            return None;
        }
        self.heard.run((what, done.clone()));
        Some(done)
    }
}

/// Whether several messages may be released at once (C7).
pub fn may_release_many() -> bool {
    session::can(Permission::QuarantineRelease) && session::can(Permission::QuarantineReleaseMany)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::messages::BulkResult;

    fn target(id: i64, is_virus: bool) -> Target {
        Target { id: RecordId(id), subject: String::new(), is_virus }
    }

    /// QUA-24.
    #[test]
    fn a_virus_is_released_only_when_somebody_says_so() {
        let targets = [target(1, false), target(2, true)];
        assert_eq!(releasable(&targets, false), [RecordId(1)]);
        assert_eq!(releasable(&targets, true), [RecordId(1), RecordId(2)]);
    }

    #[test]
    fn an_answer_tells_the_done_from_the_refused() {
        let result = |id, error| BulkResult { id: RecordId(id), error };
        let answer = BulkAnswer {
            results: vec![result(1, None), result(2, Some(ErrorCode::VirusNotReleasable)), result(3, None)],
        };
        assert_eq!(outcome(&answer), (vec![RecordId(1), RecordId(3)], vec![ErrorCode::VirusNotReleasable]));
    }
}
