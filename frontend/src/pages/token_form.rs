//! Making and editing an API token, and its secret, which is shown once.

use crate::{
    api,
    components::{
        copy::{CopyButton, ShownOnce},
        dialog::Dialog,
        form::{Field, Form, FormError, SelectField, Submit, TextField},
        icon::Icon,
        mail_times::{now, rfc3339},
    },
    i18n::{t, t_with},
    session,
};
use contract::{
    ids::Timestamp,
    permission::{Permission, page::Area},
    problem::InvalidCode,
    tokens::{ADD_API_TOKEN, ApiToken, ApiTokenChange, CHANGE_API_TOKEN, NewApiToken},
};
use leptos::prelude::*;
use std::collections::BTreeSet;

const DAY: f64 = 86_400_000.0;

/// How long a token can be made for: days, and the key of the words.
const ENDS: [(&str, &str); 4] =
    [("30", "tokens.end_30"), ("90", "tokens.end_90"), ("365", "tokens.end_365"), ("", "tokens.no_end")];

/// The drawer, the token it is about, and the secret that was made last.
#[derive(Clone, Copy)]
pub struct TokenForms {
    domain: StoredValue<Option<String>>,
    is_open: RwSignal<bool>,
    edited: RwSignal<Option<ApiToken>>,
    is_revealed: RwSignal<bool>,
    secret: RwSignal<String>,
}

impl TokenForms {
    /// The drawer of a page.
    pub fn new(domain: Option<String>) -> Self {
        Self {
            domain: StoredValue::new(domain),
            is_open: RwSignal::new(false),
            edited: RwSignal::new(None),
            is_revealed: RwSignal::new(false),
            secret: RwSignal::new(String::new()),
        }
    }

    /// Opens it for a new token.
    pub fn add(self) {
        self.edited.set(None);
        self.is_open.set(true);
    }

    /// Opens it for this one.
    pub fn edit(self, token: ApiToken) {
        self.edited.set(Some(token));
        self.is_open.set(true);
    }

    /// Shows a secret, once.
    pub fn reveal(self, secret: String) {
        self.secret.set(secret);
        self.is_revealed.set(true);
    }
}

/// The drawer and the dialog of the secret.
#[component]
pub fn TokenForm(
    /// What it is about.
    forms: TokenForms,
    /// A token was made or changed.
    changed: Callback<()>,
) -> impl IntoView {
    let title = Signal::derive(move || match forms.edited.get() {
        Some(token) => t_with("users.edit_named", &[("name", &token.name)]),
        None => t("tokens.add"),
    });
    Effect::new(move || {
        if !forms.is_revealed.get() {
            // It is not kept longer than it is looked at.
            forms.secret.set(String::new());
        }
    });
    view! {
        <Dialog open=forms.is_open title drawer=true>{move || view! { <Fields forms changed/> }}</Dialog>
        <Dialog open=forms.is_revealed title=Signal::derive(|| t("tokens.secret"))>{move || revealed(forms)}</Dialog>
    }
    .into_any()
}

fn revealed(forms: TokenForms) -> AnyView {
    let secret = forms.secret.get_untracked();
    let origin = window().location().origin().unwrap_or_default();
    let sample = format!("curl -H 'Authorization: Bearer {secret}' {origin}/api/v1/me");
    view! {
        <div class="bd">
            <p class="note warn"><Icon name="triangle-alert"/><span>{t("tokens.secret_text")}</span></p>
            <ShownOnce secret/>
            <details><summary>{t("tokens.sample")}</summary><pre class="secret" dir="ltr">{sample.clone()}</pre><CopyButton text=sample/></details>
        </div>
        <footer><button type="button" class="btn pri" on:click=move |_| forms.is_revealed.set(false)>{t("second_factor.finish")}</button></footer>
    }
    .into_any()
}

