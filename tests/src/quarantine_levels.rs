//! QUA-10, UI-06: administrators, domain and mailbox each have their own view of what is held.

use crate::{
    actors::Actor,
    gateway::{TestGateway, within},
    mail_flow::{ARRIVES, SOON, held, logged},
    messages,
};
use contract::{
    endpoint::Method,
    ids::RecordId,
    messages::{
        CREATE_PREVIEW, DELETE_QUARANTINED, GET_QUARANTINED, MessageSelection, RELEASE_QUARANTINED,
        RESTORE_QUARANTINED, ReleaseRequest, Status,
    },
};

async fn hold(gateway: &TestGateway, subject: &str, content: &str) -> RecordId {
    let reply = gateway.dialogue().mail("jane@sender.test", "user@ours.test", content);
    assert_eq!(reply.code, 550, "{}", reply.text);
    let administrator = gateway.administrator().await;
    within(SOON, "the held message", async || held(&administrator, subject).await).await.id
}

/// QUA-07, QUA-10: deleting hides at one level; taking it back shows it again.
#[tokio::test]
async fn deleting_at_one_level_leaves_the_others_as_they_are() {
    let gateway = TestGateway::start();
    let id = hold(&gateway, "three views", &messages::spam("three views")).await;
    let levels = ["administrator", "domain-ours", "user@ours.test"];
    let mut actors: Vec<Actor> = Vec::new();
    for level in levels {
        actors.push(gateway.actor(level).await);
    }
    let selection = MessageSelection { ids: vec![id] };
    for (at, actor) in actors.iter().enumerate() {
        assert!(held(actor, "three views").await.is_some(), "{} sees it", levels[at]);
        actor.call(&DELETE_QUARANTINED, &[], &(), &selection).await;
        assert!(held(actor, "three views").await.is_none(), "{} does not see it any more", levels[at]);
        for other in &actors[at + 1..] {
            assert!(held(other, "three views").await.is_some());
        }
    }
    actors[1].call(&RESTORE_QUARANTINED, &[], &(), &selection).await;
    assert!(held(&actors[1], "three views").await.is_some());
    assert!(held(&actors[0], "three views").await.is_none());
}

/// QUA-10: released at one level, it stays listed at the others, marked as released; the log says so.
#[tokio::test]
async fn a_released_message_is_marked_at_every_level() {
    let gateway = TestGateway::start();
    let id = hold(&gateway, "let through", &messages::spam("let through")).await;
    let user = gateway.actor("user@ours.test").await;
    let request = ReleaseRequest { ids: vec![id], train: None, with_virus: false };
    user.call(&RELEASE_QUARANTINED, &[], &(), &request).await;
    let domain = gateway.actor("domain-ours").await;
    let marked = held(&domain, "let through").await.expect("still listed for the domain");
    assert!(marked.released_at.is_some());
    within(ARRIVES, "delivered", async || {
        logged(&domain, "let through").await.filter(|entry| entry.status == Status::Delivered)
    })
    .await;
    // Releasing twice delivers once.
    domain.try_call(&RELEASE_QUARANTINED, &[], &(), &request).await;
    assert_eq!(gateway.sink.count("let-through"), 1);
}

/// QUA-16 … QUA-21: the content as the server reads it; HTML under a policy that loads nothing.
#[tokio::test]
async fn a_held_message_is_shown_without_running_any_of_it() {
    let gateway = TestGateway::start();
    let id = hold(&gateway, "with parts", &messages::spam_with_parts("with parts")).await.to_string();
    let user = gateway.actor("user@ours.test").await;
    let message = user.call(&GET_QUARANTINED, &["ours.test", &id], &(), &()).await;
    assert!(message.has_html);
    assert_eq!(message.attached.len(), 1);
    assert_eq!(message.attached[0].name, "notes.txt");
    assert!(message.headers.iter().any(|header| header.name == "Subject"));
    assert!(!message.why.evidence.is_empty());

    let preview = user.call(&CREATE_PREVIEW, &["ours.test", &id], &(), &()).await;
    let path = preview.url.trim_start_matches(&gateway.api);
    let shown = gateway.guest().send_raw(Method::Get, path, None).await;
    let policy = shown.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    let html = shown.text();
    assert!(
        html.contains("Hello") && !html.contains("<script") && !html.contains("tracker.test/x.gif\""),
        "{html}"
    );

    let attachment =
        format!("/api/v1/domains/ours.test/quarantine/{id}/attachments/{}", message.attached[0].index);
    let attachment = user.send_raw(Method::Get, &attachment, None).await;
    assert_eq!(attachment.text().trim_end(), "some notes");
    let disposition = attachment.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment"), "{disposition}");
}
