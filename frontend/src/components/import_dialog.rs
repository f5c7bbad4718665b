//! Adding from a CSV file: the file is dropped or chosen, first only checked, then added. The work goes on by itself
//! when the dialog is closed; the page of jobs has the rest.

use super::{dialog::Dialog, icon::Icon, job_progress::JobProgress};
use crate::{
    api::{self, ApiError},
    events,
    i18n::{t, t_count, t_with},
    scope::Scope,
    session,
};
use contract::{
    events::Event,
    ids::JobId,
    jobs::{DomainImport, GET_JOB, IMPORT_DOMAINS, IMPORT_USERS, Job, UserImport},
    permission::Role,
};
use leptos::{prelude::*, task::spawn_local};
use web_sys::{DragEvent, File};

/// The most bytes of a file.
const LARGEST: f64 = 50.0 * 1024.0 * 1024.0;

/// What is imported.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Import {
    /// Domains (PER-05).
    Domains,
    /// Users of a role (USR-05).
    Users(Role),
}

impl Import {
    async fn send(self, file: &File, dry_run: bool) -> Result<Job, ApiError> {
        let file = ("text/csv", file);
        match self {
            Self::Domains => api::upload(&IMPORT_DOMAINS, &[], &DomainImport { dry_run }, file).await,
            Self::Users(role) => api::upload(&IMPORT_USERS, &[], &UserImport { role, dry_run }, file).await,
        }
    }

    /// A file to begin with.
    const fn example(self) -> &'static str {
        match self {
            Self::Domains => "domain,routes,reseller\nexample.com,mx1.example.net:25 mx2.example.net,\n",
            Self::Users(Role::Domain) => {
                "username,domain,password,status\nanna,example.com,Long-Secret-1,active\n"
            }
            Self::Users(_) => "username,domain,password,status\nanna,example.com,Secret1,active\n",
        }
    }

    const fn format(self) -> &'static str {
        match self {
            Self::Domains => "import.format_domains",
            Self::Users(_) => "import.format_users",
        }
    }
}

/// What the dialog knows.
#[derive(Clone, Copy)]
struct State {
    kind: Import,
    file: RwSignal<Option<File>, LocalStorage>,
    is_trial: RwSignal<bool>,
    job: RwSignal<Option<Job>>,
    error: RwSignal<Option<String>>,
    is_sending: RwSignal<bool>,
    is_over: RwSignal<bool>,
}

impl State {
    fn take(self, file: Option<File>) {
        self.error.set(None);
        self.job.set(None);
        self.is_trial.set(true);
        match file {
            Some(file) if file.size() > LARGEST => self.error.set(Some(t("import.too_large"))),
            Some(file) if file.size() <= 0.0 => self.error.set(Some(t("import.empty"))),
            file => self.file.set(file),
        }
    }

    fn start(self) {
        let Some(file) = self.file.get_untracked() else {
            self.error.set(Some(t("import.choose_first")));
            return;
        };
        let dry_run = self.is_trial.get_untracked();
        self.error.set(None);
        self.is_sending.set(true);
        spawn_local(async move {
            let sent = self.kind.send(&file, dry_run).await;
            // The dialog may be gone by now; the job goes on.
            self.is_sending.try_set(false);
            match sent {
                Ok(job) => drop(self.job.try_set(Some(job))),
                Err(error) => drop(self.error.try_set(Some(error.text()))),
            }
        });
    }

    /// Looks at the job again.
    fn look(self, id: JobId) {
        spawn_local(async move {
            if let Ok(job) = api::call(&GET_JOB, &[&id.0], &(), &()).await {
                self.job.try_set(Some(job));
            }
        });
    }
}

