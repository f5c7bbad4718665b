//! Every reply of the node, and the reason of every refusal. No other file holds reply text.
//!
//! Codes: RFC 5321 §4.2; enhanced codes: RFC 3463, RFC 5248. Words that administrators search for follow the
//! behaviour rows (FIL-04, FIL-14, X-04, X-05, X-12, X-13).

use std::{borrow::Cow, fmt};

/// One reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The code.
    pub code: u16,
    /// The enhanced code; empty where there is none.
    enhanced: &'static str,
    text: Cow<'static, str>,
}

impl Reply {
    const fn new(code: u16, enhanced: &'static str, text: &'static str) -> Self {
        Self { code, enhanced, text: Cow::Borrowed(text) }
    }

    const fn with(code: u16, enhanced: &'static str, text: String) -> Self {
        Self { code, enhanced, text: Cow::Owned(text) }
    }

    /// Whether the client did something wrong.
    pub const fn is_refusal(&self) -> bool {
        self.code >= 400
    }
}

impl fmt::Display for Reply {
    /// As in the log: one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.enhanced {
            "" => write!(f, "{} {}", self.code, self.text),
            enhanced => write!(f, "{} {enhanced} {}", self.code, self.text),
        }
    }
}

/// EHLO or HELO is fine.
pub const OK: Reply = Reply::new(250, "2.0.0", "OK");
/// MAIL is fine.
pub const SENDER_OK: Reply = Reply::new(250, "2.1.0", "Sender OK");
/// RCPT is fine.
pub const RECIPIENT_OK: Reply = Reply::new(250, "2.1.5", "Recipient OK");
/// A chunk is fine.
pub const CHUNK_OK: Reply = Reply::new(250, "2.0.0", "Chunk received");
/// DATA may begin.
pub const START_DATA: Reply = Reply::new(354, "", "Start mail input; end with <CRLF>.<CRLF>");
/// TLS may begin.
pub const START_TLS: Reply = Reply::new(220, "2.0.0", "Ready to start TLS");
/// QUIT.
pub const BYE: Reply = Reply::new(221, "2.0.0", "Goodbye");
/// VRFY and EXPN tell nothing.
pub const CANNOT_VERIFY: Reply = Reply::new(252, "2.5.0", "Cannot verify; send mail to find out");
/// HELP.
pub const HELP: Reply = Reply::new(214, "2.0.0", "See RFC 5321");
/// Not a command.
pub const UNKNOWN_COMMAND: Reply = Reply::new(500, "5.5.1", "Unknown command");
/// A command with a wrong argument.
pub const WRONG_ARGUMENT: Reply = Reply::new(501, "5.5.4", "Wrong argument");
/// A command that exists, but not here.
pub const NOT_HERE: Reply = Reply::new(502, "5.5.1", "Command not available here");
/// A command at the wrong moment.
pub const WRONG_ORDER: Reply = Reply::new(503, "5.5.1", "Commands out of order");
/// DATA without a recipient.
pub const NO_RECIPIENTS: Reply = Reply::new(554, "5.5.1", "No valid recipients");
/// A line that is too long.
pub const COMMAND_TOO_LONG: Reply = Reply::new(500, "5.5.2", "Line too long");
/// A bare CR, a bare LF or a NUL in a command.
pub const COMMAND_NOT_CLEAN: Reply = Reply::new(550, "5.5.2", "Lines must end with CRLF and hold no NUL");
/// A parameter of MAIL or RCPT that is not known.
pub const UNKNOWN_PARAMETER: Reply = Reply::new(555, "5.5.4", "Unknown parameter");
/// A MAIL path that is not an address.
pub const SENDER_SYNTAX: Reply = Reply::new(501, "5.1.7", "Not a valid sender address");
/// A RCPT path that is not an address.
pub const RECIPIENT_SYNTAX: Reply = Reply::new(501, "5.1.3", "Not a valid recipient address");
/// An address that needs SMTPUTF8.
pub const NEEDS_SMTPUTF8: Reply = Reply::new(553, "5.6.7", "Non-ASCII addresses need SMTPUTF8");
/// More recipients than a message may have; the others can come in another one (RFC 5321 §4.5.3.1.10).
pub const TOO_MANY_RECIPIENTS: Reply = Reply::new(452, "4.5.3", "Too many recipients");
/// Talk before the greeting or past a command that ends a group (RFC 2920 §3.1).
pub const EARLY_TALK: Reply = Reply::new(554, "5.5.0", "You must wait for my answer");
/// A browser.
pub const NOT_HTTP: Reply = Reply::new(421, "4.7.0", "This is a mail server");
/// Too many wrong commands.
pub const TOO_MANY_ERRORS: Reply = Reply::new(421, "4.7.0", "Too many errors");
/// The client said nothing for too long.
pub const IDLE: Reply = Reply::new(421, "4.4.2", "Nothing heard for too long");
/// A message took too long.
pub const TOO_SLOW: Reply = Reply::new(421, "4.4.2", "The message took too long");
/// The node stops.
pub const STOPPING: Reply = Reply::new(421, "4.3.2", "Service is stopping, try again soon");
/// Connections are at their limit.
pub const TOO_MANY_CONNECTIONS: Reply = Reply::new(421, "4.7.0", "Too many connections, try again later");
/// Too many connections within a minute (LOG-05).
pub const TOO_OFTEN: Reply =
    Reply::new(421, "4.7.0", "Too many connections in a short time, try again later");
