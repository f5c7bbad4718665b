//! How the panel's files travel.

use crate::{actors::client, gateway::TestGateway};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// One request and the head of its answer, on a connection that stays open; whatever follows the head comes with it.
fn ask(connection: &mut TcpStream, head: &str) -> String {
    connection.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = connection.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the connection ends after {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).to_lowercase()
}

/// RFC 9110 §15.4.5: an answer without content does not run into the next one of its connection.
#[tokio::test]
async fn a_file_that_the_browser_knows_comes_without_content() {
    let gateway = TestGateway::start_api();
    let address = gateway.api.trim_start_matches("http://");
    let url = format!("{}/public/theme.js", gateway.api);
    for encoding in ["br, gzip", "identity"] {
        let first = client().get(&url).header("accept-encoding", encoding).send().await.unwrap();
        let tag = first.headers()["etag"].to_str().unwrap();
        let mut connection = TcpStream::connect(address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let request = format!(
            "GET /public/theme.js HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: {encoding}\r\nIf-None-Match: {tag}\r\n\r\n"
        );
        for _ in 0..3 {
            let answer = ask(&mut connection, &request);
            assert!(answer.starts_with("http/1.1 304"), "{answer}");
            assert!(answer.ends_with("\r\n\r\n"), "content follows: {answer}");
        }
    }
}
