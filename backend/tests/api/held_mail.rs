//! Held mail from a node's report to its release: the log, the quarantine, nodes' commands, retention.

use crate::gateway::{Actor, Answer, Gateway, START, on_each};
use backend::db::schema::{log, log_details, log_events, quarantine, removed_domains};
use diesel::prelude::*;
use serde_json::{Value, json};

const RAW: &str = "From: Zoe <zoe@x.example>\r\nSubject: =HYPERLINK(1)\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>hi</b><script>alert(1)</script><img src=http://t.example/x>\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n";
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// The id that the first node makes for the `n`th record of this moment.
pub(crate) fn id(n: i64) -> i64 {
    START << 12 | n
}

fn record(n: i64, recipient: &str, classification: &str) -> Value {
    json!({"id": id(n), "message_id": format!("m{n}"), "domain": "wrong.test", "sender": "zoe@x.example",
        "recipient": recipient, "sender_ip": "192.0.2.7", "sender_host": "mx.x.example", "helo": "mx",
        "is_encrypted": true, "subject": format!("=HYPERLINK({n})"), "header_from": "Zoe <zoe@x.example>",
        "header_to": recipient, "size": RAW.len(), "classification": classification,
        "status": "quarantined", "reply": "550 5.7.1 spam", "score": 0.99, "hold_days": 28})
}

pub(crate) struct Node<'a> {
    gateway: &'a Gateway,
    token: String,
}

impl Node<'_> {
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let actor = Actor { gateway: self.gateway, token: self.token.clone(), cookie: String::new() };
        actor.call(method, path, body).await
    }

    async fn put(&self, message: &str) -> Answer {
        let url = self.gateway.url(&format!("/api/v1/node/bodies/{message}"));
        let request = self.gateway.client.put(url).bearer_auth(&self.token).body(RAW);
        Answer::of(request.send().await.unwrap()).await
    }

    async fn report(&self, records: Value, events: Value) -> Answer {
        self.call("POST", "/api/v1/node/records", Some(json!({"records": records, "events": events}))).await
    }
}

async fn node(gateway: &Gateway) -> Node<'_> {
    let root = gateway.actor("root").await;
    let added = root.call("POST", "/api/v1/nodes", Some(json!({"name": "mx1.test"}))).await;
    added.is(201);
    let token = added.body["token"].as_str().unwrap().to_owned();
    let node = Node { gateway, token };
    let beat = json!({"version": "1", "queued": 0, "policy_revision": 0});
    node.call("POST", "/api/v1/node/heartbeat", Some(beat)).await.is(200);
    node
}

/// Time does its work.
pub(crate) async fn sweep(gateway: &Gateway) {
    let services = gateway.running.services();
    let done =
        backend::features::retention::sweep(&services.db, &services.clock, &services.storage, || false).await;
    done.unwrap();
}

async fn count(actor: &Actor<'_>, path: &str) -> usize {
    let answer = actor.get(path).await;
    answer.is(200);
    answer.body["data"].as_array().unwrap().len()
}

/// Two spam mails to anna and bob of a.test, one to carl of c.test, a virus to anna.
pub(crate) async fn filled(gateway: &Gateway) -> Node<'_> {
    let node = node(gateway).await;
    for message in ["m1", "m2", "m3", "m4"] {
        node.put(message).await.is(204);
    }
    let records = json!([
        record(1, "anna@a.test", "spam"),
        record(2, "Bob@A.test", "spam"),
        record(3, "carl@c.test", "spam"),
        record(4, "anna@a.test", "virus"),
        record(5, "x@nobody.test", "spam")
    ]);
    let answer = node.report(records.clone(), json!([])).await;
    assert_eq!((&answer.body["added"], &answer.body["skipped"]), (&json!(4), &json!(1)), "{}", answer.text);
    let again = node.report(records, json!([])).await;
    assert_eq!((&again.body["added"], &again.body["skipped"]), (&json!(0), &json!(5)));
    node
}

