//! Large messages: each body in a file of its own, written while it is received. The file counts once a record of
//! the log names it; files that no record names are removed when the node starts.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

pub(super) fn folder(spool: &Path) -> PathBuf {
    spool.join("bodies")
}

pub(super) fn path(spool: &Path, number: u64) -> PathBuf {
    folder(spool).join(format!("{number:016x}"))
}

/// A body file on its way. Dropped before a record holds it, it is removed.
#[derive(Debug)]
pub struct BodyFile {
    number: u64,
    path: PathBuf,
    is_kept: AtomicBool,
}

impl BodyFile {
    pub(super) fn create(spool: &Path, number: u64) -> io::Result<Self> {
        let path = path(spool, number);
        OpenOptions::new().write(true).create_new(true).open(part_of(&path))?;
        Ok(Self { number, path, is_kept: AtomicBool::new(false) })
    }

    /// Opens it for writing at its end.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn open(&self) -> io::Result<File> {
        OpenOptions::new().append(true).open(part_of(&self.path))
    }

    /// Opens it for reading, once it is complete.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn read(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// Makes the content durable, then its name.
    ///
    /// # Errors
    /// If the disk is full or fails.
    pub fn finish(&self, mut file: &File) -> io::Result<()> {
        file.flush()?;
        file.sync_all()?;
        std::fs::rename(part_of(&self.path), &self.path)?;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn keep(&self) {
        self.is_kept.store(true, Ordering::Relaxed);
    }
}

impl Drop for BodyFile {
    fn drop(&mut self) {
        if !self.is_kept.load(Ordering::Relaxed) {
            // One of the two is there; if neither can be removed, the next start does it.
            drop(std::fs::remove_file(part_of(&self.path)));
            drop(std::fs::remove_file(&self.path));
        }
    }
}

fn part_of(path: &Path) -> PathBuf {
    path.with_extension("part")
}

/// Removes the files that no live record names, and gives the highest number in use.
pub(super) fn remove_orphans(spool: &Path, named: &HashMap<u64, usize>) -> io::Result<u64> {
    let mut highest = 0;
    for entry in std::fs::read_dir(folder(spool))? {
        let path = entry?.path();
        let number = path.file_name().and_then(|name| u64::from_str_radix(name.to_str()?, 16).ok());
        match number {
            Some(number) if named.contains_key(&number) => highest = highest.max(number),
            _ => std::fs::remove_file(&path)?,
        }
    }
    Ok(highest)
}
