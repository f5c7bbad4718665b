//! One's own API tokens: how programs sign in. A token never may more than its owner; its secret is shown once.

use super::token_form::{TokenForm, TokenForms};
use crate::{
    api::{self, ApiError},
    components::{
        badge::Mark,
        confirm::{Question, ask},
        icon::Icon,
        list_page::{List, ListCard, Row, Rows, column},
        mail_times::{moment, now, parse},
        menu::Act,
        page_head::PageHead,
        states::Empty,
    },
    i18n::{t, t_count, t_with},
    scope::Scope,
    session,
};
use contract::tokens::{ApiToken, ApiTokenQuery, LIST_API_TOKENS, REMOVE_API_TOKEN, ROTATE_API_TOKEN};
use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Tokens scope/> }.into_any()
}

#[component]
fn Tokens(scope: Scope) -> impl IntoView {
    let forms = TokenForms::new(scope.reach());
    let list = List::new(move |list, search| {
        let query = ApiTokenQuery { limit: search.limit, cursor: search.cursor };
        Box::pin(async move {
            let page = api::call(&LIST_API_TOKENS, &[], &query, &()).await?;
            Ok(Rows::of(page, move |token| row(list, forms, token)))
        })
    });
    let columns = vec![
        column("tokens.name"),
        column("tokens.scopes"),
        column("tokens.reach"),
        column("tokens.last_used"),
        column("tokens.ends"),
    ];
    let empty = ViewFn::from(move || {
        view! { <Empty icon="key-round" title="tokens.empty" text="tokens.empty_text">{add_button(forms)}</Empty> }
    });
    view! {
        <PageHead scope title="tokens.title" intro=Signal::derive(|| t("tokens.about"))>
            <a class="btn" href="/api/docs/" target="_blank" rel="noopener"><Icon name="file-text"/>{move || t("panel.api_docs")}</a>
            {add_button(forms)}
        </PageHead>
        <ListCard list title="tokens.title" columns empty/>
        <TokenForm forms changed=Callback::new(move |()| list.refresh())/>
    }
    .into_any()
}

fn add_button(forms: TokenForms) -> AnyView {
    view! { <button type="button" class="btn pri" on:click=move |_| forms.add()><Icon name="plus"/>{move || t("tokens.add")}</button> }.into_any()
}

fn row(list: List, forms: TokenForms, token: &ApiToken) -> Row {
    let id = token.id.0.clone();
    let (edited, rotated, removed) = (token.clone(), token.clone(), token.clone());
    let last = token.last_used_at.as_ref().map_or_else(|| t("users.never"), |at| moment(&at.0));
    let from = token.last_used_ip.clone();
    let networks = (!token.networks.is_empty()).then(|| token.networks.join(", "));
    Row {
        id,
        name: token.name.clone(),
        cells: vec![
            view! { <span><b><bdi>{token.name.clone()}</bdi></b><span class="sub muted small mono" dir="ltr">"gp_live_…"{token.hint.clone()}</span></span> }.into_any(),
            scopes(token),
            view! { <span><bdi>{token.domain.clone().unwrap_or_else(|| t("tokens.everything"))}</bdi>{networks.map(|text| view! { <span class="sub muted small" dir="ltr">{text}</span> })}</span> }.into_any(),
            view! { <span>{last}{from.map(|ip| view! { <span class="sub muted small mono" dir="ltr">{ip}</span> })}</span> }.into_any(),
            end(token),
        ],
        acts: vec![
            Act::new("users.edit", "pencil", move || forms.edit(edited.clone())),
            Act::new("tokens.rotate", "refresh-cw", move || ask_to_rotate(list, forms, &rotated)),
            Act::bad("tokens.remove", "trash-2", move || ask_to_remove(list, &removed)),
        ],
    }
}

/// What it may do: the number, and the words for those who ask.
fn scopes(token: &ApiToken) -> AnyView {
    let names =
        token.scopes.iter().map(|scope| view! { <li>{t(&format!("permission.{}", scope.name()))}</li> });
    view! {
        <details class="diff"><summary>{t_count("tokens.scope_count", token.scopes.len())}</summary><ul class="small">{names.collect_view()}</ul></details>
    }
    .into_any()
}

fn end(token: &ApiToken) -> AnyView {
    let Some(at) = &token.expires_at else { return t("tokens.no_end").into_any() };
    if parse(&at.0).is_some_and(|end| end < now()) {
        return view! { <Mark tone="bad" icon="clock" text=t("tokens.ended")/> }.into_any();
    }
    moment(&at.0).into_any()
}

fn ask_to_rotate(list: List, forms: TokenForms, token: &ApiToken) {
    let id = token.id.0.clone();
    ask(Question {
        title: t_with("tokens.rotate_named", &[("name", &token.name)]),
        text: t("tokens.rotate_text"),
        lines: Vec::new(),
        verb: t("tokens.rotate"),
        word: None,
        act: Arc::new(move || {
            let id = id.clone();
            spawn_local(async move {
                match api::call(&ROTATE_API_TOKEN, &[&id], &(), &()).await {
                    Ok(made) => forms.reveal(made.secret),
                    Err(error) => session::complain(error.text()),
                }
                list.refresh();
            });
        }),
    });
}

fn ask_to_remove(list: List, token: &ApiToken) {
    let id = token.id.0.clone();
    ask(Question {
        title: t_with("tokens.remove_named", &[("name", &token.name)]),
        text: t("tokens.remove_text"),
        lines: Vec::new(),
        verb: t("tokens.remove"),
        word: None,
        act: Arc::new(move || {
            let id = id.clone();
            spawn_local(async move {
                let result: Result<(), ApiError> = api::call(&REMOVE_API_TOKEN, &[&id], &(), &()).await;
                match result {
                    Ok(()) => session::say(t("tokens.removed")),
                    Err(error) => session::complain(error.text()),
                }
                list.refresh();
            });
        }),
    });
}
