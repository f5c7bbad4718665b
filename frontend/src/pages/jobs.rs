//! Long work (D12): what was begun, how far it is, and what became of each line.

use crate::{
    api,
    components::{
        badge::Mark,
        icon::Icon,
        job_progress::JobProgress,
        list_page::{List, ListCard, ListFilter, Row, Rows, column, export},
        mail_times::moment,
        menu::Act,
        page_head::PageHead,
        states::{Empty, Skeleton, Trouble},
    },
    events,
    i18n::{t, t_with},
    scope::Scope,
    session,
};
use contract::{
    events::Event,
    jobs::{
        GET_JOB, Job, JobKind, JobLine, JobLineQuery, JobQuery, JobState, LIST_JOB_LINES, LIST_JOBS,
        LineOutcome, STOP_JOB,
    },
};
use leptos::{prelude::*, task::spawn_local};

/// The list, or one job.
pub fn page(scope: Scope, job: Option<String>) -> AnyView {
    match job {
        None => view! { <Jobs scope/> }.into_any(),
        Some(id) => view! { <OneJob scope id/> }.into_any(),
    }
}

#[component]
fn Jobs(scope: Scope) -> impl IntoView {
    let place = StoredValue::new(scope.path("jobs"));
    let list = List::new(move |list, search| {
        let state = list.address.get("state");
        let query = JobQuery {
            state: state.and_then(|name| JobState::from_name(&name)),
            limit: search.limit,
            cursor: search.cursor,
        };
        Box::pin(async move {
            let page = api::call(&LIST_JOBS, &[], &query, &()).await?;
            Ok(Rows::of(page, move |job| row(list, place, job)))
        })
    });
    events::on_gathered(|event| u32::from(matches!(event, Event::Job { .. })), move |_| list.refresh());
    let states = std::iter::once(("", t("jobs.state_any")))
        .chain(JobState::ALL.map(|state| (state.name(), t(&format!("job.state.{}", state.name())))))
        .collect();
    let columns = vec![
        column("jobs.kind"),
        column("jobs.state"),
        column("jobs.lines"),
        column("jobs.owner"),
        column("jobs.begun"),
    ];
    let empty =
        ViewFn::from(|| view! { <Empty icon="hourglass" title="jobs.empty" text="jobs.empty_text"/> });
    view! {
        <PageHead scope title="jobs.title" intro=Signal::derive(|| t("jobs.about"))/>
        <search class="fbar"><ListFilter list name="state" label="jobs.state" choices=states/></search>
        <ListCard list title="jobs.title" columns empty/>
    }
    .into_any()
}

/// What a job does, and for whom.
fn kind(job: &Job) -> String {
    let kind = t(&format!("job.kind.{}", job.kind.name()));
    if job.is_dry_run { t_with("jobs.trial", &[("kind", &kind)]) } else { kind }
}

fn counts(job: &Job) -> String {
    t_with(
        match job.kind {
            JobKind::CheckMx => "mx.counts",
            _ if job.is_dry_run => "import.counts_trial",
            _ => "import.counts",
        },
        &[
            ("added", &job.added.to_string()),
            ("skipped", &job.skipped.to_string()),
            ("failed", &job.failed.to_string()),
        ],
    )
}

fn row(list: List, place: StoredValue<String>, job: &Job) -> Row {
    let address = format!("{}/{}", place.get_value(), job.id.0);
    let id = job.id.0.clone();
    let stopped = Callback::new(move |()| list.refresh());
    let acts = if job.state.is_over() {
        Vec::new()
    } else {
        vec![Act::bad("jobs.stop", "ban", move || stop(id.clone(), stopped))]
    };
    Row {
        id: job.id.0.clone(),
        name: kind(job),
        cells: vec![
            view! { <a class="b" href=address>{kind(job)}</a> }.into_any(),
            view! { <JobProgress job=job.clone()/> }.into_any(),
            counts(job).into_any(),
            view! { <bdi>{job.owner.clone()}</bdi> }.into_any(),
            view! { <span class="num">{moment(&job.created_at.0)}</span> }.into_any(),
        ],
        acts,
    }
}

fn stop(id: String, stopped: Callback<()>) {
    spawn_local(async move {
        match api::call(&STOP_JOB, &[&id], &(), &()).await {
            Ok(_) => session::say(t("jobs.stops")),
            Err(error) => session::complain(error.text()),
        }
        stopped.run(());
    });
}

