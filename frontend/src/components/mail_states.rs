//! A list before its rows are there, and with rows on their way.

use super::icon::Icon;
use crate::i18n::{t, t_count};
use leptos::prelude::*;

/// Rows of the same height as those to come.
#[component]
pub fn RowSkeleton() -> impl IntoView {
    let row = |width: u32| {
        view! {
            <div class="sk-row">
                <span class="sk box"></span>
                <span class="sk" style:width=format!("{width}%")></span>
                <span class="sk end"></span>
            </div>
        }
    };
    view! {
        <div aria-busy="true" aria-label=move || t("list.loading") role="status">
            {[46, 34, 41, 28, 38, 44, 31, 36].map(row).collect_view()}
        </div>
    }
    .into_any()
}

/// A message to come.
#[component]
pub fn MessageSkeleton() -> impl IntoView {
    let line = |width: u32| view! { <span class="sk" style:width=format!("{width}%")></span> };
    view! {
        <div class="sk-message" aria-busy="true" aria-label=move || t("list.loading") role="status">
            {[70, 40, 90, 84, 88, 52].map(line).collect_view()}
        </div>
    }
    .into_any()
}

/// Rows that arrived and are not shown yet, so that none moves away under somebody's hand (ux 3.6, rule 10).
#[component]
pub fn FreshPill(
    /// How many.
    #[prop(into)]
    count: Signal<u64>,
    /// Shows them.
    show: Callback<()>,
) -> impl IntoView {
    let number = move || usize::try_from(count.get()).unwrap_or(usize::MAX);
    view! {
        <Show when=move || { count.get() > 0 }>
            <button type="button" class="fresh" on:click=move |_| show.run(())>
                <Icon name="arrow-up"/>{move || t_count("list.fresh", number())}
            </button>
        </Show>
    }
    .into_any()
}
