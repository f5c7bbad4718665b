//! Bounded memory, measured: the most the node's process ever had.

use crate::{dialogue::Dialogue, gateway::TestGateway, messages};

const MEGABYTE: u64 = 1024 * 1024;

/// A message of 100 MB costs the node less than 32 MB more than one of 10 kB.
#[test]
fn a_large_message_is_streamed() {
    let gateway = TestGateway::start();
    let node = gateway.node.as_ref().unwrap();
    let small = format!("{}{}", messages::plain("a small one"), "0123456789abcdef\r\n".repeat(570));
    assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &small).code, 250);
    node.forget_peak_memory();
    assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &small).code, 250);
    let before = node.peak_memory();

    let mut dialogue = gateway.dialogue();
    dialogue.envelope("jane@sender.test", &["user@ours.test"]);
    assert_eq!(dialogue.say("DATA").code, 354);
    dialogue.send(messages::plain("a large one").as_bytes());
    let megabyte = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01\r\n".repeat(16 * 1024);
    for _ in 0..100 * MEGABYTE / u64::try_from(megabyte.len()).unwrap() {
        dialogue.send(megabyte.as_bytes());
    }
    dialogue.send(b".\r\n");
    let reply = dialogue.reply();
    assert_eq!(reply.code, 250, "{}", reply.text);
    let after = node.peak_memory();
    eprintln!("node: {} kB with small messages, {} kB with 100 MB", before / 1024, after / 1024);
    assert!(after < before + 32 * MEGABYTE);
}

/// A thousand idle connections stay below 64 MB.
#[test]
fn idle_connections_are_cheap() {
    let gateway = TestGateway::start();
    let node = gateway.node.as_ref().unwrap();
    let connections: Vec<Dialogue> = (0..1000)
        .map(|_| {
            let mut dialogue = gateway.dialogue();
            assert_eq!(dialogue.say("EHLO idle.test").code, 250);
            dialogue
        })
        .collect();
    let peak = node.peak_memory();
    eprintln!("node: {} kB with {} connections", peak / 1024, connections.len());
    assert!(peak < 64 * MEGABYTE);
}
