//! What a file is: by its first octets, and by its name.

/// Octets by which files are known, and the ending they deserve. Only what is worth knowing here.
const MAGIC: [(&[u8], &str); 12] = [
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b\x08", "gz"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x7fELF", "elf"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (b"\xca\xfe\xba\xbe\x00\x00\x00", "class"),
    (b"MSCF\x00\x00\x00\x00", "cab"),
    (b"ITSF\x03\x00\x00\x00", "chm"),
    (b"BZh9", "bz2"),
];

/// The ending that the octets of a file deserve; empty if they tell nothing.
pub fn of(octets: &[u8]) -> &'static str {
    if is_program(octets) {
        return "exe";
    }
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| octets.starts_with(magic)) {
        return kind;
    }
    match octets.get(257..262) {
        Some(b"ustar") => "tar",
        _ if octets.get(0x8001..0x8006) == Some(b"CD001") => "iso",
        _ => "",
    }
}

/// A program of DOS or Windows: `MZ`, and a header of that size.
fn is_program(octets: &[u8]) -> bool {
    if !octets.starts_with(b"MZ") {
        return false;
    }
    let offset =
        octets.get(0x3c..0x40).and_then(|four| <[u8; 4]>::try_from(four).ok()).map(u32::from_le_bytes);
    let at = offset.and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
    let is_windows = matches!(octets.get(at..at.saturating_add(2)), Some(b"PE" | b"NE" | b"LE"));
    // Text that happens to begin with these letters has no octets below the space.
    is_windows || octets.iter().take(64).any(|one| *one == 0)
}

/// A name as systems that open it understand it: without path, without what is not seen, in lower case.
pub fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen = name.chars().filter(|one| !is_unseen(*one)).map(|one| match one {
        '\u{ff0e}' | '\u{2024}' | '\u{fe52}' | '\u{3002}' => '.',
        '\u{ff01}'..='\u{ff5e}' => u32::from(one).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(one),
        other => other,
    });
    let lower: String = seen.flat_map(char::to_lowercase).collect();
    lower.trim_end_matches(['.', ' ', '"', '\'']).to_owned()
}

fn is_unseen(one: char) -> bool {
    one.is_control()
        || matches!(one, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether a name ends like that. An ending can have dots of its own (`tar.gz`).
pub fn ends_with(plain: &str, ending: &str) -> bool {
    plain.strip_suffix(ending).is_some_and(|before| before.ends_with('.'))
}

/// A list of endings as people write it, with or without dots, separated by spaces or commas.
pub fn endings(list: &str) -> impl Iterator<Item = String> {
    list.split([' ', ',', ';', '\t'])
        .map(|one| one.trim().trim_start_matches(['*', '.']).to_lowercase())
        .filter(|one| !one.is_empty())
}

/// A name with encoded words decoded (RFC 2047), which some programs write where they do not belong, and with
/// percent signs decoded (RFC 2231).
pub fn decoded(name: &str) -> String {
    let text = if name.contains("=?") {
        let field = format!("Subject: {name}\r\n\r\n");
        let parsed = mail_parser::MessageParser::new().parse_headers(field.as_bytes());
        parsed.and_then(|parsed| parsed.subject().map(str::to_owned)).unwrap_or_else(|| name.to_owned())
    } else {
        name.to_owned()
    };
    match text.split_once("''") {
        Some((_, rest)) if rest.contains('%') => percent_decoded(rest),
        _ => text,
    }
}

fn percent_decoded(text: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((one, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *one == b'%') {
            Some(octet) => {
                octets.push(octet);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                octets.push(*one);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ATT-01, S13.
    #[test]
    fn a_name_is_what_the_system_that_opens_it_makes_of_it() {
        for (name, ending, matches) in [
            ("Invoice.PDF.EXE", "exe", true),
            ("invoice.exe. .", "exe", true),
            ("C:\\x\\..\\setup.exe", "exe", true),
            ("gpj.\u{202e}exe.scr", "scr", true),
            ("setup\u{ff0e}\u{ff45}xe", "exe", true),
            ("exe", "exe", false),
            ("setup.exe.txt", "exe", false),
            ("backup.tar.gz", "tar.gz", true),
            ("backup.gz", "tar.gz", false),
        ] {
            assert_eq!(ends_with(&plain(name), ending), matches, "{name}");
        }
        assert_eq!(endings(".ISO, *.img;tar.gz").collect::<Vec<_>>(), ["iso", "img", "tar.gz"]);
        assert_eq!(decoded("=?utf-8?B?c2V0dXAuZXhl?="), "setup.exe");
        assert_eq!(decoded("utf-8''set%75p%2eexe"), "setup.exe");
    }

    #[test]
    fn programs_are_known_whatever_they_are_called() {
        assert_eq!(of(b"MZ\x90\x00\x03\x00\x00\x00"), "exe");
        assert_eq!(of(b"MZ is how this letter begins"), "");
        assert_eq!(of(b"PK\x03\x04rest"), "zip");
        assert_eq!(of(b""), "");
    }
}
