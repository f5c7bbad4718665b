//! What is shown when the program itself broke. It is in the page from the beginning, hidden: afterwards nothing can
//! be made any more. The state is in the address, so that loading again returns to the same view.

use super::icon::Icon;
use crate::i18n::t;
use leptos::prelude::*;

/// Shows the screen when the program breaks, with the details for support.
pub fn watch() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        if let Some(details) = document().get_element_by_id("panic-details") {
            details.set_text_content(Some(&panic.to_string()));
        }
        if let Some(screen) = document().get_element_by_id("panic") {
            let _ = screen.remove_attribute("hidden");
        }
    }));
}

/// The screen.
#[component]
pub fn PanicScreen() -> impl IntoView {
    view! {
        <section id="panic" class="gate panic" hidden role="alertdialog" aria-labelledby="panic-title">
            <div class="empty">
                <span class="ic bad"><Icon name="cloud-alert"/></span>
                <h1 id="panic-title">{move || t("panic.title")}</h1>
                <p>{move || t("panic.text")}</p>
                <pre id="panic-details" class="mono small" dir="ltr"></pre>
                <div class="acts"><a class="btn pri" href="" rel="external">{move || t("panic.reload")}</a></div>
            </div>
        </section>
    }
    .into_any()
}
