//! Settings at every level.

use crate::gateway::on_each;
use serde_json::json;

const THRESHOLD: &str = "incoming.quarantine_threshold";

/// SET-01: set, inherit, return to inheritance.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_inherited_until_it_is_set_and_again_after_a_reset() {
    on_each(|gateway| async move {
        let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
        let (dom_a, anna) = (gateway.actor("dom-a").await, gateway.actor("anna@a.test").await);
        let revision = gateway.revision().await;
        root.call("PATCH", "/api/v1/settings", Some(json!({THRESHOLD: 0.8}))).await.is(200);
        assert_eq!(gateway.revision().await, revision + 1);
        let seen = dom_a.get("/api/v1/domains/a.test/settings").await.body["settings"][THRESHOLD].clone();
        assert_eq!((&seen["value"], &seen["inherited_from"]), (&json!(0.8), &json!("global")));
        let reseller = json!({THRESHOLD: 0.7});
        north.call("PATCH", "/api/v1/resellers/north/settings", Some(reseller)).await.is(200);
        dom_a.call("PATCH", "/api/v1/domains/a.test/settings", Some(json!({THRESHOLD: 0.7}))).await.is(200);
        let own = dom_a.get("/api/v1/domains/a.test/settings").await.body["settings"][THRESHOLD].clone();
        assert_eq!((&own["source"], &own["inherited"]), (&json!("custom"), &json!(0.7)));
        let mailbox = "/api/v1/mailboxes/anna@a.test/settings";
        let inherited = anna.get(mailbox).await.body["settings"][THRESHOLD].clone();
        assert_eq!((&inherited["value"], &inherited["inherited_from"]), (&json!(0.7), &json!("domain")));
        anna.call("PATCH", mailbox, Some(json!({THRESHOLD: 0.5}))).await.is(200);
        let path = format!("/api/v1/domains/a.test/settings/{THRESHOLD}");
        let reset = dom_a.call("DELETE", &path, None).await;
        assert_eq!(reset.is(200).body["settings"][THRESHOLD]["inherited_from"], "reseller");
        let cleared = anna.call("PATCH", mailbox, Some(json!({THRESHOLD: null}))).await;
        assert_eq!(cleared.body["settings"][THRESHOLD]["source"], "inherited");
        gateway
    })
    .await;
}

/// SET-06: a new domain has the time zone of its reseller, until it has one of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_domain_has_the_time_zone_of_its_reseller() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let key = "domain.time_zone";
        let zone = json!({key: "Europe/Prague"});
        north.call("PATCH", "/api/v1/resellers/north/settings", Some(zone)).await.is(200);
        let route = json!({"routes": [{"host": "mx.example.net", "port": 25}]});
        north.call("PUT", "/api/v1/domains/new.test", Some(route)).await.is(201);
        let path = "/api/v1/domains/new.test/settings";
        assert_eq!(north.get(path).await.is(200).body["settings"][key]["value"], "Europe/Prague");
        north.call("PATCH", path, Some(json!({key: "Asia/Tokyo"}))).await.is(200);
        assert_eq!(north.get(path).await.is(200).body["settings"][key]["value"], "Asia/Tokyo");
        north
            .call("PATCH", path, Some(json!({key: "Mars/Crater"})))
            .await
            .is_problem(422, "invalid")
            .names(&format!("/{key}"), "unknown_choice");
        gateway
    })
    .await;
}

