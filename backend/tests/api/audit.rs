//! Who may see who did what, and that nobody can change it unseen.

use crate::gateway::{Gateway, on_each};
use backend::{audit, db::schema};
use diesel::prelude::*;
use serde_json::json;

async fn change_threshold(gateway: &Gateway, username: &str, domain: &str, value: f64) {
    let body = json!({"incoming.quarantine_threshold": value});
    let path = format!("/api/v1/domains/{domain}/settings");
    gateway.actor(username).await.call("PATCH", &path, Some(body)).await.is(200);
}

fn targets(answer: &crate::gateway::Answer) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let entries = answer.is(200).body["data"].as_array().unwrap().iter();
    entries.map(|entry| (text(&entry["actor"]), text(&entry["action"]))).collect()
}

/// PER-18, P1: resellers see what belongs to them, domain users their domain's, email users nothing.
#[tokio::test(flavor = "multi_thread")]
async fn each_sees_what_was_done_in_their_own_reach() {
    on_each(|gateway| async move {
        change_threshold(&gateway, "dom-a", "a.test", 0.8).await;
        change_threshold(&gateway, "dom-c", "c.test", 0.7).await;
        let change = |actor: &str| (actor.to_owned(), "change_settings".to_owned());
        let path = "/api/v1/audit?action=change_settings";
        let root = gateway.actor("root").await;
        assert_eq!(targets(&root.get(path).await), [change("dom-c"), change("dom-a")]);
        for username in ["north", "dom-a"] {
            let seen = gateway.actor(username).await.get(path).await;
            assert_eq!(targets(&seen), [change("dom-a")], "{username}");
            let entry = &seen.body["data"][0];
            assert_eq!((&entry["domain"], &entry["reseller"]), (&json!("a.test"), &json!("north")));
            let told = json!([{"field": "incoming.quarantine_threshold", "from": null, "to": 0.8}]);
            assert_eq!(entry["changes"], told);
        }
        let foreign = gateway.actor("north").await.get("/api/v1/audit?domain=c.test").await;
        assert_eq!(targets(&foreign), []);
        gateway.actor("anna@a.test").await.get("/api/v1/audit").await.is_problem(403, "not_allowed");
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_searched_paged_counted_and_exported() {
    on_each(|gateway| async move {
        for value in [0.81, 0.82, 0.83] {
            change_threshold(&gateway, "dom-a", "a.test", value).await;
            gateway.clock.advance(1_000);
        }
        let root = gateway.actor("root").await;
        let first = root.get("/api/v1/audit?actor=dom-a&action=change_settings&limit=2&count=true").await;
        assert_eq!((targets(&first).len(), &first.body["page"]["total"]["count"]), (2, &json!(3)));
        let next = first.body["page"]["next"].as_str().unwrap();
        let path = format!("/api/v1/audit?actor=dom-a&action=change_settings&limit=2&cursor={next}");
        assert_eq!(targets(&root.get(&path).await).len(), 1);
        for (query, found) in [
            ("search=DOM-a&action=change_settings", 3),
            ("search=nobody", 0),
            ("ip=127.0.0.1&actor=dom-a&action=change_settings", 3),
            ("ip=192.0.2.1", 0),
            ("until=2020-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(targets(&root.get(&format!("/api/v1/audit?{query}")).await).len(), found, "{query}");
        }
        root.get("/api/v1/audit?since=yesterday")
            .await
            .is_problem(422, "invalid")
            .names("?since", "not_a_time");
        root.get("/api/v1/audit?who=me").await.is_problem(400, "bad_request");
        let url = gateway.url("/api/v1/audit?actor=dom-a&action=change_settings");
        let request = gateway.client.get(url).bearer_auth(&root.token).header("accept", "text/csv");
        let csv = request.send().await.unwrap().text().await.unwrap();
        assert_eq!(csv.lines().count(), 4, "{csv}");
        assert!(csv.starts_with("at,actor,role,ip,action,target,domain"), "{csv}");
        gateway
    })
    .await;
}

/// P20.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_changed_or_took_out_is_found() {
    on_each(|gateway| async move {
        for value in [0.81, 0.82, 0.83] {
            change_threshold(&gateway, "dom-a", "a.test", value).await;
        }
        let db = &gateway.running.services().db;
        let (whole, broken) = db.run(audit::verify).await.unwrap();
        assert!(whole >= 6 && broken.is_none(), "{whole} {broken:?}");
        let changed = db
            .run(|conn| {
                use schema::audit::{dsl, table};
                let row = table.filter(dsl::action.eq("change_settings")).order(dsl::id.desc());
                let id: i64 = row.select(dsl::id).first(conn)?;
                diesel::update(table.find(id)).set(dsl::actor.eq("somebody else")).execute(conn)?;
                Ok(id)
            })
            .await
            .unwrap();
        assert_eq!(db.run(audit::verify).await.unwrap().1, Some(changed));
        let removed = db
            .run(move |conn| {
                use schema::audit::{dsl, table};
                let first: i64 = table.order(dsl::id.asc()).select(dsl::id).first(conn)?;
                diesel::delete(table.find(first)).execute(conn)?;
                Ok(first)
            })
            .await
            .unwrap();
        assert_eq!(db.run(audit::verify).await.unwrap(), (0, Some(removed + 1)));
        gateway
    })
    .await;
}
