//! The policy that nodes work by, in documents: only those that changed, at once when they change (house D10).
//!
//! Read from the tables that the panel's changes are written to, some sets at a time whatever the number of
//! documents. It never resolves settings: the node lays the levels over each other.

use super::settings_store::readable;
use crate::{
    access::{CallingNode, family::parents},
    db::{
        Conn, Db,
        schema::{domains, policy_documents, policy_revision, resellers, routes, settings},
    },
    error::{ApiError, ApiResult},
    input::Params,
};
use actix_web::{HttpResponse, get, web::Data};
use contract::{
    domains::Route,
    nodes::{DomainPolicy, PolicyChanges, PolicyDocument, PolicyQuery},
    problem::InvalidCode,
    settings::{Level, Overrides},
};
use diesel::prelude::*;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};
use utoipa_actix_web::service_config::ServiceConfig;

/// Documents in one answer.
const MOST: usize = 1000;
/// The longest that a node may wait, in seconds.
pub(super) const LONGEST_WAIT: u32 = 30;
/// How often a waiting node's request looks for changes that another program made.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_policy);
}

/// The policy that changed.
#[utoipa::path(tag = "node", params(PolicyQuery), responses((status = 200, body = PolicyChanges, description = "What changed after that revision")))]
#[get("/api/v1/node/policy")]
async fn get_policy(_: CallingNode, db: Data<Db>, query: Params<PolicyQuery>) -> ApiResult<HttpResponse> {
    let PolicyQuery { after, wait } = query.0;
    if wait > LONGEST_WAIT {
        return Err(ApiError::invalid("?wait", InvalidCode::OutOfRange));
    }
    if after < 0 {
        return Err(ApiError::invalid("?after", InvalidCode::OutOfRange));
    }
    let deadline = Instant::now() + Duration::from_secs(u64::from(wait));
    let mut news = db.policy_revision();
    loop {
        news.mark_unchanged();
        let changes = db.run(move |conn| changes(conn, after)).await?;
        if !changes.documents.is_empty() || changes.revision != after || Instant::now() >= deadline {
            return Ok(HttpResponse::Ok().json(changes));
        }
        // Woken at once by a change here; one made by another program is seen at the next look.
        drop(timeout_at(deadline.min(Instant::now() + LOOK_AGAIN), news.changed()).await);
    }
}

fn changes(conn: &mut Conn, after: i64) -> ApiResult<PolicyChanges> {
    let current: i64 = policy_revision::table.select(policy_revision::revision).first(conn)?;
    if current == after {
        return Ok(PolicyChanges { revision: current, documents: Vec::new(), more: false });
    }
    // A node ahead of us worked by a database that is not this one any more: it starts again, told also what is
    // gone.
    let is_ahead = after > current;
    let after = if is_ahead { 0 } else { after };
    let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let mut query = policy_documents::table
        .filter(policy_documents::revision.gt(after))
        .order((policy_documents::revision, policy_documents::kind, policy_documents::key))
        .limit(limit)
        .into_boxed();
    if after == 0 && !is_ahead {
        query = query.filter(policy_documents::is_removed.eq(false));
    }
    let mut rows: Vec<DocumentRow> = query.select(DocumentRow::as_select()).load(conn)?;
    // A page ends where a revision ends, so that "after" says exactly what is there.
    let next = rows.get(MOST).map(|row| row.revision);
    if let Some(next) = next {
        rows.truncate(MOST);
        rows.retain(|row| row.revision < next);
    }
    if let (Some(next), true) = (next, rows.is_empty()) {
        rows = policy_documents::table
            .filter(policy_documents::revision.eq(next))
            .select(DocumentRow::as_select())
            .load(conn)?;
    }
    let revision = match (next, rows.last()) {
        (Some(_), Some(last)) => last.revision,
        _ => current,
    };
    Ok(PolicyChanges { revision, documents: documents(conn, rows)?, more: next.is_some() })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = policy_documents)]
struct DocumentRow {
    kind: String,
    key: String,
    revision: i64,
    is_removed: bool,
}