/// FIL-07: who has one threshold and inherits the other is not turned round by a change above.
#[tokio::test(flavor = "multi_thread")]
async fn thresholds_stay_in_order_for_those_who_inherit_one_of_them() {
    const UNSURE: &str = "incoming.unsure_threshold";
    on_each(|gateway| async move {
        let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
        let (dom_a, anna) = (gateway.actor("dom-a").await, gateway.actor("anna@a.test").await);
        let (global, reseller) = ("/api/v1/settings", "/api/v1/resellers/north/settings");
        let (domain, mailbox) = ("/api/v1/domains/a.test/settings", "/api/v1/mailboxes/anna@a.test/settings");
        anna.call("PATCH", mailbox, Some(json!({THRESHOLD: 0.4}))).await.is(200);
        for (actor, path) in [(&root, global), (&north, reseller), (&dom_a, domain)] {
            let refused = actor.call("PATCH", path, Some(json!({UNSURE: 0.4}))).await;
            refused.is_problem(422, "invalid").names(&format!("/{UNSURE}"), "threshold_order_below");
            assert_eq!(refused.body["detail"], "anna@a.test", "{path}");
            actor.call("PATCH", path, Some(json!({UNSURE: 0.39}))).await.is(200);
        }
        dom_a.call("PATCH", domain, Some(json!({UNSURE: 0.2}))).await.is(200);
        root.call("PATCH", global, Some(json!({UNSURE: 0.5}))).await.is(200);
        let refused = north.call("PATCH", reseller, Some(json!({THRESHOLD: 0.2, UNSURE: 0.1}))).await;
        refused.names(&format!("/{UNSURE}"), "threshold_order_below");
        assert_eq!(refused.body["detail"], "a.test");
        let south = json!({THRESHOLD: 0.6});
        root.call("PATCH", "/api/v1/resellers/south/settings", Some(south)).await.is(200);
        let refused = root.call("PATCH", global, Some(json!({UNSURE: 0.7}))).await;
        assert_eq!(refused.body["detail"], "south", "{}", refused.text);
        let refused = dom_a.call("DELETE", &format!("{domain}/{UNSURE}"), None).await;
        assert_eq!(refused.status.as_u16(), 200, "0.39 of the reseller is below 0.4");
        root.call("PATCH", "/api/v1/resellers/north/settings", Some(json!({UNSURE: null})))
            .await
            .names(&format!("/{UNSURE}"), "threshold_order_below");
        anna.call("PATCH", mailbox, Some(json!({THRESHOLD: null}))).await.is(200);
        root.call("PATCH", "/api/v1/resellers/north/settings", Some(json!({UNSURE: null}))).await.is(200);
        gateway
    })
    .await;
}

/// FIL-07, and what the catalogue refuses.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_cannot_be_taken_is_named() {
    on_each(|gateway| async move {
        let dom_a = gateway.actor("dom-a").await;
        let path = "/api/v1/domains/a.test/settings";
        for (change, key, code) in [
            (json!({THRESHOLD: 1.5}), THRESHOLD, "out_of_range"),
            (json!({THRESHOLD: "high"}), THRESHOLD, "wrong_type"),
            (json!({THRESHOLD: 0.1}), THRESHOLD, "threshold_order"),
            (json!({"incoming.unsure_threshold": 0.9}), "incoming.unsure_threshold", "threshold_order"),
            (
                json!({"incoming.quarantine_response": "shrug"}),
                "incoming.quarantine_response",
                "unknown_choice",
            ),
            (json!({"incoming.colour": 1}), "incoming.colour", "unknown_field"),
            (json!({"domain.log_days": 0}), "domain.log_days", "out_of_range"),
        ] {
            let answer = dom_a.call("PATCH", path, Some(change)).await;
            answer.is_problem(422, "invalid").names(&format!("/{key}"), code);
        }
        let anna = gateway.actor("anna@a.test").await;
        let change = json!({"incoming.quarantine_days": 1});
        let answer = anna.call("PATCH", "/api/v1/mailboxes/anna@a.test/settings", Some(change)).await;
        answer.is_problem(422, "invalid").names("/incoming.quarantine_days", "not_at_this_level");
        dom_a.call("PATCH", path, Some(json!([1]))).await.is_problem(422, "invalid");
        dom_a.call("DELETE", &format!("{path}/incoming.colour"), None).await.is_problem(404, "not_found");
        let stale = gateway.client.patch(gateway.url(path)).bearer_auth(&dom_a.token);
        let stale = stale.header("if-match", "\"old\"").json(&json!({THRESHOLD: 0.6})).send().await.unwrap();
        assert_eq!(stale.status(), 412);
        gateway
    })
    .await;
}
