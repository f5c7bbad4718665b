//! The domains in reach: search, sort, add, remove.

use crate::{
    address::{Address, use_address},
    api::{self, ApiError},
    components::{
        dialog::Dialog,
        icon::Icon,
        page_head::PageHead,
        pagination::{self, Pagination},
        states::{Empty, Skeleton, Trouble},
    },
    events,
    i18n::{day, t, t_with},
    scope::Scope,
    session,
};
use contract::{
    domains::{ADD_DOMAIN, Domain, DomainQuery, LIST_DOMAINS, NewDomain, REMOVE_DOMAIN, Route},
    events::Event,
    page::Page,
    permission::Permission,
};
use leptos::{html, prelude::*, task::spawn_local};

/// How long the search waits for more to be typed.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(300);

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Domains scope/> }.into_any()
}

#[component]
fn Domains(scope: Scope) -> impl IntoView {
    let address = use_address();
    let reseller = match &scope {
        Scope::Reseller(slug) => Some(slug.clone()),
        _ => None,
    };
    let owner = reseller.clone();
    let found = LocalResource::new(move || {
        let query = DomainQuery {
            search: address.get("q"),
            reseller: owner.clone(),
            sort: address.get("sort"),
            limit: Some(pagination::size(address)),
            cursor: address.get("cursor"),
            count: Some(true),
        };
        async move { api::call(&LIST_DOMAINS, &[], &query, &()).await }
    });
    events::on(move |event| {
        if matches!(event, Event::Policy { .. }) {
            found.refetch();
        }
    });
    let (is_adding, removing) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let changed = Callback::new(move |()| found.refetch());
    view! {
        <PageHead scope title="domains.title" intro=Signal::derive(|| t("domains.intro"))>
            {session::can(Permission::DomainsAdd).then(|| view! {
                <button type="button" class="btn pri" on:click=move |_| is_adding.set(true)><Icon name="plus"/>{move || t("domains.add")}</button>
            })}
        </PageHead>
        <SearchBar address/>
        <div class="card">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || found.get().map(|found| match found {
                    Err(error) => view! { <Trouble error again=changed/> }.into_any(),
                    Ok(page) => list(page, address, is_adding, removing),
                })}
            </Transition>
        </div>
        <AddDomain open=is_adding reseller changed/>
        <RemoveDomain removing changed/>
    }
    .into_any()
}

#[component]
fn SearchBar(address: Address) -> impl IntoView {
    let mut typed = leptos::leptos_dom::helpers::debounce(PAUSE, move |text: String| {
        address.replace(&[("q", Some(text)), ("cursor", None), ("page", None)]);
    });
    view! {
        <search class="fbar">
            <span class="q"><Icon name="search"/>
                <input class="in" type="search" aria-label=move || t("domains.search") placeholder=move || t("domains.search") prop:value=move || address.get("q").unwrap_or_default() on:input:target=move |event| typed(event.target().value())/>
            </span>
        </search>
    }
    .into_any()
}

fn list(
    page: Page<Domain>,
    address: Address,
    is_adding: RwSignal<bool>,
    removing: RwSignal<Option<String>>,
) -> AnyView {
    if page.data.is_empty() && address.get("q").is_some() {
        let clear = move |_| address.set(&[("q", None), ("cursor", None), ("page", None)]);
        return view! {
            <Empty icon="search-x" title=t("domains.none_found") text=t("domains.none_found_text")>
                <button type="button" class="btn" on:click=clear>{t("panel.clear_search")}</button>
            </Empty>
        }
        .into_any();
    }
    if page.data.is_empty() {
        return view! {
            <Empty icon="globe" title=t("domains.empty") text=t("domains.empty_text")>
                {session::can(Permission::DomainsAdd).then(|| view! {
                    <button type="button" class="btn pri" on:click=move |_| is_adding.set(true)><Icon name="plus"/>{t("domains.add")}</button>
                })}
            </Empty>
        }
        .into_any();
    }
    let paging = page.page.clone();
    view! {
        <Pagination paging=page.page address/>
        <div class="tablewrap"><table class="t domt">
            <caption class="vh">{t("domains.title")}</caption>
            <thead><tr>
                {heading(address, "name", "domains.name")}
                <th scope="col">{t("domains.routes")}</th>
                <th scope="col" class="hide-m">{t("domains.owner")}</th>
                {heading(address, "created_at", "domains.added")}
                <th scope="col"><span class="vh">{t("domains.actions")}</span></th>
            </tr></thead>
            <tbody>{page.data.into_iter().map(|domain| row(domain, removing)).collect_view()}</tbody>
        </table></div>
        <Pagination paging address/>
    }
    .into_any()
}

fn heading(address: Address, field: &'static str, title: &'static str) -> AnyView {
    let sort = address.get("sort").unwrap_or_else(|| "name".into());
    let is_down = sort == format!("-{field}");
    let is_up = sort == field;
    let order = if is_up {
        "ascending"
    } else if is_down {
        "descending"
    } else {
        "none"
    };
    let next = if is_up { format!("-{field}") } else { field.to_owned() };
    let click = move |_| address.set(&[("sort", Some(next.clone())), ("cursor", None), ("page", None)]);
    view! {
        <th scope="col" aria-sort=order><button type="button" on:click=click>
            {t(title)}
            {is_up.then(|| view! { <Icon name="arrow-up"/> })}
            {is_down.then(|| view! { <Icon name="arrow-down"/> })}
        </button></th>
    }
    .into_any()
}

