//! Asks before a page with unsaved changes is left for another page of the panel.

use super::dialog::Dialog;
use crate::{address, i18n::t};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::{JsCast, closure::Closure};

/// The question, and what waits for links to be followed. Once in the panel, inside the router.
#[component]
pub fn LeaveDialog() -> impl IntoView {
    let target = RwSignal::new(None::<String>);
    let open = RwSignal::new(false);
    hold_links(target);
    Effect::new(move || open.set(target.with(Option::is_some)));
    Effect::new(move || {
        // Only if there is one: setting it again would wake the effect above without end.
        if !open.get() && target.with_untracked(Option::is_some) {
            target.set(None);
        }
    });
    let navigate = use_navigate();
    let leave = StoredValue::new_local(move || {
        if let Some(path) = target.get_untracked() {
            address::stop_guarding();
            open.set(false);
            navigate(&path, Default::default());
        }
    });
    view! {
        <Dialog open title=Signal::derive(|| t("leave.title"))>
            <div class="bd"><p>{t("leave.text")}</p></div>
            <footer>
                <button type="button" class="btn" autofocus on:click=move |_| open.set(false)>{t("leave.stay")}</button>
                <button type="button" class="btn solidbad" on:click=move |_| leave.with_value(|leave| leave())>{t("leave.discard")}</button>
            </footer>
        </Dialog>
    }
    .into_any()
}

/// Stops a link out of a page with unsaved changes before the router sees it.
fn hold_links(target: RwSignal<Option<String>>) {
    let hold = Closure::<dyn Fn(web_sys::MouseEvent)>::new(move |event: web_sys::MouseEvent| {
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("a[href^='/']:not([target])").ok().flatten())
            .and_then(|link| link.get_attribute("href"));
        if let Some(path) = link
            && !(event.ctrl_key() || event.meta_key() || event.shift_key())
            && address::must_ask()
        {
            event.prevent_default();
            event.stop_propagation();
            target.set(Some(path));
        }
    });
    // While it is on its way down: the router listens at the window for it coming up. It stays as long as the panel.
    let _ =
        document().add_event_listener_with_callback_and_bool("click", hold.as_ref().unchecked_ref(), true);
    hold.forget();
}
