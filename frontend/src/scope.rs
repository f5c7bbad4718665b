//! Whose data a page is about. It stands in the address, so that nobody changes the wrong tenant.

use crate::session;
use contract::{accounts::Me, permission::Role};

/// Whose data a page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything in the user's reach: `/all`.
    All,
    /// One reseller: `/r/{slug}`.
    Reseller(String),
    /// One domain: `/d/{domain}`.
    Domain(String),
    /// One mailbox: `/m/{address}`.
    Mailbox(String),
}

impl Scope {
    /// The scope of an address's first parts.
    pub fn from_parts(kind: &str, name: Option<&str>) -> Option<Self> {
        let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        match kind {
            "all" => Some(Self::All),
            "r" => name.map(Self::Reseller),
            "d" => name.map(Self::Domain),
            "m" => name.map(Self::Mailbox),
            _ => None,
        }
    }

    /// Where the signed-in user begins.
    pub fn home(me: &Me) -> Self {
        match (me.role, &me.reseller, &me.domain) {
            (Role::Reseller, Some(slug), _) => Self::Reseller(slug.clone()),
            (Role::Domain, _, Some(domain)) => Self::Domain(domain.clone()),
            (Role::Email, ..) => Self::Mailbox(me.username.clone()),
            _ => Self::All,
        }
    }

    /// The address of a section within this scope.
    pub fn path(&self, section: &str) -> String {
        match self {
            Self::All => format!("/all/{section}"),
            Self::Reseller(name) => format!("/r/{}/{section}", encoded(name)),
            Self::Domain(name) => format!("/d/{}/{section}", encoded(name)),
            Self::Mailbox(name) => format!("/m/{}/{section}", encoded(name)),
        }
    }

    /// Its name for people; None for everything.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Reseller(name) | Self::Domain(name) | Self::Mailbox(name) => Some(name),
        }
    }

    /// The domain that messages are looked for in; None for all that the user reaches.
    pub fn reach(&self) -> Option<String> {
        match self {
            Self::Domain(domain) => Some(domain.clone()),
            _ => None,
        }
    }

    /// Whether messages can be listed here: a reseller's are those of the user who is that reseller.
    pub fn has_messages(&self) -> bool {
        let me = session::me();
        let is_own = |name: &str| {
            me.as_ref().is_some_and(|me| me.reseller.as_deref() == Some(name) || me.username == name)
        };
        match self {
            Self::All | Self::Domain(_) => true,
            Self::Reseller(name) | Self::Mailbox(name) => is_own(name),
        }
    }
}

fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
