//! How programs sign in: what a token may, from where and for how long, and that it ends with its owner (P21).

use crate::gateway::{Actor, Answer, Gateway, PASSWORD, on_each};
use contract::endpoint::{Access, Method, operations};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

/// Makes a token of this actor's; whoever signs in by it, and its id.
async fn token<'a>(owner: &Actor<'a>, body: Value) -> (Actor<'a>, String) {
    let made = owner.call("POST", "/api/v1/api-tokens", Some(body)).await;
    let secret = made.is(201).body["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("gp_live_") && secret.len() == 44, "{secret}");
    let id = made.body["token"]["id"].as_str().unwrap().to_owned();
    (Actor { gateway: owner.gateway, token: secret, cookie: String::new() }, id)
}

fn scopes(names: &[&str]) -> Value {
    json!({"name": "script", "scopes": names})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_what_its_scopes_say_and_is_shown_once() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let (script, id) = token(&north, scopes(&["domains_view"])).await;
        script.get("/api/v1/domains").await.is(200);
        script.get("/api/v1/log").await.is_problem(403, "not_allowed");
        let me = script.get("/api/v1/me").await;
        assert_eq!(me.is(200).body["permissions"], json!(["domains_view"]));
        let path = format!("/api/v1/api-tokens/{id}");
        let shown = north.get(&path).await;
        assert!(!shown.is(200).text.contains(&script.token), "{}", shown.text);
        assert_eq!(shown.body["hint"].as_str().unwrap(), &script.token[40..]);
        assert_eq!(shown.body["last_used_ip"], "127.0.0.1");
        let list = north.get("/api/v1/api-tokens").await;
        assert_eq!(list.is(200).body["data"], json!([shown.body]));
        for other in ["root", "south", "dom-a"] {
            gateway.actor(other).await.get(&path).await.is_problem(404, "not_found");
        }
        let audit = gateway.actor("root").await.get("/api/v1/audit?action=add_api_token").await;
        assert!(!audit.is(200).text.contains(&script.token) && audit.text.contains("domains_view"));
        gateway
    })
    .await;
}

/// P5, P21: nobody gives a token what they lack; a switched-off right is gone from the token, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_never_has_more_than_its_owner() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let add = |body| north.call("POST", "/api/v1/api-tokens", Some(body));
        let refused = add(scopes(&["domains_view", "nodes_edit"])).await;
        refused.is_problem(422, "invalid").names("/scopes/1", "not_granted");
        add(scopes(&[])).await.is_problem(422, "invalid").names("/scopes", "required");
        add(scopes(&["everything"])).await.is_problem(422, "invalid").names("/scopes/0", "unknown_choice");
        let foreign = json!({"name": "x", "scopes": ["domains_view"], "domain": "c.test"});
        add(foreign).await.is_problem(422, "invalid").names("/domain", "not_found");
        let late = json!({"name": "x", "scopes": ["domains_view"], "expires_at": "2020-01-01T00:00:00Z"});
        add(late).await.is_problem(422, "invalid").names("/expires_at", "out_of_range");
        let wild = json!({"name": "x", "scopes": ["domains_view"], "networks": ["10.0.0.0/8", "here"]});
        add(wild).await.is_problem(422, "invalid").names("/networks/1", "not_an_address");
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reaches_its_domain_alone() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let body = json!({"name": "x", "scopes": ["domains_view", "routes_view"], "domain": "a.test"});
        let (script, _) = token(&north, body).await;
        let list = script.get("/api/v1/domains").await;
        assert_eq!(list.is(200).body["data"].as_array().unwrap().len(), 1);
        script.get("/api/v1/domains/a.test/routes").await.is(200);
        script.get("/api/v1/domains/b.test/routes").await.is_problem(404, "not_found");
        script.get("/api/v1/domains/c.test/routes").await.is_problem(404, "not_found");
        gateway
    })
    .await;
}

/// P21: expired, from elsewhere, rotated, removed, invented: nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_over_is_nobody() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let ends = backend::clock::timestamp(gateway.clock.now() + HOUR).0;
        let here = json!({"name": "x", "scopes": ["domains_view"], "networks": ["127.0.0.0/8", "::1"]});
        let (here, id) = token(&north, here).await;
        here.get("/api/v1/domains").await.is(200);
        let elsewhere = json!({"name": "x", "scopes": ["domains_view"], "networks": ["192.0.2.0/24"]});
        let (elsewhere, _) = token(&north, elsewhere).await;
        elsewhere.get("/api/v1/domains").await.is_problem(401, "not_signed_in");
        let short = json!({"name": "x", "scopes": ["domains_view"], "expires_at": ends});
        let (short, _) = token(&north, short).await;
        short.get("/api/v1/domains").await.is(200);
        let path = format!("/api/v1/api-tokens/{id}");
        let rotated = north.call("POST", &format!("{path}/rotate"), None).await;
        let fresh = rotated.is(200).body["secret"].as_str().unwrap().to_owned();
        here.get("/api/v1/domains").await.is_problem(401, "not_signed_in");
        let fresh = Actor { gateway: &gateway, token: fresh, cookie: String::new() };
        fresh.get("/api/v1/domains").await.is(200);
        let narrowed = json!({"networks": ["192.0.2.1"]});
        north.call("PATCH", &path, Some(narrowed)).await.is(200);
        fresh.get("/api/v1/domains").await.is_problem(401, "not_signed_in");
        north.call("PATCH", &path, Some(json!({"networks": []}))).await.is(200);
        fresh.get("/api/v1/domains").await.is(200);
        north.call("DELETE", &path, None).await.is(204);
        fresh.get("/api/v1/domains").await.is_problem(401, "not_signed_in");
        gateway.clock.advance(HOUR);
        short.get("/api/v1/domains").await.is_problem(401, "not_signed_in");
        let invented = Actor { gateway: &gateway, token: "gp_live_x".into(), cookie: String::new() };
        invented.get("/api/v1/domains").await.is_problem(401, "not_signed_in");
        gateway
    })
    .await;
}

