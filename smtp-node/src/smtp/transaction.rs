//! MAIL and RCPT: one sender, and the recipients that are ours. What is refused here is refused before the message
//! is sent to us; for a domain of ours it is logged (LOG-03, LOG-04).

use super::{
    address::{self, Address, Fault},
    command::{MailParameters, ParameterFault},
    incoming::Incoming,
    notification::RecipientWish,
    protocol::{self, Reason, Reply},
};
use crate::{lookups::SenderPolicy, policy::Policy, ruling::is_refused_for_size};
use contract::{
    nodes::DomainPolicy,
    settings::{
        Settings, Text,
        domain::{LOG_INVALID_RECIPIENTS, REJECTED_CHARACTERS},
        rules::CHECK_GREETING,
    },
};
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
    /// Whether the client's greeting is no host name.
    pub is_greeting_wrong: bool,
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
        Ok(Self {
            sender,
            parameters,
            recipients: Vec::new(),
            chunks: None,
            sender_policy: None,
            policy,
            is_greeting_wrong: false,
        })
    }

    /// RCPT, with what follows the colon.
    ///
    /// # Errors
    /// What refuses it.
    pub fn read(&self, argument: &str) -> Result<Recipient, Refusal> {
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
        if let Some(reason) = self.objection(&recipient) {
            return Err(Refusal::of(recipient, reason));
        }
        if self.recipients.len() >= MAX_RECIPIENTS {
            return Err(refuse(protocol::TOO_MANY_RECIPIENTS));
        }
        Ok(recipient)
    }

    /// Takes a recipient, once.
    pub fn add(&mut self, recipient: Recipient) {
        if !self.recipients.iter().any(|known| known.address == recipient.address) {
            self.recipients.push(recipient);
        }
    }

    /// Why a recipient of a domain of ours is not taken.
    fn objection(&self, recipient: &Recipient) -> Option<Reason> {
        let is_null_sender_again = self.sender.is_empty() && !self.recipients.is_empty();
        let Text(rejected) = recipient.settings.get(&REJECTED_CHARACTERS);
        let has_rejected = recipient.address.local.chars().any(|one| rejected.contains(one));
        if recipient.domain.is_suspended {
            Some(Reason::Suspended)
        } else if has_rejected {
            Some(Reason::RestrictedCharacters)
        } else if self.is_greeting_wrong && recipient.settings.get(&CHECK_GREETING) {
            Some(Reason::Greeting)
        } else if self.parameters.size.is_some_and(|size| is_refused_for_size(size, &recipient.settings)) {
            Some(Reason::TooLarge)
        } else {
            //
            is_null_sender_again.then_some(Reason::NullSenderManyRecipients)
        }
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

impl Refusal {
    /// Of a recipient at a domain of ours; logged unless the domain does not want to hear of what cannot be (SET-04).
    pub fn of(recipient: Recipient, reason: Reason) -> Self {
        let cannot_be = matches!(reason, Reason::RestrictedCharacters | Reason::UnknownRecipient);
        let is_silent = cannot_be && !recipient.settings.get(&LOG_INVALID_RECIPIENTS);
        Self { reply: reason.reply(), logged: (!is_silent).then(|| (Box::new(recipient), reason)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::nodes::{PolicyChanges, PolicyDocument};
    use serde_json::json;
    use std::collections::BTreeMap;

    /// What RCPT hears with these settings of the domain, and whether the log says so.
    fn told(path: &str, is_suspended: bool, settings: &[(&str, serde_json::Value)]) -> Option<(u16, bool)> {
        let domain = PolicyDocument::Domain(DomainPolicy {
            name: "ours.test".into(),
            reseller: None,
            is_suspended,
            routes: vec![],
            settings: settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
            mailboxes: BTreeMap::new(),
        });
        let changes = PolicyChanges { revision: 1, documents: vec![domain], more: false };
        let policy = Arc::new(Policy::default().after(changes));
        let transaction = Transaction::begin("<jane@sender.test>", policy, 1_000).unwrap();
        transaction.read(path).err().map(|refusal| (refusal.reply.code, refusal.logged.is_some()))
    }

    /// SET-04, SET-05.
    #[test]
    fn a_recipient_with_a_rejected_character_is_refused_and_logged_if_wanted() {
        let rejected = (REJECTED_CHARACTERS.key, json!("&:"));
        assert_eq!(told("<a&b@ours.test>", false, std::slice::from_ref(&rejected)), Some((550, false)));
        assert_eq!(told("<a.b@ours.test>", false, std::slice::from_ref(&rejected)), None);
        let logged = (LOG_INVALID_RECIPIENTS.key, json!(true));
        assert_eq!(told("<\"a:b\"@ours.test>", false, &[rejected, logged]), Some((550, true)));
        assert_eq!(told("<a&b@ours.test>", false, &[]), None);
    }

    #[test]
    fn mail_of_a_suspended_domain_waits_at_its_senders() {
        assert_eq!(told("<anna@ours.test>", true, &[]), Some((450, true)));
    }
}
