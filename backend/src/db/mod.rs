//! The database: a pool, and the only place where a request's work leaves the async threads. Features hand in a
//! closure and never hold a connection themselves.

pub mod connection;
pub mod migrate;
pub mod portable;
pub mod schema;

use crate::{
    dry_run,
    error::{ApiError, ApiResult},
};
use connection::{Opener, Place};
use diesel::{
    prelude::*,
    r2d2::{Pool, PooledConnection},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, watch};

/// The connection that queries are written against.
pub type Conn = connection::AnyConnection;
/// The database type of boxed queries.
pub type Backend = <Conn as diesel::Connection>::Backend;

/// The database.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Opener>,
    opener: Opener,
    /// SQLite has one writer: waiting for it here is fair, and holds no connection.
    writer: Option<Arc<Mutex<()>>>,
    revision: watch::Sender<i64>,
}

impl Db {
    /// Opens the database of a URL and brings it up to date. The error is a sentence.
    pub fn open(url: &str) -> Result<Self, String> {
        let place = Place::from_url(url)?;
        let is_sqlite = match &place {
            Place::Sqlite(path) => {
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    std::fs::create_dir_all(folder)
                        .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
                }
                true
            }
            Place::Postgres(_) => false,
        };
        let opener = Opener::new(place);
        // A first connection by hand: the pool would try for half a minute and hide the reason.
        let mut first = diesel::r2d2::ManageConnection::connect(&opener)
            .map_err(|error| format!("cannot open the database: {error}"))?;
        migrate::run(&mut first).map_err(|error| format!("cannot bring the database up to date: {error}"))?;
        let revision =
            read_revision(&mut first).map_err(|error| format!("cannot read the database: {error}"))?;
        drop(first);
        let pool = Pool::builder()
            .max_size(if is_sqlite { 6 } else { 12 })
            .min_idle(Some(1))
            .test_on_check_out(!is_sqlite)
            .connection_timeout(Duration::from_secs(20))
            .build(opener.clone())
            .map_err(|error| format!("cannot open the database: {error}"))?;
        Ok(Self {
            pool,
            opener,
            writer: is_sqlite.then(|| Arc::new(Mutex::new(()))),
            revision: watch::Sender::new(revision),
        })
    }

    /// Reads. What it writes is not in a transaction.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let pool = self.pool.clone();
        actix_web::web::block(move || work(&mut *take(&pool)?))
            .await
            .map_err(|_| ApiError::unavailable("the request was cut off"))?
    }

    /// A change by a person: one transaction, after any other change, with its audit row and its policy revision
    /// in it. Nodes that wait for policy are woken once it is committed.
    pub async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        if dry_run::is_on() {
            return self.rehearse(work).await;
        }
        let turn = self.turn().await;
        let revision = self.revision.clone();
        self.run(move |conn| {
            // Held by the work, not by who waits for it: that may go away in between.
            let _turn = turn;
            let (result, now) = portable::change(conn, |conn| {
                let result = work(conn)?;
                Ok((result, read_revision(conn)?))
            })?;
            revision.send_if_modified(|known| {
                let is_news = now > *known;
                *known = now.max(*known);
                is_news
            });
            Ok(result)
        })
        .await
    }

    /// Tries a change and takes it back: what it would answer, and nothing kept (`dry_run`).
    pub async fn rehearse<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let turn = self.turn().await;
        self.run(move |conn| {
            let _turn = turn;
            portable::rehearse(conn, work)
        })
        .await
    }

    /// A transaction for what arrives by itself: sign-ins, nodes' reports. It must be safe beside others.
    pub async fn append<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let turn = self.turn().await;
        self.run(move |conn| {
            let _turn = turn;
            portable::append(conn, work)
        })
        .await
    }

    /// How many statements this program has sent so far.
    pub fn statements(&self) -> u64 {
        self.opener.statements()
    }

    /// The policy revision as far as this program knows: another one may have raised it since.
    pub fn policy_revision(&self) -> watch::Receiver<i64> {
        self.revision.subscribe()
    }

    async fn turn(&self) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        match &self.writer {
            Some(writer) => Some(Arc::clone(writer).lock_owned().await),
            None => None,
        }
    }
}

fn take(pool: &Pool<Opener>) -> ApiResult<PooledConnection<Opener>> {
    pool.get().map_err(|error| {
        tracing::error!(%error, "no database connection");
        ApiError::unavailable("the database does not answer")
    })
}

fn read_revision(conn: &mut Conn) -> QueryResult<i64> {
    schema::policy_revision::table.select(schema::policy_revision::revision).first(conn)
}
