//! Asks the engine about a message: parsed once, judged once for each set of settings among its recipients (C17,
//! FIL-18). Large messages are judged off the threads that serve connections, a few at a time.

use crate::{lookups, smtp::protocol::Reason};
use bytes::Bytes;
use contract::settings::Settings;
use filter_engine::{Envelope, Facts, Message, Verdict, evaluate};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tokio::sync::Semaphore;

/// Messages up to this size are judged on the spot.
const ON_THE_SPOT: usize = 32 * 1024;

/// What is to be judged.
pub struct Question {
    /// The message, or its beginning.
    pub message: Bytes,
    /// What was said in the dialogue.
    pub envelope: Envelope,
    /// What the world said.
    pub facts: Facts,
    /// Who says that DMARC held before the message was passed on; empty if nobody.
    pub arc_sealer: String,
    /// The settings of each recipient.
    pub settings: Vec<Arc<Settings>>,
    /// Whether verdicts are wanted, or only what the message says of itself.
    pub wants_verdicts: bool,
}

/// What the engine said.
pub struct Answer {
    /// The decoded subject.
    pub subject: String,
    /// The decoded From field.
    pub from: String,
    /// The decoded To field.
    pub to: String,
    /// How many attachments it has.
    pub attachments: u32,
    /// How many parts it has.
    pub parts: usize,
    /// The names of its files.
    pub file_names: Vec<String>,
    /// The verdict for each recipient, in their order; empty if none were wanted.
    pub verdicts: Vec<Arc<Verdict>>,
}

/// The engine's place in a node.
pub struct Judge(Semaphore);

impl Default for Judge {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self(Semaphore::new(cores.saturating_mul(2)))
    }
}

impl Judge {
    /// Answers a question.
    ///
    /// # Errors
    /// [`Reason::NotJudged`] if the engine failed: what was not checked is not taken for clean.
    pub async fn ask(&self, question: Question) -> Result<Answer, Reason> {
        let is_small = question.message.len() <= ON_THE_SPOT;
        let caught = move || catch_unwind(AssertUnwindSafe(|| answer(&question)));
        let answered = if is_small {
            caught()
        } else {
            let _permit = self.0.acquire().await.map_err(|_| Reason::NotJudged)?;
            tokio::task::spawn_blocking(caught).await.map_err(|_| Reason::NotJudged)?
        };
        answered.map_err(|_| {
            tracing::error!("the engine failed on a message");
            Reason::NotJudged
        })
    }
}

fn answer(question: &Question) -> Answer {
    let message = Message::parse(question.envelope.clone(), &question.message);
    let mut known: Vec<(&Settings, Arc<Verdict>)> = Vec::new();
    let mut verdicts = Vec::new();
    let wanted = if question.wants_verdicts { question.settings.as_slice() } else { &[] };
    for settings in wanted {
        let verdict = match known.iter().find(|(other, _)| *other == &**settings) {
            Some((_, verdict)) => verdict.clone(),
            None => {
                let facts = lookups::facts_for(&question.facts, &question.arc_sealer, settings);
                let verdict = Arc::new(evaluate(&message, &facts, settings));
                known.push((settings, verdict.clone()));
                verdict
            }
        };
        verdicts.push(verdict);
    }
    Answer {
        subject: shortened(message.subject()),
        from: shortened(message.from()),
        to: shortened(message.to()),
        attachments: u32::try_from(message.attachments().count()).unwrap_or(u32::MAX),
        parts: message.parts().len() + message.containers().len(),
        file_names: message
            .parts()
            .iter()
            .filter(|part| !part.file_name.is_empty())
            .map(|part| part.file_name.clone())
            .collect(),
        verdicts,
    }
}

/// What a log row shows of a field: its beginning, without control characters.
fn shortened(text: String) -> String {
    let is_short = text.len() <= 1_000 && !text.contains(char::is_control);
    if is_short { text } else { text.chars().filter(|it| !it.is_control()).take(1_000).collect() }
}
