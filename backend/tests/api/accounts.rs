//! Signing in and out, one's own account, resellers.

use crate::gateway::{PASSWORD, cookies, on_each, with_limits};
use serde_json::json;

/// P14: the same answer for a wrong password and for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    on_each(|gateway| async move {
        let wrong = gateway.sign_in("root", "wrong").await;
        let nobody = gateway.sign_in("nobody", "wrong").await;
        wrong.is_problem(401, "wrong_credentials");
        nobody.is_problem(401, "wrong_credentials");
        assert_eq!(wrong.body["detail"], nobody.body["detail"]);
        gateway.sign_in("ROOT ", PASSWORD).await.is(201);
        gateway
    })
    .await;
}

/// P14.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_stopped_and_told_when_to_come_back() {
    with_limits("on", |gateway| async move {
        for _ in 0..10 {
            gateway.sign_in("root", "wrong").await.is(401);
        }
        let refused = gateway.sign_in("root", PASSWORD).await;
        refused.is_problem(429, "too_many_requests");
        let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        gateway.clock.advance(wait * 1000);
        gateway.sign_in("root", PASSWORD).await.is(201);
        gateway
    })
    .await;
}

/// P12: rotation, the grace for a second tab, and the end of the session when an old token is used.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_refresh_token_ends_the_session() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        let next = gateway.refresh(&root.cookie).await;
        next.is(200);
        let new_cookie = cookies(&next);
        assert_ne!(new_cookie, root.cookie);
        let second_tab = gateway.refresh(&root.cookie).await;
        assert!(second_tab.is(200).headers.get("set-cookie").is_none(), "the cookie is not replaced twice");
        gateway.clock.advance(11_000);
        gateway.refresh(&root.cookie).await.is_problem(401, "not_signed_in");
        gateway.refresh(&new_cookie).await.is_problem(401, "not_signed_in");
        root.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway
    })
    .await;
}

/// P12, P15.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_signing_out_and_a_token_by_its_time() {
    on_each(|gateway| async move {
        let (root, other) = (gateway.actor("root").await, gateway.actor("root").await);
        gateway.clock.advance(899_000);
        root.get("/api/v1/me").await.is(200);
        let out = |origin: &'static str| {
            let request = gateway.client.delete(gateway.url("/api/v1/sessions/current"));
            request.header("cookie", root.cookie.clone()).header("origin", origin).send()
        };
        assert_eq!(out("https://evil.example").await.unwrap().status(), 403);
        root.get("/api/v1/me").await.is(200);
        let own = gateway.url("");
        let request = gateway.client.delete(gateway.url("/api/v1/sessions/current"));
        let done = request.header("cookie", &root.cookie).header("origin", own).send().await.unwrap();
        assert_eq!(done.status(), 204);
        root.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        other.get("/api/v1/me").await.is(200);
        gateway.clock.advance(1_000);
        other.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway
    })
    .await;
}

/// C10.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_meets_the_rules_and_ends_other_sessions() {
    on_each(|gateway| async move {
        let (anna, elsewhere) = (gateway.actor("anna@a.test").await, gateway.actor("anna@a.test").await);
        let change = |current: &str, new: &str| {
            anna.call("PUT", "/api/v1/me/password", Some(json!({"current": current, "new": new})))
        };
        change("wrong", "abcdeF").await.is_problem(422, "invalid").names("/current", "wrong_password");
        change(PASSWORD, "abcdef").await.is_problem(422, "invalid").names("/new", "password");
        change(PASSWORD, "abcdeF").await.is(204);
        anna.get("/api/v1/me").await.is(200);
        elsewhere.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway.sign_in("anna@a.test", PASSWORD).await.is(401);
        gateway.sign_in("anna@a.test", "abcdeF").await.is(201);
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_account_changes_by_merge_patch() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let me = north.get("/api/v1/me").await;
        assert_eq!((&me.body["role"], &me.body["reseller"]), (&json!("reseller"), &json!("north")));
        assert!(me.body["permissions"].as_array().unwrap().contains(&json!("domains_add")));
        let patch = |body| north.call("PATCH", "/api/v1/me", Some(body));
        let changed = patch(json!({"language": "de", "theme": "dark", "time_zone": "Europe/Berlin"})).await;
        assert_eq!(changed.is(200).body["language"], "de");
        let cleared = patch(json!({"language": null})).await;
        assert!(cleared.is(200).body.get("language").is_none() && cleared.body["theme"] == "dark");
        patch(json!({"role": "administrator"}))
            .await
            .is_problem(422, "invalid")
            .names("/role", "unknown_field");
        patch(json!({"theme": "pink"})).await.is_problem(422, "invalid").names("/theme", "unknown_choice");
        patch(json!({"time_zone": "../etc"}))
            .await
            .is_problem(422, "invalid")
            .names("/time_zone", "characters");
        gateway
    })
    .await;
}

/// P1.
#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_sees_only_itself_among_resellers() {
    on_each(|gateway| async move {
        let all = gateway.actor("root").await.get("/api/v1/resellers?count=true").await;
        assert_eq!(all.body["page"]["total"]["count"], 2);
        let own = gateway.actor("north").await.get("/api/v1/resellers").await;
        assert_eq!(own.body["data"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&own.body["data"][0]["slug"], &own.body["data"][0]["domains"]),
            (&json!("north"), &json!(2))
        );
        gateway.actor("dom-a").await.get("/api/v1/resellers").await.is_problem(403, "not_allowed");
        gateway
    })
    .await;
}
