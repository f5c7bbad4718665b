//! The nodes' policy as documents with revisions. Whoever changes something that nodes obey says which document it
//! touches, in the same transaction; nodes ask for what is newer than what they have.

use crate::{
    access::family,
    db::{
        Conn,
        schema::{domains, policy_documents, policy_revision, resellers},
    },
    error::ApiResult,
};
use diesel::prelude::*;

/// A piece of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document<'a> {
    /// The defaults of every domain.
    Global,
    /// The defaults of a reseller's domains, by its name in addresses.
    Reseller(&'a str),
    /// A domain, by its name.
    Domain(&'a str),
}

impl<'a> Document<'a> {
    /// Its kind and key in the table `policy_documents`.
    pub const fn place(self) -> (&'static str, &'a str) {
        match self {
            Self::Global => ("global", ""),
            Self::Reseller(slug) => ("reseller", slug),
            Self::Domain(name) => ("domain", name),
        }
    }
}

/// The document has changed. Call it inside [`crate::db::Db::change`], with the change.
pub fn changed(conn: &mut Conn, document: Document<'_>) -> ApiResult<i64> {
    touch(conn, document, false)
}

/// The document is gone: nodes forget it.
pub fn removed(conn: &mut Conn, document: Document<'_>) -> ApiResult<i64> {
    touch(conn, document, true)
}

/// The documents of every domain of a reseller and of its sub-resellers have changed: four statements, however many
/// they are.
pub fn changed_of_reseller(conn: &mut Conn, reseller: i64) -> ApiResult<()> {
    let all = family::with_subs(conn, reseller)?;
    let owned = domains::table.filter(domains::reseller_id.eq_any(all)).select(domains::name);
    let revision = next_revision(conn)?;
    diesel::update(policy_documents::table)
        .filter(policy_documents::kind.eq("domain"))
        .filter(policy_documents::key.eq_any(owned))
        .set(policy_documents::revision.eq(revision))
        .execute(conn)?;
    Ok(())
}

/// The documents of a reseller's sub-resellers have changed: they hold its values, too.
pub fn changed_of_subs(conn: &mut Conn, reseller: i64) -> ApiResult<()> {
    let subs = resellers::table.filter(resellers::parent_id.eq(reseller)).select(resellers::slug);
    let revision = next_revision(conn)?;
    diesel::update(policy_documents::table)
        .filter(policy_documents::kind.eq("reseller"))
        .filter(policy_documents::key.eq_any(subs))
        .set(policy_documents::revision.eq(revision))
        .execute(conn)?;
    Ok(())
}

fn next_revision(conn: &mut Conn) -> ApiResult<i64> {
    diesel::update(policy_revision::table)
        .set(policy_revision::revision.eq(policy_revision::revision + 1))
        .execute(conn)?;
    Ok(policy_revision::table.select(policy_revision::revision).first(conn)?)
}

fn touch(conn: &mut Conn, document: Document<'_>, is_removed: bool) -> ApiResult<i64> {
    let revision = next_revision(conn)?;
    let (kind, key) = document.place();
    let values = (policy_documents::revision.eq(revision), policy_documents::is_removed.eq(is_removed));
    let known = diesel::update(policy_documents::table.find((kind, key))).set(values).execute(conn)?;
    if known == 0 {
        diesel::insert_into(policy_documents::table)
            .values((policy_documents::kind.eq(kind), policy_documents::key.eq(key), values.0, values.1))
            .execute(conn)?;
    }
    Ok(revision)
}
