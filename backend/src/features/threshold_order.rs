//! FIL-07: the unsure threshold is below the quarantine threshold for everybody. Either of the two can be inherited,
//! so a change is looked at where it is made and at every narrower level that has a value of its own.

use super::{
    resellers,
    settings_store::{self as store, Scope, readable},
};
use crate::{
    access::{
        family::parents,
        scope::{domain_names, find_domains},
    },
    db::{Conn, schema::settings},
    error::{ApiError, ApiResult},
};
use contract::{
    filtering::SettingsChange,
    problem::InvalidCode,
    settings::{
        Level, Overrides, Settings,
        incoming::{QUARANTINE_THRESHOLD, UNSURE_THRESHOLD},
    },
};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

const KEYS: [&str; 2] = [UNSURE_THRESHOLD.key, QUARANTINE_THRESHOLD.key];
/// Places that an answer names.
const NAMED: usize = 3;

/// A place with values of its own: level, reseller or domain, mailbox.
type Place = (Level, i64, String);

/// Refuses a change that would turn the thresholds round, here or for somebody below.
pub(super) fn check(conn: &mut Conn, scope: &Scope, wanted: &SettingsChange) -> ApiResult<()> {
    let Some(first) = KEYS.into_iter().find(|key| wanted.settings.contains_key(*key)) else {
        return Ok(());
    };
    let mut levels: Vec<Overrides> =
        store::levels(conn, scope)?.into_iter().map(|(_, values)| values).collect();
    if let Some(own) = levels.last_mut() {
        for (key, value) in &wanted.settings {
            if value.is_null() {
                own.remove(key);
            } else {
                own.insert(key.clone(), value.clone());
            }
        }
    }
    let pointer = format!("/{first}");
    if !is_in_order(&levels.iter().collect::<Vec<_>>()) {
        return Err(ApiError::invalid(pointer, InvalidCode::ThresholdOrder));
    }
    let places = turned_round(conn, scope, &levels)?;
    if places.is_empty() {
        return Ok(());
    }
    let detail = Some(names(conn, &places)?);
    Err(ApiError { detail, ..ApiError::invalid(pointer, InvalidCode::ThresholdOrderBelow) })
}

fn is_in_order(levels: &[&Overrides]) -> bool {
    let in_force = Settings::resolve(levels.iter().copied());
    in_force.get(&UNSURE_THRESHOLD) < in_force.get(&QUARANTINE_THRESHOLD)
}

/// Where the order would be wrong below the scope, whose own and wider values would be `levels`.
fn turned_round(conn: &mut Conn, scope: &Scope, levels: &[Overrides]) -> ApiResult<Vec<Place>> {
    let below = below(conn, scope)?;
    let ids = below.keys().filter(|place| place.0 != Level::Reseller).map(|place| place.1);
    let resellers: HashMap<i64, Option<i64>> =
        find_domains(conn, ids)?.into_iter().map(|domain| (domain.id, domain.reseller_id)).collect();
    let parents = parents(
        conn,
        below
            .keys()
            .filter(|place| place.0 == Level::Reseller)
            .map(|place| place.1)
            .chain(resellers.values().copied().flatten()),
    )?;
    let at = |level: Level, id: i64| below.get(&(level, id, String::new()));
    let is_wrong = |place: &&Place| {
        let mut all: Vec<&Overrides> = levels.iter().collect();
        let reseller = if place.0 == Level::Reseller {
            Some(place.1)
        } else {
            resellers.get(&place.1).copied().flatten()
        };
        all.extend(reseller.and_then(|id| parents.get(&id)).and_then(|id| at(Level::Reseller, *id)));
        if place.0 != Level::Reseller {
            all.extend(reseller.and_then(|id| at(Level::Reseller, id)));
        }
        if place.0 == Level::Email {
            all.extend(at(Level::Domain, place.1));
        }
        all.extend(below.get(*place));
        !is_in_order(&all)
    };
    Ok(below.keys().filter(is_wrong).cloned().collect())
}

/// The thresholds that are set at the levels below a scope.
fn below(conn: &mut Conn, scope: &Scope) -> ApiResult<BTreeMap<Place, Overrides>> {
    let rows = settings::table
        .filter(settings::key.eq_any(KEYS))
        .filter(store::below(scope))
        .select((settings::level, settings::scope_id, settings::mailbox, settings::key, settings::value))
        .load::<(String, i64, String, String, String)>(conn)?;
    let mut below: BTreeMap<Place, Overrides> = BTreeMap::new();
    for (level, scope_id, mailbox, key, value) in rows {
        let Some(level) = Level::ALL.into_iter().find(|one| one.name() == level) else { continue };
        below.entry((level, scope_id, mailbox)).or_default().extend(readable(vec![(key, value)]));
    }
    Ok(below)
}

/// The first of the places by name. The caller reaches them all: they are below what the caller may change.
fn names(conn: &mut Conn, places: &[Place]) -> ApiResult<String> {
    let named = places.iter().take(NAMED);
    let (resellers, others): (Vec<_>, Vec<_>) = named.clone().partition(|place| place.0 == Level::Reseller);
    let slugs = resellers::slugs(conn, resellers.into_iter().map(|place| place.1))?;
    let domains = domain_names(conn, others.into_iter().map(|place| place.1))?;
    let name = |(level, id, mailbox): &Place| {
        let domain = domains.get(id).map(String::as_str).unwrap_or_default();
        match level {
            Level::Reseller => slugs.get(id).cloned().unwrap_or_default(),
            Level::Email => format!("{mailbox}@{domain}"),
            Level::Global | Level::Domain => domain.to_owned(),
        }
    };
    let mut words: Vec<String> = named.map(name).collect();
    if places.len() > NAMED {
        words.push("…".to_owned());
    }
    Ok(words.join(", "))
}
