//! Domains and their routes.

use crate::gateway::{START, on_each};
use backend::db::schema::{audit, domains, policy_documents, settings, users};
use diesel::prelude::*;
use serde_json::{Value, json};

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|domain| domain["name"].as_str().unwrap()).collect()
}

fn routes() -> Value {
    json!({"routes": [{"host": "127.0.0.1", "port": 2525}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_searched_sorted_paged_and_exported() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        let first = root.get("/api/v1/domains?limit=3&count=true").await;
        assert_eq!(names(&first.body), ["a.test", "b.test", "c.test"]);
        assert_eq!(first.body["page"]["total"], json!({"count": 4, "exact": true}));
        let next = first.body["page"]["next"].as_str().unwrap();
        let second = root.get(&format!("/api/v1/domains?limit=3&cursor={next}")).await;
        assert_eq!(names(&second.body), ["own.test"]);
        let previous = second.body["page"]["previous"].as_str().unwrap();
        let back = root.get(&format!("/api/v1/domains?limit=3&cursor={previous}")).await;
        assert_eq!(back.body["data"], first.body["data"]);
        for (query, expected) in [
            ("sort=-name&limit=2", vec!["own.test", "c.test"]),
            ("sort=-created_at", vec!["own.test", "c.test", "b.test", "a.test"]),
            ("search=OWN", vec!["own.test"]),
            ("search=%25", vec![]),
            ("reseller=north", vec!["a.test", "b.test"]),
            ("reseller=nobody", vec![]),
        ] {
            assert_eq!(names(&root.get(&format!("/api/v1/domains?{query}")).await.body), expected, "{query}");
        }
        root.get("/api/v1/domains?sort=size")
            .await
            .is_problem(422, "invalid")
            .names("?sort", "unknown_choice");
        root.get("/api/v1/domains?cursor=7b7d").await.is_problem(422, "invalid").names("?cursor", "cursor");
        root.get(&format!("/api/v1/domains?sort=-name&cursor={next}")).await.is_problem(422, "invalid");
        let request = gateway.client.get(gateway.url("/api/v1/domains")).bearer_auth(&root.token);
        let csv = request.header("accept", "text/csv").send().await.unwrap();
        assert!(csv.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
        let text = csv.text().await.unwrap();
        assert!(
            text.starts_with(
                "domain,reseller,routes,is_suspended,created_at\r\na.test,north,127.0.0.1:2525,false,"
            ),
            "{text}"
        );
        gateway
    })
    .await;
}

/// The list of a large installation is written while it is read: no page of it is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_many_pages_is_exported_whole() {
    on_each(|gateway| async move {
        let db = gateway.running.services().db.clone();
        db.change(|conn| {
            for number in 0..1200 {
                let name = format!("many-{number:04}.test");
                let values = (domains::name.eq(name), domains::created_at.eq(START));
                diesel::insert_into(domains::table).values(values).execute(conn)?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let root = gateway.actor("root").await;
        let export = |query: &'static str| {
            let url = gateway.url(&format!("/api/v1/domains{query}"));
            gateway.client.get(url).bearer_auth(&root.token).header("accept", "text/csv").send()
        };
        let whole = export("?sort=-name").await.unwrap();
        assert_eq!(whole.headers()["content-disposition"], "attachment; filename=\"domains.csv\"");
        let text = whole.text().await.unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1205);
        assert!(lines[1].starts_with("own.test,") && lines[1204].starts_with("a.test,"));
        assert!(lines[2].starts_with("many-1199.test,") && lines[1201].starts_with("many-0000.test,"));
        for query in ["?sort=size", "?limit=0", "?cursor=7b7d"] {
            assert_eq!(export(query).await.unwrap().status().as_u16(), 422, "{query}");
        }
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_a_domain_again_changes_nothing_and_another_owner_is_a_conflict() {
    on_each(|gateway| async move {
        let (north, south) = (gateway.actor("north").await, gateway.actor("south").await);
        let put = |path: &'static str, body| north.call("PUT", path, Some(body));
        let added = put("/api/v1/domains/M%C3%BCller.test", routes()).await;
        assert_eq!((added.is(201)).body["name"], "xn--mller-kva.test");
        assert_eq!(added.body["reseller"], "north");
        let revision = gateway.revision().await;
        put("/api/v1/domains/xn--mller-kva.test", routes()).await.is(200);
        assert_eq!(gateway.revision().await, revision, "nothing changed for the nodes");
        let other = json!({"routes": [{"host": "127.0.0.2"}]});
        put("/api/v1/domains/xn--mller-kva.test", other).await.is_problem(409, "already_exists");
        let taken = south.call("PUT", "/api/v1/domains/a.test", Some(routes())).await;
        taken.is_problem(409, "already_exists");
        put("/api/v1/domains/one-more.test", routes()).await.is_problem(409, "limit_reached");
        let foreign = json!({"reseller": "south", "routes": [{"host": "127.0.0.1"}]});
        put("/api/v1/domains/x.test", foreign)
            .await
            .is_problem(422, "invalid")
            .names("/reseller", "not_found");
        put("/api/v1/domains/nodots", routes()).await.is_problem(422, "invalid");
        put("/api/v1/domains/x.test", json!({"routes": []})).await.is_problem(422, "invalid");
        let unknown = json!({"routes": [], "reseller_id": 2});
        put("/api/v1/domains/x.test", unknown)
            .await
            .is_problem(422, "invalid")
            .names("/reseller_id", "unknown_field");
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_domain_takes_its_users_and_settings_with_it() {
    on_each(|gateway| async move {
        let (root, anna) = (gateway.actor("root").await, gateway.actor("anna@a.test").await);
        let change = json!({"incoming.quarantine_days": 7});
        root.call("PATCH", "/api/v1/domains/a.test/settings", Some(change)).await.is(200);
        let dom_a = gateway.actor("dom-a").await;
        dom_a.call("DELETE", "/api/v1/domains/a.test", None).await.is_problem(403, "not_allowed");
        root.call("DELETE", "/api/v1/domains/a.test", None).await.is(204);
        root.get("/api/v1/domains/a.test").await.is_problem(404, "not_found");
        anna.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        let db = gateway.running.services().db.clone();
        db.run(|conn| {
            let left: i64 = settings::table.count().get_result(conn)?;
            let people: i64 = users::table.filter(users::domain_id.eq(1)).count().get_result(conn)?;
            let document = policy_documents::table.find(("domain", "a.test"));
            let removed: bool = document.select(policy_documents::is_removed).first(conn)?;
            assert_eq!((left, people, removed), (0, 0, true));
            let last =
                audit::table.order(audit::id.desc()).select((audit::action, audit::target, audit::actor));
            let last: (String, String, String) = last.first(conn)?;
            assert_eq!(last, ("remove_domain".into(), "a.test".into(), "root".into()));
            Ok(())
        })
        .await
        .unwrap();
        gateway
    })
    .await;
}

/// RTE-01, RTE-06, RTE-07, RTE-13.
#[tokio::test(flavor = "multi_thread")]
async fn routes_keep_their_order_and_the_last_one_stays() {
    on_each(|gateway| async move {
        let dom_a = gateway.actor("dom-a").await;
        let path = "/api/v1/domains/a.test/routes";
        let before = dom_a.get(path).await;
        let new = json!({"routes": [{"host": " MX2.Example. ", "port": 26}, {"host": "2606:4700::25"}]});
        let written = dom_a.call("PUT", path, Some(new)).await;
        let expected = json!([{"host": "mx2.example", "port": 26}, {"host": "2606:4700::25", "port": 25}]);
        assert_eq!(written.is(200).body["routes"], expected);
        assert_eq!(dom_a.get(path).await.body["routes"], expected);
        let old = before.headers["etag"].to_str().unwrap();
        let late = gateway.client.put(gateway.url(path)).bearer_auth(&dom_a.token).header("if-match", old);
        assert_eq!(late.json(&before.body).send().await.unwrap().status(), 412);
        let private = json!({"routes": [{"host": "mx.test"}, {"host": "169.254.169.254"}]});
        let refused = dom_a.call("PUT", path, Some(private)).await;
        refused.is_problem(422, "invalid").names("/routes/1/host", "private_network");
        let gone = format!("{path}/%5B2606:4700::25%5D:25");
        dom_a.call("DELETE", &gone, None).await.is(204);
        dom_a.call("DELETE", &gone, None).await.is_problem(404, "not_found");
        dom_a.call("DELETE", &format!("{path}/mx2.example:26"), None).await.is_problem(409, "last_route");
        gateway
    })
    .await;
}
