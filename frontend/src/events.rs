//! What the server tells by itself: one stream a tab, as long as somebody is signed in. The browser connects
//! again by itself.

use crate::connection;
use contract::events::{Event, LISTEN};
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

/// The least time between two answers to events that come in numbers.
const PAUSE: Duration = Duration::from_secs(1);

type Listener = Rc<dyn Fn(&Event)>;

thread_local! {
    static STREAM: RefCell<Option<EventSource>> = const { RefCell::new(None) };
    static LISTENERS: RefCell<Vec<(usize, Listener)>> = const { RefCell::new(Vec::new()) };
}

/// Opens the stream; one that is open is closed before.
pub fn listen() {
    stop();
    let Ok(stream) = EventSource::new(LISTEN.operation.path) else { return };
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(|message: MessageEvent| {
        let event = message.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
        if let Some(event) = event {
            tell(&event);
        }
    });
    for kind in ["job", "log", "quarantine", "policy", "permissions"] {
        // A listener that cannot be added leaves a page that is not live, and is otherwise whole.
        let _ = stream.add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref());
    }
    let opened = Closure::<dyn FnMut()>::new(connection::found);
    let _ = stream.add_event_listener_with_callback("open", opened.as_ref().unchecked_ref());
    opened.forget();
    heard.forget();
    STREAM.with(|known| *known.borrow_mut() = Some(stream));
}

/// Closes the stream.
pub fn stop() {
    if let Some(stream) = STREAM.with(|known| known.borrow_mut().take()) {
        stream.close();
    }
}

fn tell(event: &Event) {
    if *event == Event::Permissions {
        leptos::task::spawn_local(crate::session::reread());
    }
    // A listener may end another one while it hears.
    let listeners: Vec<Listener> =
        LISTENERS.with(|known| known.borrow().iter().map(|(_, listener)| listener.clone()).collect());
    for listener in listeners {
        listener(event);
    }
}

/// Calls for every event from now on, until the calling component is gone.
pub fn on(heard: impl Fn(&Event) + 'static) {
    let number = LISTENERS.with(|known| {
        let mut known = known.borrow_mut();
        let number = known.iter().map(|(number, _)| *number).max().map_or(0, |last| last + 1);
        known.push((number, Rc::new(heard)));
        number
    });
    on_cleanup(move || LISTENERS.with(|known| known.borrow_mut().retain(|(one, _)| *one != number)));
}

/// Gathers events: the first is heard at once, those of the second after it together. `weight` says what an event
/// counts, 0 for those that do not matter; `heard` gets the sum.
pub fn on_gathered(weight: impl Fn(&Event) -> u32 + 'static, heard: impl Fn(u32) + 'static) {
    let gathered =
        Rc::new(Gathered { sum: Cell::new(0), is_waiting: Cell::new(false), heard: Box::new(heard) });
    let is_gone = Rc::new(Cell::new(false));
    on_cleanup({
        let is_gone = StoredValue::new_local(is_gone.clone());
        move || is_gone.with_value(|is_gone| is_gone.set(true))
    });
    on(move |event| {
        let weight = weight(event);
        if weight != 0 {
            gathered.sum.set(gathered.sum.get().saturating_add(weight));
            gathered.clone().pass_on(is_gone.clone());
        }
    });
}

struct Gathered {
    sum: Cell<u32>,
    is_waiting: Cell<bool>,
    heard: Box<dyn Fn(u32)>,
}

impl Gathered {
    fn pass_on(self: Rc<Self>, is_gone: Rc<Cell<bool>>) {
        if self.is_waiting.get() || self.sum.get() == 0 || is_gone.get() {
            return;
        }
        (self.heard)(self.sum.replace(0));
        self.is_waiting.set(true);
        set_timeout(
            move || {
                self.is_waiting.set(false);
                self.pass_on(is_gone);
            },
            PAUSE,
        );
    }
}
