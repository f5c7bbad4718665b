//! What is done with several domains at once: suspending, moving to another reseller, replacing a destination. What a
//! replacement would change is shown before it is done.

use super::resellers::reseller_choices;
use crate::{
    api,
    components::{
        dialog::Dialog,
        form::{Form, FormError, SelectField, Submit, TextField},
        list_page::List,
    },
    i18n::{t, t_count, t_with},
    session,
};
use contract::{
    domains::{ACT_ON_DOMAINS, DomainAction, DomainResult, DomainSelection, Route},
    problem::InvalidCode,
};
use leptos::{prelude::*, task::spawn_local};

/// How many changed domains are shown one by one.
const SHOWN: usize = 50;

/// The dialogs, and the domains they are about.
#[derive(Clone, Copy)]
pub struct DomainChanges {
    list: List,
    chosen: RwSignal<Vec<String>>,
    is_moving: RwSignal<bool>,
    is_rerouting: RwSignal<bool>,
}

impl DomainChanges {
    /// The dialogs of a list.
    pub fn new(list: List) -> Self {
        Self {
            list,
            chosen: RwSignal::default(),
            is_moving: RwSignal::new(false),
            is_rerouting: RwSignal::new(false),
        }
    }

    /// Asks to whom these domains are to be moved.
    pub fn move_to(self, domains: Vec<String>) {
        self.chosen.set(domains);
        self.is_moving.set(true);
    }

    /// Asks which destination is to be replaced in these domains.
    pub fn reroute(self, domains: Vec<String>) {
        self.chosen.set(domains);
        self.is_rerouting.set(true);
    }
}

/// Suspends, resumes or removes domains; those with which it was not done are named with the reason.
pub fn act_on(list: List, action: DomainAction, domains: Vec<String>, done: &'static str) {
    spawn_local(async move {
        let selection = DomainSelection { action, domains, dry_run: false };
        match api::call(&ACT_ON_DOMAINS, &[], &(), &selection).await {
            Ok(answer) => tell(&answer.results, done),
            Err(error) => session::complain(error.text()),
        }
        list.refresh();
    });
}

fn tell(results: &[DomainResult], done: &'static str) {
    let count = results.iter().filter(|one| one.error.is_none()).count();
    if count != 0 {
        session::say(t_count(done, count));
    }
    let failed = results
        .iter()
        .filter_map(|one| Some(format!("{}: {}", one.domain, t(&format!("error.{}", one.error?.name())))));
    let failed = failed.collect::<Vec<_>>().join(" ");
    if !failed.is_empty() {
        session::complain(t_with("users.not_done", &[("what", &failed)]));
    }
}

/// The dialogs.
#[component]
pub fn DomainDialogs(
    /// What they are about.
    changes: DomainChanges,
) -> impl IntoView {
    let moving = Signal::derive(move || t_count("domains.move", changes.chosen.with(Vec::len)));
    view! {
        <Dialog open=changes.is_moving title=moving>{move || view! { <MoveForm changes/> }}</Dialog>
        <Dialog open=changes.is_rerouting title=Signal::derive(|| t("domains.reroute")) drawer=true>
            {move || view! { <RerouteForm changes/> }}
        </Dialog>
    }
    .into_any()
}

#[component]
fn MoveForm(changes: DomainChanges) -> impl IntoView {
    let (form, reseller) = (Form::new(), RwSignal::new(String::new()));
    let choices = reseller_choices("domains.no_reseller", |_| true);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            let reseller = Some(reseller.get_untracked()).filter(|slug| !slug.is_empty());
            let domains = changes.chosen.get_untracked();
            let body = DomainSelection { action: DomainAction::Move { reseller }, domains, dry_run: false };
            let answer = api::call(&ACT_ON_DOMAINS, &[], &(), &body).await?;
            changes.is_moving.set(false);
            tell(&answer.results, "domains.moved");
            changes.list.refresh();
            Ok(())
        });
    };
    view! {
        <form on:submit=submit>
            <div class="bd">
                <p>{t("domains.move_text")}</p>
                <SelectField form at="/action/reseller" label="users.reseller" value=reseller choices/>
                <FormError form/>
            </div>
            <footer>
                <button type="button" class="btn" on:click=move |_| changes.is_moving.set(false)>{t("panel.cancel")}</button>
                <Submit form verb="domains.move_verb"/>
            </footer>
        </form>
    }
    .into_any()
}

#[component]
fn RerouteForm(changes: DomainChanges) -> impl IntoView {
    let (form, from, to) = (Form::new(), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let tried = RwSignal::new(None::<Vec<String>>);
    // What was tried is not what is written any more.
    Effect::new(move || {
        from.track();
        to.track();
        tried.set(None);
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let dry_run = tried.with_untracked(Option::is_none);
        let action = match action(&from.get_untracked(), &to.get_untracked()) {
            Ok(action) => action,
            Err((at, code)) => return form.refuse_value(at, code),
        };
        form.send(async move {
            let body = DomainSelection { action, domains: changes.chosen.get_untracked(), dry_run };
            let results = api::call(&ACT_ON_DOMAINS, &[], &(), &body).await?.results;
            let changed = results.into_iter().filter(|one| one.is_changed && one.error.is_none());
            let names: Vec<String> = changed.map(|one| one.domain).collect();
            if dry_run {
                tried.set(Some(names));
            } else {
                changes.is_rerouting.set(false);
                session::say(t_count("domains.rerouted", names.len()));
                changes.list.refresh();
            }
            Ok(())
        });
    };
    let is_void = move || tried.with(|tried| tried.as_ref().is_some_and(Vec::is_empty));
    let verb = move || t(if tried.with(Option::is_some) { "domains.reroute" } else { "domains.reroute_try" });
    view! {
        <form on:submit=submit>
            <div class="bd">
                <p>{move || t_count("domains.reroute_some", changes.chosen.with(Vec::len))}</p>
                <TextField form at="/action/from" label="domains.from" value=from example="old.example.com:25" first=true/>
                <TextField form at="/action/to" label="domains.to" value=to example="mail.example.com:25"/>
                {move || tried.get().map(preview)}
                <FormError form/>
            </div>
            <footer>
                <button type="button" class="btn" on:click=move |_| changes.is_rerouting.set(false)>{t("panel.cancel")}</button>
                <button type="submit" class="btn pri" disabled=is_void aria-disabled=move || form.is_busy().to_string()>{verb}</button>
            </footer>
        </form>
    }
    .into_any()
}

fn action(from: &str, to: &str) -> Result<DomainAction, (&'static str, InvalidCode)> {
    let read = |text: &str, at| text.parse::<Route>().map_err(|code| (at, code));
    Ok(DomainAction::ChangeDestination { from: read(from, "/action/from")?, to: read(to, "/action/to")? })
}

/// Where something would be changed.
fn preview(names: Vec<String>) -> AnyView {
    let count = names.len();
    view! {
        <div role="status">
            <p class="b">{t_count("domains.reroute_preview", count)}</p>
            <ul class="names">{names.into_iter().take(SHOWN).map(|name| view! { <li><bdi>{name}</bdi></li> }).collect_view()}</ul>
        </div>
    }
    .into_any()
}