/// QUA-01, QUA-10, LOG-02, P1, S16.
#[tokio::test(flavor = "multi_thread")]
async fn each_role_sees_what_was_held_for_it_and_deletes_at_its_own_level() {
    on_each(|gateway| async move {
        let node = filled(&gateway).await;
        assert_eq!(node.put("../x").await.status.as_u16() / 100, 4);
        for (username, expected) in
            [("root", 4), ("north", 3), ("south", 1), ("dom-a", 3), ("anna@a.test", 2), ("carl@c.test", 1)]
        {
            let actor = gateway.actor(username).await;
            assert_eq!(count(&actor, "/api/v1/quarantine").await, expected, "{username}");
            assert_eq!(count(&actor, "/api/v1/log").await, expected, "{username}");
        }
        let domain = gateway.actor("dom-a").await;
        let answer =
            domain.call("POST", "/api/v1/quarantine/delete", Some(json!({"ids": [id(1), id(3)]}))).await;
        assert_eq!(answer.body["results"][0], json!({"id": id(1)}), "{}", answer.text);
        assert_eq!(answer.body["results"][1]["error"], "not_found");
        assert_eq!(count(&domain, "/api/v1/quarantine").await, 2);
        assert_eq!(count(&gateway.actor("anna@a.test").await, "/api/v1/quarantine").await, 2);
        domain.call("POST", "/api/v1/quarantine/restore", Some(json!({"ids": [id(1)]}))).await.is(200);
        assert_eq!(count(&domain, "/api/v1/quarantine").await, 3);
        let emptied = domain.call("DELETE", "/api/v1/domains/a.test/quarantine?search=%28%31%29", None).await;
        assert_eq!(emptied.body["deleted"], 1, "{}", emptied.text);
        gateway
    })
    .await;
}

/// QUA-03, QUA-18 … QUA-21, P6, P7.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_message_is_read_safely() {
    on_each(|gateway| async move {
        let _node = filled(&gateway).await;
        let anna = gateway.actor("anna@a.test").await;
        let place = format!("/api/v1/domains/a.test/quarantine/{}", id(1));
        let message = anna.get(&place).await;
        message.is(200);
        assert_eq!(message.body["has_html"], true);
        assert_eq!(message.body["remote_images"], 1);
        assert_eq!(message.body["attached"][0]["name"], "a.pdf");
        assert_eq!(anna.get(&format!("{place}/raw")).await.text, RAW);
        let headers = anna.get(&format!("{place}/raw?part=headers")).await.text;
        assert!(headers.ends_with("\r\n\r\n") && RAW.starts_with(&headers));
        let file = anna.get(&format!("{place}/attachments/0")).await;
        assert_eq!(file.text.as_bytes(), [0, 1, 2]);
        assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        let preview = anna.call("POST", &format!("{place}/preview"), None).await;
        let url = gateway.url(preview.body["url"].as_str().unwrap());
        let page = Answer::of(gateway.client.get(&url).send().await.unwrap()).await;
        page.is(200);
        assert!(page.text.contains("<x-b>hi</x-b>") && !page.text.contains("alert"));
        assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("sandbox;"));
        let other = format!("/api/v1/domains/a.test/quarantine/{}", id(2));
        anna.get(&other).await.is_problem(404, "not_found");
        gateway.clock.advance(16 * 60 * 1000);
        assert_eq!(gateway.client.get(&url).send().await.unwrap().status().as_u16(), 401);
        gateway
    })
    .await;
}

