//! Whether an account exists is told neither by the words of an answer nor by its time (P11, P14). Times are medians
//! of many tries, taken in turn, so that a busy machine slows both alike; the bound is generous.

use crate::gateway::{Answer, Gateway, on_each};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Tries of each kind.
const TRIES: usize = 30;

async fn timed(gateway: &Gateway, path: &str, body: &Value) -> (Duration, Answer) {
    let began = Instant::now();
    let answer = Answer::of(gateway.client.post(gateway.url(path)).json(body).send().await.unwrap()).await;
    (began.elapsed(), answer)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// What the answer says, without the id of the request.
fn words(answer: &Answer) -> (u16, String) {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("request_id");
    }
    (answer.status.as_u16(), body.to_string())
}

/// Both requests are answered in the same words, and in about the same time.
async fn are_alike(gateway: &Gateway, path: &str, [one, other]: [Value; 2]) {
    let (mut times, mut said) = ([Vec::new(), Vec::new()], [None, None]);
    for _ in 0..TRIES {
        for (number, body) in [&one, &other].into_iter().enumerate() {
            let (time, answer) = timed(gateway, path, body).await;
            times[number].push(time);
            let words = words(&answer);
            assert_eq!(*said[number].get_or_insert_with(|| words.clone()), words);
        }
    }
    assert_eq!(said[0], said[1], "{path}");
    let [one, other] = times.map(median);
    let apart = one.abs_diff(other);
    let bound = Duration::from_millis(15).max(one.max(other) / 3);
    assert!(apart <= bound, "{path}: {one:?} and {other:?}");
}

/// P14, G12.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_user_take_as_long() {
    on_each(|gateway| async move {
        let tries = ["root", "nobody"].map(|name| json!({"username": name, "password": "wrong"}));
        are_alike(&gateway, "/api/v1/sessions", tries).await;
        gateway
    })
    .await;
}

/// P14: before the password is right, nobody learns who has a second factor.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_not_told_before_the_password() {
    on_each(|gateway| async move {
        crate::second_factor::set_up(&gateway.actor("north").await).await;
        let tries =
            ["north", "south"].map(|name| json!({"username": name, "password": "wrong", "totp": "000000"}));
        are_alike(&gateway, "/api/v1/sessions", tries).await;
        gateway
    })
    .await;
}

/// P11.
#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_link_takes_as_long_for_nobody() {
    on_each(|gateway| async move {
        let tries = ["anna@a.test", "nobody@a.test"].map(|name| json!({"username": name}));
        are_alike(&gateway, "/api/v1/password-recoveries", tries).await;
        gateway
    })
    .await;
}
