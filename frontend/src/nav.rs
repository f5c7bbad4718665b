//! Every page within a scope: address, title, icon, group, and who may see it. Menu, titles and guard come from
//! this table.

use crate::{pages, scope::Scope, session};
use contract::permission::Permission;
use leptos::prelude::*;

/// Where a page can be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Wherever messages can be listed.
    Messages,
    /// In the whole installation and for a reseller.
    Many,
    /// In the whole installation.
    Installation,
    /// In the whole installation, for a reseller, and in one domain.
    Tenants,
    /// In one domain.
    Domain,
    /// In every scope.
    Everywhere,
}

/// A page of the menu.
pub struct NavItem {
    /// The group's text key.
    pub group: &'static str,
    /// The part of the address.
    pub section: &'static str,
    /// The title's text key.
    pub title: &'static str,
    /// The text key of its name where there is little room.
    pub short: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// Who may see it.
    pub permission: Permission,
    /// Where it can be.
    pub place: Place,
    /// The page; the second part is what the address says after the section.
    pub view: fn(Scope, Option<String>) -> AnyView,
}

/// The pages in the order of the menu.
pub static NAV: &[NavItem] = &[
    NavItem {
        group: "nav.messages",
        section: "quarantine",
        title: "quarantine.title",
        short: "quarantine.title",
        icon: "inbox",
        permission: Permission::QuarantineView,
        place: Place::Messages,
        view: pages::quarantine::page,
    },
    NavItem {
        group: "nav.messages",
        section: "logs",
        title: "log.title",
        short: "nav.short_log",
        icon: "search",
        permission: Permission::LogView,
        place: Place::Messages,
        view: pages::log_search::page,
    },
    NavItem {
        group: "nav.mail_flow",
        section: "domains",
        title: "domains.title",
        short: "domains.title",
        icon: "globe",
        permission: Permission::DomainsView,
        place: Place::Many,
        view: pages::domains::page,
    },
    NavItem {
        group: "nav.mail_flow",
        section: "mx",
        title: "mx.title",
        short: "mx.short",
        icon: "mail-check",
        permission: Permission::DomainsMxVerify,
        place: Place::Many,
        view: pages::mx_check::page,
    },
    NavItem {
        group: "nav.mail_flow",
        section: "start",
        title: "start.title",
        short: "start.title",
        icon: "check-check",
        permission: Permission::RoutesView,
        place: Place::Domain,
        view: pages::start::page,
    },
    NavItem {
        group: "nav.mail_flow",
        section: "routes",
        title: "routes.title",
        short: "routes.title",
        icon: "route",
        permission: Permission::RoutesView,
        place: Place::Domain,
        view: pages::routes::page,
    },
    NavItem {
        group: "nav.protection",
        section: "filter",
        title: "filter.title",
        short: "nav.short_filter",
        icon: "sliders-horizontal",
        permission: Permission::FilterSettingsView,
        place: Place::Everywhere,
        view: pages::settings::filter,
    },
    NavItem {
        group: "nav.protection",
        section: "settings",
        title: "domain_settings.title",
        short: "nav.short_settings",
        icon: "clock",
        permission: Permission::DomainSettingsView,
        place: Place::Everywhere,
        view: pages::settings::domain,
    },
    NavItem {
        group: "nav.access",
        section: "resellers",
        title: "resellers.title",
        short: "resellers.title",
        icon: "building-2",
        permission: Permission::ResellersEdit,
        place: Place::Many,
        view: pages::resellers::page,
    },
    NavItem {
        group: "nav.access",
        section: "users",
        title: "users.title",
        short: "users.title",
        icon: "users",
        permission: Permission::EmailUsersView,
        place: Place::Tenants,
        view: pages::users::page,
    },
    NavItem {
        group: "nav.access",
        section: "permissions",
        title: "permissions.title",
        short: "permissions.title",
        icon: "list-checks",
        permission: Permission::PermissionsView,
        place: Place::Installation,
        view: pages::permissions::page,
    },
    NavItem {
        group: "nav.access",
        section: "tokens",
        title: "tokens.title",
        short: "tokens.short",
        icon: "key-round",
        permission: Permission::ApiTokensEdit,
        place: Place::Everywhere,
        view: pages::tokens::page,
    },
    NavItem {
        group: "nav.access",
        section: "branding",
        title: "branding.title",
        short: "branding.title",
        icon: "tag",
        permission: Permission::BrandingEdit,
        place: Place::Many,
        view: pages::branding::page,
    },
    NavItem {
        group: "nav.access",
        section: "jobs",
        title: "jobs.title",
        short: "jobs.title",
        icon: "hourglass",
        permission: Permission::JobsView,
        place: Place::Tenants,
        view: pages::jobs::page,
    },
    NavItem {
        group: "nav.access",
        section: "audit",
        title: "audit.title",
        short: "audit.short",
        icon: "scroll-text",
        permission: Permission::AuditView,
        place: Place::Messages,
        view: pages::audit::page,
    },
];

/// The page of a section.
pub fn find(section: &str) -> Option<&'static NavItem> {
    NAV.iter().find(|item| item.section == section)
}

impl NavItem {
    /// Whether the signed-in user has it in this scope.
    pub fn is_in(&self, scope: &Scope) -> bool {
        let is_placed = match self.place {
            Place::Messages => scope.has_messages(),
            Place::Many => matches!(scope, Scope::All | Scope::Reseller(_)),
            Place::Installation => *scope == Scope::All,
            Place::Tenants => !matches!(scope, Scope::Mailbox(_)),
            Place::Domain => matches!(scope, Scope::Domain(_)),
            Place::Everywhere => true,
        };
        is_placed && session::can(self.permission)
    }
}

/// The first page that the signed-in user has in a scope.
pub fn first_in(scope: &Scope) -> Option<&'static NavItem> {
    NAV.iter().find(|item| item.is_in(scope))
}
