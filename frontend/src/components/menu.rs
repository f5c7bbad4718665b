//! A button with a short list of things to do below it, for a row or a page. It is not cut off by what it stands in.

use super::{icon::Icon, popover::close_by_itself};
use crate::i18n::t;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

/// Something that can be done.
#[derive(Clone)]
pub struct Act {
    /// The key of its words.
    pub label: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// Whether it destroys something.
    pub is_bad: bool,
    /// Does it.
    pub act: Callback<()>,
}

impl Act {
    /// Something harmless.
    pub fn new(label: &'static str, icon: &'static str, act: impl Fn() + Send + Sync + 'static) -> Self {
        Self { label, icon, is_bad: false, act: Callback::new(move |()| act()) }
    }

    /// Something that destroys.
    pub fn bad(label: &'static str, icon: &'static str, act: impl Fn() + Send + Sync + 'static) -> Self {
        Self { is_bad: true, ..Self::new(label, icon, act) }
    }
}

/// The button and its list; nothing where there is nothing to do.
#[component]
pub fn Menu(
    /// What it is for; read to those who do not see it.
    #[prop(into)]
    label: String,
    /// What can be done.
    acts: Vec<Act>,
    /// The key of words on the button; three dots where there are none.
    #[prop(optional)]
    words: &'static str,
) -> impl IntoView {
    if acts.is_empty() {
        return ().into_any();
    }
    let (is_open, holder) = (RwSignal::new(false), NodeRef::<html::Div>::new());
    let place = RwSignal::new((0.0, 0.0));
    close_by_itself(is_open, holder);
    let scrolled = window_event_listener_untyped("wheel", move |_| is_open.set(false));
    on_cleanup(move || scrolled.remove());
    let acts = StoredValue::new(acts);
    let toggle = move |event: web_sys::MouseEvent| {
        let button = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if let Some(rect) = button.map(|button| button.get_bounding_client_rect()) {
            let width = document().document_element().map_or(0, |root| root.client_width());
            place.set((rect.bottom() + 4.0, f64::from(width) - rect.right()));
        }
        is_open.update(|open| *open = !*open);
        if is_open.get_untracked() {
            request_animation_frame(move || move_focus(holder, 0));
        }
    };
    let steer = move |event: web_sys::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        event.prevent_default();
        move_focus(holder, by);
    };
    view! {
        <div class="menu" node_ref=holder on:keydown=steer>
            <button type="button" class="btn" class:sm=words.is_empty() class:icon=words.is_empty() class:ghost=words.is_empty() aria-haspopup="menu" aria-label=words.is_empty().then_some(label)
                aria-expanded=move || is_open.get().to_string() on:click=toggle>
                {if words.is_empty() { view! { <Icon name="ellipsis"/> }.into_any() } else { view! { {move || t(words)}<Icon name="chevron-down"/> }.into_any() }}
            </button>
            <Show when=move || is_open.get()>
                <div class="sheet" role="menu" style:top=move || format!("{}px", place.get().0) style:right=move || format!("{}px", place.get().1)>
                    {acts.get_value().into_iter().map(|act| entry(act, is_open)).collect_view()}
                </div>
            </Show>
        </div>
    }
    .into_any()
}

fn entry(act: Act, is_open: RwSignal<bool>) -> AnyView {
    let run = move |_| {
        is_open.set(false);
        act.act.run(());
    };
    view! {
        <button type="button" class="row" class:bad=act.is_bad role="menuitem" on:click=run><Icon name=act.icon/>{t(act.label)}</button>
    }
    .into_any()
}

/// Moves the focus among the entries; 0 for the first.
fn move_focus(holder: NodeRef<html::Div>, by: i32) {
    let Some(found) =
        holder.get_untracked().and_then(|holder| holder.query_selector_all("[role=menuitem]").ok())
    else {
        return;
    };
    let count = i32::try_from(found.length()).unwrap_or_default();
    let entry = |at: i32| found.get(u32::try_from(at).ok()?)?.dyn_into::<web_sys::HtmlElement>().ok();
    let active = document().active_element();
    let now = (0..count).find(|at| entry(*at).map(web_sys::Element::from) == active);
    let next = match (by, now) {
        (0, _) | (_, None) => 0,
        (by, Some(now)) => (now + by).rem_euclid(count.max(1)),
    };
    if let Some(entry) = entry(next) {
        // An entry that cannot take the focus leaves it where it is.
        let _ = entry.focus();
    }
}
