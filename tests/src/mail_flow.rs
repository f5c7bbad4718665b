//! Mail through both programs: what arrives, what is held, what waits.

use crate::{
    actors::Actor,
    gateway::{FOREIGN, OURS, TestGateway, within},
    messages,
};
use contract::{
    domains::{CHANGE_DOMAIN, DomainChange, Route, Routes, SET_ROUTES},
    filtering::{CHANGE_DOMAIN_SETTINGS, SettingsChange},
    messages::{
        Classification, LIST_LOG, LIST_QUARANTINE, LogItem, LogQuery, QuarantineItem, QuarantineQuery,
        RELEASE_QUARANTINED, ReleaseRequest, Status,
    },
};
use serde_json::{Value, json};
use std::time::Duration;
use tests::sink::Mood;

/// How soon a record, a held message or a change of the policy must be there.
pub(crate) const SOON: Duration = Duration::from_secs(2);
/// How soon a message must arrive on a busy machine.
pub(crate) const ARRIVES: Duration = Duration::from_secs(20);

/// The held message with this subject, if the actor sees it.
pub(crate) async fn held(actor: &Actor, subject: &str) -> Option<QuarantineItem> {
    let query = QuarantineQuery { search: Some(subject.to_owned()), ..Default::default() };
    let page = actor.call(&LIST_QUARANTINE, &[], &query, &()).await;
    page.data.into_iter().next()
}

/// The log entry with this subject, if the actor sees it.
pub(crate) async fn logged(actor: &Actor, subject: &str) -> Option<LogItem> {
    let query = LogQuery { subject: Some(subject.to_owned()), partial: Some(true), ..Default::default() };
    let page = actor.call(&LIST_LOG, &[], &query, &()).await;
    page.data.into_iter().next()
}

/// Waits until the log entry has this status.
pub(crate) async fn has_status(actor: &Actor, subject: &str, status: Status) -> LogItem {
    within(ARRIVES, &format!("{subject} is {status:?}"), async || {
        logged(actor, subject).await.filter(|entry| entry.status == status)
    })
    .await
}

async fn set(actor: &Actor, domain: &str, key: &str, value: Value) {
    let change = SettingsChange { settings: [(key.to_owned(), value)].into() };
    actor.call(&CHANGE_DOMAIN_SETTINGS, &[domain], &(), &change).await;
}

/// Good mail arrives, is logged within two seconds, and carries our headers instead of forged ones.
#[tokio::test]
async fn plain_mail_arrives_and_is_logged() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    let forged = format!("X-Gatepost-Class: ham-forged\r\n{}", messages::plain("plain mail"));
    assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &forged).code, 250);
    let entry = within(SOON, "the log entry", async || logged(&administrator, "plain mail").await).await;
    assert_eq!(entry.recipient, "user@ours.test");
    assert_eq!(entry.sender, "jane@sender.test");
    within(ARRIVES, "arrival", async || (gateway.sink.count("plain-mail") > 0).then_some(())).await;
    let arrived = &gateway.sink.received()[0];
    assert_eq!(arrived.sender, "jane@sender.test");
    assert_eq!(arrived.recipients, ["user@ours.test"]);
    let text = arrived.text();
    assert!(text.contains("Received: from") && text.contains("X-Gatepost-Class:"), "{text}");
    assert!(text.contains("X-Gatepost-Evidence:") && text.contains("X-Recommended-Action:"), "{text}");
    assert!(!text.contains("ham-forged"), "{text}");
    has_status(&administrator, "plain mail", Status::Delivered).await;
}

/// QUA-22, FIL-04, LOG-30: held with 550, listed within two seconds, released, arrives once.
#[tokio::test]
async fn spam_is_held_released_and_arrives_once() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    let reply = gateway.dialogue().mail("jane@sender.test", "user@ours.test", &messages::spam("held mail"));
    assert_eq!(reply.code, 550, "{}", reply.text);
    let item = within(SOON, "the held message", async || held(&administrator, "held mail").await).await;
    assert_eq!(item.recipient, "user@ours.test");
    assert_eq!(gateway.sink.count("held-mail"), 0);
    let entry = logged(&administrator, "held mail").await.unwrap();
    assert_eq!((entry.status, entry.id), (Status::Quarantined, item.id));

    let request = ReleaseRequest { ids: vec![item.id], train: None, with_virus: false };
    let answer = administrator.call(&RELEASE_QUARANTINED, &[], &(), &request).await;
    assert_eq!(answer.results[0].error, None);
    within(ARRIVES, "arrival", async || (gateway.sink.count("held-mail") > 0).then_some(())).await;
    has_status(&administrator, "held mail", Status::Delivered).await;
    assert_eq!(gateway.sink.count("held-mail"), 1);
    let arrived = &gateway.sink.received()[0];
    assert_eq!(arrived.recipients, ["user@ours.test"]);
    assert_eq!(arrived.sender, "jane@sender.test");
}

