//! MAIL and RCPT: one sender, and the recipients that are ours. What is refused here is refused before the message
//! is sent to us; for a domain of ours it is logged (LOG-03, LOG-04).

use super::{
    address::{self, Address, Fault},
    command::{MailParameters, ParameterFault},
    incoming::Incoming,
    notification::RecipientWish,
    protocol::{self, Reason, Reply},
};
use crate::{lookups::SenderPolicy, policy::Policy};
use contract::{nodes::DomainPolicy, settings::Settings};
use std::sync::Arc;

/// Recipients of one message (RFC 5321 §4.5.3.1.8 asks for 100).
const MAX_RECIPIENTS: usize = 1_000;

/// A recipient that was taken.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// Its domain.
    pub domain: Arc<DomainPolicy>,
    /// The settings in force for it.
    pub settings: Arc<Settings>,
    /// Of what the sender wants to hear.
    pub wish: RecipientWish,
}

/// A message announced by MAIL.
pub struct Transaction {
    /// MAIL FROM; empty for the null sender.
    pub sender: String,
    /// The parameters of MAIL.
    pub parameters: MailParameters,
    /// The recipients that were taken.
    pub recipients: Vec<Recipient>,
    /// The message, while it comes in chunks (BDAT).
    pub chunks: Option<Incoming>,
    /// SPF of the sender, once it is asked for.
    pub sender_policy: Option<SenderPolicy>,
    /// The policy that this message sees.
    pub policy: Arc<Policy>,
}

impl Transaction {
    /// MAIL, with what follows the colon.
    ///
    /// # Errors
    /// The reply that refuses it.
    pub fn begin(argument: &str, policy: Arc<Policy>, max_message_bytes: u64) -> Result<Self, Reply> {
        let (path, parameters) = address::split_path(argument).map_err(|_| protocol::SENDER_SYNTAX)?;
        let parameters = MailParameters::parse(parameters).map_err(reply)?;
        if parameters.size.is_some_and(|size| size > max_message_bytes) {
            return Err(Reason::TooLarge.reply());
        }
        let sender = match path {
            "" => String::new(),
            path => match address::parse(path, parameters.is_utf8) {
                Ok(address) => address.to_string(),
                Err(Fault::NotAscii) => return Err(protocol::NEEDS_SMTPUTF8),
                Err(_) => return Err(protocol::SENDER_SYNTAX),
            },
        };
        Ok(Self { sender, parameters, recipients: Vec::new(), chunks: None, sender_policy: None, policy })
    }

    /// RCPT, with what follows the colon.
    ///
    /// # Errors
    /// What refuses it.
    pub fn add(&mut self, argument: &str) -> Result<(), Refusal> {
        let refuse = |reply: Reply| Refusal { reply, logged: None };
        let (path, parameters) =
            address::split_path(argument).map_err(|_| refuse(protocol::RECIPIENT_SYNTAX))?;
        let wish = RecipientWish::parse(parameters, self.parameters.is_utf8)
            .map_err(|fault| refuse(reply(fault)))?;
        let address = address::parse(path, self.parameters.is_utf8).map_err(|fault| match fault {
            Fault::Syntax => refuse(protocol::RECIPIENT_SYNTAX),
            Fault::Relay => refuse(Reason::RelayDenied.reply()),
            Fault::NotAscii => refuse(protocol::NEEDS_SMTPUTF8),
        })?;
        if self.policy.is_empty() {
            return Err(refuse(Reason::NoPolicy.reply()));
        }
        let Some(domain) = self.policy.domain(&address.domain) else {
            return Err(refuse(Reason::RelayDenied.reply()));
        };
        let recipient = Recipient {
            settings: Arc::new(self.policy.settings(domain, &address.local)),
            domain: domain.clone(),
            address,
            wish,
        };
        if recipient.domain.is_suspended {
            let reason = Reason::Suspended;
            return Err(Refusal { reply: reason.reply(), logged: Some((Box::new(recipient), reason)) });
        }
        //
        if self.sender.is_empty() && !self.recipients.is_empty() {
            let reason = Reason::NullSenderManyRecipients;
            return Err(Refusal { reply: reason.reply(), logged: Some((Box::new(recipient), reason)) });
        }
        if self.recipients.len() >= MAX_RECIPIENTS {
            return Err(refuse(protocol::TOO_MANY_RECIPIENTS));
        }
        if !self.recipients.iter().any(|known| known.address == recipient.address) {
            self.recipients.push(recipient);
        }
        Ok(())
    }
}

fn reply(fault: ParameterFault) -> Reply {
    match fault {
        ParameterFault::Unknown => protocol::UNKNOWN_PARAMETER,
        ParameterFault::Value => protocol::WRONG_ARGUMENT,
    }
}

/// A recipient that was refused.
pub struct Refusal {
    /// What the client hears.
    pub reply: Reply,
    /// What the log says, if it is a domain of ours.
    pub logged: Option<(Box<Recipient>, Reason)>,
}
