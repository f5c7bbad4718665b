//! Asks before something that cannot be taken back (ux 3.12): what is meant, what follows, and for what is wide and
//! final also its name. One dialog for the whole panel; the least harmful way out has the focus.

use super::dialog::Dialog;
use crate::i18n::{t, t_with};
use leptos::prelude::*;
use std::sync::{Arc, LazyLock};

static ASKED: LazyLock<ArcRwSignal<Option<Question>>> = LazyLock::new(|| ArcRwSignal::new(None));

/// What is asked.
#[derive(Clone)]
pub struct Question {
    /// What would be done to what.
    pub title: String,
    /// What follows from it.
    pub text: String,
    /// What is meant, one by one.
    pub lines: Vec<String>,
    /// The words of the button: the verb again.
    pub verb: String,
    /// What has to be written first, where it is wide and final.
    pub word: Option<String>,
    /// Does it. Not a `Callback`, which ends with the row that asked.
    pub act: Arc<dyn Fn() + Send + Sync>,
}

/// Asks.
pub fn ask(question: Question) {
    ASKED.set(Some(question));
}

/// The dialog. Once in the panel.
#[component]
pub fn ConfirmDialog() -> impl IntoView {
    let asked = ASKED.clone();
    let (open, typed) = (RwSignal::new(false), RwSignal::new(String::new()));
    Effect::new({
        let asked = asked.clone();
        move || {
            typed.set(String::new());
            open.set(asked.with(Option::is_some));
        }
    });
    Effect::new({
        let asked = asked.clone();
        move || {
            // Only if there is one: setting it again would wake the effect above without end.
            if !open.get() && asked.with_untracked(Option::is_some) {
                asked.set(None);
            }
        }
    });
    let title = {
        let asked = asked.clone();
        Signal::derive(move || asked.get().map(|one| one.title).unwrap_or_default())
    };
    view! {
        <Dialog open title>
            {
                let asked = asked.clone();
                move || asked.get().map(|question| ask_view(question, open, typed))
            }
        </Dialog>
    }
    .into_any()
}

fn ask_view(question: Question, open: RwSignal<bool>, typed: RwSignal<String>) -> AnyView {
    let Question { text, lines, verb, word, act, .. } = question;
    let label = word.as_ref().map(|word| t_with("confirm.write", &[("word", word)]));
    let is_ready =
        Signal::derive(move || word.as_ref().is_none_or(|word| typed.with(|typed| typed.trim() == word)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if is_ready.get_untracked() {
            open.set(false);
            act();
        }
    };
    view! {
        <form on:submit=submit>
            <div class="bd">
                <p>{text}</p>
                {(!lines.is_empty()).then(|| view! { <ul class="names">{lines.into_iter().map(|line| view! { <li><bdi>{line}</bdi></li> }).collect_view()}</ul> })}
                {label.map(|label| view! {
                    <label class="lbl">{label}
                        <input class="in" autocomplete="off" autocapitalize="none" spellcheck="false" on:input:target=move |event| typed.set(event.target().value())/>
                    </label>
                })}
            </div>
            <footer>
                <button type="button" class="btn" autofocus on:click=move |_| open.set(false)>{t("panel.cancel")}</button>
                <button type="submit" class="btn solidbad" disabled=move || !is_ready.get()>{verb}</button>
            </footer>
        </form>
    }
    .into_any()
}
