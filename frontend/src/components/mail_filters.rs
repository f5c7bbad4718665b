//! What the quarantine and the log are searched for: read from the address of the page, written back to it, and
//! turned into the query of the API. The address is the only place where a search lives, so that a link shows the
//! same to whoever may see it. Pure; times come in from the caller.

use contract::messages::{LogQuery, QuarantineQuery};

/// A parameter of the page's address.
pub type Pair = (&'static str, String);

/// How many messages a page of the quarantine can have (QUA-15).
pub const PAGE_SIZES: [u32; 4] = [25, 50, 100, 200];
/// How many it has unless somebody chose (QUA-15).
pub const PAGE_SIZE: u32 = 100;

fn filled(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn keep(pairs: &mut Vec<Pair>, key: &'static str, value: &str) {
    if let Some(value) = filled(value) {
        pairs.push((key, value));
    }
}

/// A span of time with its borders in RFC 3339; none is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first instant of it.
    pub since: Option<String>,
    /// The first instant after it.
    pub until: Option<String>,
}

/// What the quarantine is searched for (QUA-04, QUA-05, QUA-15).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuarantineFilter {
    /// A part of the text.
    pub text: String,
    /// Where to look for it: `subject`, `sender`, `recipient`, or empty for all of them.
    pub field: String,
    /// One day, `2026-02-21`; empty for every day.
    pub day: String,
    /// One classification; empty for every one.
    pub classification: String,
    /// The column to sort by, with `-` for the other direction; empty for the newest first.
    pub sort: String,
    /// Where the page starts; empty for the first page.
    pub cursor: String,
    /// Which page that is; the first is 1.
    pub page: u64,
}

impl QuarantineFilter {
    /// Reads it from the parameters of the address.
    pub fn read(parameter: impl Fn(&str) -> Option<String>) -> Self {
        let text = |key: &str| parameter(key).unwrap_or_default();
        let cursor = text("cursor");
        let page = if cursor.is_empty() { 1 } else { text("page").parse().unwrap_or(1).max(1) };
        Self {
            text: text("q"),
            field: text("field"),
            day: text("day"),
            classification: text("class"),
            sort: text("sort"),
            cursor,
            page,
        }
    }

    /// The parameters of its address: what is not as it is anyway.
    pub fn write(&self) -> Vec<Pair> {
        let mut pairs = vec![];
        keep(&mut pairs, "q", &self.text);
        keep(&mut pairs, "field", &self.field);
        keep(&mut pairs, "day", &self.day);
        keep(&mut pairs, "class", &self.classification);
        keep(&mut pairs, "sort", &self.sort);
        if let Some(cursor) = filled(&self.cursor) {
            pairs.push(("cursor", cursor));
            pairs.push(("page", self.page.to_string()));
        }
        pairs
    }

    /// The same search from its first page: the place in a list means nothing in another one.
    #[must_use]
    pub fn from_start(mut self) -> Self {
        self.cursor.clear();
        self.page = 1;
        self
    }

    /// Whether it leaves messages out.
    pub fn is_narrowed(&self) -> bool {
        [&self.text, &self.day, &self.classification].iter().any(|value| !value.trim().is_empty())
    }

    /// The query of the API, within the span that [`Self::day`] is in the reader's time zone.
    pub fn query(&self, span: Span, limit: u32) -> QuarantineQuery {
        let search = filled(&self.text);
        QuarantineQuery {
            field: search.as_ref().and_then(|_| filled(&self.field)),
            search,
            since: span.since,
            until: span.until,
            classification: filled(&self.classification),
            sort: filled(&self.sort),
            limit: Some(limit),
            cursor: filled(&self.cursor),
            count: Some(true),
        }
    }
}

