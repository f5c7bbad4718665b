//! What the server tells by itself: one stream a tab, as long as somebody is signed in. The browser connects
//! again by itself.

use contract::events::{Event, LISTEN};
use leptos::prelude::*;
use std::{cell::RefCell, sync::LazyLock};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

static LATEST: LazyLock<ArcRwSignal<Option<Event>>> = LazyLock::new(|| ArcRwSignal::new(None));

thread_local! {
    static STREAM: RefCell<Option<EventSource>> = const { RefCell::new(None) };
}

/// Opens the stream; one that is open is closed before.
pub fn listen() {
    stop();
    let Ok(stream) = EventSource::new(LISTEN.operation.path) else { return };
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(|message: MessageEvent| {
        let event = message.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
        if let Some(event) = event {
            LATEST.set(Some(event));
        }
    });
    for kind in ["log", "quarantine", "policy"] {
        // A listener that cannot be added leaves a page that is not live, and is otherwise whole.
        let _ = stream.add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref());
    }
    heard.forget();
    STREAM.with(|known| *known.borrow_mut() = Some(stream));
}

/// Closes the stream.
pub fn stop() {
    if let Some(stream) = STREAM.with(|known| known.borrow_mut().take()) {
        stream.close();
    }
}

/// Calls for every event from now on, until the calling component is gone.
pub fn on(mut heard: impl FnMut(&Event) + 'static) {
    let latest = LATEST.clone();
    Effect::new(move |before: Option<()>| {
        latest.with(|event| {
            // The first run only subscribes: that event is from before this page.
            if let (Some(()), Some(event)) = (before, event) {
                heard(event);
            }
        });
    });
}
