//! The log: every recipient of every connection, searched by all that is known of it, each with what became of it
//! and why (LOG-01 … LOG-34). The address holds the search and the open entry.

use crate::{
    components::{
        badge::Badge,
        filter_bar::{FilterBar, LogFoot},
        icon::Icon,
        mail_actions::{MailActions, Target},
        mail_delivery::DeliveryTimeline,
        mail_download::save_table,
        mail_keys::{self, Wish},
        mail_list::Load,
        mail_log::LogList,
        mail_log_rows::{LogTable, StatusMark},
        mail_message::{TabRow, neighbour, open_tab},
        mail_release::ReleaseDialog,
        mail_requests::{self, MessagePlace},
        mail_scope::{copy_address, is_mailbox, query_string},
        mail_states::{FreshPill, MessageSkeleton, RowSkeleton},
        mail_times::moment_long,
        mail_volume::VolumeBars,
        mail_words::{sender, size, subject},
        page_head::title_in,
        states::{Empty, Trouble},
        why::WhyPanel,
    },
    events,
    i18n::t,
    scope::Scope,
    session,
};
use contract::{
    events::Event,
    messages::{Classification, LogDetail, LogItem},
    permission::Permission,
};
use leptos::{prelude::*, task::spawn_local};

const TABS: [&str; 3] = ["why", "delivery", "details"];

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <LogSearch scope/> }.into_any()
}

#[component]
fn LogSearch(scope: Scope) -> impl IntoView {
    let domain = scope.reach();
    let is_wide = scope == Scope::All;
    let list = LogList::new(domain.clone(), is_wide);
    let actions = MailActions::new(domain.clone(), Callback::new(move |_| list.refresh()));
    listen_to_keys(list);
    let weight = |event: &Event| if let Event::Log { count, .. } = event { *count } else { 0 };
    events::on_gathered(weight, move |count| list.hear(count));
    view! {
        <div class="flush-page">
            <Head scope=scope.clone() list/>
            <FilterBar list domain is_mailbox=is_mailbox()/>
            <div class="split" class:single=move || list.open.get().is_none()>
                <section class="card" aria-label=move || t("log.results")>
                    <VolumeBars list/>
                    <FreshPill count=Signal::derive(move || list.fresh.get().into()) show=Callback::new(move |()| list.refresh())/>
                    <Rows list/>
                    <LogFoot list/>
                </section>
                <Inspector list actions scope/>
            </div>
        </div>
        <ReleaseDialog actions/>
    }
    .into_any()
}

