//! What the node counts, for whoever collects it: the text format of Prometheus over HTTP, where the configuration
//! says so (LOG-05, LOG-06). Tells numbers only, never an address or a message.

use crate::node::Node;
use std::{
    fmt::Write,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// How long one question may take.
const TIME: Duration = Duration::from_secs(5);
/// Octets of a question that are read.
const QUESTION: usize = 4_096;

/// Answers until the task is dropped.
pub async fn serve(node: Arc<Node>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let node = node.clone();
                tokio::spawn(async move { drop(timeout(TIME, answer(stream, &node)).await) });
            }
            Err(error) => {
                tracing::warn!(%error, "a question for the numbers could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn answer(mut stream: TcpStream, node: &Node) -> std::io::Result<()> {
    let mut question = Vec::new();
    while question.len() < QUESTION && memchr::memmem::find(&question, b"\r\n\r\n").is_none() {
        if stream.read_buf(&mut question).await? == 0 {
            break;
        }
    }
    let is_known = question.starts_with(b"GET /metrics ") || question.starts_with(b"GET /metrics?");
    let (code, word, body) =
        if is_known { (200, "OK", text(node)) } else { (404, "Not Found", String::new()) };
    let head = format!(
        "HTTP/1.1 {code} {word}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// All numbers.
fn text(node: &Node) -> String {
    let mut text = String::new();
    for (name, help, counter) in node.counters.all() {
        let value = counter.load(Ordering::Relaxed);
        let _ = write!(text, "# HELP gatepost_node_{name} {help}\n# TYPE gatepost_node_{name} counter\n");
        let _ = writeln!(text, "gatepost_node_{name} {value}");
    }
    let gauges = [
        (
            "queued_messages",
            "Messages in the delivery queue.",
            i64::try_from(node.queue.len()).unwrap_or(i64::MAX),
        ),
        (
            "unreported",
            "Reports that the API has not taken yet.",
            i64::try_from(node.outbox.len()).unwrap_or(i64::MAX),
        ),
        ("policy_revision", "The revision of the policy in force.", node.policy.current().revision),
    ];
    for (name, help, value) in gauges {
        let _ = write!(text, "# HELP gatepost_node_{name} {help}\n# TYPE gatepost_node_{name} gauge\n");
        let _ = writeln!(text, "gatepost_node_{name} {value}");
    }
    text
}
