//! Clients that come too often, guess, are silent or do not speak as they should: what they hear, and what is counted.

use crate::{running::until, settled::Judging};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// All that a server says to these octets until it closes.
async fn hear(judging: &Judging, said: &[u8]) -> String {
    let mut stream = TcpStream::connect(judging.node.address).await.unwrap();
    stream.write_all(said).await.unwrap();
    let mut heard = Vec::new();
    drop(stream.read_to_end(&mut heard).await);
    String::from_utf8_lossy(&heard).into_owned()
}

async fn number(metrics: std::net::SocketAddr, name: &str) -> u64 {
    let mut stream = TcpStream::connect(metrics).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("gatepost_node_{name} ")));
    line.unwrap_or_else(|| panic!("{name} in {text}")).parse().unwrap()
}

/// LOG-05, X-04: answered at once, not logged, counted.
#[tokio::test(flavor = "multi_thread")]
async fn who_connects_too_often_or_too_much_is_put_off_and_counted() {
    let judging = Judging::start_as(&[("ours.test", &[])], |config| {
        config.max_connections_per_minute_loopback = 4;
        config.max_connections_loopback = 2;
        config.metrics = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let metrics = judging.node.metrics.unwrap();
    let open = [judging.client().await, judging.client().await];
    let heard = hear(&judging, b"").await;
    assert_eq!(heard, "421 4.7.0 Too many connections, try again later\r\n");
    drop(open);
    until("both to be gone", || async { hear(&judging, b"QUIT\r\n").await.contains("short time") }).await;
    assert!(number(metrics, "connections_refused_total").await >= 1);
    assert!(number(metrics, "connections_too_often_total").await >= 1);
    judging.node.clock.advance(Duration::from_secs(60));
    let mut client = judging.client().await;
    assert!(client.say("NOOP").await.starts_with("250 "), "in the next minute");
    assert_eq!(judging.api.records().len(), 0);
    judging.stop().await;
}

/// LOG-06: talk before the greeting and bare line ends end the connection; only a number tells of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_speak_as_the_standard_demands_is_cut_off_and_counted() {
    let judging = Judging::start_as(&[("ours.test", &[])], |config| {
        config.metrics = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let metrics = judging.node.metrics.unwrap();
    let mut client = judging.client().await;
    assert!(client.say("MAIL FROM:<a@b.test>\nRCPT TO:<user@ours.test>").await.starts_with("550 5.5.2"));
    let mut client = judging.client().await;
    assert!(client.say("STARTTLS\r\nEHLO x").await.starts_with("554 5.5.0"));
    assert_eq!(number(metrics, "protocol_violations_total").await, 2);
    assert_eq!(judging.api.records().len(), 0);
    judging.stop().await;
}

/// S15: a silent client does not keep its place.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_is_sent_away() {
    let judging = Judging::start_as(&[("ours.test", &[])], |config| {
        config.greeting_timeout = Duration::from_millis(300);
        config.metrics = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let heard = hear(&judging, b"").await;
    assert!(heard.ends_with("421 4.4.2 Nothing heard for too long\r\n"), "{heard}");
    let mut client = judging.client().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(client.say("NOOP").await.starts_with("250 "), "once it has greeted, it has more time");
    assert_eq!(number(judging.node.metrics.unwrap(), "too_slow_total").await, 1);
    judging.stop().await;
}

/// Harvesters wait for each answer; who has too many recipients connects again.
#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_addresses_waits_and_who_has_too_many_recipients_comes_again() {
    let judging = Judging::start_as(&[("ours.test", &[])], |config| {
        config.max_recipients_per_connection = 9;
        config.metrics = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let metrics = judging.node.metrics.unwrap();
    let mut client = judging.client().await;
    client.say("MAIL FROM:<ann@sender.test>").await;
    let before = Instant::now();
    for guess in 0..7 {
        assert!(client.say(&format!("RCPT TO:<user{guess}@elsewhere.test>")).await.starts_with("550 "));
    }
    assert!(before.elapsed() >= Duration::from_millis(1_400));
    for place in 0..2 {
        assert!(client.say(&format!("RCPT TO:<user{place}@ours.test>")).await.starts_with("250 "));
    }
    assert!(client.say("RCPT TO:<last@ours.test>").await.starts_with("421 4.5.3"));
    for (name, count) in
        [("tarpitted_total", 2), ("recipients_refused_total", 7), ("too_many_recipients_total", 1)]
    {
        assert_eq!(number(metrics, name).await, count, "{name}");
    }
    judging.stop().await;
}
