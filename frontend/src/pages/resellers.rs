//! The resellers: added, changed, suspended, removed with their domains.

use crate::{
    api,
    components::{
        badge::Mark,
        confirm::{Question, ask},
        dialog::Dialog,
        form::{Form, FormError, Submit, TextField},
        icon::Icon,
        list_page::{List, ListCard, ListSearch, Row, Rows, column},
        menu::Act,
        page_head::PageHead,
        states::Empty,
    },
    i18n::{day, t, t_count, t_with, whole},
    scope::Scope,
    session,
};
use contract::{
    accounts::{
        CHANGE_RESELLER, LIST_RESELLERS, NewReseller, PUT_RESELLER, REMOVE_RESELLER, RemovalQuery, Reseller,
        ResellerChange, ResellerQuery,
    },
    problem::InvalidCode,
};
use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;

/// The drawer, and whom it is about; nobody for a new one.
#[derive(Clone, Copy)]
struct Forms {
    is_open: RwSignal<bool>,
    edited: RwSignal<Option<Reseller>>,
}

impl Forms {
    fn open(self, edited: Option<Reseller>) {
        self.edited.set(edited);
        self.is_open.set(true);
    }
}

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Resellers scope/> }.into_any()
}

#[component]
fn Resellers(scope: Scope) -> impl IntoView {
    let forms = Forms { is_open: RwSignal::new(false), edited: RwSignal::new(None) };
    let list = List::new(move |list, search| {
        let query = ResellerQuery {
            search: search.text,
            limit: search.limit,
            cursor: search.cursor,
            count: Some(true),
        };
        Box::pin(async move {
            let page = api::call(&LIST_RESELLERS, &[], &query, &()).await?;
            Ok(Rows::of(page, move |reseller| row(list, forms, reseller)))
        })
    });
    let columns = vec![
        column("resellers.name"),
        column("resellers.slug"),
        column("resellers.domains"),
        column("domains.added"),
    ];
    let empty = ViewFn::from(move || {
        view! { <Empty icon="building-2" title="resellers.empty" text="resellers.empty_text">{add_button(forms)}</Empty> }
    });
    view! {
        <PageHead scope title="resellers.title" intro=Signal::derive(|| t("resellers.about"))>{add_button(forms)}</PageHead>
        <ListSearch list label="resellers.search"/>
        <ListCard list title="resellers.title" columns empty/>
        <ResellerForm forms changed=Callback::new(move |()| list.refresh())/>
    }
    .into_any()
}

fn add_button(forms: Forms) -> AnyView {
    view! { <button type="button" class="btn pri" on:click=move |_| forms.open(None)><Icon name="plus"/>{move || t("resellers.add")}</button> }.into_any()
}

fn row(list: List, forms: Forms, reseller: &Reseller) -> Row {
    let scope = Scope::Reseller(reseller.slug.clone());
    let (edited, switched, removed) = (reseller.clone(), reseller.clone(), reseller.clone());
    let count = if reseller.domain_limit == 0 {
        whole(reseller.domains)
    } else {
        let limit = whole(u64::from(reseller.domain_limit));
        t_with("resellers.of_limit", &[("count", &whole(reseller.domains)), ("limit", &limit)])
    };
    let suspended = reseller
        .is_suspended
        .then(|| view! { " "<Mark tone="warn" icon="lock" text=t("domains.state_suspended")/> });
    let (label, icon) =
        if reseller.is_suspended { ("domains.resume", "check") } else { ("domains.suspend", "lock") };
    Row {
        id: reseller.slug.clone(),
        name: reseller.name.clone(),
        cells: vec![
            view! { <span><a class="b" href=scope.path("")><bdi>{reseller.name.clone()}</bdi></a>{suspended}</span> }.into_any(),
            view! { <span class="mono small">{reseller.slug.clone()}</span> }.into_any(),
            view! { <a href=scope.path("domains")>{count}</a> }.into_any(),
            day(&reseller.created_at.0).into_any(),
        ],
        acts: vec![
            Act::new("users.edit", "pencil", move || forms.open(Some(edited.clone()))),
            Act::new(label, icon, move || suspend(list, &switched)),
            Act::bad("users.remove", "trash-2", move || ask_to_remove(list, &removed)),
        ],
    }
}

