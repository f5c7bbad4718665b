//! Works on jobs, one after another, in parts: each part is one transaction with what became of its lines, so that
//! a job that is cut off anywhere goes on where it was. Runs in the serving program.

use super::{
    import_lines::{self, Meaning, Wanted},
    import_table::{self, Line},
    job_store::{self as store, JobRow},
};
use crate::{
    access::Caller,
    app::Services,
    audit::Actor,
    db::Conn,
    error::{ApiError, ApiResult},
    events::Announcement,
    storage::BodyKey,
};
use contract::{
    jobs::{JobLine, JobState, LineOutcome},
    problem::{ErrorCode, InvalidCode},
};
use diesel::Connection;
use futures_util::TryStreamExt;
use std::{collections::HashSet, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_util::io::{StreamReader, SyncIoBridge};

/// Lines in one transaction.
const PART: usize = 200;
/// How often it is looked whether another program left a job behind.
const EVERY: Duration = Duration::from_secs(15);
/// Characters of what a line is about.
const LONGEST: usize = 320;

/// Works on jobs until `stop` says so or nobody can say it any more. The part under way is finished.
pub(crate) async fn run(services: Services, mut stop: watch::Receiver<bool>) {
    let worker = services.clock.unique();
    let mut news = services.events.jobs();
    while !*stop.borrow() {
        match next(&services, &worker, &stop).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    _ = timeout(EVERY, news.changed()) => {}
                    _ = stop.wait_for(|is_over| *is_over) => return,
                }
            }
            Err(error) => {
                tracing::error!(%error, "a job could not go on; it is tried again");
                if timeout(EVERY, stop.wait_for(|is_over| *is_over)).await.is_ok() {
                    return;
                }
            }
        }
    }
}

/// Works on the next job; false if there is none.
async fn next(services: &Services, worker: &str, stop: &watch::Receiver<bool>) -> ApiResult<bool> {
    let (now, name) = (services.clock.now(), worker.to_owned());
    let Some(job) = services.db.append(move |conn| store::take(conn, &name, now)).await? else {
        return Ok(false);
    };
    let id = job.id.clone();
    let work = Work { services, worker, job };
    let ended = match work.go_on(stop).await {
        Ok(End::Left) => return Ok(true),
        Ok(End::GivenBack) => {
            let name = worker.to_owned();
            services.db.append(move |conn| store::release(conn, &id, &name)).await?;
            return Ok(true);
        }
        Ok(End::Over(state)) => (state, None),
        // What is the fault of the database or the disk is tried again.
        Err(error) if error.code.status() >= 500 => return Err(error),
        Err(error) => (JobState::Failed, Some(error.code)),
    };
    let now = services.clock.now();
    let finished = id.clone();
    services.db.append(move |conn| store::finish(conn, &finished, ended, now)).await?;
    tell(services, &id).await?;
    services.storage.remove(&BodyKey::upload(&id)).await.map_err(ApiError::internal)?;
    Ok(true)
}

async fn tell(services: &Services, id: &str) -> ApiResult<()> {
    let id = id.to_owned();
    let (owner, job) = services.db.run(move |conn| store::read(conn, &id)).await?;
    services.events.announce(Announcement::job(owner, &job));
    Ok(())
}

/// Why work on a job ended.
enum End {
    /// It is over.
    Over(JobState),
    /// This program stops; another one goes on.
    GivenBack,
    /// Another program has it, or it was removed.
    Left,
}

struct Work<'a> {
    services: &'a Services,
    worker: &'a str,
    job: JobRow,
}

