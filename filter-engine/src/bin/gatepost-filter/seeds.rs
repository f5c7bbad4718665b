//! Messages written for training: kinds of mail that collections lack. Part of the program, so that every model learns
//! from them. Each is learned twice, as plain text and as HTML in the layout of newsletters.

/// How many folds the seeds make: they are of one hand but of many kinds, so a fold leaves out some of them, not all.
pub(crate) const FOLDS: usize = 5;

const GOOD: &str = include_str!("../../../seeds/good.txt");
const SPAM: &str = include_str!("../../../seeds/spam.txt");

/// Every seed as a message: whether it is spam, its fold, its bytes.
pub(crate) fn messages() -> impl Iterator<Item = (bool, usize, String)> {
    [(GOOD, false), (SPAM, true)].into_iter().flat_map(|(text, is_spam)| {
        text.split("\n=== next\n").zip((0..FOLDS).cycle()).flat_map(move |(seed, fold)| {
            [false, true].map(|is_html| (is_spam, fold, compose(seed, is_html)))
        })
    })
}

/// Makes a message of a seed: lines `From:`, `Subject:`, `Link: target text`, an empty line, the text.
fn compose(seed: &str, is_html: bool) -> String {
    let (head, text) = seed.split_once("\n\n").unwrap_or((seed, ""));
    let (links, fields): (Vec<&str>, Vec<&str>) = head.lines().partition(|line| line.starts_with("Link: "));
    let links = links.iter().filter_map(|line| line.strip_prefix("Link: ")?.split_once(' '));
    let (kind, body) = if is_html {
        let links: String = links
            .map(|(target, words)| {
                format!("<tr><td><a href=\"{target}\" style=\"padding:12px\">{words}</a></td></tr>")
            })
            .collect();
        let body = format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>body{{margin:0}}</style></head><body>\
             <table width=\"100%\"><tr><td align=\"center\"><table width=\"600\"><tr><td><p>{text}</p></td></tr>\
             {links}</table></td></tr></table></body></html>"
        );
        ("text/html", body)
    } else {
        let links: String = links.map(|(target, words)| format!("\n{words}: {target}\n")).collect();
        ("text/plain", format!("{text}\n{links}"))
    };
    let fields = fields.join("\n");
    format!(
        "{fields}\nTo: user@recipient.example\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <20261102.1.a@mail.example>\n\
         MIME-Version: 1.0\nContent-Type: {kind}; charset=utf-8\n\n{body}\n"
    )
}
