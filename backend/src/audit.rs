//! Who changed what, from what to what: one row in the same transaction as the change, or before something private
//! is shown. Rows are only added; each holds the hash of itself and of the row before, so that a row cannot be
//! changed or taken out unseen. Secrets never come here.

use crate::{
    access::{Caller, Origin, scope::Reach},
    clock::Clock,
    db::{
        Conn,
        schema::{audit, domains},
    },
    error::ApiResult,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// What happened to what.
#[derive(Clone, Debug, Default)]
pub struct Entry<'a> {
    /// What was done: the id of the operation, or a word of our own such as `sign_in`.
    pub action: &'a str,
    /// The name or id of what it was done to.
    pub target: &'a str,
    /// The domain it belongs to.
    pub domain_id: Option<i64>,
    /// The reseller it belongs to; where a domain is named, the domain's.
    pub reseller_id: Option<i64>,
    /// What it was before, as JSON.
    pub from: Option<serde_json::Value>,
    /// What it is now, as JSON.
    pub to: Option<serde_json::Value>,
}

impl Entry<'_> {
    /// What somebody does to their own account: it belongs where they belong.
    pub const fn about(caller: &Caller) -> Self {
        let (domain_id, reseller_id) = match caller.reach {
            Reach::Reseller { id, .. } => (None, Some(id)),
            Reach::Domain { id } | Reach::Mailbox { domain_id: id, .. } => (Some(id), None),
            Reach::All => (None, None),
        };
        Self { action: "", target: "", domain_id, reseller_id, from: None, to: None }
    }
}

/// Who did it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Actor {
    id: String,
    name: String,
    role: Cow<'static, str>,
    as_user: Option<String>,
    origin: Origin,
}

impl Actor {
    /// Somebody by name, signed in or about to be.
    pub fn named(id: &str, name: &str, role: &'static str, origin: Origin) -> Self {
        let role = Cow::Borrowed(role);
        Self { id: id.to_owned(), name: name.to_owned(), role, as_user: None, origin }
    }

    /// The command line of the machine itself.
    pub fn command_line() -> Self {
        let origin = Origin { ip: String::new(), request_id: String::new() };
        Self::named("", "command line", "administrator", origin)
    }
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        let origin = caller.origin.clone();
        match &caller.acted_by {
            None => Self::named(&caller.id.0, &caller.username, caller.role.name(), origin),
            Some(person) => Self {
                as_user: Some(caller.username.clone()),
                ..Self::named(&person.id.0, &person.username, person.role.name(), origin)
            },
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = audit)]
struct NewRow<'a> {
    at: i64,
    actor_id: &'a str,
    actor: &'a str,
    role: &'a str,
    ip: &'a str,
    request_id: &'a str,
    action: &'a str,
    target: &'a str,
    reseller_id: Option<i64>,
    domain_id: Option<i64>,
    before: Option<String>,
    after: Option<String>,
    hash: String,
    as_user: Option<&'a str>,
}

/// Writes one row. Call it inside [`crate::db::Db::change`], which lets one change happen after another: the chain
/// of hashes needs that.
pub fn record(conn: &mut Conn, clock: &Clock, actor: &Actor, entry: Entry<'_>) -> ApiResult<()> {
    let reseller_id = match (entry.reseller_id, entry.domain_id) {
        (None, Some(domain)) => {
            domains::table.find(domain).select(domains::reseller_id).first(conn).optional()?.flatten()
        }
        (named, _) => named,
    };
    let last: Option<String> =
        audit::table.select(audit::hash).order(audit::id.desc()).first(conn).optional()?;
    let mut row = NewRow {
        at: clock.now(),
        actor_id: &actor.id,
        actor: &actor.name,
        role: &actor.role,
        ip: &actor.origin.ip,
        request_id: &actor.origin.request_id,
        action: entry.action,
        target: entry.target,
        reseller_id,
        domain_id: entry.domain_id,
        before: entry.from.map(|value| value.to_string()),
        after: entry.to.map(|value| value.to_string()),
        hash: String::new(),
        as_user: actor.as_user.as_deref(),
    };
    row.hash = chain(last.as_deref().unwrap_or_default(), &row);
    diesel::insert_into(audit::table).values(&row).execute(conn)?;
    Ok(())
}

/// The hash over the hash before and every field, each with its length, so that no text can pass for two.
fn chain(last: &str, row: &NewRow<'_>) -> String {
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let fields = [
        last,
        &row.at.to_string(),
        row.actor_id,
        row.actor,
        row.role,
        row.ip,
        row.request_id,
        row.action,
        row.target,
        &number(row.reseller_id),
        &number(row.domain_id),
        row.before.as_deref().unwrap_or_default(),
        row.after.as_deref().unwrap_or_default(),
    ];
    let mut hash = Sha256::new();
    // Only where there is one: rows from before it was known keep their hash.
    for field in fields.into_iter().chain(row.as_user) {
        hash.update(field.len().to_be_bytes());
        hash.update(field.as_bytes());
    }
    format!("{:x}", hash.finalize())
}

/// A row as it is read back.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit)]
struct KeptRow {
    id: i64,
    at: i64,
    actor_id: String,
    actor: String,
    role: String,
    ip: String,
    request_id: String,
    action: String,
    target: String,
    reseller_id: Option<i64>,
    domain_id: Option<i64>,
    before: Option<String>,
    after: Option<String>,
    hash: String,
    as_user: Option<String>,
}

impl KeptRow {
    /// The hash that the row must have after the row with this one.
    fn expected(&self, last: &str) -> String {
        let row = NewRow {
            at: self.at,
            actor_id: &self.actor_id,
            actor: &self.actor,
            role: &self.role,
            ip: &self.ip,
            request_id: &self.request_id,
            action: &self.action,
            target: &self.target,
            reseller_id: self.reseller_id,
            domain_id: self.domain_id,
            before: self.before.clone(),
            after: self.after.clone(),
            hash: String::new(),
            as_user: self.as_user.as_deref(),
        };
        chain(last, &row)
    }
}

/// Rows checked at a time.
const CHECKED: i64 = 5_000;

/// Checks the chain of hashes: how many rows are whole, and the first that is not, if there is one.
///
/// # Errors
/// What the database says.
pub fn verify(conn: &mut Conn) -> ApiResult<(u64, Option<i64>)> {
    let (mut whole, mut id, mut last) = (0, 0, String::new());
    loop {
        let rows: Vec<KeptRow> = audit::table
            .filter(audit::id.gt(id))
            .order(audit::id.asc())
            .limit(CHECKED)
            .select(KeptRow::as_select())
            .load(conn)?;
        if rows.is_empty() {
            return Ok((whole, None));
        }
        for row in rows {
            if row.hash != row.expected(&last) {
                return Ok((whole, Some(row.id)));
            }
            (whole, id, last) = (whole + 1, row.id, row.hash);
        }
    }
}
