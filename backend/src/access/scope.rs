//! What a caller reaches: administrators everything, resellers their own domains and those of their sub-resellers, domain users their domain, email
//! users their mailbox. Lists carry it into their SQL; single things are looked up and compared.

use super::{
    UserRow,
    family::{self, Family},
};
use crate::{
    db::{
        Backend, Conn,
        schema::{domains, resellers, users},
    },
    error::{ApiError, ApiResult},
};
use contract::permission::Role;
use diesel::{prelude::*, sql_types::BigInt};
use std::collections::{HashMap, HashSet};

/// Ids in one statement.
const IDS: usize = 1000;

/// What a caller reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every tenant.
    All,
    /// The domains of a reseller and of its sub-resellers.
    Reseller {
        /// Its id.
        id: i64,
        /// Its id and those of its sub-resellers.
        all: Vec<i64>,
    },
    /// One domain.
    Domain {
        /// Its id.
        id: i64,
    },
    /// One mailbox.
    Mailbox {
        /// The domain.
        domain_id: i64,
        /// The whole address, lower-cased as in the `recipient_search` columns.
        address: String,
    },
}

/// A domain, as far as access needs it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Domain {
    /// Its id in the database; never told to clients.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its reseller.
    pub reseller_id: Option<i64>,
}

/// A reseller, as far as access needs it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Reseller {
    /// Its id in the database; never told to clients.
    pub id: i64,
    /// Its name in addresses.
    pub slug: String,
}

/// A mailbox: an address of a domain of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The domain.
    pub domain: Domain,
    /// The part before the `@`, lower-cased.
    pub local_part: String,
    /// The whole address.
    pub address: String,
}

impl Reach {
    /// Whether the caller may know of the domain.
    pub fn has_domain(&self, domain: &Domain) -> bool {
        match self {
            Self::All => true,
            Self::Reseller { all, .. } => domain.reseller_id.is_some_and(|id| all.contains(&id)),
            Self::Domain { id } | Self::Mailbox { domain_id: id, .. } => domain.id == *id,
        }
    }

    /// Whether the caller may know of the reseller.
    pub fn has_reseller(&self, reseller: &Reseller) -> bool {
        match self {
            Self::All => true,
            Self::Reseller { all, .. } => all.contains(&reseller.id),
            Self::Domain { .. } | Self::Mailbox { .. } => false,
        }
    }

    /// Whether the caller may know of the mailbox.
    pub fn has_mailbox(&self, mailbox: &Mailbox) -> bool {
        match self {
            Self::Mailbox { address, .. } => *address == mailbox.address,
            wider => wider.has_domain(&mailbox.domain),
        }
    }

    /// Whether the caller may know of the user.
    pub(crate) fn has_user(&self, conn: &mut Conn, user: &UserRow) -> ApiResult<bool> {
        Ok(match self {
            Self::All => true,
            Self::Mailbox { address, .. } => *address == user.username,
            Self::Reseller { all, .. } if user.reseller_id.is_some_and(|id| all.contains(&id)) => true,
            Self::Reseller { .. } | Self::Domain { .. } => {
                let domains = find_domains(conn, user.domain_id)?;
                domains.first().is_some_and(|domain| self.has_domain(domain))
            }
        })
    }

