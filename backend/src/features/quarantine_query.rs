//! What a list of the quarantine asks, as conditions of SQL. Every query starts from the caller's reach and from
//! what is not hidden at the caller's level (QUA-10).

use super::{
    held_row::HeldRow,
    log_search_query::{border, check_text, names, time},
};
use crate::{
    access::{
        Caller,
        scope::{Reach, domain_names},
    },
    db::{
        Backend, Conn,
        portable::part_of,
        schema::{domains, quarantine, removed_domains},
    },
    error::{ApiError, ApiResult},
    paging::{self, PageRequest},
};
use contract::{
    messages::{Classification, QuarantineItem, QuarantineQuery},
    page::Page,
    permission::Role,
    problem::InvalidCode,
};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};

type Condition = Box<dyn BoxableExpression<quarantine::table, Backend, SqlType = Bool>>;
type TextColumn = Box<dyn BoxableExpression<quarantine::table, Backend, SqlType = Text>>;
type NumberColumn = Box<dyn BoxableExpression<quarantine::table, Backend, SqlType = BigInt>>;
/// A query that can still be ordered, limited and read.
pub(super) type Held = quarantine::BoxedQuery<'static, Backend>;

/// Whose view of the quarantine: a message deleted in one is still in the others (QUA-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Administrators and resellers.
    Admin,
    /// Users of the domain.
    Domain,
    /// The recipient.
    Email,
}

impl Level {
    /// The level of a caller.
    pub(super) const fn of(caller: &Caller) -> Self {
        match caller.role {
            Role::Administrator | Role::Reseller => Self::Admin,
            Role::Domain => Self::Domain,
            Role::Email | Role::Guest => Self::Email,
        }
    }

    /// What is shown at this level, in every tenant.
    pub(super) fn shown(self, now: i64) -> Held {
        let query = quarantine::table.filter(quarantine::expires_at.gt(now)).into_boxed::<Backend>();
        match self {
            Self::Admin => query.filter(quarantine::hidden_admin.eq(false)),
            Self::Domain => query.filter(quarantine::hidden_domain.eq(false)),
            Self::Email => query.filter(quarantine::hidden_email.eq(false)),
        }
    }

    /// What is shown at this level within a reach: the root of every query for a person.
    pub(super) fn shown_within(self, reach: &Reach, now: i64) -> Held {
        within(self.shown(now), reach)
    }
}

/// What is held within a reach, hidden or not.
pub(super) fn held_within(reach: &Reach, now: i64) -> Held {
    within(quarantine::table.filter(quarantine::expires_at.gt(now)).into_boxed::<Backend>(), reach)
}

fn within(query: Held, reach: &Reach) -> Held {
    match reach {
        Reach::All => query
            .filter(quarantine::domain_id.ne_all(removed_domains::table.select(removed_domains::domain_id))),
        Reach::Reseller { all, .. } => {
            let own = domains::table.filter(domains::reseller_id.eq_any(all.clone())).select(domains::id);
            query.filter(quarantine::domain_id.eq_any(own))
        }
        Reach::Domain { id } => query.filter(quarantine::domain_id.eq(*id)),
        Reach::Mailbox { domain_id, address } => query
            .filter(quarantine::domain_id.eq(*domain_id))
            .filter(quarantine::recipient_search.eq(address.clone())),
    }
}

/// By what the list is sorted; the id decides between equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    ReceivedAt,
    From,
    To,
    Subject,
    Size,
}

/// A list, checked.
#[derive(Clone, Debug)]
pub(super) struct QuarantineSearch {
    reach: Reach,
    level: Level,
    now: i64,
    query: QuarantineQuery,
    classifications: Vec<&'static str>,
    range: (i64, i64),
    sort: Sort,
    is_ascending: bool,
}

impl QuarantineSearch {
    /// Checks a query. Every value that is wrong is named.
    pub(super) fn new(reach: Reach, level: Level, query: QuarantineQuery, now: i64) -> ApiResult<Self> {
        check_text(query.search.as_deref(), "?search")?;
        if !matches!(query.field.as_deref(), None | Some("subject" | "sender" | "recipient")) {
            return Err(ApiError::invalid("?field", InvalidCode::UnknownChoice));
        }
        let since = time(query.since.as_deref(), "?since")?;
        let until = time(query.until.as_deref(), "?until")?;
        if since.zip(until).is_some_and(|(since, until)| until <= since) {
            return Err(ApiError::invalid("?until", InvalidCode::RangeOrder));
        }
        let classifications = names(query.classification.as_deref(), "?classification", |name| {
            Classification::from_name(name).map(Classification::name)
        })?;
        let sort = query.sort.as_deref().unwrap_or("-received_at");
        let (is_ascending, name) = sort.strip_prefix('-').map_or((true, sort), |name| (false, name));
        let sort = match name {
            "received_at" => Sort::ReceivedAt,
            "from" => Sort::From,
            "to" => Sort::To,
            "subject" => Sort::Subject,
            "size" => Sort::Size,
            _ => return Err(ApiError::invalid("?sort", InvalidCode::UnknownChoice)),
        };
        let range = (since.map_or(i64::MIN, border), until.map_or(i64::MAX, border));
        Ok(Self { reach, level, now, query, classifications, range, sort, is_ascending })
    }

