//! Whether the server is there, and when it wants to be asked again: told above every page. What is only read is asked
//! again by itself; what failed to load loads when the server is back.

use crate::{
    i18n::{t, t_count},
    session,
};
use leptos::prelude::*;
use std::{cell::RefCell, rc::Rc, sync::LazyLock, time::Duration};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// The longest that a call waits because the server asks for it, in seconds.
pub const LONGEST_WAIT: u32 = 60;

/// How it is with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It answers.
    There,
    /// It does not.
    Away,
    /// It answers again after so many seconds.
    Later(u32),
}

type Listener = Rc<dyn Fn()>;

static STATE: LazyLock<ArcRwSignal<State>> = LazyLock::new(|| ArcRwSignal::new(State::There));

thread_local! {
    static LISTENERS: RefCell<Vec<(usize, Listener)>> = const { RefCell::new(Vec::new()) };
}

/// What people are told of it; nothing while all is well.
pub fn words() -> Option<String> {
    match STATE.get() {
        State::There => None,
        State::Away => Some(t("connection.away")),
        State::Later(seconds) => Some(t_count("connection.later", u64::from(seconds))),
    }
}

/// The server did not answer.
pub fn lost() {
    STATE.set(State::Away);
}

/// The server answered: what failed to load loads again.
pub fn found() {
    let was = STATE.get_untracked();
    if was == State::There {
        return;
    }
    STATE.set(State::There);
    if was == State::Away {
        session::say(t("connection.back"));
        let listeners: Vec<Listener> =
            LISTENERS.with(|known| known.borrow().iter().map(|(_, listener)| listener.clone()).collect());
        for listener in listeners {
            listener();
        }
    }
}

/// Calls when the server is back, until the calling component is gone.
pub fn on_return(back: impl Fn() + 'static) {
    let number = LISTENERS.with(|known| {
        let mut known = known.borrow_mut();
        let number = known.iter().map(|(number, _)| *number).max().map_or(0, |last| last + 1);
        known.push((number, Rc::new(back)));
        number
    });
    on_cleanup(move || LISTENERS.with(|known| known.borrow_mut().retain(|(one, _)| *one != number)));
}

/// Waits as the server asks, counting the seconds where everybody sees them.
pub async fn wait(seconds: u32) {
    for left in (1..=seconds).rev() {
        STATE.set(State::Later(left));
        pause(Duration::from_secs(1)).await;
    }
    STATE.set(State::There);
}

/// Waits a moment, never twice the same: many tabs do not come back together. `number`: of the try, from 0.
pub async fn short_pause(number: u32) {
    let part = js_sys::Math::random() + 0.5;
    pause(Duration::from_millis(400).saturating_mul(number + 1).mul_f64(part)).await;
}

async fn pause(time: Duration) {
    let promise = js_sys::Promise::new(&mut |done, _| {
        let go_on = move || {
            // Nobody is left to be told that going on failed.
            let _ = done.call0(&JsValue::NULL);
        };
        set_timeout(go_on, time);
    });
    let _ = JsFuture::from(promise).await;
}
