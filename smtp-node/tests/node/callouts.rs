//! Recipients that the destination server is asked for, and how many bounces a domain takes.

use crate::{destination::Mood, running::until, settled::Judging};
use contract::domains::Route;
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

async fn rcpt(judging: &Judging, recipient: &str) -> String {
    let mut client = judging.client().await;
    client.say("MAIL FROM:<ann@sender.test>").await;
    client.say(&format!("RCPT TO:<{recipient}>")).await
}

/// LOC-01, SET-04, X-01, X-02: asked once, remembered 96 hours if it exists and 2 hours if not; logged if wanted.
#[tokio::test(flavor = "multi_thread")]
async fn the_destination_is_asked_for_a_recipient_once() {
    let logs = [("domain.log_invalid_recipients", json!(true))];
    let judging = Judging::start(&[("ours.test", &[]), ("logs.test", &logs)]).await;
    judging.destination.set_mood(Mood::Knows("anna"));
    for _ in 0..2 {
        assert!(rcpt(&judging, "Anna@ours.test").await.starts_with("250 "));
        assert_eq!(rcpt(&judging, "bob@ours.test").await, "550 5.1.1 Destination address does not exist");
    }
    assert_eq!(judging.destination.tries(), 3, "an address that nobody has, anna, bob");
    judging.node.clock.advance(3 * HOUR);
    assert!(rcpt(&judging, "bob@ours.test").await.starts_with("550 "));
    assert!(rcpt(&judging, "anna@ours.test").await.starts_with("250 "));
    assert_eq!(judging.destination.tries(), 4, "bob once more");
    judging.node.clock.advance(97 * HOUR);
    assert!(rcpt(&judging, "anna@ours.test").await.starts_with("250 "));
    assert_eq!(judging.destination.tries(), 6, "all once more");
    assert!(rcpt(&judging, "bob@logs.test").await.starts_with("550 "));
    assert_eq!(judging.record("bob@logs.test", 1).await.reason.as_deref(), Some("unknown_recipient"));
    assert!(judging.api.records().iter().all(|record| record.domain != "ours.test"));
    judging.stop().await;
}

/// a server that takes an address that nobody has takes all.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_every_address_is_asked_only_once() {
    let judging = Judging::start(&[("ours.test", &[])]).await;
    for name in ["anna", "bob", "carl"] {
        assert!(rcpt(&judging, &format!("{name}@ours.test")).await.starts_with("250 "));
    }
    assert_eq!(judging.destination.tries(), 1);
    judging.stop().await;
}

/// LOC-01, X-02, QUE-01: while no server says anything, mail is taken, or only for those who are known.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_destination_does_not_answer_the_setting_decides() {
    let strict = [("domain.recipient_check", json!("strict"))];
    let off = [("domain.recipient_check", json!("off"))];
    let judging = Judging::start(&[("ours.test", &[]), ("strict.test", &strict), ("off.test", &off)]).await;
    judging.destination.set_mood(Mood::Knows("anna"));
    assert!(rcpt(&judging, "anna@strict.test").await.starts_with("250 "));
    assert_eq!(rcpt(&judging, "bob@off.test").await, "250 2.1.5 Recipient OK");
    assert_eq!(judging.destination.tries(), 2);
    judging.destination.set_mood(Mood::Defers);
    assert!(rcpt(&judging, "anna@strict.test").await.starts_with("250 "), "known");
    assert_eq!(
        rcpt(&judging, "carl@strict.test").await,
        "451 4.4.1 Unable to verify destination address, try again later"
    );
    assert!(rcpt(&judging, "carl@ours.test").await.starts_with("250 "), "taken, and queued");
    judging.node.clock.advance(97 * HOUR);
    assert!(rcpt(&judging, "anna@strict.test").await.starts_with("451 "), "no longer known");
    judging.stop().await;
}