fn row(domain: Domain, removing: RwSignal<Option<String>>) -> AnyView {
    let scope = Scope::Domain(domain.name.clone());
    let routes = domain.routes.iter().map(Route::to_string).collect::<Vec<_>>().join(", ");
    let name = domain.name.clone();
    let remove = session::can(Permission::DomainsRemove).then(|| {
        let label = t_with("domains.remove_named", &[("name", &domain.name)]);
        view! {
            <button type="button" class="btn sm icon ghost bad" aria-label=label on:click=move |_| removing.set(Some(name.clone()))><Icon name="trash-2"/></button>
        }
    });
    let first = crate::nav::first_in(&scope).map_or("filter", |item| item.section);
    view! {
        <tr>
            <td><a href=scope.path(first)><bdi>{domain.name}</bdi></a></td>
            <td class="mono small"><a class="rowlink" href=scope.path("routes")>{routes}</a></td>
            <td class="hide-m">{domain.reseller.unwrap_or_else(|| "–".into())}</td>
            <td class="num">{day(&domain.created_at.0)}</td>
            <td class="r">{remove}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn AddDomain(open: RwSignal<bool>, reseller: Option<String>, changed: Callback<()>) -> impl IntoView {
    let (name, route) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let error = RwSignal::new(None::<String>);
    let value = |input: NodeRef<html::Input>| {
        input.get_untracked().map(|input| input.value().trim().to_lowercase()).unwrap_or_default()
    };
    let reseller = StoredValue::new(reseller);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let routes: Result<Vec<Route>, _> =
            value(route).split([',', ' ']).filter(|part| !part.is_empty()).map(str::parse).collect();
        let Ok(routes) = routes else { return error.set(Some(t("invalid.not_a_host"))) };
        let (name, body) = (value(name), NewDomain { reseller: reseller.get_value(), routes });
        spawn_local(async move {
            match api::call(&ADD_DOMAIN, &[&name], &(), &body).await {
                Ok(domain) => {
                    error.set(None);
                    open.set(false);
                    changed.run(());
                    session::say(t_with("domains.was_added", &[("name", &domain.name)]));
                }
                Err(why) => error.set(Some(why.text())),
            }
        });
    };
    view! {
        <Dialog open title=Signal::derive(|| t("domains.add")) drawer=true>
            <form on:submit=submit>
                <div class="bd">
                    <label class="lbl">{t("domains.name")}
                        <input class="in" node_ref=name name="domain" required autofocus autocapitalize="none" spellcheck="false" placeholder="example.com"/>
                    </label>
                    <label class="lbl">{t("domains.destination")}
                        <input class="in" node_ref=route name="route" required autocapitalize="none" spellcheck="false" placeholder="mail.example.com:25"/>
                        <span class="ds">{t("domains.destination_help")}</span>
                    </label>
                    <div role="alert">{move || error.get().map(|text| view! { <p class="note bad"><Icon name="circle-alert"/><span>{text}</span></p> })}</div>
                </div>
                <footer>
                    <button type="button" class="btn" on:click=move |_| open.set(false)>{t("panel.cancel")}</button>
                    <button type="submit" class="btn pri">{t("domains.add")}</button>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}

#[component]
fn RemoveDomain(removing: RwSignal<Option<String>>, changed: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    Effect::new(move |_| {
        typed.set(String::new());
        open.set(removing.get().is_some());
    });
    Effect::new(move |_| {
        if !open.get() && removing.get_untracked().is_some() {
            removing.set(None)
        }
    });
    let name = move || removing.get().unwrap_or_default();
    let remove = move |_| {
        let name = removing.get_untracked().unwrap_or_default();
        spawn_local(async move {
            let result: Result<(), ApiError> = api::call(&REMOVE_DOMAIN, &[&name], &(), &()).await;
            match result {
                Ok(()) => session::say(t_with("domains.was_removed", &[("name", &name)])),
                Err(error) => session::complain(error.text()),
            }
            open.set(false);
            changed.run(());
        });
    };
    view! {
        <Dialog open title=Signal::derive(move || t_with("domains.remove_named", &[("name", &name())]))>
            <div class="bd">
                <p>{t("domains.remove_warning")}</p>
                <label class="lbl">{move || t_with("domains.remove_type", &[("name", &name())])}
                    <input class="in" autocapitalize="none" spellcheck="false" on:input:target=move |event| typed.set(event.target().value())/>
                </label>
            </div>
            <footer>
                <button type="button" class="btn" autofocus on:click=move |_| open.set(false)>{t("panel.cancel")}</button>
                <button type="button" class="btn solidbad" disabled=move || typed.get() != name() on:click=remove>{t("domains.remove")}</button>
            </footer>
        </Dialog>
    }
    .into_any()
}
