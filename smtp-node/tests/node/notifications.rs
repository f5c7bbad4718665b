//! What senders want to hear of the delivery of their mail, and what they hear (RFC 3461).

use crate::{
    destination::{Destination, Mood},
    running::{Client, HOUR, Running, policy, until, until_count, until_empty},
};
use contract::settings::Overrides;

const MESSAGE: &str = "From: Ann <ann@sender.test>\r\nSubject: Minutes\r\n\r\nthe whole text\r\n.";

async fn send(node: &Running, mail: &str, recipients: &[&str]) {
    let mut client = Client::connect(node.address).await;
    for (command, arguments) in [("MAIL FROM:", &[mail][..]), ("RCPT TO:", recipients)] {
        for argument in arguments {
            let reply = client.say(&format!("{command}{argument}")).await;
            assert!(reply.starts_with("250 "), "{argument}: {reply}");
        }
    }
    client.say("DATA").await;
    let reply = client.say(MESSAGE).await;
    assert!(reply.starts_with("250 "), "{reply}");
}

/// RFC 3461 §5.2.1: passed on to a server that takes them; nothing is told by us.
#[tokio::test(flavor = "multi_thread")]
async fn wishes_go_on_with_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let (destination, relay) =
        (Destination::start(Mood::Notifies).await, Destination::start(Mood::Accepts).await);
    policy(folder.path(), &[("ours.test", &[&destination.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, Some(relay.route())).await;
    let recipient = "<b@ours.test> NOTIFY=SUCCESS ORCPT=rfc822;old@ours.test";
    send(&node, "<ann@sender.test> RET=HDRS ENVID=e+2B1", &[recipient]).await;
    until_count(&destination, 1).await;
    until_empty(&node.node).await;
    assert_eq!(destination.senders(), ["<ann@sender.test> RET=HDRS ENVID=e+2B1"]);
    assert_eq!(destination.recipients(), [recipient]);
    send(&node, "<ann@sender.test>", &["<b@ours.test>"]).await;
    until_count(&destination, 2).await;
    assert_eq!(destination.recipients().last().map(String::as_str), Some("<b@ours.test>"));
    until_empty(&node.node).await;
    assert_eq!(relay.messages().len(), 0);
    node.stop().await;
}

/// RFC 3461 §5.2.2: the next server does not know of them, so who asked hears that the message went on.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_who_asked_hears_that_the_message_went_on() {
    let folder = tempfile::tempdir().unwrap();
    let (destination, relay) =
        (Destination::start(Mood::Accepts).await, Destination::start(Mood::Accepts).await);
    policy(folder.path(), &[("ours.test", &[&destination.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, Some(relay.route())).await;
    let recipients = ["<asks@ours.test> NOTIFY=SUCCESS,FAILURE", "<quiet@ours.test>"];
    send(&node, "<ann@sender.test> ENVID=mine", &recipients).await;
    until_count(&relay, 1).await;
    until_empty(&node.node).await;
    let notice = relay.messages().remove(0);
    assert!(notice.contains("Final-Recipient: rfc822; asks@ours.test\r\nAction: relayed\r\n"), "{notice}");
    assert!(notice.contains("Original-Envelope-Id: mine\r\n"), "{notice}");
    assert!(!notice.contains("quiet@ours.test") && !notice.contains("the whole text"), "{notice}");
    assert_eq!(destination.recipients(), ["<asks@ours.test>", "<quiet@ours.test>"]);
    node.stop().await;
}

/// LOG-33, RFC 3461 §4.1, §4.3.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_to_those_who_want_to_hear_of_it_with_what_they_want_back() {
    let folder = tempfile::tempdir().unwrap();
    let (refusing, relay) =
        (Destination::start(Mood::Refuses).await, Destination::start(Mood::Accepts).await);
    policy(folder.path(), &[("ours.test", &[&refusing.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, Some(relay.route())).await;
    for never in ["NEVER", "SUCCESS", "DELAY"] {
        send(&node, "<ann@sender.test>", &[&format!("<b@ours.test> NOTIFY={never}")]).await;
        until_empty(&node.node).await;
    }
    assert_eq!(relay.messages().len(), 0);
    send(&node, "<ann@sender.test> RET=FULL", &["<b@ours.test> NOTIFY=FAILURE"]).await;
    until_count(&relay, 1).await;
    let notice = relay.messages().remove(0);
    assert!(
        notice.contains("Content-Type: message/rfc822\r\n") && notice.contains("the whole text"),
        "{notice}"
    );
    until_empty(&node.node).await;
    node.stop().await;
}

/// RFC 3461 §4.1: told once, after four hours, with the time until which it is tried.
#[tokio::test(flavor = "multi_thread")]
async fn a_delay_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let (busy, relay) = (Destination::start(Mood::Defers).await, Destination::start(Mood::Accepts).await);
    policy(folder.path(), &[("ours.test", &[&busy.route()], Overrides::new())]);
    let node = Running::start(folder.path(), false, Some(relay.route())).await;
    send(&node, "<ann@sender.test>", &["<b@ours.test> NOTIFY=DELAY"]).await;
    for tries in 1..=4 {
        until("a try", || async { busy.tries() == tries }).await;
        node.clock.advance(3 * HOUR);
    }
    until_count(&relay, 1).await;
    let notice = relay.messages().remove(0);
    assert!(notice.contains("Action: delayed\r\nStatus: 4.3.0\r\n"), "{notice}");
    assert!(notice.contains("Will-Retry-Until: "), "{notice}");
    until("another try", || async { busy.tries() >= 5 }).await;
    busy.set_mood(Mood::Accepts);
    node.clock.advance(9 * HOUR);
    until_empty(&node.node).await;
    assert_eq!(relay.messages().len(), 1);
    node.stop().await;
}

/// RFC 3461 §4: nothing of it is taken half.
#[tokio::test(flavor = "multi_thread")]
async fn wishes_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    policy(folder.path(), &[("ours.test", &["127.0.0.1:1"], Overrides::new())]);
    let node = Running::start(folder.path(), false, None).await;
    let mut client = Client::connect(node.address).await;
    for wrong in ["RET=SOME", "ENVID=", "ENVID=a+0A", "RET=FULL RET=FULL"] {
        let reply = client.say(&format!("MAIL FROM:<ann@sender.test> {wrong}")).await;
        assert!(reply.starts_with("501 "), "{wrong}: {reply}");
    }
    client.say("MAIL FROM:<ann@sender.test>").await;
    for wrong in ["NOTIFY=NEVER,DELAY", "NOTIFY=", "ORCPT=b@ours.test", "ORCPT=rfc822;a+0D+0AX"] {
        let reply = client.say(&format!("RCPT TO:<b@ours.test> {wrong}")).await;
        assert!(reply.starts_with("501 "), "{wrong}: {reply}");
    }
    assert!(client.say("RCPT TO:<b@ours.test> FOO=BAR").await.starts_with("555 "));
    node.stop().await;
}
