//! The router: the pages before the sign-in, and the desk, which is everything else. The desk reads its place from
//! the address by itself, so that the shell stays while pages change.

use crate::{
    components::{
        confirm::ConfirmDialog,
        leave_dialog::{LeaveDialog, hold_history},
        notices::Notices,
        page_head::title_in,
        panic_screen::PanicScreen,
        password_again::PasswordAgain,
        shell::Shell,
    },
    nav, pages,
    scope::Scope,
    session,
};
use leptos::prelude::*;
use leptos_router::{
    components::{Redirect, Route, Router, Routes},
    hooks::use_location,
    path,
};
use wasm_bindgen::JsCast;

/// The whole panel.
#[component]
pub fn App() -> impl IntoView {
    let target = RwSignal::new(None);
    hold_history(target);
    view! {
        <Router>
            <Routes fallback=|| view! { <pages::missing::NotFound/> }>
                <Route path=path!("/login") view=pages::login::Login/>
                <Route path=path!("/new-password") view=pages::recover::Recover/>
                <Route path=path!("/*place") view=Desk/>
            </Routes>
            <Notices/>
            <ConfirmDialog/>
            <PasswordAgain/>
            <LeaveDialog target/>
            <PanicScreen/>
        </Router>
    }
}

/// What an address of the desk means.
#[derive(Clone, PartialEq)]
enum Place {
    /// Where the signed-in user begins.
    Home,
    /// One's own account.
    Account,
    /// A section within a scope, with what follows it.
    Section(Scope, String, Option<String>),
    /// Nothing of ours.
    Nowhere,
}

impl Place {
    fn read(path: &str) -> Self {
        let decoded = |part: &str| {
            js_sys::decode_uri_component(part).map_or_else(|_| part.to_owned(), |text| text.into())
        };
        let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let (kind, rest) = match parts.split_first() {
            None => return Self::Home,
            Some((kind, rest)) => (kind.as_str(), rest),
        };
        let (name, rest) = match rest.split_first() {
            _ if kind == "account" => return Self::Account,
            Some((name, rest)) if kind != "all" => (Some(name.as_str()), rest),
            _ => (None, rest),
        };
        match (Scope::from_parts(kind, name), rest) {
            (Some(scope), []) => Self::Section(scope, String::new(), None),
            (Some(scope), [section]) => Self::Section(scope, section.clone(), None),
            (Some(scope), [section, id]) => Self::Section(scope, section.clone(), Some(id.clone())),
            _ => Self::Nowhere,
        }
    }

    /// Whose data it is about; where it does not say, the user's own.
    fn scope(&self) -> Scope {
        match self {
            Self::Section(scope, ..) => scope.clone(),
            _ => session::me().map_or(Scope::All, |me| Scope::home(&me)),
        }
    }

    /// The part of the address that the menu marks.
    fn section(&self) -> String {
        match self {
            Self::Section(_, section, _) => section.clone(),
            _ => String::new(),
        }
    }

    /// The words of the browser's tab.
    fn title(&self) -> String {
        match self {
            Self::Section(scope, section, _) => {
                title_in(scope, nav::find(section).map_or("missing.title", |item| item.title))
            }
            Self::Account => crate::i18n::t("account.title"),
            Self::Home | Self::Nowhere => crate::i18n::t("missing.title"),
        }
    }
}

/// The shell and the page in it; without a session, the way to the sign-in and back.
#[component]
fn Desk() -> impl IntoView {
    let location = use_location();
    let path = location.pathname;
    let place = Memo::new(move |_| Place::read(&path.get()));
    let is_signed_in = Memo::new(|_| session::me().is_some());
    let must_set_up = Memo::new(|_| session::me().is_some_and(|me| me.must_set_up_second_factor));
    Effect::new(move || document().set_title(&format!("{} · {}", place.get().title(), crate::brand::name())));
    move || {
        if must_set_up.get() {
            return view! { <pages::second_factor::MustSetUp/> }.into_any();
        }
        if is_signed_in.get() {
            let scope = Memo::new(move |_| place.get().scope());
            let section = Memo::new(move |_| place.get().section());
            return view! { <Shell scope section>{move || page(place.get())}</Shell> }.into_any();
        }
        let search = location.search.get_untracked();
        let mark = if search.is_empty() { "" } else { "?" };
        let here = format!("{}{mark}{search}", path.get_untracked());
        let next: String = js_sys::encode_uri_component(&here).into();
        view! { <Redirect path=format!("/login?next={next}")/> }.into_any()
    }
}

/// The page of a place.
fn page(place: Place) -> AnyView {
    focus_heading();
    let begin = |scope: Scope| {
        let section = nav::first_in(&scope).map_or("filter", |item| item.section);
        view! { <Redirect path=scope.path(section)/> }.into_any()
    };
    match place {
        Place::Home => {
            let scope = untrack(|| Place::Home.scope());
            let first = scope.path(nav::first_in(&scope).map_or("filter", |item| item.section));
            view! { <pages::start::Begin scope first/> }.into_any()
        }
        Place::Account => pages::account::page(),
        // Where a scope begins, until there is an overview: with the first page that the user has in it.
        Place::Section(scope, section, _) if matches!(section.as_str(), "" | "overview") => begin(scope),
        Place::Section(scope, section, id) => match nav::find(&section) {
            None => view! { <pages::missing::NotFound/> }.into_any(),
            Some(item) if item.is_in(&scope) => (item.view)(scope, id),
            Some(_) => view! { <pages::missing::NotAllowed/> }.into_any(),
        },
        Place::Nowhere => view! { <pages::missing::NotFound/> }.into_any(),
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
