//! A list before its rows are there, without rows, and when they could not be had.

use super::icon::Icon;
use crate::{
    api::ApiError,
    i18n::{t, t_with},
};
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

/// Why something could not be had, with a way to try again and what support needs.
#[component]
pub fn Failed(
    /// The error.
    error: ApiError,
    /// Tries again.
    again: Callback<()>,
) -> impl IntoView {
    let reference = error.request_id();
    view! {
        <div class="empty" role="alert">
            <span class="ic bad"><Icon name="cloud-alert"/></span>
            <h3>{move || t("list.failed")}</h3>
            <p>{error.text()}</p>
            {reference.map(|reference| view! {
                <p class="muted small">{move || t_with("list.reference", &[("id", &reference)])}</p>
            })}
            <div class="acts">
                <button type="button" class="btn pri" on:click=move |_| again.run(())>
                    <Icon name="refresh-cw"/>{move || t("list.again")}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// A list without rows.
#[component]
pub fn Empty(
    /// Its picture.
    icon: &'static str,
    /// The key of its title.
    title: &'static str,
    /// The key of its text.
    text: &'static str,
    /// What can be done about it.
    #[prop(optional, into)]
    actions: ViewFnOnce,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="ic"><Icon name=icon/></span>
            <h3>{move || t(title)}</h3>
            <p>{move || t(text)}</p>
            <div class="acts">{actions.run()}</div>
        </div>
    }
    .into_any()
}
