//! What the node tells the API, and what the API commands: an API that is away, slow, or does not take something.

use crate::{
    api::{ApiServer, Call, Fate},
    destination::{Destination, Mood},
    running::{GTUBE, HOUR, Running, policy, until, until_count, until_empty},
};
use contract::{ids::RecordId, messages::EventKind, settings::Overrides};
use std::{collections::HashSet, net::TcpListener, path::Path, time::Duration};

async fn until_told(node: &Running) {
    until("an empty outbox", || async { node.node.outbox.is_empty() }).await;
}

fn ours(folder: &Path, destination: &Destination) {
    policy(folder, &[("ours.test", &[&destination.route()], Overrides::new())]);
}

/// Every record was told after the content that it names, and every event after its record.
fn assert_order(calls: &[Call]) {
    let (mut bodies, mut records) = (HashSet::new(), HashSet::<RecordId>::new());
    for call in calls {
        if let Some(id) = call.what.strip_prefix("PUT /api/v1/node/bodies/") {
            bodies.insert(id.to_owned());
        }
        let Some(batch) = call.batch() else { continue };
        for record in &batch.records {
            let is_held = record.hold_days.is_some();
            assert!(!is_held || bodies.contains(&record.message_id), "a record before its body: {record:?}");
            records.insert(record.id);
        }
        for event in &batch.events {
            assert!(records.contains(&event.record), "an event before its record: {event:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_message_that_the_api_does_not_take_stands_aside_until_it_does() {
    for fate in [Fate::Refused(500), Fate::Refused(422), Fate::Broken] {
        let (folder, api) = (tempfile::tempdir().unwrap(), ApiServer::start().await);
        let destination = Destination::start(Mood::Accepts).await;
        ours(folder.path(), &destination);
        api.set_mood(move |call| if call.has("poison") { fate } else { Fate::Taken });
        let node = Running::start_with(folder.path(), &api.url(), true, None).await;
        for (recipient, text) in [("bad@ours.test", "poison"), ("good@ours.test", "fine")] {
            node.send("ann@sender.test", &[recipient], &format!("{text} {GTUBE}")).await;
        }
        until("the later message to be told", || async { api.knows("good@ours.test") }).await;
        until("the other one to stand aside", || async { node.node.outbox.set_aside() == 2 }).await;
        assert!(!api.knows("bad@ours.test"), "no record before its body");
        let refused = api.refused();
        node.clock.advance(Duration::from_secs(6));
        until("another try", || async { api.refused() > refused }).await;
        assert_eq!(node.node.outbox.len(), 2, "nothing is given up");
        api.set_mood(|_| Fate::Taken);
        node.clock.advance(HOUR);
        until_told(&node).await;
        assert!(api.knows("bad@ours.test"));
        assert_order(&api.taken());
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_api_does_not_take_stands_aside_with_its_events_and_survives_a_restart() {
    let (folder, api) = (tempfile::tempdir().unwrap(), ApiServer::start().await);
    let destination = Destination::start(Mood::Accepts).await;
    ours(folder.path(), &destination);
    api.set_mood(|call| if call.has("\"bad@ours.test\"") { Fate::Refused(500) } else { Fate::Taken });
    let node = Running::start_with(folder.path(), &api.url(), false, None).await;
    node.send("ann@sender.test", &["bad@ours.test", "beside@ours.test"], "x").await;
    for number in 0..20 {
        node.send("ann@sender.test", &[&format!("u{number}@ours.test")], "x").await;
    }
    until_empty(&node.node).await;
    until("the others to be told", || async { api.events().len() == 20 }).await;
    assert!(api.knows("beside@ours.test"), "the record beside it is told");
    assert!(!api.knows("bad@ours.test"));
    until("two entries aside", || async { node.node.outbox.len() == 2 }).await;
    node.stop().await;
    let node = Running::start_with(folder.path(), &api.url(), false, None).await;
    until("two entries aside again", || async { node.node.outbox.set_aside() == 2 }).await;
    node.send("ann@sender.test", &["later@ours.test"], "x").await;
    until("a later record", || async { api.knows("later@ours.test") }).await;
    api.set_mood(|_| Fate::Taken);
    node.clock.advance(HOUR);
    until_told(&node).await;
    assert!(api.knows("bad@ours.test"));
    assert_order(&api.taken());
    until("all deliveries to be told", || async {
        api.events().iter().filter(|event| event.kind == EventKind::Delivered).count() == 23
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_fails_on_everything_gets_everything_once_it_works() {
    let (folder, api) = (tempfile::tempdir().unwrap(), ApiServer::start().await);
    let destination = Destination::start(Mood::Accepts).await;
    ours(folder.path(), &destination);
    api.set_mood(|_| Fate::Refused(500));
    let node = Running::start_with(folder.path(), &api.url(), true, None).await;
    for number in 0..3 {
        node.send("ann@sender.test", &[&format!("u{number}@ours.test")], GTUBE).await;
    }
    until("some tries", || async { api.refused() >= 3 }).await;
    assert_eq!(node.node.outbox.len(), 6);
    api.set_mood(|_| Fate::Taken);
    node.clock.advance(HOUR);
    until_told(&node).await;
    assert_eq!(api.records().len(), 3);
    assert_order(&api.taken());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_the_api_is_away_is_told_once_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}");
    let destination = Destination::start(Mood::Accepts).await;
    ours(folder.path(), &destination);
    let node = Running::start_with(folder.path(), &url, true, None).await;
    node.send("ann@sender.test", &["a@ours.test"], "x").await;
    node.send("ann@sender.test", &["b@ours.test"], GTUBE).await;
    until_count(&destination, 1).await;
    node.stop().await;
    let node = Running::start_with(folder.path(), &url, true, None).await;
    node.send("ann@sender.test", &["c@ours.test"], "x").await;
    until_count(&destination, 2).await;
    let api = ApiServer::start_at(address).await;
    until_told(&node).await;
    assert_order(&api.taken());
    let recipients: Vec<String> = api.records().into_iter().map(|record| record.recipient).collect();
    assert_eq!(recipients, ["a@ours.test", "b@ours.test", "c@ours.test"]);
    assert_eq!(api.events().len(), 2);
    assert_eq!(node.node.outbox.set_aside(), 0, "being away is no reason to set anything aside");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_answers_slowly_gets_everything_in_its_order() {
    let (folder, api) = (tempfile::tempdir().unwrap(), ApiServer::start().await);
    let destination = Destination::start(Mood::Accepts).await;
    ours(folder.path(), &destination);
    api.set_mood(|_| Fate::Slow);
    let node = Running::start_with(folder.path(), &api.url(), true, None).await;
    for number in 0..5 {
        node.send("ann@sender.test", &[&format!("u{number}@ours.test")], GTUBE).await;
        node.send("ann@sender.test", &[&format!("v{number}@ours.test")], "x").await;
    }
    until_empty(&node.node).await;
    until_told(&node).await;
    assert_eq!((api.records().len(), api.events().len()), (10, 5));
    assert_order(&api.taken());
    node.stop().await;
}

/// QUA-06: each recipient gets exactly one copy.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_carried_out_once_though_it_is_commanded_again_after_a_restart() {
    let (folder, api) = (tempfile::tempdir().unwrap(), ApiServer::start().await);
    let destination = Destination::start(Mood::Accepts).await;
    ours(folder.path(), &destination);
    let refuse = |call: &Call| match call.what.starts_with("DELETE") {
        true => Fate::Refused(500),
        false => Fate::Taken,
    };
    api.set_mood(refuse);
    let node = Running::start_with(folder.path(), &api.url(), true, None).await;
    api.command_release("cmd_1", "user@ours.test", &format!("Subject: released\r\n\r\n{GTUBE}\r\n"));
    until_count(&destination, 1).await;
    until("the command to be given again", || async { api.refused() >= 2 }).await;
    until_empty(&node.node).await;
    until_told(&node).await;
    node.stop().await;
    let refused = api.refused();
    let node = Running::start_with(folder.path(), &api.url(), true, None).await;
    until("the command to be given again", || async { api.refused() > refused }).await;
    api.set_mood(|_| Fate::Taken);
    until("the command to be acknowledged", || async { api.commands() == 0 }).await;
    // A command of another id is another order.
    api.command_release("cmd_2", "user@ours.test", "Subject: second\r\n\r\nx\r\n");
    until_count(&destination, 2).await;
    until("the second to be acknowledged", || async { api.commands() == 0 }).await;
    until_empty(&node.node).await;
    until_told(&node).await;
    node.stop().await;
    let messages = destination.messages();
    assert!(messages[0].contains("Subject: released\r\n"), "{messages:?}");
    assert!(messages[1].contains("Subject: second\r\n"), "each was delivered once: {messages:?}");
    let released = api.events().iter().filter(|event| event.kind == EventKind::Released).count();
    assert_eq!(released, 2);
}
