//! HTML as a person sees it: visible text, links with their texts, and the tricks on the way.
//! One pass, linear in the source whatever it holds; no tree is built and nothing is executed or fetched.

mod attributes;
mod entity;

use attributes::Attributes;
use entity::entity;

/// What a person sees of a leaf, and what is behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// The visible text.
    pub text: String,
    /// Bytes of text that styles hide.
    pub hidden: usize,
    /// Links in their order; at most [`LINK_LIMIT`].
    pub links: Vec<Link>,
    /// Names of the elements in their order, in lower case; at most [`ELEMENT_LIMIT`].
    pub elements: Vec<String>,
    /// Images fetched from elsewhere.
    pub remote_images: usize,
    /// Bytes of comments.
    pub comments: usize,
}

/// A link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Where it goes, as it is written.
    pub target: String,
    /// The text to click on; empty in plain text.
    pub text: String,
}

/// Bytes of the source that are rendered.
pub const SOURCE_LIMIT: usize = 512 * 1024;
/// Links that are kept.
pub const LINK_LIMIT: usize = 200;
/// Elements that are kept.
pub const ELEMENT_LIMIT: usize = 2000;
const TARGET_LIMIT: usize = 2048;
const LINK_TEXT_LIMIT: usize = 300;

/// Renders HTML.
pub fn render(source: &str) -> Rendered {
    let mut renderer = Renderer { rest: cut(source, SOURCE_LIMIT), ..Renderer::default() };
    renderer.run();
    renderer.rendered
}

/// Renders plain text: the text itself and the addresses in it that mail readers make links.
pub fn render_plain(source: &str) -> Rendered {
    let text = cut(source, SOURCE_LIMIT);
    let mut links = Vec::new();
    let mut rest = text;
    while links.len() < LINK_LIMIT
        && let Some(position) = memchr::memmem::find(rest.as_bytes(), b"://")
    {
        let (before, after) = rest.split_at(position);
        let scheme_start = before.rfind(|one: char| !one.is_ascii_alphabetic()).map_or(0, |at| at + 1);
        let scheme = before.get(scheme_start..).unwrap_or_default();
        let end =
            after.find(|one: char| one.is_whitespace() || "<>\"')".contains(one)).unwrap_or(after.len());
        let (path, tail) = after.split_at(end);
        if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
            let target = format!("{scheme}{}", cut(path.trim_end_matches(['.', ',', ';']), TARGET_LIMIT));
            links.push(Link { target, text: String::new() });
        }
        rest = tail;
    }
    Rendered { text: text.to_owned(), links, ..Rendered::default() }
}

/// The beginning of a text, at most so many bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// Elements that end a line.
const BLOCKS: [&str; 16] = [
    "br",
    "p",
    "div",
    "tr",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "table",
    "ul",
    "ol",
    "hr",
    "blockquote",
];
/// Elements whose content nobody sees.
const UNSEEN: [&str; 5] = ["style", "script", "title", "template", "noscript"];
/// Elements without an end: they can't hide anything.
const VOID: [&str; 6] = ["br", "img", "hr", "meta", "link", "input"];

#[derive(Default)]
struct Renderer<'a> {
    rest: &'a str,
    rendered: Rendered,
    /// The link being read.
    link: Option<Link>,
    /// The element that hides what is in it, and how many of its name are open.
    hidden: Option<(String, usize)>,
    /// Quotes that occur no more: looking for them again would make the cost quadratic.
    has_no_double_quote: bool,
    has_no_single_quote: bool,
}

