//! How destination servers are found and met: by names of a name server in the test, over connections that domains
//! share, whatever mood the servers are in.

use crate::{
    destination::{Destination, Mood, key_digest},
    dns::NameServer,
    running::{Running, policy, until, until_count, until_empty},
};
use contract::settings::Overrides;
use smtp_node::config::Dns;
use std::{path::Path, time::Duration};

async fn start(folder: &Path, names: &NameServer) -> Running {
    Running::start_as(folder, |config| {
        config.filter = false;
        config.dns = Dns::Server(names.address);
    })
    .await
}

/// C6, RTE-10, RTE-11: a name that leads nowhere stops the search; a name server that does not say does not.
#[tokio::test(flavor = "multi_thread")]
async fn routes_are_found_by_the_name_server_of_the_node() {
    let (folder, names) = (tempfile::tempdir().unwrap(), NameServer::start().await);
    let up = Destination::start(Mood::Accepts).await;
    let route = |host: &str| format!("{host}:{}", up.port());
    names.address_of("mx.dest.test", "127.0.0.1").break_down("broken.dest.test");
    let (known, nowhere, broken) =
        (route("mx.dest.test"), route("gone.dest.test"), route("broken.dest.test"));
    policy(
        folder.path(),
        &[
            ("known.test", &[&known], Overrides::new()),
            ("nowhere.test", &[&nowhere, &known], Overrides::new()),
            ("broken.test", &[&broken, &known], Overrides::new()),
        ],
    );
    let node = start(folder.path(), &names).await;
    node.send("ann@sender.test", &["user@known.test"], "x").await;
    until_count(&up, 1).await;
    node.send("ann@sender.test", &["user@broken.test"], "x").await;
    until_count(&up, 2).await;
    node.send("ann@sender.test", &["user@nowhere.test"], "x").await;
    until("the name to be asked for", || async { names.asked("gone.dest.test") > 0 }).await;
    until("three deliveries settled", || async { node.node.outbox.len() == 6 }).await;
    assert_eq!((up.messages().len(), node.node.queue.len()), (2, 1));
    names.address_of("gone.dest.test", "127.0.0.1");
    // A name that did not exist may be remembered for a while.
    node.node.clock.advance(Duration::from_secs(16 * 60));
    node.stop().await;
}

/// Connections belong to a server, not to a domain: they are shared, and there are never too many.
#[tokio::test(flavor = "multi_thread")]
async fn domains_with_the_same_route_share_its_connections() {
    let (folder, names) = (tempfile::tempdir().unwrap(), NameServer::start().await);
    let destination = Destination::start(Mood::Accepts).await;
    let route = destination.route();
    let domains = ["a.test", "b.test", "c.test"];
    policy(
        folder.path(),
        &domains
            .map(|name| (name, [route.as_str()], Overrides::new()))
            .each_ref()
            .map(|(name, routes, settings)| (*name, routes.as_slice(), settings.clone())),
    );
    let node = start(folder.path(), &names).await;
    for (count, domain) in domains.into_iter().enumerate() {
        node.send("ann@sender.test", &[&format!("user@{domain}")], "x").await;
        until_count(&destination, count + 1).await;
        until_empty(&node.node).await;
    }
    assert_eq!(destination.connections(), 1, "the second and third domain use the connection of the first");
    destination.set_mood(Mood::Tarries);
    for place in 0..75 {
        let domain = domains[place % 3];
        node.send("ann@sender.test", &[&format!("user@{domain}")], "x").await;
    }
    until_count(&destination, 78).await;
    assert!((6..=20).contains(&destination.most_open()), "{}", destination.most_open());
    node.stop().await;
}

