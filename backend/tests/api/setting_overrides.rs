//! Who below a level has values of their own.

use crate::gateway::on_each;
use serde_json::json;

const DAYS: &str = "domain.log_days";

/// SET-01: before a default is changed, one sees whom it will not reach, and nobody of another tenant.
#[tokio::test(flavor = "multi_thread")]
async fn one_sees_who_below_has_a_value_of_their_own() {
    on_each(|gateway| async move {
        let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
        let (dom_a, anna) = (gateway.actor("dom-a").await, gateway.actor("anna@a.test").await);
        north.call("PATCH", "/api/v1/resellers/north/settings", Some(json!({DAYS: 10}))).await.is(200);
        dom_a.call("PATCH", "/api/v1/domains/a.test/settings", Some(json!({DAYS: 5}))).await.is(200);
        root.call("PATCH", "/api/v1/domains/c.test/settings", Some(json!({DAYS: 28}))).await.is(200);
        let threshold = "incoming.quarantine_threshold";
        let mailbox = "/api/v1/mailboxes/anna@a.test/settings";
        anna.call("PATCH", mailbox, Some(json!({threshold: 0.5}))).await.is(200);
        let all = root.get("/api/v1/settings/overrides").await.body;
        assert_eq!(all["domains"], 4);
        assert_eq!(all["settings"][DAYS], json!({"resellers": 1, "domains": 2, "mailboxes": 0}));
        assert_eq!(all["settings"][threshold], json!({"resellers": 0, "domains": 0, "mailboxes": 1}));
        let path = format!("/api/v1/settings/overrides/{DAYS}");
        let first = root.get(&format!("{path}?limit=2")).await.body;
        let second = root
            .get(&format!("{path}?limit=2&cursor={}", first["page"]["next"].as_str().unwrap()))
            .await
            .body;
        let names = |page: &serde_json::Value| -> Vec<String> {
            let rows = page["data"].as_array().unwrap().iter();
            rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(
            (names(&first), names(&second)),
            (vec!["a.test".into(), "c.test".into()], vec!["north".into()])
        );
        assert_eq!(first["data"][0], json!({"level": "domain", "name": "a.test", "value": 5}));
        let own = north.get(&format!("/api/v1/resellers/north/settings/overrides/{DAYS}")).await.body;
        assert_eq!(names(&own), ["a.test"]);
        let counts = north.get("/api/v1/resellers/north/settings/overrides").await.body;
        assert_eq!(counts["domains"], 2);
        assert_eq!(counts["settings"][DAYS]["domains"], 1);
        let below = dom_a.get(&format!("/api/v1/domains/a.test/settings/overrides/{threshold}")).await.body;
        assert_eq!(names(&below), ["anna@a.test"]);
        north.get("/api/v1/resellers/south/settings/overrides").await.is_problem(404, "not_found");
        north.get("/api/v1/settings/overrides").await.is_problem(403, "not_allowed");
        root.get("/api/v1/settings/overrides/domain.colour").await.is_problem(404, "not_found");
        gateway
    })
    .await;
}

/// SET-02, SET-03, SET-05, SET-08: written, read, refused with a reason.
#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_the_domain_page_are_checked() {
    on_each(|gateway| async move {
        let (root, dom_a) = (gateway.actor("root").await, gateway.actor("dom-a").await);
        let path = "/api/v1/domains/a.test/settings";
        let wanted = json!({
            "domain.contact": "it@a.test", "domain.administrator_contact": "", "domain.rejected_characters": "&:",
            "domain.notification_sender": "gate@a.test", "domain.log_invalid_recipients": true,
        });
        let set = dom_a.call("PATCH", path, Some(wanted.clone())).await;
        for (key, value) in wanted.as_object().unwrap() {
            assert_eq!(&set.is(200).body["settings"][key]["value"], value, "{key}");
        }
        let wrong = dom_a.call("PATCH", path, Some(json!({"domain.contact": "it"}))).await;
        wrong.is_problem(422, "invalid").names("/domain.contact", "not_an_email_address");
        let wrong = root.call("PATCH", "/api/v1/settings", Some(json!({"domain.contact": "it@a.test"}))).await;
        wrong.is_problem(422, "invalid").names("/domain.contact", "not_at_this_level");
        gateway
    })
    .await;
}
