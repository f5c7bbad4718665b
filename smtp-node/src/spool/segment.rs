//! The files of the spool's log, and what is live in each. Segments are numbered upwards and never written again
//! once they are full; a file is reused only under a new number, which makes its old records void.

use super::{
    Handle,
    record::{Header, Location},
};
use std::{
    collections::{BTreeMap, HashMap},
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

pub(super) fn log_folder(spool: &Path) -> PathBuf {
    spool.join("log")
}

pub(super) fn path(spool: &Path, number: u64) -> PathBuf {
    log_folder(spool).join(format!("{number:016x}.segment"))
}

/// What there is to know of one segment.
#[derive(Default)]
pub(super) struct Segment {
    /// Its live records by location.
    pub(super) live: HashMap<u64, Handle>,
    pub(super) live_octets: u64,
    /// Records of other segments whose end is written in this one.
    pub(super) finished_elsewhere: Vec<Location>,
    /// Records whose state is written in this one, unless it was noted again since.
    pub(super) noted: Vec<Handle>,
}

/// All segments, and the body files that live records name.
#[derive(Default)]
pub(super) struct Segments {
    pub(super) by_number: BTreeMap<u64, Segment>,
    pub(super) files: HashMap<u64, usize>,
}

impl Segments {
    /// A record was added.
    pub(super) fn add(&mut self, handle: Handle) {
        if handle.file != 0 {
            *self.files.entry(handle.file).or_default() += 1;
        }
        self.place(handle);
    }

    fn place(&mut self, handle: Handle) {
        let location = handle.location();
        let segment = self.by_number.entry(location.segment()).or_default();
        segment.live_octets += u64::from(handle.length);
        segment.live.insert(location.0, handle);
    }

    /// A record was finished by one written in segment `by`. Gives the body file that nobody names any more.
    pub(super) fn finish(&mut self, location: Location, by: u64) -> Option<u64> {
        if location.segment() != by {
            self.by_number.entry(by).or_default().finished_elsewhere.push(location);
        }
        let segment = self.by_number.get_mut(&location.segment())?;
        let handle = segment.live.remove(&location.0)?;
        segment.live_octets = segment.live_octets.saturating_sub(u64::from(handle.length));
        handle.is_finished.store(true, std::sync::atomic::Ordering::Relaxed);
        let count = self.files.get_mut(&handle.file)?;
        *count -= 1;
        if *count > 0 {
            return None;
        }
        self.files.remove(&handle.file);
        Some(handle.file)
    }

    /// A record was copied to a new place.
    pub(super) fn relocate(&mut self, handle: &Handle, to: Location) {
        let from = handle.location();
        if let Some(segment) = self.by_number.get_mut(&from.segment()) {
            segment.live.remove(&from.0);
            segment.live_octets = segment.live_octets.saturating_sub(u64::from(handle.length));
        }
        handle.move_to(to);
        self.by_number.entry(to.segment()).or_default().finished_elsewhere.push(from);
        self.place(handle.clone());
    }

    pub(super) fn live_at(&self, location: Location) -> Option<&Handle> {
        self.by_number.get(&location.segment())?.live.get(&location.0)
    }

    /// The live records, oldest first.
    pub(super) fn live_in_order(&self) -> Vec<Handle> {
        let mut live: Vec<Handle> =
            self.by_number.values().flat_map(|segment| segment.live.values().cloned()).collect();
        live.sort_by_key(|handle| handle.location());
        live
    }

    /// A segment other than `active` in which nothing lives.
    pub(super) fn dead(&self, active: u64) -> Option<u64> {
        self.by_number
            .iter()
            .find(|(number, segment)| **number != active && segment.live.is_empty())
            .map(|(number, _)| *number)
    }
}

/// The segment that is being written.
pub(super) struct Active {
    pub(super) file: File,
    pub(super) number: u64,
    pub(super) tail: u64,
}

impl Active {
    /// Takes a prepared file as segment `number`, durably.
    pub(super) fn begin(spool: &Path, number: u64, prepared: &Path) -> io::Result<Self> {
        let to = path(spool, number);
        std::fs::rename(prepared, &to)?;
        sync_folder(spool)?;
        Ok(Self { file: OpenOptions::new().write(true).open(to)?, number, tail: 0 })
    }
}

pub(super) fn sync_folder(spool: &Path) -> io::Result<()> {
    File::open(log_folder(spool))?.sync_all()
}

/// Writes a file of zeros, so that later writes change no metadata and one fdatasync is all they need.
pub(super) fn prepare(spool: &Path, name: &str, size: u64) -> io::Result<PathBuf> {
    let path = log_folder(spool).join(name);
    match fill(&path, size) {
        Ok(()) => Ok(path),
        Err(error) => {
            // Half a file would take the space that is missing.
            drop(std::fs::remove_file(&path));
            Err(error)
        }
    }
}

fn fill(path: &Path, size: u64) -> io::Result<()> {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    let mut file = File::create(path)?;
    let mut left = size;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(ZEROS.len()).min(ZEROS.len());
        file.write_all(ZEROS.get(..part).unwrap_or(&ZEROS))?;
        left -= u64::try_from(part).unwrap_or(left);
    }
    file.sync_all()
}

/// The octets a record takes on disk.
pub(super) fn on_disk(header: &Header) -> u64 {
    u64::from(header.length) + u64::try_from(super::record::HEADER).unwrap_or(0)
}
