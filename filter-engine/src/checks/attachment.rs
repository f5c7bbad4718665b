//! Attachments that run when they are opened. A finding only: blocking types is the owner's setting.

use super::Check;
use crate::{
    context::Context,
    finding::{Finding, Symbol, Tag},
};

static EXECUTABLE: Symbol = Symbol::weighing("ATTACHMENT_EXECUTABLE", 2.1).tagged(Tag::Malware);
/// A file that shows one ending and has another.
static DISGUISED: Symbol = Symbol::weighing("ATTACHMENT_DISGUISED", 1.8).tagged(Tag::Malware);
/// A page that opens in the browser, out of sight of every filter.
static PAGE: Symbol = Symbol::weighing("ATTACHMENT_PAGE", 1.0);
/// A disk image or a document with macros.
static MACRO: Symbol = Symbol::weighing("ATTACHMENT_MACRO", 1.0).tagged(Tag::Malware);

pub(super) static CHECK: Check =
    Check { name: "attachment", symbols: &[&EXECUTABLE, &DISGUISED, &PAGE, &MACRO], run };

const EXECUTABLES: [&str; 24] = [
    "exe", "bat", "com", "cmd", "cpl", "js", "jse", "msi", "msp", "mst", "paf", "wsh", "wsf", "vbs", "vbe",
    "psc1", "ps1", "scr", "lnk", "hta", "pif", "jar", "reg", "iqy",
];
const PAGES: [&str; 5] = ["html", "htm", "shtml", "xhtml", "svg"];
const MACROS: [&str; 9] = ["docm", "xlsm", "pptm", "dotm", "xltm", "xlam", "iso", "img", "vhd"];
/// Endings of documents, as a disguise shows them.
const DOCUMENTS: [&str; 10] = ["pdf", "doc", "docx", "xls", "xlsx", "txt", "jpg", "jpeg", "png", "zip"];

fn run(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut found: Vec<Finding> = Vec::new();
    for part in context.message.attachments() {
        let name = part.file_name.trim_end_matches(['.', ' ']).to_lowercase();
        let mut labels = name.rsplit('.');
        let (ending, shown) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default().trim());
        let is_run = EXECUTABLES.contains(&ending);
        let symbol = if is_run && DOCUMENTS.contains(&shown) {
            &DISGUISED
        } else if is_run {
            &EXECUTABLE
        } else if PAGES.contains(&ending) && part.is_attachment {
            &PAGE
        } else if MACROS.contains(&ending) {
            &MACRO
        } else {
            continue;
        };
        if !found.iter().any(|finding| std::ptr::eq(finding.symbol, symbol)) {
            found.push(Finding::with(symbol, &part.file_name));
        }
    }
    findings.append(&mut found);
}
