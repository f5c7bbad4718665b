//! The rows of the quarantine (QUA-11): a table where there is room, two lines a row beside an open message, cards
//! on a phone. One markup for all three; the style sheet arranges it.

use super::{
    badge::Badge,
    icon::Icon,
    mail_list::HeldList,
    mail_message::Released,
    mail_selection::Ticked,
    mail_times::moment,
    mail_words::{local_part, name_and_address, size, subject, turns_direction},
    why::score_text,
};
use crate::i18n::{t, t_with};
use contract::messages::QuarantineItem;
use leptos::prelude::*;

/// The columns that can be sorted, in their order: name in the API, text, class.
const COLUMNS: [(&str, &str, &str); 5] = [
    ("received_at", "mail.date", "w-t"),
    ("from", "mail.from", "w-from"),
    ("to", "mail.to", "w-to"),
    ("subject", "mail.subject", "w-subject"),
    ("size", "mail.size", "r w-z"),
];

/// The table of held messages.
#[component]
pub fn HeldTable(
    /// The list.
    list: HeldList,
) -> impl IntoView {
    let heads =
        COLUMNS.map(|(column, key, class)| view! { <SortHead list column key class/> }).collect_view();
    view! {
        <div class="tablewrap" tabindex="0" role="region" aria-label=move || t("quarantine.table")>
            <table class="t fx mailt" role="table">
                <caption class="vh">{move || t("quarantine.table")}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th class="c" scope="col" role="columnheader"><AllBox list/></th>
                        {heads}
                        <th scope="col" role="columnheader" class="w-v">{move || t("mail.reason")}</th>
                        <th scope="col" role="columnheader" class="r w-s">{move || t("mail.score_column")}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || list.rows.get() key=|item| (item.id, item.released_at.clone()) let:item>
                        <HeldRow list item/>
                    </For>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The box above all rows.
#[component]
pub fn AllBox(list: HeldList) -> impl IntoView {
    let state = move || {
        let ids: Vec<_> = list.rows.with(|rows| rows.iter().map(|row| row.id).collect());
        list.selection.with(|selection| selection.of_all(&ids))
    };
    view! {
        <input
            type="checkbox" aria-label=move || t("mail.select_all")
            prop:checked=move || state() == Ticked::All
            prop:indeterminate=move || state() == Ticked::Some
            on:change=move |_| list.selection.update(|selection| selection.toggle_all(&list.ids()))
        />
    }
    .into_any()
}

#[component]
fn SortHead(list: HeldList, column: &'static str, key: &'static str, class: &'static str) -> impl IntoView {
    let direction = move || {
        let sort = list.filter.get().sort;
        match if sort.is_empty() { "-received_at" } else { &sort } {
            sort if sort == column => "ascending",
            sort if sort.strip_prefix('-') == Some(column) => "descending",
            _ => "none",
        }
    };
    let arrow = move || match direction() {
        "ascending" => Some(view! { <Icon name="arrow-up"/> }),
        "descending" => Some(view! { <Icon name="arrow-down"/> }),
        _ => None,
    };
    view! {
        <th scope="col" role="columnheader" class=class aria-sort=direction>
            <button type="button" on:click=move |_| list.sort(column)>{move || t(key)}{arrow}</button>
        </th>
    }
    .into_any()
}

#[component]
fn HeldRow(list: HeldList, item: QuarantineItem) -> impl IntoView {
    let id = item.id;
    let is_ticked = move || list.selection.with(|selection| selection.contains(id));
    let score = item.score;
    view! {
        <tr
            id=format!("row-{id}") role="row"
            class:cur=move || list.open.get() == Some(id)
            class:at=move || list.row.get() == Some(id)
            aria-selected=move || is_ticked().to_string()
            on:click=move |_| list.show(id)
        >
            <td class="c" role="cell" on:click=|event| event.stop_propagation()><RowBox list id title=item.subject.clone()/></td>
            <td class="num w-t" role="cell">{let at = item.received_at.0.clone(); move || moment(&at)}</td>
            <People item=item.clone()/>
            <SubjectCell list item=item.clone()/>
            <td class="r num muted w-z" role="cell">{move || size(item.size)}</td>
            <td class="w-v" role="cell"><Badge classification=item.classification/></td>
            <td class="r num w-s" role="cell">{move || score.map(score_text).unwrap_or_else(|| "–".to_owned())}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn RowBox(list: HeldList, id: contract::ids::RecordId, title: String) -> impl IntoView {
    let tick = move |event: leptos::ev::MouseEvent| {
        list.selection.update(|selection| {
            if event.shift_key() {
                selection.extend_to(&list.ids(), id);
            } else {
                selection.toggle(id);
            }
        });
        list.row.set(Some(id));
    };
    view! {
        <input
            type="checkbox" aria-label=move || t_with("mail.select", &[("subject", &subject(&title))])
            prop:checked=move || list.selection.with(|selection| selection.contains(id)) on:click=tick
        />
    }
    .into_any()
}

/// From and To (QUA-13).
#[component]
fn People(item: QuarantineItem) -> impl IntoView {
    let (name, address) = name_and_address(&item.from);
    let shown = if name.is_empty() { address.clone() } else { name };
    let rest = (shown != address).then_some(address);
    let to = if item.to.trim().is_empty() { item.recipient.clone() } else { item.to };
    let (to_name, to_address) = name_and_address(&to);
    let to_rest = (!to_name.is_empty()).then(|| to_address.clone());
    let to_shown = if to_name.is_empty() { to_address } else { to_name };
    let recipient = local_part(&item.recipient);
    view! {
        <td class="tr w-from" role="cell" title=item.from>
            <bdi class="b">{shown}</bdi>
            {rest.map(|rest| view! { " "<bdi class="muted" dir="ltr">{rest}</bdi> })}
            <span class="cq-to muted">" → "<bdi>{recipient}</bdi></span>
        </td>
        <td class="tr w-to" role="cell" title=to>
            <bdi>{to_shown}</bdi>
            {to_rest.map(|rest| view! { " "<bdi class="muted" dir="ltr">{rest}</bdi> })}
        </td>
    }
    .into_any()
}

/// The subject, which opens the message's own page (QUA-16).
#[component]
fn SubjectCell(list: HeldList, item: QuarantineItem) -> impl IntoView {
    let text = item.subject.clone();
    let is_turned = turns_direction(&text);
    let released_at = item.released_at.clone().map(|at| at.0);
    let has_attachment = item.attachments > 0;
    view! {
        <td class="tr w-subject" role="cell" on:click=|event| event.stop_propagation()>
            <span class="subject-line">
                <a class="rowlink" href=move || list.page_of(&item)><bdi>{move || subject(&text)}</bdi></a>
                {has_attachment.then(|| view! { <span class="muted" title=move || t("mail.has_attachment")><Icon name="paperclip"/></span> })}
                {is_turned.then(|| view! { <span class="badge warn">{move || t("mail.turned")}</span> })}
                <Released at=released_at/>
            </span>
        </td>
    }
    .into_any()
}