/// QUA-06, QUA-22, QUA-24, C7.
#[tokio::test(flavor = "multi_thread")]
async fn a_released_message_is_fetched_by_its_node_and_ends_delivered() {
    on_each(|gateway| async move {
        let node = filled(&gateway).await;
        let anna = gateway.actor("anna@a.test").await;
        let release = |ids: Value, with_virus: bool| Some(json!({"ids": ids, "with_virus": with_virus}));
        let path = "/api/v1/quarantine/release";
        anna.call("POST", path, release(json!([id(1), id(2)]), false)).await.is_problem(403, "not_allowed");
        let virus = anna.call("POST", path, release(json!([id(4)]), true)).await;
        assert_eq!(virus.body["results"][0]["error"], "virus_not_releasable", "{}", virus.text);
        let done = anna.call("POST", path, release(json!([id(1)]), false)).await;
        assert_eq!(done.body["results"][0], json!({"id": id(1)}), "{}", done.text);
        let commands = node.call("GET", "/api/v1/node/commands", None).await;
        let command = &commands.body["commands"][0];
        assert_eq!((&command["kind"], &command["recipient"]), (&json!("release"), &json!("anna@a.test")));
        let place = format!("/api/v1/node/commands/{}", command["id"].as_str().unwrap());
        assert_eq!(node.call("GET", &format!("{place}/body"), None).await.text, RAW);
        let delivered = json!([{"record": id(1), "id": id(200), "kind": "delivered", "host": "h:25",
            "reply": "250 ok", "size": 9}]);
        node.report(json!([]), delivered).await.is(200);
        for _ in 0..2 {
            node.call("DELETE", &place, None).await.is(204);
        }
        let commands = node.call("GET", "/api/v1/node/commands", None).await;
        assert_eq!(commands.body["commands"], json!([]));
        let entry = anna.get(&format!("/api/v1/domains/a.test/log/{}", id(1))).await;
        assert_eq!(entry.body["status"], "delivered", "{}", entry.text);
        assert_eq!(entry.body["events"].as_array().unwrap().len(), 2);
        assert_eq!(
            count(&gateway.actor("dom-a").await, "/api/v1/quarantine").await,
            3,
            "released stays listed"
        );
        gateway
    })
    .await;
}

/// LOG-08 … LOG-19, P8, and nodes' policy.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_searched_by_each_field_paged_and_exported() {
    on_each(|gateway| async move {
        let node = filled(&gateway).await;
        let root = gateway.actor("root").await;
        for (query, expected) in [
            ("sender_ip=192.0.2.0/24", 4),
            ("sender_ip=192.0.2.7", 4),
            ("sender_ip=192.0.2.8", 0),
            ("sender=zoe", 0),
            ("sender=zoe&partial=true", 4),
            ("recipient=anna@a.test&classification=virus", 1),
            ("recipient=bob", 1),
            ("message_id=m3", 1),
            ("message_id=m3&sender=nobody&match=any", 1),
            ("status=delivered", 0),
            ("search=hyperlink(2", 1),
            ("sender_host=mx.x.example", 4),
        ] {
            assert_eq!(count(&root, &format!("/api/v1/log?{query}")).await, expected, "{query}");
        }
        root.get("/api/v1/log?since=yesterday").await.names("?since", "not_a_time");
        let first = root.get("/api/v1/log?limit=3&count=true").await;
        assert_eq!(first.body["page"]["total"]["count"], 4);
        let next = first.body["page"]["next"].as_str().unwrap();
        assert_eq!(count(&root, &format!("/api/v1/log?limit=3&cursor={next}")).await, 1);
        for sort in ["from", "-to", "subject", "-size", "received_at"] {
            let first = root.get(&format!("/api/v1/quarantine?limit=3&sort={sort}")).await;
            let next = first.body["page"]["next"].as_str().unwrap();
            let path = format!("/api/v1/quarantine?limit=3&sort={sort}&cursor={next}");
            assert_eq!(count(&root, &path).await, 1, "{sort}");
        }
        let request = gateway.client.get(gateway.url("/api/v1/log")).bearer_auth(&root.token);
        let csv = request.header("accept", "text/csv").send().await.unwrap().text().await.unwrap();
        assert!(csv.lines().count() == 5 && csv.contains(",'=HYPERLINK(1),"), "{csv}");
        let policy = node.call("GET", "/api/v1/node/policy?after=0", None).await;
        policy.is(200);
        assert_eq!(policy.body["documents"][0]["kind"], "global", "{}", policy.text);
        gateway
    })
    .await;
}

