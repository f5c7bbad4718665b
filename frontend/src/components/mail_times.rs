//! Times of messages in the reader's time zone: the API speaks RFC 3339 in UTC, people read and write the clock on
//! the wall (QUA-12, LOG-07). All knowledge of zones is the browser's own.

use js_sys::{Date, Object, Reflect};
use wasm_bindgen::JsValue;

/// One day in milliseconds.
const DAY: f64 = 86_400_000.0;

fn options(zone: Option<&str>) -> Object {
    let options = Object::new();
    if let Some(zone) = zone {
        // Setting a property of a plain object cannot fail.
        drop(Reflect::set(&options, &JsValue::from_str("timeZone"), &JsValue::from_str(zone)));
    }
    options
}

/// `2026-02-21T22:18:07` on the wall of that zone; the browser's zone where none is given.
///
/// The Swedish way of writing dates is ISO 8601, which saves taking a formatted date apart.
pub fn wall(instant: f64, zone: Option<&str>) -> String {
    let date = Date::new(&JsValue::from_f64(instant));
    let text: String = date.to_locale_string("sv-SE", &options(zone)).into();
    text.replace(' ', "T")
}

/// The instant at which a wall in that zone shows this time, in milliseconds; none if it is no time.
pub fn instant(wall_time: &str, zone: Option<&str>) -> Option<f64> {
    let as_if_utc = Date::parse(&format!("{wall_time}Z"));
    if !as_if_utc.is_finite() {
        return None;
    }
    // The offset is that of the instant, which depends on the offset: a second look settles days on which it changes.
    let offset = |guess: f64| Date::parse(&format!("{}Z", wall(guess, zone))) - guess;
    let guess = as_if_utc - offset(as_if_utc);
    Some(as_if_utc - offset(guess))
}

/// RFC 3339 in UTC.
pub fn rfc3339(instant: f64) -> String {
    Date::new(&JsValue::from_f64(instant)).to_iso_string().into()
}

/// The instant of a time in RFC 3339, in milliseconds; none if it is no time.
pub fn parse(text: &str) -> Option<f64> {
    let instant = Date::parse(text);
    instant.is_finite().then_some(instant)
}

/// Now, in milliseconds.
pub fn now() -> f64 {
    Date::now()
}

/// The borders of a day, `2026-02-21`, in that zone; the day after begins where it ends.
pub fn day_span(day: &str, zone: Option<&str>) -> Option<(String, String)> {
    let start = instant(&format!("{day}T00:00:00"), zone)?;
    // A day has 23 to 25 hours: noon of the next one is safely inside of it.
    let next = wall(start + 1.5 * DAY, zone);
    let end = instant(&format!("{}T00:00:00", next.split('T').next()?), zone)?;
    Some((rfc3339(start), rfc3339(end)))
}

/// The last days in that zone, today first, as `2026-02-21`.
pub fn last_days(count: u32, zone: Option<&str>) -> Vec<String> {
    let noon = wall(now(), zone)
        .split('T')
        .next()
        .and_then(|today| instant(&format!("{today}T12:00:00"), zone))
        .unwrap_or_else(now);
    (0..count)
        .filter_map(|back| wall(noon - f64::from(back) * DAY, zone).split('T').next().map(str::to_owned))
        .collect()
}

fn styled(text: &str, date_style: &str, time_style: &str) -> String {
    let Some(instant) = parse(text) else { return text.to_owned() };
    let options = options(crate::session::time_zone().as_deref());
    for (key, value) in [("dateStyle", date_style), ("timeStyle", time_style)] {
        drop(Reflect::set(&options, &JsValue::from_str(key), &JsValue::from_str(value)));
    }
    let date = Date::new(&JsValue::from_f64(instant));
    date.to_locale_string(crate::i18n::language().tag(), &options).into()
}

/// A time in a list: short, in the reader's language and zone, `2/21/14 22:18` (QUA-12).
pub fn moment(text: &str) -> String {
    styled(text, "short", "short")
}

/// A time among details: to the second.
pub fn moment_long(text: &str) -> String {
    styled(text, "medium", "medium")
}

/// A day of a choice of days, `2026-02-21` as `February 21` (QUA-05).
pub fn day_name(day: &str) -> String {
    let options = Object::new();
    for (key, value) in [("month", "long"), ("day", "numeric"), ("weekday", "short"), ("timeZone", "UTC")] {
        drop(Reflect::set(&options, &JsValue::from_str(key), &JsValue::from_str(value)));
    }
    let date = Date::new(&JsValue::from_str(&format!("{day}T12:00:00Z")));
    date.to_locale_string(crate::i18n::language().tag(), &options).into()
}
