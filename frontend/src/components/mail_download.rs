//! Hands bytes to the browser as a file to save. The file is never opened by the panel.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Saves bytes under a name. They get a neutral type whatever they are, so that no browser shows them in place.
pub fn save(name: &str, bytes: &[u8]) {
    // A browser that cannot do this saves nothing; there is nobody to tell but the person who sees no file.
    drop(try_to_save(name, bytes));
}

/// Saves a table of the API. A mark tells spreadsheets that its letters are UTF-8.
pub fn save_table(name: &str, csv: &[u8]) {
    save(name, &["\u{feff}".as_bytes(), csv].concat());
}

fn try_to_save(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let kind = BlobPropertyBag::new();
    kind.set_type("application/octet-stream");
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &kind)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = leptos::prelude::document().create_element("a")?.dyn_into()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&address)
}
