//! How many log entries there are over time, for the bars above the list. One query counts them; it starts from the
//! caller's reach and a range of time, like every search of the log.

use super::log_search_query::LogSearch;
use crate::{
    access::{Caller, Granted, scope::Reach},
    clock::{Clock, timestamp},
    db::{Conn, Db, schema::log},
    error::ApiResult,
    input::Params,
};
use actix_web::{
    get,
    web::{Data, Json, Path},
};
use contract::{
    ids::RecordId,
    messages::{Classification, LogQuery, LogVolume, VolumeBar},
    permission::Permission::LogView,
    problem::Problem,
};
use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::{BigInt, Text},
};
use std::collections::BTreeMap;
use utoipa_actix_web::service_config::ServiceConfig;

/// About how many bars there are at most.
const BARS: i64 = 120;
/// Milliseconds of a bar: of these, the shortest that leaves few enough; beyond them, whole weeks.
const STEPS: [i64; 8] =
    [60_000, 300_000, 900_000, 3_600_000, 10_800_000, 21_600_000, 86_400_000, WEEK_MILLIS];
const WEEK_MILLIS: i64 = 7 * DAY_MILLIS;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_log_volume).service(get_domain_log_volume);
}

/// How many log entries in reach there are over time. Order and page change nothing.
#[utoipa::path(tag = "log", params(LogQuery),
    responses((status = 200, description = "Counted", body = LogVolume), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/log/volume")]
async fn get_log_volume(
    caller: Caller,
    Params(query): Params<LogQuery>,
    services: (Data<Db>, Data<Clock>),
) -> ApiResult<Json<LogVolume>> {
    let granted = caller.everything(LogView)?;
    volume(&granted, query, services).await
}

/// How many log entries of a domain there are over time. Order and page change nothing.
#[utoipa::path(tag = "log", params(LogQuery),
    responses((status = 200, description = "Counted", body = LogVolume), (status = "4XX", description = "Refused", body = Problem)))]
#[get("/api/v1/domains/{domain}/log/volume")]
async fn get_domain_log_volume(
    caller: Caller,
    domain: Path<String>,
    Params(query): Params<LogQuery>,
    services: (Data<Db>, Data<Clock>),
) -> ApiResult<Json<LogVolume>> {
    let granted = services.0.run(move |conn| caller.within(conn, &domain, LogView)).await?;
    volume(&granted, query, services).await
}

async fn volume(
    granted: &Granted<Reach>,
    query: LogQuery,
    (db, clock): (Data<Db>, Data<Clock>),
) -> ApiResult<Json<LogVolume>> {
    let now = clock.now();
    let search = LogSearch::new(granted.target().clone(), query, now)?;
    db.run(move |conn| count(conn, &search, now)).await.map(Json)
}

fn count(conn: &mut Conn, search: &LogSearch, now: i64) -> ApiResult<LogVolume> {
    let (from, until) = search.range();
    let since = RecordId(from).unix_millis();
    // No entry is of later than a day from now: nodes' clocks differ by less.
    let until = if until == i64::MAX { now + 1 } else { RecordId(until).unix_millis().min(now + DAY_MILLIS) };
    let step = step(until - since);
    // A number and nothing else: as a parameter, PostgreSQL would not see that both are the same expression.
    let bar = || sql::<BigInt>(&format!("log.id / {}", RecordId::at(step).0));
    let kind = || sql::<Text>("log.classification");
    let rows: Vec<(i64, String, i64)> = log::table
        .group_by((bar(), kind()))
        .select((bar(), kind(), count_star()))
        .filter(search.condition())
        // All there are: so that the index that begins with them answers alone.
        .filter(log::classification.eq_any(Classification::ALL.map(Classification::name)))
        .filter(log::id.lt(RecordId::at(until).0))
        .load(conn)?;
    let mut counts: BTreeMap<i64, BTreeMap<Classification, u64>> = BTreeMap::new();
    for (bar, classification, count) in rows {
        if let Some(classification) = Classification::from_name(&classification) {
            let count = u64::try_from(count).unwrap_or_default();
            counts.entry(bar).or_default().insert(classification, count);
        }
    }
    let bars = (since / step..)
        .take_while(|bar| bar * step < until)
        .map(|bar| VolumeBar { at: timestamp(bar * step), counts: counts.remove(&bar).unwrap_or_default() });
    Ok(LogVolume { step: u64::try_from(step / 1000).unwrap_or_default(), bars: bars.collect() })
}

/// The milliseconds of a bar for a range of so many.
fn step(range: i64) -> i64 {
    let weeks = (range.max(1) - 1) / (BARS * WEEK_MILLIS) + 1;
    STEPS.into_iter().find(|step| range <= BARS * step).unwrap_or(weeks * WEEK_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_bars_and_never_too_many() {
        for (range, expected) in [
            (0, 60_000),
            (3_600_000, 60_000),
            (DAY_MILLIS, 900_000),
            (7 * DAY_MILLIS, 10_800_000),
            (28 * DAY_MILLIS, 21_600_000),
            (365 * DAY_MILLIS, WEEK_MILLIS),
            (56 * 365 * DAY_MILLIS, 25 * WEEK_MILLIS),
        ] {
            assert_eq!(step(range), expected, "{range}");
            assert!(range / step(range) <= BARS);
        }
    }
}
