//! Domains and their routes.

use crate::{
    accounts::merge_patch,
    endpoint::{Access, Endpoint, Method, Operation},
    ids::Timestamp,
    jobs::Job,
    page::Page,
    permission::Permission,
    problem::ErrorCode,
};
use serde::{Deserialize, Serialize};

/// A domain whose mail is filtered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Domain {
    /// Its name, as an A-label (RFC 5890).
    pub name: String,
    /// The reseller that owns it; absent: the administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// Where its mail is delivered, in the order in which it is tried.
    pub routes: Vec<Route>,
    /// Whether it is suspended, by itself or with its reseller: its mail is asked to come later, and its people
    /// cannot sign in.
    pub is_suspended: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A destination server, written `host:port` (RTE-07). IPv6 addresses stand in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// A host name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port; 25 if not given (RTE-02).
    #[serde(default = "default_port")]
    pub port: u16,
}

const fn default_port() -> u16 {
    25
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl std::str::FromStr for Route {
    type Err = crate::problem::InvalidCode;
    /// Reads `host`, `host:port`, `[address]` and `[address]:port`; trims spaces and a trailing dot, folds the
    /// case (RTE-13). Whether the host may be a destination is not decided here.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = crate::problem::InvalidCode::NotAHost;
        let text = text.trim();
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            match rest.split_once(']').ok_or(wrong)? {
                (host, "") => (host, None),
                (host, after) => (host, Some(after.strip_prefix(':').ok_or(wrong)?)),
            }
        } else {
            match text.split_once(':') {
                Some((_, rest)) if rest.contains(':') => (text, None),
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        let port = port.map_or(Ok(default_port()), str::parse).map_err(|_| wrong)?;
        let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() || port == 0 { Err(wrong) } else { Ok(Self { host, port }) }
    }
}

/// A domain to be added. Repeating it changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    /// The reseller that owns it; a reseller's own if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// Where its mail is delivered: at least one.
    pub routes: Vec<Route>,
}

/// A change of a domain: JSON Merge Patch, so an absent field stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DomainChange {
    /// Whether it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_suspended: Option<bool>,
    /// The reseller that owns it from now on (PER-09); `null` for the administrators.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "merge_patch")]
    pub reseller: Option<Option<String>>,
}

/// Several domains, and what to do with them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DomainSelection {
    /// What to do.
    pub action: DomainAction,
    /// Their names: 1–10,000.
    pub domains: Vec<String>,
    /// Whether only to say what would become of each.
    #[serde(default)]
    pub dry_run: bool,
}

/// The mail servers that a domain has now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RouteSuggestion {
    /// As routes, the preferred first.
    pub routes: Vec<Route>,
}

/// What the MX records of domains should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MxCheck {
    /// The hosts that are right: 1–50.
    pub hosts: Vec<String>,
}

/// What to do with several domains.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "kind")]
pub enum DomainAction {
    /// They are suspended.
    Suspend,
    /// They go on.
    Resume,
    /// They are removed with all that is theirs.
    Remove,
    /// They belong to another reseller from now on (PER-09).
    Move {
        /// The reseller; absent: the administrators.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reseller: Option<String>,
    },
    /// Where they have a route to one server, they get one to another in its place (PER-08).
    ChangeDestination {
        /// The server so far.
        from: Route,
        /// The server from now on.
        to: Route,
    },
}

/// What became of each of several domains.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DomainResults {
    /// In the order of the request.
    pub results: Vec<DomainResult>,
}

/// What became of one domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DomainResult {
    /// The name.
    pub domain: String,
    /// Whether anything is different now, or would be.
    pub is_changed: bool,
    /// Why nothing was done; absent: nothing stood against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
}

/// What to look for in the list of domains.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct DomainQuery {
    /// Part of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only the domains of this reseller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// Only those that are suspended, or only those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_suspended: Option<bool>,
    /// `name` or `created_at`, with `-` before it for the other direction; `name` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether to count the entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<bool>,
}

/// The routes of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Routes {
    /// In the order in which they are tried: at least one.
    pub routes: Vec<Route>,
}

/// The domains in reach.
pub static LIST_DOMAINS: Endpoint<DomainQuery, (), Page<Domain>> =
    Endpoint::new("list_domains", Method::Get, "/api/v1/domains", Access::Needs(Permission::DomainsView));
