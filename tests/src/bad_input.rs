//! What is wrong is told apart and answered; nothing panics, nothing is a 500, nothing is smuggled.

use crate::{
    gateway::{OURS, TestGateway, within},
    mail_flow::{ARRIVES, logged},
    messages,
};
use contract::endpoint::{self, Access, Method, Operation};
use serde_json::{Value, json};
use std::time::Duration;

/// Bodies that no operation takes.
fn wrong_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let deep = "[".repeat(5000);
    vec![
        ("nothing", vec![]),
        ("half", b"{\"a\":".to_vec()),
        ("a number", b"7".to_vec()),
        ("null", b"null".to_vec()),
        ("a list", b"[]".to_vec()),
        ("an unknown field", b"{\"no_such_field\": 1}".to_vec()),
        ("not UTF-8", vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']),
        ("NUL", b"\0\0\0".to_vec()),
        ("deep", deep.into_bytes()),
        ("huge numbers", b"{\"ids\": [1e999, 99999999999999999999999]}".to_vec()),
        (
            "a text for a list",
            b"{\"ids\": \"all\", \"routes\": \"all\", \"username\": [], \"theme\": 7}".to_vec(),
        ),
    ]
}

/// Values that no placeholder takes.
const WRONG_VALUES: [&str; 9] =
    ["", " ", "..", "%00", "a/b", "'; drop table domains; --", "ü.test", "\u{0}", "99999999999999999999"];

fn has_body(operation: &Operation) -> bool {
    matches!(operation.method, Method::Post | Method::Put | Method::Patch)
}

/// Every operation × every wrong body: an error with its code, never a fault of ours.
#[tokio::test]
async fn no_body_makes_the_api_stumble() {
    let gateway = TestGateway::start_api();
    let administrator = gateway.administrator().await;
    let node = gateway.node_actor();
    for operation in endpoint::operations().filter(|operation| has_body(operation)) {
        let caller = if operation.access == Access::Node { &node } else { &administrator };
        for (name, body) in wrong_bodies() {
            let path = operation.path_with(&[OURS, "1"]);
            let answer = caller.send_raw(operation.method, &path, Some(("application/json", body))).await;
            assert!(answer.status < 500, "{} with {name}: {} {}", operation.id, answer.status, answer.text());
            if answer.status >= 400 {
                answer.problem();
            }
        }
    }
}

/// Every operation × wrong values in its path and its query.
#[tokio::test]
async fn no_address_makes_the_api_stumble() {
    let gateway = TestGateway::start_api();
    let administrator = gateway.administrator().await;
    let reads = endpoint::operations().filter(|operation| {
        operation.method == Method::Get && operation.id != "listen" && operation.access != Access::Node
    });
    for operation in reads {
        for value in WRONG_VALUES {
            let answer = administrator.send(operation, &[value, value, value], "", None).await;
            assert!(answer.status < 500, "{} at {value:?}: {}", operation.id, answer.text());
        }
        for query in [
            "?limit=0",
            "?limit=-1",
            "?limit=x",
            "?limit=501",
            "?cursor=%00",
            "?cursor=x",
            "?no_such=1",
            "?sort=no_such",
            "?since=yesterday",
            "?classification=nice",
            "?sender_ip=1.2.3.4.5",
            "?%ff=%fe",
            "?match=some",
        ] {
            let answer = administrator.send(operation, &[OURS, "1", "1"], query, None).await;
            assert!(answer.status < 500, "{} {query}: {}", operation.id, answer.text());
            if answer.status >= 400 {
                answer.problem();
            }
        }
    }
    for path in [
        "/api/v1/nothing",
        "/api/v2/domains",
        "/api/v1/domains/ours.test/nothing",
        "/api/v1/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    ] {
        let answer = administrator.send_raw(Method::Get, path, None).await;
        assert_eq!(answer.problem().status, 404, "{path}");
    }
}

/// A wrong value is named by its place.
#[tokio::test]
async fn an_error_names_the_field() {
    let gateway = TestGateway::start_api();
    let administrator = gateway.administrator().await;
    let cases: [(Method, &str, Value, &str); 4] = [
        (Method::Put, "/api/v1/domains/new.test", json!({ "routes": [] }), "/routes"),
        (
            Method::Put,
            "/api/v1/domains/new.test",
            json!({ "routes": [{ "host": "a b", "port": 25 }] }),
            "/routes/0",
        ),
        (
            Method::Put,
            "/api/v1/domains/new.test",
            json!({ "routes": [{ "host": "10.0.0.1", "port": 25 }] }),
            "/routes/0",
        ),
        (Method::Post, "/api/v1/quarantine/release", json!({ "ids": [] }), "/ids"),
    ];
    for (method, path, body, place) in cases {
        let body = Some(("application/json", body.to_string().into_bytes()));
        let answer = administrator.send_raw(method, path, body).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text());
        let pointer = &answer.problem().errors[0].pointer;
        assert!(pointer.starts_with(place), "{pointer} for {place}");
    }
}

