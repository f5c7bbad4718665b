//! Texts, numbers and dates in the reader's language. Only the language in use is fetched; plural rules, numbers
//! and dates are the browser's own (Intl), which costs nothing to carry.

use contract::language::Language;
use js_sys::{Array, Intl, Object, Reflect};
use leptos::prelude::*;
use std::{collections::HashMap, sync::LazyLock};
use wasm_bindgen::JsValue;

type Texts = HashMap<String, String>;

static CURRENT: LazyLock<ArcRwSignal<(Language, Texts)>> =
    LazyLock::new(|| ArcRwSignal::new((Language::En, Texts::new())));

/// The language in use.
pub fn language() -> Language {
    CURRENT.with(|(language, _)| *language)
}

/// The language of somebody who has not chosen: what they chose last in this browser, else the browser's own.
pub fn preferred() -> Language {
    let window = window();
    let stored = window
        .local_storage()
        .ok()
        .flatten()
        .and_then(|storage| storage.get_item("gatepost-language").ok()?);
    Language::accepted(&stored.unwrap_or_else(|| {
        window.navigator().languages().iter().filter_map(|tag| tag.as_string()).collect::<Vec<_>>().join(",")
    }))
}

/// Fetches a language and puts it in use; when it cannot be fetched, the one in use stays.
pub async fn load(language: Language) {
    let file = format!("/locales/{}.json", language.tag());
    let Ok(answer) = gloo_net::http::Request::get(&file).send().await else { return };
    let Ok(texts) = answer.json::<Texts>().await else { return };
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", language.tag());
    }
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item("gatepost-language", language.tag());
    }
    CURRENT.set((language, texts));
}

/// The text of a key.
pub fn t(key: &str) -> String {
    CURRENT.with(|(_, texts)| texts.get(key).cloned().unwrap_or_else(|| key.to_owned()))
}

/// Whether there is a text of that key.
pub fn has_text(key: &str) -> bool {
    CURRENT.with(|(_, texts)| texts.contains_key(key))
}

/// The text of a key with its places filled.
pub fn t_with(key: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(t(key), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The text of a key for a number: `<key>.one` or `<key>.other` by the language's rule, with `{count}` filled.
pub fn t_count(key: &str, count: impl TryInto<u64>) -> String {
    let count = count.try_into().unwrap_or_default();
    let rules = Intl::PluralRules::new(&locales(), &Object::new());
    let category = rules.select(as_number(count)).as_string();
    let form = if category.as_deref() == Some("one") { "one" } else { "other" };
    t_with(&format!("{key}.{form}"), &[("count", &whole(count))])
}

/// A whole number, grouped as the language does.
pub fn whole(number: u64) -> String {
    self::number(as_number(number), 0)
}

/// A number with this many decimals.
pub fn number(value: f64, decimals: u32) -> String {
    let options = Object::new();
    for name in ["minimumFractionDigits", "maximumFractionDigits"] {
        let _ = Reflect::set(&options, &JsValue::from_str(name), &JsValue::from(decimals));
    }
    let format = Intl::NumberFormat::new(&locales(), &options);
    format
        .format()
        .call1(&format, &JsValue::from_f64(value))
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

/// A day, as the language writes it.
pub fn day(rfc3339: &str) -> String {
    let date = js_sys::Date::new(&JsValue::from_str(rfc3339));
    date.to_locale_date_string(language().tag(), &Object::new()).into()
}

fn locales() -> Array {
    Array::of1(&JsValue::from_str(language().tag()))
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "numbers shown to people are far below 2^53"
)]
fn as_number(count: u64) -> f64 {
    count as f64
}

/// The time zones that the browser knows.
pub fn time_zones() -> Vec<String> {
    let function = Reflect::get(&js_sys::global(), &JsValue::from_str("Intl"))
        .and_then(|intl| Ok((Reflect::get(&intl, &JsValue::from_str("supportedValuesOf"))?, intl)));
    let Ok((function, intl)) = function else { return Vec::new() };
    js_sys::Function::from(function)
        .call1(&intl, &JsValue::from_str("timeZone"))
        .map(|zones| Array::from(&zones).iter().filter_map(|zone| zone.as_string()).collect())
        .unwrap_or_default()
}
