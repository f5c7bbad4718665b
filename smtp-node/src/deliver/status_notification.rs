//! What the sender hears of a delivery (RFC 3461, RFC 3464, RFC 6533, LOG-33): that it failed, takes longer or was
//! passed on, with the reason for each recipient. From the null sender, so that it is never answered.

use super::{
    attempt::Outcome,
    message::{Envelope, Recipient},
};
use crate::{clock::in_mail, headers, smtp::notification::Return};
use std::fmt::Write;

/// Octets of the returned header.
const RETURNED: usize = 16 * 1024;
/// Octets of a message that is returned whole, for those who ask for it (RET=FULL).
const RETURNED_WHOLE: usize = 128 * 1024;

/// What happened to a recipient's copy, in the order of what the subject names first (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It never will be delivered.
    Failed,
    /// It could not be delivered so far.
    Delayed,
    /// It went to a server that tells nothing of what becomes of it.
    Relayed,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Relayed => "relayed",
        }
    }

    const fn subject(self) -> &'static str {
        match self {
            Self::Failed => "Undelivered mail returned to sender",
            Self::Delayed => "Your message is delayed",
            Self::Relayed => "Your message was passed on",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Failed => "Your message could not be delivered to:",
            Self::Delayed => {
                "Your message could not be delivered yet; we keep trying. You need not send it again:"
            }
            Self::Relayed => "Your message went on to a server that sends no notice of delivery:",
        }
    }
}

/// What is told of one recipient.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The recipient.
    pub recipient: &'a Recipient,
    /// What became of it.
    pub outcome: &'a Outcome,
    /// What to call it.
    pub action: Action,
}

/// What a notification is made of.
pub struct StatusNotification<'a> {
    /// The message.
    pub envelope: &'a Envelope,
    /// Its beginning.
    pub beginning: &'a [u8],
    /// The recipients it tells of.
    pub recipients: Vec<Told<'a>>,
    /// The node's name.
    pub hostname: &'a str,
    /// Now, as mail writes it.
    pub date: String,
    /// The id of the notification.
    pub id: String,
    /// Now, in milliseconds since 1970.
    pub now: i64,
    /// Until when delayed mail is tried, in milliseconds since 1970.
    pub tried_until: i64,
}

