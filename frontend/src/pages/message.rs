//! One held message on a page of its own, with the way back to the list as it was (QUA-16, QUA-17).

use crate::{
    address::use_address,
    components::{
        icon::Icon,
        mail_actions::{Done, MailActions},
        mail_filters::QuarantineFilter,
        mail_keys::{self, Wish},
        mail_message::{HeldMessage, message_tabs, neighbour},
        mail_release::ReleaseDialog,
        mail_requests::MessagePlace,
        mail_scope::{own_domain, query_string},
        states::Empty,
    },
    i18n::t,
    scope::Scope,
};
use contract::ids::RecordId;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// The page.
#[component]
pub fn Message(
    /// Whose messages these are.
    scope: Scope,
    /// Its id, as the address has it.
    id: String,
) -> impl IntoView {
    let address = use_address();
    let id = id.parse().ok().map(RecordId);
    let domain = scope.reach().or_else(|| untrack(|| address.get("of"))).or_else(own_domain);
    let search = untrack(|| QuarantineFilter::read(|key| address.get(key)).write());
    let back = format!("{}{}", scope.path("quarantine"), query_string(&search));
    let Some(place) = domain.zip(id).map(|(domain, id)| MessagePlace { domain, id }) else {
        return view! { <BackLink address=back/><Empty icon="search-x" title="message.missing" text="error.not_found"/> }.into_any();
    };
    let tab = Memo::new(move |_| address.get("tab").unwrap_or_default());
    let choose = Callback::new(move |tab: &'static str| {
        address.replace(&[("tab", Some(tab.to_owned()))]);
    });
    let round = RwSignal::new(0_u32);
    let (leave, navigate) = (back.clone(), use_navigate());
    let heard = Callback::new(move |(done, _): (Done, Vec<RecordId>)| match done {
        Done::Deleted => navigate(&leave, NavigateOptions::default()),
        Done::Released | Done::Restored => {
            round.try_update(|round| *round = round.wrapping_add(1));
        }
    });
    let actions = MailActions::new(Some(place.domain.clone()), heard);
    mail_keys::listen(move |wish| {
        let is_next = wish == Wish::NextTab;
        let is_meant = is_next || wish == Wish::PreviousTab;
        let next = neighbour(&tab.get_untracked(), message_tabs(), is_next);
        if let Some(tab) = next.filter(|_| is_meant) {
            choose.run(tab);
        }
    });
    view! {
        <BackLink address=back/>
        <h1 class="vh" tabindex="-1">{move || t("message.title")}</h1>
        <section class="card insp full" aria-label=move || t("message.title")>
            {move || { round.track(); view! { <HeldMessage place=place.clone() actions tab choose/> } }}
        </section>
        <ReleaseDialog actions/>
    }
    .into_any()
}

#[component]
fn BackLink(address: String) -> impl IntoView {
    view! {
        <p class="back"><a href=address><Icon name="chevron-left"/>{move || t("message.back")}</a></p>
    }
    .into_any()
}
