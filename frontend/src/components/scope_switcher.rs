//! Chooses whose data the panel is about: a search over resellers and domains in reach. The section stays.

use super::{icon::Icon, popover::close_by_itself};
use crate::{api, i18n::t, scope::Scope, session};
use contract::{
    accounts::{LIST_RESELLERS, ResellerQuery},
    domains::{DomainQuery, LIST_DOMAINS},
    permission::{Permission, Role},
};
use leptos::{html, prelude::*};

const SHOWN: u32 = 10;
/// How long the search waits for more to be typed.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

/// The scope of the page, with a way to another one for whoever has several.
#[component]
pub fn ScopeSwitcher(scope: Scope, section: Memo<String>) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let (search, holder) = (RwSignal::new(String::new()), NodeRef::<html::Div>::new());
    close_by_itself(is_open, holder);
    let name = scope.name().map(str::to_owned);
    let label = move || name.clone().unwrap_or_else(|| t("scope.all"));
    if !session::can(Permission::DomainsView) {
        return view! { <span class="scope"><Icon name="globe"/><span>{label}</span></span> }.into_any();
    }
    view! {
        <div class="pop" node_ref=holder>
            <button type="button" class="scope" aria-haspopup="true" aria-expanded=move || is_open.get().to_string() on:click=move |_| is_open.update(|open| *open = !*open)>
                <Icon name="globe"/><span>{label}</span><Icon name="chevrons-up-down"/>
            </button>
            <Show when=move || is_open.get()>
                <div class="sheet">
                    <SearchField search/>
                    <Found search section is_open/>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

#[component]
fn SearchField(search: RwSignal<String>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    search.set(String::new());
    let mut type_in = leptos::leptos_dom::helpers::debounce(PAUSE, move |text: String| {
        search.set(text.trim().to_lowercase());
    });
    Effect::new(move || {
        if let Some(input) = input.get() {
            // A field that cannot take the focus leaves it where it is.
            let _ = input.focus();
        }
    });
    view! {
        <input class="in" type="search" node_ref=input placeholder=t("scope.search") aria-label=t("scope.search") on:input:target=move |event| type_in(event.target().value())/>
    }
    .into_any()
}

#[component]
fn Found(search: RwSignal<String>, section: Memo<String>, is_open: RwSignal<bool>) -> impl IntoView {
    let found = LocalResource::new(move || {
        let text = Some(search.get()).filter(|text| !text.is_empty());
        async move {
            let query = DomainQuery { search: text.clone(), limit: Some(SHOWN), ..DomainQuery::default() };
            let domains = api::call(&LIST_DOMAINS, &[], &query, &()).await?;
            let resellers = if session::can(Permission::ResellersView) {
                let query = ResellerQuery { search: text, limit: Some(SHOWN), ..ResellerQuery::default() };
                api::call(&LIST_RESELLERS, &[], &query, &()).await?.data
            } else {
                Vec::new()
            };
            Ok::<_, api::ApiError>((domains.data, resellers))
        }
    });
    let entry = move |scope: Scope, icon: &'static str, name: String| {
        // The section stays, where it exists there too.
        let href = section.with(|section| {
            scope.path(
                crate::nav::find(section).filter(|item| item.is_in(&scope)).map_or("", |item| item.section),
            )
        });
        view! { <a href=href on:click=move |_| is_open.set(false)><Icon name=icon/><bdi>{name}</bdi></a> }
            .into_any()
    };
    let is_administrator = session::me().is_some_and(|me| me.role == Role::Administrator);
    view! {
        {is_administrator.then(|| entry(Scope::All, "building-2", t("scope.all")))}
        <Transition fallback=|| view! { <span class="sk line"></span> }>
            {move || found.get().map(|found| match found {
                Err(error) => view! { <p class="err">{error.text()}</p> }.into_any(),
                Ok((domains, resellers)) if domains.is_empty() && resellers.is_empty() => {
                    view! { <p class="muted small">{t("scope.none")}</p> }.into_any()
                }
                Ok((domains, resellers)) => view! {
                    {(!resellers.is_empty()).then(|| view! { <h3>{t("scope.resellers")}</h3> })}
                    {resellers.into_iter().map(|one| entry(Scope::Reseller(one.slug), "users", one.name)).collect_view()}
                    {(!domains.is_empty()).then(|| view! { <h3>{t("scope.domains")}</h3> })}
                    {domains.into_iter().map(|one| entry(Scope::Domain(one.name.clone()), "globe", one.name)).collect_view()}
                }.into_any(),
            })}
        </Transition>
    }
    .into_any()
}
