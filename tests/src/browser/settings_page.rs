//! The settings of a domain as a person changes them.

use super::{DESKTOP, english, sign_in, window::Window};
use crate::gateway::{PASSWORD, TestGateway};

/// SET-01, SET-07, SET-10, SET-12: what few people change is behind a link; a value is saved, stays after a reload,
/// and goes back to what is inherited together with all others of the page.
#[tokio::test]
async fn an_advanced_setting_is_saved_and_reset_with_its_page() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", PASSWORD).await;
    let days = english("setting.domain.log_days.label");
    let value = async || window.field(&days).await.prop("value").await.unwrap().unwrap_or_default();
    let open = async || {
        window.go("/d/ours.test/settings").await;
        window.press(&english("settings.advanced")).await;
    };
    open().await;
    let inherited = value().await;
    window.write(&days, "17").await;
    window.press(&english("panel.save")).await;
    window.reads(&english("panel.saved")).await;
    open().await;
    assert_eq!(value().await, "17");
    window.press(&english("filter.reset_all")).await;
    window.press(&english("filter.reset_do")).await;
    window.press(&english("panel.save")).await;
    window.reads(&english("panel.saved")).await;
    open().await;
    assert_eq!(value().await, inherited);
    window.close().await;
}
