//! What a reseller's people see instead of our name: the settings of the brand, the logo, and how it looks.

use super::settings;
use crate::{
    api::{self, ApiError},
    brand,
    components::{icon::Icon, page_head::PageHead},
    i18n::{t, t_with},
    scope::Scope,
    session,
};
use contract::branding::{
    LARGEST_LOGO, REMOVE_GLOBAL_LOGO, REMOVE_RESELLER_LOGO, SET_GLOBAL_LOGO, SET_RESELLER_LOGO,
};
use leptos::{prelude::*, task::spawn_local};
use web_sys::File;

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Branding scope/> }.into_any()
}

#[component]
fn Branding(scope: Scope) -> impl IntoView {
    let head = scope.clone();
    let place = scope.name().map_or_else(|| t("scope.all"), str::to_owned);
    let saved = Callback::new(|()| spawn_local(brand::load()));
    view! {
        <PageHead scope=head title="branding.title" intro=Signal::derive(move || t_with("branding.intro", &[("place", &place)]))/>
        <LogoCard scope=scope.clone()/>
        {settings::fields(scope, "branding", saved)}
    }
    .into_any()
}

async fn keep(scope: &Scope, file: &File) -> Result<(), ApiError> {
    let kind = file.type_();
    match scope {
        Scope::Reseller(slug) => api::upload(&SET_RESELLER_LOGO, &[slug], &(), (&kind, file)).await.map(drop),
        _ => api::upload(&SET_GLOBAL_LOGO, &[], &(), (&kind, file)).await.map(drop),
    }
}

async fn remove(scope: &Scope) -> Result<(), ApiError> {
    match scope {
        Scope::Reseller(slug) => api::call(&REMOVE_RESELLER_LOGO, &[slug], &(), &()).await,
        _ => api::call(&REMOVE_GLOBAL_LOGO, &[], &(), &()).await,
    }
}

#[component]
fn LogoCard(scope: Scope) -> impl IntoView {
    let scope = StoredValue::new(scope);
    let done = move |result: Result<(), ApiError>, words: &str| match result {
        Ok(()) => {
            session::say(t(words));
            spawn_local(brand::load());
        }
        Err(error) => session::complain(error.text()),
    };
    let take = move |file: Option<File>| {
        let Some(file) = file else { return };
        if file.size() > f64::from(u32::try_from(LARGEST_LOGO).unwrap_or(u32::MAX)) {
            session::complain(t("branding.logo_too_large"));
            return;
        }
        spawn_local(async move { done(keep(&scope.get_value(), &file).await, "branding.logo_kept") });
    };
    let forget = move |_| {
        spawn_local(async move { done(remove(&scope.get_value()).await, "branding.logo_removed") });
    };
    view! {
        <section class="card"><div class="pad stack">
            <h2>{move || t("branding.logo")}</h2>
            <p class="t2">{move || t("branding.logo_help")}</p>
            <p class="brand sample"><brand::Wordmark/></p>
            <p class="row">
                <label class="btn"><Icon name="upload"/>{move || t("branding.logo_choose")}
                    <input class="vh" type="file" accept="image/png,image/jpeg,image/webp" on:change:target=move |event| take(event.target().files().and_then(|files| files.get(0)))/></label>
                <button type="button" class="btn" on:click=forget><Icon name="trash-2"/>{move || t("branding.logo_remove")}</button>
            </p>
        </div></section>
    }
    .into_any()
}