/// The entries of a log's bars, and how many of them are viruses.
async fn volume(actor: &Actor<'_>, path: &str) -> (u64, u64) {
    let answer = actor.get(path).await;
    let volume: contract::messages::LogVolume = serde_json::from_value(answer.is(200).body.clone()).unwrap();
    assert!(!volume.bars.is_empty() && volume.bars.len() <= 121, "{path}");
    let virus = contract::messages::Classification::Virus;
    let of = |bar: &contract::messages::VolumeBar| {
        (bar.counts.values().sum::<u64>(), bar.counts.get(&virus).copied().unwrap_or_default())
    };
    volume.bars.iter().map(of).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
}

/// The bars above the list count what the list shows, over the time it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn the_volume_of_the_log_counts_what_the_caller_would_find() {
    on_each(|gateway| async move {
        let _node = filled(&gateway).await;
        let (root, anna) = (gateway.actor("root").await, gateway.actor("anna@a.test").await);
        for (username, expected) in
            [("root", (4, 1)), ("north", (3, 1)), ("south", (1, 0)), ("dom-a", (3, 1))]
        {
            let actor = gateway.actor(username).await;
            assert_eq!(volume(&actor, "/api/v1/log/volume").await, expected, "{username}");
        }
        assert_eq!(volume(&anna, "/api/v1/log/volume").await, (2, 1));
        assert_eq!(volume(&anna, "/api/v1/domains/a.test/log/volume").await, (2, 1));
        for (query, expected) in [
            ("classification=virus", (1, 1)),
            ("search=hyperlink(2", (1, 0)),
            ("sort=received_at&limit=1&count=true", (4, 1)),
            ("since=1970-01-01T00:00:00Z", (4, 1)),
            ("until=2026-09-01T00:00:00Z&since=2026-08-01T00:00:00Z", (0, 0)),
        ] {
            assert_eq!(volume(&root, &format!("/api/v1/log/volume?{query}")).await, expected, "{query}");
        }
        let hour = root.get("/api/v1/log/volume?since=2026-09-21T13:00:00Z").await;
        assert_eq!(hour.body["step"], 60, "{}", hour.text);
        assert_eq!(hour.body["bars"][0], json!({"at": "2026-09-21T13:00:00.000Z", "counts": {}}));
        let last = hour.body["bars"].as_array().unwrap().last().unwrap();
        assert_eq!(last["counts"], json!({"spam": 3, "virus": 1}), "{}", hour.text);
        root.get("/api/v1/log/volume?since=yesterday").await.names("?since", "not_a_time");
        anna.get("/api/v1/domains/c.test/log/volume").await.is_problem(404, "not_found");
        gateway
    })
    .await;
}

/// QUA-08: however many there are, and only at the caller's level.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_quarantine_is_emptied_whole() {
    on_each(|gateway| async move {
        let node = filled(&gateway).await;
        let many: Vec<Value> = (0..4200)
            .map(|n| {
                let mut one = record(0, "anna@a.test", "spam");
                one["id"] = json!(id(0) - (4096 * (n + 1)));
                one
            })
            .collect();
        node.report(json!(many), json!([])).await.is(200);
        let dom_a = gateway.actor("dom-a").await;
        let emptied = dom_a.call("DELETE", "/api/v1/quarantine", None).await;
        assert_eq!(emptied.is(200).body["deleted"], 4203);
        assert_eq!(count(&dom_a, "/api/v1/quarantine").await, 0);
        let root = gateway.actor("root").await;
        let left = root.get("/api/v1/quarantine?count=true").await;
        assert_eq!(left.body["page"]["total"]["count"], 4204);
        gateway
    })
    .await;
}

