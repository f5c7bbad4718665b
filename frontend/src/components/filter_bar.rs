//! The search form of the log (LOG-07 … LOG-17): a text and a range at once, every other condition behind one
//! button, what is set as chips that can be taken away. The address of the page holds it all; nothing is searched
//! before it is sent.

use super::{
    icon::Icon,
    mail_filters::LogFilter,
    mail_log::LogList,
    mail_times::{instant, moment, parse, rfc3339, wall},
    mail_toolbar::total_text,
};
use crate::{
    i18n::{t, t_with},
    session,
};
use contract::messages::{Classification, Status};
use leptos::prelude::*;

/// The ranges on offer; the empty one is seven days.
const RANGES: [&str; 5] = ["1h", "24h", "", "28d", "custom"];

/// The text fields of the form: parameter, and whether it is read from left to right in every language.
const FIELDS: [(&str, bool); 5] =
    [("id", true), ("subject", false), ("sender", true), ("ip", true), ("host", true)];

fn range_key(range: &str) -> String {
    format!("log.range_{}", if range.is_empty() { "7d" } else { range })
}

/// The form, its chips and what it found.
#[component]
pub fn FilterBar(
    /// The log.
    list: LogList,
    /// The domain the page is about: recipients are its (LOG-11).
    domain: Option<String>,
    /// Whether the recipient is the caller's own and not asked for.
    is_mailbox: bool,
) -> impl IntoView {
    let draft = RwSignal::new(LogFilter::default());
    let is_wide = RwSignal::new(false);
    Effect::new(move || draft.set(list.filter.get()));
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        is_wide.set(false);
        list.search(&draft.get_untracked());
    };
    view! {
        <search>
            <form class="log-form" on:submit=send>
                <div class="fbar">
                    <div class="q">
                        <Icon name="search"/>
                        <input id="list-search" class="in" type="search" placeholder=move || t("log.placeholder")
                            aria-label=move || t("log.search_label") prop:value=move || draft.get().text
                            on:input=move |event| draft.update(|one| one.text = event_target_value(&event))/>
                    </div>
                    <RangeChoice list draft/>
                    <button type="button" class="btn" aria-expanded=move || is_wide.get().to_string() aria-controls="log-conditions"
                        on:click=move |_| is_wide.update(|one| *one = !*one)>
                        <Icon name="sliders-horizontal"/>{move || t("log.conditions")}
                    </button>
                    <button type="submit" class="btn pri">{move || t("log.search")}</button>
                </div>
                <Show when=move || draft.get().range == "custom"><CustomRange draft/></Show>
                <Show when=move || is_wide.get()><Conditions draft domain=domain.clone() is_mailbox/></Show>
            </form>
            <Chips list/>
        </search>
    }
    .into_any()
}

#[component]
fn RangeChoice(list: LogList, draft: RwSignal<LogFilter>) -> impl IntoView {
    let choices = RANGES
        .map(|range| {
            view! { <option value=range selected=move || draft.get().range == range>{move || t(&range_key(range))}</option> }
        })
        .collect_view();
    // A range of its own needs its borders first; the others are searched at once.
    let choose = move |event| {
        let range: String = event_target_value(&event);
        draft.update(|one| one.range.clone_from(&range));
        if range != "custom" {
            list.search_with(|filter| filter.range = range);
        }
    };
    view! {
        <select class="sel" aria-label=move || t("log.range") on:change=choose prop:value=move || draft.get().range>
            {choices}
        </select>
    }
    .into_any()
}

