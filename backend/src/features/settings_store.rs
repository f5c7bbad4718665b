//! The values set at each level, in one table: no row means inheritance.

use crate::{
    access::{
        Granted,
        family::parents,
        scope::{Domain, Mailbox, Reseller},
    },
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{
        Backend, Conn,
        schema::{domains, resellers, settings},
    },
    error::ApiResult,
    policy::{self, Document},
};
use contract::settings::{Level, Overrides, Setting, SettingType, Settings};
use diesel::{prelude::*, sql_types::Bool};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Domains in one statement.
const DOMAINS: usize = 1000;

/// Whose settings.
#[derive(Debug)]
pub(super) enum Scope {
    /// The installation's.
    Global(Granted<()>),
    /// A reseller's.
    Reseller(Granted<Reseller>),
    /// A domain's.
    Domain(Granted<Domain>),
    /// A mailbox's.
    Mailbox(Granted<Mailbox>),
}

/// Where values are in the table.
type Place<'a> = (Level, i64, &'a str);

impl Scope {
    /// The level.
    pub(super) const fn level(&self) -> Level {
        match self {
            Self::Global(_) => Level::Global,
            Self::Reseller(_) => Level::Reseller,
            Self::Domain(_) => Level::Domain,
            Self::Mailbox(_) => Level::Email,
        }
    }

    fn place(&self) -> Place<'_> {
        match self {
            Self::Global(_) => (Level::Global, 0, ""),
            Self::Reseller(reseller) => (Level::Reseller, reseller.target().id, ""),
            Self::Domain(domain) => (Level::Domain, domain.target().id, ""),
            Self::Mailbox(mailbox) => {
                (Level::Email, mailbox.target().domain.id, mailbox.target().local_part.as_str())
            }
        }
    }

    /// The document of the nodes' policy that holds these values.
    fn document(&self) -> Document<'_> {
        match self {
            Self::Global(_) => Document::Global,
            Self::Reseller(reseller) => Document::Reseller(&reseller.target().slug),
            Self::Domain(domain) => Document::Domain(&domain.target().name),
            Self::Mailbox(mailbox) => Document::Domain(&mailbox.target().domain.name),
        }
    }

    fn entry(&self) -> Entry<'_> {
        let of_domain = |target, domain: &Domain| Entry {
            target,
            domain_id: Some(domain.id),
            reseller_id: domain.reseller_id,
            ..Entry::default()
        };
        match self {
            Self::Global(_) => Entry { target: "defaults", ..Entry::default() },
            Self::Reseller(reseller) => {
                let Reseller { id, slug } = reseller.target();
                Entry { target: slug, reseller_id: Some(*id), ..Entry::default() }
            }
            Self::Domain(domain) => of_domain(domain.target().name.as_str(), domain.target()),
            Self::Mailbox(mailbox) => of_domain(mailbox.target().address.as_str(), &mailbox.target().domain),
        }
    }
}

/// The values of the scope's level and of every wider one, the widest first.
pub(super) fn levels(conn: &mut Conn, scope: &Scope) -> ApiResult<Vec<(Level, Overrides)>> {
    let mut places = match scope {
        Scope::Global(_) => places_of(conn, None)?,
        Scope::Reseller(reseller) => places_of(conn, Some(reseller.target().id))?,
        Scope::Domain(domain) => places_of(conn, domain.target().reseller_id)?,
        Scope::Mailbox(mailbox) => places_of(conn, mailbox.target().domain.reseller_id)?,
    };
    match scope {
        Scope::Global(_) | Scope::Reseller(_) => {}
        Scope::Domain(_) => places.push(scope.place()),
        Scope::Mailbox(mailbox) => {
            places.push((Level::Domain, mailbox.target().domain.id, ""));
            places.push(scope.place());
        }
    }
    places.into_iter().map(|place| Ok((place.0, overrides(conn, place)?))).collect()
}

/// Where the values are that hold for a reseller's people: the installation's, those of the reseller that it works
/// for, its own.
fn places_of(conn: &mut Conn, reseller: Option<i64>) -> ApiResult<Vec<Place<'static>>> {
    let parent = match reseller {
        Some(id) => parents(conn, [id])?.remove(&id),
        None => None,
    };
    let resellers = parent.into_iter().chain(reseller).map(|id| (Level::Reseller, id, ""));
    Ok([(Level::Global, 0, "")].into_iter().chain(resellers).collect())
}

/// The values that hold for a reseller's people, the widest level first.
pub(super) fn of_reseller(conn: &mut Conn, reseller: Option<i64>) -> ApiResult<Vec<Overrides>> {
    places_of(conn, reseller)?.into_iter().map(|place| overrides(conn, place)).collect()
}

fn overrides(conn: &mut Conn, (level, scope_id, mailbox): Place<'_>) -> ApiResult<Overrides> {
    let rows = settings::table
        .filter(settings::level.eq(level.name()))
        .filter(settings::scope_id.eq(scope_id))
        .filter(settings::mailbox.eq(mailbox))
        .select((settings::key, settings::value))
        .load::<(String, String)>(conn)?;
    Ok(readable(rows))
}

/// The condition for rows of the levels below a scope.
type Below = Box<dyn BoxableExpression<settings::table, Backend, SqlType = Bool>>;

