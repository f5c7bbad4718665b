//! Acting as one of one's users (USR-06, P4).

use crate::gateway::{Actor, Answer, Gateway, PASSWORD, cookies, on_each};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;

async fn act_as<'a>(actor: &Actor<'a>, username: &str) -> (Answer, Actor<'a>) {
    let answer = actor.call("POST", &format!("/api/v1/users/{username}/sessions"), None).await;
    let acting = of(actor.gateway, &answer);
    (answer, acting)
}

fn of<'a>(gateway: &'a Gateway, answer: &Answer) -> Actor<'a> {
    let token = answer.body.get("access_token").and_then(Value::as_str).unwrap_or_default().to_owned();
    Actor { gateway, token, cookie: cookies(answer) }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_acts_as_their_user_and_goes_back() {
    on_each(|gateway| async move {
        {
            let dom_a = gateway.actor("dom-a").await;
            let (answer, acting) = act_as(&dom_a, "anna@a.test").await;
            let me = &answer.is(201).body["me"];
            assert_eq!(
                (&me["username"], &me["acted_by"]["username"]),
                (&json!("anna@a.test"), &json!("dom-a"))
            );
            acting.call("PATCH", "/api/v1/me", Some(json!({"theme": "dark"}))).await.is(200);
            acting.get("/api/v1/users").await.is_problem(403, "not_allowed");
            // One's own session is open behind it.
            dom_a.get("/api/v1/me").await.is(200);
            let back = acting.call("DELETE", "/api/v1/sessions/acting", None).await;
            assert_eq!(back.is(200).body["me"]["username"], "dom-a");
            acting.get("/api/v1/me").await.is_problem(401, "not_signed_in");
            let own = of(&gateway, &back);
            own.call("DELETE", "/api/v1/sessions/acting", None).await.is_problem(404, "not_found");
            gateway.refresh(&own.cookie).await.is(200);
            let audit = own.get("/api/v1/audit?actor=dom-a").await.body;
            let rows: Vec<_> = audit["data"].as_array().unwrap().iter().take(3).collect();
            let told = |row: &Value| {
                (row["action"].as_str().unwrap().to_owned(), row["as_user"].as_str().map(str::to_owned))
            };
            assert_eq!(
                rows.into_iter().map(told).collect::<Vec<_>>(),
                [
                    ("stop_acting".to_owned(), Some("anna@a.test".to_owned())),
                    ("change_me".to_owned(), Some("anna@a.test".to_owned())),
                    ("act_as_user".to_owned(), None),
                ]
            );
            let anna = gateway.actor("anna@a.test").await;
            assert_eq!(anna.get("/api/v1/me/sessions").await.body["data"].as_array().unwrap().len(), 1);
        }
        gateway
    })
    .await;
}

/// P4: never upwards, sideways, into another tenant, from an API token, or twice.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_as_somebody_who_is_not_below_them() {
    on_each(|gateway| async move {
        {
            let (north, dom_a) = (gateway.actor("north").await, gateway.actor("dom-a").await);
            for (actor, username) in [
                (&north, "root"),
                (&north, "south"),
                (&north, "carl@c.test"),
                (&dom_a, "north"),
                (&dom_a, "nobody@a.test"),
            ] {
                act_as(actor, username).await.0.is_problem(404, "not_found");
            }
            act_as(&dom_a, "dom-a").await.0.is_problem(404, "not_found");
            act_as(&north, "north").await.0.is_problem(403, "not_allowed");
            let anna = gateway.actor("anna@a.test").await;
            act_as(&anna, "anna@a.test").await.0.is_problem(404, "not_found");
            let (answer, acting) = act_as(&north, "dom-a").await;
            answer.is(201);
            act_as(&acting, "anna@a.test").await.0.is_problem(403, "acting_as_other");
            let scopes = json!({"name": "script", "scopes": ["login_as", "email_users_view"]});
            let token = north.call("POST", "/api/v1/api-tokens", Some(scopes)).await;
            let secret = token.is(201).body["secret"].as_str().unwrap().to_owned();
            let program = Actor { gateway: &gateway, token: secret, cookie: String::new() };
            act_as(&program, "anna@a.test").await.0.is_problem(403, "session_needed");
            gateway.clock.advance(11 * MINUTE);
            let own = gateway.refresh(&north.cookie).await;
            act_as(&of(&gateway, &own), "dom-a").await.0.is_problem(403, "confirmation_needed");
        }
        gateway
    })
    .await;
}

