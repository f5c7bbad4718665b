//! The router: addresses outside a scope, and the guarded page of a section within one.

use crate::{
    components::{
        leave_dialog::LeaveDialog, notices::Notices, page_head::title_in, panic_screen::PanicScreen,
        shell::Shell,
    },
    nav, pages,
    scope::Scope,
    session,
};
use leptos::prelude::*;
use leptos_router::{
    components::{Redirect, Route, Router, Routes},
    hooks::{use_location, use_params_map},
    path,
};
use wasm_bindgen::JsCast;

/// The whole panel.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=|| view! { <pages::missing::NotFound/> }>
                <Route path=path!("/") view=Home/>
                <Route path=path!("/login") view=pages::login::Login/>
                <Route path=path!("/account") view=|| view! { <Guarded scope=None section="account".into()>{pages::account::page()}</Guarded> }/>
                <Route path=path!("/all") view=Scoped/>
                <Route path=path!("/all/:section/:id?") view=Scoped/>
                <Route path=path!("/:kind/:name") view=Scoped/>
                <Route path=path!("/:kind/:name/:section/:id?") view=Scoped/>
            </Routes>
            <Notices/>
            <LeaveDialog/>
            <PanicScreen/>
        </Router>
    }
}

/// Where a user begins.
#[component]
fn Home() -> impl IntoView {
    move || match session::me() {
        None => view! { <Redirect path="/login"/> }.into_any(),
        Some(me) => {
            let scope = Scope::home(&me);
            let section = nav::first_in(&scope).map_or("filter", |item| item.section);
            view! { <Redirect path=scope.path(section)/> }.into_any()
        }
    }
}

/// A section within a scope, both from the address.
#[component]
fn Scoped() -> impl IntoView {
    let params = use_params_map();
    let place = Memo::new(move |_| {
        params.with(|params| {
            let kind = params.get("kind").unwrap_or_else(|| "all".into());
            let scope = Scope::from_parts(&kind, params.get("name").as_deref());
            (scope, params.get("section").unwrap_or_default(), params.get("id"))
        })
    });
    move || {
        let (scope, section, id) = place.get();
        let Some(scope) = scope else { return view! { <pages::missing::NotFound/> }.into_any() };
        if matches!(section.as_str(), "" | "overview") && session::me().is_some() {
            // Where a scope begins, until there is an overview: with the first page that the user has in it.
            let first = nav::first_in(&scope).map_or("filter", |item| item.section);
            return view! { <Redirect path=scope.path(first)/> }.into_any();
        }
        let Some(item) = nav::find(&section) else { return view! { <pages::missing::NotFound/> }.into_any() };
        let inner = scope.clone();
        let content = move || {
            if item.is_in(&inner) {
                (item.view)(inner.clone(), id.clone())
            } else {
                view! { <pages::missing::NotAllowed/> }.into_any()
            }
        };
        view! { <Guarded scope=Some(scope) section>{content()}</Guarded> }.into_any()
    }
}

/// Puts the focus on the heading of a page that was come to, so that a reader is told of it. Not of the first page,
/// whose title the browser tells.
fn focus_heading() {
    thread_local! {
        static IS_FIRST: std::cell::Cell<bool> = const { std::cell::Cell::new(true) };
    }
    if IS_FIRST.replace(false) {
        return;
    }
    request_animation_frame(|| {
        let heading = document().query_selector("main h1").ok().flatten();
        if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<web_sys::HtmlElement>().ok()) {
            // A heading that cannot take the focus leaves it where it is.
            let _ = heading.focus();
        }
    });
}

/// The shell around a page; without a session, the way to the sign-in and back.
#[component]
fn Guarded(scope: Option<Scope>, section: String, children: ChildrenFn) -> impl IntoView {
    let location = use_location();
    Effect::new({
        let (section, scope) = (section.clone(), scope.clone().unwrap_or(Scope::All));
        move |_| {
            let key = nav::find(&section).map_or("account.title", |item| item.title);
            document().set_title(&format!("{} · Gatepost", title_in(&scope, key)));
        }
    });
    focus_heading();
    let is_signed_in = Memo::new(|_| session::me().is_some());
    move || {
        if !is_signed_in.get() {
            let search = location.search.get_untracked();
            let mark = if search.is_empty() { "" } else { "?" };
            let here = format!("{}{mark}{search}", location.pathname.get_untracked());
            let next: String = js_sys::encode_uri_component(&here).into();
            return view! { <Redirect path=format!("/login?next={next}")/> }.into_any();
        }
        let home = || session::me_untracked().map_or(Scope::All, |me| Scope::home(&me));
        let scope = scope.clone().unwrap_or_else(home);
        let (children, section) = (children.clone(), section.clone());
        view! { <Shell scope section>{children()}</Shell> }.into_any()
    }
}
