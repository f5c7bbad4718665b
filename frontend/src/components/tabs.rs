//! The parts of a page, one at a time; the address says which.

use crate::{address::Address, i18n::t};
use leptos::prelude::*;

/// The row of parts: the value in the address (none for the first), and the key of the name.
#[component]
pub fn Tabs(
    /// The address of the page.
    address: Address,
    /// The key of what they are parts of.
    label: &'static str,
    /// The parts.
    tabs: &'static [(&'static str, &'static str)],
) -> impl IntoView {
    let chosen = move || address.get("tab").unwrap_or_default();
    let tab = |(value, title): &'static (&'static str, &'static str)| {
        // The list of another part begins anew.
        let go = move |_| {
            address.set(&[
                ("tab", Some((*value).to_owned())),
                ("cursor", None),
                ("page", None),
                ("q", None),
                ("sort", None),
            ])
        };
        view! {
            <button type="button" aria-current=move || (chosen() == *value).then_some("page") on:click=go>{move || t(title)}</button>
        }
    };
    view! { <nav class="tabs" aria-label=move || t(label)>{tabs.iter().map(tab).collect_view()}</nav> }
        .into_any()
}
