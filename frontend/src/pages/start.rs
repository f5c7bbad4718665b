//! What a new domain needs before its mail flows: one step after the other, each with how it stands and the way to
//! it. A new installation begins with its first domain.

use crate::{
    api,
    components::{
        badge::Mark,
        icon::Icon,
        page_head::PageHead,
        states::{Skeleton, Trouble},
    },
    events,
    i18n::{t, t_with},
    scope::Scope,
    session,
};
use contract::{
    domains::{DomainQuery, GET_ROUTES, LIST_DOMAINS},
    events::Event,
    messages::{LIST_DOMAIN_LOG, LogQuery},
    nodes::LIST_NODES,
    permission::Permission,
    users::{LIST_USERS, UserQuery},
};
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// How a step stands.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Done,
    Open,
    /// Nobody here can tell.
    Unknown,
}

/// One step.
#[derive(Clone)]
struct Step {
    /// The last part of its texts' keys.
    name: &'static str,
    state: State,
    /// Where it is done; nothing where not in the panel.
    section: &'static str,
    /// What is known of it.
    fact: String,
}

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Start scope/> }.into_any()
}

/// Where a user begins: with the first domain where there is none yet, else with the first page.
#[component]
pub fn Begin(scope: Scope, first: String) -> impl IntoView {
    let may_add = scope == Scope::All && session::can(Permission::DomainsAdd);
    if !may_add {
        return view! { <Redirect path=first/> }.into_any();
    }
    let first = StoredValue::new(first);
    let found = LocalResource::new(|| async {
        let query = DomainQuery { limit: Some(1), ..DomainQuery::default() };
        api::call(&LIST_DOMAINS, &[], &query, &()).await.is_ok_and(|page| page.data.is_empty())
    });
    view! {
        <Suspense fallback=|| view! { <div class="card"><Skeleton/></div> }>
            {move || found.get().map(|is_empty| {
                let path = if is_empty { Scope::All.path("domains") } else { first.get_value() };
                view! { <Redirect path/> }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Start(scope: Scope) -> impl IntoView {
    let domain = StoredValue::new(scope.name().unwrap_or_default().to_owned());
    let found = LocalResource::new(move || async move { steps(&domain.get_value()).await });
    let again = Callback::new(move |()| found.refetch());
    let is_ours = |event: &Event| u32::from(!matches!(event, Event::Quarantine { .. }));
    events::on_gathered(is_ours, move |_| found.refetch());
    let place = StoredValue::new(scope.clone());
    view! {
        <PageHead scope title="start.title" intro=Signal::derive(move || t_with("start.about", &[("domain", &domain.get_value())]))/>
        <section class="card" aria-label=move || t("start.title")>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || found.get().map(|found| match found {
                    Err(error) => view! { <Trouble error again/> }.into_any(),
                    Ok(steps) => view! { <ol class="start">{steps.into_iter().map(|step| line(step, &place.get_value())).collect_view()}</ol> }.into_any(),
                })}
            </Transition>
        </section>
    }
    .into_any()
}

fn line(step: Step, scope: &Scope) -> AnyView {
    let (tone, icon, word) = match step.state {
        State::Done => ("ok", "check", "start.done"),
        State::Open => ("warn", "hourglass", "start.open"),
        State::Unknown => ("neu", "circle-help", "start.unknown"),
    };
    let can_go = crate::nav::find(step.section).is_some_and(|item| item.is_in(scope));
    let go = can_go.then(|| {
        let go = format!("start.{}_go", step.name);
        view! { <a class="btn" href=scope.path(step.section)>{t(&go)}</a> }
    });
    view! {
        <li>
            <div class="grow"><h3>{t(&format!("start.{}", step.name))}</h3>
                <p class="t2 small">{t(&format!("start.{}_text", step.name))}</p>
                {(!step.fact.is_empty()).then(|| view! { <p class="small mono" dir="ltr"><Icon name="info"/>" "{step.fact}</p> })}</div>
            <Mark tone icon text=t(word)/>
            {go}
        </li>
    }
    .into_any()
}

/// How everything stands that one may see.
async fn steps(domain: &str) -> Result<Vec<Step>, api::ApiError> {
    let decide = |is_done: bool| if is_done { State::Done } else { State::Open };
    let mut steps = Vec::new();
    let mut hosts = String::new();
    if session::can(Permission::NodesView) {
        let nodes = api::call(&LIST_NODES, &[], &(), &()).await?.data;
        let online: Vec<String> =
            nodes.into_iter().filter(|node| node.is_online).map(|node| node.name).collect();
        hosts = online.join(", ");
        steps.push(Step {
            name: "node",
            state: decide(!online.is_empty()),
            section: "",
            fact: hosts.clone(),
        });
    }
    if session::can(Permission::RoutesView) {
        let routes = api::call(&GET_ROUTES, &[domain], &(), &()).await?.routes;
        let fact = routes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        steps.push(Step { name: "route", state: decide(!routes.is_empty()), section: "routes", fact });
    }
    if session::can(Permission::EmailUsersView) {
        let query = UserQuery { domain: Some(domain.to_owned()), limit: Some(1), ..UserQuery::default() };
        let users = api::call(&LIST_USERS, &[], &query, &()).await?.data;
        steps.push(Step {
            name: "users",
            state: decide(!users.is_empty()),
            section: "users",
            fact: String::new(),
        });
    }
    steps.push(Step { name: "mx", state: State::Unknown, section: "", fact: hosts });
    if session::can(Permission::LogView) {
        let query = LogQuery { limit: Some(1), ..LogQuery::default() };
        let seen = api::call(&LIST_DOMAIN_LOG, &[domain], &query, &()).await?.data;
        let is_seen = !seen.is_empty();
        if let Some(mx) = steps.iter_mut().find(|step| step.name == "mx" && is_seen) {
            mx.state = State::Done;
        }
        steps.push(Step { name: "mail", state: decide(is_seen), section: "logs", fact: String::new() });
    }
    Ok(steps)
}
