//! What the sender wants to hear of the delivery (RFC 3461): RET and ENVID of MAIL, NOTIFY and ORCPT of RCPT. It lies
//! in the spool with the message, goes on to servers that understand it, and decides what we tell ourselves.

use super::command::ParameterFault;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Characters of an ENVID (RFC 3461 §4.4).
const MAX_ENVELOPE_ID: usize = 100;
/// Characters of an ORCPT (RFC 3461 §4.2).
const MAX_ORIGINAL: usize = 500;

/// RET: how much of the message a report of a failure returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Return {
    /// The whole message.
    Full,
    /// Its header.
    Headers,
}

/// What MAIL says of notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageWish {
    /// RET.
    pub returns: Option<Return>,
    /// ENVID, as xtext.
    pub envelope_id: Option<String>,
}

/// NOTIFY: of what the sender wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// That the message was delivered.
    pub success: bool,
    /// That it never will be.
    pub failure: bool,
    /// That it takes longer.
    pub delay: bool,
}

impl Notify {
    /// What holds where NOTIFY is not said.
    pub const USUAL: Self = Self { success: false, failure: true, delay: false };
    const NEVER: Self = Self { success: false, failure: false, delay: false };

    fn parse(value: &str) -> Result<Self, ParameterFault> {
        if value.eq_ignore_ascii_case("NEVER") {
            return Ok(Self::NEVER);
        }
        let mut notify = Self::NEVER;
        for word in value.split(',') {
            let wish = match word.to_ascii_uppercase().as_str() {
                "SUCCESS" => &mut notify.success,
                "FAILURE" => &mut notify.failure,
                "DELAY" => &mut notify.delay,
                _ => return Err(ParameterFault::Value),
            };
            *wish = true;
        }
        Ok(notify)
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.success, "SUCCESS"), (self.failure, "FAILURE"), (self.delay, "DELAY")];
        let words: Vec<&str> =
            words.into_iter().filter_map(|(wanted, word)| wanted.then_some(word)).collect();
        f.write_str(if words.is_empty() { "NEVER" } else { "" })?;
        f.write_str(&words.join(","))
    }
}

/// What RCPT says of notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientWish {
    /// NOTIFY.
    pub notify: Option<Notify>,
    /// ORCPT: the kind of the address, a semicolon, the address as xtext.
    pub original: Option<String>,
}

impl RecipientWish {
    /// Reads what follows the path of RCPT. `is_utf8`: whether SMTPUTF8 was asked for (RFC 6533 §3).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, is_utf8: bool) -> Result<Self, ParameterFault> {
        let mut wish = Self::default();
        for parameter in text.split(' ').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "NOTIFY" if wish.notify.is_none() => wish.notify = Some(Notify::parse(value)?),
                "ORCPT" if wish.original.is_none() => wish.original = Some(original(value, is_utf8)?),
                "NOTIFY" | "ORCPT" => return Err(ParameterFault::Value),
                _ => return Err(ParameterFault::Unknown),
            }
        }
        Ok(wish)
    }

    /// Of what the sender wants to hear.
    pub fn wanted(&self) -> Notify {
        self.notify.unwrap_or(Notify::USUAL)
    }

    /// The original recipient as a report writes it: its kind and the address.
    pub fn original_in_words(&self) -> Option<String> {
        let (kind, address) = self.original.as_ref()?.split_once(';')?;
        Some(format!("{kind}; {}", decoded(address)?))
    }
}

impl MessageWish {
    /// Takes a parameter of MAIL; `None` if it is none of ours.
    ///
    /// # Errors
    /// What is wrong with its value.
    pub fn take(&mut self, name: &str, value: &str) -> Option<Result<(), ParameterFault>> {
        match name {
            "RET" => Some(self.take_return(value)),
            "ENVID" => Some(self.take_envelope_id(value)),
            _ => None,
        }
    }

    fn take_return(&mut self, value: &str) -> Result<(), ParameterFault> {
        let returns = match value.to_ascii_uppercase().as_str() {
            "FULL" => Return::Full,
            "HDRS" => Return::Headers,
            _ => return Err(ParameterFault::Value),
        };
        match self.returns.replace(returns) {
            None => Ok(()),
            Some(_) => Err(ParameterFault::Value),
        }
    }

