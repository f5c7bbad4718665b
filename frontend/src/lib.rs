//! The desk of Gatepost: the panel in the browser. Knows only the contract; holds no rule of its own: what it
//! hides, the API refuses as well.
//!
//! | module | is |
//! |---|---|
//! | `app` | the router, and the page of an address |
//! | `nav` | every page: address, title, permission, group |
//! | `session` | who is signed in, and what was said to them |
//! | `brand` | whose name and colours it wears |
//! | `scope` | whose data the page is about, from the address |
//! | `api`, `events` | calls, and what the server tells by itself |
//! | `confirmation` | the password once more, for the call that needs it |
//! | `i18n` | texts, numbers and dates in the reader's language |
//! | `components`, `pages` | what is drawn |

pub mod address;
pub mod api;
pub mod app;
pub mod brand;
pub mod components;
pub mod confirmation;
pub mod connection;
pub mod events;
pub mod i18n;
pub mod nav;
pub mod pages;
pub mod scope;
pub mod session;

/// Starts the panel: the language first, then the session of the cookie, then the page.
pub fn start() {
    components::panic_screen::watch();
    // Not Leptos' own: it has no executor before something is mounted.
    wasm_bindgen_futures::spawn_local(async {
        i18n::load(i18n::preferred()).await;
        brand::load().await;
        session::restore().await;
        leptos::mount::mount_to_body(app::App);
    });
}
