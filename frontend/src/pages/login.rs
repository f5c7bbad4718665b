//! Signing in. One message for every wrong answer, so that nobody learns which users exist.

use crate::{
    api::ApiError,
    components::icon::Icon,
    i18n::{self, t},
    session,
};
use contract::{accounts::NewSession, language::Language, problem::ErrorCode};
use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::{components::Redirect, hooks::use_query_map};

/// The sign-in page; whoever is signed in goes where they wanted to.
#[component]
pub fn Login() -> impl IntoView {
    let query = use_query_map();
    let next = move || {
        query
            .with_untracked(|query| query.get("next"))
            // Only a path of this panel: never a link to elsewhere.
            .filter(|path| path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'))
            .unwrap_or_else(|| "/".into())
    };
    let is_signed_in = Memo::new(|_| session::me().is_some());
    move || {
        if is_signed_in.get() {
            view! { <Redirect path=next()/> }.into_any()
        } else {
            view! { <SignIn/> }.into_any()
        }
    }
}

#[component]
fn SignIn() -> impl IntoView {
    let (username, password, code) =
        (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let error = RwSignal::new(None::<ApiError>);
    let (is_busy, needs_code) = (RwSignal::new(false), RwSignal::new(false));
    let value =
        |input: NodeRef<html::Input>| input.get_untracked().map(|input| input.value()).unwrap_or_default();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        let credentials = NewSession {
            username: value(username).trim().to_owned(),
            password: value(password),
            totp: Some(value(code)).filter(|code| !code.is_empty()),
        };
        spawn_local(async move {
            let result = session::sign_in(&credentials).await;
            is_busy.set(false);
            if let Err(why) = result {
                let field = if why.code() == Some(ErrorCode::SecondFactorNeeded) {
                    needs_code.set(true);
                    code
                } else {
                    password
                };
                error.set(Some(why));
                request_animation_frame(move || {
                    if let Some(field) = field.get_untracked() {
                        // A field that cannot take the focus leaves it where it is.
                        let _ = field.focus();
                        field.select();
                    }
                });
            }
        });
    };
    view! {
        <main class="gate"><div class="card">
            <a class="brand" href="/"><span class="mark"><Icon name="shield-check"/></span><span>"Gatepost"</span></a>
            <h1>{move || t("login.title")}</h1>
            <p class="t2">{move || t("login.intro")}</p>
            <form on:submit=submit>
                <label class="lbl">{move || t("login.username")}
                    <input class="in" node_ref=username name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus/>
                </label>
                <label class="lbl">{move || t("login.password")}
                    <input class="in" node_ref=password name="password" type="password" autocomplete="current-password" required/>
                </label>
                <label class="lbl" class:hidden=move || !needs_code.get()>{move || t("login.code")}
                    <input class="in" node_ref=code name="totp" inputmode="numeric" autocomplete="one-time-code" maxlength="6"/>
                </label>
                <div role="alert">{move || error.get().map(|error| view! { <p class="note bad"><Icon name="circle-alert"/><span>{error.text()}</span></p> })}</div>
                <button class="btn pri" type="submit" aria-disabled=move || is_busy.get().to_string()>
                    {move || t(if is_busy.get() { "login.busy" } else { "login.submit" })}
                </button>
            </form>
            <p class="langs small">{languages()}</p>
        </div></main>
    }
    .into_any()
}

fn languages() -> impl IntoView {
    let choice = |language: Language| {
        let is_current = move || (i18n::language() == language).then_some("true");
        view! {
            <button type="button" class="lnk" lang=language.tag() aria-current=is_current on:click=move |_| spawn_local(i18n::load(language))>
                {language.own_name()}
            </button>
        }
    };
    Language::ALL.map(choice).into_iter().collect_view()
}
