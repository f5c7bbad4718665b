//! The attributes of an HTML element that matter: where it leads, what it fetches, whether it hides.

use super::{TARGET_LIMIT, cut, entity::unescape};

/// The attributes of an element that matter.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) target: Option<String>,
    pub(super) is_hidden: bool,
    pub(super) is_remote: bool,
}

impl Attributes {
    pub(super) fn keep(&mut self, name: &str, value: &str) {
        if name.eq_ignore_ascii_case("href") || name.eq_ignore_ascii_case("action") {
            self.target = Some(unescape(cut(value.trim(), TARGET_LIMIT)));
        } else if name.eq_ignore_ascii_case("src") {
            self.is_remote =
                value.trim_start().get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
        } else if name.eq_ignore_ascii_case("style") {
            let style: String = cut(value, 2048)
                .chars()
                .filter(|one| !one.is_whitespace())
                .map(|one| one.to_ascii_lowercase())
                .collect();
            self.is_hidden |= HIDING.iter().any(|trick| style.contains(trick));
        }
    }
}

/// Styles that hide, white space taken out.
const HIDING: [&str; 8] = [
    "display:none",
    "visibility:hidden",
    "font-size:0",
    "font-size:1px",
    "opacity:0;",
    "max-height:0",
    "mso-hide:all",
    "text-indent:-9",
];
