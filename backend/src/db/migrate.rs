//! The migrations of both databases, embedded into the program.

use super::connection::AnyConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// Any number that no other program uses as a PostgreSQL advisory lock.
const LOCK: &str = "SELECT pg_advisory_lock(7301942517)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7301942517)";

/// Brings the database up to date; says how many migrations ran. Several programs may start at once.
pub fn run(connection: &mut AnyConnection) -> Result<usize, String> {
    use diesel::connection::SimpleConnection;
    match connection {
        AnyConnection::Sqlite(file) => {
            file.run_pending_migrations(SQLITE).map(|done| done.len()).map_err(|error| error.to_string())
        }
        AnyConnection::Postgres(server) => {
            server.batch_execute(LOCK).map_err(|error| error.to_string())?;
            let done = server
                .run_pending_migrations(POSTGRES)
                .map(|done| done.len())
                .map_err(|error| error.to_string());
            server.batch_execute(UNLOCK).map_err(|error| error.to_string())?;
            done
        }
    }
}

/// Takes every migration back; for the test that they can be.
pub fn revert_all(connection: &mut AnyConnection) -> Result<(), String> {
    match connection {
        AnyConnection::Sqlite(file) => file.revert_all_migrations(SQLITE).map(drop),
        AnyConnection::Postgres(server) => server.revert_all_migrations(POSTGRES).map(drop),
    }
    .map_err(|error| error.to_string())
}
