//! What each role may do (PER-01 … PER-19): who may sign in, and the matrix of permissions and roles. Saved as a whole,
//! in force at once; what a wider role lost, a narrower one has no more, whatever its own switch says.

use crate::{
    api::{self, ApiError},
    components::{
        confirm::{Question, ask},
        form::{Form, FormError, focus},
        icon::Icon,
        menu::{Act, Menu},
        page_head::PageHead,
        save_bar::SaveBar,
        states::{Skeleton, Trouble},
    },
    i18n::{t, t_with},
    scope::Scope,
    session,
};
use contract::{
    accounts::{LIST_SECOND_FACTOR_RULES, SET_SECOND_FACTOR_RULE, SecondFactorRule, SecondFactorRuleChange},
    permission::{
        Cell, Permission, Role,
        page::{
            CHANGE_PERMISSIONS, GET_PERMISSIONS, LoginRow, LoginSwitch, PREVIEW_ROLE, PermissionCell,
            PermissionPage, PermissionPageChange, PermissionRow, PermissionSwitch, RESTORE_PERMISSIONS,
            RoleQuery,
        },
    },
};
use leptos::{prelude::*, task::spawn_local};
use std::{collections::BTreeMap, sync::Arc};

/// The roles that somebody can have.
const PEOPLE: [Role; 4] = [Role::Administrator, Role::Reseller, Role::Domain, Role::Email];

/// What was moved and is not saved yet.
#[derive(Clone, Copy)]
struct Moved {
    permissions: RwSignal<BTreeMap<(Permission, Role), bool>>,
    logins: RwSignal<BTreeMap<(Role, &'static str), bool>>,
    can_edit: bool,
}

impl Moved {
    fn count(self) -> usize {
        self.permissions.with(BTreeMap::len) + self.logins.with(BTreeMap::len)
    }

    fn forget(self) {
        self.permissions.set(BTreeMap::new());
        self.logins.set(BTreeMap::new());
    }
}

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Permissions scope/> }.into_any()
}

#[component]
fn Permissions(scope: Scope) -> impl IntoView {
    let found = LocalResource::new(|| async {
        let page = api::call(&GET_PERMISSIONS, &[], &(), &()).await?;
        let rules = api::call(&LIST_SECOND_FACTOR_RULES, &[], &(), &()).await?;
        Ok::<_, ApiError>((page, rules.data))
    });
    let again = Callback::new(move |()| found.refetch());
    view! {
        <PageHead scope title="permissions.title" intro=Signal::derive(|| t("permissions.about"))>
            <Menu label=t("permissions.preview") acts=previews() words="permissions.preview"/>
            {session::can(Permission::PermissionsEdit).then(|| view! {
                <button type="button" class="btn" on:click=move |_| ask_to_restore(again)><Icon name="rotate-ccw"/>{move || t("permissions.restore")}</button>
            })}
        </PageHead>
        <Transition fallback=|| view! { <div class="card"><Skeleton/></div> }>
            {move || found.get().map(|found| match found {
                Err(error) => view! { <div class="card"><Trouble error again/></div> }.into_any(),
                Ok((page, rules)) => view! { <Editor page rules again/> }.into_any(),
            })}
        </Transition>
    }
    .into_any()
}

/// Looking at the panel through the eyes of a role.
fn previews() -> Vec<Act> {
    let act = |(role, label): (Role, &'static str)| {
        Act::new(label, "eye", move || {
            spawn_local(async move {
                match api::call(&PREVIEW_ROLE, &[], &RoleQuery { role }, &()).await {
                    Ok(seen) => session::preview(Some((seen.role, seen.permissions))),
                    Err(error) => session::complain(error.text()),
                }
            });
        })
    };
    [(Role::Reseller, "role.reseller"), (Role::Domain, "role.domain"), (Role::Email, "role.email")]
        .into_iter()
        .map(act)
        .collect()
}

fn ask_to_restore(again: Callback<()>) {
    ask(Question {
        title: t("permissions.restore"),
        text: t("permissions.restore_text"),
        lines: Vec::new(),
        verb: t("permissions.restore"),
        word: None,
        act: Arc::new(move || {
            spawn_local(async move {
                match api::call(&RESTORE_PERMISSIONS, &[], &(), &()).await {
                    Ok(_) => session::say(t("permissions.restored")),
                    Err(error) => session::complain(error.text()),
                }
                again.run(());
            });
        }),
    });
}

