//! The log as the page has it: what it is searched for, the entries loaded so far, which one is open. Views read
//! it; they change it through its methods alone.

use super::{
    mail_filters::{LogFilter, Pair, Span},
    mail_list::Load,
    mail_requests::{self as requests, MessagePlace, Reach},
    mail_scope::{Step, own_domain, put},
    mail_times::{now, rfc3339},
};
use crate::{
    address::{Address, use_address},
    api::ApiError,
    session,
};
use contract::{
    ids::RecordId,
    messages::{LogItem, LogQuery, LogVolume},
    page::Total,
};
use leptos::{prelude::*, task::spawn_local};

/// The parameters of its address.
const KEYS: [&str; 19] = [
    "range",
    "from",
    "to",
    "q",
    "id",
    "subject",
    "sender",
    "recipient",
    "ip",
    "host",
    "class",
    "status",
    "partial",
    "live",
    "match",
    "sort",
    "sel",
    "of",
    "tab",
];
const HOUR: f64 = 3_600_000.0;

/// The search and its entries.
#[derive(Clone, Copy)]
pub struct LogList {
    address: Address,
    reach: StoredValue<Reach>,
    /// What it is searched for: the address of the page.
    pub filter: Memo<LogFilter>,
    /// The entries loaded so far.
    pub rows: RwSignal<Vec<LogItem>>,
    /// Where to go on.
    pub next: RwSignal<Option<String>>,
    /// How many entries the search finds.
    pub total: RwSignal<Option<Total>>,
    /// How much it finds over time; none until it is known.
    pub volume: RwSignal<Option<LogVolume>>,
    /// Whether they are there.
    pub load: RwSignal<Load>,
    /// The row that keys act on.
    pub row: RwSignal<Option<RecordId>>,
    /// The open one: the address of the page.
    pub open: Memo<Option<RecordId>>,
    /// The domain of the open one where the page is not that of a domain.
    of: Memo<Option<String>>,
    /// The open tab: the address of the page.
    pub tab: Memo<String>,
    /// How many entries arrived since.
    pub fresh: RwSignal<u32>,
    /// Whether a search over everything was asked for (LOG-34).
    pub is_allowed: RwSignal<bool>,
    round: RwSignal<u32>,
}

impl LogList {
    /// The log of a scope; `is_wide` where it is that of everything: then nothing
    /// is searched before somebody asks for it (LOG-34).
    pub fn new(reach: Reach, is_wide: bool) -> Self {
        let address = use_address();
        let list = Self {
            address,
            reach: StoredValue::new(reach),
            filter: Memo::new(move |_| LogFilter::read(|key| address.get(key))),
            rows: RwSignal::new(vec![]),
            next: RwSignal::new(None),
            total: RwSignal::new(None),
            volume: RwSignal::new(None),
            load: RwSignal::new(Load::First),
            row: RwSignal::new(None),
            open: Memo::new(move |_| address.get("sel")?.parse().ok().map(RecordId)),
            of: Memo::new(move |_| address.get("of")),
            tab: Memo::new(move |_| address.get("tab").unwrap_or_default()),
            fresh: RwSignal::new(0),
            is_allowed: RwSignal::new(
                !is_wide || untrack(|| KEYS.iter().any(|key| address.get(key).is_some())),
            ),
            round: RwSignal::new(0),
        };
        Effect::new(move || {
            list.round.track();
            let filter = list.filter.get();
            if list.is_allowed.get() {
                list.measure(filter.clone());
                list.fetch(filter, None);
            }
        });
        list
    }

    fn span(filter: &LogFilter) -> Span {
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        match filter.hours() {
            Some(hours) => Span { since: Some(rfc3339(now() - f64::from(hours) * HOUR)), until: None },
            None => Span { since: filled(&filter.from), until: filled(&filter.to) },
        }
    }

    /// The search as a request of its own.
    pub fn request(self, cursor: Option<String>) -> (Reach, LogQuery) {
        let reach = self.reach.get_value();
        let filter = self.filter.get_untracked();
        let query = filter.query(Self::span(&filter), reach.as_deref(), cursor);
        (reach, query)
    }

    fn fetch(self, filter: LogFilter, cursor: Option<String>) {
        self.load.update(|load| *load = if *load == Load::Ready { Load::Again } else { Load::First });
        let is_more = cursor.is_some();
        let (reach, query) = self.request(cursor);
        spawn_local(async move {
            let answer = requests::list_log(&reach, &query).await;
            // The search changed while this answer was on its way: another one is coming.
            if self.filter.try_get_untracked().as_ref() != Some(&filter) {
                return;
            }
            match answer {
                Ok(page) => {
                    if is_more {
                        self.rows.update(|rows| rows.extend(page.data));
                    } else {
                        self.fresh.set(0);
                        self.rows.set(page.data);
                        self.total.set(page.page.total);
                    }
                    self.next.set(page.page.next);
                    self.load.set(Load::Ready);
                }
                Err(error) => self.fail(error, is_more),
            }
        });
    }

