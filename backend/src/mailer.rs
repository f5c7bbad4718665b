//! Mail that the panel itself sends: handed to the relay of the configuration, which queues it. Its links come from
//! the configured address alone, never from what a request says (P11).

use crate::config::Config;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use std::time::Duration;

/// The longest wait for the relay.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends mail.
#[derive(Clone)]
pub struct Mailer {
    relay: Option<AsyncSmtpTransport<Tokio1Executor>>,
    sender: Mailbox,
}

/// A mail in plain text.
#[derive(Clone, Debug)]
pub struct Letter {
    /// From whom; the configuration's sender if not given (SET-03).
    pub sender: Option<Address>,
    /// To whom.
    pub recipient: Address,
    /// The subject.
    pub subject: String,
    /// The text, with lines ended by LF.
    pub text: String,
}

impl Mailer {
    /// Sends by the relay of the configuration. The error is a sentence.
    pub fn new(config: &Config) -> Result<Self, String> {
        let sender: Mailbox = config.mail_sender.parse().map_err(|_| {
            "GATEPOST_MAIL_SENDER is no address such as Gatepost <gatepost@example.org>".to_owned()
        })?;
        let relay = config.smtp_relay.as_deref().map(|url| {
            // The URL may hold a password: the error does not repeat it.
            let relay = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                .map_err(|_| "GATEPOST_SMTP_RELAY is no address such as smtp://127.0.0.1:25".to_owned())?;
            Ok::<_, String>(relay.timeout(Some(PATIENCE)).build())
        });
        Ok(Self { relay: relay.transpose()?, sender })
    }

    /// Whether there is a relay.
    pub const fn is_set_up(&self) -> bool {
        self.relay.is_some()
    }

    /// Hands a mail to the relay. The error is a sentence for the log.
    pub async fn send(&self, letter: Letter) -> Result<(), String> {
        let relay = self.relay.as_ref().ok_or("there is no relay for mail: set GATEPOST_SMTP_RELAY")?;
        let message = Message::builder()
            .from(letter.sender.map_or_else(|| self.sender.clone(), |address| Mailbox::new(None, address)))
            .to(Mailbox::new(None, letter.recipient))
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .raw_header(lettre::message::header::HeaderValue::new(
                lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .body(letter.text)
            .map_err(|error| format!("a mail could not be written: {error}"))?;
        let sent = relay.send(message).await;
        sent.map(drop).map_err(|error| format!("the relay did not take a mail: {error}"))
    }
}
