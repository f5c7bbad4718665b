//! The list of held messages as the page has it: what it is searched for, which rows are there, which are ticked,
//! which one is open. Views read it; they change it through its methods alone.

use super::{
    mail_actions::Done,
    mail_filters::{PAGE_SIZE, PAGE_SIZES, Pair, QuarantineFilter, Span},
    mail_requests::{self as requests, MessagePlace, Reach},
    mail_scope::{Step, own_domain, put, query_string, remember, remembered},
    mail_selection::Selection,
    mail_times::day_span,
};
use crate::{
    address::{Address, use_address},
    api::ApiError,
    scope::Scope,
    session,
};
use contract::{
    ids::RecordId,
    messages::{QuarantineItem, QuarantineQuery},
    page::{Paging, Total},
};
use leptos::{prelude::*, task::spawn_local};

/// The parameters of its address.
const KEYS: [&str; 10] = ["q", "field", "day", "class", "sort", "cursor", "page", "sel", "of", "tab"];
/// Where the chosen page size is kept between visits (QUA-15).
const SIZE_KEY: &str = "gatepost.quarantine.size";

/// Whether the rows are there.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Nothing was there yet.
    First,
    /// Rows are there and newer ones are on their way.
    Again,
    /// The rows are there.
    Ready,
    /// They could not be had.
    Failed(ApiError),
}

/// The list and its state.
#[derive(Clone, Copy)]
pub struct HeldList {
    address: Address,
    scope: StoredValue<Scope>,
    /// What it is searched for: the address of the page.
    pub filter: Memo<QuarantineFilter>,
    /// How many rows a page has.
    pub size: RwSignal<u32>,
    /// The rows.
    pub rows: RwSignal<Vec<QuarantineItem>>,
    /// Where they are in the list.
    pub paging: RwSignal<Paging>,
    /// Whether they are there.
    pub load: RwSignal<Load>,
    /// The ticked ones.
    pub selection: RwSignal<Selection>,
    /// The row that keys act on.
    pub row: RwSignal<Option<RecordId>>,
    /// The open one: the address of the page.
    pub open: Memo<Option<RecordId>>,
    /// The open tab: the address of the page.
    pub tab: Memo<String>,
    /// How many messages arrived since.
    pub fresh: RwSignal<u64>,
    round: RwSignal<u32>,
}

fn stored_size() -> u32 {
    remembered(SIZE_KEY)
        .and_then(|text| text.parse().ok())
        .filter(|size| PAGE_SIZES.contains(size))
        .unwrap_or(PAGE_SIZE)
}

impl HeldList {
    /// The list of a scope.
    pub fn new(scope: Scope) -> Self {
        let address = use_address();
        let list = Self {
            address,
            scope: StoredValue::new(scope),
            filter: Memo::new(move |_| QuarantineFilter::read(|key| address.get(key))),
            size: RwSignal::new(stored_size()),
            rows: RwSignal::new(vec![]),
            paging: RwSignal::new(Paging::default()),
            load: RwSignal::new(Load::First),
            selection: RwSignal::new(Selection::default()),
            row: RwSignal::new(None),
            open: Memo::new(move |_| address.get("sel")?.parse().ok().map(RecordId)),
            tab: Memo::new(move |_| address.get("tab").unwrap_or_default()),
            fresh: RwSignal::new(0),
            round: RwSignal::new(0),
        };
        Effect::new(move || {
            list.round.track();
            list.fetch(list.filter.get(), list.size.get());
        });
        list
    }

    /// The domain whose messages these are; none for all in reach.
    pub fn reach(self) -> Reach {
        self.scope.with_value(Scope::reach)
    }

    fn span(filter: &QuarantineFilter) -> Span {
        match day_span(&filter.day, session::time_zone().as_deref()) {
            Some((since, until)) => Span { since: Some(since), until: Some(until) },
            None => Span::default(),
        }
    }