/// P21: it dies with its owner.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_when_its_owner_is_switched_off() {
    on_each(|gateway| async move {
        let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
        let (script, _) = token(&north, scopes(&["domains_view"])).await;
        root.call("PATCH", "/api/v1/users/north", Some(json!({"is_active": false}))).await.is(200);
        script.get("/api/v1/domains").await.is_problem(401, "not_signed_in");
        root.call("PATCH", "/api/v1/users/north", Some(json!({"is_active": true}))).await.is(200);
        script.get("/api/v1/domains").await.is(200);
        root.call("DELETE", "/api/v1/users/north", None).await;
        script.get("/api/v1/domains").await.is_problem(401, "not_signed_in");
        gateway
    })
    .await;
}

/// P13, P21: what only a person does, a token never does, whatever its scopes.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_nothing_that_a_person_must_do() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        let me = root.get("/api/v1/me").await;
        let (script, id) =
            token(&root, json!({"name": "all", "scopes": me.is(200).body["permissions"]})).await;
        let rotate = format!("/api/v1/api-tokens/{id}/rotate");
        let password = json!({"current": PASSWORD, "new": "another long password"});
        for (method, path, body) in [
            ("GET", "/api/v1/me/sessions", None),
            ("DELETE", "/api/v1/me/sessions", None),
            ("DELETE", "/api/v1/me/sessions/ses_x", None),
            ("GET", "/api/v1/me/logins", None),
            ("POST", "/api/v1/sessions/confirm", Some(json!({"password": PASSWORD}))),
            ("PUT", "/api/v1/me/password", Some(password)),
            ("PATCH", "/api/v1/me", Some(json!({"email": "thief@evil.test"}))),
            ("GET", "/api/v1/me/second-factor", None),
            ("POST", "/api/v1/me/second-factor", None),
            ("POST", "/api/v1/me/second-factor/activate", Some(json!({"totp": "000000"}))),
            ("POST", "/api/v1/me/second-factor/recovery-codes", None),
            ("POST", "/api/v1/me/second-factor/remove", Some(json!({"password": PASSWORD}))),
            ("DELETE", "/api/v1/me/second-factor/devices", None),
            ("POST", "/api/v1/api-tokens", Some(scopes(&["domains_view"]))),
            ("POST", rotate.as_str(), None),
        ] {
            script.call(method, path, body).await.is_problem(403, "session_needed");
        }
        let events = gateway.client.get(gateway.url("/api/v1/events")).bearer_auth(&script.token);
        Answer::of(events.send().await.unwrap()).await.is_problem(401, "not_signed_in");
        root.get("/api/v1/me").await.is(200);
        gateway
    })
    .await;
}

/// A token needs the password shown a moment ago.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_panel_makes_no_tokens() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        gateway.clock.advance(HOUR / 5);
        let add = north.call("POST", "/api/v1/api-tokens", Some(scopes(&["domains_view"]))).await;
        add.is_problem(403, "confirmation_needed");
        let (confirmed, fresh) = north.confirm(PASSWORD).await;
        confirmed.is(200);
        fresh.call("POST", "/api/v1/api-tokens", Some(scopes(&["domains_view"]))).await.is(201);
        gateway
    })
    .await;
}

/// Every operation that reads, by a token with every scope, with that one alone and with all but that one.
#[tokio::test(flavor = "multi_thread")]
async fn every_scope_opens_its_own_operations_and_no_other() {
    /// With the scope it is not told that it may not; without, nothing is answered, if only because there is no
    /// such thing.
    async fn holds(script: &Actor<'_>, path: &str, is_open: bool) -> bool {
        let answer = script.get(path).await;
        if is_open { answer.body["code"] != "not_allowed" } else { !answer.status.is_success() }
    }
    async fn situation(gateway: &Gateway) {
        let root = gateway.actor("root").await;
        let me = root.get("/api/v1/me").await;
        let all: Vec<Value> = me.body["permissions"].as_array().unwrap().clone();
        let reads = operations().filter(|operation| operation.method == Method::Get);
        for operation in reads {
            let Access::Needs(permission) = operation.access else { continue };
            let path = operation.path_with(&["a.test", "1", "0"]);
            let own = json!([permission.name()]);
            let others: Vec<Value> = all.iter().filter(|one| **one != own[0]).cloned().collect();
            let mut ids = Vec::new();
            for (scopes, is_open) in [(own, true), (json!(others), false)] {
                let (script, id) = token(&root, json!({"name": "x", "scopes": scopes})).await;
                assert!(holds(&script, &path, is_open).await, "{} {scopes}", operation.id);
                ids.push(id);
            }
            for id in ids {
                root.call("DELETE", &format!("/api/v1/api-tokens/{id}"), None).await.is(204);
            }
        }
    }
    on_each(|gateway| async move {
        situation(&gateway).await;
        gateway
    })
    .await;
}
