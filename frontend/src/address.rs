//! The address is the state: what a list shows can be sent to somebody else as a link.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
    params::ParamsMap,
};

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
        navigate(&target, NavigateOptions { replace, scroll: false, ..NavigateOptions::default() });
    };
    Address { query, change: StoredValue::new(Box::new(change)) }
}

impl Address {
    /// One value, followed as it changes.
    pub fn get(&self, name: &str) -> Option<String> {
        self.query.with(|query| query.get(name))
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
