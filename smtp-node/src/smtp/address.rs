//! Addresses of MAIL and RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3). Strict: what could be read in two ways is refused,
//! because the next server might read it in the other.

use std::fmt;

/// An address with its domain in comparable form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// The local part as it was written.
    pub local: String,
    /// The domain as A-label in lower case, or an address literal.
    pub domain: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// Why an address is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not an address.
    Syntax,
    /// It asks to be passed on elsewhere (RFC 5321 §3.6.1).
    Relay,
    /// It needs SMTPUTF8, which the client did not ask for.
    NotAscii,
}

/// What stands between the angle brackets, and the parameters after them.
pub fn split_path(argument: &str) -> Result<(&str, &str), Fault> {
    let rest = argument.trim_start_matches(' ').strip_prefix('<').ok_or(Fault::Syntax)?;
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, character) in rest.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => {
                let (path, parameters) = rest.split_at(at);
                let parameters = parameters.get(1..).unwrap_or_default();
                if !parameters.is_empty() && !parameters.starts_with(' ') {
                    return Err(Fault::Syntax);
                }
                return Ok((path, parameters.trim()));
            }
            '<' if !is_quoted => return Err(Fault::Syntax),
            _ => {}
        }
    }
    Err(Fault::Syntax)
}

/// Reads an address. `is_utf8`: whether SMTPUTF8 was asked for.
pub fn parse(path: &str, is_utf8: bool) -> Result<Address, Fault> {
    if path.len() > 254 {
        return Err(Fault::Syntax);
    }
    if path.starts_with('@') {
        return Err(Fault::Relay);
    }
    if !is_utf8 && !path.is_ascii() {
        return Err(Fault::NotAscii);
    }
    let (local, domain) = path.rsplit_once('@').ok_or(Fault::Syntax)?;
    check_local(local)?;
    Ok(Address { local: local.to_owned(), domain: read_domain(domain)? })
}

fn check_local(local: &str) -> Result<(), Fault> {
    if local.is_empty() || local.len() > 64 {
        return Err(Fault::Syntax);
    }
    if let Some(inner) = local.strip_prefix('"') {
        let inner = inner.strip_suffix('"').filter(|inner| !inner.is_empty()).ok_or(Fault::Syntax)?;
        let mut is_escaped = false;
        for character in inner.chars() {
            match character {
                _ if character.is_control() => return Err(Fault::Syntax),
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => return Err(Fault::Syntax),
                '@' | '%' | '!' => return Err(Fault::Relay),
                _ => {}
            }
        }
        return if is_escaped { Err(Fault::Syntax) } else { Ok(()) };
    }
    if local.contains(['@', '%', '!']) {
        return Err(Fault::Relay);
    }
    let is_atom = |part: &str| {
        !part.is_empty()
            && part.chars().all(|character| {
                character.is_ascii_alphanumeric()
                    || "#$&'*+-/=?^_`{|}~".contains(character)
                    || (!character.is_ascii() && !character.is_control() && !character.is_whitespace())
            })
    };
    if local.split('.').all(is_atom) { Ok(()) } else { Err(Fault::Syntax) }
}

fn read_domain(domain: &str) -> Result<String, Fault> {
    if let Some(literal) = domain.strip_prefix('[') {
        let literal = literal.strip_suffix(']').ok_or(Fault::Syntax)?;
        let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
        return match address.parse::<std::net::IpAddr>() {
            Ok(_) => Ok(domain.to_owned()),
            Err(_) => Err(Fault::Syntax),
        };
    }
    let ascii = if domain.is_ascii() {
        domain.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii_strict(domain).map_err(|_| Fault::Syntax)?
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if ascii.len() <= 253 && ascii.split('.').all(is_label) { Ok(ascii) } else { Err(Fault::Syntax) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_parted_from_its_parameters() {
        assert_eq!(split_path("<a@b.test> SIZE=1"), Ok(("a@b.test", "SIZE=1")));
        assert_eq!(split_path(" <>"), Ok(("", "")));
        assert_eq!(split_path(r#"<"a>b"@c.test>"#), Ok((r#""a>b"@c.test"#, "")));
        for text in ["a@b.test", "<a@b.test", "", "<a<b>", "<a@b>x"] {
            assert_eq!(split_path(text), Err(Fault::Syntax), "{text}");
        }
    }

    /// X-13: no form of an address takes mail elsewhere.
    #[test]
    fn forms_that_ask_for_relaying_are_refused() {
        for text in [
            "user%elsewhere.invalid@ours.test",
            "@ours.test:user@elsewhere.invalid",
            "elsewhere.invalid!user@ours.test",
            "\"user@elsewhere.invalid\"@ours.test",
            "user@elsewhere.invalid@ours.test",
        ] {
            assert_eq!(parse(text, false), Err(Fault::Relay), "{text}");
        }
        for text in ["user@ours.test.", "user", "\"\"user\"@ours.test", "a..b@ours.test", "user@[2130706433]"]
        {
            assert_eq!(parse(text, false), Err(Fault::Syntax), "{text}");
        }
    }

    #[test]
    fn an_international_domain_is_compared_as_its_a_label() {
        assert_eq!(parse("jos\u{e9}@b\u{fc}cher.test", false), Err(Fault::NotAscii));
        let address = parse("jos\u{e9}@B\u{fc}cher.test", true).unwrap();
        assert_eq!(address.domain, "xn--bcher-kva.test");
        assert_eq!(parse("A.b+c@Example.COM", false).unwrap().to_string(), "A.b+c@example.com");
    }
}
