//! The password once more, before something that a stolen session must not do. The call that needs it waits; the
//! dialog (`components::password_again`) answers it.

use js_sys::{Function, Promise};
use leptos::prelude::*;
use std::{cell::RefCell, sync::LazyLock};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

static IS_ASKED: LazyLock<ArcRwSignal<bool>> = LazyLock::new(|| ArcRwSignal::new(false));

thread_local! {
    static WAITING: RefCell<Vec<Function>> = const { RefCell::new(Vec::new()) };
}

/// Asks for the password; whether the session may now do what is sensitive.
pub async fn ask() -> bool {
    let promise = Promise::new(&mut |resolve, _| WAITING.with(|waiting| waiting.borrow_mut().push(resolve)));
    IS_ASKED.set(true);
    JsFuture::from(promise).await.is_ok_and(|answer| answer.is_truthy())
}

/// Whether somebody is asked, followed as it changes.
pub fn is_asked() -> bool {
    IS_ASKED.get()
}

/// Answers every call that waits.
pub fn answer(is_confirmed: bool) {
    if IS_ASKED.get_untracked() {
        IS_ASKED.set(false);
    }
    for resolve in WAITING.with(|waiting| std::mem::take(&mut *waiting.borrow_mut())) {
        // Nobody may be waiting any more.
        let _ = resolve.call1(&JsValue::NULL, &JsValue::from_bool(is_confirmed));
    }
}
