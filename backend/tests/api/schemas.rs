//! Both databases are migrated to the same tables, columns, nullability and indexes, and back.

use crate::gateway::databases;
use backend::db::{
    Conn,
    connection::{Opener, Place},
    migrate,
};
use diesel::{QueryableByName, RunQueryDsl, r2d2::ManageConnection, sql_query, sql_types::Text};
use std::collections::BTreeSet;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

const SQLITE: &str = "
SELECT 'column ' || m.name || '.' || c.name || CASE c.\"notnull\" WHEN 1 THEN ' not null' ELSE '' END AS line
  FROM sqlite_master m JOIN pragma_table_info(m.name) c
  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'
UNION ALL
SELECT 'index ' || m.name || ' ' || i.name || ' ' || i.\"unique\" || ' '
    || (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
  FROM sqlite_master m JOIN pragma_index_list(m.name) i
  WHERE m.type = 'table' AND i.origin = 'c'";

const POSTGRES: &str = "
SELECT 'column ' || table_name || '.' || column_name
    || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END AS line
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'
UNION ALL
SELECT 'index ' || t.relname || ' ' || i.relname || ' ' || (x.indisunique::int) || ' '
    || (SELECT string_agg(a.attname, ',' ORDER BY k.n)
          FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
          JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum)
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
  JOIN pg_namespace s ON s.oid = t.relnamespace
  WHERE s.nspname = 'public' AND NOT x.indisprimary AND t.relname NOT LIKE '\\_\\_%'";

fn lines(connection: &mut Conn) -> BTreeSet<String> {
    let found = match connection {
        Conn::Sqlite(file) => sql_query(SQLITE).load::<Line>(file),
        Conn::Postgres(server) => sql_query(POSTGRES).load::<Line>(server),
    };
    found.unwrap().into_iter().map(|found| found.line).collect()
}

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    for url in databases(folder.path()) {
        let mut connection = Opener::new(Place::from_url(&url).unwrap()).connect().unwrap();
        assert!(migrate::run(&mut connection).unwrap() > 0);
        assert_eq!(migrate::run(&mut connection).unwrap(), 0, "a second time there is nothing to do");
        let schema = lines(&mut connection);
        assert!(schema.contains("column log.domain_id not null"), "{schema:#?}");
        migrate::revert_all(&mut connection).unwrap();
        assert_eq!(lines(&mut connection), BTreeSet::new(), "every migration can be taken back");
        migrate::run(&mut connection).unwrap();
        assert_eq!(lines(&mut connection), schema);
        found.push(schema);
    }
    for pair in found.windows(2) {
        let difference: Vec<_> = pair[0].symmetric_difference(&pair[1]).collect();
        assert!(difference.is_empty(), "only on one of the two: {difference:#?}");
    }
}
