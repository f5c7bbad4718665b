//! One's own account: name, language, colours, time zone, password, open sessions, sign-ins so far.

use super::{
    account_sessions::{Logins, Sessions},
    second_factor::SecondFactorCard,
};
use crate::{
    address::use_address,
    api,
    components::{
        form::{Form, FormError, Submit, TextField},
        save_bar::SaveBar,
        tabs::Tabs,
    },
    i18n::{self, t, t_with},
    session,
};
use contract::{
    accounts::{CHANGE_ME, CHANGE_PASSWORD, Me, MeChange, PasswordChange, Theme},
    language::Language,
};
use leptos::{prelude::*, task::spawn_local};

const TABS: &[(&str, &str)] = &[
    ("", "account.tab_profile"),
    ("security", "account.tab_security"),
    ("sessions", "account.tab_sessions"),
    ("logins", "account.tab_logins"),
];

/// The page.
pub fn page() -> AnyView {
    view! { <Account/> }.into_any()
}

#[component]
fn Account() -> impl IntoView {
    let address = use_address();
    let tab = Memo::new(move |_| address.get("tab").unwrap_or_default());
    let part = move || match tab.get().as_str() {
        "security" => view! { <div class="form"><SecondFactorCard/><PasswordForm/></div> }.into_any(),
        "sessions" => view! { <Sessions/> }.into_any(),
        "logins" => view! { <Logins/> }.into_any(),
        _ => view! {
            <div class="form">
                <Profile/>
                <section class="card">
                    <header><h2>{move || t("account.looks")}</h2></header>
                    <LanguageChoice/>
                    <ThemeChoice/>
                    <ZoneChoice/>
                </section>
            </div>
        }
        .into_any(),
    };
    view! {
        <div class="head"><div>
            <h1 tabindex="-1">{move || t("account.title")}</h1>
            <p class="sub">{move || session::me().map(|me| t_with("account.intro", &[("name", &me.username)]))}</p>
        </div></div>
        <Tabs address label="account.title" tabs=TABS/>
        {part}
    }
    .into_any()
}

/// The name for people and where account mail goes (ACC-01).
#[component]
fn Profile() -> impl IntoView {
    let me = session::me_untracked();
    let saved =
        move |read: fn(Me) -> Option<String>| session::me_untracked().and_then(read).unwrap_or_default();
    let name = RwSignal::new(me.clone().and_then(|me| me.display_name).unwrap_or_default());
    let email = RwSignal::new(me.and_then(|me| me.email).unwrap_or_default());
    let (form, round) = (Form::new(), RwSignal::new(0_u32));
    let changed = move |value: RwSignal<String>, read: fn(Me) -> Option<String>| {
        round.track();
        let text = value.get().trim().to_owned();
        (text != saved(read)).then(|| Some(text).filter(|text| !text.is_empty()))
    };
    let name_change = move || changed(name, |me| me.display_name);
    let email_change = move || changed(email, |me| me.email);
    let changes =
        Memo::new(move |_| usize::from(name_change().is_some()) + usize::from(email_change().is_some()));
    let save = move |()| {
        let change = untrack(|| MeChange {
            display_name: name_change(),
            email: email_change(),
            ..MeChange::default()
        });
        form.send(async move {
            session::changed(api::call(&CHANGE_ME, &[], &(), &change).await?).await;
            round.update(|round| *round = round.wrapping_add(1));
            session::say(t("panel.saved"));
            Ok(())
        });
    };
    let discard = move |()| {
        form.clear();
        name.set(saved(|me| me.display_name));
        email.set(saved(|me| me.email));
    };
    view! {
        <section class="card">
            <header><h2>{move || t("account.profile")}</h2></header>
            <TextField form at="/display_name" label="users.name" help="account.name_help" value=name autocomplete="name" optional=true/>
            <TextField form at="/email" label="users.email" help="account.email_help" value=email kind="email" autocomplete="email" optional=true/>
            <div class="pad"><FormError form/></div>
        </section>
        <SaveBar changes save discard/>
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
