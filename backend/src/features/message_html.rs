//! The HTML of a mail made safe to look at: an allow-list of elements, attributes and style properties.
//!
//! The input is whatever a stranger sent. The output holds no script, no form, no address that a browser
//! would load and no link that can be followed: images of the message itself become `data:`, remote ones are
//! removed and counted, and a link's target is written beside its text. It is shown in a sandboxed frame under
//! a policy that loads nothing (ux.md §3.17), so this is the second wall, not the only one.

use ammonia::{Builder, Url, UrlRelative};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed},
    },
};

/// HTML beyond this many bytes is cut off: parsing hostile HTML takes more than linear time.
const MAX_HTML_BYTES: usize = 512 * 1024;
/// HTML beyond this many tags is cut off, for the same reason.
const MAX_TAGS: usize = 20_000;
/// One image is shown up to this many bytes, before base64 (ux.md §3.17).
pub(super) const MAX_IMAGE_BYTES: usize = 2 * 1024 * 1024;
/// All images together, as base64, however often each is used.
const MAX_IMAGES_BYTES: usize = 16 * 1024 * 1024;
/// Characters of a link's target that are shown.
const MAX_TARGET_CHARS: usize = 120;

/// Elements that HTML parsers reopen again and again when they are not closed (HTML §13.2.4.3), which lets a
/// small mail grow without limit. They are renamed before parsing to elements without that power; the style
/// sheet of the preview gives them their look back.
const FORMATTING: &str = "a b big code em font i nobr s small strike strong tt u";
const RENAMED: &str = "x-";

const TAGS: &str = "x-a x-b x-big x-code x-em x-font x-i x-nobr x-s x-small x-strike x-strong x-tt x-u abbr \
    address article aside bdi bdo blockquote br caption center cite col colgroup dd del div dl dt figcaption \
    figure footer h1 h2 h3 h4 h5 h6 header hr img ins li mark ol p pre q section span sub sup table tbody td \
    tfoot th thead tr ul wbr";
/// Elements that go with all they hold.
const DROPPED: &str =
    "script style title textarea xmp noembed noframes noscript iframe object svg math template";
const ATTRIBUTES: &str = "align alt bgcolor border cellpadding cellspacing color colspan dir face height lang \
    rowspan size start style title type valign width";
/// Nothing that loads, overlays, animates or leaves its place.
const STYLE_PROPERTIES: &str = "background-color border border-bottom border-bottom-color border-bottom-style \
    border-bottom-width border-collapse border-color border-left border-left-color border-left-style \
    border-left-width border-radius border-right border-right-color border-right-style border-right-width \
    border-spacing border-style border-top border-top-color border-top-style border-top-width border-width color \
    direction font-family font-size font-style font-variant font-weight height letter-spacing line-height \
    max-width min-width overflow-wrap padding padding-bottom padding-left padding-right padding-top text-align \
    text-decoration text-indent text-transform vertical-align white-space width word-break word-spacing word-wrap";

/// An image of the message itself, by its `Content-ID`.
pub(super) struct InlineImage {
    /// The content id without angle brackets.
    pub(super) id: String,
    /// The whole `data:` address; its type was told by the bytes, not by the sender.
    pub(super) address: String,
}

/// HTML that can be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CleanHtml {
    /// The content of a body element.
    pub(super) html: String,
    /// Remote images that were removed.
    pub(super) remote_images: u32,
}

/// Cleans the HTML of a mail. Takes up to seconds for hostile HTML: call it on a blocking thread.
pub(super) fn clean(html: &str, images: Vec<InlineImage>) -> CleanHtml {
    let remote = Arc::new(AtomicU32::new(0));
    let images: HashMap<String, String> = images.into_iter().map(|image| (image.id, image.address)).collect();
    let filter = {
        let (remote, budget) = (Arc::clone(&remote), AtomicUsize::new(MAX_IMAGES_BYTES));
        move |element: &str, attribute: &str, value: &str| match (element, attribute) {
            ("img", "src") => image_source(value, &images, &budget, &remote),
            ("x-a", "href") => Some(value.to_owned()),
            (_, "style") => is_harmless_style(value).then(|| value.to_owned()),
            _ => Some(value.to_owned()),
        }
    };
    let mut builder = Builder::empty();
    builder
        .tags(words(TAGS))
        .clean_content_tags(words(DROPPED))
        .generic_attributes(words(ATTRIBUTES))
        .tag_attributes(HashMap::from([("img", HashSet::from(["src"])), ("x-a", HashSet::from(["href"]))]))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid", "data"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .filter_style_properties(words(STYLE_PROPERTIES))
        .attribute_filter(move |element, attribute, value| filter(element, attribute, value).map(Cow::Owned));
    let cleaned = builder.clean(&rename_formatting(cut(html))).to_string();
    CleanHtml { html: write_targets(&cleaned), remote_images: remote.load(Relaxed) }
}

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}