impl Work<'_> {
    async fn go_on(&self, stop: &watch::Receiver<bool>) -> ApiResult<End> {
        let meaning = Meaning { kind: self.job.kind()?, role: self.job.role() };
        let mut parts = self.parts(meaning).await?;
        let mut seen = HashSet::new();
        while let Some(part) = parts.recv().await {
            let part = part.map_err(|error| ApiError::because(ErrorCode::BadRequest, error.to_string()))?;
            let targets: Vec<String> =
                part.iter().map(|line| meaning.target(line).chars().take(LONGEST).collect()).collect();
            let config = &self.services.config;
            let mut wanted: Vec<_> = part.iter().map(|line| meaning.read(line, config)).collect();
            import_lines::look_up(&self.services.dns, &mut wanted).await;
            if !self.job.is_dry_run {
                import_lines::hash_passwords(&self.services.db, &self.services.passwords, &mut wanted)
                    .await?;
            }
            let numbered = part.iter().map(|line| line.number).zip(targets).zip(wanted);
            let rows = numbered.map(|((number, target), wanted)| Row {
                // A part that was only tried is forgotten by the next one.
                is_known: self.job.is_dry_run && !seen.insert(target.clone()),
                number,
                target,
                wanted,
            });
            match self.commit(meaning, rows.collect()).await? {
                Some(is_stop_wanted) => {
                    tell(self.services, &self.job.id).await?;
                    if is_stop_wanted {
                        return Ok(End::Over(JobState::Stopped));
                    }
                }
                None => return Ok(End::Left),
            }
            if *stop.borrow() {
                return Ok(End::GivenBack);
            }
        }
        Ok(End::Over(JobState::Done))
    }

    /// The lines that were not looked at yet, in parts, read beside the work.
    async fn parts(&self, meaning: Meaning) -> ApiResult<mpsc::Receiver<Result<Vec<Line>, csv::Error>>> {
        let stored = self.services.storage.get(&BodyKey::upload(&self.job.id)).await;
        let bytes = stored.map_err(ApiError::internal)?.map_err(std::io::Error::other);
        let (sender, receiver) = mpsc::channel(2);
        let (encoding, done) =
            (self.job.encoding.clone(), usize::try_from(self.job.done).unwrap_or_default());
        let file = SyncIoBridge::new(StreamReader::new(bytes));
        tokio::task::spawn_blocking(move || {
            let mut lines = import_table::lines(file, &encoding, meaning.columns()).skip(done).peekable();
            while lines.peek().is_some() {
                let part: Result<Vec<Line>, csv::Error> = lines.by_ref().take(PART).collect();
                let is_broken = part.is_err();
                if sender.blocking_send(part).is_err() || is_broken {
                    return;
                }
            }
        });
        Ok(receiver)
    }

    /// Commits a part. Whether the job is to stop; none if it is not this worker's any more.
    async fn commit(&self, meaning: Meaning, rows: Vec<Row>) -> ApiResult<Option<bool>> {
        let (clock, db) = (self.services.clock.clone(), &self.services.db);
        let (id, worker) = (self.job.id.clone(), self.worker.to_owned());
        if !self.job.is_dry_run {
            return db
                .change(move |conn| {
                    let Some(job) = store::held(conn, &id, &worker, clock.now())? else { return Ok(None) };
                    let lines = add_all(conn, &clock, meaning, &job, &rows)?;
                    store::advance(conn, &id, &lines)?;
                    Ok(Some(job.is_stop_wanted))
                })
                .await;
        }
        let (job, trial_clock) = (self.job.clone(), clock.clone());
        let lines = db.rehearse(move |conn| add_all(conn, &trial_clock, meaning, &job, &rows)).await?;
        db.change(move |conn| {
            let Some(job) = store::held(conn, &id, &worker, clock.now())? else { return Ok(None) };
            store::advance(conn, &id, &lines)?;
            Ok(Some(job.is_stop_wanted))
        })
        .await
    }
}

/// A line, read.
struct Row {
    number: u64,
    target: String,
    wanted: ApiResult<Wanted>,
    /// Whether the trial has had it before.
    is_known: bool,
}

fn add_all(
    conn: &mut Conn,
    clock: &crate::clock::Clock,
    meaning: Meaning,
    job: &JobRow,
    rows: &[Row],
) -> ApiResult<Vec<JobLine>> {
    // The rights are those of now, not those of when it was begun.
    let (caller, actor) = (job.caller(conn)?, job.actor()?);
    meaning.demand(&caller)?;
    rows.iter().map(|row| add(conn, clock, (&caller, &actor), row)).collect()
}

fn add(
    conn: &mut Conn,
    clock: &crate::clock::Clock,
    (caller, actor): (&Caller, &Actor),
    row: &Row,
) -> ApiResult<JobLine> {
    let outcome = match &row.wanted {
        Ok(Wanted::MailServers { fault: Some(fault), .. }) => Err((None, (*fault).to_owned())),
        Ok(_) if row.is_known => Ok(LineOutcome::Skipped),
        // In a transaction of its own within the part: what is wrong with it leaves no half of it.
        Ok(wanted) => match conn.transaction(|conn| import_lines::add(conn, clock, caller, actor, wanted)) {
            Err(error) if error.code.status() >= 500 => return Err(error),
            Err(error) => Err(reason(&error)),
            Ok(outcome) => Ok(outcome),
        },
        Err(error) => Err(reason(error)),
    };
    let (outcome, field, reason) = match outcome {
        Ok(outcome) => (outcome, None, None),
        Err((field, reason)) => (LineOutcome::Failed, field, Some(reason)),
    };
    Ok(JobLine { line: row.number, outcome, target: row.target.clone(), field, reason })
}

/// The column and the key of the text that says what is wrong.
fn reason(error: &ApiError) -> (Option<String>, String) {
    let named = |(pointer, code): &(String, InvalidCode)| {
        let column = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
        (Some(column.to_owned()).filter(|column| !column.is_empty()), format!("invalid.{}", code.name()))
    };
    let of_code = || (None, format!("error.{}", error.code.name()));
    error.fields.first().map_or_else(of_code, named)
}
