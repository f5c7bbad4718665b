//! One's own account: language, colours, time zone, password.

use crate::{
    api,
    components::form::{Form, FormError, Submit, TextField},
    i18n::{self, t, t_with},
    session,
};
use contract::{
    accounts::{CHANGE_ME, CHANGE_PASSWORD, MeChange, PasswordChange, Theme},
    language::Language,
};
use leptos::{prelude::*, task::spawn_local};

/// The page.
pub fn page() -> AnyView {
    view! {
        <div class="head"><div>
            <h1>{move || t("account.title")}</h1>
            <p class="sub">{move || session::me().map(|me| t_with("account.intro", &[("name", &me.username)]))}</p>
        </div></div>
        <div class="form">
            <section class="card">
                <header><h2>{move || t("account.looks")}</h2></header>
                <LanguageChoice/>
                <ThemeChoice/>
                <ZoneChoice/>
            </section>
            <PasswordForm/>
        </div>
    }
    .into_any()
}

fn change(change: MeChange) {
    spawn_local(async move {
        match api::call(&CHANGE_ME, &[], &(), &change).await {
            Ok(me) => {
                session::changed(me).await;
                session::say(t("panel.saved"));
            }
            Err(error) => session::complain(error.text()),
        }
    });
}

#[component]
fn LanguageChoice() -> impl IntoView {
    let chosen = move |value: String| {
        let language = Language::ALL.into_iter().find(|language| language.tag() == value);
        change(MeChange { language: Some(language), ..MeChange::default() });
    };
    let options = Language::ALL.map(|language| {
        let is_current = move || session::me().and_then(|me| me.language) == Some(language);
        view! { <option value=language.tag() lang=language.tag() selected=is_current>{language.own_name()}</option> }
    });
    view! {
        <label class="field"><span class="lb">{move || t("account.language")}</span>
            <span><select class="sel" name="language" on:change:target=move |event| chosen(event.target().value())>
                <option value="" selected=move || session::me().is_some_and(|me| me.language.is_none())>{move || t("account.language_browser")}</option>
                {options.into_iter().collect_view()}
            </select></span>
        </label>
    }
    .into_any()
}

#[component]
fn ThemeChoice() -> impl IntoView {
    let choice = |theme: Theme, key: &'static str| {
        let is_current = move || session::me().is_some_and(|me| me.theme == theme);
        view! {
            <button type="button" class="btn" aria-pressed=move || is_current().to_string() on:click=move |_| change(MeChange { theme: Some(theme), ..MeChange::default() })>
                {move || t(key)}
            </button>
        }
    };
    view! {
        <div class="field"><span class="lb" id="theme-label">{move || t("account.theme")}</span>
            <span class="group" role="group" aria-labelledby="theme-label">
                {choice(Theme::System, "account.theme_system")}
                {choice(Theme::Light, "account.theme_light")}
                {choice(Theme::Dark, "account.theme_dark")}
            </span>
        </div>
    }
    .into_any()
}

#[component]
fn ZoneChoice() -> impl IntoView {
    let zones = i18n::time_zones();
    let current = move || session::me().and_then(|me| me.time_zone).unwrap_or_default();
    let chosen = move |value: String| {
        change(MeChange {
            time_zone: Some(Some(value).filter(|zone| !zone.is_empty())),
            ..MeChange::default()
        });
    };
    let options = zones.into_iter().map(|zone| {
        let own = zone.clone();
        view! { <option value=zone.clone() selected=move || current() == own>{zone.clone()}</option> }
    });
    view! {
        <label class="field"><span class="lb">{move || t("account.time_zone")}<span class="ds">{move || t("account.time_zone_help")}</span></span>
            <span><select class="sel" name="time_zone" on:change:target=move |event| chosen(event.target().value())>
                <option value="" selected=move || current().is_empty()>{move || t("account.time_zone_domain")}</option>
                {options.collect_view()}
            </select></span>
        </label>
    }
    .into_any()
}

#[component]
fn PasswordForm() -> impl IntoView {
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let form = Form::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let change = PasswordChange { current: current.get_untracked(), new: new.get_untracked() };
        form.send(async move {
            api::call(&CHANGE_PASSWORD, &[], &(), &change).await?;
            current.set(String::new());
            new.set(String::new());
            session::say(t("account.password_changed"));
            Ok(())
        });
    };
    view! {
        <form class="card" on:submit=submit>
            <header><h2>{move || t("account.password")}</h2></header>
            <TextField form at="/current" label="account.password_current" value=current kind="password" autocomplete="current-password"/>
            <TextField form at="/new" label="account.password_new" help="account.password_rules" value=new kind="password" autocomplete="new-password"/>
            <div class="pad stack"><FormError form/><div><Submit form verb="account.password_submit"/></div></div>
        </form>
    }
    .into_any()
}
