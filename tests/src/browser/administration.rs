//! What people keep in the panel: forms that say what is wrong where it is wrong, pages that are not left by mistake,
//! users, permissions, one's own sessions.

use super::{DESKTOP, english, sign_in, window::Window};
use crate::gateway::{PASSWORD, TestGateway};

/// The name of the field that has the focus.
async fn focused(window: &Window) -> String {
    let name = window.script("return document.activeElement.name || ''").await;
    name.as_str().unwrap_or_default().to_owned()
}

/// RTE-08: the browser's back button asks as well, and staying keeps what was written.
#[tokio::test]
async fn a_page_with_changes_is_not_left_by_the_back_button() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", PASSWORD).await;
    window.press(&english("filter.title")).await;
    window.press(&english("domain_settings.title")).await;
    window.press(&english("settings.advanced")).await;
    window.write(&english("setting.domain.log_days.label"), "17").await;
    window.reads(&english("panel.save")).await;
    window.script("history.back()").await;
    window.reads(&english("leave.title")).await;
    window.press(&english("leave.stay")).await;
    assert!(window.address().await.ends_with("/settings"), "{}", window.address().await);
    let field = window.field(&english("setting.domain.log_days.label")).await;
    assert_eq!(field.prop("value").await.unwrap().as_deref(), Some("17"));
    window.script("history.back()").await;
    window.press(&english("leave.discard")).await;
    window.reads(&english("filter.thresholds")).await;
    assert!(window.address().await.ends_with("/filter"), "{}", window.address().await);
    window.close().await;
}

/// RFC 9457: a value that the server refuses is named at its field, which gets the focus; then it is added.
#[tokio::test]
async fn what_the_server_refuses_stands_at_its_field() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "administrator", PASSWORD).await;
    window.press(&english("domains.title")).await;
    window.press(&english("domains.add")).await;
    window.write(&english("domains.name"), "no domain!").await;
    window.write(&english("domains.destination"), "mail.example.com").await;
    window.press(&english("domains.add")).await;
    window.reads(&english("invalid.not_a_domain")).await;
    assert_eq!(focused(&window).await, "name");
    window.write(&english("domains.name"), "added.test").await;
    window.press(&english("domains.add")).await;
    window.reads("added.test").await;
    window.picture("domains-added").await;
    window.close().await;
}

/// USR-02, USR-07, USR-08: added, switched off, removed; each step is in the audit log.
#[tokio::test]
async fn a_user_is_added_switched_off_and_removed() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", PASSWORD).await;
    window.press(&english("users.title")).await;
    window.press(&english("users.add")).await;
    window.write(&english("users.username"), "new@nowhere.test").await;
    window.write(&english("users.password"), "Secret7").await;
    window.press(&english("users.add")).await;
    window.reads(&english("invalid.not_found")).await;
    assert_eq!(focused(&window).await, "name");
    window.write(&english("users.username"), "new@ours.test").await;
    window.press(&english("users.add")).await;
    window.reads("new@ours.test").await;
    let active = english("users.active_named").replace("{name}", "new@ours.test");
    window.script(&format!("document.querySelector('[aria-label=\"{active}\"]').click()")).await;
    window.reads(&english("users.was_deactivated.one").replace("{count}", "1")).await;
    window.press(&english("list_page.actions_of").replace("{name}", "new@ours.test")).await;
    window.press(&english("users.remove")).await;
    window.press(&english("users.remove_many.one").replace("{count}", "1")).await;
    window.reads(&english("users.was_removed.one").replace("{count}", "1")).await;
    window.press(&english("audit.title")).await;
    window.reads("new@ours.test").await;
    window.picture("audit").await;
    window.close().await;
}

/// PER-03, PER-19: a switch is in force at once in a session that is open; the preview shows a role's panel.
#[tokio::test]
async fn a_permission_is_switched_off_in_an_open_session() {
    let gateway = TestGateway::start_api();
    let user = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&user, "domain-ours", PASSWORD).await;
    user.element("the log in the menu", "//nav//a[contains(@href, '/logs')]").await;
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "administrator", PASSWORD).await;
    window.press(&english("permissions.title")).await;
    let cell = english("permissions.cell")
        .replace("{permission}", &english("permission.log_view"))
        .replace("{role}", &english("role.domain"));
    window.element(&cell, &format!("//input[@aria-label='{cell}']")).await;
    window.script(&format!("document.querySelector('[aria-label=\"{cell}\"]').click()")).await;
    window.press(&english("panel.save")).await;
    window.reads(&english("permissions.saved")).await;
    let is_gone = "return !document.querySelector('nav a[href*=\"/logs\"]')";
    let began = std::time::Instant::now();
    while user.script(is_gone).await != true {
        assert!(began.elapsed().as_secs() < 10, "the menu still has the log");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    window.close().await;
    user.close().await;
}

/// ACC-01: where one is signed in, each other session to be ended.
#[tokio::test]
async fn other_sessions_are_shown_and_ended() {
    let gateway = TestGateway::start_api();
    let other = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&other, "domain-ours", PASSWORD).await;
    other.reads(&english("quarantine.title")).await;
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", PASSWORD).await;
    window.reads(&english("quarantine.title")).await;
    window.go("/account?tab=sessions").await;
    window.reads(&english("account.this_session")).await;
    window.press(&english("account.end_others")).await;
    window.press(&english("account.end_others")).await;
    window.reads(&english("account.others_ended")).await;
    other.reload().await;
    other.reads(&english("login.title")).await;
    window.close().await;
    other.close().await;
}

/// USR-06: somebody acts as their user, sees what they see, and goes back.
#[tokio::test]
async fn a_reseller_acts_as_a_user_and_returns() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "ours", PASSWORD).await;
    window.press(&english("users.title")).await;
    window.press(&english("list_page.actions_of").replace("{name}", "user@ours.test")).await;
    window.press(&english("users.act_as")).await;
    window.reads(&english("acting.strip").replace("{user}", "user@ours.test")).await;
    assert!(window.address().await.contains("/m/user"), "{}", window.address().await);
    window.picture("acting").await;
    window.press(&english("acting.back").replace("{person}", "ours")).await;
    window.element("the users in the menu", "//nav//a[contains(@href, '/users')]").await;
    window.close().await;
}

/// PER-05, D12: a file is checked first, then added; what failed is told by line, column and reason.
#[tokio::test]
async fn a_file_of_domains_is_checked_and_added() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "administrator", PASSWORD).await;
    window.press(&english("domains.title")).await;
    window.press(&english("import.verb")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("domains.csv");
    std::fs::write(&file, "domain,routes\nfrom-file.test,mx.example.net\nno domain,mx.example.net\n")
        .unwrap();
    // The field itself is seen by nobody but those who listen: the browser is given the file as if it was chosen.
    window.give_file("//dialog//input[@type='file']", &file).await;
    window.press(&english("import.check")).await;
    let counts = |key: &str| {
        let words = english(key).replace("{added}", "1").replace("{skipped}", "0");
        words.replace("{failed}", "1")
    };
    window.reads(&counts("import.counts_trial")).await;
    window.press(&english("import.start")).await;
    window.reads(&counts("import.counts")).await;
    window.picture("import").await;
    window.press(&english("import.see_failed.one")).await;
    window.reads(&english("invalid.not_a_domain")).await;
    window.press(&english("domains.title")).await;
    window.reads("from-file.test").await;
    window.close().await;
}
