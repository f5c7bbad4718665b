//! How parts of a message are written: sizes, names, addresses, statuses. Data of a message is never more than text.

use crate::i18n::{number, t};
use contract::messages::Status;

const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// A size in hundredths of its binary unit (QUA-14).
fn parts(bytes: u64) -> (u32, &'static str) {
    let mut divisor: u64 = 1;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if bytes / divisor < 1024 {
            break;
        }
        divisor = divisor.saturating_mul(1024);
        unit = larger;
    }
    let hundredths = (u128::from(bytes) * 100 + u128::from(divisor) / 2) / u128::from(divisor);
    (u32::try_from(hundredths).unwrap_or(u32::MAX), unit)
}

/// A size for people: binary units with two decimals, `1.69 KiB`; plain bytes below one KiB (QUA-14).
pub fn size(bytes: u64) -> String {
    let (hundredths, unit) = parts(bytes);
    let decimals = if unit == "B" { 0 } else { 2 };
    format!("{} {unit}", number(f64::from(hundredths) / 100.0, decimals))
}

/// A header's name and address apart: `Sender <sender@example.net>` (QUA-13). The name is empty if there is none.
pub fn name_and_address(header: &str) -> (String, String) {
    match header.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"').to_owned(), address.trim().to_owned()),
        None => (String::new(), header.trim().to_owned()),
    }
}

/// MAIL FROM as it is written: the null sender is `<>` (LOG-24).
pub fn sender(address: &str) -> String {
    if address.is_empty() { "<>".to_owned() } else { address.to_owned() }
}

/// The subject, or the words for none.
pub fn subject(text: &str) -> String {
    if text.trim().is_empty() { t("mail.no_subject") } else { text.to_owned() }
}

/// The part of an address before its domain.
pub fn local_part(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(local, _)| local).to_owned()
}

/// Whether the text turns its own direction around (U+202E and its kin), as forged file names and subjects do.
pub fn turns_direction(text: &str) -> bool {
    text.chars().any(|mark| matches!(mark, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

/// The tone and the icon of a status.
pub const fn status_look(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Queued => ("info", "clock"),
        Status::Delivered => ("ok", "check-check"),
        Status::Quarantined => ("bad", "inbox"),
        Status::Released => ("ok", "send"),
        Status::Rejected => ("bad", "octagon-x"),
        Status::Deferred => ("neu", "hourglass"),
        Status::Bounced => ("bad", "rotate-ccw"),
        Status::Expired => ("neu", "clock"),
        Status::Removed => ("neu", "trash-2"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// QUA-14.
    #[test]
    fn sizes_are_binary_with_two_decimals() {
        assert_eq!(parts(1730), (169, "KiB"));
        assert_eq!(parts(1023), (102_300, "B"));
        assert_eq!(parts(1024), (100, "KiB"));
        assert_eq!(parts(9_300_000), (887, "MiB"));
        assert_eq!(parts(u64::MAX).1, "TiB");
    }

    /// QUA-13.
    #[test]
    fn a_name_stands_apart_from_its_address() {
        let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        assert_eq!(name_and_address("Sender <sender@example.net>"), pair("Sender", "sender@example.net"));
        assert_eq!(name_and_address("\"a<b\" <c@d>"), pair("a<b", "c@d"));
        assert_eq!(name_and_address("plain@example.net"), pair("", "plain@example.net"));
        assert_eq!(name_and_address(""), pair("", ""));
    }

    #[test]
    fn a_turned_direction_is_noticed() {
        assert!(turns_direction("invoice_\u{202e}fdp.exe"));
        assert!(!turns_direction("הצעה מיוחדת"));
    }
}