/// The dialog; `changed` is called when lines were added.
#[component]
pub fn ImportDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What is imported.
    kind: Import,
    /// Whose page it is on: where the list of jobs is.
    scope: Scope,
    /// Called when something was added.
    #[prop(into)]
    changed: Callback<()>,
) -> impl IntoView {
    let state = State {
        kind,
        file: RwSignal::new_local(None),
        is_trial: RwSignal::new(true),
        job: RwSignal::new(None),
        error: RwSignal::new(None),
        is_sending: RwSignal::new(false),
        is_over: RwSignal::new(false),
    };
    let jobs = StoredValue::new(scope.path("jobs"));
    Effect::new(move || {
        if open.get() {
            state.take(None);
            state.file.set(None);
        }
    });
    events::on(move |event| {
        let Event::Job { job, state: now, .. } = event else { return };
        let is_ours = state.job.with_untracked(|known| known.as_ref().is_some_and(|known| known.id == *job));
        if is_ours {
            state.look(job.clone());
            if now.is_over() && !state.is_trial.get_untracked() {
                changed.run(());
                session::say(t("import.over"));
            }
        }
    });
    view! {
        <Dialog open title=Signal::derive(|| t("import.title")) drawer=true>
            <div class="bd stack">
                <p class="t2">{t(kind.format())}</p>
                <p class="small"><button type="button" class="lnk" on:click=move |_| super::mail_download::save("example.csv", kind.example().as_bytes())>{t("import.example")}</button></p>
                <FileDrop state/>
                <label class="row"><input type="checkbox" prop:checked=move || state.is_trial.get() on:change:target=move |event| state.is_trial.set(event.target().checked())/>{t("import.check_first")}</label>
                <div role="alert">{move || state.error.get().map(|why| view! { <p class="note bad"><Icon name="circle-alert"/><span>{why}</span></p> })}</div>
                <div aria-live="polite">{move || state.job.get().map(|job| outcome(&job, &jobs.get_value()))}</div>
            </div>
            <footer>
                <button type="button" class="btn" on:click=move |_| open.set(false)>{t("panel.close")}</button>
                {move || buttons(state)}
            </footer>
        </Dialog>
    }
    .into_any()
}

/// Checking first; when that is done, adding.
fn buttons(state: State) -> AnyView {
    let is_busy =
        state.is_sending.get() || state.job.with(|job| job.as_ref().is_some_and(|job| !job.state.is_over()));
    let was_tried =
        state.job.with(|job| job.as_ref().is_some_and(|job| job.is_dry_run && job.state.is_over()));
    let label = match (was_tried, state.is_trial.get()) {
        (false, true) => "import.check",
        _ => "import.start",
    };
    let start = move |_| {
        if was_tried {
            state.is_trial.set(false);
        }
        state.start();
    };
    let is_done = state.job.with(|job| job.as_ref().is_some_and(|job| !job.is_dry_run));
    (!is_done).then(|| view! { <button type="button" class="btn pri" disabled=is_busy on:click=start><Icon name="upload"/>{t(label)}</button> }).into_any()
}

/// What became of the lines so far, and where the rest is.
fn outcome(job: &Job, jobs: &str) -> AnyView {
    let counts = if job.is_dry_run { "import.counts_trial" } else { "import.counts" };
    let words = t_with(
        counts,
        &[
            ("added", &job.added.to_string()),
            ("skipped", &job.skipped.to_string()),
            ("failed", &job.failed.to_string()),
        ],
    );
    let narrowed = if job.failed > 0 { "?outcome=failed" } else { "" };
    let address = format!("{jobs}/{}{narrowed}", job.id.0);
    let failed = (job.failed > 0).then(|| t_count("import.see_failed", job.failed));
    view! {
        <div class="stack">
            <JobProgress job=job.clone()/>
            <p>{words}</p>
            <p><a href=address>{failed.unwrap_or_else(|| t("import.see"))}</a></p>
        </div>
    }
    .into_any()
}

/// Where a file is dropped or chosen.
#[component]
fn FileDrop(state: State) -> impl IntoView {
    let drop = move |event: DragEvent| {
        event.prevent_default();
        state.is_over.set(false);
        state.take(event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)));
    };
    let over = move |event: DragEvent| {
        event.prevent_default();
        state.is_over.set(true);
    };
    let name = move || state.file.with(|file| file.as_ref().map(File::name));
    view! {
        <label class="drop" class:over=move || state.is_over.get() on:drop=drop on:dragover=over on:dragleave=move |_| state.is_over.set(false)>
            <Icon name="upload"/>
            <span>{move || name().unwrap_or_else(|| t("import.drop"))}</span>
            <input class="vh" type="file" accept=".csv,.txt,text/csv" aria-label=t("import.drop")
                on:change:target=move |event| state.take(event.target().files().and_then(|files| files.get(0)))/>
        </label>
    }
    .into_any()
}
