//! The people who can sign in, of every role that the caller may see (USR-01 … USR-08).

use super::user_form::{UserForm, UserForms};
use crate::{
    api,
    components::{
        confirm::{Question, ask},
        icon::Icon,
        import_dialog::{Import, ImportDialog},
        list_page::{
            BulkAct, Column, List, ListCard, ListFilter, ListSearch, Row, Rows, Search, column, export,
            sorted, switch,
        },
        mail_times::moment,
        menu::Act,
        page_head::PageHead,
        states::Empty,
    },
    i18n::{t, t_count, t_with},
    scope::Scope,
    session,
};
use contract::{
    permission::{Permission, Role},
    users::{
        ACT_ON_USERS, CHANGE_USER, LIST_USERS, User, UserAction, UserChange, UserQuery, UserSelection,
        edit_permission, view_permission,
    },
};
use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Users scope/> }.into_any()
}

/// The roles whose users can be in a scope.
pub fn roles(scope: &Scope, may: fn(Role) -> contract::permission::Permission) -> Vec<Role> {
    let placed: &[Role] = match scope {
        Scope::All => &[Role::Administrator, Role::Reseller, Role::Domain, Role::Email],
        Scope::Reseller(_) => &[Role::Reseller, Role::Domain, Role::Email],
        Scope::Domain(_) | Scope::Mailbox(_) => &[Role::Domain, Role::Email],
    };
    placed.iter().copied().filter(|role| session::can(may(*role))).collect()
}

fn query(scope: &Scope, list: List, search: Search) -> UserQuery {
    UserQuery {
        search: search.text,
        role: list.address.get("role"),
        domain: scope.reach(),
        // A reseller sees all of its people; from above, only those of the reseller itself.
        reseller: match scope {
            Scope::Reseller(slug) if !scope.has_messages() => Some(slug.clone()),
            _ => None,
        },
        is_active: list.address.get("active").map(|active| active == "yes"),
        sort: search.sort,
        limit: search.limit,
        cursor: search.cursor,
        count: Some(true),
    }
}

#[component]
fn Users(scope: Scope) -> impl IntoView {
    let (wanted, saved) = (scope.clone(), scope.clone());
    let forms = UserForms::new(scope.clone());
    let list = List::new(move |list, search| {
        let query = query(&wanted, list, search);
        Box::pin(async move {
            let page = api::call(&LIST_USERS, &[], &query, &()).await?;
            Ok(Rows::of(page, move |user| row(list, forms, user)))
        })
    });
    let save = move |_| {
        let query = untrack(|| query(&saved, list, list.everything()));
        export("users.csv", async move { api::csv(&LIST_USERS, &[], &query).await });
    };
    let role_choices = std::iter::once(("", t("users.role_any")))
        .chain(roles(&scope, view_permission).into_iter().map(|role| (role.name(), role_name(role))))
        .collect();
    let active_choices =
        vec![("", t("users.active_any")), ("yes", t("users.active_only")), ("no", t("users.inactive_only"))];
    let columns = vec![
        sorted("users.username", "username"),
        column("users.role"),
        column("users.belongs"),
        column("users.active"),
        column("users.last_login"),
        Column { title: "users.id", sort: "", class: "hide-m" },
    ];
    let is_importing = RwSignal::new(false);
    let imported = scope.clone();
    let empty = ViewFn::from(move || {
        view! { <Empty icon="users" title="users.empty" text="users.empty_text">{add_button(forms)}</Empty> }
    });
    view! {
        <PageHead scope title="users.title" intro=Signal::derive(|| t("users.about"))>
            <button type="button" class="btn" on:click=save><Icon name="download"/>{move || t("list.export")}</button>
            {session::can(Permission::EmailUsersImport).then(|| view! { <button type="button" class="btn" on:click=move |_| is_importing.set(true)><Icon name="upload"/>{move || t("import.verb")}</button> })}
            {add_button(forms)}
        </PageHead>
        <ListSearch list label="users.search">
            <ListFilter list name="role" label="users.role" choices=role_choices/>
            <ListFilter list name="active" label="users.active" choices=active_choices/>
        </ListSearch>
        <ListCard list title="users.title" columns bulk=bulk(list) empty/>
        <ImportDialog open=is_importing kind=Import::Users(Role::Email) scope=imported changed=Callback::new(move |()| list.refresh())/>
        <UserForm forms changed=Callback::new(move |()| list.refresh())/>
    }
    .into_any()
}

fn add_button(forms: UserForms) -> Option<AnyView> {
    forms.can_add().then(|| {
        view! { <button type="button" class="btn pri" on:click=move |_| forms.add()><Icon name="plus"/>{move || t("users.add")}</button> }.into_any()
    })
}

fn role_name(role: Role) -> String {
    t(&format!("role.{}", role.name()))
}

