//! What is inside zip, 7z, tar and gzip: names, kinds, and archives in archives, three levels deep. Bombs end
//! at the budget (S12): so many octets unpacked in all, so many files, so much time.

use super::{Inventory, kinds, note, rar};
use flate2::read::MultiGzDecoder;
use sevenz_rust2::{Archive, ArchiveReader, Error, Password};
use std::{
    io::{Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};
use zip::ZipArchive;

/// Archives inside each other that are opened.
const DEPTH: u8 = 3;
/// Octets unpacked of all archives of a message.
const UNPACKED: usize = 64 * 1024 * 1024;
/// Octets of a file that say what it is.
const BEGINNING: usize = 0x8006;
/// How long the archives of a message may take.
const TIME: Duration = Duration::from_secs(10);
/// Memory that a 7z decoder may take, in KiB.
const DECODER: usize = 96 * 1024;

/// What may still be unpacked.
pub(super) struct Budget {
    octets: usize,
    end: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Self { octets: UNPACKED, end: Instant::now() + TIME }
    }
}

impl Budget {
    fn is_over(&self) -> bool {
        self.octets == 0 || Instant::now() > self.end
    }

    /// Reads a file inside an archive: all of one that can be opened itself, or else its beginning. None if the
    /// budget is over, or it cannot be read.
    fn read(&mut self, name: &str, file: &mut dyn Read) -> Option<(Vec<u8>, &'static str)> {
        if self.is_over() {
            return None;
        }
        let mut octets = Vec::new();
        let first = u64::try_from(BEGINNING.min(self.octets)).unwrap_or(0);
        file.take(first).read_to_end(&mut octets).ok()?;
        let kind = kinds::of(&octets);
        let mut used = octets.len();
        if can_open(name, kind) {
            let rest = u64::try_from(self.octets.saturating_sub(used)).unwrap_or(0);
            file.take(rest).read_to_end(&mut octets).ok()?;
            used = octets.len();
        }
        self.octets -= used.min(self.octets);
        (self.octets > 0).then_some((octets, kind))
    }
}

/// Whether a file is of a kind that has files, or macros, inside.
fn can_open(name: &str, kind: &str) -> bool {
    matches!(kind, "zip" | "rar" | "7z" | "gz" | "tar" | "ole")
        || ["tar", "tgz"].iter().any(|ending| kinds::ends_with(&kinds::plain(name), ending))
}

/// A file that may have files inside.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) name: &'a str,
    /// As [`kinds::of`] says.
    pub(super) kind: &'static str,
    pub(super) octets: &'a [u8],
}

/// Notes what is in a file, if it is an archive or a document. `depth`: that of what is inside.
pub(super) fn open(item: Item<'_>, depth: u8, inventory: &mut Inventory, budget: &mut Budget) {
    let Item { name, kind, octets } = item;
    if !can_open(name, kind) {
        return;
    }
    if kind == "ole" {
        return look_into_document(name, octets, inventory);
    }
    if depth > DEPTH || budget.is_over() {
        return note(&mut inventory.unread, name);
    }
    let mut opened = Opened { name, depth, inventory, budget };
    let done = catch_unwind(AssertUnwindSafe(|| match kind {
        "zip" => opened.zip(octets),
        "7z" => opened.seven(octets),
        "rar" => opened.rar(octets),
        "gz" => opened.gzip(octets),
        _ => opened.tar(octets),
    }));
    if done.ok().flatten().is_none() {
        note(&mut inventory.unread, name);
    }
}

/// A document of the older kind: its macros and its encryption stand in the names of its streams, in UTF-16.
fn look_into_document(name: &str, octets: &[u8], inventory: &mut Inventory) {
    let has = |stream: &str| {
        let wide: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memchr::memmem::find(octets, &wide).is_some()
    };
    if has("_VBA_PROJECT") || has("VBA_PROJECT_CUR") {
        note(&mut inventory.macros, name);
    }
    if has("EncryptedPackage") || has("EncryptionInfo") {
        note(&mut inventory.encrypted, name);
    }
}

/// An archive being looked into.
struct Opened<'a> {
    name: &'a str,
    depth: u8,
    inventory: &'a mut Inventory,
    budget: &'a mut Budget,
}

