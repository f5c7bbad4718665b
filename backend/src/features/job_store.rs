//! Jobs in the database: who began what, how far it is, and what became of each line. A program that works on a job
//! has it for a while, its lease, and renews it with every part that it commits: if it is killed, another one goes
//! on where it was.

use super::import_lines::Meaning;
use crate::{
    access::{
        Caller, Origin, UserRow,
        credential::{self, Credential},
        scope::Reach,
    },
    audit::Actor,
    clock::{Clock, timestamp},
    db::{
        Conn,
        schema::{job_lines, jobs, users},
    },
    error::{ApiError, ApiResult},
};
use contract::{
    ids::{JobId, SessionId, UserId},
    jobs::{Job, JobKind, JobLine, JobState, LineOutcome},
    permission::Role,
    problem::ErrorCode,
};
use diesel::prelude::*;

/// How long a program has a job for itself without saying that it goes on, in milliseconds.
const LEASE: i64 = 60_000;
/// How long a job that is over can be read.
const KEPT: i64 = 30 * 86_400_000;
/// Lines in one statement: each has six values, and a statement of SQLite may have 32,766.
const LINES: usize = 500;
/// Jobs that end in one transaction: their lines go with them.
const ENDED: i64 = 5;

/// A job to be begun.
#[derive(Insertable)]
#[diesel(table_name = jobs)]
pub(super) struct NewJob {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) owner_id: String,
    pub(super) actor: String,
    pub(super) within_domain: Option<i64>,
    pub(super) role: Option<&'static str>,
    pub(super) is_dry_run: bool,
    pub(super) encoding: &'static str,
    pub(super) total: i64,
    pub(super) done: i64,
    pub(super) added: i64,
    pub(super) skipped: i64,
    pub(super) failed: i64,
    pub(super) is_stop_wanted: bool,
    pub(super) lease_until: i64,
    pub(super) created_at: i64,
}

impl NewJob {
    /// A job of the caller, with nothing done yet; its lines are UTF-8 unless it says otherwise.
    pub(super) fn new(id: &JobId, meaning: Meaning, caller: &Caller, clock: &Clock) -> ApiResult<Self> {
        Ok(Self {
            id: id.0.clone(),
            kind: meaning.kind.name(),
            state: JobState::Queued.name(),
            owner_id: caller.id.0.clone(),
            actor: serde_json::to_string(&Actor::from(caller)).map_err(ApiError::internal)?,
            within_domain: caller.reach.domain_id(),
            role: (meaning.kind == JobKind::ImportUsers).then_some(meaning.role.name()),
            is_dry_run: false,
            encoding: "UTF-8",
            total: 0,
            done: 0,
            added: 0,
            skipped: 0,
            failed: 0,
            is_stop_wanted: false,
            lease_until: 0,
            created_at: clock.now(),
        })
    }
}

/// A job as it is stored.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub(super) struct JobRow {
    pub(super) id: String,
    kind: String,
    state: String,
    pub(super) owner_id: String,
    actor: String,
    within_domain: Option<i64>,
    role: Option<String>,
    pub(super) is_dry_run: bool,
    pub(super) encoding: String,
    total: i64,
    pub(super) done: i64,
    added: i64,
    skipped: i64,
    failed: i64,
    error: Option<String>,
    pub(super) is_stop_wanted: bool,
    created_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
}

impl JobRow {
    /// What it does.
    pub(super) fn kind(&self) -> ApiResult<JobKind> {
        let kind = JobKind::from_name(&self.kind);
        kind.ok_or_else(|| ApiError::internal(format!("job {} is a {:?}", self.id, self.kind)))
    }

    /// The role of the users that it adds.
    pub(super) fn role(&self) -> Role {
        self.role.as_deref().and_then(Role::from_name).unwrap_or(Role::Email)
    }

    /// Who is named in the audit.
    pub(super) fn actor(&self) -> ApiResult<Actor> {
        serde_json::from_str(&self.actor).map_err(ApiError::internal)
    }