    /// The name of the order, for cursors.
    pub(super) fn order(&self) -> String {
        format!("quarantine:{:?}{}", self.sort, if self.is_ascending { "" } else { "-" })
    }

    /// Everything that is found, in no order yet.
    pub(super) fn found(&self) -> Held {
        let mut held = self.level.shown_within(&self.reach, self.now);
        if self.range != (i64::MIN, i64::MAX) {
            held = held.filter(quarantine::id.ge(self.range.0)).filter(quarantine::id.lt(self.range.1));
        }
        if !self.classifications.is_empty() {
            held = held.filter(quarantine::classification.eq_any(self.classifications.clone()));
        }
        let Some(part) = self.query.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return held;
        };
        let like = |column: TextColumn| column.like(part_of(part)).escape('\\');
        let subject = like(Box::new(quarantine::subject_search));
        let sender = like(Box::new(quarantine::sender_search)).or(like(Box::new(quarantine::from_search)));
        let recipient =
            like(Box::new(quarantine::recipient_search)).or(like(Box::new(quarantine::to_search)));
        match self.query.field.as_deref() {
            Some("subject") => held.filter(subject),
            Some("sender") => held.filter(sender),
            Some("recipient") => held.filter(recipient),
            _ => held.filter(subject.or(sender).or(recipient)),
        }
    }

    /// One page of it.
    pub(super) fn read(
        &self,
        conn: &mut Conn,
        page: &PageRequest,
        is_counted: bool,
    ) -> ApiResult<Page<QuarantineItem>> {
        let total = if is_counted {
            let ids: Vec<i64> =
                self.found().select(quarantine::id).limit(paging::count_limit()).load(conn)?;
            Some(paging::total(i64::try_from(ids.len()).unwrap_or(i64::MAX)))
        } else {
            None
        };
        let is_ascending = self.is_ascending != page.is_backwards();
        let mut query = self.found().limit(page.rows());
        if let Some([key, id]) = page.key::<2>()? {
            query = query.filter(self.behind(key, PageRequest::number(id)?, is_ascending)?);
        }
        query = match (self.text_key(), self.number_key(), is_ascending) {
            (Some(key), _, true) => query.order((key.asc(), quarantine::id.asc())),
            (Some(key), _, false) => query.order((key.desc(), quarantine::id.desc())),
            (_, Some(key), true) => query.order((key.asc(), quarantine::id.asc())),
            (_, Some(key), false) => query.order((key.desc(), quarantine::id.desc())),
            (None, None, true) => query.order(quarantine::id.asc()),
            (None, None, false) => query.order(quarantine::id.desc()),
        };
        let rows: Vec<HeldRow> = query.select(HeldRow::as_select()).load(conn)?;
        let domains = domain_names(conn, rows.iter().map(|row| row.domain_id))?;
        let key = |row: &HeldRow| vec![self.key_of(row), row.id.to_string()];
        Ok(page.page(rows, key, |row| row.item(&domains), total))
    }

    fn text_key(&self) -> Option<TextColumn> {
        match self.sort {
            Sort::From => Some(Box::new(quarantine::from_search)),
            Sort::To => Some(Box::new(quarantine::to_search)),
            Sort::Subject => Some(Box::new(quarantine::subject_search)),
            Sort::ReceivedAt | Sort::Size => None,
        }
    }

    fn number_key(&self) -> Option<NumberColumn> {
        (self.sort == Sort::Size).then(|| -> NumberColumn { Box::new(quarantine::size) })
    }

    fn key_of(&self, row: &HeldRow) -> String {
        match self.sort {
            Sort::From => row.from_search.clone(),
            Sort::To => row.to_search.clone(),
            Sort::Subject => row.subject_search.clone(),
            Sort::Size => row.size.to_string(),
            Sort::ReceivedAt => String::new(),
        }
    }

    /// What comes behind a key and an id in that direction.
    fn behind(&self, key: &str, id: i64, is_ascending: bool) -> ApiResult<Condition> {
        let tie: Condition =
            if is_ascending { Box::new(quarantine::id.gt(id)) } else { Box::new(quarantine::id.lt(id)) };
        if let (Some(beyond), Some(equal)) = (self.text_key(), self.text_key()) {
            let text = key.to_owned();
            let equal = equal.eq(text.clone()).and(tie);
            return Ok(match is_ascending {
                true => Box::new(beyond.gt(text).or(equal)),
                false => Box::new(beyond.lt(text).or(equal)),
            });
        }
        if self.sort == Sort::Size {
            let size = PageRequest::number(key)?;
            let equal = quarantine::size.eq(size).and(tie);
            return Ok(match is_ascending {
                true => Box::new(quarantine::size.gt(size).or(equal)),
                false => Box::new(quarantine::size.lt(size).or(equal)),
            });
        }
        Ok(tie)
    }
}
