//! A page before the desk: signing in, what has to be done first, getting back in. One card, nothing around it.

use crate::{brand::Wordmark, i18n::t};
use leptos::prelude::*;

/// The card with its title.
#[component]
pub fn Gate(
    /// The key of the title.
    title: &'static str,
    /// The key of what to do.
    intro: &'static str,
    /// Whether it needs more room.
    #[prop(optional)]
    wide: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <main class="gate"><div class="card" class:wide=wide>
            <a class="brand" href="/"><Wordmark/></a>
            <h1 tabindex="-1">{move || t(title)}</h1>
            <p class="t2">{move || t(intro)}</p>
            {children()}
        </div></main>
    }
    .into_any()
}