/// How many rows of the log, its details, its events and the quarantine there are, and marks of removed domains.
async fn rows(gateway: &Gateway) -> [i64; 5] {
    let db = &gateway.running.services().db;
    db.run(|conn| {
        Ok([
            log::table.count().get_result(conn)?,
            log_details::table.count().get_result(conn)?,
            log_events::table.count().get_result(conn)?,
            quarantine::table.count().get_result(conn)?,
            removed_domains::table.count().get_result(conn)?,
        ])
    })
    .await
    .unwrap()
}

/// A removed domain is gone at once; its rows go in steps, whenever there is time.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_domain_is_gone_at_once_and_its_rows_bit_by_bit() {
    on_each(|gateway| async move {
        let node = filled(&gateway).await;
        let many: Vec<Value> = (1..=250)
            .flat_map(|millis| (0..5).map(move |n| id(0) + (millis << 12) + n))
            .map(|id| {
                let mut one = record(0, "anna@a.test", "spam");
                one["id"] = json!(id);
                one
            })
            .collect();
        assert_eq!(node.report(json!(many), json!([])).await.is(200).body["added"], 1250);
        let anna = gateway.actor("anna@a.test").await;
        let released = anna.call("POST", "/api/v1/quarantine/release", Some(json!({"ids": [id(1)]}))).await;
        released.is(200);
        let root = gateway.actor("root").await;
        root.call("DELETE", "/api/v1/domains/a.test", None).await.is(204);
        for path in ["/api/v1/log", "/api/v1/quarantine"] {
            let left = root.get(path).await;
            assert_eq!(left.body["data"].as_array().unwrap().len(), 1, "{path}: carl's");
        }
        assert_eq!(rows(&gateway).await, [1254, 1254, 1, 1254, 1]);
        let late = node.report(json!([record(9, "anna@a.test", "spam")]), json!([])).await;
        assert_eq!(late.body["added"], 0);
        // The first step only, as if the program ended then; another one goes on.
        let services = gateway.running.services();
        let calls = std::cell::Cell::new(0);
        let after_one = || calls.replace(calls.get() + 1) > 0;
        let swept =
            backend::features::retention::sweep(&services.db, &services.clock, &services.storage, after_one);
        swept.await.unwrap();
        assert_eq!(rows(&gateway).await[0], 754);
        sweep(&gateway).await;
        assert_eq!(rows(&gateway).await, [1, 1, 0, 1, 1]);
        let again = json!({"reseller": "north", "routes": [{"host": "127.0.0.1"}]});
        root.call("PUT", "/api/v1/domains/a.test", Some(again)).await.is(201);
        assert_eq!(count(&root, "/api/v1/domains/a.test/log").await, 0);
        gateway.clock.advance(DAY);
        sweep(&gateway).await;
        assert_eq!(rows(&gateway).await, [1, 1, 0, 1, 0]);
        gateway
    })
    .await;
}

/// QUA-02, C1, LOG-18.
#[tokio::test(flavor = "multi_thread")]
async fn held_mail_goes_with_its_last_day_and_the_log_row_says_so() {
    on_each(|gateway| async move {
        let _node = filled(&gateway).await;
        gateway.clock.advance(28 * DAY - 60_000);
        sweep(&gateway).await;
        let root = gateway.actor("root").await;
        assert_eq!(count(&root, "/api/v1/quarantine").await, 4);
        gateway.clock.advance(60_000);
        let range = "/api/v1/log?since=2020-01-01T00:00:00Z";
        let root = gateway.actor("root").await;
        assert_eq!(count(&root, "/api/v1/quarantine").await, 0, "unseen at once");
        sweep(&gateway).await;
        assert_eq!(count(&root, &format!("{range}&status=expired")).await, 4);
        gateway.clock.advance(DAY);
        sweep(&gateway).await;
        let root = gateway.actor("root").await;
        assert_eq!(count(&root, range).await, 0);
        gateway
    })
    .await;
}
