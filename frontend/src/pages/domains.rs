//! The domains in reach: search, sort, add, suspend, move, remove, change where their mail goes.

use super::domain_changes::{DomainChanges, DomainDialogs, act_on};
use crate::{
    api,
    components::{
        badge::Mark,
        confirm::{Question, ask},
        dialog::Dialog,
        form::{Form, FormError, Submit, TextField},
        icon::Icon,
        import_dialog::{Import, ImportDialog},
        list_page::{BulkAct, List, ListCard, ListFilter, ListSearch, Row, Rows, column, export, sorted},
        menu::Act,
        page_head::PageHead,
        states::Empty,
    },
    events,
    i18n::{day, t, t_count, t_with},
    scope::Scope,
    session,
};
use contract::{
    domains::{
        ADD_DOMAIN, Domain, DomainAction, DomainQuery, LIST_DOMAINS, NewDomain, REMOVE_DOMAIN, Route,
        SUGGEST_ROUTES,
    },
    events::Event,
    permission::Permission,
    problem::InvalidCode,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::{sync::Arc, time::Duration};

/// How long it waits for more of a name to be typed.
const PAUSE: Duration = Duration::from_millis(500);

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Domains scope/> }.into_any()
}

#[component]
fn Domains(scope: Scope) -> impl IntoView {
    let reseller = match &scope {
        Scope::Reseller(slug) => Some(slug.clone()),
        _ => None,
    };
    let owner = reseller.clone();
    let list = List::new(move |list, search| {
        let query = DomainQuery {
            search: search.text,
            reseller: owner.clone(),
            is_suspended: list.address.get("state").map(|state| state == "suspended"),
            sort: search.sort,
            limit: search.limit,
            cursor: search.cursor,
            count: Some(true),
        };
        Box::pin(async move {
            Ok(Rows::of(api::call(&LIST_DOMAINS, &[], &query, &()).await?, move |domain| row(list, domain)))
        })
    });
    let changes = DomainChanges::new(list);
    let saved = reseller.clone();
    let save = move |_| {
        let search = list.everything();
        let query = DomainQuery {
            search: search.text,
            reseller: saved.clone(),
            is_suspended: untrack(|| list.address.get("state")).map(|state| state == "suspended"),
            sort: search.sort,
            ..DomainQuery::default()
        };
        export("domains.csv", async move { api::csv(&LIST_DOMAINS, &[], &query).await });
    };
    let states = vec![
        ("", t("domains.state_any")),
        ("active", t("domains.state_active")),
        ("suspended", t("domains.state_suspended")),
    ];
    let is_policy = |event: &Event| u32::from(matches!(event, Event::Policy { .. }));
    events::on_gathered(is_policy, move |_| list.refresh());
    let (is_adding, is_importing) = (RwSignal::new(false), RwSignal::new(false));
    let imported = scope.clone();
    let columns = vec![
        sorted("domains.name", "name"),
        column("domains.routes"),
        column("domains.owner"),
        sorted("domains.added", "created_at"),
    ];
    let empty = ViewFn::from(move || {
        view! { <Empty icon="globe" title="domains.empty" text="domains.empty_text">{add_button(is_adding)}</Empty> }
    });
    view! {
        <PageHead scope title="domains.title" intro=Signal::derive(|| t("domains.intro"))>
            <button type="button" class="btn" on:click=save><Icon name="download"/>{move || t("list.export")}</button>
            {session::can(Permission::DomainsImport).then(|| view! { <button type="button" class="btn" on:click=move |_| is_importing.set(true)><Icon name="upload"/>{move || t("import.verb")}</button> })}
            {add_button(is_adding)}
        </PageHead>
        <ListSearch list label="domains.search">
            <ListFilter list name="state" label="domains.state" choices=states/>
        </ListSearch>
        <ListCard list title="domains.title" columns bulk=bulk(list, changes) empty/>
        <DomainDialogs changes/>
        <ImportDialog open=is_importing kind=Import::Domains scope=imported changed=Callback::new(move |()| list.refresh())/>
        <AddDomain open=is_adding reseller changed=Callback::new(move |()| list.refresh())/>
    }
    .into_any()
}

