//! The address is the state: what a list shows can be sent to somebody else as a link. A page with unsaved changes
//! is not left without asking.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
    location::State,
    params::ParamsMap,
};
use std::{cell::RefCell, rc::Rc};

thread_local! {
    static IS_DIRTY: RefCell<Option<Rc<dyn Fn() -> bool>>> = const { RefCell::new(None) };
}

/// Takes values for the query, and whether they make no new step of the history.
type Change = dyn Fn(&[(&str, Option<String>)], bool) + Send + Sync;

/// The query of the address, to be read and changed in parts.
#[derive(Clone, Copy)]
pub struct Address {
    query: Memo<ParamsMap>,
    change: StoredValue<Box<Change>>,
}

/// The address of the current page. To be called while a component is made.
pub fn use_address() -> Address {
    let (query, location, navigate) = (use_query_map(), use_location(), use_navigate());
    let change = move |changes: &[(&str, Option<String>)], replace: bool| {
        let mut params = query.get_untracked();
        for (name, value) in changes {
            params.remove(name);
            if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
                params.insert(name.to_string(), value.clone());
            }
        }
        let target = format!("{}{}", location.pathname.get_untracked(), params.to_query_string());
        // An entry of the history that is replaced keeps its mark (see `leave_dialog`).
        let mark = window().history().and_then(|history| history.state()).ok().filter(|_| replace);
        let state = State::new(mark);
        navigate(&target, NavigateOptions { replace, scroll: false, state, ..NavigateOptions::default() });
    };
    Address { query, change: StoredValue::new(Box::new(change)) }
}

impl Address {
    /// One value, followed as it changes.
    pub fn get(&self, name: &str) -> Option<String> {
        self.query.with(|query| query.get(name))
    }

    /// The names of all values, followed as they change.
    pub fn names(&self) -> Vec<String> {
        self.query.with(|query| query.clone().into_iter().map(|(name, _)| name.into_owned()).collect())
    }

    /// Back to the address without any value.
    pub fn clear(&self) {
        let names = untrack(|| self.names());
        let none: Vec<(&str, Option<String>)> = names.iter().map(|name| (name.as_str(), None)).collect();
        self.set(&none);
    }

    /// A finished change: the back button undoes it. Empty values leave the address.
    pub fn set(&self, changes: &[(&str, Option<String>)]) {
        self.change.with_value(|change| change(changes, false));
    }

    /// A change on the way, such as typing: no new step of the history.
    pub fn replace(&self, changes: &[(&str, Option<String>)]) {
        self.change.with_value(|change| change(changes, true));
    }
}

/// While `is_dirty` holds, leaving the page asks first (RTE-08): the browser before other sites, the panel before
/// its own pages.
pub fn guard(is_dirty: impl Fn() -> bool + 'static) {
    IS_DIRTY.with(|known| *known.borrow_mut() = Some(Rc::new(is_dirty)));
    let leaving = window_event_listener(leptos::ev::beforeunload, |event| {
        if must_ask() {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        leaving.remove();
        stop_guarding();
    });
}

/// Whether leaving the page would lose something.
pub fn must_ask() -> bool {
    let is_dirty = IS_DIRTY.with(|known| known.borrow().clone());
    is_dirty.is_some_and(|is_dirty| untrack(|| is_dirty()))
}

/// Lets the page be left as it is.
pub fn stop_guarding() {
    IS_DIRTY.with(|known| known.borrow_mut().take());
}
