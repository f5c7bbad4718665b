//! One connection type over both databases, and the pool's way to open and check one. The database is chosen by
//! the scheme of the URL; an unknown scheme is refused, since SQLite would take any text for a path.

use diesel::{
    Connection, ConnectionError, PgConnection, SqliteConnection,
    connection::{InstrumentationEvent, SimpleConnection, TransactionManager},
    r2d2::ManageConnection,
};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// A connection to either database. Queries are written once against it.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite, which must be the last: it takes any text for a path.
    Sqlite(SqliteConnection),
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A PostgreSQL server, by its URL.
    Postgres(String),
    /// A file.
    Sqlite(PathBuf),
}

impl Place {
    /// Reads `sqlite:///path/file.db` or `postgres://…`. The error is a sentence that never repeats the URL,
    /// since it may hold a password.
    pub fn from_url(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err("the database URL must begin with sqlite:// (and a path) or postgres://".to_owned())
    }
}

/// SQLite: readers beside one writer, every commit on the disk before it is acknowledged.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768; PRAGMA mmap_size = 1073741824; \
     PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY;";

/// PostgreSQL: no statement or lock may hold a connection for ever.
const POSTGRES_SETTINGS: &str = "SET statement_timeout = '60s'; SET lock_timeout = '20s'; \
     SET client_min_messages = 'warning'; SET timezone = 'UTC';";

/// Opens connections for the pool.
#[derive(Clone, Debug)]
pub struct Opener {
    place: Place,
    /// The statements that its connections were sent.
    statements: Arc<AtomicU64>,
}

impl Opener {
    /// Opens connections to that place.
    pub fn new(place: Place) -> Self {
        Self { place, statements: Arc::default() }
    }

    /// How many statements its connections were sent.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    fn open(&self) -> Result<AnyConnection, diesel::r2d2::Error> {
        use diesel::r2d2::Error::{ConnectionError as Failed, QueryError};
        match &self.place {
            Place::Postgres(url) => {
                let mut connection = PgConnection::establish(url).map_err(Failed)?;
                connection.batch_execute(POSTGRES_SETTINGS).map_err(QueryError)?;
                Ok(AnyConnection::Postgres(connection))
            }
            Place::Sqlite(path) => {
                let path = path
                    .to_str()
                    .ok_or_else(|| Failed(ConnectionError::BadConnection("the path is not UTF-8".into())))?;
                let mut connection = SqliteConnection::establish(path).map_err(Failed)?;
                connection.batch_execute(SQLITE_SETTINGS).map_err(QueryError)?;
                Ok(AnyConnection::Sqlite(connection))
            }
        }
    }
}

impl ManageConnection for Opener {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, Self::Error> {
        let mut connection = self.open()?;
        let statements = Arc::clone(&self.statements);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                statements.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), Self::Error> {
        match connection {
            AnyConnection::Postgres(server) => {
                server.batch_execute("SELECT 1").map_err(diesel::r2d2::Error::QueryError)
            }
            AnyConnection::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        std::thread::panicking()
            || <AnyConnection as Connection>::TransactionManager::is_broken_transaction_manager(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_database_and_an_unknown_one_is_refused() {
        assert_eq!(Place::from_url("sqlite:///a/b.db"), Ok(Place::Sqlite("/a/b.db".into())));
        assert!(matches!(Place::from_url("postgres://u@h/d"), Ok(Place::Postgres(_))));
        for url in ["", "sqlite://", "gatepost.db", "mysql://u@h/d", "http://x"] {
            assert!(Place::from_url(url).is_err(), "{url}");
        }
    }
}
