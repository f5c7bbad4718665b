//! The resellers: added, changed, suspended, removed with their domains. A reseller sees itself and those who work
//! for it, and with the right to it looks after them.

use crate::{
    api,
    components::{
        badge::Mark,
        confirm::{Question, ask},
        dialog::Dialog,
        form::{Form, FormError, SelectField, Submit, TextField},
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
    permission::Permission,
    problem::InvalidCode,
};
use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;

/// The drawer, and whom it is about; nobody for a new one.
#[derive(Clone, Copy)]
struct Forms {
    is_open: RwSignal<bool>,
    edited: RwSignal<Option<Reseller>>,
    scope: StoredValue<Scope>,
}

/// The reseller for whom those of a scope work; nobody for the whole installation.
fn above(scope: &Scope) -> Option<String> {
    match scope {
        Scope::Reseller(slug) => Some(slug.clone()),
        _ => None,
    }
}

/// Resellers to choose from, with a text for none of them.
pub fn reseller_choices(none: &'static str, is_one: fn(&Reseller) -> bool) -> Signal<Vec<(String, String)>> {
    let found = LocalResource::new(|| async {
        let query = ResellerQuery { limit: Some(500), ..ResellerQuery::default() };
        api::call(&LIST_RESELLERS, &[], &query, &()).await.map(|page| page.data).unwrap_or_default()
    });
    Signal::derive(move || {
        let resellers = found.get().unwrap_or_default().into_iter().filter(is_one);
        let named = resellers.map(|one| (one.slug, one.name));
        std::iter::once((String::new(), t(none))).chain(named).collect()
    })
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
    let forms = Forms {
        is_open: RwSignal::new(false),
        edited: RwSignal::new(None),
        scope: StoredValue::new(scope.clone()),
    };
    let parent = above(&scope);
    let list = List::new(move |list, search| {
        let query = ResellerQuery {
            search: search.text,
            parent: parent.clone(),
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
    let count = if reseller.domain_limit == 0 {
        whole(reseller.domains)
    } else {
        let limit = whole(u64::from(reseller.domain_limit));
        t_with("resellers.of_limit", &[("count", &whole(reseller.domains)), ("limit", &limit)])
    };
    let suspended = reseller
        .is_suspended
        .then(|| view! { " "<Mark tone="warn" icon="lock" text=t("domains.state_suspended")/> });
    let above = reseller.parent.clone().map(|parent| {
        let text = t_with("resellers.works_for", &[("name", &parent)]);
        view! { <div class="small muted"><bdi>{text}</bdi></div> }
    });
    Row {
        id: reseller.slug.clone(),
        name: reseller.name.clone(),
        cells: vec![
            view! { <span><a class="b" href=scope.path("")><bdi>{reseller.name.clone()}</bdi></a>{suspended}{above}</span> }.into_any(),
            view! { <span class="mono small">{reseller.slug.clone()}</span> }.into_any(),
            view! { <a href=scope.path("domains")>{count}</a> }.into_any(),
            day(&reseller.created_at.0).into_any(),
        ],
        acts: if is_managed(&reseller.slug) { acts(list, forms, reseller) } else { Vec::new() },
    }
}

/// Whether the person looks after that reseller: nobody after the one they belong to.
fn is_managed(slug: &str) -> bool {
    session::can(Permission::ResellersEdit)
        && session::me().is_some_and(|me| me.reseller.as_deref() != Some(slug))
}

fn acts(list: List, forms: Forms, reseller: &Reseller) -> Vec<Act> {
    let (edited, switched, removed) = (reseller.clone(), reseller.clone(), reseller.clone());
    let (label, icon) =
        if reseller.is_suspended { ("domains.resume", "check") } else { ("domains.suspend", "lock") };
    vec![
        Act::new("users.edit", "pencil", move || forms.open(Some(edited.clone()))),
        Act::new(label, icon, move || suspend(list, &switched)),
        Act::bad("users.remove", "trash-2", move || ask_to_remove(list, &removed)),
    ]
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
    let parent = text(forms.scope.with_value(above));
    let is_chosen = is_new && forms.scope.with_value(|scope| above(scope).is_none());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Ok(domain_limit) = limit.get_untracked().trim().parse::<u32>() else {
            return form.refuse_value("/domain_limit", InvalidCode::OutOfRange);
        };
        form.send(async move {
            let slug = slug.get_untracked().trim().to_lowercase();
            let name = name.get_untracked().trim().to_owned();
            if is_new {
                let parent = Some(parent.get_untracked()).filter(|slug| !slug.is_empty());
                let new = NewReseller { name, domain_limit, parent };
                api::call(&PUT_RESELLER, &[&slug], &(), &new).await?;
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
                {is_chosen.then(|| view! { <ParentField form value=parent/> })}
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

/// For whom a new reseller works: only the top ones have others.
#[component]
fn ParentField(form: Form, value: RwSignal<String>) -> impl IntoView {
    let choices = reseller_choices("resellers.nobody", |one| one.parent.is_none());
    view! { <SelectField form at="/parent" label="resellers.parent" help="resellers.parent_help" value choices/> }
        .into_any()
}