/// The part of the HTML that is shown at all.
fn cut(html: &str) -> &str {
    let end = html.floor_char_boundary(MAX_HTML_BYTES.min(html.len()));
    let end = html.match_indices('<').nth(MAX_TAGS).map_or(end, |(at, _)| at.min(end));
    html.get(..end).unwrap_or_default()
}

/// Puts [`RENAMED`] before the names of [`FORMATTING`] elements, in start and end tags alike. In places where
/// `<b` is no tag (comments, values) the change shows nowhere.
fn rename_formatting(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let after = rest.get(at + 1..).unwrap_or_default();
        let slash = usize::from(after.starts_with('/'));
        let name_on = after.get(slash..).unwrap_or_default();
        let name_end =
            name_on.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(name_on.len());
        let name = name_on.get(..name_end).unwrap_or_default();
        let upto = at + 1 + slash;
        out.push_str(rest.get(..upto).unwrap_or_default());
        if FORMATTING.split(' ').any(|one| one.eq_ignore_ascii_case(name)) {
            out.push_str(RENAMED);
        }
        rest = rest.get(upto..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// What an image shows: an image of the message, a `data:` image, or nothing.
fn image_source(
    source: &str,
    images: &HashMap<String, String>,
    budget: &AtomicUsize,
    remote: &AtomicU32,
) -> Option<String> {
    let source = source.trim();
    let (scheme, rest) = source.split_once(':').unwrap_or(("", source));
    let address = if scheme.eq_ignore_ascii_case("cid") {
        images.get(rest).map(String::as_str)?
    } else if scheme.eq_ignore_ascii_case("data") {
        is_shown_data(rest).then_some(source)?
    } else {
        if !scheme.is_empty() || rest.starts_with("//") {
            remote.fetch_add(1, Relaxed);
        }
        return None;
    };
    let length = address.len();
    budget.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(length)).ok()?;
    Some(address.to_owned())
}

/// Whether a `data:` address is one of an image without script: not SVG, not HTML.
fn is_shown_data(rest: &str) -> bool {
    let kinds = ["image/png", "image/jpeg", "image/gif", "image/webp"];
    rest.split_once(";base64,").is_some_and(|(kind, data)| {
        kinds.iter().any(|one| one.eq_ignore_ascii_case(kind.trim()))
            && data.len() <= MAX_IMAGE_BYTES / 3 * 4
            && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/= \r\n".contains(&byte))
    })
}

/// Whether a style has nothing that could name an address, in any spelling: no `url`, no escapes, no at-rules.
fn is_harmless_style(style: &str) -> bool {
    let folded = style.to_ascii_lowercase();
    !["url", "\\", "@", "image", "expression", "src(", "var(", "env(", "attr("]
        .iter()
        .any(|part| folded.contains(part))
}

/// Takes the `href` off every link and writes its target behind it, as text.
///
/// Works on what the cleaner wrote: there, `<` begins a tag unless it stands in a quoted value, and every
/// value stands in `"`.
fn write_targets(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut targets: Vec<Option<String>> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, from_tag) = rest.split_at(at);
        out.push_str(text);
        let (tag, after) = from_tag.split_at(tag_length(from_tag));
        rest = after;
        if tag.starts_with("<x-a ") || tag == "<x-a>" {
            targets.push(push_without_href(tag, &mut out));
        } else {
            out.push_str(tag);
            if tag == "</x-a>"
                && let Some(target) = targets.pop().flatten()
            {
                out.push_str("<span class=\"target\"> → ");
                out.push_str(&target);
                out.push_str("</span>");
            }
        }
    }
    out.push_str(rest);
    out
}

