//! The spool: whatever the node has promised and not finished, on stable storage.
//!
//! | file | holds |
//! |---|---|
//! | [`record`] | how a record looks on disk |
//! | `segment` | the log's files and what is live in each |
//! | `writer` | the one thread that writes: many commits, one fdatasync |
//! | `scan` | rebuilds what is live when the node starts |
//! | [`body`] | large messages, each in a file of its own |
//!
//! A record lives until it is finished. Commits are atomic: after a crash a group of entries is there as a whole or
//! not at all. Nothing here knows what a message is.

pub mod body;
pub mod record;
mod scan;
mod segment;
mod writer;

use body::BodyFile;
use bytes::Bytes;
use record::{HEADER, Header, Kind, Location, Payload, is_intact};
use std::{
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::{mpsc, oneshot};

/// How large a file of the log is, in octets, unless tests choose otherwise.
pub const SEGMENT_SIZE: u64 = 16 * 1024 * 1024;

/// A record that is not finished. The writer moves it when it tidies up; the handle follows.
#[derive(Debug)]
pub struct Live {
    kind: Kind,
    length: u32,
    file: u64,
    location: AtomicU64,
    is_finished: AtomicBool,
    state: Mutex<Option<Noted>>,
}

/// A live record, held by whoever works on it.
pub type Handle = Arc<Live>;

#[derive(Clone, Debug)]
struct Noted {
    segment: u64,
    octets: Bytes,
}

impl Live {
    fn new(header: &Header, location: Location) -> Handle {
        Arc::new(Self {
            kind: header.kind,
            length: header.length,
            file: header.file,
            location: AtomicU64::new(location.0),
            is_finished: AtomicBool::new(false),
            state: Mutex::new(None),
        })
    }

    /// What it holds.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The last state noted for it.
    pub fn state(&self) -> Option<Bytes> {
        self.noted().map(|noted| noted.octets)
    }

    fn noted(&self) -> Option<Noted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, noted: Noted) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(noted);
    }

    fn location(&self) -> Location {
        Location(self.location.load(Ordering::Acquire))
    }

    fn move_to(&self, location: Location) {
        self.location.store(location.0, Ordering::Release);
    }
}

/// One change of the spool.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A new record. Its body is either given here, or lies in a file.
    Add {
        /// What it holds.
        kind: Kind,
        /// JSON.
        head: Bytes,
        /// Octets; empty if they lie in a file.
        body: Bytes,
        /// The file with the body.
        file: Option<Arc<BodyFile>>,
    },
    /// The record is finished. Finishing it again changes nothing.
    Finish(Handle),
    /// The record's state, replacing the one before.
    Note(Handle, Bytes),
}

/// Why the spool did not take a commit.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk is full.
    #[error("the spool has no space left")]
    Full,
    /// The disk failed, or the spool is closed.
    #[error("the spool cannot write: {0}")]
    Failed(String),
}

impl From<&io::Error> for SpoolError {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Failed(error.to_string()),
        }
    }
}

struct Commit {
    entries: Vec<Entry>,
    done: oneshot::Sender<Result<Vec<Handle>, SpoolError>>,
}

/// The spool of a node.
pub struct Spool {
    folder: PathBuf,
    commits: mpsc::UnboundedSender<Commit>,
    next_file: AtomicU64,
}

impl Spool {
    /// Opens the spool in a folder and gives what was not finished, oldest first.
    ///
    /// # Errors
    /// If the folder cannot be read or written.
    pub fn open(folder: &Path, segment_size: u64) -> io::Result<(Arc<Self>, Vec<Handle>)> {
        std::fs::create_dir_all(segment::log_folder(folder))?;
        std::fs::create_dir_all(body::folder(folder))?;
        let found = scan::scan(folder)?;
        let next_file = body::remove_orphans(folder, &found.files)? + 1;
        let live = found.live_in_order();
        let (commits, receiver) = mpsc::unbounded_channel();
        let writer = writer::Writer::start(folder, segment_size, found);
        std::thread::Builder::new().name("spool".into()).spawn(move || writer.run(receiver))?;
        let spool = Self { folder: folder.to_owned(), commits, next_file: AtomicU64::new(next_file) };
        Ok((Arc::new(spool), live))
    }

    /// Makes the entries durable, all of them or none, and gives the handles of the added ones. Commits are written
    /// in the order of the calls, not of the waiting.
    ///
    /// # Errors
    /// If the disk is full or fails; then none of the entries counts.
    pub fn commit(
        &self,
        entries: Vec<Entry>,
    ) -> impl Future<Output = Result<Vec<Handle>, SpoolError>> + Send + use<> {
        let (done, outcome) = oneshot::channel();
        let is_open = self.commits.send(Commit { entries, done }).is_ok();
        async move {
            let closed = || SpoolError::Failed("it is closed".into());
            if is_open { outcome.await.map_err(|_| closed())? } else { Err(closed()) }
        }
    }

    /// Makes entries durable soon, without waiting for it. A commit that waits also waits for these.
    pub fn commit_later(&self, entries: Vec<Entry>) {
        let (done, _) = oneshot::channel();
        if self.commits.send(Commit { entries, done }).is_err() {
            tracing::error!("the spool is closed and loses a change");
        }
    }

    /// Reads a live record.
    ///
    /// # Errors
    /// If it is finished meanwhile, or the disk fails.
    pub fn read(&self, handle: &Live) -> io::Result<Payload> {
        let mut tries = 0;
        loop {
            let location = handle.location();
            match self.read_at(location, handle.length) {
                Ok(payload) => return Ok(payload),
                // It was moved between asking where it is and going there.
                Err(_) if handle.location() != location && tries < 3 => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn read_at(&self, location: Location, length: u32) -> io::Result<Payload> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the record is damaged");
        let file = std::fs::File::open(segment::path(&self.folder, location.segment()))?;
        let mut octets = vec![0; HEADER + usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut octets, location.offset())?;
        let (header, crc) = Header::decode(&octets).ok_or_else(damaged)?;
        let octets = Bytes::from(octets);
        let payload = octets.slice(HEADER..);
        if header.segment != location.segment() || !is_intact(&octets, crc, &payload) {
            return Err(damaged());
        }
        Payload::split(payload).ok_or_else(damaged)
    }

    /// A file for the body of a message that is being received. It vanishes unless a record holds it.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new_body_file(&self) -> io::Result<BodyFile> {
        BodyFile::create(&self.folder, self.next_file.fetch_add(1, Ordering::Relaxed))
    }

    /// Octets that may still be written to its disk.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn free_octets(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(&self.folder)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// The file with a live record's body, if it has one.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open_body(&self, handle: &Live) -> io::Result<Option<std::fs::File>> {
        match handle.file {
            0 => Ok(None),
            number => std::fs::File::open(body::path(&self.folder, number)).map(Some),
        }
    }
}

#[cfg(test)]
mod tests;
