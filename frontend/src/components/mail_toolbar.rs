//! What stands around the rows of the quarantine: the search, the pages above and below, and what is done with the
//! ticked messages (QUA-05, QUA-06, QUA-07, QUA-15).

use super::{
    icon::Icon,
    mail_actions::{MailActions, Target, may_release_many},
    mail_filters::{PAGE_SIZES, QuarantineFilter},
    mail_list::HeldList,
    mail_rows::AllBox,
    mail_times::{day_name, last_days},
};
use crate::{
    i18n::{number, t, t_count, t_with},
    session,
};
use contract::{messages::Classification, permission::Permission};
use leptos::prelude::*;

/// How far back the choice of days goes: as long as messages are held by default (QUA-02).
const DAYS: u32 = 28;

/// The kinds of messages that are held, as views of the list.
const VIEWS: [Classification; 6] = [
    Classification::Spam,
    Classification::Phishing,
    Classification::Virus,
    Classification::Attachment,
    Classification::Oversize,
    Classification::Blocked,
];

/// One view a kind of message, in the address as `class`.
#[component]
pub fn HeldViews(
    /// The list.
    list: HeldList,
) -> impl IntoView {
    let view_of = move |name: &'static str| {
        let is_current = move || (list.filter.get().classification == name).then_some("true");
        let choose = move |_| {
            list.search(QuarantineFilter { classification: name.to_owned(), ..list.filter.get_untracked() });
        };
        let label = move || {
            t(&if name.is_empty() { "quarantine.all".to_owned() } else { format!("classification.{name}") })
        };
        view! {
            <button type="button" aria-current=is_current on:click=choose>
                {label}
                {move || is_current().and_then(|_| list.total()).map(|total| view! {
                    <span class="n">{total_text(total.count, total.exact)}</span>
                })}
            </button>
        }
    };
    view! {
        <div class="tabs" role="group" aria-label=move || t("quarantine.views")>
            {view_of("")}
            {VIEWS.map(|one| view_of(one.name())).collect_view()}
        </div>
    }
    .into_any()
}

/// A total in words; a lower bound says so.
pub fn total_text(count: u64, is_exact: bool) -> String {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let text = number(f64::from(count), 0);
    if is_exact { text } else { t_with("list.more_than", &[("count", &text)]) }
}

/// A day, a field and a text (QUA-05).
#[component]
pub fn HeldSearch(
    /// The list.
    list: HeldList,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let field = RwSignal::new(String::new());
    Effect::new(move || {
        let filter = list.filter.get();
        text.set(filter.text);
        field.set(filter.field);
    });
    let search = move || {
        let filter = list.filter.get_untracked();
        list.search(QuarantineFilter { text: text.get_untracked(), field: field.get_untracked(), ..filter });
    };
    let fields = ["", "subject", "sender", "recipient"].map(|name| {
        let key = format!("quarantine.field_{}", if name.is_empty() { "any" } else { name });
        view! { <option value=name selected=move || field.get() == name>{move || t(&key)}</option> }
    });
    view! {
        <search>
            <form class="fbar held-search" on:submit=move |event| { event.prevent_default(); search(); }>
                <DayChoice list/>
                <select class="sel" aria-label=move || t("quarantine.field") prop:value=field
                    on:change=move |event| field.set(event_target_value(&event))>{fields.collect_view()}</select>
                <div class="q">
                    <Icon name="search"/>
                    <input
                        id="list-search" class="in" type="search" prop:value=text
                        aria-label=move || t("quarantine.search_label")
                        placeholder=move || t("quarantine.placeholder")
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                </div>
                <button type="submit" class="btn">{move || t("quarantine.search")}</button>
                <Show when=move || list.filter.get().is_narrowed()>
                    <button type="button" class="btn ghost sm" on:click=move |_| clear(list)>{move || t("list.clear")}</button>
                </Show>
            </form>
        </search>
    }
    .into_any()
}

/// Searches for nothing in particular; the order stays.
pub fn clear(list: HeldList) {
    let sort = list.filter.get_untracked().sort;
    list.search(QuarantineFilter { sort, ..QuarantineFilter::default() });
}