/// The bytes of the tag at the beginning of `text`, with its `>`.
fn tag_length(text: &str) -> usize {
    let mut is_quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'>' if !is_quoted => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Writes a start tag without its `href`; returns that as text to show.
fn push_without_href(tag: &str, out: &mut String) -> Option<String> {
    let mut rest = tag;
    let mut target = None;
    while let Some((before, after)) = rest.split_once("=\"") {
        let (value, behind) = after.split_once('"').unwrap_or((after, ""));
        if let Some(head) = before.strip_suffix(" href") {
            out.push_str(head);
            target = shown_target(value);
        } else {
            out.push_str(before);
            out.push_str("=\"");
            out.push_str(value);
            out.push('"');
        }
        rest = behind;
    }
    out.push_str(rest);
    target
}

/// Where a link leads: the host as it is in the DNS (so that look-alike letters show as `xn--`), then the path.
fn shown_target(escaped: &str) -> Option<String> {
    let url = Url::parse(&escaped.replace("&amp;", "&").replace("&quot;", "\"").replace("&lt;", "<")).ok()?;
    let mut shown = match url.host_str() {
        Some(host) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{host}{port}{}", if url.path() == "/" { "" } else { url.path() })
        }
        None => format!("{}:{}", url.scheme(), url.path()),
    };
    if let Some((end, _)) = shown.char_indices().nth(MAX_TARGET_CHARS) {
        shown.truncate(end);
        shown.push('…');
    }
    Some(escape(&shown))
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(html: &str) -> String {
        clean(html, Vec::new()).html
    }

    /// P6, QUA-03: whatever is sent, nothing remains that runs, loads or leads away.
    fn assert_harmless(html: &str, source: &str) {
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            let tag = &rest[at..at + tag_length(&rest[at..])];
            rest = &rest[at + tag.len()..];
            let name: String = tag[1..]
                .trim_start_matches('/')
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '-')
                .collect();
            assert!(words(TAGS).contains(name.as_str()), "{tag} of {source} became {html}");
            let mut attributes = tag;
            while let Some((before, after)) = attributes.split_once("=\"") {
                let attribute = before.rsplit(' ').next().unwrap();
                let (value, behind) = after.split_once('"').unwrap();
                match attribute {
                    "src" => assert!(value.starts_with("data:image/"), "{tag} of {source}"),
                    "class" => assert_eq!(value, "target"),
                    "style" => assert!(!value.contains("url") && !value.contains("position"), "{tag}"),
                    other => assert!(words(ATTRIBUTES).contains(other), "{other} in {tag} of {source}"),
                }
                attributes = behind;
            }
        }
    }

    #[test]
    fn every_payload_of_the_attack_collections_becomes_harmless() {
        let payloads: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/xss_payloads.json")).unwrap();
        assert!(payloads.len() > 50);
        for payload in &payloads {
            let source = payload["payload"].as_str().unwrap();
            assert_harmless(&cleaned(source), source);
            assert_harmless(&cleaned(&cleaned(source)), source);
        }
    }

    #[test]
    fn scripts_forms_frames_and_handlers_are_gone() {
        for (html, expected) in [
            ("<p onclick=alert(1)>x</p>", "<p>x</p>"),
            ("<script>alert(1)</script>x", "x"),
            ("<form action=//evil><input name=q>x</form>", "x"),
            ("<iframe src=//evil></iframe>x", "x"),
            ("<meta http-equiv=refresh content=0;url=//evil>x", "x"),
            ("<base href=//evil>x<link rel=stylesheet href=//evil>", "x"),
            ("<style>@import '//evil'</style>x", "x"),
            ("<svg><a xlink:href=javascript:alert(1)>y</a></svg>x", "x"),
        ] {
            assert_eq!(cleaned(html), expected);
        }
    }

    /// ux.md §3.17: the reader sees where a link leads, and can't follow it.
    #[test]
    fn a_link_becomes_text_with_its_real_host() {
        assert_eq!(
            cleaned("<a href='https://evil.example/login?u=1'>bank.example</a>"),
            "<x-a>bank.example</x-a><span class=\"target\"> → evil.example/login</span>"
        );
        assert!(cleaned("<a href='https://bаnk.example/'>bank</a>").contains("→ xn--"));
        assert_eq!(cleaned("<a href='javascript:alert(1)'>x</a>"), "<x-a>x</x-a>");
        assert_eq!(
            cleaned("<a title='a \" href=\"x' href='mailto:a@b.example'>x</a>"),
            "<x-a title=\"a &quot; href=&quot;x\">x</x-a><span class=\"target\"> → mailto:a@b.example</span>"
        );
    }

    #[test]
    fn remote_images_are_removed_and_counted() {
        let clean = clean(
            "<img src=http://t.example/1.gif><img src='//t.example/2'><img src=cid:a@b>",
            vec![InlineImage { id: "a@b".into(), address: "data:image/png;base64,AAAA".into() }],
        );
        assert_eq!(clean.html, "<img><img><img src=\"data:image/png;base64,AAAA\">");
        assert_eq!(clean.remote_images, 2);
    }

    #[test]
    fn an_image_used_a_thousand_times_is_not_sent_a_thousand_times() {
        let address = format!("data:image/png;base64,{}", "A".repeat(1_000_000));
        let clean = clean(&"<img src=cid:a>".repeat(1000), vec![InlineImage { id: "a".into(), address }]);
        assert!(clean.html.len() < MAX_IMAGES_BYTES + 100_000);
    }

    #[test]
    fn styles_keep_their_look_and_lose_their_reach() {
        assert_eq!(
            cleaned("<p style='color: red; position: fixed; font-size: 12px'>x</p>"),
            "<p style=\"color:red;font-size:12px\">x</p>"
        );
        for style in [
            "color:red;background-image:url(http://evil)",
            "width:expression(alert(1))",
            "color:u\\72l(http://evil)",
            "font-family:x;@import '//evil'",
        ] {
            let html = cleaned(&format!("<p style=\"{style}\">x</p>"));
            assert!(!html.contains("evil") && !html.contains("alert"), "{html}");
        }
    }

    /// A mail of a few hundred KiB that a naive parser grows to gigabytes.
    #[test]
    fn unclosed_formatting_does_not_multiply() {
        let fonts: String = (0..4000).map(|n| format!("<font size={n}>")).collect();
        let html = format!("{fonts}{}", "<p>x".repeat(4000));
        assert!(cleaned(&html).len() < 10 * html.len());
    }
}