    /// The users in reach, as a query to be narrowed.
    pub fn users(&self) -> users::BoxedQuery<'static, Backend> {
        let query = users::table.into_boxed();
        match self {
            Self::All => query,
            Self::Reseller { all, .. } => {
                let owned = domains::table
                    .filter(domains::reseller_id.eq_any(all.clone()))
                    .select(domains::id.nullable());
                query.filter(users::reseller_id.eq_any(all.clone()).or(users::domain_id.eq_any(owned)))
            }
            Self::Domain { id } => query.filter(users::domain_id.eq(*id)),
            Self::Mailbox { address, .. } => query.filter(users::username.eq(address.clone())),
        }
    }

    /// The domains in reach, as a query to be narrowed.
    pub fn domains(&self) -> domains::BoxedQuery<'static, Backend> {
        let query = domains::table.into_boxed();
        match self {
            Self::All => query,
            Self::Reseller { all, .. } => query.filter(domains::reseller_id.eq_any(all.clone())),
            Self::Domain { id } | Self::Mailbox { domain_id: id, .. } => query.filter(domains::id.eq(*id)),
        }
    }

    /// The one domain, where the reach is within one: a list with it can use the index that begins with the
    /// domain.
    pub const fn domain_id(&self) -> Option<i64> {
        match self {
            Self::Domain { id } | Self::Mailbox { domain_id: id, .. } => Some(*id),
            Self::All | Self::Reseller { .. } => None,
        }
    }

    /// The one mailbox, for `recipient_search`.
    pub fn mailbox(&self) -> Option<&str> {
        match self {
            Self::Mailbox { address, .. } => Some(address),
            Self::All | Self::Reseller { .. } | Self::Domain { .. } => None,
        }
    }

    /// The domains in reach as a sub-query, for `domain_id.eq_any(…)`.
    pub fn domain_ids(&self) -> domains::BoxedQuery<'static, Backend, BigInt> {
        let query = domains::table.select(domains::id).into_boxed();
        match self {
            Self::All => query,
            Self::Reseller { all, .. } => query.filter(domains::reseller_id.eq_any(all.clone())),
            Self::Domain { id } | Self::Mailbox { domain_id: id, .. } => query.filter(domains::id.eq(*id)),
        }
    }
}

/// The domain of that name, in any case of letters.
pub fn find_domain(conn: &mut Conn, name: &str) -> ApiResult<Option<Domain>> {
    Ok(domains::table
        .filter(domains::name.eq(name.to_ascii_lowercase()))
        .select((domains::id, domains::name, domains::reseller_id))
        .first(conn)
        .optional()?)
}

/// The domains of these ids.
pub fn find_domains(conn: &mut Conn, ids: impl IntoIterator<Item = i64>) -> ApiResult<Vec<Domain>> {
    let ids: Vec<i64> = ids.into_iter().collect::<HashSet<_>>().into_iter().collect();
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(IDS) {
        found.extend(
            domains::table
                .filter(domains::id.eq_any(part))
                .select((domains::id, domains::name, domains::reseller_id))
                .load::<Domain>(conn)?,
        );
    }
    Ok(found)
}

/// The names of the domains of these ids.
pub fn domain_names(conn: &mut Conn, ids: impl IntoIterator<Item = i64>) -> ApiResult<HashMap<i64, String>> {
    Ok(find_domains(conn, ids)?.into_iter().map(|domain| (domain.id, domain.name)).collect())
}

/// The reseller of that name in addresses.
pub fn find_reseller(conn: &mut Conn, slug: &str) -> ApiResult<Option<Reseller>> {
    Ok(resellers::table
        .filter(resellers::slug.eq(slug))
        .select((resellers::id, resellers::slug))
        .first(conn)
        .optional()?)
}

/// The mailbox of an address: it is one of ours where its domain is, and somebody looks after it or could.
pub fn find_mailbox(conn: &mut Conn, address: &str) -> ApiResult<Option<Mailbox>> {
    let address = address.to_lowercase();
    let Some((local_part, domain)) = address.rsplit_once('@') else { return Ok(None) };
    let is_local_part = !local_part.is_empty()
        && local_part.len() <= 64
        && local_part.chars().all(|one| !one.is_control() && !one.is_whitespace() && one != '@');
    if !is_local_part {
        return Ok(None);
    }
    let domain = find_domain(conn, domain)?;
    Ok(domain.map(|domain| Mailbox { domain, local_part: local_part.to_owned(), address: address.clone() }))
}

/// Where a user belongs.
pub(super) struct Place {
    pub(super) reach: Reach,
    pub(super) reseller: Option<String>,
    pub(super) domain: Option<String>,
    /// Whether the domain or its reseller is suspended.
    pub(super) is_suspended: bool,
}