    /// Bars are an extra: without them the list is whole, so nobody is told of an error.
    fn measure(self, filter: LogFilter) {
        let (reach, query) = self.request(None);
        spawn_local(async move {
            let answer = requests::log_volume(&reach, &query).await;
            if self.filter.try_get_untracked().as_ref() == Some(&filter) {
                self.volume.set(answer.ok());
            }
        });
    }

    fn fail(self, error: ApiError, is_more: bool) {
        if is_more {
            // What is there stays; the button is there for another attempt.
            session::complain(error.text());
            self.load.set(Load::Ready);
        } else {
            self.rows.set(vec![]);
            self.load.set(Load::Failed(error));
        }
    }

    /// Searches, also where nothing was searched for of its own accord (LOG-34).
    pub fn refresh(self) {
        self.is_allowed.set(true);
        self.round.update(|round| *round = round.wrapping_add(1));
    }

    /// Loads the entries that follow.
    pub fn more(self) {
        self.fetch(self.filter.get_untracked(), self.next.get_untracked());
    }

    /// Takes note of new entries: they appear at once where that was asked for and nobody reads further down, else
    /// they are counted (LOG-17, ux 3.6 rule 10).
    pub fn hear(self, count: u32) {
        if !self.is_allowed.get_untracked() {
            return;
        }
        let filter = self.filter.get_untracked();
        let is_first = self.rows.with_untracked(|rows| rows.len() <= 100);
        if filter.is_live && is_first && filter.sort.is_empty() {
            self.round.update(|round| *round = round.wrapping_add(1));
        } else {
            self.fresh.update(|fresh| *fresh = fresh.saturating_add(count));
        }
    }

    fn go(self, filter: &LogFilter, open: Option<(RecordId, String)>, tab: &str, step: Step) {
        let mut pairs: Vec<Pair> = filter.write();
        if let Some((id, domain)) = open {
            pairs.push(("sel", id.to_string()));
            if self.reach.with_value(Option::is_none) {
                pairs.push(("of", domain));
            }
            if !tab.is_empty() {
                pairs.push(("tab", tab.to_owned()));
            }
        }
        put(self.address, &KEYS, &pairs, step);
    }

    /// Searches for something else.
    pub fn search(self, filter: &LogFilter) {
        self.is_allowed.set(true);
        if *filter == self.filter.get_untracked() {
            return self.refresh();
        }
        self.go(filter, None, "", Step::New);
    }

    /// Changes one condition and searches.
    pub fn search_with(self, change: impl FnOnce(&mut LogFilter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.search(&filter);
    }

    /// Opens an entry beside the list.
    pub fn show(self, item: &LogItem) {
        self.row.set(Some(item.id));
        let is_first = self.open.get_untracked().is_none();
        let tab = self.tab.get_untracked();
        self.go(
            &self.filter.get_untracked(),
            Some((item.id, item.domain.clone())),
            &tab,
            if is_first { Step::New } else { Step::Same },
        );
    }

    /// Opens another tab of the open entry.
    pub fn show_tab(self, tab: &str) {
        let Some(place) = self.place_untracked() else { return };
        self.go(&self.filter.get_untracked(), Some((place.id, place.domain)), tab, Step::Same);
    }

    /// Closes the open entry.
    pub fn close(self) {
        self.go(&self.filter.get_untracked(), None, "", Step::Same);
    }

    /// Where the open entry is.
    pub fn place(self) -> Option<MessagePlace> {
        let id = self.open.get()?;
        let domain = self.reach.get_value().or_else(|| self.of.get()).or_else(own_domain)?;
        Some(MessagePlace { domain, id })
    }

    fn place_untracked(self) -> Option<MessagePlace> {
        untrack(|| self.place())
    }

    /// The entry that many places away from where keys act now.
    pub fn neighbour(self, forwards: bool) -> Option<LogItem> {
        let now = self.open.get_untracked().or_else(|| self.row.get_untracked());
        self.rows.with_untracked(|rows| {
            let place = now.and_then(|now| rows.iter().position(|row| row.id == now));
            let next = match (place, forwards) {
                (None, _) => 0,
                (Some(place), true) => place + 1,
                (Some(place), false) => place.checked_sub(1)?,
            };
            rows.get(next).cloned()
        })
    }
}