/// From and to, on the clock of the reader's zone (LOG-07).
#[component]
fn CustomRange(draft: RwSignal<LogFilter>) -> impl IntoView {
    let zone = session::time_zone();
    let shown = zone.clone();
    let border = move |is_end: bool| {
        let (zone, written) = (zone.clone(), zone.clone());
        let value = move || {
            let filter = draft.get();
            let text = if is_end { filter.to } else { filter.from };
            parse(&text)
                .map(|at| wall(at, zone.as_deref()).chars().take(16).collect::<String>())
                .unwrap_or_default()
        };
        let change = move |event| {
            let text =
                instant(&event_target_value(&event), written.as_deref()).map(rfc3339).unwrap_or_default();
            draft.update(|one| *(if is_end { &mut one.to } else { &mut one.from }) = text);
        };
        view! {
            <label>
                <span>{move || t(if is_end { "log.to" } else { "log.from" })}</span>
                <input class="in" type="datetime-local" prop:value=value on:change=change/>
            </label>
        }
    };
    view! {
        <div class="fbar custom">
            {border(false)}{border(true)}
            {shown.map(|zone| view! { <span class="muted small">{move || t_with("log.zone", &[("zone", &zone)])}</span> })}
        </div>
    }
    .into_any()
}

#[component]
fn Conditions(draft: RwSignal<LogFilter>, domain: Option<String>, is_mailbox: bool) -> impl IntoView {
    let fields =
        FIELDS.map(|(key, is_ltr)| view! { <TextCondition draft key is_ltr suffix=None/> }).collect_view();
    let recipient = (!is_mailbox).then(|| {
        view! { <TextCondition draft key="recipient" is_ltr=true suffix=domain.map(|domain| format!("@{domain}"))/> }
    });
    view! {
        <div class="conditions card" id="log-conditions">
            {fields}
            {recipient}
            <NameChoice draft key="class" prefix="classification" names=Classification::ALL.map(Classification::name).to_vec()/>
            <NameChoice draft key="status" prefix="status" names=Status::ALL.map(Status::name).to_vec()/>
            <label class="field-s">
                <span>{move || t("log.match")}</span>
                <select class="sel" on:change=move |event| draft.update(|one| one.is_any = event_target_value(&event) == "any")>
                    <option value="all" selected=move || !draft.get().is_any>{move || t("log.match_all")}</option>
                    <option value="any" selected=move || draft.get().is_any>{move || t("log.match_any")}</option>
                </select>
            </label>
            <label class="check">
                <input type="checkbox" prop:checked=move || draft.get().is_partial
                    on:change=move |event| draft.update(|one| one.is_partial = event_target_checked(&event))/>
                <span>{move || t("log.partial")}</span>
            </label>
            <label class="check">
                <input type="checkbox" prop:checked=move || draft.get().is_live
                    on:change=move |event| draft.update(|one| one.is_live = event_target_checked(&event))/>
                <span>{move || t("log.live")}</span>
            </label>
            <div class="end"><button type="submit" class="btn pri">{move || t("log.search")}</button></div>
        </div>
    }
    .into_any()
}

fn condition(draft: RwSignal<LogFilter>, key: &'static str) -> String {
    draft.with(|filter| {
        let value = filter.conditions().into_iter().find(|(name, _)| *name == key);
        value.map(|(_, value)| value.to_owned()).unwrap_or_default()
    })
}

fn set_condition(draft: RwSignal<LogFilter>, key: &'static str, value: String) {
    draft.update(|filter| {
        if let Some(place) = filter.condition_mut(key) {
            *place = value;
        }
    });
}

#[component]
fn TextCondition(
    draft: RwSignal<LogFilter>,
    key: &'static str,
    is_ltr: bool,
    suffix: Option<String>,
) -> impl IntoView {
    view! {
        <label class="field-s">
            <span>{move || t(&format!("log.field_{key}"))}</span>
            <span class="suffixed">
                <input class="in" dir=is_ltr.then_some("ltr") autocomplete="off" spellcheck="false"
                    placeholder=move || t(&format!("log.example_{key}"))
                    prop:value=move || condition(draft, key)
                    on:input=move |event| set_condition(draft, key, event_target_value(&event))/>
                {suffix.map(|suffix| view! { <span class="muted" dir="ltr">{suffix}</span> })}
            </span>
        </label>
    }
    .into_any()
}

