//! The confirmation of a release: what it does, and the warning that it also teaches (QUA-06, QUA-09, QUA-24).

use super::{icon::Icon, mail_actions::MailActions, mail_words::subject};
use crate::{
    i18n::{t, t_count, t_with},
    session,
};
use contract::permission::Permission;
use leptos::{html::Dialog, prelude::*};

/// The dialog that stands between a release and its mail. Closed while [`MailActions::releasing`] is empty.
#[component]
pub fn ReleaseDialog(
    /// The actions it belongs to.
    actions: MailActions,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let with_virus = RwSignal::new(false);
    Effect::new(move || {
        let is_wanted = actions.releasing.with(|targets| !targets.is_empty());
        let Some(dialog) = dialog.get() else { return };
        if is_wanted && !dialog.open() {
            with_virus.set(false);
            // The browser shows a dialog that is in the document and not open, which this one is.
            drop(dialog.show_modal());
        } else if !is_wanted && dialog.open() {
            dialog.close();
        }
    });
    let count = move || actions.releasing.with(Vec::len);
    let viruses = move || actions.releasing.with(|targets| targets.iter().filter(|one| one.is_virus).count());
    let title = move || {
        actions.releasing.with(|targets| match targets.as_slice() {
            [one] => t_with("release.title_one", &[("subject", &subject(&one.subject))]),
            many => t_count("release.title", many.len()),
        })
    };
    let is_void = move || viruses() == count() && !with_virus.get();
    view! {
        <dialog class="dlg" node_ref=dialog aria-labelledby="release-title" on:close=move |_| actions.releasing.set(vec![])>
            <header><h2 id="release-title" class="ud">{title}</h2></header>
            <div class="bd">
                <p>{move || t_count("release.text", count())}</p>
                <p class="note warn"><Icon name="triangle-alert"/><span>{move || t("release.warning")}</span></p>
                <Show when=move || { viruses() > 0 }><VirusChoice viruses=Signal::derive(viruses) with_virus/></Show>
            </div>
            <footer>
                <button type="button" class="btn" autofocus=true on:click=move |_| actions.releasing.set(vec![])>
                    {move || t("release.cancel")}
                </button>
                <button type="button" class="btn" disabled=is_void on:click=move |_| actions.release(true, with_virus.get_untracked())>
                    <Icon name="thumbs-up"/>{move || t("release.train")}
                </button>
                <button type="button" class="btn pri" disabled=is_void on:click=move |_| actions.release(false, with_virus.get_untracked())>
                    <Icon name="send"/>{move || t("release.only")}
                </button>
            </footer>
        </dialog>
    }
    .into_any()
}

/// Malware stays where it is, unless an administrator says otherwise (QUA-24).
#[component]
fn VirusChoice(viruses: Signal<usize>, with_virus: RwSignal<bool>) -> impl IntoView {
    if !session::can(Permission::QuarantineReleaseVirus) {
        return view! {
            <p class="note bad"><Icon name="bug"/><span>{move || t_count("release.viruses_stay", viruses.get())}</span></p>
        }
        .into_any();
    }
    view! {
        <label class="note bad">
            <input
                type="checkbox" prop:checked=move || with_virus.get()
                on:change=move |event| with_virus.set(event_target_checked(&event))
            />
            <span>{move || t_count("release.with_viruses", viruses.get())}</span>
        </label>
    }
    .into_any()
}

/// Asks before a whole quarantine is emptied, naming how many messages that are (QUA-08).
#[component]
pub fn EmptyDialog(
    /// Whether it is open.
    is_open: RwSignal<bool>,
    /// How many messages it is about.
    #[prop(into)]
    count: Signal<u64>,
    /// Whether the list is narrowed by a search, within which it then stays.
    #[prop(into)]
    is_narrowed: Signal<bool>,
    /// Does it.
    confirm: Callback<()>,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let typed = RwSignal::new(String::new());
    Effect::new(move || {
        let is_wanted = is_open.get();
        let Some(dialog) = dialog.get() else { return };
        if is_wanted && !dialog.open() {
            typed.set(String::new());
            drop(dialog.show_modal());
        } else if !is_wanted && dialog.open() {
            dialog.close();
        }
    });
    let number = move || usize::try_from(count.get()).unwrap_or(usize::MAX);
    // Very many at once ask for the number to be written (ux 3.12, level 3).
    let must_type = move || count.get() > 1000;
    let is_ready = move || !must_type() || typed.get().trim() == count.get().to_string();
    view! {
        <dialog class="dlg" node_ref=dialog aria-labelledby="empty-title" on:close=move |_| is_open.set(false)>
            <header><h2 id="empty-title">{move || t_count("empty.title", number())}</h2></header>
            <div class="bd">
                <p>{move || t(if is_narrowed.get() { "empty.narrowed" } else { "empty.all" })}</p>
                <p>{move || t("empty.level")}</p>
                <Show when=must_type>
                    <label class="typed">
                        <span class="b">{move || t_with("empty.type", &[("count", &count.get().to_string())])}</span>
                        <input class="in" inputmode="numeric" prop:value=typed on:input=move |event| typed.set(event_target_value(&event))/>
                    </label>
                </Show>
            </div>
            <footer>
                <button type="button" class="btn" autofocus=true on:click=move |_| is_open.set(false)>
                    {move || t("empty.cancel")}
                </button>
                <button
                    type="button" class="btn solidbad" disabled=move || !is_ready()
                    on:click=move |_| { is_open.set(false); confirm.run(()); }
                >{move || t_count("empty.confirm", number())}</button>
            </footer>
        </dialog>
    }
    .into_any()
}
