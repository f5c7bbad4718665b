//! Domains and their routes.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    ids::Timestamp,
    page::Page,
    permission::Permission,
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

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &LIST_DOMAINS.operation,
    &GET_DOMAIN.operation,
    &ADD_DOMAIN.operation,
    &REMOVE_DOMAIN.operation,
    &GET_ROUTES.operation,
    &SET_ROUTES.operation,
    &REMOVE_ROUTE.operation,
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