impl Opened<'_> {
    /// Notes a file of the archive, and what is inside of it. None if the budget is over.
    fn enter(&mut self, name: &str, file: &mut dyn Read) -> Option<()> {
        let read = self.budget.read(name, file);
        let kind = read.as_ref().map_or("", |(_, kind)| kind);
        self.inventory.add(name, kind, self.depth);
        let (octets, kind) = read?;
        if kinds::plain(name) == "vbaproject.bin" {
            note(&mut self.inventory.macros, self.name);
        }
        let item = Item { name, kind, octets: &octets };
        open(item, self.depth + 1, self.inventory, self.budget);
        Some(())
    }

    fn list(&mut self, name: &str, is_encrypted: bool) {
        self.inventory.add(name, "", self.depth);
        if is_encrypted {
            note(&mut self.inventory.encrypted, self.name);
        }
    }

    fn zip(&mut self, octets: &[u8]) -> Option<()> {
        for (name, is_encrypted) in local_names(octets) {
            self.list(&name, is_encrypted);
        }
        let mut archive = ZipArchive::new(Cursor::new(octets)).ok()?;
        let mut is_whole = true;
        for place in 0..archive.len() {
            if self.budget.is_over() {
                return None;
            }
            let Ok(raw) = archive.by_index_raw(place) else {
                is_whole = false;
                continue;
            };
            let (name, is_encrypted, is_folder) = (raw.name().to_owned(), raw.encrypted(), raw.is_dir());
            drop(raw);
            if is_folder {
                continue;
            }
            if is_encrypted {
                self.list(&name, true);
                continue;
            }
            match archive.by_index(place) {
                Ok(mut file) => self.enter(&name, &mut file)?,
                Err(_) => {
                    self.list(&name, false);
                    is_whole = false;
                }
            }
        }
        is_whole.then_some(())
    }

    fn seven(&mut self, octets: &[u8]) -> Option<()> {
        let password = Password::empty();
        let archive = match Archive::read_with_memory_limit(&mut Cursor::new(octets), &password, DECODER) {
            Ok(archive) => archive,
            Err(error) => return self.locked(octets, &error),
        };
        let mut is_locked = false;
        for (place, file) in archive.files.iter().enumerate() {
            let is_encrypted = archive.is_file_encrypted(place);
            is_locked |= is_encrypted;
            if is_encrypted || !file.has_stream {
                self.list(&file.name, is_encrypted);
            }
        }
        if is_locked {
            return Some(());
        }
        let mut reader = ArchiveReader::new_with_memory_limit(Cursor::new(octets), password, DECODER).ok()?;
        reader.set_thread_count(1);
        let mut is_whole = true;
        let read = reader.for_each_entries(|entry, file| {
            if !entry.is_directory {
                is_whole &= self.enter(&entry.name, file).is_some();
            }
            // What was not read of one file stands before the next.
            let passed = std::io::copy(&mut file.take(1 << 26), &mut std::io::sink()).unwrap_or(u64::MAX);
            self.budget.octets =
                self.budget.octets.saturating_sub(usize::try_from(passed).unwrap_or(usize::MAX));
            Ok(is_whole && !self.budget.is_over())
        });
        if read.is_err() {
            for file in &archive.files {
                self.list(&file.name, false);
            }
        }
        (read.is_ok() && is_whole).then_some(())
    }

    /// An archive of 7z that cannot be read: because even its list is encrypted, or otherwise.
    fn locked(&mut self, octets: &[u8], error: &Error) -> Option<()> {
        let names_cipher = memchr::memmem::rfind(octets, b"\x06\xf1\x07\x01").is_some();
        if matches!(error, Error::PasswordRequired) || names_cipher {
            note(&mut self.inventory.encrypted, self.name);
            return Some(());
        }
        None
    }

    fn rar(&mut self, octets: &[u8]) -> Option<()> {
        let (files, end) = rar::list(octets);
        let mut is_whole = true;
        for file in files {
            match file.stored {
                Some(stored) => self.enter(&file.name, &mut &*stored)?,
                None => {
                    self.list(&file.name, file.is_encrypted);
                    let plain = kinds::plain(&file.name);
                    let is_archive = ["zip", "rar", "7z", "gz", "tgz", "tar"]
                        .iter()
                        .any(|one| kinds::ends_with(&plain, one));
                    is_whole &= file.is_encrypted || !is_archive;
                }
            }
        }
        if end == rar::End::Encrypted {
            note(&mut self.inventory.encrypted, self.name);
        }
        (end != rar::End::Broken && is_whole).then_some(())
    }

    fn gzip(&mut self, octets: &[u8]) -> Option<()> {
        let inner = kinds::plain(self.name);
        let inner = match inner.strip_suffix(".tgz") {
            Some(stem) => format!("{stem}.tar"),
            None => inner.strip_suffix(".gz").unwrap_or(&inner).to_owned(),
        };
        let mut decoder = MultiGzDecoder::new(octets);
        let (unpacked, kind) = self.budget.read(&format!("{inner}.tar"), &mut decoder)?;
        if kind == "tar" || kinds::ends_with(&inner, "tar") {
            // tar.gz is one archive, not two.
            return self.tar(&unpacked);
        }
        self.inventory.add(&inner, kind, self.depth);
        let item = Item { name: &inner, kind, octets: &unpacked };
        open(item, self.depth + 1, self.inventory, self.budget);
        Some(())
    }

    fn tar(&mut self, octets: &[u8]) -> Option<()> {
        let mut archive = tar::Archive::new(octets);
        for entry in archive.entries().ok()? {
            let mut entry = entry.ok()?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if !entry.header().entry_type().is_dir() {
                self.enter(&name, &mut entry)?;
            }
        }
        Some(())
    }
}

/// The names before the files of a zip archive, which some programs trust more than its list.
fn local_names(octets: &[u8]) -> Vec<(String, bool)> {
    let field = |at: usize| octets.get(at..at.checked_add(2)?).and_then(|two| <[u8; 2]>::try_from(two).ok());
    let mut names = Vec::new();
    for at in memchr::memmem::find_iter(octets, b"PK\x03\x04").take(2_000) {
        let (Some(flags), Some(length)) = (field(at + 6), field(at + 26)) else { continue };
        let length = usize::from(u16::from_le_bytes(length));
        let Some(name) = octets.get(at + 30..at + 30 + length) else { continue };
        let name = String::from_utf8_lossy(name).into_owned();
        if length > 0 && !name.ends_with('/') && !name.contains(char::is_control) {
            names.push((name, u16::from_le_bytes(flags) & 1 != 0));
        }
    }
    names
}