impl<'a> Renderer<'a> {
    fn run(&mut self) {
        while !self.rest.is_empty() {
            let position = memchr::memchr(b'<', self.rest.as_bytes()).unwrap_or(self.rest.len());
            let text = self.take(position);
            self.text(text);
            if self.rest.is_empty() {
                break;
            }
            if self.rest.starts_with("<!--") {
                let length = self.rest.find("-->").map_or(self.rest.len(), |end| end + 3);
                self.rendered.comments += length;
                self.take(length);
            } else if self
                .rest
                .as_bytes()
                .get(1)
                .is_some_and(|byte| byte.is_ascii_alphabetic() || b"/!?".contains(byte))
            {
                self.take(1);
                self.tag();
            } else {
                let text = self.take(1);
                self.text(text);
            }
        }
        self.close_link();
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Reads a tag from behind its `<`.
    fn tag(&mut self) {
        let is_end = self.rest.starts_with('/');
        if is_end {
            self.take(1);
        }
        let length =
            self.rest.find(|one: char| !one.is_ascii_alphanumeric() && one != ':').unwrap_or(self.rest.len());
        let name = cut(self.take(length), 20).to_ascii_lowercase();
        let attributes = self.attributes();
        if BLOCKS.contains(&name.as_str()) {
            self.push('\n');
        } else if name == "td" {
            self.push(' ');
        }
        if is_end {
            self.end(&name);
        } else {
            self.start(name, &attributes);
        }
    }

    fn end(&mut self, name: &str) {
        if name == "a" {
            self.close_link();
        }
        if let Some((hiding, open)) = &mut self.hidden
            && hiding == name
        {
            *open -= 1;
            if *open == 0 {
                self.hidden = None;
            }
        }
    }

    fn start(&mut self, name: String, attributes: &Attributes) {
        if UNSEEN.contains(&name.as_str()) {
            self.skip_content(&name);
        }
        match name.as_str() {
            "a" | "area" => {
                self.close_link();
                self.link = attributes.target.clone().map(|target| Link { target, text: String::new() });
            }
            "form" => {
                if let Some(target) = attributes.target.clone() {
                    self.keep(Link { target, text: String::new() });
                }
            }
            "img" if attributes.is_remote => self.rendered.remote_images += 1,
            _ => {}
        }
        match &mut self.hidden {
            Some((hiding, open)) if *hiding == name => *open += 1,
            None if attributes.is_hidden && !VOID.contains(&name.as_str()) => {
                self.hidden = Some((name.clone(), 1));
            }
            _ => {}
        }
        if self.rendered.elements.len() < ELEMENT_LIMIT {
            self.rendered.elements.push(name);
        }
    }

    /// Skips to the end of an element whose content nobody sees; to the end of the source if it never comes.
    fn skip_content(&mut self, name: &str) {
        let mut at = 0;
        let bytes = self.rest.as_bytes();
        let end = loop {
            let Some(found) = bytes.get(at..).and_then(|rest| memchr::memmem::find(rest, b"</")) else {
                break bytes.len();
            };
            let start = at + found;
            let candidate = bytes.get(start + 2..start + 2 + name.len()).unwrap_or_default();
            if candidate.eq_ignore_ascii_case(name.as_bytes()) {
                break start;
            }
            at = start + 2;
        };
        self.take(end);
    }

    /// Reads attributes up to and with the `>`; keeps those that matter.
    fn attributes(&mut self) -> Attributes {
        let mut attributes = Attributes::default();
        loop {
            self.rest = self.rest.trim_start_matches(|one: char| one.is_whitespace() || one == '/');
            let end = self.rest.find(|one: char| one.is_whitespace() || one == '=' || one == '>');
            let name = self.take(end.unwrap_or(self.rest.len()).max(usize::from(self.rest.starts_with('='))));
            self.rest = self.rest.trim_start();
            if self.rest.starts_with('=') {
                self.take(1);
                let value = self.value();
                attributes.keep(name, value);
            } else if name.eq_ignore_ascii_case("hidden") {
                attributes.is_hidden = true;
            }
            if self.rest.starts_with('>') {
                self.take(1);
                return attributes;
            }
            if self.rest.is_empty() || self.rest.starts_with('<') {
                return attributes;
            }
        }
    }

    fn value(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let quote = match self.rest.chars().next() {
            Some('"') if !self.has_no_double_quote => '"',
            Some('\'') if !self.has_no_single_quote => '\'',
            _ => {
                let end = self.rest.find(|one: char| one.is_whitespace() || one == '>');
                return self.take(end.unwrap_or(self.rest.len()));
            }
        };
        let inner = self.rest.get(1..).unwrap_or_default();
        match inner.find(quote) {
            Some(end) => {
                self.rest = inner;
                let value = self.take(end);
                self.take(1);
                value
            }
            None => {
                if quote == '"' {
                    self.has_no_double_quote = true;
                } else {
                    self.has_no_single_quote = true;
                }
                self.value()
            }
        }
    }

    fn text(&mut self, source: &str) {
        if self.hidden.is_some() {
            self.rendered.hidden += source.trim().len();
            return;
        }
        let mut rest = source;
        while let Some(position) = memchr::memchr(b'&', rest.as_bytes()) {
            let (before, after) = rest.split_at(position);
            self.push_str(before);
            let (one, length) = entity(after);
            self.push(one);
            rest = after.get(length..).unwrap_or_default();
        }
        self.push_str(rest);
    }

    fn push_str(&mut self, text: &str) {
        text.chars().for_each(|one| self.push(one));
    }

    /// Adds a character; runs of white space become one, invisible characters none.
    fn push(&mut self, one: char) {
        if matches!(one, '\u{200b}'..='\u{200f}' | '\u{ad}' | '\u{feff}' | '\u{2060}' | '\u{34f}') {
            self.rendered.hidden += 1;
            return;
        }
        let one = if one == '\u{a0}' { ' ' } else { one };
        let text = &mut self.rendered.text;
        if one.is_whitespace() && text.ends_with(char::is_whitespace) {
            return;
        }
        text.push(one);
        if let Some(link) = &mut self.link
            && link.text.len() < LINK_TEXT_LIMIT
        {
            link.text.push(one);
        }
    }

    fn close_link(&mut self) {
        if let Some(link) = self.link.take() {
            self.keep(link);
        }
    }

    fn keep(&mut self, link: Link) {
        if self.rendered.links.len() < LINK_LIMIT {
            self.rendered.links.push(link);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_sees_and_where_links_go() {
        let rendered = render(
            "<html><style>p{}</style><p>Pay&nbsp;<B>now</B> &#65;<a href='http://a.example/?x=1&amp;y'>www.<i>bank</i>.example</a>\
             <div style=\"display: none\">secret<div>more</div></div>end<img src=https://t.example/1.gif>",
        );
        assert_eq!(rendered.text, "\nPay now Awww.bank.example\nend");
        assert_eq!(rendered.hidden, 10);
        assert_eq!(
            rendered.links,
            [Link { target: "http://a.example/?x=1&y".into(), text: "www.bank.example".into() }]
        );
        assert_eq!(rendered.remote_images, 1);
    }

    #[test]
    fn addresses_in_plain_text_are_links() {
        let targets: Vec<_> = render_plain("see https://a.example/x, or (HTTP://b.example) ://")
            .links
            .into_iter()
            .map(|link| link.target)
            .collect();
        assert_eq!(targets, ["https://a.example/x", "HTTP://b.example"]);
    }

    #[test]
    fn broken_markup_ends_in_linear_time() {
        for piece in
            ["<a \"", "<a href='", "<!--", "<", "<style>", "&", "<p =", "</", "<div style='display:none'"]
        {
            render(&piece.repeat(100_000));
        }
    }
}