    /// Who began it, with the rights that they have now; 401 if they cannot sign in any more.
    pub(super) fn caller(&self, conn: &mut Conn) -> ApiResult<Caller> {
        let user: UserRow = users::table.find(&self.owner_id).select(UserRow::as_select()).first(conn)?;
        // It asks for nothing that needs a session.
        let credential = Credential::Session { id: SessionId(self.id.clone()), confirmed_at: 0 };
        let origin = Origin { ip: String::new(), request_id: String::new() };
        let caller = user.into_caller(conn, credential, origin)?;
        credential::within(conn, caller, self.within_domain)
    }

    /// The job as it is told.
    pub(super) fn told(self, owner: String) -> ApiResult<Job> {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(Job {
            kind: self.kind()?,
            state: JobState::from_name(&self.state).unwrap_or(JobState::Failed),
            owner,
            role: self.role.as_deref().and_then(Role::from_name),
            is_dry_run: self.is_dry_run,
            total: number(self.total),
            done: number(self.done),
            added: number(self.added),
            skipped: number(self.skipped),
            failed: number(self.failed),
            error: self.error.as_deref().and_then(error_of),
            created_at: timestamp(self.created_at),
            started_at: self.started_at.map(timestamp),
            ended_at: self.ended_at.map(timestamp),
            id: JobId(self.id),
        })
    }
}

fn error_of(name: &str) -> Option<ErrorCode> {
    ErrorCode::ALL.into_iter().find(|code| code.name() == name)
}

/// Writes down a job; a program that works on jobs takes it.
pub(super) fn insert(conn: &mut Conn, job: &NewJob) -> ApiResult<()> {
    diesel::insert_into(jobs::table).values(job).execute(conn)?;
    Ok(())
}

/// A job that the caller may know of: one's own, or for administrators anybody's.
pub(super) fn find(conn: &mut Conn, caller: &Caller, id: &str) -> ApiResult<(JobRow, String)> {
    let found: Option<(JobRow, String)> = jobs::table
        .inner_join(users::table)
        .filter(jobs::id.eq(id))
        .select((JobRow::as_select(), users::username))
        .first(conn)
        .optional()?;
    let is_own = |job: &JobRow| caller.reach == Reach::All || job.owner_id == caller.id.0;
    found.filter(|(job, _)| is_own(job)).ok_or_else(ApiError::not_found)
}

/// The job and whose it is, as it is now.
pub(super) fn read(conn: &mut Conn, id: &str) -> ApiResult<(UserId, Job)> {
    let (job, owner): (JobRow, String) = jobs::table
        .inner_join(users::table)
        .filter(jobs::id.eq(id))
        .select((JobRow::as_select(), users::username))
        .first(conn)?;
    Ok((UserId(job.owner_id.clone()), job.told(owner)?))
}

/// Asks a job to stop; one that nobody works on stops at once.
pub(super) fn stop(conn: &mut Conn, job: &JobRow, now: i64) -> ApiResult<()> {
    let row = jobs::table.find(&job.id);
    diesel::update(row.filter(jobs::state.eq(JobState::Queued.name())))
        .set((jobs::state.eq(JobState::Stopped.name()), jobs::ended_at.eq(now)))
        .execute(conn)?;
    diesel::update(row).set(jobs::is_stop_wanted.eq(true)).execute(conn)?;
    Ok(())
}

/// The next job that nobody works on, for this worker alone.
pub(super) fn take(conn: &mut Conn, worker: &str, now: i64) -> ApiResult<Option<JobRow>> {
    let open = jobs::state.eq_any([JobState::Queued.name(), JobState::Running.name()]);
    let is_free = jobs::lease_until.le(now).or(jobs::lease_owner.eq(worker).assume_not_null());
    let next: Option<JobRow> = jobs::table
        .filter(open.and(is_free))
        .order(jobs::id.asc())
        .select(JobRow::as_select())
        .first(conn)
        .optional()?;
    let Some(job) = next else { return Ok(None) };
    let taken = diesel::update(jobs::table.find(&job.id))
        .filter(jobs::lease_until.le(now).or(jobs::lease_owner.eq(worker).assume_not_null()))
        .set((
            jobs::state.eq(JobState::Running.name()),
            jobs::lease_owner.eq(worker),
            jobs::lease_until.eq(now + LEASE),
            jobs::started_at.eq(job.started_at.unwrap_or(now)),
        ))
        .execute(conn)?;
    Ok((taken == 1).then_some(job))
}

