//! Routes, retries, bounces, restarts, several recipients.

use crate::{
    api::ApiServer,
    destination::{Destination, Mood},
    running::{Client, GTUBE, HOUR, Running, policy, until, until_count, until_empty},
};
use contract::{messages::EventKind, settings::Overrides};
use serde_json::json;
use std::time::Duration;

/// FIL-11, S10, X-13.
#[tokio::test(flavor = "multi_thread")]
async fn mail_for_a_domain_of_ours_arrives_and_other_mail_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::start(Mood::Accepts).await;
    policy(folder.path(), &[("ours.test", &[&destination.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, None).await;
    let large = format!("{}..dots\r\n", "0123456789\r\n".repeat(60_000));
    for text in ["short\r\n..dot", &large] {
        let reply = node.send("ann@sender.test", &["user@ours.test"], text).await;
        assert!(reply.starts_with("250 "), "{reply}");
    }
    until_count(&destination, 2).await;
    let messages = destination.messages();
    let small = messages.iter().find(|message| message.contains("short")).unwrap();
    assert!(small.starts_with("Received: from client.test"), "{small}");
    assert!(small.contains("X-Recommended-Action: accept\r\n"));
    assert!(small.ends_with("\r\n\r\nshort\r\n.dot\r\n"), "{small}");
    let large = messages.iter().find(|message| message.len() > 600_000).unwrap();
    assert!(large.ends_with("0123456789\r\n.dots\r\n\r\n"));
    let reply = node.send("ann@sender.test", &["user@elsewhere.test"], "x").await;
    assert_eq!(reply, "550 5.7.1 Relay not permitted!");
    until_empty(&node.node).await;
    node.stop().await;
}

/// RTE-10.
#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_fails_for_now_is_followed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (busy, up) = (Destination::start(Mood::Defers).await, Destination::start(Mood::Accepts).await);
    policy(folder.path(), &[("ours.test", &["127.0.0.1:1", &busy.route(), &up.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, None).await;
    node.send("ann@sender.test", &["user@ours.test"], "x").await;
    until_count(&up, 1).await;
    assert_eq!(busy.messages().len(), 0);
    node.stop().await;
}

/// RTE-11.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_route_whose_name_leads_nowhere_no_other_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let up = Destination::start(Mood::Accepts).await;
    policy(folder.path(), &[("ours.test", &["no-such-host.invalid:25", &up.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, None).await;
    node.send("ann@sender.test", &["user@ours.test"], "x").await;
    until("a record of the try", || async { node.node.outbox.len() == 2 }).await;
    assert_eq!((up.connections(), node.node.queue.len()), (0, 1));
    node.stop().await;
}

/// QUE-21, LOG-32: and a restart in between loses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_delivered_is_tried_again_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::start(Mood::Defers).await;
    policy(folder.path(), &[("ours.test", &[&destination.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, None).await;
    node.send("ann@sender.test", &["user@ours.test"], "wait for me").await;
    until("one try", || async { destination.tries() == 1 }).await;
    node.clock.advance(Duration::from_secs(16 * 60));
    until("another try", || async { destination.tries() == 2 }).await;
    node.stop().await;
    destination.set_mood(Mood::Accepts);
    let node = Running::start(folder.path(), false, None).await;
    assert_eq!(node.node.queue.len(), 1);
    node.clock.advance(HOUR);
    until_count(&destination, 1).await;
    until_empty(&node.node).await;
    node.stop().await;
    let node = Running::start(folder.path(), false, None).await;
    assert_eq!(node.node.queue.len(), 0, "it is not delivered twice");
    node.stop().await;
}

/// A node that was killed between the acknowledgement and its own writing (RFC 1047).
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_has_acknowledged_is_not_delivered_again_though_the_spool_does_not_know() {
    let (folder, api) = (tempfile::tempdir().unwrap(), ApiServer::start().await);
    let destination = Destination::start(Mood::Defers).await;
    let domain = |name| (name, Overrides::new());
    let route = destination.route();
    let routes: &[&str] = &[&route];
    let domains = [domain("ours.test"), domain("other.test")].map(|(name, none)| (name, routes, none));
    policy(folder.path(), &domains);
    let node = Running::start_with(folder.path(), &api.url(), false, None).await;
    let recipients = ["a@ours.test", "b@ours.test", "c@other.test"];
    let id = node.send("ann@sender.test", &recipients, "both").await.rsplit(' ').next().unwrap().to_owned();
    let other = node.send("ann@sender.test", &["d@ours.test"], "one").await;
    let other = other.rsplit(' ').next().unwrap().to_owned();
    until("a try for each", || async { destination.tries() == 4 }).await;
    node.stop().await;
    let receipt = |id: &str, places: &[usize]| {
        format!(
            "\n{}",
            json!({ "id": id, "places": places, "host": "gone.test:25", "reply": "250 ok", "size": 7 })
        )
    };
    let receipts = format!("{}{}\n{{\"id\":\"torn", receipt(&id, &[0]), receipt(&other, &[0]));
    std::fs::write(folder.path().join("receipts/7"), receipts).unwrap();
    destination.set_mood(Mood::Accepts);
    let node = Running::start_with(folder.path(), &api.url(), false, None).await;
    node.clock.advance(HOUR);
    until_empty(&node.node).await;
    let mut delivered = destination.recipients();
    delivered.sort();
    assert_eq!(delivered, ["<b@ours.test>", "<c@other.test>"]);
    until("every delivery to be told", || async {
        api.events().iter().filter(|event| event.kind == EventKind::Delivered).count() == 4
    })
    .await;
    assert_eq!(api.events().iter().filter(|event| event.host == "gone.test:25").count(), 2);
    node.stop().await;
    let node = Running::start_with(folder.path(), &api.url(), false, None).await;
    assert_eq!(node.node.queue.len(), 0);
    node.stop().await;
}

/// LOG-33, QUE-21, SET-11: refused at once, or after the days of the domain; a null sender hears nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_sender_hears_of_what_cannot_be_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let (refusing, busy) = (Destination::start(Mood::Refuses).await, Destination::start(Mood::Defers).await);
    let relay = Destination::start(Mood::Accepts).await;
    let one_day = Overrides::from([("domain.retry_days".to_owned(), json!(1))]);
    let domains: [(&str, &[&str], Overrides); 2] =
        [("ours.test", &[&refusing.route()], Overrides::new()), ("slow.test", &[&busy.route()], one_day)];
    policy(folder.path(), &domains);
    let node = Running::start(folder.path(), false, Some(relay.route())).await;
    node.send("", &["user@ours.test"], "x").await;
    until_empty(&node.node).await;
    node.send("ann@sender.test", &["user@ours.test"], "x").await;
    until_count(&relay, 1).await;
    let report = relay.messages().remove(0);
    assert!(
        report.contains("Final-Recipient: rfc822; user@ours.test\r\nAction: failed\r\nStatus: 5.1.1\r\n")
    );
    assert!(report.contains("Diagnostic-Code: smtp; 550 5.1.1 no such user"), "{report}");
    assert_eq!(relay.senders(), ["<>"]);
    node.send("ann@sender.test", &["user@slow.test"], "x").await;
    until("one try", || async { busy.tries() == 1 }).await;
    node.clock.advance(25 * HOUR);
    until_count(&relay, 2).await;
    until_empty(&node.node).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_destination_gets_more_connections() {
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::start(Mood::Tarries).await;
    policy(folder.path(), &[("ours.test", &[&destination.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, None).await;
    for _ in 0..40 {
        node.send("ann@sender.test", &["user@ours.test"], "x").await;
    }
    until_count(&destination, 40).await;
    let connections = destination.connections();
    assert!((6..=20).contains(&connections), "{connections}");
    node.stop().await;
}

/// C17, FIL-03, FIL-04, FIL-18.
#[tokio::test(flavor = "multi_thread")]
async fn recipients_with_different_settings_each_get_what_their_settings_say() {
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::start(Mood::Accepts).await;
    let route = destination.route();
    let open = Overrides::from([
        ("incoming.quarantine_enabled".to_owned(), json!(false)),
        ("incoming.spam_notation".to_owned(), json!("[SPAM]")),
    ]);
    policy(folder.path(), &[("ours.test", &[&route], Overrides::new()), ("open.test", &[&route], open)]);
    let node = Running::start(folder.path(), true, None).await;
    let reply = node.send("ann@sender.test", &["user@ours.test"], GTUBE).await;
    assert_eq!(reply, "550 5.7.1 High probability of spam");
    let reply = node.send("ann@sender.test", &["user@ours.test", "user@open.test"], GTUBE).await;
    assert!(reply.starts_with("250 "), "{reply}");
    until_count(&destination, 1).await;
    let message = destination.messages().remove(0);
    assert!(message.contains("Subject: [SPAM] Minutes of Monday\r\n"), "{message}");
    assert!(message.contains("X-Gatepost-Class: spam\r\nX-Recommended-Action: reject\r\n"), "{message}");
    assert_eq!(destination.recipients(), ["<user@open.test>"]);
    assert!(node.node.outbox.len() >= 4, "two held bodies and their records wait for the API");
    node.stop().await;
}

/// X-12, FIL-14, RFC 5321 §6.3.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_setting_allows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lenient = Overrides::from([("incoming.skip_line_length_check".to_owned(), json!(true))]);
    let destination = Destination::start(Mood::Accepts).await;
    let route = destination.route();
    policy(folder.path(), &[("ours.test", &[&route], Overrides::new()), ("long.test", &[&route], lenient)]);
    let node = Running::start(folder.path(), false, None).await;
    let mut client = Client::connect(node.address).await;
    client.say("MAIL FROM:<>").await;
    client.say("RCPT TO:<a@ours.test>").await;
    let reply = client.say("RCPT TO:<b@ours.test>").await;
    assert!(reply.ends_with("Legitimate bounces are never sent to more than one recipient."), "{reply}");
    let long = "x".repeat(1_200);
    let reply = node.send("a@b.test", &["user@ours.test"], &long).await;
    assert_eq!(reply, "550 5.6.0 Lines in message were longer than user maximum");
    assert!(node.send("a@b.test", &["user@long.test"], &long).await.starts_with("250 "));
    let mut client = Client::connect(node.address).await;
    client.say("MAIL FROM:<a@b.test>").await;
    client.say("RCPT TO:<a@ours.test>").await;
    client.say("DATA").await;
    let looping = format!("{}\r\nx\r\n.", "Received: from a by b; x\r\n".repeat(101));
    assert!(client.say(&looping).await.starts_with("554 5.4.6"));
    node.stop().await;
}
