//! The number of statements of a list does not grow with its rows.

use crate::gateway::{Actor, Gateway, START, on_each};
use backend::db::schema::{domains, resellers, routes, settings, users};
use diesel::prelude::*;
use serde_json::json;

const LISTS: [&str; 7] = [
    "/api/v1/domains?count=true",
    "/api/v1/users?count=true",
    "/api/v1/resellers?count=true",
    "/api/v1/audit?count=true",
    "/api/v1/settings/overrides",
    "/api/v1/settings/overrides/domain.log_days",
    "/api/v1/permissions",
];

/// Gives the reseller and the domain of that number a value of their own.
fn add_own_values(conn: &mut backend::db::Conn, id: i64) -> diesel::QueryResult<()> {
    for level in ["domain", "reseller"] {
        diesel::insert_into(settings::table)
            .values((
                settings::level.eq(level),
                settings::scope_id.eq(id),
                settings::mailbox.eq(""),
                settings::key.eq("domain.log_days"),
                settings::value.eq("5"),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Adds resellers from `first` up to `last`, each with a domain, its route, a user and a value of its own.
async fn add_tenants(gateway: &Gateway, first: i64, last: i64) {
    let work = move |conn: &mut backend::db::Conn| {
        for number in first..=last {
            let (id, name) = (1000 + number, format!("many{number:03}"));
            diesel::insert_into(resellers::table)
                .values((
                    resellers::id.eq(id),
                    resellers::slug.eq(&name),
                    resellers::name.eq(&name),
                    resellers::domain_limit.eq(0),
                    resellers::created_at.eq(START),
                ))
                .execute(conn)?;
            diesel::insert_into(domains::table)
                .values((
                    domains::id.eq(id),
                    domains::name.eq(format!("{name}.test")),
                    domains::reseller_id.eq(id),
                    domains::created_at.eq(START),
                ))
                .execute(conn)?;
            diesel::insert_into(routes::table)
                .values((
                    routes::domain_id.eq(id),
                    routes::position.eq(0),
                    routes::host.eq("mx.test"),
                    routes::port.eq(25),
                ))
                .execute(conn)?;
            diesel::insert_into(users::table)
                .values((
                    users::id.eq(&name),
                    users::username.eq(format!("anna@{name}.test")),
                    users::role.eq("email"),
                    users::domain_id.eq(id),
                    users::password_hash.eq("none"),
                    users::is_active.eq(true),
                    users::theme.eq("system"),
                    users::created_at.eq(START),
                ))
                .execute(conn)?;
            add_own_values(conn, id)?;
        }
        Ok(())
    };
    gateway.running.services().db.change(work).await.unwrap();
    // Each leaves a row in the audit.
    let names: Vec<String> = (first..=last).map(|number| format!("many{number:03}.test")).collect();
    let root = gateway.actor("root").await;
    let suspend = json!({"action": {"kind": "suspend"}, "domains": names});
    root.call("POST", "/api/v1/domains/bulk", Some(suspend)).await.is(200);
}

/// The statements that each list takes; the least of some tries, since the program does other work meanwhile.
async fn statements(gateway: &Gateway, actor: &Actor<'_>) -> Vec<u64> {
    let db = &gateway.running.services().db;
    let mut numbers = Vec::new();
    for list in LISTS {
        let mut least = u64::MAX;
        for _ in 0..4 {
            let before = db.statements();
            actor.get(list).await.is(200);
            least = least.min(db.statements() - before);
        }
        numbers.push(least);
    }
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_sixty_takes_as_many_statements_as_one_of_three() {
    on_each(|gateway| async move {
        {
            let root = gateway.actor("root").await;
            add_tenants(&gateway, 1, 3).await;
            let few = statements(&gateway, &root).await;
            add_tenants(&gateway, 4, 60).await;
            let many = statements(&gateway, &root).await;
            assert_eq!(few, many, "{LISTS:?}");
            assert!(few.iter().all(|number| (1..=12).contains(number)), "{few:?}");
        }
        gateway
    })
    .await;
}