#[component]
fn Editor(page: PermissionPage, rules: Vec<SecondFactorRule>, again: Callback<()>) -> impl IntoView {
    let moved = Moved {
        permissions: RwSignal::default(),
        logins: RwSignal::default(),
        can_edit: session::can(Permission::PermissionsEdit),
    };
    let form = Form::new();
    let save = move |()| {
        form.send(async move {
            let change = change(moved);
            if !change.permissions.is_empty() || !change.logins.is_empty() {
                api::call(&CHANGE_PERMISSIONS, &[], &(), &change).await?;
            }
            for (role, is_required) in rule_changes(moved) {
                let change = SecondFactorRuleChange { is_required };
                api::call(&SET_SECOND_FACTOR_RULE, &[role.name()], &(), &change).await?;
            }
            moved.forget();
            crate::address::stop_guarding();
            session::say(t("permissions.saved"));
            again.run(());
            Ok(())
        });
    };
    let discard = move |()| {
        form.clear();
        moved.forget();
    };
    view! {
        <div class="stack">
            {login_table(page.logins, &rules, moved)}
            <Matrix rows=page.permissions moved/>
            <FormError form/>
            <SaveBar changes=Signal::derive(move || moved.count()) save discard/>
        </div>
    }
    .into_any()
}

fn change(moved: Moved) -> PermissionPageChange {
    let permissions = moved.permissions.with_untracked(|moved| {
        let switch = |(&(permission, role), &is_on): (&(Permission, Role), &bool)| PermissionSwitch {
            permission,
            role,
            is_on: Some(is_on),
        };
        moved.iter().map(switch).collect()
    });
    let logins = moved.logins.with_untracked(|moved| {
        let of = |role: Role, name: &'static str| moved.get(&(role, name)).copied();
        let switch = |role: Role| LoginSwitch {
            role,
            may_log_in: of(role, "log_in"),
            may_recover_password: of(role, "recover"),
        };
        let is_moved = |one: &LoginSwitch| one.may_log_in.is_some() || one.may_recover_password.is_some();
        PEOPLE.into_iter().map(switch).filter(is_moved).collect()
    });
    PermissionPageChange { permissions, logins }
}

fn rule_changes(moved: Moved) -> Vec<(Role, bool)> {
    moved.logins.with_untracked(|moved| {
        let rules = moved.iter().filter(|((_, name), _)| *name == "second_factor");
        rules.map(|((role, _), is_on)| (*role, *is_on)).collect()
    })
}

