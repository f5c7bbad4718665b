//! The quarantine: held messages of a scope, searched, opened, released and deleted (QUA-01 … QUA-15). What is
//! searched for, which page and which message are in the address; only ticks are not.

use crate::{
    components::{
        icon::Icon,
        mail_actions::MailActions,
        mail_download::save_table,
        mail_keys::{self, Wish},
        mail_list::{HeldList, Load},
        mail_message::{HeldMessage, message_tabs, neighbour},
        mail_release::{EmptyDialog, ReleaseDialog},
        mail_requests,
        mail_rows::HeldTable,
        mail_scope::is_mailbox,
        mail_states::{FreshPill, RowSkeleton},
        mail_toolbar::{BulkBar, HeldSearch, HeldViews, Pages, clear, targets, total_text},
        page_head::title_in,
        states::{Empty, Trouble},
    },
    events,
    i18n::{t, t_count},
    pages::message::Message,
    scope::Scope,
    session,
};
use contract::{events::Event, permission::Permission};
use leptos::{prelude::*, task::spawn_local};

/// The page: the list, or the one message that the address names.
pub fn page(scope: Scope, id: Option<String>) -> AnyView {
    match id {
        Some(id) => view! { <Message scope id/> }.into_any(),
        None => view! { <Quarantine scope/> }.into_any(),
    }
}

#[component]
fn Quarantine(scope: Scope) -> impl IntoView {
    let list = HeldList::new(scope.clone());
    let actions =
        MailActions::new(list.reach(), Callback::new(move |(done, ids): (_, Vec<_>)| list.hear(done, &ids)));
    let is_emptying = RwSignal::new(false);
    listen_to_keys(list, actions);
    let is_ours = |event: &Event| u32::from(matches!(event, Event::Quarantine { .. }));
    events::on_gathered(is_ours, move |_| list.look_for_fresh());
    let empty = Callback::new(move |()| empty_quarantine(list));
    view! {
        <div class="flush-page">
            <Head scope list is_emptying/>
            <HeldViews list/>
            <HeldSearch list/>
            <p class="hint-line"><Icon name="info"/><span>{move || t("quarantine.release_note")}</span></p>
            <div class="split" class:single=move || list.open.get().is_none()>
                <section class="card" aria-label=move || t("quarantine.messages")>
                    <Show when=move || list.selection.with(|one| !one.is_empty()) fallback=move || view! { <Pages list place="head"/> }>
                        <BulkBar list actions/>
                    </Show>
                    <FreshPill count=list.fresh show=Callback::new(move |()| list.refresh())/>
                    <Rows list/>
                    <Pages list place="foot"/>
                </section>
                <Inspector list actions/>
            </div>
        </div>
        <ReleaseDialog actions/>
        <EmptyDialog
            is_open=is_emptying confirm=empty
            count=Signal::derive(move || list.total().map_or(0, |total| total.count))
            is_narrowed=Signal::derive(move || list.filter.get().is_narrowed())
        />
    }
    .into_any()
}

#[component]
fn Head(scope: Scope, list: HeldList, is_emptying: RwSignal<bool>) -> impl IntoView {
    let is_mailbox = is_mailbox();
    let title = move || match is_mailbox {
        true => t("quarantine.title_mailbox"),
        false => title_in(&scope, "quarantine.title"),
    };
    let facts = move || match list.total() {
        Some(total) => {
            let count = usize::try_from(total.count).unwrap_or(usize::MAX);
            let held = t_count(if is_mailbox { "quarantine.held_mailbox" } else { "quarantine.held" }, count);
            held.replace("{shown}", &total_text(total.count, total.exact))
        }
        None => t("quarantine.about"),
    };
    let is_void = move || list.total().is_none_or(|total| total.count == 0);
    let delete_all = session::can(Permission::QuarantineDelete).then(|| {
        view! {
            <button type="button" class="btn bad" disabled=is_void on:click=move |_| is_emptying.set(true)>
                <Icon name="trash-2"/>{move || t("quarantine.delete_all")}
            </button>
        }
    });
    view! {
        <div class="head">
            <div>
                <h1 tabindex="-1">{title}</h1>
                <p class="sub">{facts}</p>
            </div>
            <div class="acts">
                <button type="button" class="btn" disabled=is_void on:click=move |_| export(list)>
                    <Icon name="download"/>{move || t("list.export")}
                </button>
                {delete_all}
            </div>
        </div>
    }
    .into_any()
}

