//! What is around every page: brand, scope, menu, account. On a phone the menu is a drawer, and the first pages
//! are at the bottom.

use super::{icon::Icon, popover::close_by_itself, scope_switcher::ScopeSwitcher};
use crate::{
    api,
    brand::{self, Wordmark},
    connection,
    i18n::{t, t_with},
    nav::{NAV, NavItem},
    scope::Scope,
    session,
};
use contract::{filtering::GET_DOMAIN_SETTINGS, permission::Permission, settings::domain::TIME_ZONE};
use leptos::{html, prelude::*, task::spawn_local};

/// The frame of every page: built once, it follows the place.
#[component]
pub fn Shell(
    /// Whose data the page is about.
    scope: Memo<Scope>,
    /// The page's part of the address.
    section: Memo<String>,
    children: Children,
) -> impl IntoView {
    Effect::new(move || follow_time_zone(&scope.get()));
    let is_open = RwSignal::new(false);
    view! {
        <a class="skip" href="#main" rel="external">{move || t("panel.skip")}</a>
        {acting}
        {strip}
        {connection}
        <div class="shell" on:keydown=move |event| if event.key() == "Escape" { is_open.set(false) }>
            <header class="top">
                <button type="button" class="iconbtn nav-toggle" aria-label=move || t("panel.menu") aria-expanded=move || is_open.get().to_string() on:click=move |_| is_open.update(|open| *open = !*open)>
                    <Icon name="menu"/>
                </button>
                <a class="brand" href="/"><Wordmark/></a>
                {move || view! { <ScopeSwitcher scope=scope.get() section/> }}
                <span class="grow"></span>
                {move || brand::brand().and_then(|brand| brand.support).map(|link| view! {
                    <a class="iconbtn" href=link target="_blank" rel="noopener" title=t("panel.help") aria-label=t("panel.help")><Icon name="circle-help"/></a>
                })}
                <a class="iconbtn hide-m" href="/api/docs/" target="_blank" rel="noopener" title=move || t("panel.api_docs") aria-label=move || t("panel.api_docs")>
                    <Icon name="life-buoy"/>
                </a>
                <AccountMenu/>
            </header>
            <nav class="nav" class:open=move || is_open.get() aria-label=move || t("panel.menu") on:click=move |_| is_open.set(false)>
                {move || menu(&scope.get(), section)}
            </nav>
            <main class="main" id="main" tabindex="-1">{children()}</main>
            <nav class="bottomnav" aria-label=move || t("panel.shortcuts")>{move || bottom_links(&scope.get(), section)}</nav>
        </div>
    }
    .into_any()
}

/// What is not as usual: somebody acts as somebody else (USR-06).
fn acting() -> Option<AnyView> {
    let me = session::me()?;
    let person = me.acted_by?;
    let words = t_with("acting.strip", &[("user", &me.username)]);
    let back = move |_| {
        spawn_local(async {
            if let Err(error) = session::stop_acting().await {
                session::complain(error.text());
            }
        })
    };
    Some(
        view! {
            <div class="strip" role="status"><Icon name="user-cog"/><span>{words}</span>
                <button type="button" class="btn sm" on:click=back>{t_with("acting.back", &[("person", &person.username)])}</button></div>
        }
        .into_any(),
    )
}

/// What is not as usual: the server does not answer, or not yet.
fn connection() -> Option<AnyView> {
    let words = connection::words()?;
    Some(
        view! { <div class="strip" role="status"><Icon name="cloud-alert"/><span>{words}</span></div> }
            .into_any(),
    )
}

/// What is not as usual: the panel is looked at through the eyes of a role.
fn strip() -> Option<AnyView> {
    let role = session::previewed()?;
    let words = t_with("preview.strip", &[("role", &t(&format!("role.{}", role.name())))]);
    Some(
        view! {
            <div class="strip" role="status"><Icon name="eye"/><span>{words}</span>
                <button type="button" class="btn sm" on:click=|_| session::preview(None)>{t("preview.end")}</button></div>
        }
        .into_any(),
    )
}

/// Dates follow the domain that is looked at, as far as the user may know its settings (SET-06, QUA-12).
fn follow_time_zone(scope: &Scope) {
    let domain = match scope {
        Scope::Domain(domain) if untrack(|| session::can(Permission::DomainSettingsView)) => domain.clone(),
        _ => return session::set_domain_time_zone(None),
    };
    spawn_local(async move {
        if let Ok(values) = api::call(&GET_DOMAIN_SETTINGS, &[&domain], &(), &()).await {
            let zone = values.settings.get(TIME_ZONE.key).and_then(|read| read.value.as_str());
            session::set_domain_time_zone(zone.map(str::to_owned));
        }
    });
}

fn menu(scope: &Scope, section: Memo<String>) -> impl IntoView + use<> {
    let mut last_group = "";
    let mut items = Vec::new();
    for item in NAV.iter().filter(|item| item.is_in(scope)) {
        if item.group != last_group {
            last_group = item.group;
            items.push(view! { <h2>{move || t(item.group)}</h2> }.into_any());
        }
        items.push(link(item, item.title, scope, section));
    }
    items.into_iter().collect_view()
}

fn bottom_links(scope: &Scope, section: Memo<String>) -> impl IntoView + use<> {
    NAV.iter()
        .filter(|item| item.is_in(scope))
        .take(5)
        .map(|item| link(item, item.short, scope, section))
        .collect_view()
}

fn link(item: &'static NavItem, name: &'static str, scope: &Scope, section: Memo<String>) -> AnyView {
    let current = move || section.with(|section| item.section == section).then_some("page");
    view! {
        <a href=scope.path(item.section) aria-current=current title=move || t(item.title)>
            <Icon name=item.icon/><span>{move || t(name)}</span>
        </a>
    }
    .into_any()
}

#[component]
fn AccountMenu() -> impl IntoView {
    let (is_open, holder) = (RwSignal::new(false), NodeRef::<html::Div>::new());
    close_by_itself(is_open, holder);
    let username = move || session::me().map(|me| me.username).unwrap_or_default();
    let initials = move || username().chars().take(2).collect::<String>().to_uppercase();
    let role = move || session::me().map(|me| t(&format!("role.{}", me.role.name()))).unwrap_or_default();
    view! {
        <div class="pop" node_ref=holder>
            <button type="button" class="iconbtn" aria-haspopup="true" aria-label=move || t("account.title") aria-expanded=move || is_open.get().to_string() on:click=move |_| is_open.update(|open| *open = !*open)>
                <span class="avatar">{initials}</span>
            </button>
            <Show when=move || is_open.get()>
                <div class="sheet end">
                    <h3>{role}</h3>
                    <p class="pad-i small b">{username}</p>
                    <a href="/account" on:click=move |_| is_open.set(false)><Icon name="user-cog"/>{t("account.title")}</a>
                    <button type="button" class="row" on:click=move |_| spawn_local(session::sign_out())><Icon name="log-out"/>{t("panel.sign_out")}</button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}