/// More recipients on a connection than one may have.
pub const TOO_MANY_ON_CONNECTION: Reply =
    Reply::new(421, "4.5.3", "Too many recipients on one connection, connect again for more");

/// The greeting.
pub fn greeting(hostname: &str) -> Reply {
    Reply::with(220, "", format!("{hostname} ESMTP Gatepost"))
}

/// The answer to HELO.
pub fn hello(hostname: &str) -> Reply {
    Reply::with(250, "", hostname.to_owned())
}

/// The answer to EHLO, all its lines.
pub fn extensions(hostname: &str, max_message_bytes: u64, offers_tls: bool) -> String {
    let tls = if offers_tls { "250-STARTTLS\r\n" } else { "" };
    format!(
        "250-{hostname}\r\n250-PIPELINING\r\n250-SIZE {max_message_bytes}\r\n{tls}250-8BITMIME\r\n\
         250-DSN\r\n250-PRDR\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n"
    )
}

/// The answer for each recipient follows (PRDR).
pub const EACH_RECIPIENT: Reply = Reply::new(353, "", "The answer for each recipient follows");

/// One recipient gets the message (PRDR).
pub fn accepted_for(recipient: &str) -> Reply {
    Reply::with(250, "2.1.5", format!("Accepted for {recipient}"))
}

/// The message is ours now.
pub fn accepted(message_id: &str) -> Reply {
    Reply::with(250, "2.0.0", format!("Accepted for delivery as {message_id}"))
}