/// Commands in the wrong order, too long, binary, unknown: a refusal each, and the connection goes on or ends.
#[test]
fn no_line_makes_the_node_stumble() {
    let gateway = TestGateway::start();
    let refused = |lines: &[&str]| {
        let mut dialogue = gateway.dialogue();
        let mut last = String::new();
        for line in lines {
            last = dialogue.say(line).text;
        }
        assert!(last.starts_with(['4', '5']), "{lines:?}: {last:?}");
    };
    refused(&["RCPT TO:<user@ours.test>"]);
    refused(&["EHLO c.test", "RCPT TO:<user@ours.test>"]);
    refused(&["EHLO c.test", "DATA"]);
    refused(&["EHLO c.test", "MAIL FROM:<a@b.test>", "DATA"]);
    refused(&["EHLO c.test", "MAIL FROM:<a@b.test>", "MAIL FROM:<a@b.test>"]);
    refused(&["EHLO c.test", "MAIL FROM:a b c"]);
    refused(&["EHLO c.test", "MAIL FROM:<a@b.test> NONSENSE=1"]);
    refused(&["EHLO c.test", "MAIL FROM:<a@b.test> SIZE=99999999999"]);
    refused(&["EHLO c.test", "MAIL FROM:<a@b.test>", "RCPT TO:<>"]);
    refused(&["EHLO c.test", "MAIL FROM:<a@b.test>", "RCPT TO:<user@ours.test"]);
    refused(&["NONSENSE"]);
    refused(&[""]);
    refused(&[&"A".repeat(5000)]);
    refused(&["EHLO c.test", &format!("MAIL FROM:<{}@b.test>", "a".repeat(3000))]);
    for bytes in [
        &b"EHLO \0\r\n"[..],
        b"\xff\xfe\xfd\r\n",
        b"EHLO a\nb\r\n",
        b"EHLO a\rb\r\n",
        &[0x16, 3, 1, 2, 0, 1, 0, 13, 10],
    ] {
        let mut dialogue = gateway.dialogue();
        dialogue.send(bytes);
        let reply = dialogue.reply();
        assert!(reply.code == 0 || reply.code >= 400, "{bytes:?}: {}", reply.text);
    }
    // It still works.
    let reply = gateway.dialogue().mail("jane@sender.test", "user@ours.test", &messages::plain("afterwards"));
    assert_eq!(reply.code, 250);
}

/// S1, G4: only CRLF.CRLF ends a message; no other sequence makes one message into two.
#[tokio::test]
async fn no_sequence_smuggles_a_second_message() {
    let gateway = TestGateway::start();
    let administrator = gateway.administrator().await;
    let endings: [&[u8]; 12] = [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r\n.\r",
        b"\r.\r\n",
        b"\n.\r",
        b"\r.\n",
        b"\r\n\0.\r\n",
        b"\r\n.\0\r\n",
        b"\0\r\n.\n",
        b"\r\r\n.\r\r\n",
    ];
    for (number, ending) in endings.iter().enumerate() {
        let mut dialogue = gateway.dialogue();
        dialogue.envelope("jane@sender.test", &["user@ours.test"]);
        assert_eq!(dialogue.say("DATA").code, 354);
        dialogue.send(messages::plain(&format!("carrier {number}")).as_bytes());
        dialogue.send(ending);
        dialogue.send(b"MAIL FROM:<evil@sender.test>\r\nRCPT TO:<user@ours.test>\r\nDATA\r\n");
        dialogue.send(messages::plain(&format!("smuggled {number}")).as_bytes());
        dialogue.send(b"\r\n.\r\nQUIT\r\n");
        dialogue.rest(Duration::from_secs(5));
    }
    assert_eq!(
        gateway.dialogue().mail("jane@sender.test", "user@ours.test", &messages::plain("the last one")).code,
        250
    );
    within(ARRIVES, "arrival", async || (gateway.sink.count("the-last-one") > 0).then_some(())).await;
    for message in gateway.sink.received() {
        assert_ne!(message.sender, "evil@sender.test", "{}", message.text());
        let is_bare = |pair: &[u8]| (pair[0] == b'\r') != (pair[1] == b'\n');
        assert!(
            !message.content.contains(&0) && !message.content.windows(2).any(is_bare),
            "{:?}",
            message.text()
        );
    }
    for number in 0..endings.len() {
        let entry = logged(&administrator, &format!("smuggled {number}")).await;
        assert!(entry.is_none_or(|entry| entry.sender != "evil@sender.test"));
    }
}

/// RFC 3030, RFC 6531, RFC 2920: what a modern client sends works.
#[tokio::test]
async fn modern_clients_are_understood() {
    let gateway = TestGateway::start();
    let mut dialogue = gateway.dialogue();
    let offers = dialogue.say("EHLO client.test").text;
    for offer in ["PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "CHUNKING", "STARTTLS", "ENHANCEDSTATUSCODES"]
    {
        assert!(offers.contains(offer), "{offer} is not offered: {offers}");
    }
    let chunk = messages::plain("in chunks");
    let (first, second) = chunk.split_at(40);
    dialogue.send(b"MAIL FROM:<jane@sender.test> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<user@ours.test>\r\n");
    assert_eq!((dialogue.reply().code, dialogue.reply().code), (250, 250));
    dialogue
        .send(format!("BDAT {}\r\n{first}BDAT {} LAST\r\n{second}", first.len(), second.len()).as_bytes());
    assert_eq!((dialogue.reply().code, dialogue.reply().code), (250, 250));
    within(ARRIVES, "arrival", async || (gateway.sink.count("in-chunks") > 0).then_some(())).await;
}
