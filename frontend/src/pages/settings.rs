//! Any section of the settings catalogue, at any level: read, changed, reset, saved as a whole.

use crate::{
    address,
    api::{self, ApiError},
    components::{
        dialog::Dialog,
        dual_slider::DualSlider,
        icon::Icon,
        overrides::{Overrides, OverridesDialog, OverridesLine},
        page_head::PageHead,
        save_bar::SaveBar,
        setting_field::{Draft, OriginOfPair, SettingField, shown},
        states::{Skeleton, Trouble},
    },
    i18n::{number, t, t_with},
    scope::Scope,
    session,
};
use contract::{
    filtering::{
        CHANGE_DOMAIN_SETTINGS, CHANGE_GLOBAL_SETTINGS, CHANGE_MAILBOX_SETTINGS, CHANGE_RESELLER_SETTINGS,
        GET_DOMAIN_SETTINGS, GET_GLOBAL_SETTINGS, GET_MAILBOX_SETTINGS, GET_RESELLER_SETTINGS, SettingValues,
        SettingsChange,
    },
    settings::{CATALOGUE, SettingType, incoming},
};
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;
use std::collections::BTreeMap;
use wasm_bindgen::JsCast;

/// What few people change: in a part of the page that is closed at first (SET-07 … SET-11).
const ADVANCED: [&str; 3] = ["domain.administrator_contact", "domain.log_days", "domain.retry_days"];

/// How incoming mail is judged (FIL rows).
pub fn filter(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Section scope section="incoming" title="filter.title" intro="filter.intro"/> }.into_any()
}

/// What a domain keeps and how long it tries.
pub fn domain(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Section scope section="domain" title="domain_settings.title" intro="domain_settings.intro"/> }
        .into_any()
}

async fn load(scope: &Scope) -> Result<SettingValues, ApiError> {
    match scope {
        Scope::All => api::call(&GET_GLOBAL_SETTINGS, &[], &(), &()).await,
        Scope::Reseller(slug) => api::call(&GET_RESELLER_SETTINGS, &[slug], &(), &()).await,
        Scope::Domain(domain) => api::call(&GET_DOMAIN_SETTINGS, &[domain], &(), &()).await,
        Scope::Mailbox(address) => api::call(&GET_MAILBOX_SETTINGS, &[address], &(), &()).await,
    }
}

async fn save(scope: &Scope, change: &SettingsChange) -> Result<SettingValues, ApiError> {
    match scope {
        Scope::All => api::call(&CHANGE_GLOBAL_SETTINGS, &[], &(), change).await,
        Scope::Reseller(slug) => api::call(&CHANGE_RESELLER_SETTINGS, &[slug], &(), change).await,
        Scope::Domain(domain) => api::call(&CHANGE_DOMAIN_SETTINGS, &[domain], &(), change).await,
        Scope::Mailbox(address) => api::call(&CHANGE_MAILBOX_SETTINGS, &[address], &(), change).await,
    }
}

#[component]
fn Section(scope: Scope, section: &'static str, title: &'static str, intro: &'static str) -> impl IntoView {
    let place = scope.name().map_or_else(|| t("scope.all"), str::to_owned);
    let head = scope.clone();
    view! {
        <PageHead scope=head title intro=Signal::derive(move || t_with(intro, &[("place", &place)]))/>
        {fields(scope, section, Callback::new(|()| {}))}
    }
    .into_any()
}

/// The settings of a section, to be changed and saved together; `saved` is called when they are.
pub fn fields(scope: Scope, section: &'static str, saved: Callback<()>) -> AnyView {
    let scope = StoredValue::new(scope);
    let loaded = LocalResource::new(move || {
        let scope = scope.get_value();
        async move { load(&scope).await }
    });
    let again = Callback::new(move |()| loaded.refetch());
    let done = Callback::new(move |()| {
        saved.run(());
        again.run(());
    });
    view! {
        <Transition fallback=|| view! { <div class="card"><Skeleton/></div> }>
            {move || loaded.get().map(|loaded| match loaded {
                Err(error) => view! { <div class="card"><Trouble error again/></div> }.into_any(),
                Ok(values) => view! { <Form scope=scope.get_value() section values again=done/> }.into_any(),
            })}
        </Transition>
    }
    .into_any()
}

