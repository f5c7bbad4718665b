//! A new password by mail: who gets a link, what it is good for, and that nobody learns who exists.

use crate::gateway::{Answer, Gateway, PASSWORD, on_each};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const NEW: &str = "Storch-7-klappert";

async fn send(gateway: &Gateway, method: &str, path: &str, body: Value) -> Answer {
    let request = gateway.client.request(method.parse().unwrap(), gateway.url(path)).json(&body);
    Answer::of(request.header("host", "evil.test").send().await.unwrap()).await
}

async fn ask(gateway: &Gateway, username: &str) -> Answer {
    send(gateway, "POST", "/api/v1/password-recoveries", json!({"username": username})).await
}

async fn set(gateway: &Gateway, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    send(gateway, "PUT", "/api/v1/password-recoveries/password", body).await
}

/// The secret of the latest link, once that many letters have come.
async fn link(gateway: &Gateway, letters: usize) -> String {
    let text = gateway.letters(letters).await.pop().unwrap().text().replace("=\r\n", "");
    let (_, rest) = text.split_once("http://panel.test/new-password#").expect(&text);
    rest.split_whitespace().next().unwrap().to_owned()
}

/// ACC-03, P11.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_one_new_password_and_ends_every_session() {
    on_each(|gateway| async move {
        let anna = gateway.actor("anna@a.test").await;
        let answer = ask(&gateway, " Anna@A.test ").await;
        assert!(answer.is(202).text.is_empty());
        let secret = link(&gateway, 1).await;
        let letter = gateway.sink.received().remove(0);
        assert_eq!(
            (letter.recipients, letter.sender.as_str()),
            (vec!["anna@a.test".into()], "gatepost@panel.test")
        );
        assert!(!String::from_utf8_lossy(&letter.content).contains("evil.test"));
        let weak = set(&gateway, &secret, "abcdef").await;
        weak.is_problem(422, "invalid").names("/password", "password");
        set(&gateway, &secret, NEW).await.is(204);
        set(&gateway, &secret, NEW).await.is_problem(422, "invalid").names("/token", "link_over");
        anna.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway.refresh(&anna.cookie).await.is_problem(401, "not_signed_in");
        gateway.sign_in("anna@a.test", PASSWORD).await.is_problem(401, "wrong_credentials");
        gateway.sign_in("anna@a.test", NEW).await.is(201);
        let audit = gateway.actor("root").await.get("/api/v1/audit?actor=anna@a.test").await;
        assert!(audit.text.contains("set_recovered_password") && !audit.text.contains(&secret));
        gateway
    })
    .await;
}

/// P11: nobody's mailbox is filled with links.
#[tokio::test(flavor = "multi_thread")]
async fn three_links_hold_at_the_same_time() {
    on_each(|gateway| async move {
        for letters in 1..=3 {
            ask(&gateway, "anna@a.test").await.is(202);
            link(&gateway, letters).await;
        }
        ask(&gateway, "anna@a.test").await.is(202);
        ask(&gateway, "carl@c.test").await.is(202);
        link(&gateway, 4).await;
        let received = gateway.sink.received();
        let to_anna = received.iter().filter(|letter| letter.recipients == ["anna@a.test"]).count();
        assert_eq!(to_anna, 3);
        gateway
    })
    .await;
}

/// P11.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_holds_for_half_an_hour() {
    on_each(|gateway| async move {
        ask(&gateway, "anna@a.test").await.is(202);
        let old = link(&gateway, 1).await;
        gateway.clock.advance(30 * MINUTE);
        set(&gateway, &old, NEW).await.is_problem(422, "invalid").names("/token", "link_over");
        ask(&gateway, "anna@a.test").await.is(202);
        let fresh = link(&gateway, 2).await;
        set(&gateway, &fresh, NEW).await.is(204);
        gateway
    })
    .await;
}

/// P11: the same words whoever asks; nobody without an address, switched off or unknown is written to.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_exists() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        root.call("PATCH", "/api/v1/users/carl@c.test", Some(json!({"is_active": false}))).await.is(200);
        for name in ["nobody", "nobody@a.test", "north", "carl@c.test", "a\u{7}b", ""] {
            assert!(ask(&gateway, name).await.is(202).text.is_empty(), "{name:?}");
        }
        ask(&gateway, "anna@a.test").await.is(202);
        link(&gateway, 1).await;
        assert_eq!(gateway.sink.received()[0].recipients, ["anna@a.test"]);
        gateway
    })
    .await;
}

/// PER-01: the switch of the role, for asking and for a link that is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_recover_gets_no_link() {
    on_each(|gateway| async move {
        ask(&gateway, "anna@a.test").await.is(202);
        let secret = link(&gateway, 1).await;
        let db = &gateway.running.services().db;
        db.change(|conn| {
            use backend::db::schema::permission_switches as switches;
            use diesel::prelude::*;
            let row = (
                switches::role.eq("email"),
                switches::name.eq("recover_password"),
                switches::is_on.eq(false),
            );
            diesel::insert_into(switches::table).values(row).execute(conn)?;
            Ok(())
        })
        .await
        .unwrap();
        set(&gateway, &secret, NEW).await.is_problem(422, "invalid").names("/token", "link_over");
        ask(&gateway, "anna@a.test").await.is(202);
        let offer =
            Answer::of(gateway.client.get(gateway.url("/api/v1/password-recoveries")).send().await.unwrap());
        assert_eq!(offer.await.is(200).body, json!({"is_offered": true}), "the other roles may");
        assert_eq!(gateway.sink.received().len(), 1);
        gateway
    })
    .await;
}