    fn take_envelope_id(&mut self, value: &str) -> Result<(), ParameterFault> {
        let is_id = (1..=MAX_ENVELOPE_ID).contains(&value.len()) && decoded(value).is_some();
        if !is_id || self.envelope_id.is_some() {
            return Err(ParameterFault::Value);
        }
        self.envelope_id = Some(value.to_owned());
        Ok(())
    }

    /// The envelope's id as a report writes it.
    pub fn envelope_id_in_words(&self) -> Option<String> {
        decoded(self.envelope_id.as_ref()?)
    }
}

fn original(value: &str, is_utf8: bool) -> Result<String, ParameterFault> {
    let (kind, address) = value.split_once(';').ok_or(ParameterFault::Value)?;
    let is_kind = !kind.is_empty() && kind.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let is_address = !address.is_empty()
        && value.len() <= MAX_ORIGINAL
        && (is_utf8 || address.is_ascii())
        && decoded(address).is_some();
    if is_kind && is_address { Ok(value.to_owned()) } else { Err(ParameterFault::Value) }
}

/// The text that xtext stands for (RFC 3461 §4); `None` if it is not xtext, or would not fit on a line of a report.
fn decoded(xtext: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(xtext.len());
    let mut rest = xtext.bytes();
    while let Some(octet) = rest.next() {
        match octet {
            b'+' => octets.push(hex(rest.next()?)? << 4 | hex(rest.next()?)?),
            b'=' | ..=b' ' | 127 => return None,
            other => octets.push(other),
        }
    }
    String::from_utf8(octets).ok().filter(|text| !text.chars().any(char::is_control))
}

/// RFC 3461 §4: upper case.
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_of_recipients_are_read_and_passed_on_as_they_came() {
        let wish = RecipientWish::parse("NOTIFY=success,DELAY ORCPT=rfc822;a+2Bb@c.test", false).unwrap();
        assert_eq!(wish.wanted().to_string(), "SUCCESS,DELAY");
        assert_eq!(wish.original.as_deref(), Some("rfc822;a+2Bb@c.test"));
        assert_eq!(wish.original_in_words().as_deref(), Some("rfc822; a+b@c.test"));
        let never = RecipientWish::parse("NOTIFY=NEVER", false).unwrap();
        assert_eq!(never.wanted().to_string(), "NEVER");
        assert_eq!(RecipientWish::parse("", false).unwrap().wanted(), Notify::USUAL);
        for (text, fault) in [
            ("NOTIFY=NEVER,SUCCESS", ParameterFault::Value),
            ("NOTIFY=", ParameterFault::Value),
            ("NOTIFY=DELAY NOTIFY=DELAY", ParameterFault::Value),
            ("ORCPT=a@b.test", ParameterFault::Value),
            ("ORCPT=rfc822;a+0D+0Ab", ParameterFault::Value),
            ("ORCPT=rfc822;a+2x", ParameterFault::Value),
            ("ORCPT=utf-8;ä@b.test", ParameterFault::Value),
            ("FOO=1", ParameterFault::Unknown),
        ] {
            assert_eq!(RecipientWish::parse(text, false), Err(fault), "{text}");
        }
        assert!(RecipientWish::parse("ORCPT=utf-8;ä@b.test", true).is_ok());
    }

    #[test]
    fn wishes_of_messages_are_read_once() {
        let mut wish = MessageWish::default();
        assert_eq!(wish.take("RET", "hdrs"), Some(Ok(())));
        assert_eq!(wish.take("ENVID", "QQ+2B314"), Some(Ok(())));
        assert_eq!(wish.take("ENVID", "again"), Some(Err(ParameterFault::Value)));
        assert_eq!(wish.take("RET", "FULL"), Some(Err(ParameterFault::Value)));
        assert_eq!(wish.take("SIZE", "1"), None);
        assert_eq!(wish.envelope_id_in_words().as_deref(), Some("QQ+314"));
    }
}
