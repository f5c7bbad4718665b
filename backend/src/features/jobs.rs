//! Long work (D12): the list, how far each is, what became of each line, stopping; and the uploads that begin it.

use super::{
    import_lines::Meaning,
    import_table::Inspector,
    job_store::{self as store, JobRow, NewJob},
};
use crate::{
    access::{Caller, scope::Reach},
    audit::{self, Actor, Entry},
    clock::Clock,
    csv_list::{self, CsvRow},
    db::{
        Conn, Db,
        schema::{job_lines, jobs, users},
    },
    error::{ApiError, ApiResult},
    events::{Announcement, Events},
    input::{NoParams, Params},
    paging::PageRequest,
    storage::{BodyKey, Storage, StorageError},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    post,
    web::{Data, Json, Path, Payload},
};
use contract::{
    ids::JobId,
    jobs::{DomainImport, Job, JobKind, JobLine, JobLineQuery, JobQuery, JobState, LineOutcome, UserImport},
    language::{Language, text},
    page::Page,
    permission::{Permission, Role},
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use futures_util::StreamExt;
use utoipa_actix_web::service_config::ServiceConfig;

/// The most bytes of a file.
const LARGEST: u64 = 50 * 1024 * 1024;
/// Jobs of one user that wait or run at the same time.
const AT_ONCE: i64 = 10;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(import_domains)
        .service(import_users)
        .service(list_jobs)
        .service(get_job)
        .service(list_job_lines)
        .service(stop_job);
}

pub(super) type Services = (Data<Db>, Data<Clock>, Data<Storage>, Data<Events>);

/// Adds the domains of a CSV file (PER-05).
///
/// Columns: `domain`, `routes` (separated by blanks), `reseller`; in any order with a first line that names them, or
/// in this order without one. UTF-8, UTF-16 and Windows-1252 are recognised, and so are commas, semicolons and tabs.
/// What is there already, just so, is skipped. With `dry_run` nothing is kept.
#[utoipa::path(tag = "jobs", params(DomainImport), request_body(content = String, content_type = "text/csv", description = "The file, at most 50 MiB"), responses((status = 202, body = Job, description = "Begun; the job tells how far it is")))]
#[post("/api/v1/domains/import")]
async fn import_domains(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    query: Params<DomainImport>,
    body: Payload,
) -> ApiResult<HttpResponse> {
    let meaning = Meaning { kind: JobKind::ImportDomains, role: Role::Guest };
    begin(&request, caller, services, (meaning, query.0.dry_run), body).await
}

/// Adds the users of a CSV file (USR-05).
///
/// Columns: `username`, `domain`, `password`, `status` (1 or 0, `active` or `inactive`), and with a first line that
/// names them also `display_name` and `email`. The user name of an email user is the whole address, or its first part
/// with the domain in its own column. Who is there already is skipped. With `dry_run` nothing is kept.
#[utoipa::path(tag = "jobs", params(UserImport), request_body(content = String, content_type = "text/csv", description = "The file, at most 50 MiB"), responses((status = 202, body = Job, description = "Begun; the job tells how far it is")))]
#[post("/api/v1/users/import")]
async fn import_users(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    query: Params<UserImport>,
    body: Payload,
) -> ApiResult<HttpResponse> {
    if !matches!(query.0.role, Role::Email | Role::Domain) {
        return Err(ApiError::invalid("?role", InvalidCode::UnknownChoice));
    }
    let meaning = Meaning { kind: JobKind::ImportUsers, role: query.0.role };
    begin(&request, caller, services, (meaning, query.0.dry_run), body).await
}

/// Keeps the file and writes down the job.
async fn begin(
    request: &HttpRequest,
    caller: Caller,
    services: Services,
    (meaning, is_dry_run): (Meaning, bool),
    body: Payload,
) -> ApiResult<HttpResponse> {
    let (db, clock, storage, events) = services;
    meaning.demand(&caller)?;
    demand_csv(request)?;
    let id: JobId = clock.new_id();
    let key = BodyKey::upload(&id.0);
    let mut inspector = Inspector::new();
    let looked_at = body.inspect(|chunk| chunk.iter().for_each(|bytes| inspector.look(bytes)));
    storage.put(&key, looked_at, LARGEST).await.map_err(|error| match error {
        StorageError::TooLarge(_) => ApiError::new(ErrorCode::TooLarge),
        StorageError::BrokenOff(_) => ApiError::because(ErrorCode::BadRequest, "the file was cut off"),
        other => ApiError::internal(other),
    })?;
    if inspector.is_empty() {
        storage.remove(&key).await.map_err(ApiError::internal)?;
        return Err(ApiError::invalid("", InvalidCode::Required));
    }
    let job = NewJob {
        is_dry_run,
        encoding: inspector.encoding(),
        total: inspector.lines(),
        ..NewJob::new(&id, meaning, &caller, &clock)?
    };
    accept(caller, (db, clock, storage, events), job).await
}

