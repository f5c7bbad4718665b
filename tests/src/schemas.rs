//! Both databases have the same shape: the same migrations, and after them the same tables, columns and
//! nullability.

use crate::{
    gateway::fresh_database,
    program::{Environment, finished},
};
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use tempfile::TempDir;

/// Tables with their columns, each with whether it can be null.
type Shape = BTreeMap<String, BTreeMap<String, bool>>;

fn migrations(kind: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("migrations").join(kind);
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn both_databases_have_the_same_migrations() {
    let (sqlite, postgres) = (migrations("sqlite"), migrations("postgres"));
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
}

/// Migrates a fresh database of this address.
fn migrate(address: &str, folder: &TempDir) {
    let environment = Environment::from([
        ("GATEPOST_DATABASE_URL".into(), address.to_owned()),
        ("GATEPOST_DATA".into(), folder.path().display().to_string()),
    ]);
    finished("gatepost", &["migrate"], &environment);
    // A second time nothing is left to be done.
    finished("gatepost", &["migrate"], &environment);
}

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    place: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    nullable: bool,
}

fn shape(columns: Vec<Column>) -> Shape {
    let mut shape = Shape::new();
    for column in columns {
        shape.entry(column.place).or_default().insert(column.name, column.nullable);
    }
    shape
}
/// Only where the tests have a PostgreSQL: compares what the migrations made there and in SQLite.
#[test]
fn both_databases_have_the_same_tables_and_columns() {
    if std::env::var("GATEPOST_TEST_POSTGRES").is_err() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("shape.db");
    migrate(&format!("sqlite://{}", file.display()), &folder);
    let mut connection = SqliteConnection::establish(&file.display().to_string()).unwrap();
    let question = "SELECT t.name AS place, c.name AS name, NOT (c.\"notnull\" OR c.pk) AS nullable \
                    FROM sqlite_master t JOIN pragma_table_info(t.name) c \
                    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    let sqlite = shape(diesel::sql_query(question).load(&mut connection).unwrap());

    let address = fresh_database(&folder);
    migrate(&address, &folder);
    let mut connection = PgConnection::establish(&address).unwrap();
    // Partitions of a table are its own affair.
    let question = "SELECT table_name::text AS place, column_name::text AS name, is_nullable = 'YES' AS nullable \
                    FROM information_schema.columns c WHERE table_schema = 'public' AND NOT EXISTS \
                    (SELECT 1 FROM pg_inherits WHERE inhrelid = quote_ident(c.table_name)::regclass)";
    let postgres = shape(diesel::sql_query(question).load(&mut connection).unwrap());
    assert!(sqlite.len() > 5, "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}
