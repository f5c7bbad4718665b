//! A modal dialog: the browser's own, which keeps the focus inside, closes on Escape and gives the focus back.

use super::icon::Icon;
use crate::i18n::t;
use leptos::{html, prelude::*};

/// A dialog that is open while `open` holds.
#[component]
pub fn Dialog(
    /// Whether it is open. Closing by Escape sets it to false.
    open: RwSignal<bool>,
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it comes from the side, for forms.
    #[prop(optional)]
    drawer: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            // A frame later its content is there, and the browser finds what asks for the focus.
            (true, false) => request_animation_frame(move || {
                if open.get_untracked() && !dialog.open() {
                    // It is in the document and not open, which is all that this can fail on.
                    let _ = dialog.show_modal();
                }
            }),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    view! {
        <dialog class="dlg" class:drawer=drawer node_ref=dialog on:close=move |_| open.set(false) aria-labelledby="dialog-title">
            <Show when=move || open.get()>
                <header>
                    <h2 id="dialog-title">{move || title.get()}</h2>
                    {drawer.then(|| view! {
                        <button type="button" class="iconbtn" aria-label=move || t("panel.close") on:click=move |_| open.set(false)><Icon name="x"/></button>
                    })}
                </header>
                {children()}
            </Show>
        </dialog>
    }
    .into_any()
}
