//! Resellers: adding, limiting, suspending, removing; and what that means for their people and domains.

use crate::gateway::{PASSWORD, on_each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_is_added_changed_and_removed_and_repeating_it_changes_nothing() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        let path = "/api/v1/resellers/west";
        let west = json!({"name": "West GmbH", "domain_limit": 2});
        root.call("PUT", path, Some(west.clone())).await.is(201);
        let revision = gateway.revision().await;
        let again = root.call("PUT", path, Some(west)).await;
        assert_eq!((&again.is(200).body["name"], &again.body["domains"]), (&json!("West GmbH"), &json!(0)));
        assert_eq!(gateway.revision().await, revision);
        let changed = root.call("PATCH", path, Some(json!({"domain_limit": 1}))).await;
        assert_eq!(
            (&changed.is(200).body["domain_limit"], &changed.body["name"]),
            (&json!(1), &json!("West GmbH"))
        );
        for (slug, body, pointer, code) in [
            ("West", json!({"name": "x"}), "/slug", "characters"),
            ("west2", json!({"name": " "}), "/name", "characters"),
            ("west2", json!({}), "/name", "required"),
            ("west2", json!({"name": "x", "domain_limit": -1}), "/domain_limit", "out_of_range"),
            ("west2", json!({"name": "x", "id": 1}), "/id", "unknown_field"),
        ] {
            let answer = root.call("PUT", &format!("/api/v1/resellers/{slug}"), Some(body)).await;
            answer.is_problem(422, "invalid").names(pointer, code);
        }
        root.call("DELETE", path, None).await.is(204);
        root.get(path).await.is_problem(404, "not_found");
        root.call("DELETE", path, None).await.is_problem(404, "not_found");
        gateway
    })
    .await;
}

/// P1, P3: resellers see themselves, and change nothing of what they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_sees_itself_and_no_other() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        assert_eq!(north.get("/api/v1/resellers/north").await.is(200).body["domain_limit"], 3);
        north.get("/api/v1/resellers/south").await.is_problem(404, "not_found");
        let more = json!({"domain_limit": 0});
        north.call("PATCH", "/api/v1/resellers/north", Some(more)).await.is_problem(403, "not_allowed");
        north.call("DELETE", "/api/v1/resellers/north", None).await.is_problem(403, "not_allowed");
        gateway
    })
    .await;
}

/// A suspended reseller: nobody of it signs in, open sessions end, its domains' mail is asked to come later.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_suspended_is_out_at_once_with_all_its_domains_until_it_goes_on() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        let people = ["north", "dom-a", "anna@a.test"];
        let mut sessions = Vec::new();
        for username in people {
            sessions.push(gateway.actor(username).await);
        }
        let revision = gateway.revision().await;
        let path = "/api/v1/resellers/north";
        root.call("PATCH", path, Some(json!({"is_suspended": true}))).await.is(200);
        assert_eq!(gateway.revision().await, revision + 1, "the nodes hear of it");
        for (username, session) in people.iter().zip(&sessions) {
            session.get("/api/v1/me").await.is_problem(401, "not_signed_in");
            gateway.sign_in(username, PASSWORD).await.is_problem(401, "wrong_credentials");
        }
        gateway.sign_in("dom-c", PASSWORD).await.is(201);
        let suspended = root.get("/api/v1/domains?is_suspended=true").await;
        let names: Vec<_> =
            suspended.body["data"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(names, ["a.test", "b.test"]);
        assert_eq!(
            root.get("/api/v1/domains?is_suspended=false&count=true").await.body["page"]["total"]["count"],
            2
        );
        root.call("PATCH", path, Some(json!({"is_suspended": false}))).await.is(200);
        gateway.sign_in("anna@a.test", PASSWORD).await.is(201);
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_with_domains_goes_only_together_with_them() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        let path = "/api/v1/resellers/north";
        let refused = root.call("DELETE", path, None).await;
        refused.is_problem(409, "conflict");
        assert!(refused.body["detail"].as_str().unwrap().contains("domains: 2,"), "{}", refused.text);
        root.call("DELETE", &format!("{path}?with_domains=true"), None).await.is(204);
        for gone in ["/api/v1/domains/a.test", "/api/v1/users/north", "/api/v1/users/anna@a.test"] {
            root.get(gone).await.is_problem(404, "not_found");
        }
        root.get("/api/v1/domains/c.test").await.is(200);
        gateway
    })
    .await;
}