fn drafts(section: &str, values: &SettingValues) -> Vec<Draft> {
    let settings =
        CATALOGUE.iter().find(|(name, _)| *name == section).map_or(&[][..], |(_, settings)| settings);
    let draft = |setting: &&'static dyn contract::settings::AnySetting| {
        let read = values.settings.get(setting.key())?.clone();
        Some(Draft {
            setting: *setting,
            read: StoredValue::new(read),
            change: RwSignal::new(None),
            refusal: RwSignal::new(None),
        })
    };
    settings.iter().filter_map(draft).collect()
}

#[component]
fn Form(scope: Scope, section: &'static str, values: SettingValues, again: Callback<()>) -> impl IntoView {
    let drafts = StoredValue::new(drafts(section, &values));
    let overrides = Overrides::provide(scope.clone(), section);
    let changes = Memo::new(move |_| {
        drafts.with_value(|drafts| drafts.iter().filter(|draft| draft.change.get().is_some()).count())
    });
    let (error, is_resetting) = (RwSignal::new(None::<ApiError>), RwSignal::new(false));
    let scope = StoredValue::new(scope);
    let submit = move |()| {
        error.set(None);
        if drafts.with_value(|drafts| focus_problem(drafts)) {
            return;
        }
        let settings = drafts.with_value(|drafts| changed(drafts));
        spawn_local(async move {
            match save(&scope.get_value(), &SettingsChange { settings }).await {
                Ok(_) => {
                    address::stop_guarding();
                    session::say(t("panel.saved"));
                    again.run(());
                }
                Err(why) => {
                    let is_placed =
                        drafts.try_with_value(|drafts| place_refusals(drafts, &why)).unwrap_or(true);
                    error.set((!is_placed).then_some(why));
                }
            }
        });
    };
    let discard = move |()| {
        drafts.with_value(|drafts| {
            drafts.iter().for_each(|draft| {
                draft.refusal.set(None);
                draft.change.set(None);
            })
        })
    };
    let pair = drafts.with_value(|drafts| {
        let find = |key: &str| drafts.iter().find(|draft| draft.setting.key() == key).copied();
        Some((find(incoming::UNSURE_THRESHOLD.key)?, find(incoming::QUARANTINE_THRESHOLD.key)?))
    });
    let is_threshold = move |draft: &Draft| {
        pair.is_some_and(|(unsure, spam)| {
            [unsure, spam].iter().any(|one| one.setting.key() == draft.setting.key())
        })
    };
    let shown = move |is_advanced: bool| {
        drafts.with_value(|drafts| {
            let wanted = |draft: &&Draft| {
                !is_threshold(draft) && ADVANCED.contains(&draft.setting.key()) == is_advanced
            };
            drafts.iter().filter(wanted).map(|draft| view! { <SettingField draft=*draft/> }).collect_view()
        })
    };
    let has_advanced =
        drafts.with_value(|drafts| drafts.iter().any(|draft| ADVANCED.contains(&draft.setting.key())));
    view! {
        <div class="form">
            {pair.map(|(unsure, spam)| view! { <Thresholds unsure spam/> })}
            <section class="card">{shown(false)}</section>
            {has_advanced.then(|| view! {
                <details class="card"><summary><h2>{t("settings.advanced")}</h2></summary>{shown(true)}</details>
            })}
            <p class="small muted">{move || t("filter.recommendation")} " "
                <button type="button" class="lnk" on:click=move |_| is_resetting.set(true)>{move || t("filter.reset_all")}</button>
            </p>
            <div role="alert">{move || error.get().map(|error| view! { <p class="note bad"><Icon name="circle-alert"/><span>{error.text()}</span></p> })}</div>
            <SaveBar changes save=submit discard/>
        </div>
        <ResetAll open=is_resetting drafts/>
        <OverridesDialog overrides/>
    }
    .into_any()
}

/// What is to be sent: values, and `null` for those that return to inheritance.
fn changed(drafts: &[Draft]) -> BTreeMap<String, Value> {
    let changed = |draft: &Draft| {
        Some((draft.setting.key().to_owned(), draft.change.get_untracked()?.unwrap_or(Value::Null)))
    };
    drafts.iter().filter_map(changed).collect()
}

/// Shows what the server refused at the settings that it names, and puts the focus on the first; false where it names
/// none of them.
fn place_refusals(drafts: &[Draft], error: &ApiError) -> bool {
    let ApiError::Refused(problem) = error else { return false };
    let mut is_placed = false;
    for refused in &problem.errors {
        let key = refused.pointer.rsplit('/').next().unwrap_or_default();
        if let Some(draft) = drafts.iter().find(|draft| draft.setting.key() == key) {
            draft.refusal.set(Some(refused.code));
            is_placed = true;
        }
    }
    is_placed && focus_problem(drafts)
}