#[component]
fn OneJob(scope: Scope, id: String) -> impl IntoView {
    let id = StoredValue::new(id);
    let job =
        LocalResource::new(move || async move { api::call(&GET_JOB, &[&id.get_value()], &(), &()).await });
    let again = Callback::new(move |()| job.refetch());
    let list = List::new(move |list, search| {
        let outcome = list.address.get("outcome");
        let query = JobLineQuery {
            outcome: outcome.and_then(|name| LineOutcome::from_name(&name)),
            limit: search.limit,
            cursor: search.cursor,
        };
        Box::pin(async move {
            Ok(Rows::of(api::call(&LIST_JOB_LINES, &[&id.get_value()], &query, &()).await?, line))
        })
    });
    let is_ours = move |event: &Event| {
        u32::from(matches!(event, Event::Job { job, .. } if id.with_value(|id| *id == job.0)))
    };
    events::on_gathered(is_ours, move |_| {
        job.refetch();
        list.refresh();
    });
    let save = move |_| {
        let outcome = untrack(|| list.address.get("outcome")).and_then(|name| LineOutcome::from_name(&name));
        let query = JobLineQuery { outcome, ..JobLineQuery::default() };
        export("lines.csv", async move { api::csv(&LIST_JOB_LINES, &[&id.get_value()], &query).await });
    };
    let outcomes = std::iter::once(("", t("jobs.outcome_any")))
        .chain(LineOutcome::ALL.map(|one| (one.name(), t(&format!("job.outcome.{}", one.name())))))
        .collect();
    let columns =
        vec![column("jobs.line"), column("jobs.target"), column("jobs.outcome"), column("jobs.reason")];
    let empty =
        ViewFn::from(|| view! { <Empty icon="hourglass" title="jobs.no_lines" text="jobs.no_lines_text"/> });
    let back = scope.path("jobs");
    view! {
        <PageHead scope title="jobs.one" intro=Signal::derive(|| t("jobs.one_about"))>
            <a class="btn" href=back><Icon name="arrow-left"/>{t("jobs.back")}</a>
            <button type="button" class="btn" on:click=save><Icon name="download"/>{t("list.export")}</button>
        </PageHead>
        <Transition fallback=|| view! { <div class="card"><Skeleton lines=2/></div> }>
            {move || job.get().map(|job| match job {
                Err(error) => view! { <div class="card"><Trouble error again/></div> }.into_any(),
                Ok(job) => summary(job, again),
            })}
        </Transition>
        <search class="fbar"><ListFilter list name="outcome" label="jobs.outcome" choices=outcomes/></search>
        <ListCard list title="jobs.lines" columns empty/>
    }
    .into_any()
}

fn summary(job: Job, again: Callback<()>) -> AnyView {
    let id = job.id.0.clone();
    let is_over = job.state.is_over();
    view! {
        <section class="card"><div class="pad stack">
            <h2>{kind(&job)}</h2>
            <p>{counts(&job)}</p>
            <JobProgress job/>
            {(!is_over).then(|| view! { <p><button type="button" class="btn bad" on:click=move |_| stop(id.clone(), again)><Icon name="ban"/>{t("jobs.stop")}</button></p> })}
        </div></section>
    }
    .into_any()
}

fn line(line: &JobLine) -> Row {
    let (tone, icon) = match line.outcome {
        LineOutcome::Added => ("ok", "check"),
        LineOutcome::Skipped => ("neu", "copy"),
        LineOutcome::InOrder => ("ok", "check"),
        LineOutcome::Failed => ("bad", "circle-alert"),
    };
    let reason = line.reason.as_deref().map(|reason| view! { <span>{t(reason)}</span> });
    let field = line.field.clone().map(|field| view! { <code>{field}</code>" " });
    Row {
        id: line.line.to_string(),
        name: line.target.clone(),
        cells: vec![
            view! { <span class="num">{line.line}</span> }.into_any(),
            view! { <bdi>{line.target.clone()}</bdi> }.into_any(),
            view! { <Mark tone icon text=t(&format!("job.outcome.{}", line.outcome.name()))/> }.into_any(),
            view! { <span>{field}{reason}</span> }.into_any(),
        ],
        acts: Vec::new(),
    }
}
