//! Signing in. One message for every wrong answer, so that nobody learns which users exist.

use crate::{
    api,
    components::{
        form::{Form, FormError, TextField, focus},
        gate::Gate,
    },
    i18n::{self, t},
    session,
};
use contract::{
    accounts::{GET_RECOVERY_OFFER, NewSession},
    language::Language,
    problem::ErrorCode,
};
use leptos::{prelude::*, task::spawn_local};
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

/// The password first; a code only where one is asked for.
#[component]
fn SignIn() -> impl IntoView {
    let text = || RwSignal::new(String::new());
    let (username, password, code) = (text(), text(), text());
    let (needs_code, trust_device) = (RwSignal::new(false), RwSignal::new(false));
    let form = Form::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            let credentials = NewSession {
                username: username.get_untracked().trim().to_owned(),
                password: password.get_untracked(),
                totp: Some(code.get_untracked().trim().to_owned()).filter(|code| !code.is_empty()),
                trust_device: trust_device.get_untracked(),
            };
            let result = session::sign_in(&credentials).await;
            let Err(why) = result else { return Ok(()) };
            let is_first_ask =
                why.code() == Some(ErrorCode::SecondFactorNeeded) && !needs_code.get_untracked();
            needs_code.update(|needs| *needs |= is_first_ask);
            focus(form.id(if needs_code.get_untracked() { "/totp" } else { "/password" }));
            // That a code is needed is no fault: the field for it appears.
            if is_first_ask { Ok(()) } else { Err(why) }
        });
    };
    let back = move |_| {
        code.set(String::new());
        password.set(String::new());
        form.clear();
        needs_code.set(false);
    };
    view! {
        <Gate title="login.title" intro="login.intro">
            <form on:submit=submit>
                <div class="stack" class:hidden=move || needs_code.get()>
                    <TextField form at="/username" label="login.username" value=username autocomplete="username" first=true/>
                    <TextField form at="/password" label="login.password" value=password kind="password" autocomplete="current-password"/>
                </div>
                <Show when=move || needs_code.get()>
                    <div class="stack">
                        <TextField form at="/totp" label="login.code" help="login.code_help" value=code autocomplete="one-time-code"/>
                        <label class="row small"><input type="checkbox" prop:checked=move || trust_device.get() on:change:target=move |event| trust_device.set(event.target().checked())/>{move || t("login.trust_device")}</label>
                    </div>
                </Show>
                <FormError form/>
                <button class="btn pri" type="submit" aria-disabled=move || form.is_busy().to_string()>
                    {move || t(if form.is_busy() { "login.busy" } else { "login.submit" })}
                </button>
                <Show when=move || needs_code.get()>
                    <button type="button" class="btn ghost" on:click=back>{move || t("login.other_account")}</button>
                </Show>
            </form>
            <Forgot/>
            <p class="langs small">{languages()}</p>
        </Gate>
    }
    .into_any()
}

/// The way to a new password, where mail can be sent.
#[component]
fn Forgot() -> impl IntoView {
    let offer = LocalResource::new(|| async { api::call(&GET_RECOVERY_OFFER, &[], &(), &()).await });
    let is_offered = move || offer.get().is_some_and(|offer| offer.is_ok_and(|offer| offer.is_offered));
    view! {
        <Show when=is_offered><p class="langs small"><a href="/new-password">{move || t("login.forgot")}</a></p></Show>
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
