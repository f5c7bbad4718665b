//! One held message with its tabs and actions: the same in the panel beside a list and on a page of its own
//! (QUA-03, QUA-16 … QUA-22).

use super::{
    badge::Badge,
    icon::Icon,
    mail_actions::{MailActions, Target},
    mail_content::{AttachmentsTab, NormalTab, RawTab},
    mail_requests::{self as requests, MessagePlace},
    mail_times::moment,
    mail_words::subject,
    why::{WhyPanel, score_text},
};
use crate::{
    i18n::{t, t_count, t_with},
    session,
};
use contract::{
    messages::{QuarantineItem, QuarantineMessage},
    permission::Permission,
};
use leptos::prelude::*;

/// The tabs, by their name in the address.
const TABS: [&str; 4] = ["normal", "raw", "attachments", "why"];

/// The tab after or before this one, for the keys `[` and `]`.
pub fn neighbour(tab: &str, tabs: &[&'static str], forwards: bool) -> Option<&'static str> {
    let place = tabs.iter().position(|one| *one == tab).unwrap_or(0);
    let place = if forwards { place + 1 } else { place.checked_sub(1)? };
    tabs.get(place).copied()
}

/// The open tab: the first one where the address names none. It may be asked for by what is just being taken away,
/// together with the page that knew it; then it is the first one, too.
pub fn open_tab(open: Memo<String>, tabs: &[&'static str]) -> &'static str {
    let name = open.try_get().unwrap_or_default();
    tabs.iter().copied().find(|tab| *tab == name).or_else(|| tabs.first().copied()).unwrap_or_default()
}

/// The tabs of a held message.
pub const fn message_tabs() -> &'static [&'static str] {
    &TABS
}

/// A row of tabs with one panel; the open tab is in the address.
#[component]
pub fn TabRow(
    /// Their names; texts are `<prefix>.tab_<name>`.
    tabs: &'static [&'static str],
    /// What their texts begin with.
    prefix: &'static str,
    /// The open one, as the address has it.
    open: Memo<String>,
    /// Opens another one.
    choose: Callback<&'static str>,
    /// Numbers beside a tab.
    #[prop(optional_no_strip)]
    counts: Option<(&'static str, usize)>,
) -> impl IntoView {
    let tab = move |name: &'static str| {
        let count = counts.filter(|(of, count)| *of == name && *count > 0).map(|(_, count)| count);
        view! {
            <button
                type="button" role="tab" id=format!("tab-{name}") aria-controls="tab-panel"
                aria-selected=move || (open_tab(open, tabs) == name).to_string()
                tabindex=move || if open_tab(open, tabs) == name { "0" } else { "-1" }
                on:click=move |_| choose.run(name)
            >
                {move || t(&format!("{prefix}.tab_{name}"))}
                {count.map(|count| view! { <span class="n">{count}</span> })}
            </button>
        }
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let forwards = match event.key().as_str() {
            "ArrowRight" => true,
            "ArrowLeft" => false,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(name) = neighbour(&open.get_untracked(), tabs, forwards) {
            choose.run(name);
            if let Some(button) = document().get_element_by_id(&format!("tab-{name}")) {
                super::mail_keys::focus(&button);
            }
        }
    };
    view! {
        <div class="tabs in-panel" role="tablist" on:keydown=keys>
            {tabs.iter().map(|name| tab(name)).collect_view()}
        </div>
    }
    .into_any()
}

/// A held message, loaded by its place. What may be done with it is `actions`.
#[component]
pub fn HeldMessage(
    /// Where it is.
    place: MessagePlace,
    /// What can be done.
    actions: MailActions,
    /// The open tab, as the address has it.
    tab: Memo<String>,
    /// Opens another tab.
    choose: Callback<&'static str>,
    /// What stands at the end of the title row: close, or nothing.
    #[prop(optional, into)]
    corner: ViewFnOnce,
) -> impl IntoView {
    let wanted = place.clone();
    let message = LocalResource::new(move || {
        let place = wanted.clone();
        async move { requests::held(&place).await }
    });
    let again = Callback::new(move |()| message.refetch());
    let content = move || {
        message.get().map(|answer| match answer {
            Ok(message) => view! {
                <MessageHead item=message.item.clone() is_releasable=message.is_releasable actions/>
                <MessageTabs place=place.clone() message tab choose/>
            }
            .into_any(),
            Err(error) => view! { <super::states::Trouble error again/> }.into_any(),
        })
    };
    view! {
        <div class="corner">{corner.run()}</div>
        <Transition fallback=|| view! { <super::mail_states::MessageSkeleton/> }>{content}</Transition>
    }
    .into_any()
}

#[component]
fn MessageHead(item: QuarantineItem, is_releasable: bool, actions: MailActions) -> impl IntoView {
    let target = Target::from(&item);
    let id = item.id;
    let title = item.subject.clone();
    let badges = head_badges(&item);
    let release = (session::can(Permission::QuarantineRelease)).then(|| {
        view! {
            <button
                type="button" class="btn sm pri" disabled=move || !is_releasable || actions.is_busy.get()
                title=move || if is_releasable { String::new() } else { t("message.not_releasable") }
                on:click=move |_| actions.ask_to_release(vec![target.clone()])
            ><Icon name="send"/>{move || t("mail.release")}</button>
        }
    });
    let delete = session::can(Permission::QuarantineDelete).then(|| {
        view! {
            <button
                type="button" class="btn sm bad" disabled=actions.is_busy
                on:click=move |_| actions.delete(vec![id])
            ><Icon name="trash-2"/>{move || t("mail.delete")}</button>
        }
    });
    view! {
        <div class="top2">
            <h2 class="ud"><bdi>{move || subject(&title)}</bdi></h2>
            {badges}
            <div class="row-acts">{delete}{release}</div>
        </div>
    }
    .into_any()
}

fn head_badges(item: &QuarantineItem) -> AnyView {
    let score = item.score;
    let attachments = usize::try_from(item.attachments).unwrap_or(usize::MAX);
    let expires_at = item.expires_at.0.clone();
    view! {
        <div class="badges">
            <Badge classification=item.classification/>
            {score.map(|score| view! {
                <span class="badge line">{move || t_with("mail.score", &[("score", &score_text(score))])}</span>
            })}
            {(attachments > 0).then(|| view! {
                <span class="badge line">
                    <Icon name="paperclip"/>{move || t_count("mail.attachments", attachments)}
                </span>
            })}
            <Released at=item.released_at.clone().map(|at| at.0)/>
            <span class="badge line">{move || t_with("mail.expires", &[("at", &moment(&expires_at))])}</span>
        </div>
    }
    .into_any()
}

/// Says that a message was released already, at whatever level (QUA-10).
#[component]
pub fn Released(
    /// When.
    at: Option<String>,
) -> impl IntoView {
    at.map(|at| {
        view! {
            <span class="badge ok" title=move || moment(&at)>
                <Icon name="check"/>{move || t("mail.already_released")}
            </span>
        }
    })
    .into_any()
}

#[component]
fn MessageTabs(
    place: MessagePlace,
    message: QuarantineMessage,
    tab: Memo<String>,
    choose: Callback<&'static str>,
) -> impl IntoView {
    let attached = message.attached.len();
    let panel = move || {
        let place = place.clone();
        match open_tab(tab, &TABS) {
            "raw" => view! { <RawTab place headers=message.headers.clone()/> }.into_any(),
            "attachments" => view! { <AttachmentsTab place attached=message.attached.clone()/> }.into_any(),
            "why" => view! {
                <WhyPanel
                    classification=message.item.classification score=message.item.score
                    why=message.why.clone() reason=None
                />
                <Origin message=message.clone()/>
            }
            .into_any(),
            _ => view! { <NormalTab place message=message.clone()/> }.into_any(),
        }
    };
    view! {
        <TabRow tabs=&TABS prefix="message" open=tab choose counts=Some(("attachments", attached))/>
        <div
            class="body" role="tabpanel" id="tab-panel" tabindex="0"
            aria-labelledby=move || format!("tab-{}", open_tab(tab, &TABS))
        >{panel}</div>
    }
    .into_any()
}

/// Where the message came from, as the node saw it.
#[component]
fn Origin(message: QuarantineMessage) -> impl IntoView {
    let sender = super::mail_words::sender(&message.item.sender);
    let host = match message.sender_host.as_str() {
        "" => message.sender_ip.clone(),
        name => format!("{name} [{}]", message.sender_ip),
    };
    view! {
        <h3 class="subhead">{move || t("message.origin")}</h3>
        <dl class="kv">
            <dt>{move || t("message.envelope_sender")}</dt><dd><bdi>{sender}</bdi></dd>
            <dt>{move || t("message.envelope_recipient")}</dt><dd><bdi>{message.item.recipient}</bdi></dd>
            <dt>{move || t("message.host")}</dt><dd dir="ltr">{host}</dd>
            <dt>{move || t("message.id")}</dt><dd class="mono" dir="ltr">{message.message_id}</dd>
        </dl>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tabs_end_where_they_end() {
        assert_eq!(neighbour("normal", &TABS, false), None);
        assert_eq!(neighbour("normal", &TABS, true), Some("raw"));
        assert_eq!(neighbour("why", &TABS, true), None);
        assert_eq!(neighbour("", &TABS, true), Some("raw"));
    }
}
