//! What became of a message after it was received: the reply its sender got, each attempt to deliver it with the
//! answer of the destination, and who released or removed it (LOG-30 … LOG-33).

use super::{icon::Icon, mail_times::moment_long, mail_words::size};
use crate::i18n::{t, t_with};
use contract::messages::{EventKind, LogDetail, LogEvent, Status};
use leptos::prelude::*;

const fn tone(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Delivered | EventKind::Released => "ok",
        EventKind::Retrying => "warn",
        EventKind::Bounced | EventKind::Discarded => "bad",
        EventKind::Expired | EventKind::Removed => "neu",
    }
}

/// The first event of every message, that it was received and what its sender was told.
const fn received_tone(status: Status) -> &'static str {
    match status {
        Status::Rejected => "bad",
        Status::Deferred => "warn",
        _ => "ok",
    }
}

/// The delivery status of a log entry and the details of its errors (LOG-30).
#[component]
pub fn DeliveryTimeline(
    /// The entry.
    detail: LogDetail,
) -> impl IntoView {
    let item = detail.item;
    let status = item.status;
    let help = matches!(status, Status::Queued).then(|| {
        view! {
            <p class="note">
                <Icon name="info"/>
                <span>{move || t("log.accepted_help")}</span>
            </p>
        }
    });
    let sizes = move || {
        let delivered =
            if item.size_delivered == 0 { t("log.none_delivered") } else { size(item.size_delivered) };
        t_with("log.sizes", &[("received", &size(item.size)), ("delivered", &delivered)])
    };
    let received_at = item.received_at.0;
    view! {
        <p class="status-line">
            <b>{move || t(&format!("status.{}", status.name()))}</b>
            " · "{sizes}
        </p>
        {help}
        <ol class="steps">
            <li class=received_tone(status)>
                <p class="b">{move || t("log.received")}</p>
                <p class="muted small">{move || moment_long(&received_at)}</p>
                <Reply text=detail.reply/>
            </li>
            {detail.events.into_iter().map(|event| view! { <Step event/> }).collect_view()}
        </ol>
    }
    .into_any()
}

#[component]
fn Step(event: LogEvent) -> impl IntoView {
    let LogEvent { at, kind, host, reply, actor } = event;
    let by = (!actor.is_empty()).then(|| {
        view! { " · "{move || t_with("log.by", &[("actor", &actor)])} }
    });
    view! {
        <li class=tone(kind)>
            <p class="b">{move || t(&format!("event.{}", kind.name()))}</p>
            <p class="muted small">{move || moment_long(&at.0)}{by}</p>
            {(!host.is_empty()).then(|| view! { <p class="small mono" dir="ltr">{host}</p> })}
            <Reply text=reply/>
        </li>
    }
    .into_any()
}

/// What a server answered, word for word.
#[component]
fn Reply(text: String) -> impl IntoView {
    (!text.is_empty()).then(|| view! { <p class="reply mono" dir="ltr">{text}</p> }).into_any()
}
