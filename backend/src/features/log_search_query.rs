//! What a search of the log asks, as conditions of SQL. Every search starts from the caller's reach and a range of
//! time; ids are times, so that both are one range of the primary key (house D15).

use crate::{
    access::scope::Reach,
    clock::unix_millis,
    db::{
        Backend,
        portable::part_of,
        schema::{domains, log, removed_domains},
    },
    error::{ApiError, ApiResult},
    network::Network,
};
use contract::{
    ids::RecordId,
    messages::{Classification, LogQuery, Status},
    problem::InvalidCode,
};
use diesel::{prelude::*, sql_types::Bool};

/// How far back a search goes that does not say: 7 days.
const DEFAULT_RANGE_MILLIS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Characters of one condition.
const MAX_TEXT: usize = 500;

/// A condition on log entries.
pub(super) type Condition = Box<dyn BoxableExpression<log::table, Backend, SqlType = Bool>>;
/// A search that can still be ordered, limited and read.
pub(super) type Search = log::BoxedQuery<'static, Backend>;

/// A search, checked.
#[derive(Clone, Debug)]
pub(super) struct LogSearch {
    reach: Reach,
    query: LogQuery,
    from: i64,
    until: i64,
    classifications: Vec<&'static str>,
    statuses: Vec<&'static str>,
    network: Option<(String, String)>,
    /// Whether the oldest come first.
    pub(super) is_ascending: bool,
}

impl LogSearch {
    /// Checks a query. Every value that is wrong is named.
    pub(super) fn new(reach: Reach, query: LogQuery, now: i64) -> ApiResult<Self> {
        check_texts(&query)?;
        let since = time(query.since.as_deref(), "?since")?.unwrap_or(now - DEFAULT_RANGE_MILLIS);
        let until = time(query.until.as_deref(), "?until")?;
        if until.is_some_and(|until| until <= since) {
            return Err(ApiError::invalid("?until", InvalidCode::RangeOrder));
        }
        if !matches!(query.matching.as_deref(), None | Some("all" | "any")) {
            return Err(ApiError::invalid("?match", InvalidCode::UnknownChoice));
        }
        let is_ascending = match query.sort.as_deref() {
            None | Some("-received_at") => false,
            Some("received_at") => true,
            Some(_) => return Err(ApiError::invalid("?sort", InvalidCode::UnknownChoice)),
        };
        let classifications = names(query.classification.as_deref(), "?classification", |name| {
            Classification::from_name(name).map(Classification::name)
        })?;
        let statuses =
            names(query.status.as_deref(), "?status", |name| Status::from_name(name).map(Status::name))?;
        let is_partial = query.partial == Some(true);
        let network = match query.sender_ip.as_deref().map(str::parse::<Network>) {
            None => None,
            Some(Ok(network)) => Some(network.bounds()),
            Some(Err(())) if is_partial => None,
            Some(Err(())) => return Err(ApiError::invalid("?sender_ip", InvalidCode::NotAnAddress)),
        };
        let (from, until) = (border(since), until.map_or(i64::MAX, border));
        Ok(Self { reach, query, from, until, classifications, statuses, network, is_ascending })
    }

    /// The name of the order, for cursors.
    pub(super) const fn order(&self) -> &'static str {
        if self.is_ascending { "log:received_at" } else { "log:-received_at" }
    }

    /// Everything that is found, in no order yet.
    pub(super) fn found(&self) -> Search {
        log::table.into_boxed::<Backend>().filter(self.condition())
    }

    /// The first id of the range, and the first behind it.
    pub(super) const fn range(&self) -> (i64, i64) {
        (self.from, self.until)
    }

    /// What an entry must meet to be found.
    pub(super) fn condition(&self) -> Condition {
        let range = log::id.ge(self.from).and(log::id.lt(self.until));
        let found: Condition = Box::new(within(&self.reach).and(range));
        let is_any = self.query.matching.as_deref() == Some("any");
        let joined = self.conditions().into_iter().reduce(|one, other| -> Condition {
            if is_any { Box::new(one.or(other)) } else { Box::new(one.and(other)) }
        });
        match joined {
            Some(condition) => Box::new(found.and(condition)),
            None => found,
        }
    }

    fn conditions(&self) -> Vec<Condition> {
        let query = &self.query;
        let is_partial = query.partial == Some(true);
        let mut all: Vec<Condition> = Vec::new();
        if let Some(id) = &query.message_id {
            all.push(Box::new(log::message_id.eq(id.trim().to_owned())));
        }
        if let Some(text) = &query.subject {
            all.push(text_condition(log::subject_search, text, is_partial));
        }
        match query.sender.as_deref() {
            Some("<>" | "") => all.push(Box::new(log::sender_search.eq(String::new()))),
            Some(text) => all.push(text_condition(log::sender_search, text.trim(), is_partial)),
            None => {}
        }
        if let Some(text) = query.recipient.as_deref().map(str::trim) {
            all.push(match text.contains('@') || is_partial {
                true => text_condition(log::recipient_search, text, is_partial),
                false => Box::new(log::recipient_search.like(local_part(text)).escape('\\')),
            });
        }
        match (&self.network, &query.sender_ip) {
            // Not a range of one: SQLite takes the index of addresses only for one it can look up.
            (Some((first, last)), _) if first == last => {
                all.push(Box::new(log::ip_search.eq(first.clone())));
            }
            (Some((first, last)), _) => {
                all.push(Box::new(log::ip_search.between(first.clone(), last.clone())));
            }
            (None, Some(text)) => all.push(text_condition(log::sender_ip, text.trim(), true)),
            (None, None) => {}
        }
        if let Some(text) = &query.sender_host {
            all.push(text_condition(log::sender_host, text.trim(), is_partial));
        }
        if let Some(text) = &query.search {
            let part = part_of(text.trim());
            let sender = log::sender_search.like(part.clone()).escape('\\');
            let recipient = log::recipient_search.like(part.clone()).escape('\\');
            all.push(Box::new(sender.or(recipient).or(log::subject_search.like(part).escape('\\'))));
        }
        if !self.classifications.is_empty() {
            all.push(Box::new(log::classification.eq_any(self.classifications.clone())));
        }
        if !self.statuses.is_empty() {
            all.push(Box::new(log::status.eq_any(self.statuses.clone())));
        }
        all
    }
}