/// "3 new": rows never move under the pointer (ux 3.6, rule 10).
#[component]
fn Rows(list: HeldList) -> impl IntoView {
    let again = Callback::new(move |()| list.refresh());
    let is_void = Memo::new(move |_| list.rows.with(Vec::is_empty));
    move || {
        match list.load.get() {
        Load::First if is_void.get() => view! { <div class="tablewrap"><RowSkeleton/></div> }.into_any(),
        Load::Failed(error) => view! { <div class="tablewrap"><Trouble error again/></div> }.into_any(),
        _ if is_void.get() => view! { <div class="tablewrap"><NoRows list/></div> }.into_any(),
        _ => view! { <div class="progress" class:on=move || list.load.get() == Load::Again></div><HeldTable list/> }
            .into_any(),
    }
    }
}

#[component]
fn NoRows(list: HeldList) -> impl IntoView {
    if !list.filter.get_untracked().is_narrowed() {
        return view! { <Empty icon="inbox" title="quarantine.empty_title" text="quarantine.empty_text"/> }
            .into_any();
    }
    view! {
        <Empty icon="search-x" title="quarantine.none_title" text="quarantine.none_text">
            <button type="button" class="btn pri" on:click=move |_| clear(list)>{move || t("list.clear")}</button>
        </Empty>
    }
    .into_any()
}

/// The open message beside the list.
#[component]
fn Inspector(list: HeldList, actions: MailActions) -> impl IntoView {
    let place = Memo::new(move |_| list.place());
    let choose = Callback::new(move |tab: &'static str| list.show_tab(tab));
    let step = move |forwards: bool| {
        if let Some(id) = list.neighbour(forwards) {
            list.show(id);
        }
    };
    let corner = move || {
        view! {
            <button type="button" class="iconbtn sm" aria-label=move || t("mail.previous") on:click=move |_| step(false)><Icon name="chevron-up"/></button>
            <button type="button" class="iconbtn sm" aria-label=move || t("mail.next") on:click=move |_| step(true)><Icon name="chevron-down"/></button>
            <button type="button" class="iconbtn sm" aria-label=move || t("mail.close") on:click=move |_| list.close()><Icon name="x"/></button>
        }
    };
    move || {
        place.get().map(|place| {
            view! {
                <aside class="card insp" aria-label=move || t("mail.preview")>
                    <HeldMessage place actions tab=list.tab choose corner=corner/>
                </aside>
            }
        })
    }
}

fn listen_to_keys(list: HeldList, actions: MailActions) {
    mail_keys::listen(move |wish| match wish {
        Wish::Next | Wish::Previous => step(list, wish == Wish::Next),
        Wish::Open => {
            if let Some(id) = list.row.get_untracked() {
                list.show(id);
            }
        }
        Wish::Leave if list.open.get_untracked().is_some() => list.close(),
        Wish::Leave => list.selection.update(|selection| selection.clear()),
        Wish::Tick | Wish::TickRange => {
            if let Some(id) = list.open.get_untracked().or_else(|| list.row.get_untracked()) {
                list.selection.update(|selection| match wish {
                    Wish::TickRange => selection.extend_to(&list.ids(), id),
                    _ => selection.toggle(id),
                });
            }
        }
        Wish::Release if session::can(Permission::QuarantineRelease) => actions.ask_to_release(targets(list)),
        Wish::Delete if session::can(Permission::QuarantineDelete) => {
            actions.delete(targets(list).into_iter().map(|target| target.id).collect());
        }
        Wish::Search => mail_keys::focus_id("list-search"),
        Wish::NextTab | Wish::PreviousTab => {
            let next = neighbour(&list.tab.get_untracked(), message_tabs(), wish == Wish::NextTab);
            if let Some(tab) = next.filter(|_| list.open.get_untracked().is_some()) {
                list.show_tab(tab);
            }
        }
        Wish::Release | Wish::Delete => {}
    });
}

fn step(list: HeldList, forwards: bool) {
    let Some(id) = list.neighbour(forwards) else { return };
    if list.open.get_untracked().is_some() {
        list.show(id);
    }
    list.row.set(Some(id));
    mail_keys::show_row(&format!("row-{id}"));
}

/// Deletes every message of the search at this level (QUA-08).
fn empty_quarantine(list: HeldList) {
    let (reach, query) = list.request(None);
    spawn_local(async move {
        match mail_requests::empty(&reach, &query).await {
            Ok(emptied) => {
                let count = usize::try_from(emptied.deleted).unwrap_or(usize::MAX);
                session::say(t_count("mail.deleted", count));
                list.close();
            }
            Err(error) => session::complain(error.text()),
        }
        list.refresh();
    });
}

/// Saves all messages of the search, not only this page, as a table (QUA-11).
fn export(list: HeldList) {
    let (reach, query) = list.request(None);
    spawn_local(async move {
        match mail_requests::export_held(&reach, &query).await {
            Ok(table) => save_table("quarantine.csv", &table),
            Err(error) => session::complain(error.text()),
        }
    });
}