/// Puts the focus on the first value that cannot be saved, if there is one.
fn focus_problem(drafts: &[Draft]) -> bool {
    let Some(draft) = drafts.iter().find(|draft| draft.problem().is_some()) else { return false };
    let field = document().get_element_by_id(draft.setting.key());
    let part = field.as_ref().and_then(|field| field.closest("details").ok().flatten());
    if let Some(part) = part {
        // A closed part of the page would hide it; opening it cannot fail.
        let _ = part.set_attribute("open", "");
    }
    if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A field that cannot take the focus leaves it where it is; its problem is written below it.
        let _ = field.focus();
    }
    true
}

#[component]
fn Thresholds(unsure: Draft, spam: Draft) -> impl IntoView {
    let value = |draft: Draft| Signal::derive(move || draft.value().as_f64().unwrap_or_default());
    let (low, high) = (value(unsure), value(spam));
    let change = Callback::new(move |(new_low, new_high): (f64, f64)| {
        for (draft, old, new) in [(unsure, low, new_low), (spam, high, new_high)] {
            if (old.get_untracked() - new).abs() > f64::EPSILON {
                draft.set(new.to_json());
            }
        }
    });
    let (from, to) = (move || number(low.get(), 2), move || number(high.get(), 2));
    view! {
        <section class="card" class:changed=move || unsure.change.get().is_some() || spam.change.get().is_some()>
            <header><h2>{move || t("filter.thresholds")}</h2></header>
            <div class="pad stack">
                <p class="t2">{move || t("filter.thresholds_help")}</p>
                <DualSlider unsure=low quarantine=high change editable=unsure.is_editable() && spam.is_editable()/>
                <div aria-live="polite">{move || [unsure, spam].iter().find_map(Draft::problem).map(|why| view! {
                    <p class="err"><Icon name="circle-alert"/>{why}</p>
                })}</div>
                <OriginOfPair first=unsure second=spam/>
                <OverridesLine setting=unsure.setting/>
                <OverridesLine setting=spam.setting/>
                <ul class="zones">
                    <li class="ok"><b><Icon name="check"/>{move || t_with("filter.zone_clean", &[("to", &from())])}</b>{move || t("filter.zone_clean_text")}</li>
                    <li class="warn"><b><Icon name="tag"/>{move || t_with("filter.zone_unsure", &[("from", &from()), ("to", &to())])}</b>{move || t("filter.zone_unsure_text")}</li>
                    <li class="bad"><b><Icon name="inbox"/>{move || t_with("filter.zone_spam", &[("from", &to())])}</b>{move || t("filter.zone_spam_text")}</li>
                </ul>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn ResetAll(open: RwSignal<bool>, drafts: StoredValue<Vec<Draft>>) -> impl IntoView {
    let custom = move || {
        drafts.with_value(|drafts| drafts.iter().copied().filter(Draft::is_custom).collect::<Vec<_>>())
    };
    let line = |draft: Draft| {
        let label = t(&format!("setting.{}.label", draft.setting.key()));
        let (now, then) = draft
            .read
            .with_value(|read| (shown(draft.setting, &draft.value()), shown(draft.setting, &read.inherited)));
        view! { <li><b>{label}</b>" "{now}" → "{then}</li> }
    };
    let reset = move |_| {
        custom().iter().filter(|draft| draft.is_editable()).for_each(Draft::reset);
        open.set(false);
    };
    view! {
        <Dialog open title=Signal::derive(|| t("filter.reset_all"))>
            <div class="bd">
                {move || if custom().is_empty() { view! { <p>{t("filter.reset_none")}</p> }.into_any() } else {
                    view! { <p>{t("filter.reset_text")}</p><ul>{custom().into_iter().map(line).collect_view()}</ul> }.into_any()
                }}
            </div>
            <footer>
                <button type="button" class="btn" autofocus on:click=move |_| open.set(false)>{t("panel.cancel")}</button>
                <button type="button" class="btn pri" disabled=move || custom().is_empty() on:click=reset>{t("filter.reset_do")}</button>
            </footer>
        </Dialog>
    }
    .into_any()
}