impl StatusNotification<'_> {
    /// Whether anybody is to be told: a null sender is not, nor is somebody whose name was used by others (S8), and
    /// a notification is never answered by another.
    pub const fn has_reader(&self) -> bool {
        let envelope = self.envelope;
        !envelope.sender.is_empty()
            && !envelope.is_bounce
            && !envelope.is_forged
            && !self.recipients.is_empty()
    }

    /// The notification, ready to be spooled.
    pub fn message(&self) -> (Envelope, Vec<u8>) {
        let text = self.text();
        let sender = self.envelope.sender.clone();
        let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
        let envelope = Envelope {
            id: self.id.clone(),
            received_at: self.now,
            sender: String::new(),
            is_utf8: self.is_global(),
            is_eight_bit: !text.is_ascii(),
            size: u64::try_from(text.len()).unwrap_or(0),
            trace: String::new(),
            stamps: Vec::new(),
            recipients: vec![Recipient {
                address: sender,
                domain,
                record: None,
                stamp: 0,
                wish: Default::default(),
            }],
            is_bounce: true,
            is_forged: false,
            wish: Default::default(),
        };
        (envelope, text)
    }

    /// Whether it holds addresses beyond ASCII (RFC 6533 §1).
    fn is_global(&self) -> bool {
        !self.envelope.sender.is_ascii()
            || self.recipients.iter().any(|told| !told.recipient.address.is_ascii())
    }

    fn actions(&self) -> Vec<Action> {
        let mut actions: Vec<Action> = self.recipients.iter().map(|told| told.action).collect();
        actions.sort();
        actions.dedup();
        actions
    }

    fn text(&self) -> Vec<u8> {
        let boundary = format!("report-{}", self.id);
        let mut text = format!(
            "From: Mail Delivery System <mailer-daemon@{host}>\r\nTo: <{to}>\r\n\
             Subject: {subject}\r\nDate: {date}\r\nMessage-ID: <{id}@{host}>\r\n\
             Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"{boundary}\"\r\n\r\n",
            host = self.hostname,
            to = self.envelope.sender,
            subject = self.actions().first().map_or("", |action| action.subject()),
            date = self.date,
            id = self.id,
        );
        self.explain(&mut text, &boundary);
        self.state(&mut text, &boundary);
        let mut text = text.into_bytes();
        self.give_back(&mut text, &boundary);
        text.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        text
    }

    /// The part for people. Writing to a String cannot fail.
    fn explain(&self, text: &mut String, boundary: &str) {
        _ = write!(
            text,
            "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        );
        for action in self.actions() {
            _ = write!(text, "{}\r\n\r\n", action.sentence());
            for told in self.recipients.iter().filter(|told| told.action == action) {
                _ = write!(text, "  <{}>\r\n", told.recipient.address);
                for line in folded(&told.outcome.reply) {
                    _ = write!(text, "    {line}\r\n");
                }
            }
            text.push_str("\r\n");
        }
    }

    /// The part for programs.
    fn state(&self, text: &mut String, boundary: &str) {
        let kind = if self.is_global() { "global-delivery-status" } else { "delivery-status" };
        let encoding = if self.is_global() { "Content-Transfer-Encoding: 8bit\r\n" } else { "" };
        _ = write!(text, "--{boundary}\r\nContent-Type: message/{kind}\r\n{encoding}\r\n");
        if let Some(id) = self.envelope.wish.envelope_id_in_words() {
            _ = write!(text, "Original-Envelope-Id: {id}\r\n");
        }
        _ = write!(
            text,
            "Reporting-MTA: dns; {}\r\nArrival-Date: {}\r\n",
            self.hostname,
            in_mail(self.envelope.received_at)
        );
        for told in &self.recipients {
            self.state_of(told, text);
        }
    }

    fn state_of(&self, told: &Told<'_>, text: &mut String) {
        let Told { recipient, outcome, action } = told;
        text.push_str("\r\n");
        if let Some(original) = recipient.wish.original_in_words() {
            _ = write!(text, "Original-Recipient: {original}\r\n");
        }
        let kind = if recipient.address.is_ascii() { "rfc822" } else { "utf-8" };
        _ = write!(
            text,
            "Final-Recipient: {kind}; {}\r\nAction: {}\r\nStatus: {}\r\n",
            recipient.address,
            action.name(),
            status(&outcome.reply, *action)
        );
        if !outcome.host.is_empty() {
            _ = write!(text, "Remote-MTA: dns; {}\r\n", outcome.host);
        }
        _ = write!(text, "Diagnostic-Code: smtp; {}\r\n", folded(&outcome.reply).join("\r\n "));
        if *action == Action::Delayed {
            _ = write!(text, "Will-Retry-Until: {}\r\n", in_mail(self.tried_until));
        }
    }

    /// The message, or what is returned of it (RFC 3461 §4.3).
    fn give_back(&self, text: &mut Vec<u8>, boundary: &str) {
        let is_eight_bit = !self.beginning.is_ascii();
        let encoding = if is_eight_bit { "Content-Transfer-Encoding: 8bit\r\n" } else { "" };
        let mut part = |kind: &str| {
            let head = format!("\r\n--{boundary}\r\nContent-Type: {kind}\r\n{encoding}\r\n");
            text.extend_from_slice(head.as_bytes());
        };
        if self.returns_all() {
            part(if self.is_global() { "message/global" } else { "message/rfc822" });
            return text.extend_from_slice(self.beginning);
        }
        part(if self.is_global() { "message/global-headers" } else { "text/rfc822-headers" });
        let mut left = RETURNED;
        for field in headers::fields(self.beginning) {
            let Some(rest) = left.checked_sub(field.len()) else { break };
            left = rest;
            text.extend_from_slice(field);
        }
    }

    fn returns_all(&self) -> bool {
        let is_whole = u64::try_from(self.beginning.len()) == Ok(self.envelope.size);
        let has_failed = self.actions().contains(&Action::Failed);
        let is_wanted = self.envelope.wish.returns == Some(Return::Full);
        is_wanted && has_failed && is_whole && self.beginning.len() <= RETURNED_WHOLE
    }
}

