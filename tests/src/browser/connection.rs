//! The server goes away while somebody works, and comes back.

use super::{DESKTOP, english, sign_in, window::Window};
use crate::gateway::{PASSWORD, TestGateway};
use std::time::Duration;

/// What cannot be loaded is said, above the page and in it; when the server is back the page loads by itself.
#[tokio::test]
async fn who_loses_the_server_is_told_and_goes_on_when_it_is_back() {
    let mut gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", PASSWORD).await;
    window.reads(&english("filter.title")).await;
    gateway.kill_backend();
    window.press(&english("domain_settings.title")).await;
    window.reads(&english("panel.failed")).await;
    window.reads(&english("connection.away")).await;
    window.picture("server-away").await;
    gateway.start_backend();
    assert!(window.reads_within(&english("setting.domain.time_zone.label"), Duration::from_secs(20)).await);
    window.reads(&english("connection.back")).await;
    assert!(!window.words().await.contains(&english("connection.away")));
    window.close().await;
}