fn documents(conn: &mut Conn, rows: Vec<DocumentRow>) -> ApiResult<Vec<PolicyDocument>> {
    let keys = |kind: &str| -> Vec<String> {
        let these = rows.iter().filter(|row| row.kind == kind && !row.is_removed);
        these.map(|row| row.key.clone()).collect()
    };
    let mut domains = domain_policies(conn, keys("domain"))?;
    let mut resellers = reseller_settings(conn, keys("reseller"))?;
    let mut global = overrides(conn, Level::Global, vec![0])?;
    let documents = rows.into_iter().filter_map(|row| match row.kind.as_str() {
        "global" => {
            let settings = global.remove(&0).and_then(|mut all| all.remove("")).unwrap_or_default();
            Some(PolicyDocument::Global { settings })
        }
        "reseller" => {
            let settings = resellers.remove(&row.key).unwrap_or_default();
            Some(PolicyDocument::Reseller { slug: row.key, settings })
        }
        "domain" => Some(match domains.remove(&row.key) {
            Some(policy) => PolicyDocument::Domain(policy),
            None => PolicyDocument::DomainRemoved { name: row.key },
        }),
        _ => None,
    });
    Ok(documents.collect())
}

fn reseller_settings(conn: &mut Conn, slugs: Vec<String>) -> ApiResult<HashMap<String, Overrides>> {
    let rows: Vec<(i64, String)> = resellers::table
        .filter(resellers::slug.eq_any(slugs))
        .select((resellers::id, resellers::slug))
        .load(conn)?;
    let parents = parents(conn, rows.iter().map(|(id, _)| *id))?;
    let wanted = rows.iter().map(|(id, _)| *id).chain(parents.values().copied()).collect();
    let set = overrides(conn, Level::Reseller, wanted)?;
    let of = |id: &i64| set.get(id).and_then(|all| all.get("")).cloned().unwrap_or_default();
    // What a sub-reseller has not set, the one has set that it works for.
    let in_force = rows.into_iter().map(|(id, slug)| {
        let mut values = parents.get(&id).map(of).unwrap_or_default();
        values.extend(of(&id));
        (slug, values)
    });
    Ok(in_force.collect())
}

/// The id and the name of a domain's reseller.
type Owner = Option<(i64, String)>;

fn domain_policies(conn: &mut Conn, names: Vec<String>) -> ApiResult<HashMap<String, DomainPolicy>> {
    let suspended: HashSet<i64> = super::resellers::suspended(conn)?.into_iter().collect();
    let owner = (resellers::id, resellers::slug).nullable();
    let rows: Vec<(i64, String, bool, Owner)> = domains::table
        .left_join(resellers::table)
        .filter(domains::name.eq_any(names))
        .select((domains::id, domains::name, domains::is_suspended, owner))
        .load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    let mut places: HashMap<i64, Vec<Route>> = HashMap::new();
    let all: Vec<(i64, String, i32)> = routes::table
        .filter(routes::domain_id.eq_any(&ids))
        .order((routes::domain_id, routes::position))
        .select((routes::domain_id, routes::host, routes::port))
        .load(conn)?;
    for (id, host, port) in all {
        let port = u16::try_from(port).unwrap_or(25);
        places.entry(id).or_default().push(Route { host, port });
    }
    let mut own = overrides(conn, Level::Domain, ids.clone())?;
    let mut mailboxes = overrides(conn, Level::Email, ids)?;
    let policies = rows.into_iter().map(|(id, name, is_suspended, owner)| {
        let policy = DomainPolicy {
            name: name.clone(),
            is_suspended: is_suspended || owner.as_ref().is_some_and(|(id, _)| suspended.contains(id)),
            reseller: owner.map(|(_, slug)| slug),
            routes: places.remove(&id).unwrap_or_default(),
            settings: own.remove(&id).and_then(|mut all| all.remove("")).unwrap_or_default(),
            mailboxes: mailboxes.remove(&id).unwrap_or_default(),
        };
        (name, policy)
    });
    Ok(policies.collect())
}

/// The values set at a level, by whom they are set for, then by mailbox (empty above the email level).
fn overrides(
    conn: &mut Conn,
    level: Level,
    scopes: Vec<i64>,
) -> ApiResult<HashMap<i64, BTreeMap<String, Overrides>>> {
    let rows: Vec<(i64, String, String, String)> = settings::table
        .filter(settings::level.eq(level.name()))
        .filter(settings::scope_id.eq_any(scopes))
        .select((settings::scope_id, settings::mailbox, settings::key, settings::value))
        .load(conn)?;
    let mut set: HashMap<i64, BTreeMap<String, Overrides>> = HashMap::new();
    for (scope, mailbox, key, value) in rows {
        set.entry(scope).or_default().entry(mailbox).or_default().extend(readable(vec![(key, value)]));
    }
    Ok(set)
}