/// What the log is searched for (LOG-07 … LOG-17).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// `1h`, `24h`, `28d`, `custom` with [`Self::from`] and [`Self::to`], or empty for seven days.
    pub range: String,
    /// The first instant, RFC 3339.
    pub from: String,
    /// The first instant after it, RFC 3339.
    pub to: String,
    /// In any of sender, recipient and subject, in part.
    pub text: String,
    /// The node's id of the message.
    pub message_id: String,
    /// The subject.
    pub subject: String,
    /// MAIL FROM.
    pub sender: String,
    /// RCPT TO; without its domain where the page is that of a domain (LOG-11).
    pub recipient: String,
    /// The address or network of the sending server.
    pub sender_ip: String,
    /// Its name.
    pub sender_host: String,
    /// Whether any condition is enough (LOG-14).
    pub is_any: bool,
    /// One classification; empty for every one (LOG-15).
    pub classification: String,
    /// One status; empty for every one.
    pub status: String,
    /// Whether a part of the text is enough (LOG-16).
    pub is_partial: bool,
    /// Whether entries appear as they arrive (LOG-17).
    pub is_live: bool,
    /// `received_at` for the oldest first; empty for the newest first.
    pub sort: String,
}

impl LogFilter {
    /// Reads it from the parameters of the address.
    pub fn read(parameter: impl Fn(&str) -> Option<String>) -> Self {
        let text = |key: &str| parameter(key).unwrap_or_default();
        let is_on = |key: &str| parameter(key).as_deref() == Some("1");
        Self {
            range: text("range"),
            from: text("from"),
            to: text("to"),
            text: text("q"),
            message_id: text("id"),
            subject: text("subject"),
            sender: text("sender"),
            recipient: text("recipient"),
            sender_ip: text("ip"),
            sender_host: text("host"),
            is_any: text("match") == "any",
            classification: text("class"),
            status: text("status"),
            is_partial: is_on("partial"),
            is_live: is_on("live"),
            sort: text("sort"),
        }
    }

    /// The parameters of its address: what is not as it is anyway.
    pub fn write(&self) -> Vec<Pair> {
        let mut pairs = vec![];
        keep(&mut pairs, "range", &self.range);
        if self.range == "custom" {
            keep(&mut pairs, "from", &self.from);
            keep(&mut pairs, "to", &self.to);
        }
        keep(&mut pairs, "q", &self.text);
        for (key, value) in self.conditions() {
            keep(&mut pairs, key, value);
        }
        for (key, is_on) in [("partial", self.is_partial), ("live", self.is_live)] {
            if is_on {
                pairs.push((key, "1".to_owned()));
            }
        }
        if self.is_any {
            pairs.push(("match", "any".to_owned()));
        }
        keep(&mut pairs, "sort", &self.sort);
        pairs
    }

