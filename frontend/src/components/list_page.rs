//! A list of things that people keep: users, domains, resellers, tokens. Searched, sorted and paged by the server; the
//! address of the page holds all of it. What is ticked is not kept beyond the page (UI-04). A page gives it how to
//! load and how to draw one row; the rest is here once, so that the program stays small.

use super::{
    icon::Icon,
    mail_download::save_table,
    menu::{Act, Menu},
    pagination::{self, Pagination},
    states::{Empty, Skeleton, Trouble},
};
use crate::{
    address::{Address, use_address},
    api::ApiError,
    connection,
    i18n::{t, t_count, t_with},
    session,
};
use contract::page::{Page, Paging};
use leptos::{prelude::*, task::spawn_local};
use std::{collections::BTreeSet, pin::Pin, rc::Rc, time::Duration};

/// How long the search waits for more to be typed.
const PAUSE: Duration = Duration::from_millis(300);

/// One row, drawn.
pub struct Row {
    /// What tells it from the others; bulk actions get it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What stands in its columns.
    pub cells: Vec<AnyView>,
    /// What can be done with it.
    pub acts: Vec<Act>,
}

/// Rows that arrived, to be drawn when they are shown.
#[derive(Clone)]
pub struct Rows {
    rows: Rc<[Box<dyn Fn() -> Row>]>,
    paging: Paging,
}

impl Rows {
    /// The rows of a page of the API.
    pub fn of<T: 'static>(page: Page<T>, row: impl Fn(&T) -> Row + Copy + 'static) -> Self {
        let draw = |item: T| -> Box<dyn Fn() -> Row> { Box::new(move || row(&item)) };
        Self { rows: page.data.into_iter().map(draw).collect(), paging: page.page }
    }
}

/// Rows on their way.
pub type Loading = Pin<Box<dyn Future<Output = Result<Rows, ApiError>>>>;

/// What is asked for.
pub struct Search {
    /// What was written into the search.
    pub text: Option<String>,
    /// The order.
    pub sort: Option<String>,
    /// How many rows a page has.
    pub limit: Option<u32>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// A column.
#[derive(Clone, Copy)]
pub struct Column {
    /// The key of its name.
    pub title: &'static str,
    /// What it sorts by; nothing where it cannot.
    pub sort: &'static str,
    /// How it looks: `num`, `hide-m`, `mono`.
    pub class: &'static str,
}

/// A column that does not sort.
pub const fn column(title: &'static str) -> Column {
    Column { title, sort: "", class: "" }
}

/// A column that sorts.
pub const fn sorted(title: &'static str, sort: &'static str) -> Column {
    Column { title, sort, class: "" }
}

/// Something to be done with all ticked rows.
#[derive(Clone)]
pub struct BulkAct {
    /// The key of its words.
    pub label: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// Whether it destroys something.
    pub is_bad: bool,
    /// Does it with these ids.
    pub act: Callback<Vec<String>>,
}

/// The list of a page.
#[derive(Clone, Copy)]
pub struct List {
    /// Where it is.
    pub address: Address,
    /// The ticked rows.
    pub ticked: RwSignal<BTreeSet<String>>,
    rows: RwSignal<Option<Result<Rows, ApiError>>, LocalStorage>,
    is_loading: RwSignal<bool>,
    round: RwSignal<u32>,
}

impl List {
    /// A list; `load` is called whenever the address asks for something else. To be called while a component is made.
    pub fn new(load: impl Fn(Self, Search) -> Loading + 'static) -> Self {
        let list = Self {
            address: use_address(),
            ticked: RwSignal::default(),
            rows: RwSignal::new_local(None),
            is_loading: RwSignal::new(false),
            round: RwSignal::new(0),
        };
        let address = list.address;
        connection::on_return(move || list.refresh());
        Effect::new(move || {
            list.round.track();
            let search = Search {
                text: address.get("q"),
                sort: address.get("sort"),
                limit: Some(pagination::size(address)),
                cursor: address.get("cursor"),
            };
            let loading = load(list, search);
            list.is_loading.set(true);
            let round = StoredValue::new(());
            spawn_local(async move {
                let answer = loading.await;
                // Another answer is on its way, or the page is gone.
                if round.try_get_value().is_none() {
                    return;
                }
                list.ticked.set(BTreeSet::new());
                list.is_loading.set(false);
                list.rows.set(Some(answer));
            });
        });
        list
    }

    /// Everything that is searched for, from the start: what an export has.
    pub fn everything(self) -> Search {
        untrack(|| Search {
            text: self.address.get("q"),
            sort: self.address.get("sort"),
            limit: None,
            cursor: None,
        })
    }