/// What is below a scope.
pub(super) fn below(scope: &Scope) -> Below {
    let (domain, email) = (Level::Domain.name(), Level::Email.name());
    match scope {
        Scope::Global(_) => Box::new(settings::level.ne(Level::Global.name())),
        Scope::Reseller(reseller) => {
            let subs = || resellers::table.filter(resellers::parent_id.eq(reseller.target().id));
            let is_own = domains::reseller_id.eq(reseller.target().id);
            let of_subs = domains::reseller_id.eq_any(subs().select(resellers::id.nullable()));
            let domains = domains::table.filter(is_own.or(of_subs)).select(domains::id);
            let in_domains = settings::level.eq_any([domain, email]).and(settings::scope_id.eq_any(domains));
            let is_sub = settings::scope_id.eq_any(subs().select(resellers::id));
            Box::new(in_domains.or(settings::level.eq(Level::Reseller.name()).and(is_sub)))
        }
        Scope::Domain(domain) => {
            Box::new(settings::level.eq(email).and(settings::scope_id.eq(domain.target().id)))
        }
        // No level has no name.
        Scope::Mailbox(_) => Box::new(settings::level.eq("")),
    }
}

/// The value of a setting that is in force for each of these domains.
pub(super) fn in_force<T: SettingType>(
    conn: &mut Conn,
    setting: &Setting<T>,
    domains: &[Domain],
) -> ApiResult<HashMap<i64, T>> {
    let mut found = HashMap::with_capacity(domains.len());
    for part in domains.chunks(DOMAINS) {
        let ids: Vec<i64> = part.iter().map(|domain| domain.id).collect();
        let parents = parents(conn, part.iter().filter_map(|domain| domain.reseller_id))?;
        let resellers: HashSet<i64> =
            part.iter().filter_map(|domain| domain.reseller_id).chain(parents.values().copied()).collect();
        let at = |level: Level| settings::level.eq(level.name());
        let rows = settings::table
            .filter(settings::key.eq(setting.key).and(settings::mailbox.eq("")))
            .filter(
                at(Level::Global)
                    .or(at(Level::Reseller).and(settings::scope_id.eq_any(resellers)))
                    .or(at(Level::Domain).and(settings::scope_id.eq_any(ids))),
            )
            .select((settings::level, settings::scope_id, settings::key, settings::value))
            .load::<(String, i64, String, String)>(conn)?;
        let set: HashMap<(String, i64), Overrides> = rows
            .into_iter()
            .map(|(level, scope, key, value)| ((level, scope), readable(vec![(key, value)])))
            .collect();
        let of = |level: Level, scope: i64| set.get(&(level.name().to_owned(), scope));
        found.extend(part.iter().map(|domain| {
            let reseller = domain.reseller_id.and_then(|id| of(Level::Reseller, id));
            let parent = domain.reseller_id.and_then(|id| parents.get(&id));
            let parent = parent.and_then(|id| of(Level::Reseller, *id));
            let levels = [of(Level::Global, 0), parent, reseller, of(Level::Domain, domain.id)];
            (domain.id, Settings::resolve(levels.into_iter().flatten()).get(setting))
        }));
    }
    Ok(found)
}

/// A value that is no JSON counts as not set.
pub(super) fn readable(rows: Vec<(String, String)>) -> Overrides {
    rows.into_iter().filter_map(|(key, text)| Some((key, serde_json::from_str(&text).ok()?))).collect()
}

/// Sets values, or with `null` returns them to inheritance; audited, and told to the nodes.
pub(super) fn write(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    scope: &Scope,
    wanted: &BTreeMap<String, Value>,
) -> ApiResult<()> {
    let place = scope.place();
    let before = overrides(conn, place)?;
    for (key, value) in wanted {
        put(conn, place, key, value)?;
    }
    let after = overrides(conn, place)?;
    if after == before {
        return Ok(());
    }
    let changed = |values: &Overrides| {
        let values = wanted.keys().map(|key| (key.clone(), values.get(key).cloned().unwrap_or(Value::Null)));
        Some(Value::Object(values.collect()))
    };
    let (from, to) = (changed(&before), changed(&after));
    let entry = Entry { action: "change_settings", from, to, ..scope.entry() };
    audit::record(conn, clock, actor, entry)?;
    policy::changed(conn, scope.document())?;
    if let Scope::Reseller(reseller) = scope {
        policy::changed_of_subs(conn, reseller.target().id)?;
    }
    Ok(())
}

fn put(conn: &mut Conn, (level, scope_id, mailbox): Place<'_>, key: &str, value: &Value) -> ApiResult<()> {
    let row = settings::table.find((level.name(), scope_id, mailbox, key));
    if value.is_null() {
        diesel::delete(row).execute(conn)?;
        return Ok(());
    }
    let text = value.to_string();
    let known = diesel::update(row).set(settings::value.eq(&text)).execute(conn)?;
    if known == 0 {
        diesel::insert_into(settings::table)
            .values((
                settings::level.eq(level.name()),
                settings::scope_id.eq(scope_id),
                settings::mailbox.eq(mailbox),
                settings::key.eq(key),
                settings::value.eq(&text),
            ))
            .execute(conn)?;
    }
    Ok(())
}
