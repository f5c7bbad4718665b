//! How the panel looks to different people: languages, colours, sizes. Pictures of every page stay in
//! `target/screenshots`.

use super::{DESKTOP, PHONE, english, sign_in, text, window::Window};
use crate::{
    gateway::{PASSWORD, TestGateway},
    messages,
};

/// A wrong password says so and nothing more.
#[tokio::test]
async fn a_wrong_password_is_refused_in_words() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", "Wrong-Password-1").await;
    window.reads(&english("error.wrong_credentials")).await;
    window.picture("login-refused").await;
    sign_in(&window, "nobody-of-that-name", "Wrong-Password-1").await;
    window.reads(&english("error.wrong_credentials")).await;
    window.close().await;
}

/// UI-01: language and colours are chosen on the account page and stay.
#[tokio::test]
async fn language_and_colours_are_chosen_and_stay() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", PASSWORD).await;
    window.reads(&english("filter.title")).await;
    window.go("/account").await;
    window.choose(&english("account.language"), "de").await;
    window.reads(&text("de", "account.title")).await;
    window.press(&text("de", "account.theme_dark")).await;
    let is_dark = "return document.documentElement.dataset.theme === 'dark'";
    let began = std::time::Instant::now();
    while window.script(is_dark).await != true {
        assert!(began.elapsed().as_secs() < 10, "the colours do not change");
    }
    window.picture("account-dark-german").await;
    window.reload().await;
    window.reads(&text("de", "account.title")).await;
    assert_eq!(window.script(is_dark).await, true);
    window.close().await;
}

/// UI-01, UI-02, UI-03: each page of the menu says whose data it shows, and what it is for.
#[tokio::test]
async fn every_page_of_a_domain_names_it_and_says_what_it_is_for() {
    let gateway = TestGateway::start_api();
    let window = Window::open(&gateway.api, DESKTOP, "en").await;
    sign_in(&window, "domain-ours", PASSWORD).await;
    window.reads(&english("filter.title")).await;
    let links = "return [...document.querySelectorAll('nav.nav a')].map(a => a.getAttribute('href'))";
    let pages: Vec<String> = serde_json::from_value(window.script(links).await).unwrap();
    assert!(pages.len() >= 6, "{pages:?}");
    for page in pages.iter().filter(|page| page.starts_with("/d/ours.test/")) {
        window.go(page).await;
        let title = window.element("a title", "//main[@id='main']//h1").await.text().await.unwrap();
        assert!(title.contains("ours.test"), "{page}: {title}");
        let intro = window.element("what it is for", "//main[@id='main']//p[@class='sub']").await;
        assert!(intro.text().await.unwrap().len() > 20, "{page} does not say what it is for");
    }
    window.close().await;
}

/// Every page of every size in both colours, without anything wider than the window.
#[tokio::test]
async fn every_page_fits_a_desktop_and_a_phone() {
    let gateway = TestGateway::start();
    for number in 0..3 {
        let spam = messages::spam_with_parts(&format!("a message to look at {number}"));
        assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &spam).code, 550);
        let plain = messages::plain(&format!("a good message {number}"));
        assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &plain).code, 250);
    }
    for (size, name) in [(DESKTOP, "desktop"), (PHONE, "phone")] {
        let window = Window::open(&gateway.api, size, "en").await;
        window.go("/login").await;
        window.reads(&english("login.title")).await;
        window.picture(&format!("login-{name}")).await;
        sign_in(&window, "administrator", PASSWORD).await;
        let wait_for_menu = window.element("the menu", "//nav//a[@href]").await;
        drop(wait_for_menu);
        let links = "return [...new Set([...document.querySelectorAll('nav a[href^=\"/\"]')].map(a => a.getAttribute('href')))]";
        let mut pages: Vec<String> = serde_json::from_value(window.script(links).await).unwrap();
        pages.push("/account".into());
        for page in pages {
            window.go(&page).await;
            window.element("a title", "//main[@id='main']//h1").await;
            assert!(window.address().await.contains(&page), "{page} leads to {}", window.address().await);
            for theme in ["light", "dark"] {
                window.script(&format!("document.documentElement.dataset.theme = '{theme}'")).await;
                let name = format!("{}-{name}-{theme}", page.trim_matches('/').replace('/', "-"));
                window.picture(&name).await;
            }
            let wider = "return document.documentElement.scrollWidth > window.innerWidth + 1";
            assert_eq!(window.script(wider).await, false, "{page} is wider than a {name}");
        }
        window.close().await;
    }
}
