//! What the sender hears when a message cannot be delivered (RFC 3464, LOG-33): a report with the reason for each
//! recipient and the header of the message. From the null sender, so that it is never answered.

use super::{
    attempt::Outcome,
    message::{Envelope, Recipient},
};
use crate::headers;
use std::fmt::Write;

/// Octets of the returned header.
const RETURNED: usize = 16 * 1024;

/// What a report is made of.
pub struct Undelivered<'a> {
    /// The message.
    pub envelope: &'a Envelope,
    /// Its beginning.
    pub beginning: &'a [u8],
    /// The recipients and what became of them.
    pub recipients: Vec<(&'a Recipient, &'a Outcome)>,
    /// The node's name.
    pub hostname: &'a str,
    /// Now, as mail writes it.
    pub date: String,
    /// The id of the report.
    pub id: String,
    /// Now, in milliseconds since 1970.
    pub now: i64,
}

impl Undelivered<'_> {
    /// Whether anybody is to be told: a null sender is not, nor is somebody whose name was used by others (S8), and
    /// a report is never reported.
    pub const fn has_reader(&self) -> bool {
        let envelope = self.envelope;
        !envelope.sender.is_empty() && !envelope.is_bounce && !envelope.is_forged
    }

    /// The report, ready to be spooled.
    pub fn report(&self) -> (Envelope, Vec<u8>) {
        let text = self.text();
        let sender = self.envelope.sender.clone();
        let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
        let envelope = Envelope {
            id: self.id.clone(),
            received_at: self.now,
            sender: String::new(),
            is_utf8: !sender.is_ascii(),
            is_eight_bit: !text.is_ascii(),
            size: u64::try_from(text.len()).unwrap_or(0),
            trace: String::new(),
            stamps: Vec::new(),
            recipients: vec![Recipient { address: sender, domain, record: None, stamp: 0 }],
            is_bounce: true,
            is_forged: false,
        };
        (envelope, text.into_bytes())
    }

    fn text(&self) -> String {
        let boundary = format!("report-{}", self.id);
        let mut text = format!(
            "From: Mail Delivery System <mailer-daemon@{host}>\r\nTo: <{to}>\r\n\
             Subject: Undelivered mail returned to sender\r\nDate: {date}\r\nMessage-ID: <{id}@{host}>\r\n\
             Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"{boundary}\"\r\n\r\n\
             --{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
             Your message could not be delivered to:\r\n\r\n",
            host = self.hostname,
            to = self.envelope.sender,
            date = self.date,
            id = self.id,
        );
        for (recipient, outcome) in &self.recipients {
            // Writing to a String cannot fail.
            _ = write!(text, "  <{}>\r\n", recipient.address);
            for line in folded(&outcome.reply) {
                _ = write!(text, "    {line}\r\n");
            }
        }
        _ = write!(
            text,
            "\r\n--{boundary}\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; {}\r\n",
            self.hostname
        );
        for (recipient, outcome) in &self.recipients {
            let kind = if recipient.address.is_ascii() { "rfc822" } else { "utf-8" };
            _ = write!(
                text,
                "\r\nFinal-Recipient: {kind}; {}\r\nAction: failed\r\nStatus: {}\r\n",
                recipient.address,
                status(&outcome.reply)
            );
            if !outcome.host.is_empty() {
                _ = write!(text, "Remote-MTA: dns; {}\r\n", outcome.host);
            }
            let lines = folded(&outcome.reply);
            _ = write!(text, "Diagnostic-Code: smtp; {}\r\n", lines.join("\r\n "));
        }
        _ = write!(text, "\r\n--{boundary}\r\nContent-Type: text/rfc822-headers\r\n\r\n");
        for field in headers::fields(self.beginning) {
            if text.len() + field.len() > RETURNED + 4_096 {
                break;
            }
            text.push_str(&String::from_utf8_lossy(field));
        }
        _ = write!(text, "\r\n--{boundary}--\r\n");
        text
    }
}

/// The enhanced code in a reply; a general one if there is none (RFC 3463).
fn status(reply: &str) -> &str {
    let is_code = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3
            && parts
                .iter()
                .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit()))
    };
    match reply.split(' ').take(3).find(is_code) {
        Some(code) if code.starts_with('5') => code,
        _ if reply.starts_with('5') => "5.0.0",
        _ => "5.4.7",
    }
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

    /// LOG-33.
    #[test]
    fn a_report_names_each_recipient_the_reply_and_the_message() {
        let recipient =
            Recipient { address: "b@d.test".into(), domain: "d.test".into(), record: None, stamp: 0 };
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
        };
        let reply = "550 5.1.1 no such user".to_owned();
        let outcome = Outcome { fate: Fate::Refused, host: "192.0.2.1:25".into(), reply, size: 0 };
        let undelivered = Undelivered {
            envelope: &envelope,
            beginning: b"Subject: Hello\r\n\r\nsecret body",
            recipients: vec![(&recipient, &outcome)],
            hostname: "mx.test",
            date: "Mon, 5 Jan 2026 10:00:00 +0000".into(),
            id: "r1".into(),
            now: 1,
        };
        assert!(undelivered.has_reader());
        let (report, text) = undelivered.report();
        let text = String::from_utf8(text).unwrap();
        assert_eq!((report.sender.as_str(), report.recipients[0].domain.as_str()), ("", "s.test"));
        for part in [
            "Final-Recipient: rfc822; b@d.test\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "Remote-MTA: dns; 192.0.2.1:25\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
            "Subject: Hello\r\n",
            "Auto-Submitted: auto-replied\r\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("secret body"));
        let again = Undelivered { envelope: &report, recipients: Vec::new(), ..undelivered };
        assert!(!again.has_reader());
        let forged = Envelope { is_forged: true, ..envelope.clone() };
        assert!(!Undelivered { envelope: &forged, ..again }.has_reader());
    }
}
