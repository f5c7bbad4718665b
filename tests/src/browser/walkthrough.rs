//! The walkthrough of the README: a held message comes up, is released, arrives once, and everybody's view of it
//! is as it should be.

use super::{DESKTOP, english, sign_in, window::Window};
use crate::{
    gateway::{PASSWORD, TestGateway, within},
    mail_flow::ARRIVES,
    messages,
};
use std::time::Duration;

/// QUA-01, QUA-06, QUA-10, QUA-22: held within two seconds without a reload, released, arrives once.
#[tokio::test]
async fn a_held_message_appears_is_released_and_arrives_once() {
    let gateway = TestGateway::start();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", PASSWORD).await;
    window.press(&english("quarantine.title")).await;
    window.reads(&english("quarantine.empty_title")).await;

    let reply =
        gateway.dialogue().mail("jane@sender.test", "user@ours.test", &messages::spam("walk through"));
    assert_eq!(reply.code, 550, "{}", reply.text);
    assert!(
        window.reads_within("walk through", Duration::from_secs(2)).await,
        "not listed within two seconds"
    );
    window.picture("quarantine-desktop").await;

    window.reads("walk through").await.click().await.unwrap();
    window.press(&english("mail.release")).await;
    window.press(&english("release.only")).await;
    within(ARRIVES, "arrival", async || (gateway.sink.count("walk-through") > 0).then_some(())).await;
    window.reads(&english("mail.already_released")).await;
    window.picture("quarantine-released").await;

    window.press(&english("log.title")).await;
    window.reads("walk through").await;
    window.reads(&english("status.delivered")).await;
    window.picture("log-desktop").await;
    assert_eq!(gateway.sink.count("walk-through"), 1);
    window.close().await;

    // The mailbox still has it, marked as released.
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "user@ours.test", PASSWORD).await;
    window.reads("walk through").await;
    window.reads(&english("mail.already_released")).await;
    window.close().await;
}

/// QUA-18, QUA-19: the parts of a held message; nothing of it runs.
#[tokio::test]
async fn the_parts_of_a_held_message_are_shown() {
    let gateway = TestGateway::start();
    let mail = messages::spam_with_parts("many parts");
    assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &mail).code, 550);
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "user@ours.test", PASSWORD).await;
    window.reads("many parts").await.click().await.unwrap();
    for tab in ["message.tab_raw", "message.tab_attachments", "message.tab_why"] {
        window.press(&english(tab)).await;
        window.picture(&format!("message-{}", tab.trim_start_matches("message."))).await;
    }
    window.press(&english("message.tab_attachments")).await;
    window.reads("notes.txt").await;
    window.close().await;
}
