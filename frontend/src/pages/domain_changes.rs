//! What is done with several domains at once: suspending, moving to another reseller, replacing a destination. What a
//! replacement would change is shown before it is done.

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
    accounts::{LIST_RESELLERS, ResellerQuery},
    domains::Route,
    domains_bulk::{
        ACT_ON_DOMAINS, CHANGE_DESTINATION, ChangedDestination, DestinationChange, DomainAction, DomainMove,
        DomainResult, DomainSelection, MOVE_DOMAINS,
    },
    dry_run::DryRun,
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

    /// Asks which destination is to be replaced: in these domains, or in all.
    pub fn reroute(self, domains: Vec<String>) {
        self.chosen.set(domains);
        self.is_rerouting.set(true);
    }
}

/// Suspends, resumes or removes domains; those with which it was not done are named with the reason.
pub fn act_on(list: List, action: DomainAction, domains: Vec<String>, done: &'static str) {
    spawn_local(async move {
        let selection = DomainSelection { action, domains };
        match api::call(&ACT_ON_DOMAINS, &[], &DryRun::default(), &selection).await {
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
    let found = LocalResource::new(|| async {
        let query = ResellerQuery { limit: Some(500), ..ResellerQuery::default() };
        api::call(&LIST_RESELLERS, &[], &query, &()).await.map(|page| page.data).unwrap_or_default()
    });
    let choices = Signal::derive(move || {
        let own = (String::new(), t("domains.no_reseller"));
        let resellers = found.get().unwrap_or_default();
        std::iter::once(own).chain(resellers.into_iter().map(|one| (one.slug, one.name))).collect::<Vec<_>>()
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            let reseller = Some(reseller.get_untracked()).filter(|slug| !slug.is_empty());
            let body = DomainMove { domains: changes.chosen.get_untracked(), reseller };
            let answer = api::call(&MOVE_DOMAINS, &[], &DryRun::default(), &body).await?;
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
                <SelectField form at="/reseller" label="users.reseller" value=reseller choices/>
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
    let tried = RwSignal::new(None::<Vec<ChangedDestination>>);
    // What was tried is not what is written any more.
    Effect::new(move || {
        from.track();
        to.track();
        tried.set(None);
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let is_tried = tried.with_untracked(Option::is_some);
        let body = match change(&from.get_untracked(), &to.get_untracked(), changes.chosen.get_untracked()) {
            Ok(body) => body,
            Err((at, code)) => return form.refuse_value(at, code),
        };
        form.send(async move {
            let query = DryRun { dry_run: Some(!is_tried).filter(|is_dry| *is_dry) };
            let answer = api::call(&CHANGE_DESTINATION, &[], &query, &body).await?.changes;
            if is_tried {
                changes.is_rerouting.set(false);
                session::say(t_count("domains.rerouted", answer.len()));
                changes.list.refresh();
            } else {
                tried.set(Some(answer));
            }
            Ok(())
        });
    };
    let place = move || match changes.chosen.with(Vec::len) {
        0 => t("domains.reroute_all"),
        count => t_count("domains.reroute_some", count),
    };
    let is_void = move || tried.with(|tried| tried.as_ref().is_some_and(Vec::is_empty));
    let verb =
        move || if tried.with(Option::is_some) { t("domains.reroute") } else { t("domains.reroute_try") };
    view! {
        <form on:submit=submit>
            <div class="bd">
                <p>{place}</p>
                <TextField form at="/from_host" label="domains.from" help="domains.from_help" value=from example="old.example.com" first=true/>
                <TextField form at="/to" label="domains.to" value=to example="mail.example.com:25"/>
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

/// What is written as a request; a host alone means every port.
fn change(
    from: &str,
    to: &str,
    domains: Vec<String>,
) -> Result<DestinationChange, (&'static str, InvalidCode)> {
    let old: Route = from.parse().map_err(|code| ("/from_host", code))?;
    let has_port = from.trim() != old.host && from.contains(':');
    Ok(DestinationChange {
        from_port: has_port.then_some(old.port),
        from_host: old.host,
        to: to.parse().map_err(|code| ("/to", code))?,
        domains: Some(domains).filter(|domains| !domains.is_empty()),
    })
}

/// What would be changed.
fn preview(changes: Vec<ChangedDestination>) -> AnyView {
    let written = |routes: &[Route]| routes.iter().map(Route::to_string).collect::<Vec<_>>().join(", ");
    let line = |one: &ChangedDestination| {
        view! { <li><b><bdi>{one.domain.clone()}</bdi></b>" "<del class="mono">{written(&one.before)}</del>" → "<ins class="mono">{written(&one.after)}</ins></li> }
    };
    view! {
        <div class="diff" role="status">
            <p class="b">{t_count("domains.reroute_preview", changes.len())}</p>
            <ul class="small stack">{changes.iter().take(SHOWN).map(line).collect_view()}</ul>
        </div>
    }
    .into_any()
}