    /// Loads it again.
    pub fn refresh(self) {
        self.round.try_update(|round| *round = round.wrapping_add(1));
    }
}

/// The search above a list; what else narrows it stands beside it.
#[component]
pub fn ListSearch(
    /// The list.
    list: List,
    /// The key of what is searched for.
    label: &'static str,
    /// What else narrows the list.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let address = list.address;
    let mut typed = leptos::leptos_dom::helpers::debounce(PAUSE, move |text: String| {
        address.replace(&[("q", Some(text)), ("cursor", None), ("page", None)]);
    });
    view! {
        <search class="fbar">
            <span class="q"><Icon name="search"/>
                <input id="list-search" class="in" type="search" aria-label=move || t(label) placeholder=move || t(label) prop:value=move || address.get("q").unwrap_or_default() on:input:target=move |event| typed(event.target().value())/>
            </span>
            {children.map(|children| children())}
        </search>
    }
    .into_any()
}

/// A choice that narrows a list: a parameter of the address.
#[component]
pub fn ListFilter(
    /// The list.
    list: List,
    /// The parameter.
    name: &'static str,
    /// The key of what it is.
    label: &'static str,
    /// The choices: value and text; the first is no choice.
    choices: Vec<(&'static str, String)>,
) -> impl IntoView {
    let address = list.address;
    let chosen = move || address.get(name).unwrap_or_default();
    let option = |(value, text): (&'static str, String)| {
        view! { <option value=value selected=move || chosen() == value>{text}</option> }
    };
    view! {
        <select class="sel" aria-label=move || t(label) on:change:target=move |event| address.set(&[(name, Some(event.target().value())), ("cursor", None), ("page", None)])>
            {choices.into_iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}

/// The card with the rows.
#[component]
pub fn ListCard(
    /// The list.
    list: List,
    /// The key of its name.
    title: &'static str,
    /// Its columns.
    columns: Vec<Column>,
    /// What can be done with ticked rows; without any, nothing is ticked.
    #[prop(optional)]
    bulk: Vec<BulkAct>,
    /// What stands there when there is nothing at all.
    empty: ViewFn,
) -> impl IntoView {
    let bulk = StoredValue::new(bulk);
    let columns = StoredValue::new(columns);
    let again = Callback::new(move |()| list.refresh());
    let card = move || match list.rows.get() {
        None => view! { <Skeleton/> }.into_any(),
        Some(Err(error)) => view! { <Trouble error again/> }.into_any(),
        Some(Ok(rows)) if rows.rows.is_empty() => nothing(list, &empty),
        Some(Ok(rows)) => table(list, title, columns, bulk, &rows),
    };
    view! {
        <section class="card list-card" aria-label=move || t(title) aria-busy=move || list.is_loading.get().to_string()>
            <div class="progress" class:on=move || list.is_loading.get() && list.rows.with(Option::is_some)></div>
            {card}
        </section>
    }
    .into_any()
}

fn nothing(list: List, empty: &ViewFn) -> AnyView {
    if !untrack(|| is_narrowed(list.address)) {
        return empty.run();
    }
    view! {
        <Empty icon="search-x" title="list_page.none_title" text="list_page.none_text">
            <button type="button" class="btn pri" on:click=move |_| list.address.clear()>{move || t("list.clear")}</button>
        </Empty>
    }
    .into_any()
}

/// Whether the address asks for less than everything.
fn is_narrowed(address: Address) -> bool {
    address.names().iter().any(|name| !["sort", "size", "page", "cursor", "tab"].contains(&name.as_str()))
}

fn table(
    list: List,
    title: &'static str,
    columns: StoredValue<Vec<Column>>,
    bulk: StoredValue<Vec<BulkAct>>,
    rows: &Rows,
) -> AnyView {
    let has_ticks = bulk.with_value(|bulk| !bulk.is_empty());
    let drawn: Vec<Row> = rows.rows.iter().map(|row| row()).collect();
    let has_acts = drawn.iter().any(|row| !row.acts.is_empty());
    let all = StoredValue::new(drawn.iter().map(|row| row.id.clone()).collect::<Vec<_>>());
    let head =
        columns.with_value(|columns| columns.iter().map(|column| heading(list, *column)).collect_view());
    let body = drawn.into_iter().map(|row| line(list, row, columns, has_ticks, has_acts)).collect_view();
    let paging = rows.paging.clone();
    view! {
        <Show when=move || list.ticked.with(|ticked| !ticked.is_empty()) fallback={
            let paging = paging.clone();
            move || view! { <Pagination paging=paging.clone() address=list.address/> }
        }>
            {bulk_bar(list, bulk)}
        </Show>
        <div class="tablewrap"><table class="t lt" class:ticks=has_ticks>
            <caption class="vh">{t(title)}</caption>
            <thead><tr>
                {has_ticks.then(|| tick_all(list, all))}
                {head}
                {has_acts.then(|| view! { <th scope="col" class="acts"><span class="vh">{t("list_page.actions")}</span></th> })}
            </tr></thead>
            <tbody>{body}</tbody>
        </table></div>
        <Pagination paging address=list.address/>
    }
    .into_any()
}

fn tick_all(list: List, all: StoredValue<Vec<String>>) -> AnyView {
    let count = move || list.ticked.with(BTreeSet::len);
    let of = move || all.with_value(Vec::len);
    let tick = move |is_on: bool| {
        list.ticked.set(if is_on { all.get_value().into_iter().collect() } else { BTreeSet::new() })
    };
    view! {
        <th scope="col" class="c"><input type="checkbox" aria-label=t("list_page.tick_all") prop:checked=move || count() == of()
            prop:indeterminate=move || count() != 0 && count() != of() on:change:target=move |event| tick(event.target().checked())/></th>
    }
    .into_any()
}

/// A heading: ascending, descending, and back to the list's own order.
fn heading(list: List, Column { title, sort, class }: Column) -> AnyView {
    if sort.is_empty() {
        return view! { <th scope="col" class=class>{t(title)}</th> }.into_any();
    }
    let address = list.address;
    let now = untrack(|| address.get("sort")).unwrap_or_default();
    let down = format!("-{sort}");
    let (order, icon, next) = if now == sort {
        ("ascending", Some("arrow-up"), Some(down))
    } else if now == down {
        ("descending", Some("arrow-down"), None)
    } else {
        ("none", None, Some(sort.to_owned()))
    };
    let click = move |_| address.set(&[("sort", next.clone()), ("cursor", None), ("page", None)]);
    view! {
        <th scope="col" class=class aria-sort=order><button type="button" on:click=click>{t(title)}{icon.map(|name| view! { <Icon name/> })}</button></th>
    }
    .into_any()
}

fn line(list: List, row: Row, columns: StoredValue<Vec<Column>>, has_ticks: bool, has_acts: bool) -> AnyView {
    let Row { id, name, cells, acts } = row;
    let tick = has_ticks.then(|| {
        let (own, label) = (id.clone(), t_with("list_page.tick", &[("name", &name)]));
        let is_ticked = move || list.ticked.with(|ticked| ticked.contains(&own));
        let change = move |is_on: bool| {
            list.ticked.update(|ticked| {
                if is_on { ticked.insert(id.clone()) } else { ticked.remove(&id) };
            });
        };
        view! { <td class="c"><input type="checkbox" aria-label=label prop:checked=is_ticked on:change:target=move |event| change(event.target().checked())/></td> }
    });
    let cells = columns.with_value(|columns| {
        let cell = |(cell, column): (AnyView, &Column)| {
            view! { <td class=column.class data-label=t(column.title)>{cell}</td> }.into_any()
        };
        cells.into_iter().zip(columns).map(cell).collect_view()
    });
    let label = t_with("list_page.actions_of", &[("name", &name)]);
    view! {
        <tr>{tick}{cells}{has_acts.then(|| view! { <td class="acts"><Menu label acts/></td> })}</tr>
    }
    .into_any()
}

fn bulk_bar(list: List, bulk: StoredValue<Vec<BulkAct>>) -> AnyView {
    let button = move |act: BulkAct| {
        let run = move |_| act.act.run(list.ticked.get_untracked().into_iter().collect());
        view! { <button type="button" class="btn sm" class:bad=act.is_bad on:click=run><Icon name=act.icon/>{t(act.label)}</button> }
    };
    view! {
        <div class="bulk" role="region" aria-label=t("list_page.ticked_name")>
            <span aria-live="polite">{move || t_count("list_page.ticked", list.ticked.with(BTreeSet::len))}</span>
            {bulk.get_value().into_iter().map(button).collect_view()}
            <button type="button" class="btn sm ghost" on:click=move |_| list.ticked.set(BTreeSet::new())>{t("list_page.untick")}</button>
        </div>
    }
    .into_any()
}

/// Saves a whole list as a table.
pub fn export(file: &'static str, table: impl Future<Output = Result<Vec<u8>, ApiError>> + 'static) {
    spawn_local(async move {
        match table.await {
            Ok(table) => save_table(file, &table),
            Err(error) => session::complain(error.text()),
        }
    });
}

/// A switch in a row that acts at once.
pub fn switch(label: String, is_on: bool, change: Option<Callback<bool>>) -> AnyView {
    let fixed = change.is_none();
    view! {
        <span class="switch"><input type="checkbox" role="switch" aria-label=label disabled=fixed prop:checked=is_on
            on:change:target=move |event| if let Some(change) = change { change.run(event.target().checked()) }/><span></span></span>
    }
    .into_any()
}