    fn fetch(self, filter: QuarantineFilter, size: u32) {
        self.load.update(|load| *load = if *load == Load::Ready { Load::Again } else { Load::First });
        spawn_local(async move {
            let query = filter.query(Self::span(&filter), size);
            let answer = requests::list_held(&self.reach(), &query).await;
            // The search changed while this answer was on its way: another one is coming.
            if self.filter.try_get_untracked().as_ref() != Some(&filter) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.fresh.set(0);
                    let ids: Vec<_> = page.data.iter().map(|item| item.id).collect();
                    self.selection.update(|selection| selection.keep_only(&ids));
                    self.rows.set(page.data);
                    self.paging.set(page.page);
                    self.load.set(Load::Ready);
                }
                Err(error) => self.load.set(Load::Failed(error)),
            }
        });
    }

    /// Loads the rows again.
    pub fn refresh(self) {
        self.round.update(|round| *round = round.wrapping_add(1));
    }

    /// Shows what arrived; where somebody is at work in the list it is only counted, so that no row moves away
    /// under their hand (ux 3.6, rule 10).
    pub fn look_for_fresh(self) {
        if !self.is_in_use() {
            return self.refresh();
        }
        let filter = self.filter.get_untracked();
        spawn_local(async move {
            let query = filter.clone().from_start().query(Self::span(&filter), 1);
            let Ok(page) = requests::list_held(&self.reach(), &query).await else { return };
            let known = self.paging.try_get_untracked().and_then(|paging| paging.total);
            let (Some(known), Some(now)) = (known, page.page.total) else { return };
            self.fresh.set(now.count.saturating_sub(known.count));
        });
    }

    fn is_in_use(self) -> bool {
        let is_touched = document().query_selector(".split>.card:is(:hover,:focus-within)").ok().flatten();
        let is_further_down = !self.filter.with_untracked(|filter| filter.cursor.is_empty());
        is_touched.is_some()
            || is_further_down
            || self.open.get_untracked().is_some()
            || !self.selection.with_untracked(Selection::is_empty)
    }

    /// The search as a request of its own, from the first page on.
    pub fn request(self, limit: Option<u32>) -> (Reach, QuarantineQuery) {
        let filter = self.filter.get_untracked().from_start();
        let query = filter.query(Self::span(&filter), PAGE_SIZE);
        (self.reach(), QuarantineQuery { limit, ..query })
    }

    /// The ids of the rows, from above.
    pub fn ids(self) -> Vec<RecordId> {
        self.rows.with_untracked(|rows| rows.iter().map(|row| row.id).collect())
    }

    /// How many messages the search finds.
    pub fn total(self) -> Option<Total> {
        self.paging.with(|paging| paging.total)
    }

    fn go(self, mut pairs: Vec<Pair>, open: Option<RecordId>, tab: &str, step: Step) {
        if let Some(id) = open {
            pairs.push(("sel", id.to_string()));
            if !tab.is_empty() {
                pairs.push(("tab", tab.to_owned()));
            }
        }
        put(self.address, &KEYS, &pairs, step);
    }

    /// Searches for something else, from the first page on.
    pub fn search(self, filter: QuarantineFilter) {
        self.selection.update(Selection::clear);
        self.go(filter.from_start().write(), None, "", Step::New);
    }

    /// Goes to another page of the list.
    pub fn turn(self, cursor: String, page: u64) {
        self.selection.update(Selection::clear);
        let filter = QuarantineFilter { cursor, page, ..self.filter.get_untracked() };
        let filter = if page <= 1 { filter.from_start() } else { filter };
        self.go(filter.write(), None, "", Step::New);
    }

    /// Sorts by a column, or turns its order around (QUA-04).
    pub fn sort(self, column: &str) {
        let mut filter = self.filter.get_untracked();
        let now = if filter.sort.is_empty() { "-received_at" } else { &filter.sort };
        filter.sort = if now == column { format!("-{column}") } else { column.to_owned() };
        if filter.sort == "-received_at" {
            filter.sort.clear();
        }
        self.search(filter);
    }

    /// Chooses how many rows a page has, for this visit and the next ones (QUA-15).
    pub fn resize(self, size: u32) {
        remember(SIZE_KEY, &size.to_string());
        self.size.set(size);
        self.search(self.filter.get_untracked());
    }

    /// Opens a message beside the list.
    pub fn show(self, id: RecordId) {
        self.row.set(Some(id));
        let is_first = self.open.get_untracked().is_none();
        let tab = self.tab.get_untracked();
        self.go(
            self.filter.get_untracked().write(),
            Some(id),
            &tab,
            if is_first { Step::New } else { Step::Same },
        );
    }

    /// Opens another tab of the open message.
    pub fn show_tab(self, tab: &str) {
        self.go(self.filter.get_untracked().write(), self.open.get_untracked(), tab, Step::Same);
    }

    /// Closes the open message.
    pub fn close(self) {
        self.go(self.filter.get_untracked().write(), None, "", Step::Same);
    }

    /// The address of a message's own page, which knows the way back to this search (QUA-16, QUA-17).
    pub fn page_of(self, item: &QuarantineItem) -> String {
        let mut pairs = self.filter.get().write();
        pairs.push(("of", item.domain.clone()));
        format!(
            "{}/{}{}",
            self.scope.with_value(|scope| scope.path("quarantine")),
            item.id,
            query_string(&pairs)
        )
    }

    /// Where the open message is.
    pub fn place(self) -> Option<MessagePlace> {
        let id = self.open.get()?;
        let known = self.rows.with(|rows| rows.iter().find(|row| row.id == id).map(|row| row.domain.clone()));
        let domain = known.or_else(|| self.reach()).or_else(own_domain)?;
        Some(MessagePlace { domain, id })
    }

    /// The row that many places away from where keys act now.
    pub fn neighbour(self, forwards: bool) -> Option<RecordId> {
        let ids = self.ids();
        let now = self.open.get_untracked().or_else(|| self.row.get_untracked());
        let place = now.and_then(|now| ids.iter().position(|id| *id == now));
        let next = match (place, forwards) {
            (None, _) => 0,
            (Some(place), true) => place + 1,
            (Some(place), false) => place.checked_sub(1)?,
        };
        ids.get(next).copied()
    }

    /// Shows what was done to messages: marks or removes their rows, and opens the next one (ux 3.8).
    pub fn hear(self, done: Done, ids: &[RecordId]) {
        if done == Done::Restored {
            return self.refresh();
        }
        let all = self.ids();
        let open = self.open.get_untracked().filter(|open| ids.contains(open));
        let next = open.and_then(|open| {
            let place = all.iter().position(|id| *id == open)?;
            let after = all.iter().skip(place + 1).find(|id| !ids.contains(id));
            after.or_else(|| all.iter().take(place).rev().find(|id| !ids.contains(id))).copied()
        });
        self.selection.update(Selection::clear);
        if done == Done::Deleted {
            self.rows.update(|rows| rows.retain(|row| !ids.contains(&row.id)));
            self.paging.update(|paging| {
                if let Some(total) = paging.total.as_mut() {
                    total.count = total.count.saturating_sub(u64::try_from(ids.len()).unwrap_or(u64::MAX));
                }
            });
        }
        match (open, next) {
            (Some(_), Some(next)) => self.show(next),
            (Some(_), None) => self.close(),
            _ => {}
        }
        if done == Done::Released || self.rows.with_untracked(Vec::is_empty) {
            self.refresh();
        }
    }
}
