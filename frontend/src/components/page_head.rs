//! The head of a page: one title that names whose data it shows (UI-02), what the page is for (UI-03), its actions.

use crate::{i18n::t, scope::Scope};
use leptos::prelude::*;

/// The title of a page with the name of its scope, as the heading and the browser's tab have it.
pub fn title_in(scope: &Scope, title: &str) -> String {
    match scope.name() {
        Some(name) => format!("{} ({name})", t(title)),
        None => t(title),
    }
}

/// The head of a page.
#[component]
pub fn PageHead(
    /// Whose data it shows.
    scope: Scope,
    /// The title's text key.
    title: &'static str,
    /// What the page is for.
    #[prop(into)]
    intro: Signal<String>,
    /// Its actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="head">
            <div>
                <h1 tabindex="-1">{move || title_in(&scope, title)}</h1>
                <p class="sub">{move || intro.get()}</p>
            </div>
            {children.map(|children| view! { <div class="acts keep">{children()}</div> })}
        </div>
    }
    .into_any()
}