#[component]
fn Head(scope: Scope, list: LogList) -> impl IntoView {
    let title = move || if is_mailbox() { t("log.title") } else { title_in(&scope, "log.title") };
    let export_button = session::can(Permission::LogExport).then(|| {
        view! {
            <button type="button" class="btn" disabled=move || list.rows.with(Vec::is_empty) on:click=move |_| export(list)>
                <Icon name="download"/>{move || t("list.export")}
            </button>
        }
    });
    let is_live = move || list.filter.get().is_live;
    view! {
        <div class="head">
            <div>
                <h1 tabindex="-1">{title}</h1>
                <p class="sub">{move || t("log.about")}</p>
            </div>
            <div class="acts">
                <button type="button" class="btn" aria-pressed=move || is_live().to_string()
                    on:click=move |_| list.search_with(|filter| filter.is_live = !filter.is_live)>
                    <Icon name="refresh-cw"/>{move || t("log.tail")}
                </button>
                <button type="button" class="btn" on:click=|_| copy_address()>
                    <Icon name="link"/>{move || t("list.copy_link")}
                </button>
                {export_button}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Rows(list: LogList) -> impl IntoView {
    let again = Callback::new(move |()| list.refresh());
    let is_void = Memo::new(move |_| list.rows.with(Vec::is_empty));
    move || {
        if !list.is_allowed.get() {
            return view! { <div class="tablewrap"><WideAdvice list/></div> }.into_any();
        }
        match list.load.get() {
            Load::First if is_void.get() => view! { <div class="tablewrap"><RowSkeleton/></div> }.into_any(),
            Load::Failed(error) => view! { <div class="tablewrap"><Trouble error again/></div> }.into_any(),
            _ if is_void.get() => view! { <div class="tablewrap"><NoRows list/></div> }.into_any(),
            _ => view! { <div class="progress" class:on=move || list.load.get() == Load::Again></div><LogTable list/> }
                .into_any(),
        }
    }
}

/// The advice to search one domain rather than all of them (LOG-34).
#[component]
fn WideAdvice(list: LogList) -> impl IntoView {
    view! {
        <Empty icon="search" title="log.wide_title" text="log.wide_text">
            <button type="button" class="btn pri" on:click=move |_| list.refresh()>
                <Icon name="search"/>{move || t("log.wide_search")}
            </button>
        </Empty>
    }
    .into_any()
}

#[component]
fn NoRows(list: LogList) -> impl IntoView {
    let filter = list.filter.get_untracked();
    let is_narrowed = filter.is_narrowed();
    let widen = (filter.range != "28d").then(|| {
        view! {
            <button type="button" class="btn pri" on:click=move |_| list.search_with(|one| one.range = "28d".to_owned())>
                {move || t("log.widen")}
            </button>
        }
    });
    let partial = (is_narrowed && !filter.is_partial).then(|| {
        view! {
            <button type="button" class="btn" on:click=move |_| list.search_with(|one| one.is_partial = true)>
                {move || t("log.try_partial")}
            </button>
        }
    });
    let text = if is_narrowed { "log.none_text" } else { "log.empty_text" };
    view! { <Empty icon="search-x" title="log.none_title" text>{widen}{partial}</Empty> }.into_any()
}

/// The open entry beside the list (LOG-30).
#[component]
fn Inspector(list: LogList, actions: MailActions, scope: Scope) -> impl IntoView {
    let place = Memo::new(move |_| list.place());
    move || {
        place.get().map(|place| {
            let scope = scope.clone();
            view! {
                <aside class="card insp" aria-label=move || t("log.entry")><Entry list place actions scope/></aside>
            }
        })
    }
}

#[component]
fn Entry(list: LogList, place: MessagePlace, actions: MailActions, scope: Scope) -> impl IntoView {
    let entry = LocalResource::new(move || {
        let place = place.clone();
        async move { mail_requests::log_entry(&place).await }
    });
    let again = Callback::new(move |()| entry.refetch());
    let content = move || {
        entry.get().map(|answer| match answer {
            Ok(detail) => view! { <EntryHead item=detail.item.clone() actions scope=scope.clone()/><EntryTabs list detail/> }.into_any(),
            Err(error) => view! { <Trouble error again/> }.into_any(),
        })
    };
    view! {
        <div class="corner">
            <button type="button" class="iconbtn sm" aria-label=move || t("mail.close") on:click=move |_| list.close()><Icon name="x"/></button>
        </div>
        <Transition fallback=|| view! { <MessageSkeleton/> }>{content}</Transition>
    }
    .into_any()
}

#[component]
fn EntryHead(item: LogItem, actions: MailActions, scope: Scope) -> impl IntoView {
    let (title, at) = (item.subject.clone(), item.received_at.0.clone());
    let target =
        Target { id: item.id, subject: item.subject, is_virus: item.classification == Classification::Virus };
    let view_address =
        format!("{}/{}{}", scope.path("quarantine"), item.id, query_string(&[("of", item.domain.clone())]));
    let held = item.is_held.then(|| {
        let release = session::can(Permission::QuarantineRelease).then(|| {
            view! {
                <button type="button" class="btn sm pri" disabled=actions.is_busy on:click=move |_| actions.ask_to_release(vec![target.clone()])>
                    <Icon name="send"/>{move || t("mail.release")}
                </button>
            }
        });
        view! {
            {release}
            <a class="btn sm" href=view_address><Icon name="eye"/>{move || t("log.view_message")}</a>
        }
    });
    view! {
        <div class="top2">
            <h2 class="ud"><bdi>{move || subject(&title)}</bdi></h2>
            <p class="muted small">{move || moment_long(&at)}" · "{item.node}" · "<span class="mono" dir="ltr">{item.message_id}</span></p>
            <div class="badges"><Badge classification=item.classification/><StatusMark status=item.status/></div>
            <div class="row-acts">
                {held}
                <button type="button" class="btn sm" on:click=|_| copy_address()><Icon name="link"/>{move || t("list.copy_link")}</button>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn EntryTabs(list: LogList, detail: LogDetail) -> impl IntoView {
    let choose = Callback::new(move |tab: &'static str| list.show_tab(tab));
    let panel = move || match open_tab(list.tab, &TABS) {
        "delivery" => view! { <DeliveryTimeline detail=detail.clone()/> }.into_any(),
        "details" => view! { <Details detail=detail.clone()/> }.into_any(),
        _ => view! {
            <WhyPanel classification=detail.item.classification score=detail.item.score
                why=detail.why.clone() reason=detail.reason.clone()/>
        }
        .into_any(),
    };
    view! {
        <TabRow tabs=&TABS prefix="log" open=list.tab choose counts=None/>
        <div class="body" role="tabpanel" id="tab-panel" tabindex="0" aria-labelledby=move || format!("tab-{}", open_tab(list.tab, &TABS))>{panel}</div>
    }
    .into_any()
}

/// Every field of an entry (LOG-21 … LOG-29).
#[component]
fn Details(detail: LogDetail) -> impl IntoView {
    let item = detail.item;
    let encrypted = if detail.is_encrypted { "log.encrypted_yes" } else { "log.encrypted_no" };
    let delivered =
        if item.size_delivered == 0 { t("log.none_delivered") } else { size(item.size_delivered) };
    let rows = [
        ("log.sender", sender(&item.sender)),
        ("log.recipient", item.recipient),
        ("log.header_from", detail.header_from),
        ("log.header_to", detail.header_to),
        ("log.sender_host", item.sender_host),
        ("log.field_ip", item.sender_ip),
        ("log.helo", detail.helo),
        ("log.encrypted", t(encrypted)),
        ("log.size_in", size(item.size)),
        ("log.size_out", delivered),
        ("log.reply", detail.reply),
        ("log.field_id", item.message_id),
        ("log.server", item.node),
    ];
    let lines = rows.map(|(key, value)| {
        let value = if value.is_empty() { "–".to_owned() } else { value };
        view! { <dt>{move || t(key)}</dt><dd><bdi>{value}</bdi></dd> }
    });
    view! { <dl class="kv wide">{lines.collect_view()}</dl> }.into_any()
}

fn listen_to_keys(list: LogList) {
    mail_keys::listen(move |wish| match wish {
        Wish::Next | Wish::Previous => {
            if let Some(item) = list.neighbour(wish == Wish::Next) {
                if list.open.get_untracked().is_some() {
                    list.show(&item);
                }
                list.row.set(Some(item.id));
                mail_keys::show_row(&format!("row-{}", item.id));
            }
        }
        Wish::Open => {
            let row = list.row.get_untracked();
            let item =
                list.rows.with_untracked(|rows| rows.iter().find(|item| Some(item.id) == row).cloned());
            if let Some(item) = item {
                list.show(&item);
            }
        }
        Wish::Leave if list.open.get_untracked().is_some() => list.close(),
        Wish::Search => mail_keys::focus_id("list-search"),
        Wish::NextTab | Wish::PreviousTab => {
            if let Some(tab) = neighbour(&list.tab.get_untracked(), &TABS, wish == Wish::NextTab) {
                list.show_tab(tab);
            }
        }
        _ => {}
    });
}

/// Saves all entries of the search, not only those shown, as a table (LOG-19).
fn export(list: LogList) {
    let (reach, query) = list.request(None);
    spawn_local(async move {
        match mail_requests::export_log(&reach, &query).await {
            Ok(table) => save_table("log.csv", &table),
            Err(error) => session::complain(error.text()),
        }
    });
}
