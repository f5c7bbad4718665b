//! The permission page (PER): switches hold at once, in open sessions too, and nobody is locked out for good.

use crate::gateway::{PASSWORD, on_each};
use serde_json::{Value, json};

const PAGE: &str = "/api/v1/permissions";

fn switch(role: &str, permission: &str, is_on: impl Into<Value>) -> Value {
    json!({"permissions": [{"role": role, "permission": permission, "is_on": is_on.into()}]})
}

/// The cell of a role in the row of a permission.
fn cell(page: &Value, permission: &str, role: &str) -> Value {
    let rows = page["permissions"].as_array().unwrap();
    let row = rows.iter().find(|row| row["permission"] == permission).unwrap();
    row["roles"].as_array().unwrap().iter().find(|cell| cell["role"] == role).unwrap().clone()
}

/// PER-02, PER-03, PER-04, PER-05, PER-18, C14.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_every_permission_by_role_and_what_cannot_be_switched() {
    on_each(|gateway| async move {
        let page = gateway.actor("root").await.get(PAGE).await.is(200).body.clone();
        let rows = page["permissions"].as_array().unwrap();
        assert!(rows.len() > 60 && rows.iter().all(|row| row["roles"].as_array().unwrap().len() == 5));
        assert_eq!(cell(&page, "domains_add", "reseller")["is_granted"], true);
        assert_eq!(cell(&page, "domains_add", "administrator")["cell"], "always");
        assert_eq!(cell(&page, "domains_add", "domain")["cell"], "never");
        // PER-13: domain users don't have it, but can be given it.
        assert_eq!(cell(&page, "callout_cache_clear", "domain")["cell"], "off");
        gateway.actor("north").await.get(PAGE).await.is(200);
        gateway.actor("dom-a").await.get(PAGE).await.is_problem(403, "not_allowed");
        gateway
    })
    .await;
}

/// PER-04, PER-06 … PER-12, PER-16, PER-17: taken away and given back, for sessions that are open.
#[tokio::test(flavor = "multi_thread")]
async fn a_switch_holds_at_once_in_open_sessions() {
    on_each(|gateway| async move {
        let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
        north.get("/api/v1/domains").await.is(200);
        root.call("PATCH", PAGE, Some(switch("reseller", "domains_view", false))).await.is(200);
        north.get("/api/v1/domains").await.is_problem(403, "not_allowed");
        let me = north.get("/api/v1/me").await;
        assert!(!me.body["permissions"].as_array().unwrap().contains(&json!("domains_view")));
        root.call("PATCH", PAGE, Some(switch("reseller", "domains_view", Value::Null))).await.is(200);
        north.get("/api/v1/domains").await.is(200);
        // PER-13, given to a role that did not have it.
        let dom_a = gateway.actor("dom-a").await;
        dom_a.get("/api/v1/users?role=domain").await.is(200);
        let given = switch("domain", "domain_users_view", true);
        root.call("PATCH", PAGE, Some(given)).await.is(200);
        let seen = dom_a.get("/api/v1/users?role=domain").await;
        assert_eq!(seen.body["data"][0]["username"], "dom-a");
        gateway
    })
    .await;
}

/// PER-19.
#[tokio::test(flavor = "multi_thread")]
async fn a_narrower_role_never_has_what_the_wider_one_lost() {
    on_each(|gateway| async move {
        let (root, anna) = (gateway.actor("root").await, gateway.actor("anna@a.test").await);
        anna.get("/api/v1/log").await.is(200);
        let page = root.call("PATCH", PAGE, Some(switch("reseller", "log_view", false))).await;
        assert_eq!(cell(&page.is(200).body, "log_view", "email")["is_on"], true);
        assert_eq!(cell(&page.body, "log_view", "email")["is_granted"], false);
        anna.get("/api/v1/log").await.is_problem(403, "not_allowed");
        let restored = root.call("DELETE", PAGE, None).await;
        assert_eq!(cell(&restored.is(200).body, "log_view", "email")["is_granted"], true);
        anna.get("/api/v1/log").await.is(200);
        gateway
    })
    .await;
}

