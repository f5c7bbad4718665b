//! What a rar archive lists (versions 4 and 5): names, whether files are encrypted, and those that are stored as they
//! are. Nothing is unpacked: what is packed inside is noted as not looked into where it is an archive itself.

/// A file in the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed<'a> {
    pub(super) name: String,
    pub(super) is_encrypted: bool,
    /// Its octets, if they are not packed.
    pub(super) stored: Option<&'a [u8]>,
}

/// What a list ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// Even the list is encrypted.
    Encrypted,
    Broken,
}

const FOUR: &[u8] = b"Rar!\x1a\x07\x00";
const FIVE: &[u8] = b"Rar!\x1a\x07\x01\x00";
/// Files read of a list.
const FILES: usize = 10_000;

/// The files of an archive, as far as the list goes.
pub(super) fn list(archive: &[u8]) -> (Vec<Listed<'_>>, End) {
    let mut files = Vec::new();
    let end = if let Some(rest) = archive.strip_prefix(FIVE) {
        list_five(rest, &mut files)
    } else if let Some(rest) = archive.strip_prefix(FOUR) {
        list_four(rest, &mut files)
    } else {
        None
    };
    (files, end.unwrap_or(End::Broken))
}

fn number(octets: &[u8], at: usize, length: usize) -> Option<usize> {
    let some = octets.get(at..at.checked_add(length)?)?;
    let value = some.iter().rev().fold(0_u64, |value, one| value << 8 | u64::from(*one));
    usize::try_from(value).ok()
}

fn list_four<'a>(mut rest: &'a [u8], files: &mut Vec<Listed<'a>>) -> Option<End> {
    while !rest.is_empty() && files.len() < FILES {
        let (kind, flags, size) = (*rest.get(2)?, number(rest, 3, 2)?, number(rest, 5, 2)?);
        let mut data = if flags & 0x8000 != 0 { number(rest, 7, 4)? } else { 0 };
        match kind {
            0x73 if flags & 0x80 != 0 => return Some(End::Encrypted),
            0x7b => return Some(End::Whole),
            0x74 => {
                data = number(rest, 7, 4)?;
                let (method, name_size) = (*rest.get(25)?, number(rest, 26, 2)?);
                let start: usize = if flags & 0x100 != 0 { 40 } else { 32 };
                let name = rest.get(start..start.checked_add(name_size)?)?;
                // A name beyond ASCII follows its plain form after a zero.
                let name = name.split(|one| *one == 0).next().unwrap_or_default();
                let is_encrypted = flags & 0x04 != 0;
                let body = rest.get(size..size.checked_add(data)?);
                let stored = body.filter(|_| method == 0x30 && !is_encrypted);
                files.push(Listed { name: String::from_utf8_lossy(name).into_owned(), is_encrypted, stored });
            }
            _ => {}
        }
        if size < 7 {
            return None;
        }
        rest = rest.get(size.checked_add(data)?..)?;
    }
    rest.is_empty().then_some(End::Whole)
}

/// A number of version 5: seven bits an octet, the lowest first.
fn variable(rest: &mut &[u8]) -> Option<usize> {
    let (mut value, mut shift) = (0_u64, 0_u32);
    loop {
        let (one, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(one & 0x7f).checked_shl(shift)?;
        if one & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
        shift += 7;
        if shift > 56 {
            return None;
        }
    }
}

fn list_five<'a>(mut rest: &'a [u8], files: &mut Vec<Listed<'a>>) -> Option<End> {
    while !rest.is_empty() && files.len() < FILES {
        let mut after = rest.get(4..)?;
        let size = variable(&mut after)?;
        let (mut header, behind) = after.split_at_checked(size)?;
        let (kind, flags) = (variable(&mut header)?, variable(&mut header)?);
        let extra = if flags & 1 != 0 { variable(&mut header)? } else { 0 };
        let data = if flags & 2 != 0 { variable(&mut header)? } else { 0 };
        match kind {
            4 => return Some(End::Encrypted),
            5 => return Some(End::Whole),
            2 => {
                let body = behind.get(..data);
                files.push(file_of_five(header, extra, body)?);
            }
            _ => {}
        }
        rest = behind.get(data..)?;
    }
    rest.is_empty().then_some(End::Whole)
}

fn file_of_five<'a>(mut header: &[u8], extra: usize, body: Option<&'a [u8]>) -> Option<Listed<'a>> {
    let flags = variable(&mut header)?;
    variable(&mut header)?;
    variable(&mut header)?;
    let skipped = if flags & 2 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
    header = header.get(skipped..)?;
    let method = variable(&mut header)? >> 7 & 7;
    variable(&mut header)?;
    let length = variable(&mut header)?;
    let (name, rest) = header.split_at_checked(length)?;
    let mut extras = rest.get(rest.len().checked_sub(extra)?..)?;
    let mut is_encrypted = false;
    while !extras.is_empty() {
        let size = variable(&mut extras)?;
        let (mut one, after) = extras.split_at_checked(size)?;
        is_encrypted |= variable(&mut one)? == 1;
        extras = after;
    }
    let stored = body.filter(|_| method == 0 && !is_encrypted);
    Some(Listed { name: String::from_utf8_lossy(name).into_owned(), is_encrypted, stored })
}