#[component]
fn Fields(forms: TokenForms, changed: Callback<()>) -> impl IntoView {
    let edited = forms.edited.get_untracked();
    let is_new = edited.is_none();
    let form = Form::new();
    let text = |text: Option<String>| RwSignal::new(text.unwrap_or_default());
    let name = text(edited.as_ref().map(|token| token.name.clone()));
    let domain = text(forms.domain.get_value());
    let networks = text(edited.as_ref().map(|token| token.networks.join(", ")));
    let end = RwSignal::new("90".to_owned());
    let scopes = RwSignal::new(
        edited
            .as_ref()
            .map(|token| token.scopes.iter().copied().collect::<BTreeSet<_>>())
            .unwrap_or_default(),
    );
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if scopes.with_untracked(BTreeSet::is_empty) {
            return form.refuse_value("/scopes", InvalidCode::Required);
        }
        let id = edited.as_ref().map(|token| token.id.0.clone());
        form.send(async move {
            let (name, scopes) =
                (name.get_untracked().trim().to_owned(), scopes.get_untracked().into_iter().collect());
            let networks = parts(&networks.get_untracked());
            match id {
                Some(id) => {
                    let change = ApiTokenChange {
                        name: Some(name),
                        scopes: Some(scopes),
                        networks: Some(networks),
                        ..ApiTokenChange::default()
                    };
                    api::call(&CHANGE_API_TOKEN, &[&id], &(), &change).await?;
                    session::say(t("panel.saved"));
                }
                None => {
                    let domain =
                        Some(domain.get_untracked().trim().to_lowercase()).filter(|name| !name.is_empty());
                    let expires_at = ends_at(&end.get_untracked());
                    let new = NewApiToken { name, scopes, domain, networks, expires_at };
                    let made = api::call(&ADD_API_TOKEN, &[], &(), &new).await?;
                    forms.reveal(made.secret);
                }
            }
            forms.is_open.set(false);
            changed.run(());
            Ok(())
        });
    };
    let ends: Vec<(String, String)> = ENDS.map(|(days, key)| (days.to_owned(), t(key))).to_vec();
    view! {
        <form on:submit=submit>
            <div class="bd">
                <TextField form at="/name" label="tokens.name" help="tokens.name_help" value=name first=true/>
                <ScopeField form scopes/>
                {is_new.then(|| view! {
                    <TextField form at="/domain" label="tokens.domain" help="tokens.domain_help" value=domain optional=true/>
                    <SelectField form at="/expires_at" label="tokens.ends" value=end choices=ends/>
                })}
                <TextField form at="/networks" label="tokens.networks" help="tokens.networks_help" value=networks example="192.0.2.0/24" optional=true/>
                <FormError form/>
            </div>
            <footer>
                <button type="button" class="btn" on:click=move |_| forms.is_open.set(false)>{t("panel.cancel")}</button>
                <Submit form verb=if is_new { "tokens.add" } else { "panel.save" }/>
            </footer>
        </form>
    }
    .into_any()
}

fn parts(text: &str) -> Vec<String> {
    text.split([',', ' ', ';']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn ends_at(days: &str) -> Option<Timestamp> {
    let days: f64 = days.parse().ok()?;
    Some(Timestamp(rfc3339(now() + days * DAY)))
}

/// What it may do, of what one may do oneself.
#[component]
fn ScopeField(form: Form, scopes: RwSignal<BTreeSet<Permission>>) -> impl IntoView {
    let mut last = None;
    let mut lines = Vec::new();
    for permission in Permission::ALL.into_iter().filter(|permission| session::can(*permission)) {
        let area = Area::of(permission);
        if last.replace(area) != Some(area) {
            let name = serde_json::to_value(area).ok().and_then(|name| name.as_str().map(str::to_owned));
            lines.push(view! { <h4>{t(&format!("area.{}", name.unwrap_or_default()))}</h4> }.into_any());
        }
        let change = move |is_on: bool| {
            form.touch("/scopes");
            scopes.update(|scopes| {
                if is_on {
                    scopes.insert(permission)
                } else {
                    scopes.remove(&permission)
                };
            });
        };
        lines.push(view! {
            <label class="row"><input type="checkbox" prop:checked=move || scopes.with(|scopes| scopes.contains(&permission))
                on:change:target=move |event| change(event.target().checked())/>{t(&format!("permission.{}", permission.name()))}</label>
        }.into_any());
    }
    view! {
        <Field form at="/scopes" label="tokens.scopes" help="tokens.scopes_help">
            <div class="choices" id=form.id("/scopes") tabindex="-1" role="group" aria-label=t("tokens.scopes")>{lines}</div>
        </Field>
    }
    .into_any()
}