/// PER-03, PER-14, PER-15, PER-16, P5.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_fixed_or_unknown_is_refused_and_nothing_of_the_change_is_made() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        for (role, permission) in [
            ("administrator", "log_view"),
            ("domain", "callout_cache_clear_all"),
            ("email", "nodes_edit"),
            ("guest", "log_view"),
        ] {
            let answer = root.call("PATCH", PAGE, Some(switch(role, permission, true))).await;
            answer.is_problem(422, "invalid").names("/permissions/0/role", "fixed");
        }
        let unknown = switch("reseller", "fly", true);
        root.call("PATCH", PAGE, Some(unknown)).await.is_problem(422, "invalid");
        let half = json!({"permissions": [
            {"role": "reseller", "permission": "log_view", "is_on": false},
            {"role": "guest", "permission": "log_view", "is_on": true},
        ]});
        root.call("PATCH", PAGE, Some(half)).await.names("/permissions/1/role", "fixed");
        gateway.actor("north").await.get("/api/v1/log").await.is(200);
        let north = gateway.actor("north").await;
        north
            .call("PATCH", PAGE, Some(switch("domain", "log_view", false)))
            .await
            .is_problem(403, "not_allowed");
        north.call("DELETE", PAGE, None).await.is_problem(403, "not_allowed");
        gateway
    })
    .await;
}

/// PER-01, C14: in open sessions too; an administrator always gets in.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_sign_in_is_out_at_once() {
    on_each(|gateway| async move {
        let (root, anna) = (gateway.actor("root").await, gateway.actor("anna@a.test").await);
        let logins = |role: &str, may: bool| json!({"logins": [{"role": role, "may_log_in": may}]});
        root.call("PATCH", PAGE, Some(logins("email", false))).await.is(200);
        anna.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway.refresh(&anna.cookie).await.is_problem(401, "not_signed_in");
        gateway.sign_in("anna@a.test", PASSWORD).await.is_problem(401, "wrong_credentials");
        gateway.sign_in("dom-a", PASSWORD).await.is(201);
        let answer = root.call("PATCH", PAGE, Some(logins("administrator", false))).await;
        answer.is_problem(422, "invalid").names("/logins/0/may_log_in", "fixed");
        root.call("PATCH", PAGE, Some(logins("email", true))).await.is(200);
        gateway.sign_in("anna@a.test", PASSWORD).await.is(201);
        let recovery = json!({"logins": [{"role": "administrator", "may_recover_password": false}]});
        let page = root.call("PATCH", PAGE, Some(recovery)).await;
        assert_eq!(page.is(200).body["logins"][0]["may_recover_password"], false);
        gateway
    })
    .await;
}

/// PER-18, P5: and what was switched is in the audit.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_looked_through_the_eyes_of_and_changes_are_audited() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        let version = root.get(PAGE).await.headers["etag"].clone();
        root.call("PATCH", PAGE, Some(switch("email", "log_view", false))).await.is(200);
        let preview = root.get("/api/v1/permissions/preview?role=email").await;
        let has = |name: &str| preview.is(200).body["permissions"].as_array().unwrap().contains(&json!(name));
        assert!(has("quarantine_view") && !has("log_view") && !has("domains_view"));
        let north = gateway.actor("north").await;
        north.get("/api/v1/permissions/preview?role=administrator").await.is_problem(422, "invalid");
        north.get("/api/v1/permissions/preview").await.is_problem(422, "invalid").names("?role", "required");
        let entries = root.get("/api/v1/audit?action=change_permissions").await;
        let told = json!([{"field": "email.log_view", "from": true, "to": false}]);
        assert_eq!(entries.body["data"][0]["changes"], told);
        let request =
            gateway.client.patch(gateway.url(PAGE)).bearer_auth(&root.token).header("if-match", version);
        let stale = request.json(&switch("email", "log_view", true)).send().await.unwrap();
        assert_eq!(stale.status(), 412);
        gateway
    })
    .await;
}