fn suspend(list: List, reseller: &Reseller) {
    let (slug, is_suspended) = (reseller.slug.clone(), !reseller.is_suspended);
    let text = t_with(
        if is_suspended { "resellers.was_suspended" } else { "resellers.was_resumed" },
        &[("name", &reseller.name)],
    );
    spawn_local(async move {
        let change = ResellerChange { is_suspended: Some(is_suspended), ..ResellerChange::default() };
        match api::call(&CHANGE_RESELLER, &[&slug], &(), &change).await {
            Ok(_) => session::say(text),
            Err(error) => session::complain(error.text()),
        }
        list.refresh();
    });
}

/// Its domains go with it; the name has to be written.
fn ask_to_remove(list: List, reseller: &Reseller) {
    let (slug, name) = (reseller.slug.clone(), reseller.name.clone());
    ask(Question {
        title: t_with("resellers.remove_named", &[("name", &name)]),
        text: t_count("resellers.remove_text", reseller.domains),
        lines: Vec::new(),
        verb: t("resellers.remove"),
        word: Some(slug.clone()),
        act: Arc::new(move || {
            let (slug, name) = (slug.clone(), name.clone());
            spawn_local(async move {
                let query = RemovalQuery { with_domains: Some(true) };
                match api::call(&REMOVE_RESELLER, &[&slug], &query, &()).await {
                    Ok(()) => session::say(t_with("domains.was_removed", &[("name", &name)])),
                    Err(error) => session::complain(error.text()),
                }
                list.refresh();
            });
        }),
    });
}

#[component]
fn ResellerForm(forms: Forms, changed: Callback<()>) -> impl IntoView {
    let title = Signal::derive(move || match forms.edited.get() {
        Some(one) => t_with("users.edit_named", &[("name", &one.name)]),
        None => t("resellers.add"),
    });
    view! {
        <Dialog open=forms.is_open title drawer=true>{move || view! { <Fields forms changed/> }}</Dialog>
    }
    .into_any()
}

#[component]
fn Fields(forms: Forms, changed: Callback<()>) -> impl IntoView {
    let edited = forms.edited.get_untracked();
    let is_new = edited.is_none();
    let form = Form::new();
    let text = |text: Option<String>| RwSignal::new(text.unwrap_or_default());
    let slug = text(edited.as_ref().map(|one| one.slug.clone()));
    let name = text(edited.as_ref().map(|one| one.name.clone()));
    let limit = text(Some(edited.map_or(0, |one| one.domain_limit).to_string()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Ok(domain_limit) = limit.get_untracked().trim().parse::<u32>() else {
            return form.refuse_value("/domain_limit", InvalidCode::OutOfRange);
        };
        form.send(async move {
            let slug = slug.get_untracked().trim().to_lowercase();
            let name = name.get_untracked().trim().to_owned();
            if is_new {
                api::call(&PUT_RESELLER, &[&slug], &(), &NewReseller { name, domain_limit }).await?;
            } else {
                let change =
                    ResellerChange { name: Some(name), domain_limit: Some(domain_limit), is_suspended: None };
                api::call(&CHANGE_RESELLER, &[&slug], &(), &change).await?;
            }
            forms.is_open.set(false);
            changed.run(());
            session::say(t("panel.saved"));
            Ok(())
        });
    };
    view! {
        <form on:submit=submit>
            <div class="bd">
                <TextField form at="/name" label="resellers.name" value=name first=true/>
                <TextField form at="" label="resellers.slug" help="resellers.slug_help" value=slug fixed=!is_new example="quayside"/>
                <TextField form at="/domain_limit" label="resellers.limit" help="resellers.limit_help" value=limit kind="number"/>
                <FormError form/>
            </div>
            <footer>
                <button type="button" class="btn" on:click=move |_| forms.is_open.set(false)>{t("panel.cancel")}</button>
                <Submit form verb=if is_new { "resellers.add" } else { "panel.save" }/>
            </footer>
        </form>
    }
    .into_any()
}