/// Writes down a job whose lines are kept, and answers with it; if it cannot be, the lines are forgotten.
pub(super) async fn accept(caller: Caller, services: Services, job: NewJob) -> ApiResult<HttpResponse> {
    let (db, clock, storage, events) = services;
    let key = BodyKey::upload(&job.id);
    let written = db.change(move |conn| write(conn, &clock, &caller, &job)).await;
    if written.is_err() {
        storage.remove(&key).await.map_err(ApiError::internal)?;
    }
    let job = written?;
    events.new_jobs();
    let place = format!("/api/v1/jobs/{}", job.id.0);
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, place)).json(job))
}

fn demand_csv(request: &HttpRequest) -> ApiResult<()> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase();
    // What browsers call the files of spreadsheets.
    let known = ["text/csv", "text/plain", "application/csv", "application/vnd.ms-excel"];
    if known.contains(&kind.as_str()) { Ok(()) } else { Err(ApiError::new(ErrorCode::UnsupportedMediaType)) }
}

fn write(conn: &mut Conn, clock: &Clock, caller: &Caller, job: &NewJob) -> ApiResult<Job> {
    let open = [JobState::Queued.name(), JobState::Running.name()];
    let own = jobs::table.filter(jobs::owner_id.eq(&caller.id.0)).filter(jobs::state.eq_any(open));
    if own.count().get_result::<i64>(conn)? >= AT_ONCE {
        return Err(ApiError::because(ErrorCode::LimitReached, "ten jobs wait already: let one of them end"));
    }
    store::insert(conn, job)?;
    let to = Some(serde_json::json!({ "job": job.id, "role": job.role, "is_dry_run": job.is_dry_run }));
    let entry = Entry { action: job.kind, target: &job.id, to, ..Entry::about(caller) };
    audit::record(conn, clock, &Actor::from(caller), entry)?;
    Ok(store::read(conn, &job.id)?.1)
}

/// The jobs that one began, the latest first; administrators see everybody's.
#[utoipa::path(tag = "jobs", params(JobQuery), responses((status = 200, description = "A page of jobs; with `Accept: text/csv` the whole list", content((Page<Job> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/jobs")]
async fn list_jobs(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    query: Params<JobQuery>,
) -> ApiResult<HttpResponse> {
    caller.demand(Permission::JobsView)?;
    let query = query.0;
    let page = page_of(query.limit, query.cursor.as_deref())?;
    if csv_list::is_wanted(&request) {
        return Ok(csv_list::stream(db, "jobs", move |conn, cursor| {
            list(conn, &caller, query.state, &page_of(csv_list::PAGE, cursor)?)
        }));
    }
    let found = db.run(move |conn| list(conn, &caller, query.state, &page)).await?;
    Ok(HttpResponse::Ok().json(found))
}

fn page_of(limit: Option<u32>, cursor: Option<&str>) -> ApiResult<PageRequest> {
    PageRequest::new(limit, cursor, "jobs:-id")
}

fn list(
    conn: &mut Conn,
    caller: &Caller,
    state: Option<JobState>,
    page: &PageRequest,
) -> ApiResult<Page<Job>> {
    let mut rows = jobs::table.inner_join(users::table).into_boxed();
    if caller.reach != Reach::All {
        rows = rows.filter(jobs::owner_id.eq(caller.id.0.clone()));
    }
    if let Some(state) = state {
        rows = rows.filter(jobs::state.eq(state.name()));
    }
    if let Some([id]) = page.key()? {
        let id = id.clone();
        rows = if page.is_backwards() { rows.filter(jobs::id.gt(id)) } else { rows.filter(jobs::id.lt(id)) };
    }
    rows = if page.is_backwards() { rows.order(jobs::id.asc()) } else { rows.order(jobs::id.desc()) };
    let rows: Vec<(JobRow, String)> =
        rows.select((JobRow::as_select(), users::username)).limit(page.rows()).load(conn)?;
    let found = page.page(rows, |(row, _)| vec![row.id.clone()], |(row, owner)| row.told(owner), None);
    let data: ApiResult<Vec<Job>> = found.data.into_iter().collect();
    Ok(Page { data: data?, page: found.page })
}

