//! How far long work is: the state in a word, and a bar while it goes on.

use super::badge::Mark;
use crate::i18n::{t, t_with};
use contract::jobs::{Job, JobState};
use leptos::prelude::*;

/// The state of a job, and its bar.
#[component]
pub fn JobProgress(
    /// The job.
    job: Job,
) -> impl IntoView {
    let (tone, icon) = match job.state {
        JobState::Queued => ("neu", "hourglass"),
        JobState::Running => ("info", "refresh-cw"),
        JobState::Done => ("ok", "check"),
        JobState::Stopped => ("warn", "ban"),
        JobState::Failed => ("bad", "circle-alert"),
    };
    let why = job.error.map(|code| t(&format!("error.{}", code.name())));
    let numbers =
        t_with("job.progress", &[("done", &job.done.to_string()), ("total", &job.total.to_string())]);
    view! {
        <div class="stack">
            <p><Mark tone icon text=t(&format!("job.state.{}", job.state.name()))/>" "<span class="num small muted">{numbers}</span></p>
            {(!job.state.is_over()).then(|| view! { <progress class="bar" max=job.total.max(1) value=job.done></progress> })}
            {why.map(|why| view! { <p class="err">{why}</p> })}
        </div>
    }
    .into_any()
}