fn add_button(is_adding: RwSignal<bool>) -> Option<AnyView> {
    session::can(Permission::DomainsAdd).then(|| {
        view! { <button type="button" class="btn pri" on:click=move |_| is_adding.set(true)><Icon name="plus"/>{move || t("domains.add")}</button> }.into_any()
    })
}

/// What is done with the ticked ones.
fn bulk(list: List, changes: DomainChanges) -> Vec<BulkAct> {
    let act = |may: Permission, label, icon, is_bad, act: Callback<Vec<String>>| {
        session::can(may).then_some(BulkAct { label, icon, is_bad, act })
    };
    let state =
        |action: fn() -> DomainAction, done| Callback::new(move |names| act_on(list, action(), names, done));
    [
        act(
            Permission::DomainsSuspend,
            "domains.suspend",
            "lock",
            false,
            state(|| DomainAction::Suspend, "domains.suspended"),
        ),
        act(
            Permission::DomainsSuspend,
            "domains.resume",
            "check",
            false,
            state(|| DomainAction::Resume, "domains.resumed"),
        ),
        act(
            Permission::DomainsMove,
            "domains.move_verb",
            "building-2",
            false,
            Callback::new(move |names| changes.move_to(names)),
        ),
        act(
            Permission::DomainsChangeDestination,
            "domains.reroute",
            "route",
            false,
            Callback::new(move |names| changes.reroute(names)),
        ),
        act(
            Permission::DomainsRemove,
            "domains.remove",
            "trash-2",
            true,
            Callback::new(move |names| ask_to_remove_all(list, names)),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn ask_to_remove_all(list: List, names: Vec<String>) {
    if let [name] = names.as_slice() {
        return ask_to_remove(list, name.clone());
    }
    let title = t_count("domains.remove_many", names.len());
    ask(Question {
        text: t("domains.remove_warning"),
        lines: names.clone(),
        verb: title.clone(),
        title,
        word: Some(names.len().to_string()),
        act: Arc::new(move || act_on(list, DomainAction::Remove, names.clone(), "domains.were_removed")),
    });
}

fn row(list: List, domain: &Domain) -> Row {
    let scope = Scope::Domain(domain.name.clone());
    let routes = domain.routes.iter().map(Route::to_string).collect::<Vec<_>>().join(", ");
    let name = domain.name.clone();
    let (switched, is_suspended) = (name.clone(), domain.is_suspended);
    let (label, icon) = if is_suspended { ("domains.resume", "check") } else { ("domains.suspend", "lock") };
    let suspend = move || {
        let (action, done) = if is_suspended {
            (DomainAction::Resume, "domains.resumed")
        } else {
            (DomainAction::Suspend, "domains.suspended")
        };
        act_on(list, action, vec![switched.clone()], done);
    };
    let acts = [
        session::can(Permission::DomainsSuspend).then(|| Act::new(label, icon, suspend)),
        session::can(Permission::DomainsRemove)
            .then(|| Act::bad("domains.remove", "trash-2", move || ask_to_remove(list, name.clone()))),
    ];
    let acts = acts.into_iter().flatten().collect();
    let suspended = domain
        .is_suspended
        .then(|| view! { " "<Mark tone="warn" icon="lock" text=t("domains.state_suspended")/> });
    let owner = domain.reseller.clone().unwrap_or_else(|| "–".into());
    Row {
        id: domain.name.clone(),
        name: domain.name.clone(),
        cells: vec![
            view! { <span><a class="b" href=scope.path("")><bdi>{domain.name.clone()}</bdi></a>{suspended}</span> }.into_any(),
            view! { <a class="mono small" href=scope.path("routes")>{routes}</a> }.into_any(),
            owner.into_any(),
            day(&domain.created_at.0).into_any(),
        ],
        acts,
    }
}

/// What the server says of the name, it says of the request as a whole: the name stands in the path.
const IN_PATH: &str = "";

#[component]
fn AddDomain(open: RwSignal<bool>, reseller: Option<String>, changed: Callback<()>) -> impl IntoView {
    let (name, route) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let form = Form::new();
    let reseller = StoredValue::new(reseller);
    let navigate = StoredValue::new_local(use_navigate());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let routes: Result<Vec<Route>, InvalidCode> =
            route.get_untracked().split([',', ' ']).filter(|part| !part.is_empty()).map(str::parse).collect();
        let routes = match routes {
            Ok(routes) => routes,
            Err(code) => return form.refuse_value("/routes", code),
        };
        let body = NewDomain { reseller: reseller.get_value(), routes };
        form.send(async move {
            let name = name.get_untracked().trim().to_lowercase();
            let domain = api::call(&ADD_DOMAIN, &[&name], &(), &body).await?;
            open.set(false);
            changed.run(());
            session::say(t_with("domains.was_added", &[("name", &domain.name)]));
            // What it needs next.
            navigate.with_value(|navigate| {
                navigate(&Scope::Domain(domain.name).path("start"), NavigateOptions::default())
            });
            Ok(())
        });
    };
    Effect::new(move || {
        if open.get() {
            form.clear();
            name.set(String::new());
            route.set(String::new());
        }
    });
    view! {
        <Dialog open title=Signal::derive(|| t("domains.add")) drawer=true>
            <form on:submit=submit>
                <div class="bd">
                    <TextField form at=IN_PATH label="domains.name" value=name example="example.com" first=true/>
                    <TextField form at="/routes" label="domains.destination" help="domains.destination_help" value=route example="mail.example.com:25"/>
                    <Suggestion name route/>
                    <FormError form/>
                </div>
                <footer>
                    <button type="button" class="btn" on:click=move |_| open.set(false)>{t("panel.cancel")}</button>
                    <Submit form verb="domains.add"/>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}

/// Where the domain's mail goes now: what its routes can be.
#[component]
fn Suggestion(name: RwSignal<String>, route: RwSignal<String>) -> impl IntoView {
    let found = RwSignal::new(None::<String>);
    let mut ask = leptos::leptos_dom::helpers::debounce(PAUSE, move |name: String| {
        spawn_local(async move {
            let suggested = api::call(&SUGGEST_ROUTES, &[&name], &(), &()).await;
            let hosts: Vec<String> = suggested
                .map(|found| found.routes)
                .unwrap_or_default()
                .iter()
                .map(|route| route.host.clone())
                .collect();
            // Without an answer nothing is suggested.
            found.try_set((!hosts.is_empty()).then(|| hosts.join(" ")));
        });
    });
    Effect::new(move || {
        let name = name.get().trim().to_lowercase();
        found.set(None);
        if name.contains('.') && !name.ends_with('.') {
            ask(name);
        }
    });
    move || {
        found.get().map(|hosts| {
            let words = t_with("domains.goes_now", &[("hosts", &hosts)]);
            let take = move |_| route.set(hosts.clone());
            view! { <p class="note info"><Icon name="info"/><span>{words}" "<button type="button" class="lnk" on:click=take>{t("domains.take_these")}</button></span></p> }
        })
    }
}

fn ask_to_remove(list: List, name: String) {
    let removed = name.clone();
    ask(Question {
        title: t_with("domains.remove_named", &[("name", &name)]),
        text: t("domains.remove_warning"),
        lines: Vec::new(),
        verb: t("domains.remove"),
        word: Some(name),
        act: Arc::new(move || {
            let name = removed.clone();
            spawn_local(async move {
                match api::call(&REMOVE_DOMAIN, &[&name], &(), &()).await {
                    Ok(()) => session::say(t_with("domains.was_removed", &[("name", &name)])),
                    Err(error) => session::complain(error.text()),
                }
                list.refresh();
            });
        }),
    });
}