/// A suspended domain's mail waits with its senders, and comes when the domain goes on.
#[tokio::test]
async fn mail_for_a_suspended_domain_is_asked_to_come_later() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    let suspend = async |is_suspended| {
        let change = DomainChange { is_suspended: Some(is_suspended), reseller: None };
        administrator.call(&CHANGE_DOMAIN, &["ours.test"], &(), &change).await
    };
    let answers = async |code| {
        let replies = gateway.dialogue().envelope("jane@sender.test", &["user@ours.test"]);
        (replies[0].code == code).then(|| replies[0].text.clone())
    };
    suspend(true).await;
    let text = within(SOON, "the suspension", async || answers(450).await).await;
    assert!(text.contains("suspended"), "{text}");
    suspend(false).await;
    within(SOON, "the end of the suspension", async || answers(250).await).await;
}

/// Only mail for our domains is taken; a stranger's is not relayed.
#[tokio::test]
async fn mail_for_unknown_domains_is_refused() {
    let gateway = TestGateway::start();
    let mut dialogue = gateway.dialogue();
    let replies = dialogue.envelope("jane@sender.test", &["a@elsewhere.test", "user@ours.test"]);
    assert_eq!(replies[0].code, 550, "{}", replies[0].text);
    assert_eq!(replies[1].code, 250);
    assert_eq!(dialogue.data(messages::plain("for ours alone").as_bytes()).code, 250);
    within(ARRIVES, "arrival", async || (gateway.sink.count("for-ours-alone") > 0).then_some(())).await;
    assert_eq!(gateway.sink.received()[0].recipients, ["user@ours.test"]);
}

/// FIL-03, FIL-04: a change of the policy is in force within two seconds.
#[tokio::test]
async fn with_the_quarantine_off_spam_is_delivered() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    set(&administrator, OURS, "incoming.quarantine_enabled", json!(false)).await;
    let mut attempt = 0;
    within(SOON, "the new policy in force", async || {
        attempt += 1;
        let spam = messages::spam(&format!("tagged {attempt}"));
        let reply = gateway.dialogue().mail("jane@sender.test", "user@ours.test", &spam);
        (reply.code == 250).then_some(())
    })
    .await;
    let subject = format!("tagged-{attempt}");
    within(ARRIVES, "arrival", async || (gateway.sink.count(&subject) > 0).then_some(())).await;
    assert!(held(&administrator, &format!("tagged {attempt}")).await.is_none());
    // The other tenant is as before.
    let reply = gateway.dialogue().mail("jane@sender.test", "user@foreign.test", &messages::spam("other"));
    assert_eq!(reply.code, 550);
}

/// FIL-03, QUA-24: a virus is never delivered, also with the quarantine off.
#[tokio::test]
async fn a_virus_is_held_whatever_the_settings() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    set(&administrator, OURS, "incoming.quarantine_enabled", json!(false)).await;
    within(SOON, "the new policy in force", async || {
        let reply = gateway.dialogue().mail("jane@sender.test", "user@ours.test", &messages::spam("probe"));
        (reply.code == 250).then_some(())
    })
    .await;
    let reply = gateway.dialogue().mail("jane@sender.test", "user@ours.test", &messages::virus("a virus"));
    assert!(reply.code >= 500, "{}", reply.text);
    let entry = within(SOON, "the log entry", async || logged(&administrator, "a virus").await).await;
    assert_eq!(entry.classification, Classification::Virus);
    assert_eq!(gateway.sink.count("a-virus"), 0);
    if entry.is_held {
        let user = gateway.actor("user@ours.test").await;
        let request = ReleaseRequest { ids: vec![entry.id], train: None, with_virus: true };
        let answer = user.try_call(&RELEASE_QUARANTINED, &[], &(), &request).await;
        let is_refused = answer.status == 403 || answer.text().contains("virus_not_releasable");
        assert!(is_refused, "{}: {}", answer.status, answer.text());
    }
}

