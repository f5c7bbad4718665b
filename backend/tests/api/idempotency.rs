//! Requests that are sent again with the same `Idempotency-Key`, and how many requests are left.

use crate::gateway::{Actor, Answer, on_each, with_limits};
use serde_json::json;

const DAY: i64 = 86_400_000;

async fn add(actor: &Actor<'_>, key: &str, name: &str) -> Answer {
    let request =
        actor.gateway.client.post(actor.gateway.url("/api/v1/api-tokens")).bearer_auth(&actor.token);
    let body = json!({"name": name, "scopes": ["domains_view"]});
    Answer::of(request.header("idempotency-key", key).json(&body).send().await.unwrap()).await
}

async fn tokens(actor: &Actor<'_>) -> usize {
    actor.get("/api/v1/api-tokens").await.body["data"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_again_is_answered_again_and_not_done_again() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let first = add(&north, "k-1", "script").await;
        let again = add(&north, "k-1", "script").await;
        assert_eq!((first.is(201).status, &first.text), (again.status, &again.text));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.headers["content-type"], first.headers["content-type"]);
        assert_eq!(tokens(&north).await, 1);
        add(&north, "k-1", "another").await.is_problem(422, "idempotency_key_reused");
        add(&north, "k-2", "script").await.is(201);
        add(&gateway.actor("south").await, "k-1", "another").await.is(201);
        let refused = add(&north, "k-3", "").await;
        refused.is_problem(422, "invalid");
        assert_eq!(add(&north, "k-3", "").await.text, refused.text, "also an error is the same");
        for wrong in ["", &"k".repeat(201), "a b"] {
            add(&north, wrong, "script").await.is_problem(400, "bad_request");
        }
        assert_eq!(tokens(&north).await, 2);
        gateway
    })
    .await;
}

/// P22: an answer may hold a secret; whoever has the database alone does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_answer_is_sealed_and_kept_for_a_day() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let first = add(&north, "k-1", "script").await;
        let db = &gateway.running.services().db;
        let sealed = db
            .run(|conn| {
                use backend::db::schema::idempotency_keys as keys;
                use diesel::prelude::*;
                Ok(keys::table.select(keys::sealed_answer).first::<Option<String>>(conn)?)
            })
            .await
            .unwrap()
            .unwrap();
        assert!(!sealed.contains("gp_live_") && sealed.len() > first.text.len());
        gateway.clock.advance(DAY);
        let north = gateway.actor("north").await;
        add(&north, "k-1", "another").await.is(201);
        gateway
    })
    .await;
}

/// Of two at the same moment one is done; the other hears that, or the answer.
#[tokio::test(flavor = "multi_thread")]
async fn two_at_the_same_moment_are_done_once() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let answers = tokio::join!(
            add(&north, "k-1", "script"),
            add(&north, "k-1", "script"),
            add(&north, "k-1", "script"),
            add(&north, "k-1", "script")
        );
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            match answer.status.as_u16() {
                201 => {}
                _ => drop(answer.is_problem(409, "idempotency_running")),
            }
        }
        assert_eq!(tokens(&north).await, 1);
        gateway
    })
    .await;
}

/// A program that was killed in the middle leaves a key that is free again after its lease.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nobody_works_on_any_more_is_free_again() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        add(&north, "k-1", "script").await.is(201);
        let db = &gateway.running.services().db;
        db.append(|conn| {
            use backend::db::schema::idempotency_keys as keys;
            use diesel::prelude::*;
            diesel::update(keys::table).set(keys::status.eq(None::<i32>)).execute(conn)?;
            Ok(())
        })
        .await
        .unwrap();
        let running = add(&north, "k-1", "script").await;
        running.is_problem(409, "idempotency_running");
        assert!(running.headers.contains_key("retry-after"));
        gateway.clock.advance(90_000);
        add(&north, "k-1", "script").await.is(201);
        assert_eq!(tokens(&north).await, 2);
        gateway
    })
    .await;
}

/// A kept answer is for whoever is still signed in.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_out_gets_no_kept_answer() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        add(&north, "k-1", "script").await.is(201);
        gateway.actor("north").await.call("DELETE", "/api/v1/me/sessions", None).await.is(204);
        add(&north, "k-1", "script").await.is_problem(401, "not_signed_in");
        gateway
    })
    .await;
}

/// A caller is told how many requests are left.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_told_how_many_requests_are_left() {
    with_limits("on", |gateway| async move {
        let root = gateway.actor("root").await;
        let answer = root.get("/api/v1/me").await;
        assert_eq!(answer.headers["ratelimit-policy"], "\"caller\";q=6000;w=60");
        assert_eq!(answer.headers["ratelimit"], "\"caller\";r=5999;t=1");
        let refused = root.get("/api/v1/nothing").await;
        assert_eq!(refused.is_problem(404, "not_found").headers["ratelimit"], "\"caller\";r=5998;t=1");
        let north = gateway.actor("north").await;
        assert_eq!(north.get("/api/v1/me").await.headers["ratelimit"], "\"caller\";r=5999;t=1");
        gateway
    })
    .await;
}
