//! The entries of the log (LOG-21 … LOG-29): every field as a column where there is room, two lines beside an open
//! entry, cards on a phone. One markup for all three; the style sheet arranges it.

use super::{
    badge::Badge,
    icon::Icon,
    mail_log::LogList,
    mail_times::moment,
    mail_words::{local_part, sender, size, status_look, subject},
};
use crate::i18n::t;
use contract::messages::{LogItem, Status};
use leptos::prelude::*;

/// The columns: text and class.
const COLUMNS: [(&str, &str); 8] = [
    ("log.server", "w-node"),
    ("log.sender_host", "w-host"),
    ("log.sender", "w-from"),
    ("log.recipient", "w-to"),
    ("log.subject", "w-subject"),
    ("log.size_in", "r w-z"),
    ("log.size_out", "r w-z out"),
    ("log.classification", "w-v"),
];

/// The table of log entries.
#[component]
pub fn LogTable(
    /// The log.
    list: LogList,
) -> impl IntoView {
    let is_oldest_first = move || list.filter.get().sort == "received_at";
    let turn = move |_| {
        list.search_with(|filter| {
            filter.sort = if filter.sort.is_empty() { "received_at".to_owned() } else { String::new() };
        });
    };
    let heads = COLUMNS
        .map(|(key, class)| view! { <th scope="col" role="columnheader" class=class>{move || t(key)}</th> })
        .collect_view();
    view! {
        <div class="tablewrap" tabindex="0" role="region" aria-label=move || t("log.table")>
            <table class="t fx mailt logt" role="table">
                <caption class="vh">{move || t("log.table")}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader" class="w-t"
                            aria-sort=move || if is_oldest_first() { "ascending" } else { "descending" }>
                            <button type="button" on:click=turn>
                                {move || t("log.time")}
                                {move || if is_oldest_first() { view! { <Icon name="arrow-up"/> } } else { view! { <Icon name="arrow-down"/> } }}
                            </button>
                        </th>
                        {heads}
                        <th scope="col" role="columnheader" class="w-d">{move || t("log.status")}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || list.rows.get() key=|item| (item.id, item.status) let:item>
                        <LogRow list item/>
                    </For>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn LogRow(list: LogList, item: LogItem) -> impl IntoView {
    let id = item.id;
    let (at, title, opened) = (item.received_at.0.clone(), item.subject.clone(), item.clone());
    let host = if item.sender_host.is_empty() { item.sender_ip.clone() } else { item.sender_host.clone() };
    let host_title = format!("{} [{}]", item.sender_host, item.sender_ip);
    let by_key = item.clone();
    let open_by_key = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        list.show(&by_key);
    };
    let (delivered, message_title) = (item.size_delivered, item.message_id.clone());
    view! {
        <tr
            id=format!("row-{id}") role="row"
            class:cur=move || list.open.get() == Some(id)
            class:at=move || list.row.get() == Some(id)
            on:click=move |_| list.show(&opened)
        >
            <td class="num w-t" role="cell">{move || moment(&at)}</td>
            <td class="tr w-node" role="cell" title=message_title>
                {item.node}<span class="muted mono" dir="ltr">" "{item.message_id}</span>
            </td>
            <td class="tr w-host" role="cell" title=host_title><span dir="ltr">{host}</span></td>
            <td class="tr w-from" role="cell" title=item.sender.clone()>
                <bdi>{sender(&item.sender)}</bdi>
                <span class="cq-to muted">" → "<bdi>{local_part(&item.recipient)}</bdi></span>
            </td>
            <td class="tr w-to" role="cell" title=item.recipient.clone()><bdi>{item.recipient.clone()}</bdi></td>
            <td class="tr w-subject" role="cell">
                <button type="button" class="rowlink" on:click=open_by_key><bdi>{move || subject(&title)}</bdi></button>
            </td>
            <td class="r num muted w-z" role="cell">{move || size(item.size)}</td>
            <td class="r num muted w-z out" role="cell">{move || if delivered == 0 { "–".to_owned() } else { size(delivered) }}</td>
            <td class="w-v" role="cell"><Badge classification=item.classification/></td>
            <td class="w-d" role="cell"><StatusMark status=item.status/></td>
        </tr>
    }
    .into_any()
}

/// What became of a message: colour, icon and word.
#[component]
pub fn StatusMark(
    /// The status.
    status: Status,
) -> impl IntoView {
    let (tone, icon) = status_look(status);
    // "Accepted" is not "delivered": the mark says so wherever it is seen (LOG-31).
    let help = move || if status == Status::Queued { t("log.accepted_help") } else { String::new() };
    view! {
        <span class=format!("status {tone}") title=help>
            <Icon name=icon/>{move || t(&format!("status.{}", status.name()))}
        </span>
    }
    .into_any()
}