/// Why a recipient or a message was refused. Texts: `reason.<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The domain is not ours, or the address asks for relaying.
    RelayDenied,
    /// The recipient's local part has a character that the domain refuses (SET-05).
    RestrictedCharacters,
    /// The domain is suspended.
    Suspended,
    /// The null sender with more than one recipient.
    NullSenderManyRecipients,
    /// A bare CR or LF, or a NUL, in the message.
    BareNewline,
    /// A line of more than 998 octets.
    LineTooLong,
    /// The message is larger than allowed.
    TooLarge,
    /// The header is larger than allowed.
    HeaderTooLarge,
    /// More than 100 Received fields.
    Loop,
    /// No space, or the disk failed.
    SpoolFull,
    /// No policy was heard yet.
    NoPolicy,
    /// The filter failed on it.
    NotJudged,
    /// Refused for its content.
    Spam,
    /// It carries a virus.
    Virus,
    /// It carries an attachment of a blocked type.
    Attachment,
    /// From or to a block list.
    Blocked,
    /// It is not formed as messages are, or its sender is forged.
    Content,
    /// It could not be scanned for viruses.
    ScannerAway,
    /// More parts than the recipient takes.
    TooManyParts,
    /// Its date is far away.
    WrongDate,
    /// A field that may be there once is there twice.
    NotFormed,
    /// Its subject has octets that are not encoded.
    SubjectCharacters,
    /// The greeting of the client is no host name.
    Greeting,
    /// The client is on a DNS block list.
    Listed,
    /// The destination server does not know the recipient (LOC-01).
    UnknownRecipient,
    /// The destination server could not be asked (LOC-01, X-02).
    CannotVerify,
    /// Too many bounces within the hour (SET-09).
    TooManyBounces,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 27] = [
        Self::RelayDenied,
        Self::RestrictedCharacters,
        Self::Suspended,
        Self::NullSenderManyRecipients,
        Self::BareNewline,
        Self::LineTooLong,
        Self::TooLarge,
        Self::HeaderTooLarge,
        Self::Loop,
        Self::SpoolFull,
        Self::NoPolicy,
        Self::NotJudged,
        Self::Spam,
        Self::Virus,
        Self::Attachment,
        Self::Blocked,
        Self::Content,
        Self::ScannerAway,
        Self::TooManyParts,
        Self::WrongDate,
        Self::NotFormed,
        Self::SubjectCharacters,
        Self::Greeting,
        Self::Listed,
        Self::UnknownRecipient,
        Self::CannotVerify,
        Self::TooManyBounces,
    ];

    /// Its name in records and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RelayDenied => "relay_denied",
            Self::RestrictedCharacters => "restricted_characters",
            Self::Suspended => "suspended",
            Self::NullSenderManyRecipients => "null_sender_many_recipients",
            Self::BareNewline => "bare_newline",
            Self::LineTooLong => "line_too_long",
            Self::TooLarge => "too_large",
            Self::HeaderTooLarge => "header_too_large",
            Self::Loop => "loop",
            Self::SpoolFull => "spool_full",
            Self::NoPolicy => "no_policy",
            Self::NotJudged => "not_judged",
            Self::Spam => "spam",
            Self::Virus => "virus",
            Self::Attachment => "attachment",
            Self::Blocked => "blocked",
            Self::Content => "content",
            Self::ScannerAway => "scanner_away",
            Self::TooManyParts => "too_many_parts",
            Self::WrongDate => "wrong_date",
            Self::NotFormed => "not_formed",
            Self::SubjectCharacters => "subject_characters",
            Self::Greeting => "greeting",
            Self::Listed => "listed",
            Self::UnknownRecipient => "unknown_recipient",
            Self::CannotVerify => "cannot_verify",
            Self::TooManyBounces => "too_many_bounces",
        }
    }

    /// What the client hears.
    pub const fn reply(self) -> Reply {
        match self {
            Self::RelayDenied => Reply::new(550, "5.7.1", "Relay not permitted!"),
            Self::RestrictedCharacters => Reply::new(550, "5.1.3", "restricted characters in address"),
            Self::Suspended => Reply::new(450, "4.2.1", "Mail for this domain is suspended, try again later"),
            Self::NullSenderManyRecipients => {
                Reply::new(550, "5.5.3", "Legitimate bounces are never sent to more than one recipient.")
            }
            Self::BareNewline => {
                Reply::new(550, "5.5.2", "Lines of a message must end with CRLF and hold no NUL")
            }
            Self::LineTooLong => Reply::new(550, "5.6.0", "Lines in message were longer than user maximum"),
            Self::TooLarge => Reply::new(552, "5.3.4", "Message is larger than allowed"),
            Self::HeaderTooLarge => Reply::new(552, "5.3.4", "Message header is larger than allowed"),
            Self::Loop => Reply::new(554, "5.4.6", "Too many hops: this message goes round in a loop"),
            Self::SpoolFull => Reply::new(452, "4.3.1", "No storage right now, try again later"),
            Self::NoPolicy => Reply::new(451, "4.3.5", "Not ready to take mail, try again later"),
            Self::NotJudged => Reply::new(451, "4.3.0", "The message cannot be checked now, try again later"),
            Self::Spam => Reply::new(550, "5.7.1", "High probability of spam"),
            Self::Virus => Reply::new(550, "5.7.1", "Message contains malware"),
            Self::Attachment => {
                Reply::new(550, "5.7.1", "Message contains an attachment that is not allowed")
            }
            Self::Blocked => Reply::new(550, "5.7.1", "Sender or recipient is blocked"),
            Self::Content => Reply::new(550, "5.7.1", "Message refused by its content"),
            Self::ScannerAway
            | Self::TooManyParts
            | Self::WrongDate
            | Self::NotFormed
            | Self::SubjectCharacters
            | Self::Greeting
            | Self::Listed
            | Self::UnknownRecipient
            | Self::CannotVerify
            | Self::TooManyBounces => self.reply_to_form(),
        }
    }

    const fn reply_to_form(self) -> Reply {
        match self {
            Self::ScannerAway => {
                Reply::new(451, "4.7.1", "The message cannot be scanned for malware now, try again later")
            }
            Self::TooManyParts => Reply::new(550, "5.6.0", "Message had more parts than the user maximum"),
            Self::WrongDate => {
                Reply::new(550, "5.6.0", "The Date of the message is more than 7 days away; set your clock")
            }
            Self::NotFormed => Reply::new(
                550,
                "5.6.0",
                "Message incorrectly formed: Subject, From or To is there more than once",
            ),
            Self::SubjectCharacters => {
                Reply::new(550, "5.6.0", "Subject contains invalid characters; encode it as RFC 2047 says")
            }
            Self::Greeting => {
                Reply::new(550, "5.7.1", "invalid greeting: EHLO must give the name of your server")
            }
            Self::UnknownRecipient => Reply::new(550, "5.1.1", "Destination address does not exist"),
            Self::CannotVerify => {
                Reply::new(451, "4.4.1", "Unable to verify destination address, try again later")
            }
            Self::TooManyBounces => {
                Reply::new(452, "4.7.1", "Too many bounces for this domain, try again later")
            }
            _ => Reply::new(
                550,
                "5.7.1",
                "Your server is on a DNS block list that this domain uses; ask its operator to be taken off",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::language::{Language, text};

    #[test]
    fn every_refusal_has_its_code_and_its_text_in_every_language() {
        for reason in Reason::ALL {
            let reply = reason.reply();
            assert!(reply.is_refusal() && reply.code < 600, "{reply}");
            assert_eq!(reply.enhanced.chars().next(), reply.to_string().chars().next(), "{reply}");
            for language in Language::ALL {
                let key = format!("reason.{}", reason.name());
                assert_ne!(text(language, &key), key, "{key} in {}", language.tag());
            }
        }
    }

    /// FIL-04, FIL-14, X-12, X-13.
    #[test]
    fn refusals_use_the_words_that_administrators_know() {
        for (reason, words) in [
            (Reason::RelayDenied, "550 5.7.1 Relay not permitted!"),
            (Reason::Spam, "550 5.7.1 High probability of spam"),
            (Reason::LineTooLong, "550 5.6.0 Lines in message were longer than user maximum"),
        ] {
            assert_eq!(reason.reply().to_string(), words);
        }
    }

    #[test]
    fn tls_is_offered_only_in_the_clear() {
        assert!(extensions("mx.test", 1, true).contains("250-STARTTLS\r\n"));
        assert!(!extensions("mx.test", 1, false).contains("STARTTLS"));
        assert!(extensions("mx.test", 1, false).ends_with("250 CHUNKING\r\n"));
    }
}
