//! What a recipient's settings object to in what a message carries (ATT-01 … ATT-05, X-20, X-21).

use super::{Carried, Inventory, kinds};
use crate::scanner::Scan;
use contract::settings::{Settings, Text, content};

/// Programs and scripts that hide in archives.
const PROGRAMS: [&str; 19] = [
    "exe", "bat", "com", "cmd", "cpl", "js", "jse", "msi", "msp", "mst", "paf", "wsh", "wsf", "vbs", "vbe",
    "psc1", "scr", "lnk", "hta",
];
/// Endings of documents that carry macros by their kind.
const MACROS: [&str; 8] = ["docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppam"];
/// What is seldom wanted by mail.
const UNWANTED: [&str; 10] =
    ["iso", "img", "vhd", "vhdx", "chm", "one", "appref-ms", "library-ms", "settingcontent-ms", "iqy"];

/// Why a message is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The symbol in the log; its text is `symbol.<name>`.
    pub symbol: &'static str,
    /// The file.
    pub detail: String,
}

/// What the settings object to first; none if to nothing.
pub fn find(inventory: &Inventory, scan: &Scan, settings: &Settings) -> Option<Objection> {
    let object = |symbol, detail: &str| Some(Objection { symbol, detail: detail.to_owned() });
    let Text(list) = settings.get(&content::BLOCKED_EXTENSIONS);
    let blocked: Vec<String> = kinds::endings(&list).collect();
    if let Some(name) =
        first(&inventory.files, |file, plain| is_of(file, plain, blocked.iter().map(String::as_str)))
    {
        return object("CONTENT_EXTENSION", &name);
    }
    if settings.get(&content::BLOCK_HIDDEN_PROGRAMS)
        && let Some(name) =
            first(&inventory.files, |file, plain| file.depth > 0 && is_of(file, plain, PROGRAMS))
    {
        return object("CONTENT_HIDDEN_PROGRAM", &name);
    }
    if settings.get(&content::BLOCK_ENCRYPTED) && !inventory.encrypted.is_empty() {
        return object("CONTENT_ENCRYPTED", &inventory.encrypted);
    }
    if settings.get(&content::BLOCK_MACROS) {
        let by_name = || first(&inventory.files, |file, plain| is_of(file, plain, MACROS));
        let found = Some(inventory.macros.clone()).filter(|name| !name.is_empty()).or_else(by_name);
        if let Some(name) = found {
            return object("CONTENT_MACROS", &name);
        }
    }
    if settings.get(&content::BLOCK_UNWANTED) {
        if let Scan::Unwanted(name) = scan {
            return object("CONTENT_UNWANTED", name);
        }
        if let Some(name) = first(&inventory.files, |file, plain| is_of(file, plain, UNWANTED)) {
            return object("CONTENT_UNWANTED", &name);
        }
    }
    // An encrypted archive is the switch's business; whatever else was not seen is not called clean (S12).
    if !inventory.unread.is_empty() {
        return object("CONTENT_UNREAD", &inventory.unread);
    }
    None
}

fn first(files: &[Carried], objects: impl Fn(&Carried, &str) -> bool) -> Option<String> {
    files.iter().find(|file| objects(file, &kinds::plain(&file.name))).map(|file| match file.name.as_str() {
        "" => format!("({})", file.kind),
        name => name.to_owned(),
    })
}

fn is_of<'a>(file: &Carried, plain: &str, endings: impl IntoIterator<Item = &'a str>) -> bool {
    endings.into_iter().any(|ending| kinds::ends_with(plain, ending) || file.kind == ending)
}
