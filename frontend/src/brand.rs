//! The brand that the panel shows: a reseller's, or ours.

use crate::api;
use contract::{
    branding::{Brand, GET_BRAND},
    settings::branding::{ACCENT, PRODUCT_NAME},
};
use leptos::prelude::*;
use std::sync::LazyLock;
use wasm_bindgen::JsCast;

static BRAND: LazyLock<ArcRwSignal<Option<Brand>>> = LazyLock::new(|| ArcRwSignal::new(None));

/// The brand, followed as it changes; none until it is known.
pub fn brand() -> Option<Brand> {
    BRAND.get()
}

/// The name of the product.
pub fn name() -> String {
    BRAND.with(|brand| {
        brand.as_ref().map_or_else(|| PRODUCT_NAME.default.0.to_string(), |brand| brand.product_name.clone())
    })
}

/// Asks whose brand it is, and wears its colours. Where there is no answer, all stays as it is.
pub async fn load() {
    if let Ok(brand) = api::call(&GET_BRAND, &[], &(), &()).await {
        wear(&brand.accent);
        BRAND.set(Some(brand));
    }
}

/// Wears a colour; our own is in the style sheet, once for each theme.
pub fn wear(accent: &str) {
    let root = document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    let Some(root) = root else { return };
    // A root element that cannot be changed keeps our colours.
    if accent.eq_ignore_ascii_case(&ACCENT.default.0) {
        let _ = root.remove_attribute("data-branded");
    } else {
        let _ = root.style().set_property("--brand", accent);
        let _ = root.set_attribute("data-branded", "");
    }
}

/// The mark and the name of the product.
#[component]
pub fn Wordmark() -> impl IntoView {
    move || {
        let logo = brand().and_then(|brand| brand.logo);
        match logo {
            Some(logo) => view! { <img class="logo" src=logo alt=name()/> }.into_any(),
            None => view! { <span class="mark"><crate::components::icon::Icon name="shield-check"/></span><span>{name()}</span> }.into_any(),
        }
    }
}