fn row(list: List, forms: UserForms, user: &User) -> Row {
    let name = user.username.clone();
    let can_edit = session::can(edit_permission(user.role));
    let is_self = session::me_untracked().is_some_and(|me| me.username == user.username);
    let belongs = user.domain.clone().or_else(|| user.reseller.clone()).unwrap_or_else(|| "–".into());
    let change = (can_edit && !is_self).then(|| {
        let name = name.clone();
        Callback::new(move |is_active: bool| set_active(list, name.clone(), is_active))
    });
    // USR-06: strictly downwards, and whoever acts does not act once more.
    let may_act = session::can(Permission::LoginAs)
        && user.is_active
        && session::me_untracked().is_some_and(|me| me.role < user.role && me.acted_by.is_none());
    let acted = name.clone();
    let act = may_act.then(|| Act::new("users.act_as", "user-cog", move || act_as(acted.clone())));
    let mut acts: Vec<Act> = if can_edit {
        let (edited, removed) = (user.clone(), name.clone());
        let edit = Act::new("users.edit", "pencil", move || forms.edit(edited.clone()));
        let remove = (!is_self)
            .then(|| Act::bad("users.remove", "trash-2", move || ask_to_remove(list, vec![removed.clone()])));
        [Some(edit), remove].into_iter().flatten().collect()
    } else {
        Vec::new()
    };
    acts.splice(0..0, act);
    let last = user.last_login_at.as_ref().map_or_else(|| t("users.never"), |at| moment(&at.0));
    let label = t_with("users.active_named", &[("name", &name)]);
    Row {
        id: name.clone(),
        cells: vec![
            view! { <span><bdi class="b">{name.clone()}</bdi>{user.display_name.clone().map(|name| view! { <span class="sub muted small"><bdi>{name}</bdi></span> })}</span> }.into_any(),
            role_name(user.role).into_any(),
            view! { <bdi>{belongs}</bdi> }.into_any(),
            switch(label, user.is_active, change),
            last.into_any(),
            view! { <span class="mono small muted">{user.id.0.clone()}</span> }.into_any(),
        ],
        name,
        acts,
    }
}

/// USR-06: the panel begins anew as that user.
fn act_as(name: String) {
    spawn_local(async move {
        if let Err(error) = session::act_as(&name).await {
            session::complain(error.text());
        }
    });
}

/// USR-08.
fn set_active(list: List, name: String, is_active: bool) {
    spawn_local(async move {
        let change = UserChange { is_active: Some(is_active), ..UserChange::default() };
        match api::call(&CHANGE_USER, &[&name], &(), &change).await {
            Ok(_) => session::say(t_count(done_key(is_active), 1_u64)),
            Err(error) => session::complain(error.text()),
        }
        list.refresh();
    });
}

const fn done_key(is_active: bool) -> &'static str {
    if is_active { "users.was_activated" } else { "users.was_deactivated" }
}

fn bulk(list: List) -> Vec<BulkAct> {
    let act = |label, icon, action, done| BulkAct {
        label,
        icon,
        is_bad: false,
        act: Callback::new(move |names| act_on(list, action, names, done)),
    };
    vec![
        act("users.activate", "check", UserAction::Activate, done_key(true)),
        act("users.deactivate", "ban", UserAction::Deactivate, done_key(false)),
        BulkAct {
            label: "users.remove",
            icon: "trash-2",
            is_bad: true,
            act: Callback::new(move |names| ask_to_remove(list, names)),
        },
    ]
}

fn ask_to_remove(list: List, names: Vec<String>) {
    let title = t_count("users.remove_many", names.len());
    ask(Question {
        text: t("users.remove_text"),
        lines: names.clone(),
        verb: title.clone(),
        title,
        word: None,
        act: Arc::new(move || {
            act_on(list, UserAction::Remove, names.clone(), "users.was_removed");
        }),
    });
}

/// Does the same with several users; those with whom it was not done are named with the reason.
fn act_on(list: List, action: UserAction, usernames: Vec<String>, done: &'static str) {
    spawn_local(async move {
        let selection = UserSelection { action, usernames };
        match api::call(&ACT_ON_USERS, &[], &(), &selection).await {
            Err(error) => session::complain(error.text()),
            Ok(answer) => {
                let count = answer.results.iter().filter(|one| one.error.is_none()).count();
                if count != 0 {
                    session::say(t_count(done, count));
                }
                let failed = answer.results.iter().filter_map(|one| {
                    Some(format!("{}: {}", one.username, t(&format!("error.{}", one.error?.name()))))
                });
                let failed = failed.collect::<Vec<_>>().join(" ");
                if !failed.is_empty() {
                    session::complain(t_with("users.not_done", &[("what", &failed)]));
                }
            }
        }
        list.refresh();
    });
}