/// Who may sign in, recover a password, and must have a second factor (PER-01, ACC-02).
fn login_table(logins: Vec<LoginRow>, rules: &[SecondFactorRule], moved: Moved) -> AnyView {
    let line = |row: &LoginRow| {
        let role = row.role;
        let is_required = rules.iter().any(|rule| rule.role == role && rule.is_required);
        let is_fixed = role == Role::Administrator;
        view! {
            <tr>
                <th scope="row">{role_name(role)}</th>
                <td class="c">{login_cell(moved, role, "log_in", row.may_log_in, is_fixed)}</td>
                <td class="c">{login_cell(moved, role, "recover", row.may_recover_password, false)}</td>
                <td class="c">{login_cell(moved, role, "second_factor", is_required, false)}</td>
            </tr>
        }
    };
    view! {
        <section class="card">
            <header><h2>{t("permissions.logins")}</h2></header>
            <div class="tablewrap"><table class="t pm">
                <caption class="vh">{t("permissions.logins")}</caption>
                <thead><tr>
                    <th scope="col">{t("users.role")}</th>
                    {["permissions.log_in", "permissions.recover", "permissions.second_factor"].map(|key| view! { <th scope="col" class="c">{t(key)}</th> }).collect_view()}
                </tr></thead>
                <tbody>{logins.iter().filter(|row| PEOPLE.contains(&row.role)).map(line).collect_view()}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

fn login_cell(moved: Moved, role: Role, name: &'static str, saved: bool, is_fixed: bool) -> AnyView {
    if is_fixed {
        return always();
    }
    let is_on = move || moved.logins.with(|moved| moved.get(&(role, name)).copied().unwrap_or(saved));
    let is_moved = move || moved.logins.with(|moved| moved.contains_key(&(role, name)));
    let set = move |is_on: bool| {
        moved.logins.update(|moved| {
            if is_on == saved {
                moved.remove(&(role, name))
            } else {
                moved.insert((role, name), is_on)
            };
        });
    };
    let label = format!("{}: {}", role_name(role), t(&format!("permissions.{name}")));
    view! {
        <span class:moved=is_moved><input type="checkbox" aria-label=label disabled=!moved.can_edit prop:checked=is_on on:change:target=move |event| set(event.target().checked())/></span>
    }
    .into_any()
}

fn role_name(role: Role) -> String {
    t(&format!("role.{}", role.name()))
}

/// Granted, and not to be taken away.
fn always() -> AnyView {
    view! { <span class="fixed" title=t("permissions.always")><Icon name="check"/><span class="vh">{t("permissions.always")}</span></span> }.into_any()
}

/// Permissions and roles, area by area.
#[component]
fn Matrix(rows: Vec<PermissionRow>, moved: Moved) -> impl IntoView {
    let (search, only_moved) = (RwSignal::new(String::new()), RwSignal::new(false));
    let heads: Vec<Role> =
        rows.first().map(|row| row.roles.iter().map(|cell| cell.role).collect()).unwrap_or_default();
    let columns = (heads.len() + 1).to_string();
    let mut last = None;
    let mut body = Vec::new();
    for (number, row) in rows.into_iter().enumerate() {
        if last.replace(row.area) != Some(row.area) {
            let name = serde_json::to_value(row.area).ok().and_then(|name| name.as_str().map(str::to_owned));
            let key = format!("area.{}", name.unwrap_or_default());
            let is_shown = move || search.with(String::is_empty) && !only_moved.get();
            body.push(view! { <tr class="area" class:hidden=move || !is_shown()><th scope="colgroup" colspan=columns.clone()>{t(&key)}</th></tr> }.into_any());
        }
        body.push(line(number, row, moved, search, only_moved));
    }
    view! {
        <section class="card">
            <header><h2>{t("permissions.matrix")}</h2></header>
            <div class="pad fbar">
                <span class="q"><Icon name="search"/><input class="in" type="search" placeholder=t("permissions.search") aria-label=t("permissions.search") on:input:target=move |event| search.set(event.target().value().to_lowercase())/></span>
                <label class="row small"><input type="checkbox" on:change:target=move |event| only_moved.set(event.target().checked())/>{t("permissions.only_changed")}</label>
            </div>
            <div class="tablewrap"><table class="t pm" on:keydown=steer>
                <caption class="vh">{t("permissions.matrix")}</caption>
                <thead><tr><th scope="col">{t("permissions.permission")}</th>{heads.into_iter().map(|role| view! { <th scope="col" class="c">{role_name(role)}</th> }).collect_view()}</tr></thead>
                <tbody>{body}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

fn line(
    number: usize,
    row: PermissionRow,
    moved: Moved,
    search: RwSignal<String>,
    only_moved: RwSignal<bool>,
) -> AnyView {
    let permission = row.permission;
    let name = t(&format!("permission.{}", permission.name()));
    let differs = row.roles.iter().any(|cell| cell.is_on != cell.cell.granted_by_default());
    let words = name.to_lowercase();
    let is_shown = move || {
        let is_moved = || moved.permissions.with(|moved| moved.keys().any(|(one, _)| *one == permission));
        search.with(|search| words.contains(search.trim())) && (!only_moved.get() || differs || is_moved())
    };
    let cells = row.roles.iter().enumerate().map(|(place, cell)| view! { <td class="c">{switch((number, place), permission, cell, &name, moved)}</td> }).collect_view();
    view! { <tr class:hidden=move || !is_shown()><th scope="row">{name.clone()}</th>{cells}</tr> }.into_any()
}

fn switch(
    (row, column): (usize, usize),
    permission: Permission,
    cell: &PermissionCell,
    name: &str,
    moved: Moved,
) -> AnyView {
    match cell.cell {
        Cell::Always => return always(),
        Cell::Never => {
            return view! { <span class="muted" aria-label=t("permissions.never")>"–"</span> }.into_any();
        }
        Cell::On | Cell::Off => {}
    }
    let (role, saved) = (cell.role, cell.is_on);
    let key = (permission, role);
    let is_on = move || moved.permissions.with(|moved| moved.get(&key).copied().unwrap_or(saved));
    let is_moved = move || moved.permissions.with(|moved| moved.contains_key(&key));
    let set = move |is_on: bool| {
        moved.permissions.update(|moved| {
            if is_on == saved {
                moved.remove(&key)
            } else {
                moved.insert(key, is_on)
            };
        });
    };
    let label = t_with("permissions.cell", &[("permission", name), ("role", &role_name(role))]);
    let is_withheld = cell.is_on && !cell.is_granted;
    view! {
        <span class:moved=is_moved class:withheld=is_withheld title=is_withheld.then(|| t("permissions.withheld"))>
            <input id=format!("p-{row}-{column}") type="checkbox" aria-label=label disabled=!moved.can_edit prop:checked=is_on on:change:target=move |event| set(event.target().checked())/>
            {is_withheld.then(|| view! { <Icon name="lock"/><span class="vh">{t("permissions.withheld")}</span> })}
        </span>
    }
    .into_any()
}

/// Arrows go from switch to switch, over those that are fixed.
fn steer(event: web_sys::KeyboardEvent) {
    let (down, right) = match event.key().as_str() {
        "ArrowDown" => (1, 0),
        "ArrowUp" => (-1, 0),
        "ArrowRight" => (0, 1),
        "ArrowLeft" => (0, -1),
        _ => return,
    };
    let active = document().active_element().map(|element| element.id()).unwrap_or_default();
    let mut parts = active.trim_start_matches("p-").split('-').filter_map(|part| part.parse::<i32>().ok());
    let (Some(mut row), Some(mut column)) = (parts.next(), parts.next()) else { return };
    event.prevent_default();
    for _ in 0..100 {
        row += down;
        column += right;
        let id = format!("p-{row}-{column}");
        if document().get_element_by_id(&id).is_some() {
            return focus(id);
        }
    }
}
