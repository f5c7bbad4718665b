//! Every operation of the contract × what one can sign in with: a token of one scope, of one domain, of the past, of
//! somebody who was switched off, a session of somebody who acts as another. None opens more than it is for.

use crate::{
    actors::{Actor, Answer},
    gateway::{TestGateway, within},
    permissions::{Expected, Tenant, arguments, ask, expected, holds, names_a_tenant, tenant},
};
use contract::{
    endpoint::{self, Access, Operation},
    permission::{Permission, Role},
};
use serde_json::{Value, json};
use std::time::Duration;

/// What is for people and their programs, but for what ends a session, since the others are tried with
/// it, and the stream of events, which does not end.
fn operations() -> impl Iterator<Item = &'static Operation> {
    endpoint::operations()
        .filter(|operation| !matches!(operation.access, Access::Public | Access::Node))
        .filter(|operation| {
            !matches!(operation.id, "stop_acting" | "end_session" | "end_other_sessions" | "listen")
        })
}

async fn send(actor: &Actor, method: endpoint::Method, path: &str, body: Value) -> Answer {
    actor.send_raw(method, path, Some(("application/json", body.to_string().into_bytes()))).await
}

async fn token(owner: &Actor, wanted: Value) -> Actor {
    let made: Value = send(owner, endpoint::Method::Post, "/api/v1/api-tokens", wanted).await.json();
    owner.with_token(made["secret"].as_str().unwrap())
}

/// Calls every operation, and says which answers are not right.
async fn all(
    who: &str,
    actor: &Actor,
    target: &Tenant,
    is_right: impl Fn(&Operation, &Answer) -> bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for operation in operations() {
        let answer = ask(actor, operation, &arguments(operation, target, "scratch-none.test")).await;
        if !is_right(operation, &answer) {
            wrong.push(format!("{who} {}: {} {}", operation.id, answer.status, answer.text()));
        }
    }
    wrong
}

/// P21: scopes and the domain of a token.
#[tokio::test]
async fn a_token_opens_what_its_scopes_and_its_domain_say() {
    let gateway = TestGateway::start();
    let (_, foreign) = (tenant(&gateway, "ours").await, tenant(&gateway, "foreign").await);
    let administrator = gateway.administrator().await;
    let narrow = token(&administrator, json!({"name": "narrow", "scopes": ["jobs_view"]})).await;
    let mut wrong = all("one scope", &narrow, &foreign, |operation, answer| match operation.access {
        Access::Needs(permission) if permission != Permission::JobsView => {
            matches!(answer.status, 403 | 404)
        }
        _ => answer.status < 500,
    })
    .await;
    let scopes: Vec<&str> = Permission::ALL.into_iter().map(Permission::name).collect();
    let wanted = json!({"name": "ours", "scopes": scopes, "domain": "ours.test"});
    let within_ours = token(&administrator, wanted).await;
    wrong.extend(
        all("one domain", &within_ours, &foreign, |operation, answer| match operation.access {
            Access::Needs(_) if names_a_tenant(operation) => {
                answer.status == 403 || holds(Expected::Hidden, operation, answer)
            }
            _ => answer.status < 500,
        })
        .await,
    );
    for path in ["/api/v1/settings", "/api/v1/permissions"] {
        let answer =
            within_ours.send_raw(endpoint::Method::Patch, path, Some(("application/json", b"{}".to_vec())));
        assert_eq!(answer.await.status, 403, "{path}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// P21: what is over opens nothing: a token after its end, all of somebody who was switched off.
#[tokio::test]
async fn what_is_over_opens_nothing() {
    let gateway = TestGateway::start();
    let ours = tenant(&gateway, "ours").await;
    let administrator = gateway.administrator().await;
    let end = std::time::SystemTime::now() + Duration::from_secs(2);
    let end = chrono::DateTime::<chrono::Utc>::from(end).to_rfc3339();
    let scopes = json!(["domains_view"]);
    let expired = token(&administrator, json!({"name": "short", "scopes": scopes, "expires_at": end})).await;
    let session = gateway.actor("ours").await;
    let program = token(&session, json!({"name": "script", "scopes": scopes})).await;
    assert_eq!(program.send_raw(endpoint::Method::Get, "/api/v1/domains", None).await.status, 200);
    let off =
        send(&administrator, endpoint::Method::Patch, "/api/v1/users/ours", json!({"is_active": false}));
    assert_eq!(off.await.status, 200);
    within(Duration::from_secs(10), "the end of the token", async || {
        let answer = expired.send_raw(endpoint::Method::Get, "/api/v1/domains", None).await;
        (answer.status == 401).then_some(())
    })
    .await;
    let mut wrong = Vec::new();
    for (who, actor) in [
        ("an expired token", &expired),
        ("a session of somebody switched off", &session),
        ("a token of somebody switched off", &program),
    ] {
        wrong.extend(all(who, actor, &ours, |_, answer| answer.status == 401).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// USR-06, P4: whoever acts as an email user may what that user may, and nothing of their own.
#[tokio::test]
async fn whoever_acts_is_as_narrow_as_the_user() {
    let gateway = TestGateway::start();
    let (ours, foreign) = (tenant(&gateway, "ours").await, tenant(&gateway, "foreign").await);
    let owner = gateway.actor("ours").await;
    let opened = owner.send_raw(endpoint::Method::Post, "/api/v1/users/user@ours.test/sessions", None).await;
    let opened: Value = opened.json();
    let acting = owner.with_token(opened["access_token"].as_str().unwrap());
    let mut wrong = Vec::new();
    for (target, is_own) in [(&ours, true), (&foreign, false)] {
        wrong.extend(
            all("acting", &acting, target, |operation, answer| {
                match expected(operation, Role::Email, is_own) {
                    None | Some(Expected::Done) => answer.status != 401 && answer.status < 500,
                    Some(refused) => holds(refused, operation, answer),
                }
            })
            .await,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
