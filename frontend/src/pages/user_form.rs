//! Adding and editing a user: one drawer for both. What a role cannot have is not asked for.

use super::users::roles;
use crate::{
    api,
    components::{
        dialog::Dialog,
        form::{Form, FormError, PasswordField, SelectField, Submit, SwitchField, TextField},
    },
    i18n::{t, t_with},
    scope::Scope,
    session,
};
use contract::{
    accounts::{LIST_RESELLERS, ResellerQuery},
    domains::{DomainQuery, LIST_DOMAINS},
    permission::{Permission, Role},
    users::{CHANGE_USER, NewUser, PUT_USER, User, UserChange, edit_permission},
};
use leptos::prelude::*;

/// How many domains or resellers are offered while somebody writes.
const OFFERED: u32 = 10;

/// The drawer, and whom it is about.
#[derive(Clone, Copy)]
pub struct UserForms {
    scope: StoredValue<Scope>,
    is_open: RwSignal<bool>,
    edited: RwSignal<Option<User>>,
}

impl UserForms {
    /// The drawer of a page.
    pub fn new(scope: Scope) -> Self {
        Self { scope: StoredValue::new(scope), is_open: RwSignal::new(false), edited: RwSignal::new(None) }
    }

    fn roles(self) -> Vec<Role> {
        self.scope.with_value(|scope| roles(scope, edit_permission))
    }

    /// Whether the caller may add anybody here.
    pub fn can_add(self) -> bool {
        !self.roles().is_empty()
    }

    /// Opens it for a new user.
    pub fn add(self) {
        self.edited.set(None);
        self.is_open.set(true);
    }

    /// Opens it for this one.
    pub fn edit(self, user: User) {
        self.edited.set(Some(user));
        self.is_open.set(true);
    }
}

/// What is written in the drawer.
#[derive(Clone, Copy)]
struct Draft {
    role: RwSignal<String>,
    username: RwSignal<String>,
    owner: RwSignal<String>,
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
    is_active: RwSignal<bool>,
}

impl Draft {
    fn new(user: Option<User>, forms: UserForms) -> Self {
        let text = |text: Option<String>| RwSignal::new(text.unwrap_or_default());
        let own = forms.scope.with_value(|scope| match scope {
            Scope::Domain(name) | Scope::Reseller(name) => Some(name.clone()),
            _ => None,
        });
        match user {
            Some(user) => Self {
                role: RwSignal::new(user.role.name().to_owned()),
                username: RwSignal::new(user.username),
                owner: text(user.domain.or(user.reseller)),
                name: text(user.display_name),
                email: text(user.email),
                password: text(None),
                is_active: RwSignal::new(user.is_active),
            },
            None => Self {
                role: text(forms.roles().last().map(|role| role.name().to_owned())),
                username: text(None),
                owner: text(own),
                name: text(None),
                email: text(None),
                password: text(None),
                is_active: RwSignal::new(true),
            },
        }
    }

    fn role(self) -> Role {
        Role::from_name(&self.role.get()).unwrap_or(Role::Email)
    }

    fn new_user(self) -> NewUser {
        let role = untrack(|| self.role());
        let username = self.username.get_untracked();
        let owner = filled(self.owner);
        NewUser {
            role,
            reseller: owner.clone().filter(|_| role == Role::Reseller),
            domain: match role {
                Role::Domain => owner,
                Role::Email => username.rsplit_once('@').map(|(_, domain)| domain.trim().to_owned()),
                _ => None,
            },
            display_name: filled(self.name),
            email: filled(self.email).filter(|_| role != Role::Email),
            password: filled(self.password),
            is_active: self.is_active.get_untracked(),
        }
    }

    fn change(self, user: &User) -> UserChange {
        let changed = |new: Option<String>, old: &Option<String>| (new != *old).then_some(new);
        UserChange {
            display_name: changed(filled(self.name), &user.display_name),
            email: changed(filled(self.email), &user.email),
            password: filled(self.password),
            is_active: Some(self.is_active.get_untracked()).filter(|is_active| *is_active != user.is_active),
        }
    }
}

fn filled(value: RwSignal<String>) -> Option<String> {
    Some(value.get_untracked().trim().to_owned()).filter(|text| !text.is_empty())
}

