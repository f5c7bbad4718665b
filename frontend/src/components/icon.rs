//! One icon of `styles/icons.svg`, which is part of the first page. An icon is never the only carrier of a meaning.

use leptos::prelude::*;

/// The icon of that name, in the size of the text around it.
#[component]
pub fn Icon(
    /// Its name in the sprite.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    view! { <svg class="i" aria-hidden="true"><use href=format!("#{name}")></use></svg> }.into_any()
}