#[component]
fn NameChoice(
    draft: RwSignal<LogFilter>,
    key: &'static str,
    prefix: &'static str,
    names: Vec<&'static str>,
) -> impl IntoView {
    let choices = names
        .into_iter()
        .map(|name| {
            view! { <option value=name selected=move || condition(draft, key) == name>{move || t(&format!("{prefix}.{name}"))}</option> }
        })
        .collect_view();
    view! {
        <label class="field-s">
            <span>{move || t(&format!("log.field_{key}"))}</span>
            <select class="sel" on:change=move |event| set_condition(draft, key, event_target_value(&event))>
                <option value="">{move || t("log.any")}</option>
                {choices}
            </select>
        </label>
    }
    .into_any()
}

/// What is set, each to be taken away by one click.
#[component]
fn Chips(list: LogList) -> impl IntoView {
    let conditions = move || {
        let filter = list.filter.get();
        let set = filter.conditions().into_iter().filter(|(_, value)| !value.is_empty());
        set.map(|(key, value)| (key, value.to_owned())).collect::<Vec<_>>()
    };
    let value_text = |key: &str, value: &str| match key {
        "class" => t(&format!("classification.{value}")),
        "status" => t(&format!("status.{value}")),
        _ => value.to_owned(),
    };
    let chip = move |(key, value): (&'static str, String)| {
        let take = move |_| {
            list.search_with(|filter| {
                if let Some(place) = filter.condition_mut(key) {
                    place.clear();
                }
            });
        };
        view! {
            <span class="chip">
                {move || t(&format!("log.field_{key}"))}" "
                <b><bdi>{move || value_text(key, &value)}</bdi></b>
                <button type="button" on:click=take aria-label=move || t_with("log.take_away", &[("field", &t(&format!("log.field_{key}")))])><Icon name="x"/></button>
            </span>
        }
    };
    let clear = move |_| {
        list.search_with(|filter| *filter = LogFilter { range: filter.range.clone(), ..LogFilter::default() })
    };
    let is_shown = move || {
        let filter = list.filter.get();
        filter.is_narrowed()
            || filter.is_partial
            || filter.is_any
            || filter.is_live
            || filter.range == "custom"
    };
    view! {
        <Show when=is_shown>
            <div class="fbar chips">
                <Switches list/>
                {move || conditions().into_iter().map(chip).collect_view()}
                <button type="button" class="btn ghost sm" on:click=clear>{move || t("list.clear")}</button>
            </div>
        </Show>
    }
    .into_any()
}

/// The chips of what is not a condition: the range of its own, any instead of all, in part, live.
#[component]
fn Switches(list: LogList) -> impl IntoView {
    let chip = move |key: &'static str, off: fn(&mut LogFilter)| {
        view! {
            <span class="chip"><b>{move || t(key)}</b>
                <button type="button" on:click=move |_| list.search_with(off) aria-label=move || t_with("log.take_away", &[("field", &t(key))])><Icon name="x"/></button>
            </span>
        }
    };
    move || {
        let filter = list.filter.get();
        let range = (filter.range == "custom").then(|| {
            let text = format!("{} – {}", moment(&filter.from), moment(&filter.to));
            view! { <span class="chip"><b>{text}</b></span> }
        });
        view! {
            {range}
            {filter.is_any.then(|| chip("log.match_any", |one| one.is_any = false))}
            {filter.is_partial.then(|| chip("log.partial", |one| one.is_partial = false))}
            {filter.is_live.then(|| chip("log.live", |one| one.is_live = false))}
        }
    }
}

/// How many entries there are, and more of them.
#[component]
pub fn LogFoot(
    /// The log.
    list: LogList,
) -> impl IntoView {
    use super::mail_list::Load;
    let words = move || match list.total.get() {
        Some(total) => {
            let shown = total_text(u64::try_from(list.rows.with(Vec::len)).unwrap_or(u64::MAX), true);
            t_with("log.count", &[("shown", &shown), ("count", &total_text(total.count, total.exact))])
        }
        None => String::new(),
    };
    view! {
        <div class="tfoot">
            <span aria-live="polite">{words}</span>
            <span class="end">
                <Show when=move || list.next.with(Option::is_some)>
                    <button type="button" class="btn sm" disabled=move || list.load.get() != Load::Ready on:click=move |_| list.more()>
                        {move || t("log.more")}
                    </button>
                </Show>
            </span>
        </div>
    }
    .into_any()
}