/// What a caller reaches of the log: the root of every query on it.
pub(super) fn within(reach: &Reach) -> Condition {
    match reach {
        Reach::All => {
            let removed = removed_domains::table.select(removed_domains::domain_id);
            Box::new(log::domain_id.ne_all(removed))
        }
        Reach::Reseller { all, .. } => {
            let own = domains::table.filter(domains::reseller_id.eq_any(all.clone())).select(domains::id);
            Box::new(log::domain_id.eq_any(own))
        }
        Reach::Domain { id } => Box::new(log::domain_id.eq(*id)),
        Reach::Mailbox { domain_id, address } => {
            Box::new(log::domain_id.eq(*domain_id).and(log::recipient_search.eq(address.clone())))
        }
    }
}

fn text_condition<C>(column: C, text: &str, is_partial: bool) -> Condition
where
    C: ExpressionMethods<SqlType = diesel::sql_types::Text>
        + BoxableExpression<log::table, Backend, SqlType = diesel::sql_types::Text>
        + diesel::expression::ValidGrouping<(), IsAggregate = diesel::expression::is_aggregate::No>
        + Copy
        + Send
        + diesel::query_builder::QueryId
        + 'static,
{
    let boxed: Box<dyn BoxableExpression<log::table, Backend, SqlType = diesel::sql_types::Text>> =
        Box::new(column);
    if is_partial {
        Box::new(boxed.like(part_of(text)).escape('\\'))
    } else {
        Box::new(boxed.eq(text.to_lowercase()))
    }
}

/// The pattern of an address with this part before the `@`.
fn local_part(text: &str) -> String {
    let part = part_of(text);
    format!("{}@%", part.strip_prefix('%').and_then(|part| part.strip_suffix('%')).unwrap_or_default())
}

/// The least id of that millisecond; times beyond what ids hold are their ends.
pub(super) fn border(millis: i64) -> i64 {
    RecordId::at(millis.clamp(0, i64::MAX >> 12)).0
}

/// A time of the query.
pub(super) fn time(text: Option<&str>, pointer: &str) -> ApiResult<Option<i64>> {
    let read = |text| unix_millis(text).ok_or_else(|| ApiError::invalid(pointer, InvalidCode::NotATime));
    text.map(read).transpose()
}

/// Names separated by commas, each of them known.
pub(super) fn names(
    text: Option<&str>,
    pointer: &str,
    known: impl Fn(&str) -> Option<&'static str>,
) -> ApiResult<Vec<&'static str>> {
    let unknown = || ApiError::invalid(pointer, InvalidCode::UnknownChoice);
    text.into_iter()
        .flat_map(|text| text.split(','))
        .map(|name| known(name.trim()).ok_or_else(unknown))
        .collect()
}

/// Whether a text can be searched for: not too long, and without the one character no database holds.
pub(super) fn check_text(text: Option<&str>, pointer: &str) -> ApiResult<()> {
    match text {
        Some(text) if text.contains('\0') => Err(ApiError::invalid(pointer, InvalidCode::Characters)),
        Some(text) if text.chars().count() > MAX_TEXT => {
            Err(ApiError::invalid(pointer, InvalidCode::TooLong))
        }
        _ => Ok(()),
    }
}

fn check_texts(query: &LogQuery) -> ApiResult<()> {
    [
        (&query.message_id, "?message_id"),
        (&query.subject, "?subject"),
        (&query.sender, "?sender"),
        (&query.recipient, "?recipient"),
        (&query.sender_ip, "?sender_ip"),
        (&query.sender_host, "?sender_host"),
        (&query.search, "?search"),
    ]
    .into_iter()
    .try_for_each(|(text, pointer)| check_text(text.as_deref(), pointer))
}