/// One job.
#[utoipa::path(tag = "jobs", params(("job" = String, Path, description = "The job")), responses((status = 200, body = Job, description = "The job")))]
#[get("/api/v1/jobs/{job}")]
async fn get_job(
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<Json<Job>> {
    let job = db.run(move |conn| {
        caller.demand(Permission::JobsView)?;
        let (row, owner) = store::find(conn, &caller, &path)?;
        row.told(owner)
    });
    Ok(Json(job.await?))
}

/// What became of each line.
#[utoipa::path(tag = "jobs", params(("job" = String, Path, description = "The job"), JobLineQuery), responses((status = 200, description = "A page of lines; with `Accept: text/csv` all of them", content((Page<JobLine> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/jobs/{job}/lines")]
async fn list_job_lines(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    path: Path<String>,
    query: Params<JobLineQuery>,
) -> ApiResult<HttpResponse> {
    caller.demand(Permission::JobsView)?;
    let query = query.0;
    let page = line_page_of(query.limit, query.cursor.as_deref())?;
    let job = db.run(move |conn| Ok(store::find(conn, &caller, &path)?.0)).await?;
    if csv_list::is_wanted(&request) {
        return Ok(csv_list::stream(db, "lines", move |conn, cursor| {
            lines(conn, &job.id, query.outcome, &line_page_of(csv_list::PAGE, cursor)?)
        }));
    }
    let found = db.run(move |conn| lines(conn, &job.id, query.outcome, &page)).await?;
    Ok(HttpResponse::Ok().json(found))
}

fn line_page_of(limit: Option<u32>, cursor: Option<&str>) -> ApiResult<PageRequest> {
    PageRequest::new(limit, cursor, "job_lines:line")
}

/// Line, outcome, target, field, reason.
type LineRow = (i64, String, String, Option<String>, Option<String>);

fn lines(
    conn: &mut Conn,
    job: &str,
    outcome: Option<LineOutcome>,
    page: &PageRequest,
) -> ApiResult<Page<JobLine>> {
    use job_lines::line;
    let mut rows = job_lines::table.filter(job_lines::job_id.eq(job.to_owned())).into_boxed();
    if let Some(outcome) = outcome {
        rows = rows.filter(job_lines::outcome.eq(outcome.name()));
    }
    if let Some([last]) = page.key()? {
        let last = PageRequest::number(last)?;
        rows = if page.is_backwards() { rows.filter(line.lt(last)) } else { rows.filter(line.gt(last)) };
    }
    rows = if page.is_backwards() { rows.order(line.desc()) } else { rows.order(line.asc()) };
    let rows: Vec<LineRow> = rows
        .select((line, job_lines::outcome, job_lines::target, job_lines::field, job_lines::reason))
        .limit(page.rows())
        .load(conn)?;
    let told = |(number, outcome, target, field, reason): LineRow| JobLine {
        line: u64::try_from(number).unwrap_or_default(),
        outcome: LineOutcome::from_name(&outcome).unwrap_or(LineOutcome::Failed),
        target,
        field,
        reason,
    };
    Ok(page.page(rows, |row| vec![row.0.to_string()], told, None))
}

/// Stops a job after the lines that it is at; what was done stays.
#[utoipa::path(tag = "jobs", params(("job" = String, Path, description = "The job")), responses((status = 200, body = Job, description = "It stops, or is over")))]
#[post("/api/v1/jobs/{job}/stop")]
async fn stop_job(caller: Caller, services: Services, path: Path<String>) -> ApiResult<Json<Job>> {
    let (db, clock, _, events) = services;
    let (owner, job) = db
        .change(move |conn| {
            caller.demand(Permission::JobsView)?;
            let (row, _) = store::find(conn, &caller, &path)?;
            store::stop(conn, &row, clock.now())?;
            let entry = Entry { action: "stop_job", target: &row.id, ..Entry::about(&caller) };
            audit::record(conn, &clock, &Actor::from(&caller), entry)?;
            store::read(conn, &row.id)
        })
        .await?;
    events.announce(Announcement::job(owner, &job));
    Ok(Json(job))
}

impl CsvRow for Job {
    const HEAD: &'static [&'static str] =
        &["id", "kind", "state", "owner", "is_dry_run", "total", "added", "skipped", "failed", "created_at"];
    fn cells(self) -> Vec<String> {
        vec![
            self.id.0,
            self.kind.name().to_owned(),
            self.state.name().to_owned(),
            self.owner,
            self.is_dry_run.to_string(),
            self.total.to_string(),
            self.added.to_string(),
            self.skipped.to_string(),
            self.failed.to_string(),
            self.created_at.0,
        ]
    }
}

impl CsvRow for JobLine {
    const HEAD: &'static [&'static str] = &["line", "outcome", "target", "field", "reason", "explanation"];
    fn cells(self) -> Vec<String> {
        let explanation = self.reason.as_deref().map(|reason| text(Language::En, reason).to_owned());
        vec![
            self.line.to_string(),
            self.outcome.name().to_owned(),
            self.target,
            self.field.unwrap_or_default(),
            self.reason.unwrap_or_default(),
            explanation.unwrap_or_default(),
        ]
    }
}
