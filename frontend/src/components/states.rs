//! What stands where data will be, or would be: loading, nothing yet, an error.

use super::icon::Icon;
use crate::{
    api::ApiError,
    connection,
    i18n::{t, t_with},
};
use leptos::prelude::*;

/// Lines of the height of those to come.
#[component]
pub fn Skeleton(
    /// How many.
    #[prop(default = 6)]
    lines: usize,
) -> impl IntoView {
    view! {
        <div class="pad" aria-busy="true">
            <span class="vh">{t("panel.loading")}</span>
            {(0..lines).map(|_| view! { <span class="sk line"></span> }).collect_view()}
        </div>
    }
    .into_any()
}

/// Nothing is here: what it would be, and what can be done.
#[component]
pub fn Empty(
    /// The icon.
    icon: &'static str,
    /// What is missing: a text's key.
    title: &'static str,
    /// What one would do with it: a text's key.
    text: &'static str,
    /// What can be done about it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="ic"><Icon name=icon/></span>
            <h3>{move || t(title)}</h3>
            <p>{move || t(text)}</p>
            {children.map(|children| view! { <div class="acts">{children()}</div> })}
        </div>
    }
    .into_any()
}

/// It could not be loaded: why, the reference for support, and another try.
#[component]
pub fn Trouble(
    /// The error.
    error: ApiError,
    /// Tries again.
    #[prop(into)]
    again: Callback<()>,
) -> impl IntoView {
    connection::on_return(move || again.run(()));
    let reference = error.request_id();
    view! {
        <div class="empty" role="alert">
            <span class="ic bad"><Icon name="cloud-alert"/></span>
            <h3>{t("panel.failed")}</h3>
            <p>{error.text()}</p>
            {reference.map(|id| view! { <p class="muted small">{t_with("panel.reference", &[("id", &id)])}</p> })}
            <div class="acts">
                <button type="button" class="btn" on:click=move |_| again.run(())><Icon name="refresh-cw"/>{t("panel.again")}</button>
            </div>
        </div>
    }
    .into_any()
}