/// CAL-01, CAL-02, PER-14: what is known is forgotten when somebody says so, and when the routes change.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_recipients_can_be_cleared() {
    let judging = Judging::start(&[("ours.test", &[])]).await;
    judging.destination.set_mood(Mood::Knows("anna"));
    assert!(rcpt(&judging, "bob@ours.test").await.starts_with("550 "));
    judging.destination.set_mood(Mood::Knows("bob"));
    assert!(rcpt(&judging, "bob@ours.test").await.starts_with("550 "), "remembered");
    judging.api.command_clearing("one", Some("other.test"));
    until("the command to be carried out", || async { judging.api.commands() == 0 }).await;
    assert!(rcpt(&judging, "bob@ours.test").await.starts_with("550 "), "of another domain");
    judging.api.command_clearing("two", Some("ours.test"));
    until("the command to be carried out", || async { judging.api.commands() == 0 }).await;
    assert!(rcpt(&judging, "bob@ours.test").await.starts_with("250 "));
    judging.destination.set_mood(Mood::Knows("dora"));
    judging.api.command_clearing("three", None);
    until("the command to be carried out", || async { judging.api.commands() == 0 }).await;
    assert!(rcpt(&judging, "bob@ours.test").await.starts_with("550 "));
    let mut domain = (**judging.node.node.policy.current().domain("ours.test").unwrap()).clone();
    let routes: Vec<Route> =
        vec!["127.0.0.1:1".parse().unwrap(), judging.destination.route().parse().unwrap()];
    domain.routes = routes;
    judging.destination.set_mood(Mood::Knows("carl"));
    let document = contract::nodes::PolicyDocument::Domain(domain);
    let changes = contract::nodes::PolicyChanges { revision: 2, documents: vec![document], more: false };
    judging.node.node.policy.apply(changes).unwrap();
    assert!(rcpt(&judging, "bob@ours.test").await.starts_with("550 "), "asked again, by the next route");
    judging.stop().await;
}

/// SIZ-04: where the domain has no limit, that of its server counts.
#[tokio::test(flavor = "multi_thread")]
async fn the_size_that_the_destination_takes_counts() {
    let judging = Judging::start(&[("ours.test", &[])]).await;
    judging.destination.set_mood(Mood::Knows("anna"));
    for (size, code) in [(900_000, "250 "), (1_100_000, "552 ")] {
        let mut client = judging.client().await;
        client.say(&format!("MAIL FROM:<ann@sender.test> SIZE={size}")).await;
        assert!(client.say("RCPT TO:<anna@ours.test>").await.starts_with(code), "{size}");
    }
    judging.stop().await;
}

/// SET-09.
#[tokio::test(flavor = "multi_thread")]
async fn more_bounces_than_the_domain_takes_in_an_hour_have_to_wait() {
    let limit = [("domain.max_bounces_per_hour", json!(2))];
    let judging = Judging::start(&[("ours.test", &limit), ("open.test", &[])]).await;
    let bounce = async |recipient: &str| {
        let mut client = judging.client().await;
        client.say("MAIL FROM:<>").await;
        client.say(&format!("RCPT TO:<{recipient}>")).await
    };
    for code in ["250 ", "250 ", "452 "] {
        assert!(bounce("user@ours.test").await.starts_with(code));
        assert!(bounce("user@open.test").await.starts_with("250 "));
    }
    assert!(rcpt(&judging, "user@ours.test").await.starts_with("250 "), "other mail is taken");
    judging.node.clock.advance(HOUR);
    assert!(bounce("user@ours.test").await.starts_with("250 "));
    judging.stop().await;
}

/// C17, FIL-18: with PRDR each recipient is answered for, so that the sender hears of each.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_hears_of_each_recipient() {
    let open = [("incoming.quarantine_enabled", json!(false))];
    let judging = Judging::start(&[("ours.test", &[]), ("open.test", &open)]).await;
    let mut client = judging.client().await;
    assert!(client.say("MAIL FROM:<ann@sender.test> PRDR").await.starts_with("250 "));
    for recipient in ["user@ours.test", "user@open.test"] {
        assert!(client.say(&format!("RCPT TO:<{recipient}>")).await.starts_with("250 "));
    }
    client.say("DATA").await;
    let message = format!(
        "From: Ann <ann@sender.test>\r\nTo: <user@ours.test>\r\nSubject: Offer\r\nDate: {}\r\n\r\n{}\r\n.",
        judging.node.clock.now_in_mail(),
        crate::running::GTUBE
    );
    assert!(client.say(&message).await.starts_with("353 "));
    assert_eq!(client.reply().await, "550 5.7.1 High probability of spam");
    assert_eq!(client.reply().await, "250 2.1.5 Accepted for user@open.test");
    assert!(client.reply().await.starts_with("250 2.0.0 Accepted for delivery as "));
    assert_eq!(judging.record("user@ours.test", 1).await.reply, "550 5.7.1 High probability of spam");
    crate::running::until_count(&judging.destination, 1).await;
    assert_eq!(judging.destination.recipients(), ["<user@open.test>"]);
    judging.stop().await;
}
