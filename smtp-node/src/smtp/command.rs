//! SMTP commands as read from a line (RFC 5321 §4.1). No replies here: the session chooses them.

use super::notification::MessageWish;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// HELO.
    Helo(String),
    /// EHLO.
    Ehlo(String),
    /// MAIL FROM, with what follows the colon.
    Mail(String),
    /// RCPT TO, with what follows the colon.
    Rcpt(String),
    /// DATA.
    Data,
    /// BDAT (RFC 3030): octets, and whether the chunk is the last.
    Bdat(u64, bool),
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// VRFY or EXPN.
    Verify,
    /// HELP.
    Help,
    /// STARTTLS.
    StartTls,
    /// A verb of HTTP.
    Http,
    /// A known command with a wrong argument.
    WrongArgument,
    /// BDAT with a wrong argument: where the next command begins is not known.
    WrongChunk,
    /// A command that exists, but not here.
    NotHere,
    /// Anything else.
    Unknown,
}

impl Command {
    /// Reads a line without its end.
    pub fn parse(line: &str) -> Self {
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim();
        let no_argument = |command| if argument.is_empty() { command } else { Self::WrongArgument };
        match verb.to_ascii_uppercase().as_str() {
            "HELO" => name(argument).map_or(Self::WrongArgument, Self::Helo),
            "EHLO" => name(argument).map_or(Self::WrongArgument, Self::Ehlo),
            "MAIL" => after("FROM:", argument).map_or(Self::WrongArgument, Self::Mail),
            "RCPT" => after("TO:", argument).map_or(Self::WrongArgument, Self::Rcpt),
            "DATA" => no_argument(Self::Data),
            "BDAT" => chunk(argument),
            "RSET" => no_argument(Self::Rset),
            "NOOP" => Self::Noop,
            "QUIT" => no_argument(Self::Quit),
            "VRFY" | "EXPN" => Self::Verify,
            "HELP" => Self::Help,
            "STARTTLS" => no_argument(Self::StartTls),
            "GET" | "POST" | "PUT" | "HEAD" | "CONNECT" | "OPTIONS" | "PATCH" | "DELETE" | "TRACE"
            | "PRI" => Self::Http,
            "AUTH" | "ETRN" | "TURN" | "ATRN" => Self::NotHere,
            _ => Self::Unknown,
        }
    }
}

/// What a client calls itself: a name or an address literal, anything printable without spaces.
fn name(argument: &str) -> Option<String> {
    let is_name = !argument.is_empty()
        && argument.len() <= 255
        && argument.chars().all(|character| !character.is_control() && !character.is_whitespace());
    is_name.then(|| argument.to_owned())
}

fn after(keyword: &str, argument: &str) -> Option<String> {
    let (start, rest) = argument.split_at_checked(keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then(|| rest.to_owned())
}

fn chunk(argument: &str) -> Command {
    let (size, last) = argument.split_once(' ').unwrap_or((argument, ""));
    let is_last = match last.trim() {
        "" => false,
        word if word.eq_ignore_ascii_case("LAST") => true,
        _ => return Command::WrongChunk,
    };
    if !size.bytes().all(|byte| byte.is_ascii_digit()) {
        return Command::WrongChunk;
    }
    size.parse().map_or(Command::WrongChunk, |size| Command::Bdat(size, is_last))
}

/// The parameters of MAIL (RFC 1870, 3461, 6152, 6531).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// The size the client announced, in octets.
    pub size: Option<u64>,
    /// BODY=8BITMIME.
    pub is_eight_bit: bool,
    /// SMTPUTF8.
    pub is_utf8: bool,
    /// Whether each recipient is to be answered for (PRDR, draft-hall-prdr).
    pub wants_each: bool,
    /// RET and ENVID.
    pub wish: MessageWish,
}

/// Why parameters are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterFault {
    /// A parameter that is not known.
    Unknown,
    /// A wrong value.
    Value,
}

impl MailParameters {
    /// Reads what follows the path.
    pub fn parse(text: &str) -> Result<Self, ParameterFault> {
        let mut parameters = Self::default();
        for parameter in text.split(' ').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let name = name.to_ascii_uppercase();
            if let Some(taken) = parameters.wish.take(&name, value) {
                taken?;
                continue;
            }
            match name.as_str() {
                "SIZE" => {
                    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                        return Err(ParameterFault::Value);
                    }
                    // More digits than fit are more than any limit.
                    parameters.size = Some(value.parse().unwrap_or(u64::MAX));
                }
                "BODY" => match value.to_ascii_uppercase().as_str() {
                    "7BIT" => {}
                    "8BITMIME" => parameters.is_eight_bit = true,
                    _ => return Err(ParameterFault::Value),
                },
                "PRDR" if value.is_empty() => parameters.wants_each = true,
                "SMTPUTF8" if value.is_empty() => parameters.is_utf8 = true,
                _ => return Err(ParameterFault::Unknown),
            }
        }
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_commands() {
        for (line, command) in [
            ("ehlo client.test", Command::Ehlo("client.test".into())),
            ("EHLO", Command::WrongArgument),
            ("MAIL FROM:<>", Command::Mail("<>".into())),
            ("mail from: <a@b.test>", Command::Mail(" <a@b.test>".into())),
            ("MAIL", Command::WrongArgument),
            ("RCPT TO:<a@b.test>", Command::Rcpt("<a@b.test>".into())),
            ("DATA", Command::Data),
            ("DATA x", Command::WrongArgument),
            ("BDAT 5", Command::Bdat(5, false)),
            ("BDAT 0 last", Command::Bdat(0, true)),
            ("BDAT", Command::WrongChunk),
            ("BDAT -5 LAST", Command::WrongChunk),
            ("BDAT 99999999999999999999 LAST", Command::WrongChunk),
            ("STARTTLS x", Command::WrongArgument),
            ("QUIT now", Command::WrongArgument),
            ("POST / HTTP/1.1", Command::Http),
            ("AUTH PLAIN x", Command::NotHere),
            ("", Command::Unknown),
            ("FROB", Command::Unknown),
        ] {
            assert_eq!(Command::parse(line), command, "{line}");
        }
    }

    #[test]
    fn mail_parameters_are_read() {
        let parameters = MailParameters::parse("SIZE=100 body=8bitmime SMTPUTF8").unwrap();
        assert_eq!(
            parameters,
            MailParameters { size: Some(100), is_eight_bit: true, is_utf8: true, ..parameters.clone() }
        );
        let parameters = MailParameters::parse("RET=HDRS ENVID=x").unwrap();
        assert_eq!(parameters.wish.envelope_id.as_deref(), Some("x"));
        assert_eq!(MailParameters::parse("SIZE=99999999999999999999999").unwrap().size, Some(u64::MAX));
        for (text, fault) in [
            ("SIZE=-1", ParameterFault::Value),
            ("SIZE=", ParameterFault::Value),
            ("BODY=9BIT", ParameterFault::Value),
            ("FOO=BAR", ParameterFault::Unknown),
        ] {
            assert_eq!(MailParameters::parse(text), Err(fault), "{text}");
        }
    }
}
