//! Where one is signed in, each to be ended, and one's own sign-ins of the last weeks.

use crate::{
    api::{self, ApiError},
    components::{
        badge::Mark,
        confirm::{Question, ask},
        icon::Icon,
        list_page::{List, ListCard, Row, Rows, column},
        mail_times::moment,
        menu::Act,
        states::Empty,
    },
    i18n::{t, t_with},
    session,
};
use contract::accounts::{
    END_OTHER_SESSIONS, END_OWN_SESSION, LIST_LOGINS, LIST_SESSIONS, Login, LoginOutcome, LoginQuery,
    OpenSession,
};
use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;

/// The open sessions.
#[component]
pub fn Sessions() -> impl IntoView {
    let list = List::new(|list, _| {
        Box::pin(async move {
            let page = api::call(&LIST_SESSIONS, &[], &(), &()).await?;
            Ok(Rows::of(page, move |one| session_row(list, one)))
        })
    });
    let end_others = move |_| {
        ask(Question {
            title: t("account.end_others"),
            text: t("account.end_others_text"),
            lines: Vec::new(),
            verb: t("account.end_others"),
            word: None,
            act: Arc::new(move || {
                spawn_local(async move {
                    told(
                        list,
                        api::call(&END_OTHER_SESSIONS, &[], &(), &()).await,
                        t("account.others_ended"),
                    );
                });
            }),
        });
    };
    let columns = vec![
        column("account.device"),
        column("account.ip"),
        column("account.signed_in"),
        column("account.last_seen"),
    ];
    let empty = ViewFn::from(
        || view! { <Empty icon="lock" title="account.no_sessions" text="account.sessions_about"/> },
    );
    view! {
        <div class="row between">
            <p class="t2">{move || t("account.sessions_about")}</p>
            <button type="button" class="btn" on:click=end_others><Icon name="log-out"/>{move || t("account.end_others")}</button>
        </div>
        <ListCard list title="account.tab_sessions" columns empty/>
    }
    .into_any()
}

fn session_row(list: List, one: &OpenSession) -> Row {
    let id = one.id.0.clone();
    let device = if one.device.is_empty() { t("account.unknown_device") } else { one.device.clone() };
    let end = (!one.is_current).then(|| {
        let id = id.clone();
        Act::bad("account.end", "log-out", move || {
            let id = id.clone();
            spawn_local(async move {
                told(list, api::call(&END_OWN_SESSION, &[&id], &(), &()).await, t("account.ended"));
            });
        })
    });
    let current =
        one.is_current.then(|| view! { " "<Mark tone="ok" icon="check" text=t("account.this_session")/> });
    Row {
        id,
        name: device.clone(),
        cells: vec![
            view! { <span><b><bdi>{device}</bdi></b>{current}</span> }.into_any(),
            address(&one.ip),
            moment(&one.created_at.0).into_any(),
            moment(&one.last_seen_at.0).into_any(),
        ],
        acts: end.into_iter().collect(),
    }
}

/// Says what was done, or why not, and loads the list again.
fn told(list: List, result: Result<(), ApiError>, done: String) {
    match result {
        Ok(()) => session::say(done),
        Err(error) => session::complain(error.text()),
    }
    list.refresh();
}

fn address(ip: &str) -> AnyView {
    view! { <span class="mono small" dir="ltr">{ip.to_owned()}</span> }.into_any()
}

/// The sign-ins, also those that failed.
#[component]
pub fn Logins() -> impl IntoView {
    let list = List::new(|_, search| {
        let query = LoginQuery { limit: search.limit, cursor: search.cursor };
        Box::pin(async move { Ok(Rows::of(api::call(&LIST_LOGINS, &[], &query, &()).await?, login_row)) })
    });
    let columns = vec![
        column("account.when"),
        column("account.outcome"),
        column("account.device"),
        column("account.ip"),
    ];
    let empty = ViewFn::from(
        || view! { <Empty icon="history" title="account.no_logins" text="account.logins_about"/> },
    );
    view! {
        <p class="t2 gap">{move || t("account.logins_about")}</p>
        <ListCard list title="account.tab_logins" columns empty/>
    }
    .into_any()
}

fn login_row(one: &Login) -> Row {
    let (tone, icon) = match one.outcome {
        LoginOutcome::Succeeded => ("ok", "check"),
        LoginOutcome::Inactive => ("neu", "ban"),
        _ => ("bad", "octagon-x"),
    };
    let outcome = t(&format!("login_outcome.{}", one.outcome.name()));
    let device = if one.device.is_empty() { t("account.unknown_device") } else { one.device.clone() };
    Row {
        id: one.id.to_string(),
        name: t_with("account.sign_in_of", &[("when", &moment(&one.at.0))]),
        cells: vec![
            moment(&one.at.0).into_any(),
            view! { <Mark tone icon text=outcome/> }.into_any(),
            view! { <bdi>{device}</bdi> }.into_any(),
            address(&one.ip),
        ],
        acts: Vec::new(),
    }
}