/// One domain.
pub static GET_DOMAIN: Endpoint<(), (), Domain> = Endpoint::new(
    "get_domain",
    Method::Get,
    "/api/v1/domains/{domain}",
    Access::Needs(Permission::RoutesView),
);
/// Adds a domain.
pub static ADD_DOMAIN: Endpoint<(), NewDomain, Domain> = Endpoint::new(
    "add_domain",
    Method::Put,
    "/api/v1/domains/{domain}",
    Access::Needs(Permission::DomainsAdd),
);
/// Suspends a domain, lets it go on, moves it to another reseller.
pub static CHANGE_DOMAIN: Endpoint<(), DomainChange, Domain> = Endpoint::new(
    "change_domain",
    Method::Patch,
    "/api/v1/domains/{domain}",
    Access::Needs(Permission::DomainsSuspend),
);
/// Does the same with several domains.
pub static ACT_ON_DOMAINS: Endpoint<(), DomainSelection, DomainResults> = Endpoint::new(
    "act_on_domains",
    Method::Post,
    "/api/v1/domains/bulk",
    Access::Needs(Permission::DomainsView),
);
/// Removes a domain with its users, settings, held messages and log.
pub static REMOVE_DOMAIN: Endpoint<(), (), ()> = Endpoint::new(
    "remove_domain",
    Method::Delete,
    "/api/v1/domains/{domain}",
    Access::Needs(Permission::DomainsRemove),
);
/// The routes of a domain, in their order.
pub static GET_ROUTES: Endpoint<(), (), Routes> = Endpoint::new(
    "get_routes",
    Method::Get,
    "/api/v1/domains/{domain}/routes",
    Access::Needs(Permission::RoutesView),
);
/// Replaces the routes of a domain.
pub static SET_ROUTES: Endpoint<(), Routes, Routes> = Endpoint::new(
    "set_routes",
    Method::Put,
    "/api/v1/domains/{domain}/routes",
    Access::Needs(Permission::RoutesEdit),
);
/// Removes one route, written `host:port`; the last one stays (RTE-06).
pub static REMOVE_ROUTE: Endpoint<(), (), ()> = Endpoint::new(
    "remove_route",
    Method::Delete,
    "/api/v1/domains/{domain}/routes/{route}",
    Access::Needs(Permission::RoutesEdit),
);

/// Where a domain's mail goes now: what its routes can be. Empty if that is not known.
pub static SUGGEST_ROUTES: Endpoint<(), (), RouteSuggestion> = Endpoint::new(
    "suggest_routes",
    Method::Get,
    "/api/v1/route-suggestions/{domain}",
    Access::Needs(Permission::DomainsAdd),
);
/// Looks up the MX records of every domain in reach (PER-06).
pub static CHECK_MX: Endpoint<(), MxCheck, Job> = Endpoint::new(
    "check_mx",
    Method::Post,
    "/api/v1/domains/mx-check",
    Access::Needs(Permission::DomainsMxVerify),
);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &LIST_DOMAINS.operation,
    &GET_DOMAIN.operation,
    &ADD_DOMAIN.operation,
    &CHANGE_DOMAIN.operation,
    &ACT_ON_DOMAINS.operation,
    &REMOVE_DOMAIN.operation,
    &GET_ROUTES.operation,
    &SET_ROUTES.operation,
    &REMOVE_ROUTE.operation,
    &SUGGEST_ROUTES.operation,
    &CHECK_MX.operation,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// RTE-07, RTE-13.
    #[test]
    fn a_route_reads_as_it_is_written() {
        for (text, written) in [
            ("8.8.8.8:25", "8.8.8.8:25"),
            (" MX.Example.com. ", "mx.example.com:25"),
            ("[2001:DB8::1]:2525", "[2001:db8::1]:2525"),
            ("2001:db8::1", "[2001:db8::1]:25"),
        ] {
            let route: Route = text.parse().unwrap();
            assert_eq!(route.to_string(), written);
            assert_eq!(written.parse::<Route>().unwrap(), route);
        }
        for text in ["", ":25", "a:b", "a:0", "a:70000", "[::1", "[::1]x"] {
            assert!(text.parse::<Route>().is_err(), "{text}");
        }
    }
}
