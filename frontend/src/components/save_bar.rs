//! The bar at the end of a page with unsaved changes: how many there are, the ways back and on. Ctrl+S saves.

use crate::{
    address,
    i18n::{t, t_count},
};
use leptos::{ev, prelude::*};

/// The bar; the page is not left without asking while there are changes.
#[component]
pub fn SaveBar(
    /// How many values are changed.
    #[prop(into)]
    changes: Signal<usize>,
    /// Saves them.
    #[prop(into)]
    save: Callback<()>,
    /// Takes them back.
    #[prop(into)]
    discard: Callback<()>,
) -> impl IntoView {
    address::guard(move || changes.get() != 0);
    let typed = window_event_listener(ev::keydown, move |event| {
        let is_save = (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("s");
        if is_save && changes.get_untracked() != 0 {
            event.prevent_default();
            save.run(());
        }
    });
    on_cleanup(move || typed.remove());
    view! {
        <Show when=move || changes.get() != 0>
            <div class="savebar" role="region" aria-label=t("panel.unsaved")>
                <span aria-live="polite">{move || t_count("panel.changes", changes.get())}</span>
                <span class="end">
                    <button type="button" class="btn ghost" on:click=move |_| discard.run(())>{t("panel.discard")}</button>
                    <button type="button" class="btn pri" aria-keyshortcuts="Control+S" on:click=move |_| save.run(())>{t("panel.save")}</button>
                </span>
            </div>
        </Show>
    }
    .into_any()
}