#[component]
fn DayChoice(list: HeldList) -> impl IntoView {
    let days = last_days(DAYS, session::time_zone().as_deref())
        .into_iter()
        .map(|day| {
            let (value, name) = (day.clone(), day.clone());
            view! {
                <option value=value selected=move || list.filter.get().day == day>{move || day_name(&name)}</option>
            }
        })
        .collect_view();
    let choose = move |event| {
        list.search(QuarantineFilter { day: event_target_value(&event), ..list.filter.get_untracked() });
    };
    view! {
        <label class="day">
            <span class="vh">{move || t("mail.date")}</span>
            <select class="sel" prop:value=move || list.filter.get().day on:change=choose>
                <option value="">{move || t("quarantine.any_day")}</option>
                {days}
            </select>
        </label>
    }
    .into_any()
}

/// Where the list is, above and below it alike (QUA-15).
#[component]
pub fn Pages(
    /// The list.
    list: HeldList,
    /// `head` above, `foot` below.
    place: &'static str,
) -> impl IntoView {
    let page = move || list.filter.get().page.max(1);
    let words = move || match list.total() {
        Some(total) => {
            let pages = total.count.div_ceil(u64::from(list.size.get()).max(1)).max(page());
            let pages = total_text(pages, total.exact);
            let count = total_text(total.count, total.exact);
            t_with("list.pages", &[("page", &total_text(page(), true)), ("pages", &pages), ("count", &count)])
        }
        None => t("list.loading"),
    };
    let turn = move |forwards: bool| {
        let paging = list.paging.get_untracked();
        let cursor = if forwards { paging.next } else { paging.previous };
        let number = if forwards { page() + 1 } else { page().saturating_sub(1) };
        list.turn(cursor.unwrap_or_default(), number);
    };
    let sizes = PAGE_SIZES.map(|size| {
        view! { <option value=size selected=move || list.size.get() == size>{size}</option> }
    });
    view! {
        <div class=format!("tfoot pages-{place}")>
            <span aria-live="polite">{words}</span>
            <span class="end">
                <label>
                    {move || t("list.per_page")}" "
                    <select class="sel sm" prop:value=move || list.size.get().to_string()
                        on:change=move |event| if let Ok(size) = event_target_value(&event).parse() { list.resize(size) }>
                        {sizes.collect_view()}
                    </select>
                </label>
                <button type="button" class="btn sm icon" aria-label=move || t("list.previous")
                    disabled=move || page() <= 1 on:click=move |_| turn(false)><Icon name="chevron-left"/></button>
                <button type="button" class="btn sm icon" aria-label=move || t("list.next")
                    disabled=move || list.paging.with(|paging| paging.next.is_none()) on:click=move |_| turn(true)><Icon name="chevron-right"/></button>
            </span>
        </div>
    }
    .into_any()
}

/// The messages an action is for: the ticked ones, else the open one, else the row that keys act on.
pub fn targets(list: HeldList) -> Vec<Target> {
    let selection = list.selection.get_untracked();
    let single = list.open.get_untracked().or_else(|| list.row.get_untracked());
    let is_meant = |id| if selection.is_empty() { single == Some(id) } else { selection.contains(id) };
    list.rows.with_untracked(|rows| rows.iter().filter(|row| is_meant(row.id)).map(Target::from).collect())
}

/// What is done with the ticked messages.
#[component]
pub fn BulkBar(
    /// The list.
    list: HeldList,
    /// What can be done.
    actions: MailActions,
) -> impl IntoView {
    let count = move || list.selection.with(super::mail_selection::Selection::len);
    // One message is released by whoever may release; several only by whoever may release several (C7).
    let may_release =
        move || session::can(Permission::QuarantineRelease) && (count() == 1 || may_release_many());
    let delete = session::can(Permission::QuarantineDelete).then(|| {
        view! {
            <button type="button" class="btn sm bad" disabled=actions.is_busy
                on:click=move |_| actions.delete(list.selection.get_untracked().ids())>
                <Icon name="trash-2"/>{move || t("mail.delete")}
            </button>
        }
    });
    view! {
        <div class="bulk" role="region" aria-label=move || t("mail.bulk")>
            <AllBox list/>
            <span class="b" aria-live="polite">{move || t_count("mail.selected", count())}</span>
            <button type="button" class="lnk hide-m" on:click=move |_| list.selection.update(|s| s.clear())>
                {move || t("mail.unselect")}
            </button>
            <span class="end">
                <Show when=may_release>
                    <button type="button" class="btn sm pri" disabled=actions.is_busy
                        on:click=move |_| actions.ask_to_release(targets(list))>
                        <Icon name="send"/>{move || t("mail.release")}
                    </button>
                </Show>
                {delete}
            </span>
        </div>
    }
    .into_any()
}
