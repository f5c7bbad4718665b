//! Who below a level has a value of their own: before a default is changed, one sees whom it will not reach (SET-01).

use super::{
    dialog::Dialog,
    setting_field::shown,
    states::{Skeleton, Trouble},
};
use crate::{
    api::{self, ApiError},
    i18n::{t, t_count},
    scope::Scope,
};
use contract::{
    filtering::{
        COUNT_DOMAIN_OVERRIDES, COUNT_GLOBAL_OVERRIDES, COUNT_RESELLER_OVERRIDES, LIST_DOMAIN_OVERRIDES,
        LIST_GLOBAL_OVERRIDES, LIST_RESELLER_OVERRIDES, OverrideQuery, SettingOverride, SettingOverrides,
    },
    page::Page,
    settings::{AnySetting, Level},
};
use leptos::{prelude::*, task::spawn_local};

/// What a form of settings knows of the levels below it.
#[derive(Clone, Copy)]
pub struct Overrides {
    scope: StoredValue<Scope>,
    section: &'static str,
    counts: RwSignal<Option<SettingOverrides>>,
    looked_at: RwSignal<Option<&'static str>>,
    is_open: RwSignal<bool>,
}

impl Overrides {
    /// Asks for the numbers, and gives them to the fields that are made within. Without them nothing is said.
    pub fn provide(scope: Scope, section: &'static str) -> Self {
        let own = Self {
            scope: StoredValue::new(scope.clone()),
            section,
            counts: RwSignal::new(None),
            looked_at: RwSignal::new(None),
            is_open: RwSignal::new(false),
        };
        provide_context(own);
        spawn_local(async move {
            let counts = match &scope {
                Scope::All => api::call(&COUNT_GLOBAL_OVERRIDES, &[], &(), &()).await,
                Scope::Reseller(slug) => api::call(&COUNT_RESELLER_OVERRIDES, &[slug], &(), &()).await,
                Scope::Domain(domain) => api::call(&COUNT_DOMAIN_OVERRIDES, &[domain], &(), &()).await,
                Scope::Mailbox(_) => return,
            };
            own.counts.try_set(counts.ok());
        });
        own
    }

    /// What is said below a field, if there is something to say.
    fn words(self, key: &str) -> Option<String> {
        self.counts.with(|counts| {
            let own = counts.as_ref()?.settings.get(key)?;
            let part = |name, count| (count > 0).then(|| t_count(name, count));
            let parts = [
                part("overrides.resellers", own.resellers),
                part("overrides.domains", own.domains),
                part("overrides.mailboxes", own.mailboxes),
            ];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
        })
    }

    /// How many domains use the value of this level.
    fn users(self, key: &str) -> Option<String> {
        self.counts.with(|counts| {
            let counts = counts.as_ref().filter(|counts| counts.domains > 0)?;
            let own = counts.settings.get(key).map_or(0, |own| own.domains);
            Some(t_count("overrides.users", counts.domains.saturating_sub(own)))
        })
    }
}

/// "84 domains use this value, 6 have their own", with the way to them.
#[component]
pub fn OverridesLine(setting: &'static dyn AnySetting) -> impl IntoView {
    let overrides = use_context::<Overrides>()?;
    let key = setting.key();
    let look = move |_| {
        overrides.looked_at.set(Some(key));
        overrides.is_open.set(true);
    };
    let line = move || {
        let own = overrides.words(key).map(|words| {
            view! { <button type="button" class="lnk" on:click=look>{words}" "{t("overrides.own")}</button> }
        });
        let users = overrides.users(key);
        (own.is_some() || users.is_some()).then(|| view! { <p class="hint small muted">{users}" "{own}</p> })
    };
    Some(view! { {line} }.into_any())
}

/// Who they are.
#[component]
pub fn OverridesDialog(overrides: Overrides) -> impl IntoView {
    let found = LocalResource::new(move || {
        let (key, scope) = (overrides.looked_at.get(), overrides.scope.get_value());
        async move { Some((key?, list(&scope, key?).await)) }
    });
    let again = Callback::new(move |()| found.refetch());
    let content = move || match found.get().flatten() {
        None => view! { <Skeleton lines=3/> }.into_any(),
        Some((_, Err(error))) => view! { <Trouble error again/> }.into_any(),
        Some((key, Ok(page))) => {
            let setting = contract::settings::find(key);
            let more = page.page.next.is_some();
            let rows = page.data.into_iter().filter_map(|one| Some(row(overrides.section, setting?, one)));
            view! {
                <ul class="stack">{rows.collect_view()}</ul>
                {more.then(|| view! { <p class="muted small">{t("overrides.more")}</p> })}
            }
            .into_any()
        }
    };
    let title = Signal::derive(move || {
        overrides.looked_at.get().map(|key| t(&format!("setting.{key}.label"))).unwrap_or_default()
    });
    view! {
        <Dialog open=overrides.is_open title drawer=true>
            <div class="bd">{content}</div>
        </Dialog>
    }
    .into_any()
}

async fn list(scope: &Scope, key: &str) -> Result<Page<SettingOverride>, ApiError> {
    let query = OverrideQuery::default();
    match scope {
        Scope::Reseller(slug) => api::call(&LIST_RESELLER_OVERRIDES, &[slug, key], &query, &()).await,
        Scope::Domain(domain) => api::call(&LIST_DOMAIN_OVERRIDES, &[domain, key], &query, &()).await,
        Scope::All | Scope::Mailbox(_) => api::call(&LIST_GLOBAL_OVERRIDES, &[key], &query, &()).await,
    }
}

fn row(section: &'static str, setting: &'static dyn AnySetting, one: SettingOverride) -> AnyView {
    let scope = match one.level {
        Level::Reseller => Scope::Reseller(one.name.clone()),
        Level::Email => Scope::Mailbox(one.name.clone()),
        Level::Global | Level::Domain => Scope::Domain(one.name.clone()),
    };
    let address = scope.path(if section == "incoming" { "filter" } else { "settings" });
    let value = shown(setting, &one.value);
    view! { <li><a href=address><bdi>{one.name}</bdi></a>" "<span class="num">{value}</span></li> }.into_any()
}