/// The drawer.
#[component]
pub fn UserForm(
    /// Whom it is about.
    forms: UserForms,
    /// Somebody was added or changed.
    changed: Callback<()>,
) -> impl IntoView {
    let title = Signal::derive(move || match forms.edited.get() {
        Some(user) => t_with("users.edit_named", &[("name", &user.username)]),
        None => t("users.add"),
    });
    view! {
        <Dialog open=forms.is_open title drawer=true>
            {move || view! { <Fields forms changed/> }}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Fields(forms: UserForms, changed: Callback<()>) -> impl IntoView {
    let edited = forms.edited.get_untracked();
    let is_new = edited.is_none();
    // The domain of an email user stands in the user name.
    let (form, draft) =
        (Form::new().also("/domain", "").also("/username", ""), Draft::new(edited.clone(), forms));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let edited = edited.clone();
        form.send(async move {
            let name = draft.username.get_untracked().trim().to_lowercase();
            let text = match edited {
                Some(user) => {
                    api::call(&CHANGE_USER, &[&name], &(), &draft.change(&user)).await?;
                    t("panel.saved")
                }
                None => {
                    let user = api::call(&PUT_USER, &[&name], &(), &draft.new_user()).await?;
                    t_with("users.was_added", &[("name", &user.username)])
                }
            };
            forms.is_open.set(false);
            changed.run(());
            session::say(text);
            Ok(())
        });
    };
    let choices: Vec<(String, String)> = forms
        .roles()
        .into_iter()
        .map(|role| (role.name().to_owned(), t(&format!("role.{}", role.name()))))
        .collect();
    let password = if is_new {
        ("users.password", "account.password_rules")
    } else {
        ("users.password_new", "users.password_keep")
    };
    view! {
        <form on:submit=submit>
            <div class="bd">
                {is_new.then(|| view! { <SelectField form at="/role" label="users.role" value=draft.role choices/> })}
                <TextField form at="" label="users.username" help="users.username_help" value=draft.username fixed=!is_new first=is_new/>
                {move || is_new.then(|| owner_field(form, draft, forms))}
                <TextField form at="/display_name" label="users.name" value=draft.name optional=true/>
                {move || (draft.role() != Role::Email).then(|| view! {
                    <TextField form at="/email" label="users.email" help="users.email_help" value=draft.email kind="email" optional=true/>
                })}
                <PasswordField form at="/password" label=password.0 help=password.1 value=draft.password optional=!is_new/>
                <SwitchField form at="/is_active" label="users.may_sign_in" value=draft.is_active/>
                <FormError form/>
            </div>
            <footer>
                <button type="button" class="btn" on:click=move |_| forms.is_open.set(false)>{t("panel.cancel")}</button>
                <Submit form verb=if is_new { "users.add" } else { "panel.save" }/>
            </footer>
        </form>
    }
    .into_any()
}

/// To whom a new user belongs, where neither the page nor the user name says it.
fn owner_field(form: Form, draft: Draft, forms: UserForms) -> Option<AnyView> {
    let is_here = |wanted: fn(&Scope) -> bool| forms.scope.with_value(wanted);
    match draft.role() {
        Role::Domain if !is_here(|scope| matches!(scope, Scope::Domain(_))) => {
            let offers = offers(draft.owner, false);
            Some(
                view! { <TextField form at="/domain" label="users.domain" value=draft.owner offers/> }
                    .into_any(),
            )
        }
        Role::Reseller if !is_here(|scope| matches!(scope, Scope::Reseller(_))) => {
            let offers = offers(draft.owner, true);
            Some(
                view! { <TextField form at="/reseller" label="users.reseller" value=draft.owner offers/> }
                    .into_any(),
            )
        }
        _ => None,
    }
}

/// Domains or resellers whose name has what was written so far.
fn offers(written: RwSignal<String>, are_resellers: bool) -> Signal<Vec<String>> {
    let found = LocalResource::new(move || {
        let search = Some(written.get().trim().to_lowercase()).filter(|text| !text.is_empty());
        async move {
            if are_resellers && session::can(Permission::ResellersView) {
                let query = ResellerQuery { search, limit: Some(OFFERED), ..ResellerQuery::default() };
                let page = api::call(&LIST_RESELLERS, &[], &query, &()).await.ok()?;
                return Some(page.data.into_iter().map(|one| one.slug).collect::<Vec<_>>());
            }
            let query = DomainQuery { search, limit: Some(OFFERED), ..DomainQuery::default() };
            let page = api::call(&LIST_DOMAINS, &[], &query, &()).await.ok()?;
            Some(page.data.into_iter().map(|one| one.name).collect())
        }
    });
    Signal::derive(move || found.get().flatten().unwrap_or_default())
}
