//! What a sender's domain says of its mail, asked of a name server in the test, and what becomes of the mail.

use crate::{
    api::ApiServer,
    destination::{Destination, Mood},
    dns::NameServer,
    running::{Client, Running, policy, until},
};
use contract::{
    messages::{Classification, Status},
    settings::Overrides,
};
use serde_json::{Value, json};
use smtp_node::config::Dns;
use std::{fs, path::Path};

/// A node that asks this server, with a domain for each of these settings.
async fn node(
    folder: &Path,
    names: &NameServer,
    api: &ApiServer,
    destination: &Destination,
    domains: &[(&str, &[(&str, Value)])],
) -> Running {
    let route = destination.route();
    let routes = [route.as_str()];
    let domains: Vec<(&str, &[&str], Overrides)> = domains
        .iter()
        .map(|(name, settings)| {
            let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            (*name, routes.as_slice(), settings)
        })
        .collect();
    policy(folder, &domains);
    Running::start_as(folder, |config| {
        config.dns = Dns::Server(names.address);
        config.api = api.url();
    })
    .await
}

/// X-19, FIL-18: refused and not held where the domain asks so; less where the recipient's settings say so.
#[tokio::test(flavor = "multi_thread")]
async fn mail_that_its_domain_disowns_gets_what_the_domain_asks_for_and_the_settings_allow() {
    let (folder, names, api) =
        (tempfile::tempdir().unwrap(), NameServer::start().await, ApiServer::start().await);
    names
        .text("_dmarc.strict.test", &[b"v=DMARC1; p=reject"])
        .text("_dmarc.careful.test", &[b"v=DMARC1; p=quarantine"])
        .text("strict.test", &[b"v=spf1 -all"])
        .text("careful.test", &[b"v=spf1 -all"]);
    let destination = Destination::start(Mood::Accepts).await;
    let domains: &[(&str, &[(&str, Value)])] = &[
        ("ours.test", &[]),
        ("holds.test", &[("incoming.dmarc_handling", json!("hold"))]),
        (
            "weighs.test",
            &[("incoming.dmarc_handling", json!("weigh")), ("incoming.quarantine_threshold", json!(1.0))],
        ),
    ];
    let node = node(folder.path(), &names, &api, &destination, domains).await;
    for (from, to, reply, classification, status) in [
        ("strict.test", "ours.test", "550 5.7.1", Classification::Rejected, Status::Rejected),
        ("careful.test", "ours.test", "550 5.7.1", Classification::Phishing, Status::Quarantined),
        ("strict.test", "holds.test", "550 5.7.1", Classification::Phishing, Status::Quarantined),
        ("strict.test", "weighs.test", "250 2.0.0", Classification::Unsure, Status::Queued),
    ] {
        let message = format!(
            "From: Boss <boss@{from}>\r\nTo: <user@{to}>\r\nSubject: Hello\r\nDate: {}\r\n\r\nHello",
            node.clock.now_in_mail()
        );
        let to = format!("user@{to}");
        let said =
            Client::connect(node.address).await.send_raw(&format!("boss@{from}"), &[&to], &message).await;
        assert!(said.starts_with(reply), "{from} to {to}: {said}");
        let is_told = || {
            api.records().iter().any(|record| {
                (record.recipient.as_str(), record.classification, record.status)
                    == (to.as_str(), classification, status)
                    && record.authentication.dmarc == "fail"
            })
        };
        until(&format!("a record of {from} to {to}"), || async { is_told() }).await;
    }
    node.stop().await;
}

/// RFC 8617 §7.2.1: who passed the message on is believed, if the domain says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_forwarder_that_is_trusted_vouches_for_what_it_passes_on() {
    let (folder, names, api) =
        (tempfile::tempdir().unwrap(), NameServer::start().await, ApiServer::start().await);
    let vectors: Value = serde_json::from_slice(
        &fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/arc.json")).unwrap(),
    )
    .unwrap();
    let key = vectors[0]["txt-records"]["dummy._domainkey.example.org"].as_str().unwrap();
    names.text("dummy._domainkey.example.org", &[key.as_bytes()]);
    names.text("_dmarc.d1.example.org", &[b"v=DMARC1; p=reject"]);
    let destination = Destination::start(Mood::Accepts).await;
    let domains: &[(&str, &[(&str, Value)])] = &[
        ("ours.test", &[]),
        ("trusts.test", &[("incoming.trusted_arc_sealers", json!("list.test Example.org"))]),
    ];
    let node = node(folder.path(), &names, &api, &destination, domains).await;
    let message = vectors[0]["tests"]["cv_pass_i1_1"]["message"].as_str().unwrap();
    let message = message.trim_end().replace('\n', "\r\n");
    for (to, reply) in [("user@ours.test", "550 5.7.1"), ("user@trusts.test", "250 2.0.0")] {
        let said = Client::connect(node.address).await.send_raw("list@example.org", &[to], &message).await;
        assert!(said.starts_with(reply), "{to}: {said}");
    }
    until("a record with the chain", || async {
        api.records().iter().any(|record| record.authentication.arc == "pass")
    })
    .await;
    node.stop().await;
}

/// SPF-01, S14: name servers that are broken hold nothing against the sender.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_held_against_nobody() {
    let (folder, names, api) =
        (tempfile::tempdir().unwrap(), NameServer::start().await, ApiServer::start().await);
    names.break_down("sender.test").break_down("_dmarc.sender.test");
    let destination = Destination::start(Mood::Accepts).await;
    let lenient: &[(&str, Value)] = &[("incoming.quarantine_threshold", json!(1.0))];
    let node = node(folder.path(), &names, &api, &destination, &[("ours.test", lenient)]).await;
    let said = node.send("ann@sender.test", &["user@ours.test"], "Hello").await;
    assert!(said.starts_with("250 "), "{said}");
    until("a record", || async {
        api.records().iter().any(|record| record.authentication.spf == "temperror")
    })
    .await;
    assert!(names.asked("sender.test") > 0);
    node.stop().await;
}