    /// Its conditions by their parameter, set or not, in the order of the form.
    pub fn conditions(&self) -> [(&'static str, &str); 8] {
        [
            ("id", &self.message_id),
            ("subject", &self.subject),
            ("sender", &self.sender),
            ("recipient", &self.recipient),
            ("ip", &self.sender_ip),
            ("host", &self.sender_host),
            ("class", &self.classification),
            ("status", &self.status),
        ]
    }

    /// The value of a condition by its parameter.
    pub fn condition_mut(&mut self, key: &str) -> Option<&mut String> {
        Some(match key {
            "id" => &mut self.message_id,
            "subject" => &mut self.subject,
            "sender" => &mut self.sender,
            "recipient" => &mut self.recipient,
            "ip" => &mut self.sender_ip,
            "host" => &mut self.sender_host,
            "class" => &mut self.classification,
            "status" => &mut self.status,
            "q" => &mut self.text,
            _ => return None,
        })
    }

    /// Whether it leaves entries out that lie in its range.
    pub fn is_narrowed(&self) -> bool {
        !self.text.trim().is_empty() || self.conditions().iter().any(|(_, value)| !value.trim().is_empty())
    }

    /// How far back it looks, in hours; none for a range of its own.
    pub fn hours(&self) -> Option<u32> {
        match self.range.as_str() {
            "1h" => Some(1),
            "24h" => Some(24),
            "28d" => Some(28 * 24),
            "custom" => None,
            _ => Some(7 * 24),
        }
    }

    /// The query of the API. `domain` is the domain the page is about, if it is about one (LOG-11).
    pub fn query(&self, span: Span, domain: Option<&str>, cursor: Option<String>) -> LogQuery {
        LogQuery {
            since: span.since,
            until: span.until,
            message_id: filled(&self.message_id),
            subject: filled(&self.subject),
            sender: filled(&self.sender),
            recipient: self.whole_recipient(domain),
            sender_ip: filled(&self.sender_ip),
            sender_host: filled(&self.sender_host),
            search: filled(&self.text),
            matching: self.is_any.then(|| "any".to_owned()),
            classification: filled(&self.classification),
            status: filled(&self.status),
            partial: self.is_partial.then_some(true),
            sort: filled(&self.sort),
            limit: Some(100),
            count: cursor.is_none().then_some(true),
            cursor,
        }
    }

    fn whole_recipient(&self, domain: Option<&str>) -> Option<String> {
        let recipient = filled(&self.recipient)?;
        match domain {
            Some(domain) if !self.is_partial && !recipient.contains('@') => {
                Some(format!("{recipient}@{domain}"))
            }
            _ => Some(recipient),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_up(pairs: &[Pair]) -> impl Fn(&str) -> Option<String> + '_ {
        |key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }

    #[test]
    fn an_untouched_search_leaves_the_address_alone() {
        assert!(QuarantineFilter::read(|_| None).write().is_empty());
        assert!(LogFilter::read(|_| None).write().is_empty());
    }

    /// QUA-17: whoever goes back to the list finds it as it was.
    #[test]
    fn a_search_of_the_quarantine_survives_the_address() {
        let filter = QuarantineFilter {
            text: "Rechnung & \u{202e}x".to_owned(),
            field: "subject".to_owned(),
            day: "2026-02-21".to_owned(),
            classification: "spam".to_owned(),
            sort: "-size".to_owned(),
            cursor: "abc".to_owned(),
            page: 3,
        };
        assert_eq!(QuarantineFilter::read(look_up(&filter.write())), filter);
        let again = filter.from_start();
        assert_eq!((again.page, again.cursor.as_str()), (1, ""));
    }

    #[test]
    fn a_field_without_a_text_is_no_condition() {
        let filter = QuarantineFilter { field: "sender".to_owned(), ..QuarantineFilter::read(|_| None) };
        let query = filter.query(Span::default(), PAGE_SIZE);
        assert_eq!((query.field, query.search, query.limit), (None, None, Some(100)));
        assert!(!filter.is_narrowed());
    }

    /// LOG-07 … LOG-17.
    #[test]
    fn a_search_of_the_log_survives_the_address() {
        let filter = LogFilter {
            range: "custom".to_owned(),
            from: "2014-02-25T00:00:00.000Z".to_owned(),
            to: "2014-02-27T00:00:00.000Z".to_owned(),
            text: "invoice".to_owned(),
            message_id: "1WGwUv-0008Qb-Bo".to_owned(),
            subject: "Grüße".to_owned(),
            sender: "<>".to_owned(),
            recipient: "bob".to_owned(),
            sender_ip: "192.0.2.0/24".to_owned(),
            sender_host: "mx.example.net".to_owned(),
            is_any: true,
            classification: "rejected".to_owned(),
            status: "queued".to_owned(),
            is_partial: true,
            is_live: true,
            sort: "received_at".to_owned(),
        };
        assert_eq!(LogFilter::read(look_up(&filter.write())), filter);
    }

    /// LOG-11: at a domain the recipient is its local part; LOG-16: in part, it is what was written.
    #[test]
    fn the_recipient_is_completed_by_the_domain_of_the_page() {
        let mut filter = LogFilter { recipient: " bob ".to_owned(), ..LogFilter::default() };
        let recipient = |filter: &LogFilter, domain| filter.query(Span::default(), domain, None).recipient;
        assert_eq!(recipient(&filter, Some("example.com")).as_deref(), Some("bob@example.com"));
        assert_eq!(recipient(&filter, None).as_deref(), Some("bob"));
        filter.is_partial = true;
        assert_eq!(recipient(&filter, Some("example.com")).as_deref(), Some("bob"));
        filter.recipient.clear();
        assert_eq!(recipient(&filter, Some("example.com")), None);
    }

    #[test]
    fn entries_are_counted_once_for_a_search_and_not_for_each_page_of_it() {
        let filter = LogFilter::default();
        assert_eq!(filter.query(Span::default(), None, None).count, Some(true));
        assert_eq!(filter.query(Span::default(), None, Some("c".to_owned())).count, None);
    }
}