/// Where a user of that role belongs. A row that lacks what its role needs reaches nothing: 500, not everything.
pub(super) fn place_of(
    conn: &mut Conn,
    role: Role,
    reseller_id: Option<i64>,
    domain_id: Option<i64>,
    username: &str,
) -> ApiResult<Place> {
    let broken = || ApiError::internal(format!("{username} lacks what the role {} needs", role.name()));
    match role {
        Role::Administrator => {
            Ok(Place { reach: Reach::All, reseller: None, domain: None, is_suspended: false })
        }
        Role::Reseller => {
            let id = reseller_id.ok_or_else(broken)?;
            let Family { slug, is_suspended, all, .. } = family::family(conn, id)?;
            Ok(Place { reach: Reach::Reseller { id, all }, reseller: Some(slug), domain: None, is_suspended })
        }
        Role::Domain | Role::Email => {
            let id = domain_id.ok_or_else(broken)?;
            let (name, own, owner) = domains::table
                .left_join(resellers::table)
                .filter(domains::id.eq(id))
                .select((
                    domains::name,
                    domains::is_suspended,
                    (resellers::slug, resellers::is_suspended, resellers::parent_id).nullable(),
                ))
                .first::<(String, bool, Option<(String, bool, Option<i64>)>)>(conn)?;
            let is_suspended = own
                || match &owner {
                    Some((_, false, Some(parent))) => family::itself_suspended(conn, *parent)?,
                    Some((_, is_suspended, _)) => *is_suspended,
                    None => false,
                };
            let reach = if role == Role::Domain {
                Reach::Domain { id }
            } else {
                Reach::Mailbox { domain_id: id, address: username.to_lowercase() }
            };
            Ok(Place { reach, reseller: owner.map(|(slug, ..)| slug), domain: Some(name), is_suspended })
        }
        Role::Guest => Err(broken()),
    }
}

/// Whether the user name is taken, in any case of letters.
pub fn is_username_taken(conn: &mut Conn, username: &str) -> ApiResult<bool> {
    let taken = users::table.filter(users::username.eq(username.to_lowercase()));
    Ok(diesel::select(diesel::dsl::exists(taken)).get_result(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(id: i64, reseller_id: Option<i64>) -> Domain {
        Domain { id, name: format!("d{id}.test"), reseller_id }
    }

    /// P1.
    #[test]
    fn each_role_reaches_its_own_and_nothing_beside() {
        let (own, foreign) = (domain(1, Some(7)), domain(2, Some(8)));
        let mailbox = |domain: &Domain, name: &str| Mailbox {
            domain: domain.clone(),
            local_part: name.into(),
            address: format!("{name}@{}", domain.name),
        };
        let email = Reach::Mailbox { domain_id: 1, address: "anna@d1.test".into() };
        for (reach, sees_foreign) in [
            (Reach::All, true),
            (Reach::Reseller { id: 7, all: vec![7, 9] }, false),
            (Reach::Domain { id: 1 }, false),
            (email.clone(), false),
        ] {
            assert!(reach.has_domain(&own), "{reach:?}");
            assert!(reach.has_mailbox(&mailbox(&own, "anna")), "{reach:?}");
            assert_eq!(reach.has_domain(&foreign), sees_foreign, "{reach:?}");
            assert_eq!(reach.has_mailbox(&mailbox(&foreign, "anna")), sees_foreign, "{reach:?}");
        }
        let of_sub = domain(4, Some(9));
        assert!(Reach::Reseller { id: 7, all: vec![7, 9] }.has_domain(&of_sub), "a sub-reseller's domain");
        assert!(!Reach::Reseller { id: 9, all: vec![9] }.has_domain(&own), "the domain of whom it works for");
        assert!(!email.has_mailbox(&mailbox(&own, "bob")));
        assert!(
            !Reach::Reseller { id: 7, all: vec![7] }.has_domain(&domain(3, None)),
            "the administrators' own domain"
        );
        assert!(!Reach::Domain { id: 1 }.has_reseller(&Reseller { id: 7, slug: "r".into() }));
    }
}