/// RFC 3207, RFC 7435: encrypted where the server can, by whatever certificate; in the clear where it cannot.
#[tokio::test(flavor = "multi_thread")]
async fn mail_is_encrypted_where_the_server_can() {
    let (folder, names) = (tempfile::tempdir().unwrap(), NameServer::start().await);
    let (shy, open) =
        (Destination::start(Mood::RefusesEncryption).await, Destination::start(Mood::Encrypts).await);
    policy(
        folder.path(),
        &[("shy.test", &[&shy.route()], Overrides::new()), ("open.test", &[&open.route()], Overrides::new())],
    );
    let node = start(folder.path(), &names).await;
    node.send("ann@sender.test", &["user@shy.test", "user@open.test"], "x").await;
    until_count(&shy, 1).await;
    until_count(&open, 1).await;
    assert_eq!((shy.encrypted(), open.encrypted()), (0, 1));
    until_empty(&node.node).await;
    node.stop().await;
}

/// RTE-10: a server that turns us away or breaks off is followed by the next, or tried again; nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_turns_us_away_or_breaks_off_costs_no_mail() {
    let (folder, names) = (tempfile::tempdir().unwrap(), NameServer::start().await);
    let (rude, up) = (Destination::start(Mood::TurnsAway).await, Destination::start(Mood::Accepts).await);
    let flaky = Destination::start(Mood::Breaks).await;
    policy(
        folder.path(),
        &[
            ("ours.test", &[&rude.route(), &up.route()], Overrides::new()),
            ("flaky.test", &[&flaky.route()], Overrides::new()),
        ],
    );
    let node = start(folder.path(), &names).await;
    node.send("ann@sender.test", &["user@ours.test"], "x").await;
    until_count(&up, 1).await;
    node.send("ann@sender.test", &["user@flaky.test"], "x").await;
    until("a try", || async { flaky.tries() >= 2 }).await;
    until("the outcome to be written", || async { node.node.outbox.len() == 4 }).await;
    assert_eq!(node.node.queue.len(), 1);
    flaky.set_mood(Mood::Accepts);
    node.clock.advance(Duration::from_secs(16 * 60));
    until_count(&flaky, 1).await;
    until_empty(&node.node).await;
    node.stop().await;
}

/// RFC 7672: where the domain signs which certificate its server has, no other one gets the mail, and no clear line.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_its_domain_does_not_know_gets_no_mail() {
    let (folder, names) = (tempfile::tempdir().unwrap(), NameServer::start().await);
    let (encrypts, clear) =
        (Destination::start(Mood::Encrypts).await, Destination::start(Mood::Accepts).await);
    for host in
        ["right.dest.test", "wrong.dest.test", "clear.dest.test", "unsigned.dest.test", "broken.dest.test"]
    {
        names.address_of(host, "127.0.0.1");
    }
    let port = encrypts.port();
    names.pin("right.dest.test", port, &key_digest()).pin("wrong.dest.test", port, &[7; 32]);
    names.pin("clear.dest.test", clear.port(), &key_digest());
    names.sign("broken.dest.test").break_down(&format!("_{port}._tcp.broken.dest.test"));
    let route = |host: &str, port: u16| format!("{host}.dest.test:{port}");
    let routes = [
        route("right", port),
        route("wrong", port),
        route("clear", clear.port()),
        route("unsigned", port),
        route("broken", port),
    ];
    let domains = ["right.test", "wrong.test", "clear.test", "unsigned.test", "broken.test"];
    let lists: Vec<[&str; 1]> = routes.iter().map(|route| [route.as_str()]).collect();
    let all: Vec<(&str, &[&str], Overrides)> = domains
        .iter()
        .zip(&lists)
        .map(|(name, routes)| (*name, routes.as_slice(), Overrides::new()))
        .collect();
    policy(folder.path(), &all);
    let node = start(folder.path(), &names).await;
    for domain in domains {
        node.send("ann@sender.test", &[&format!("user@{domain}")], "x").await;
    }
    until("every outcome", || async { node.node.outbox.len() == 10 }).await;
    let mut delivered = encrypts.recipients();
    delivered.sort();
    assert_eq!(delivered, ["<user@right.test>", "<user@unsigned.test>"]);
    assert_eq!((clear.messages().len(), node.node.queue.len()), (0, 3));
    node.stop().await;
}