/// P4, P13: what belongs to the person stays theirs.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_acts_does_not_touch_what_the_user_signs_in_with() {
    on_each(|gateway| async move {
        {
            let north = gateway.actor("north").await;
            let (answer, acting) = act_as(&north, "dom-a").await;
            answer.is(201);
            let new = "Storch-7-klappert";
            for (method, path, body) in [
                ("PUT", "/api/v1/me/password", json!({"current": PASSWORD, "new": new})),
                ("POST", "/api/v1/sessions/confirm", json!({"password": PASSWORD})),
                ("POST", "/api/v1/me/second-factor", json!(null)),
                ("PATCH", "/api/v1/me", json!({"email": "me@evil.example"})),
                ("POST", "/api/v1/api-tokens", json!({"name": "mine", "scopes": ["domains_view"]})),
                ("DELETE", "/api/v1/me/sessions", json!(null)),
            ] {
                let body = Some(body).filter(|body| !body.is_null());
                acting.call(method, path, body).await.is_problem(403, "acting_as_other");
            }
            for path in ["/api/v1/me/sessions", "/api/v1/me/logins"] {
                acting.get(path).await.is_problem(403, "acting_as_other");
            }
        }
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acting_ends_with_its_half_hour_with_the_right_to_it_and_with_the_session_behind() {
    on_each(|gateway| async move {
        {
            let north = gateway.actor("north").await;
            let (_, acting) = act_as(&north, "dom-a").await;
            gateway.clock.advance(20 * MINUTE);
            let kept = gateway.refresh(&acting.cookie).await;
            assert_eq!(kept.is(200).body["me"]["username"], "dom-a");
            gateway.clock.advance(11 * MINUTE);
            of(&gateway, &kept).get("/api/v1/me").await.is_problem(401, "not_signed_in");
            // A sign-in clears sessions that are over.
            let north_again = gateway.actor("north").await;
            let back = gateway.refresh(&cookies(&kept)).await;
            assert_eq!(back.is(200).body["me"]["username"], "north");
            assert!(back.body["me"]["acted_by"].is_null());

            let (_, acting) = act_as(&north_again, "dom-a").await;
            let switch =
                json!({"permissions": [{"role": "reseller", "permission": "login_as", "is_on": false}]});
            let root = gateway.actor("root").await;
            root.call("PATCH", "/api/v1/permissions", Some(switch)).await.is(200);
            acting.get("/api/v1/me").await.is_problem(401, "not_signed_in");
            let back = gateway.refresh(&acting.cookie).await;
            assert_eq!(back.is(200).body["me"]["username"], "north");

            let (_, acting) = act_as(&root, "dom-a").await;
            acting.get("/api/v1/me").await.is(200);
            root.call("DELETE", "/api/v1/me/sessions", None).await.is(204);
            acting.get("/api/v1/me").await.is(200);
            let sign_out = gateway.client.delete(gateway.url("/api/v1/sessions/current"));
            sign_out.header("cookie", &acting.cookie).send().await.unwrap();
            acting.get("/api/v1/me").await.is_problem(401, "not_signed_in");
            root.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        }
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_as_somebody_who_cannot_sign_in() {
    on_each(|gateway| async move {
        {
            let root = gateway.actor("root").await;
            let off = Some(json!({"is_active": false}));
            root.call("PATCH", "/api/v1/users/anna@a.test", off).await.is(200);
            act_as(&root, "anna@a.test").await.0.is_problem(409, "cannot_sign_in");
            let suspended = Some(json!({"is_suspended": true}));
            root.call("PATCH", "/api/v1/domains/a.test", suspended).await.is(200);
            act_as(&root, "dom-a").await.0.is_problem(409, "cannot_sign_in");
        }
        gateway
    })
    .await;
}
