//! What the pages of messages have in common around their lists: the address, the reader, the browser.

use super::mail_filters::Pair;
use crate::{address::Address, i18n::t, session};
use contract::permission::Role;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

/// Whether a change of the address is a step that the browser's "back" undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is.
    New,
    /// It is not.
    Same,
}

/// Whether the reader looks after one mailbox, and is spoken to as such.
pub fn is_mailbox() -> bool {
    session::me().is_some_and(|me| me.role == Role::Email)
}

/// The domain of the signed-in user, if it has one.
pub fn own_domain() -> Option<String> {
    session::me().and_then(|me| me.domain)
}

/// Parameters as the end of an address: `?a=b`, or nothing.
pub fn query_string(pairs: &[Pair]) -> String {
    let Ok(parameters) = web_sys::UrlSearchParams::new() else { return String::new() };
    for (key, value) in pairs {
        parameters.append(key, value);
    }
    let text = String::from(parameters.to_string());
    if text.is_empty() { text } else { format!("?{text}") }
}

/// Writes these parameters into the address, and takes those of `keys` away that are not among them.
pub fn put(address: Address, keys: &[&'static str], pairs: &[Pair], step: Step) {
    let value = |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
    let values: Vec<_> = keys.iter().map(|key| (*key, value(key))).collect();
    match step {
        Step::New => address.set(&values),
        Step::Same => address.replace(&values),
    }
}

/// Copies the address of the page, which holds all that is searched for and open.
pub fn copy_address() {
    let Ok(href) = window().location().href() else { return };
    let copying = window().navigator().clipboard().write_text(&href);
    spawn_local(async move {
        match JsFuture::from(copying).await {
            Ok(_) => session::say(t("list.copied")),
            Err(_) => session::complain(t("list.not_copied")),
        }
    });
}

/// What this browser remembers under a key.
pub fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Lets this browser remember something that is no secret.
pub fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden storage remembers nothing; nothing depends on it.
        drop(storage.set_item(key, value));
    }
}
