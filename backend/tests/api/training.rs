//! What releasing teaches, and how long its content is kept.

use crate::{
    gateway::{Actor, Gateway, on_each},
    held_mail::{DAY, filled, id, sweep},
};
use backend::{
    db::schema::{audit, training_acts},
    storage::{BodyKey, Storage},
};
use diesel::prelude::*;
use serde_json::{Value, json};

/// The acts there are: record, mailbox, whether spam, who.
async fn acts(gateway: &Gateway) -> Vec<(i64, String, bool, String)> {
    let db = &gateway.running.services().db;
    db.run(|conn| {
        use training_acts::{actor, is_spam, mailbox, record_id};
        Ok(training_acts::table.select((record_id, mailbox, is_spam, actor)).order(record_id).load(conn)?)
    })
    .await
    .unwrap()
}

/// Which messages were taught, as the audit has it.
async fn audited(gateway: &Gateway) -> Vec<String> {
    let db = &gateway.running.services().db;
    db.run(|conn| {
        let taught = audit::table.filter(audit::action.eq("teach_not_spam"));
        Ok(taught.select(audit::target).order(audit::id).load(conn)?)
    })
    .await
    .unwrap()
}

async fn release(actor: &Actor<'_>, body: Value) {
    let answer = actor.call("POST", "/api/v1/quarantine/release", Some(body)).await;
    assert!(answer.is(200).body["results"][0]["error"].is_null(), "{}", answer.text);
}

/// C15, QUA-09, QUA-24.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_teaches_as_the_caller_says_or_else_as_the_domain_has_it() {
    on_each(|gateway| async move {
        let _node = filled(&gateway).await;
        let anna = gateway.actor("anna@a.test").await;
        release(&anna, json!({"ids": [id(1)]})).await;
        let first = (id(1), "anna@a.test".to_owned(), false, "anna@a.test".to_owned());
        assert_eq!(acts(&gateway).await, std::slice::from_ref(&first));
        let root = gateway.actor("root").await;
        for train in [Value::Null, json!(true)] {
            release(&root, json!({"ids": [id(4)], "with_virus": true, "train": train})).await;
        }
        assert_eq!(acts(&gateway).await, std::slice::from_ref(&first), "never with a virus");
        let dom_a = gateway.actor("dom-a").await;
        let off = json!({"incoming.release_trains": false});
        dom_a.call("PATCH", "/api/v1/domains/a.test/settings", Some(off)).await.is(200);
        release(&dom_a, json!({"ids": [id(2)]})).await;
        release(&gateway.actor("carl@c.test").await, json!({"ids": [id(3)], "train": false})).await;
        assert_eq!(acts(&gateway).await, std::slice::from_ref(&first));
        for _ in 0..2 {
            release(&dom_a, json!({"ids": [id(2)], "train": true})).await;
        }
        let second = (id(2), "bob@a.test".to_owned(), false, "dom-a".to_owned());
        assert_eq!(acts(&gateway).await, [first, second], "and each message once");
        assert_eq!(audited(&gateway).await, [id(1).to_string(), id(2).to_string()]);
        gateway
    })
    .await;
}

/// What is refused teaches nothing, whatever else the request releases.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_released_teaches() {
    on_each(|gateway| async move {
        let _node = filled(&gateway).await;
        let dom_a = gateway.actor("dom-a").await;
        let body = json!({"ids": [id(1), id(3), id(4), id(9)], "train": true});
        let answer = dom_a.call("POST", "/api/v1/domains/a.test/quarantine/release", Some(body)).await;
        let errors: Vec<_> =
            answer.body["results"].as_array().unwrap().iter().map(|one| one["error"].clone()).collect();
        assert_eq!(
            errors,
            [Value::Null, json!("not_found"), json!("virus_not_releasable"), json!("not_found")]
        );
        assert_eq!(acts(&gateway).await.len(), 1);
        assert_eq!(audited(&gateway).await, [id(1).to_string()]);
        gateway
    })
    .await;
}

async fn is_stored(storage: &Storage, key: &BodyKey) -> bool {
    storage.get(key).await.is_ok()
}

/// C15, QUA-02: the content outlives the quarantine with the act, and goes with it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_taught_keeps_its_content_for_90_days() {
    on_each(|gateway| async move {
        let node = filled(&gateway).await;
        release(&gateway.actor("anna@a.test").await, json!({"ids": [id(1)], "train": true})).await;
        let commands = node.call("GET", "/api/v1/node/commands", None).await;
        let command = commands.body["commands"][0]["id"].as_str().unwrap().to_owned();
        node.call("DELETE", &format!("/api/v1/node/commands/{command}"), None).await.is(204);
        let db = &gateway.running.services().db;
        let text: String = db
            .run(|conn| Ok(training_acts::table.select(training_acts::body_key).first(conn)?))
            .await
            .unwrap();
        let taught = BodyKey::from_text(&text).unwrap();
        let other = BodyKey { message_id: "m3".into(), ..taught.clone() };
        let storage = &gateway.running.services().storage;
        gateway.clock.advance(30 * DAY);
        sweep(&gateway).await;
        assert!(is_stored(storage, &taught).await && !is_stored(storage, &other).await);
        gateway.clock.advance(60 * DAY - 1);
        sweep(&gateway).await;
        assert!(is_stored(storage, &taught).await);
        gateway.clock.advance(1);
        sweep(&gateway).await;
        assert!(!is_stored(storage, &taught).await);
        assert!(acts(&gateway).await.is_empty());
        gateway
    })
    .await;
}