/// The enhanced code in a reply, if it is of the class of the action; a general one otherwise (RFC 3463).
fn status(reply: &str, action: Action) -> &str {
    let is_code = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3
            && parts
                .iter()
                .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit()))
    };
    let (class, general) = match action {
        Action::Failed if reply.starts_with('5') => ('5', "5.0.0"),
        Action::Failed => ('5', "5.4.7"),
        Action::Delayed => ('4', "4.0.0"),
        Action::Relayed => ('2', "2.0.0"),
    };
    reply.split(' ').take(3).find(is_code).filter(|code| code.starts_with(class)).unwrap_or(general)
}

/// A reply in lines of at most 70 characters.
fn folded(reply: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in reply.split_whitespace() {
        let is_full = lines.last().is_some_and(|line| !line.is_empty() && line.len() + word.len() > 70);
        if is_full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word.chars().take(400));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{super::attempt::Fate, *};
    use crate::smtp::notification::{MessageWish, RecipientWish};

    /// LOG-33.
    #[test]
    fn a_report_names_each_recipient_the_reply_and_the_message() {
        let recipient = Recipient {
            address: "b@d.test".into(),
            domain: "d.test".into(),
            record: None,
            stamp: 0,
            wish: RecipientWish::parse("ORCPT=rfc822;old@d.test", false).unwrap(),
        };
        let envelope = Envelope {
            id: "m1".into(),
            received_at: 0,
            sender: "a@s.test".into(),
            is_utf8: false,
            is_eight_bit: false,
            size: 0,
            trace: String::new(),
            stamps: Vec::new(),
            recipients: vec![recipient.clone()],
            is_bounce: false,
            is_forged: false,
            wish: MessageWish { returns: None, envelope_id: Some("QQ+2B1".into()) },
        };
        let reply = "550 5.1.1 no such user".to_owned();
        let host = "192.0.2.1:25".to_owned();
        let outcome = Outcome { fate: Fate::Refused, host, reply, size: 0, is_told: false };
        let told = || vec![Told { recipient: &recipient, outcome: &outcome, action: Action::Failed }];
        let notification = StatusNotification {
            envelope: &envelope,
            beginning: b"Subject: Hello\r\n\r\nsecret body",
            recipients: told(),
            hostname: "mx.test",
            date: "Mon, 5 Jan 2026 10:00:00 +0000".into(),
            id: "r1".into(),
            now: 1,
            tried_until: 2,
        };
        assert!(notification.has_reader());
        let (report, text) = notification.message();
        let text = String::from_utf8(text).unwrap();
        assert_eq!((report.sender.as_str(), report.recipients[0].domain.as_str()), ("", "s.test"));
        for part in [
            "Original-Envelope-Id: QQ+1\r\n",
            "Original-Recipient: rfc822; old@d.test\r\nFinal-Recipient: rfc822; b@d.test\r\nAction: failed\r\n",
            "Status: 5.1.1\r\n",
            "Remote-MTA: dns; 192.0.2.1:25\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
            "Subject: Hello\r\n",
            "Auto-Submitted: auto-replied\r\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("secret body"));
        let again = StatusNotification { envelope: &report, ..notification };
        assert!(!again.has_reader());
        let forged = Envelope { is_forged: true, ..envelope.clone() };
        assert!(!StatusNotification { envelope: &forged, recipients: told(), ..again }.has_reader());
    }
}