/// One message for two tenants is judged for each, and each sees only its own.
#[tokio::test]
async fn recipients_of_two_tenants_are_told_apart() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    let mut dialogue = gateway.dialogue();
    dialogue.envelope("jane@sender.test", &["user@ours.test", "user@foreign.test"]);
    assert_eq!(dialogue.data(messages::plain("for both").as_bytes()).code, 250);
    within(ARRIVES, "both arrive", async || {
        let received = gateway.sink.received();
        let recipients: Vec<_> = received.iter().flat_map(|message| message.recipients.clone()).collect();
        (recipients.len() >= 2).then_some(())
    })
    .await;
    within(SOON, "two log entries", async || {
        let page = administrator.call(&LIST_LOG, &[], &LogQuery::default(), &()).await;
        (page.data.len() == 2).then_some(())
    })
    .await;
    for (user, domain) in [("domain-ours", OURS), ("domain-foreign", FOREIGN)] {
        let user = gateway.actor(user).await;
        let page = user.call(&LIST_LOG, &[], &LogQuery::default(), &()).await;
        let domains: Vec<_> = page.data.iter().map(|entry| entry.domain.as_str()).collect();
        assert_eq!(domains, [domain]);
    }
}

/// D9: mail flows without the API, by the last policy; its records arrive when the API is back.
#[tokio::test]
async fn mail_flows_while_the_api_is_down() {
    let mut gateway = TestGateway::start();
    gateway.kill_backend();
    gateway.kill_node();
    gateway.start_node();
    for number in 0..5 {
        let mail = messages::plain(&format!("meanwhile {number}"));
        assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &mail).code, 250);
    }
    let spam = messages::spam("held meanwhile");
    assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &spam).code, 550);
    within(ARRIVES, "arrival", async || (gateway.sink.count("meanwhile-") == 5).then_some(())).await;
    gateway.start_backend();
    let administrator = gateway.administrator().await;
    for number in 0..5 {
        has_status(&administrator, &format!("meanwhile {number}"), Status::Delivered).await;
    }
    let item =
        within(ARRIVES, "the held message", async || held(&administrator, "held meanwhile").await).await;
    let path = format!("/api/v1/domains/{OURS}/quarantine/{}/raw", item.id);
    let raw = administrator.send_raw(contract::endpoint::Method::Get, &path, None).await;
    assert!(raw.text().contains(messages::GTUBE), "{}", raw.text());
}

/// LOG-31: what the destination can't take now is accepted, and waits. When it is tried again is shown by the
/// node's own tests, whose clock can be moved.
#[tokio::test]
async fn mail_waits_while_the_route_is_down() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    gateway.sink.set_mood(Mood::Defers);
    let mail = messages::plain("patient mail");
    assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &mail).code, 250);
    has_status(&administrator, "patient mail", Status::Queued).await;
    assert_eq!(gateway.sink.count("patient-mail"), 0);
}

/// RTE-01, RTE-04: the next route is tried when the first can't be reached.
#[tokio::test]
async fn the_second_route_takes_what_the_first_cannot() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    let closed = Route { host: "127.0.0.1".into(), port: crate::gateway::free_port() };
    let open = Route { host: "127.0.0.1".into(), port: gateway.sink.address().port() };
    let routes = Routes { routes: vec![closed, open] };
    administrator.call(&SET_ROUTES, &[OURS], &(), &routes).await;
    for number in 0..3 {
        let mail = messages::plain(&format!("detour {number}"));
        assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &mail).code, 250);
    }
    within(ARRIVES, "arrival", async || (gateway.sink.count("Subject: detour") == 3).then_some(())).await;
}

/// What the destination refuses for good is a bounce, and is not tried again.
#[tokio::test]
async fn mail_that_the_destination_refuses_bounces() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    gateway.sink.set_mood(Mood::Refuses);
    let mail = messages::plain("unwanted mail");
    assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &mail).code, 250);
    has_status(&administrator, "unwanted mail", Status::Bounced).await;
    assert_eq!(gateway.sink.count("unwanted-mail"), 0);
}