/// The job, if this worker still has it; its lease is renewed.
pub(super) fn held(conn: &mut Conn, id: &str, worker: &str, now: i64) -> ApiResult<Option<JobRow>> {
    let row = jobs::table.find(id).filter(jobs::lease_owner.eq(worker));
    let renewed = diesel::update(row.filter(jobs::state.eq(JobState::Running.name())))
        .set(jobs::lease_until.eq(now + LEASE))
        .execute(conn)?;
    match renewed {
        0 => Ok(None),
        _ => Ok(Some(jobs::table.find(id).select(JobRow::as_select()).first(conn)?)),
    }
}

#[derive(Insertable)]
#[diesel(table_name = job_lines)]
struct NewLine<'a> {
    job_id: &'a str,
    line: i64,
    outcome: &'static str,
    target: &'a str,
    field: Option<&'a str>,
    reason: Option<&'a str>,
}

/// Writes down what became of the next lines.
pub(super) fn advance(conn: &mut Conn, id: &str, lines: &[JobLine]) -> ApiResult<()> {
    let rows: Vec<NewLine<'_>> = lines
        .iter()
        .map(|line| NewLine {
            job_id: id,
            line: number(line.line),
            outcome: line.outcome.name(),
            target: &line.target,
            field: line.field.as_deref(),
            reason: line.reason.as_deref(),
        })
        .collect();
    for part in rows.chunks(LINES) {
        insert_lines(conn, part)?;
    }
    let count = |outcome: LineOutcome| {
        i64::try_from(lines.iter().filter(|line| line.outcome == outcome).count()).unwrap_or(i64::MAX)
    };
    diesel::update(jobs::table.find(id))
        .set((
            jobs::done.eq(jobs::done + i64::try_from(lines.len()).unwrap_or(i64::MAX)),
            jobs::added.eq(jobs::added + count(LineOutcome::Added)),
            jobs::skipped.eq(jobs::skipped + count(LineOutcome::Skipped) + count(LineOutcome::InOrder)),
            jobs::failed.eq(jobs::failed + count(LineOutcome::Failed)),
        ))
        .execute(conn)?;
    Ok(())
}

/// One statement for several rows, of each database's own connection: Diesel has none for both at once.
fn insert_lines(conn: &mut Conn, rows: &[NewLine<'_>]) -> ApiResult<()> {
    let insert = diesel::insert_into(job_lines::table).values(rows);
    match conn {
        Conn::Sqlite(file) => insert.execute(file)?,
        Conn::Postgres(server) => insert.execute(server)?,
    };
    Ok(())
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The job is over.
pub(super) fn finish(
    conn: &mut Conn,
    id: &str,
    (state, error): (JobState, Option<ErrorCode>),
    now: i64,
) -> ApiResult<()> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::state.eq(state.name()),
            jobs::error.eq(error.map(ErrorCode::name)),
            jobs::ended_at.eq(now),
        ))
        .execute(conn)?;
    if state == JobState::Done {
        // Before, it was about so many.
        diesel::update(jobs::table.find(id)).set(jobs::total.eq(jobs::done)).execute(conn)?;
    }
    Ok(())
}

/// Gives a job back, for whoever is next.
pub(super) fn release(conn: &mut Conn, id: &str, worker: &str) -> ApiResult<()> {
    let own = jobs::table.find(id).filter(jobs::lease_owner.eq(worker));
    diesel::update(own).set(jobs::lease_until.eq(0)).execute(conn)?;
    Ok(())
}

/// Forgets jobs that were over long ago, some at a time; whether there can be more.
pub(super) fn end_old(conn: &mut Conn, now: i64) -> ApiResult<bool> {
    let old: Vec<String> =
        jobs::table.filter(jobs::created_at.lt(now - KEPT)).select(jobs::id).limit(ENDED).load(conn)?;
    diesel::delete(jobs::table.filter(jobs::id.eq_any(&old))).execute(conn)?;
    Ok(!old.is_empty())
}
