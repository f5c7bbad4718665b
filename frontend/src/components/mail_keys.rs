//! The keys of the daily loop through a list of messages. Only while nobody is writing and no dialog is open
//! (WCAG 2.1.4 asks for the first, sense for the second).

use js_sys::Reflect;
use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The next row.
    Next,
    /// The row before.
    Previous,
    /// Open the row.
    Open,
    /// Close what is open, or untick everything.
    Leave,
    /// Tick the row.
    Tick,
    /// Tick up to the row.
    TickRange,
    /// Release what is ticked or open.
    Release,
    /// Delete what is ticked or open.
    Delete,
    /// Write into the search.
    Search,
    /// The next tab.
    NextTab,
    /// The tab before.
    PreviousTab,
}

/// The wish behind a key.
fn wish(key: &str, is_shifted: bool) -> Option<Wish> {
    Some(match (key, is_shifted) {
        ("j" | "ArrowDown", false) => Wish::Next,
        ("k" | "ArrowUp", false) => Wish::Previous,
        ("Enter" | "o", false) => Wish::Open,
        ("Escape", _) => Wish::Leave,
        ("x", false) => Wish::Tick,
        ("X" | "x", true) => Wish::TickRange,
        ("r", false) => Wish::Release,
        ("Delete", false) | ("#", _) => Wish::Delete,
        ("/", _) => Wish::Search,
        ("]", _) => Wish::NextTab,
        ("[", _) => Wish::PreviousTab,
        _ => return None,
    })
}

/// Whether keys belong to what has the focus: a field, a button that Enter presses, or an open dialog.
fn is_taken(event: &KeyboardEvent) -> bool {
    let document = document();
    if document.query_selector("dialog[open]").ok().flatten().is_some() {
        return true;
    }
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    let is_field = element
        .closest("input:not([type=checkbox]), select, textarea, [contenteditable]")
        .ok()
        .flatten()
        .is_some();
    let is_pressed_by_enter =
        event.key() == "Enter" && element.closest("a, button, summary").ok().flatten().is_some();
    let is_moved_by_arrows = event.key().starts_with("Arrow")
        && element.closest("[role=tablist], [role=tabpanel]").ok().flatten().is_some();
    is_field || is_pressed_by_enter || is_moved_by_arrows
}

/// Calls `act` for every wish, until the page is left.
pub fn listen(act: impl Fn(Wish) + 'static) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        let has_command = event.ctrl_key() || event.meta_key() || event.alt_key();
        if has_command || event.default_prevented() || is_taken(&event) {
            return;
        }
        if let Some(wish) = wish(&event.key(), event.shift_key()) {
            event.prevent_default();
            act(wish);
        }
    });
    on_cleanup(move || handle.remove());
}

/// Moves the focus to an element.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // An element that cannot take the focus leaves it where it is.
        drop(element.focus());
    }
}

/// Moves the focus to the element of that id, once the page has it.
pub fn focus_id(id: &'static str) {
    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(id) {
            focus(&element);
        }
    });
}

/// Brings the row of a list into sight without moving more than needed.
pub fn show_row(id: &str) {
    if let Some(row) = document().get_element_by_id(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        // Setting a property of a plain object cannot fail.
        drop(Reflect::set(&options, &"block".into(), &"nearest".into()));
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shift_makes_a_range_of_a_tick() {
        assert_eq!(wish("x", false), Some(Wish::Tick));
        assert_eq!(wish("X", true), Some(Wish::TickRange));
        assert_eq!(wish("Delete", false), Some(Wish::Delete));
        assert_eq!(wish("J", true), None);
    }
}
