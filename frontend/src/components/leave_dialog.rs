//! Asks before a page with unsaved changes is left for another page of the panel: by a link, or by the browser's
//! back and forward buttons.

use super::dialog::Dialog;
use crate::{address, i18n::t};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Where somebody was about to go.
#[derive(Clone, PartialEq)]
pub enum Target {
    /// To a page of the panel.
    Page(String),
    /// That many steps of the browser's history.
    Steps(i32),
}

/// The question, and what waits for links to be followed. Once in the panel, inside the router.
#[component]
pub fn LeaveDialog(
    /// Where somebody was about to go; also set by [`hold_history`].
    target: RwSignal<Option<Target>>,
) -> impl IntoView {
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
        let Some(target) = target.get_untracked() else { return };
        address::stop_guarding();
        open.set(false);
        match target {
            Target::Page(path) => navigate(&path, Default::default()),
            Target::Steps(steps) => go(steps),
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
fn hold_links(target: RwSignal<Option<Target>>) {
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
            target.set(Some(Target::Page(path)));
        }
    });
    // While it is on its way down: the router listens at the window for it coming up. It stays as long as the panel.
    let _ =
        document().add_event_listener_with_callback_and_bool("click", hold.as_ref().unchecked_ref(), true);
    hold.forget();
}

thread_local! {
    /// When the entry of the history that is shown was first touched.
    static HERE: Cell<f64> = const { Cell::new(0.0) };
    /// Whether the next step of the history is our own way back.
    static IS_RETURNING: Cell<bool> = const { Cell::new(false) };
}

/// Stops a step of the history out of a page with unsaved changes. The browser has made the step already, and says
/// not in which direction: every entry carries the time at which it was first touched, and they are made in order.
/// To be called before the router is made: browsers tell a window's listeners of it in the order in which they came.
pub fn hold_history(target: RwSignal<Option<Target>>) {
    let touched = Closure::<dyn Fn()>::new(|| {
        let at = mark().unwrap_or_else(|| {
            let now = js_sys::Date::now();
            if let Ok(history) = window().history() {
                // An entry that cannot be marked counts as an old one.
                let _ = history.replace_state(&JsValue::from_f64(now), "");
            }
            now
        });
        HERE.set(at);
    });
    for kind in ["pointerdown", "keydown"] {
        let _ = document().add_event_listener_with_callback_and_bool(
            kind,
            touched.as_ref().unchecked_ref(),
            true,
        );
    }
    touched.forget();
    let stepped = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        let back = if mark().unwrap_or_default() < HERE.get() { -1 } else { 1 };
        if IS_RETURNING.replace(false) {
            event.stop_immediate_propagation();
        } else if address::must_ask() {
            event.stop_immediate_propagation();
            IS_RETURNING.set(true);
            go(-back);
            target.set(Some(Target::Steps(back)));
        } else {
            HERE.set(mark().unwrap_or_default());
        }
    });
    let _ = window().add_event_listener_with_callback("popstate", stepped.as_ref().unchecked_ref());
    stepped.forget();
}

fn mark() -> Option<f64> {
    window().history().ok()?.state().ok()?.as_f64()
}

fn go(steps: i32) {
    if let Ok(history) = window().history() {
        // A history without that step stays where it is.
        let _ = history.go_with_delta(steps);
    }
}
