//! What opens below a button of the top bar closes when something else is pressed or focused, and by Escape, which
//! gives the focus back to the button.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, HtmlElement, Node};

/// Closes what is open within `holder`.
pub fn close_by_itself(open: RwSignal<bool>, holder: NodeRef<html::Div>) {
    let leave = move |target: Option<EventTarget>| {
        let target = target.and_then(|target| target.dyn_into::<Node>().ok());
        let is_outside = holder.get_untracked().is_some_and(|holder| !holder.contains(target.as_ref()));
        if open.get_untracked() && is_outside {
            open.set(false);
        }
    };
    let pressed = window_event_listener(ev::pointerdown, move |event| leave(event.target()));
    let focused = window_event_listener(ev::focusin, move |event| leave(event.target()));
    let typed = window_event_listener(ev::keydown, move |event| {
        if event.key() != "Escape" || !open.get_untracked() {
            return;
        }
        open.set(false);
        let button = holder.get_untracked().and_then(|holder| holder.query_selector("button").ok().flatten());
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            // A button that cannot take the focus leaves it where it is.
            let _ = button.focus();
        }
    });
    on_cleanup(move || {
        pressed.remove();
        focused.remove();
        typed.remove();
    });
}
