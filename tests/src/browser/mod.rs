//! The panel in a real browser, over the whole stack: what a person does and sees.

mod administration;
mod appearance;
mod connection;
mod serving;
mod settings_page;
mod walkthrough;
mod window;

use std::{fs, path::Path};
use window::Window;

/// A desktop and a phone.
const DESKTOP: (u32, u32) = (1280, 860);
const PHONE: (u32, u32) = (390, 844);

/// A text of the panel, as the locale has it.
fn text(language: &str, key: &str) -> String {
    let file = format!("openapi/locales/{language}.json");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(file);
    let texts: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    texts[key].as_str().unwrap_or_else(|| panic!("the locale has no {key}")).to_owned()
}

/// A text of the panel in English.
fn english(key: &str) -> String {
    text("en", key)
}

/// Signs in on the sign-in page.
async fn sign_in(window: &Window, username: &str, password: &str) {
    window.go("/login").await;
    window.write(&english("login.username"), username).await;
    window.write(&english("login.password"), password).await;
    window.press(&english("login.submit")).await;
}
