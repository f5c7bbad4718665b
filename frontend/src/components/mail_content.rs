//! What a held message says: its plain text, its HTML in a frame that can do nothing, its attachments and the
//! message as it was received. Nothing of a message ever becomes part of the panel's own document but as text.

use super::{
    icon::Icon,
    mail_download::save,
    mail_requests::{self as requests, MessagePlace},
    mail_times::moment_long,
    mail_words::{size, subject, turns_direction},
};
use crate::{
    i18n::{t, t_count, t_with},
    session,
};
use contract::messages::{Attachment, Header, QuarantineMessage};
use leptos::{prelude::*, task::spawn_local};

/// The most of a raw message that is shown; the rest is in the file to save.
const SHOWN_BYTES: usize = 512 * 1024;

/// The message as people read it (QUA-18, QUA-21).
#[component]
pub fn NormalTab(
    /// Where it is.
    place: MessagePlace,
    /// The message.
    message: QuarantineMessage,
) -> impl IntoView {
    let QuarantineMessage { item, plain, has_html, remote_images, attached, .. } = message;
    let is_html = RwSignal::new(has_html);
    let received_at = item.received_at.0;
    let title = item.subject;
    let is_turned = turns_direction(&title);
    let lines = attached
        .into_iter()
        .map(|attachment| {
            view! {
                <dt>{move || t("message.attachment")}</dt>
                <dd><AttachmentLink place=place.clone() attachment/></dd>
            }
        })
        .collect_view();
    let body = move || {
        if is_html.get() {
            view! { <HtmlFrame place=place.clone() remote_images/> }.into_any()
        } else {
            match plain.clone().filter(|text| !text.trim().is_empty()) {
                Some(text) => view! { <pre class="plain ud" dir="auto">{text}</pre> }.into_any(),
                None => view! { <p class="muted">{move || t("message.no_text")}</p> }.into_any(),
            }
        }
    };
    view! {
        <dl class="kv">
            <dt>{move || t("message.date")}</dt>
            <dd>{move || moment_long(&received_at)}</dd>
            <dt>{move || t("message.from")}</dt>
            <dd><bdi>{item.from}</bdi></dd>
            <dt>{move || t("message.to")}</dt>
            <dd><bdi>{item.to}</bdi></dd>
            <dt>{move || t("message.size")}</dt>
            <dd>{move || size(item.size)}</dd>
            <dt>{move || t("message.subject")}</dt>
            <dd><bdi>{move || subject(&title)}</bdi></dd>
            {lines}
        </dl>
        {is_turned.then(|| view! {
            <p class="note warn"><Icon name="triangle-alert"/><span>{move || t("message.turned")}</span></p>
        })}
        <Parts is_html has_html/>
        {body}
    }
    .into_any()
}

/// Plain text or HTML (QUA-18).
#[component]
fn Parts(is_html: RwSignal<bool>, has_html: bool) -> impl IntoView {
    view! {
        <div class="group parts" role="group" aria-label=move || t("message.parts")>
            <button
                type="button" class="btn sm"
                aria-pressed=move || (!is_html.get()).to_string()
                on:click=move |_| is_html.set(false)
            >{move || t("message.plain")}</button>
            <button
                type="button" class="btn sm"
                aria-pressed=move || is_html.get().to_string()
                disabled=!has_html
                title=move || if has_html { String::new() } else { t("message.no_html") }
                on:click=move |_| is_html.set(true)
            >{move || t("message.html")}</button>
        </div>
    }
    .into_any()
}

/// The HTML of a message in a frame without scripts, forms, our cookies or the network. The server has cleaned it
/// and sends a policy of its own with it; the frame is the second wall.
#[component]
fn HtmlFrame(place: MessagePlace, remote_images: u32) -> impl IntoView {
    let preview = LocalResource::new(move || {
        let place = place.clone();
        async move { requests::preview(&place).await }
    });
    let blocked = (remote_images > 0).then(|| {
        let count = usize::try_from(remote_images).unwrap_or(usize::MAX);
        view! {
            <p class="note">
                <Icon name="image-off"/>
                <span>{move || t_count("message.images_blocked", count)}</span>
            </p>
        }
    });
    let frame = move || {
        preview.get().map(|answer| match answer {
            Ok(preview) => view! {
                <iframe
                    class="mail-frame" sandbox="" referrerpolicy="no-referrer"
                    title=move || t("message.frame") src=preview.url
                ></iframe>
            }
            .into_any(),
            Err(error) => view! { <p class="note bad"><span>{error.text()}</span></p> }.into_any(),
        })
    };
    view! {
        <p class="note warn"><Icon name="shield"/><span>{move || t("message.links_off")}</span></p>
        {blocked}
        <div class="mail-box" aria-busy=move || preview.get().is_none().to_string()>{frame}</div>
    }
    .into_any()
}

