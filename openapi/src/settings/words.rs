//! Types of settings that are a short text of a certain form.

use super::{Control, Invalid, SettingType};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The lowest contrast of letters with what is behind them (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;

fn text_of(value: &Value) -> Result<&str, Invalid> {
    value.as_str().ok_or(Invalid::WrongType)
}

/// A colour as `#rrggbb` on which white letters can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colour(pub Cow<'static, str>);

impl Colour {
    /// Red, green and blue of `#rrggbb`, each 0–255; none if the text is no colour.
    pub fn parts(text: &str) -> Option<[u8; 3]> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some([part(0)?, part(2)?, part(4)?])
    }

    /// The contrast of a colour with white, 1–21 (WCAG 2.2, contrast ratio).
    pub fn contrast_with_white(parts: [u8; 3]) -> f64 {
        let linear = parts.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        let [red, green, blue] = linear;
        let luminance = 0.2126f64.mul_add(red, 0.7152f64.mul_add(green, 0.0722 * blue));
        1.05 / (luminance + 0.05)
    }

    /// The nearest darker colour of the same hue on which white letters can be read; the colour itself if they can.
    pub fn readable(parts: [u8; 3]) -> [u8; 3] {
        let mut darker = parts;
        for percent in (0..=100_u16).rev() {
            darker = parts.map(|part| u8::try_from(u16::from(part) * percent / 100).unwrap_or(u8::MAX));
            if Self::contrast_with_white(darker) >= READABLE {
                break;
            }
        }
        darker
    }
}

impl SettingType for Colour {
    type Limits = ();
    fn from_json(value: &Value, _: &()) -> Result<Self, Invalid> {
        let text = text_of(value)?;
        let parts = Self::parts(text).ok_or(Invalid::NotAColour)?;
        if Self::contrast_with_white(parts) < READABLE {
            return Err(Invalid::TooLight);
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }
    fn to_json(&self) -> Value {
        json!(self.0)
    }
    fn control(_: &()) -> Control {
        Control::Colour
    }
}

/// A web or mail address to be followed, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link(pub Cow<'static, str>);

impl Link {
    const LONGEST: usize = 200;
}

impl SettingType for Link {
    type Limits = ();
    fn from_json(value: &Value, _: &()) -> Result<Self, Invalid> {
        let text = text_of(value)?;
        // Nothing that a browser would run.
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("mailto:"));
        let is_link = text.is_empty() || rest.is_some_and(|rest| rest.contains('.'));
        let is_plain =
            text.chars().all(|one| one.is_ascii_graphic() && !matches!(one, '"' | '<' | '>' | '\\'));
        if text.len() > Self::LONGEST {
            Err(Invalid::TooLong)
        } else if is_link && is_plain {
            Ok(Self(text.to_owned().into()))
        } else {
            Err(Invalid::NotALink)
        }
    }
    fn to_json(&self) -> Value {
        json!(self.0)
    }
    fn control(_: &()) -> Control {
        Control::Text { max_length: Self::LONGEST }
    }
}

/// A lower-case host name, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(pub Cow<'static, str>);

impl SettingType for HostName {
    type Limits = ();
    fn from_json(value: &Value, _: &()) -> Result<Self, Invalid> {
        let text = text_of(value)?;
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let is_name = text.len() <= 253 && text.contains('.') && text.split('.').all(is_label);
        if text.is_empty() || is_name { Ok(Self(text.to_owned().into())) } else { Err(Invalid::NotADomain) }
    }
    fn to_json(&self) -> Value {
        json!(self.0)
    }
    fn control(_: &()) -> Control {
        Control::Text { max_length: 253 }
    }
}

/// A word that can stand in the name of a header field: letters, digits and hyphens, a letter first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderWord(pub Cow<'static, str>);

impl HeaderWord {
    const LONGEST: usize = 30;
}

impl SettingType for HeaderWord {
    type Limits = ();
    fn from_json(value: &Value, _: &()) -> Result<Self, Invalid> {
        let text = text_of(value)?;
        let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
            && !text.ends_with('-')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if text.len() > Self::LONGEST {
            Err(Invalid::TooLong)
        } else if is_word {
            Ok(Self(text.to_owned().into()))
        } else {
            Err(Invalid::Characters)
        }
    }
    fn to_json(&self) -> Value {
        json!(self.0)
    }
    fn control(_: &()) -> Control {
        Control::Text { max_length: Self::LONGEST }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_letters_can_be_read_on_an_accent() {
        for colour in ["#2357d9", "#000000", "#B3261E", "#767676"] {
            assert!(Colour::from_json(&json!(colour), &()).is_ok(), "{colour}");
        }
        for colour in ["#ffffff", "#ffd400", "#777777"] {
            assert_eq!(Colour::from_json(&json!(colour), &()), Err(Invalid::TooLight), "{colour}");
            let readable = Colour::readable(Colour::parts(colour).unwrap());
            assert!(Colour::contrast_with_white(readable) >= READABLE, "{colour}");
        }
        for text in ["red", "#12345", "#12345g", "", "2357d9", "#ééé"] {
            assert_eq!(Colour::from_json(&json!(text), &()), Err(Invalid::NotAColour), "{text}");
        }
        assert!((Colour::contrast_with_white([255, 255, 255]) - 1.0).abs() < 0.001);
        assert!((Colour::contrast_with_white([0, 0, 0]) - 21.0).abs() < 0.001);
    }

    #[test]
    fn a_link_is_nothing_that_a_browser_runs() {
        for link in ["", "https://help.example.com/a?b=c", "mailto:help@example.com"] {
            assert!(Link::from_json(&json!(link), &()).is_ok(), "{link}");
        }
        for link in ["javascript:alert(1).x", "http://help.example.com", "https://a.b/\"><", "help"] {
            assert_eq!(Link::from_json(&json!(link), &()), Err(Invalid::NotALink), "{link}");
        }
    }

    #[test]
    fn a_header_word_breaks_no_header() {
        for word in ["Gatepost", "North-Mail", "a1"] {
            assert!(HeaderWord::from_json(&json!(word), &()).is_ok(), "{word}");
        }
        for word in ["", "1a", "a:", "a b", "a\r\nb", "ü", "a-"] {
            assert_eq!(HeaderWord::from_json(&json!(word), &()), Err(Invalid::Characters), "{word:?}");
        }
        assert!(HostName::from_json(&json!("mail.example.com"), &()).is_ok());
        for name in ["example", "Mail.example.com", "a..b", "-a.b"] {
            assert_eq!(HostName::from_json(&json!(name), &()), Err(Invalid::NotADomain), "{name}");
        }
    }
}