/// Every attachment with its claimed type (QUA-21).
#[component]
pub fn AttachmentsTab(
    /// Where the message is.
    place: MessagePlace,
    /// Its attachments.
    attached: Vec<Attachment>,
) -> impl IntoView {
    if attached.is_empty() {
        return view! { <p class="muted">{move || t("message.no_attachments")}</p> }.into_any();
    }
    let rows = attached
        .into_iter()
        .map(|attachment| {
            let (kind, bytes) = (attachment.media_type.clone(), attachment.size);
            view! {
                <li>
                    <AttachmentLink place=place.clone() attachment/>
                    <p class="muted small"><span dir="ltr">{kind}</span>" · "{move || size(bytes)}</p>
                </li>
            }
        })
        .collect_view();
    view! {
        <p class="note warn"><Icon name="triangle-alert"/><span>{move || t("message.attachments_warning")}</span></p>
        <ul class="attachments">{rows}</ul>
    }
    .into_any()
}

#[component]
fn AttachmentLink(place: MessagePlace, attachment: Attachment) -> impl IntoView {
    let Attachment { index, name, size: bytes, .. } = attachment;
    let file = name.clone();
    let label = name.clone();
    let download = move |_| {
        let (place, name) = (place.clone(), name.clone());
        spawn_local(async move {
            match requests::attachment(&place, index).await {
                Ok(content) => save(&name, &content),
                Err(error) => session::complain(error.text()),
            }
        });
    };
    view! {
        <button
            type="button" class="lnk attachment" on:click=download
            aria-label=move || t_with("message.download_attachment", &[("name", &label), ("size", &size(bytes))])
        >
            <Icon name="paperclip"/><bdi>{file}</bdi>
        </button>
    }
    .into_any()
}

/// The message as it was received: its headers at once, the rest on demand (QUA-19, QUA-20).
#[component]
pub fn RawTab(
    /// Where the message is.
    place: MessagePlace,
    /// Its headers.
    headers: Vec<Header>,
) -> impl IntoView {
    let raw = RwSignal::new(None::<Vec<u8>>);
    let is_loading = RwSignal::new(false);
    let file = format!("{}.eml", place.id);
    let load = move |_| {
        let place = place.clone();
        is_loading.set(true);
        spawn_local(async move {
            match requests::raw(&place).await {
                Ok(bytes) => raw.set(Some(bytes)),
                Err(error) => session::complain(error.text()),
            }
            is_loading.set(false);
        });
    };
    let list = headers
        .into_iter()
        .map(|header| {
            let is_ours = header.name.to_ascii_lowercase().contains("gatepost");
            view! { <div class:ours=is_ours><dt>{header.name}":"</dt><dd>{header.value}</dd></div> }
        })
        .collect_view();
    view! {
        <dl class="headers mono" dir="ltr" class:hidden=move || raw.with(Option::is_some)>{list}</dl>
        <Show
            when=move || raw.with(Option::is_some)
            fallback=move || view! {
                <button type="button" class="btn" disabled=is_loading on:click=load.clone()>
                    <Icon name="download"/>{move || t("message.load_raw")}
                </button>
            }
        >
            <RawBody raw file=file.clone()/>
        </Show>
    }
    .into_any()
}

#[component]
fn RawBody(raw: RwSignal<Option<Vec<u8>>>, file: String) -> impl IntoView {
    let is_cut = move || raw.with(|raw| raw.as_ref().is_some_and(|bytes| bytes.len() > SHOWN_BYTES));
    let text = move || {
        raw.with(|raw| {
            let bytes = raw.as_deref().unwrap_or_default();
            let shown = bytes.get(..SHOWN_BYTES).unwrap_or(bytes);
            String::from_utf8_lossy(shown).into_owned()
        })
    };
    let download = move |_| raw.with(|raw| save(&file, raw.as_deref().unwrap_or_default()));
    view! {
        <div class="subhead">
            <p class="muted small">{move || t("message.raw_warning")}</p>
            <button type="button" class="btn sm end" on:click=download>
                <Icon name="download"/>{move || t("message.save_raw")}
            </button>
        </div>
        <pre class="raw mono" dir="ltr" tabindex="0">{text}</pre>
        <Show when=is_cut><p class="muted small">{move || t("message.raw_cut")}</p></Show>
    }
    .into_any()
}
