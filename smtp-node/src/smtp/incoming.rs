//! A message while it is received: small ones in memory, larger ones straight into a file of the spool, so that
//! the size of a message does not become the size of the node.

use super::{
    protocol::Reason,
    scanner::{Scanner, Step},
};
use crate::{
    headers,
    spool::{Spool, body::BodyFile},
};
use bytes::Bytes;
use std::{fs::File, io::Write, os::unix::fs::FileExt, sync::Arc};

/// The largest message kept in memory, in octets.
const MEMORY: usize = 256 * 1024;

/// A message being received.
pub struct Incoming {
    scanner: Scanner,
    buffer: Vec<u8>,
    file: Option<(BodyFile, File)>,
    /// A CR at the end of a chunk, whose LF may come with the next one.
    has_pending_cr: bool,
    size: u64,
    limit: u64,
    fault: Option<Reason>,
}

/// A received message.
pub struct Content {
    /// The whole message, or its beginning if it lies in a file.
    pub beginning: Bytes,
    /// The file it lies in.
    pub file: Option<Arc<BodyFile>>,
    /// Its size in octets.
    pub size: u64,
    /// Octets of its longest line.
    pub longest_line: u64,
}

impl Incoming {
    /// For DATA, or for BDAT; no more than `limit` octets are kept.
    pub const fn new(ends_with_dot: bool, limit: u64) -> Self {
        Self {
            scanner: Scanner::new(ends_with_dot),
            buffer: Vec::new(),
            file: None,
            has_pending_cr: false,
            size: 0,
            limit,
            fault: None,
        }
    }

    /// Whether so much was sent beyond the limit that listening on is pointless.
    pub const fn is_hopeless(&self) -> bool {
        self.size > self.limit.saturating_mul(2)
    }

    /// Takes octets of DATA; gives how many were taken.
    pub async fn take(&mut self, octets: &[u8], spool: &Spool) -> (usize, Step) {
        let before = self.buffer.len();
        let (taken, step) = self.scanner.take(octets, &mut self.buffer);
        self.account(before, spool).await;
        (taken, step)
    }

    /// Takes octets of a BDAT chunk, all of them.
    pub async fn take_chunk(&mut self, octets: &[u8], spool: &Spool) -> Step {
        let joined;
        let octets = if self.has_pending_cr {
            joined = [b"\r", octets].concat();
            &joined
        } else {
            octets
        };
        let before = self.buffer.len();
        let (taken, step) = self.scanner.take(octets, &mut self.buffer);
        self.has_pending_cr = taken < octets.len();
        self.account(before, spool).await;
        step
    }

    async fn account(&mut self, before: usize, spool: &Spool) {
        self.size += u64::try_from(self.buffer.len() - before).unwrap_or(u64::MAX);
        if self.size > self.limit {
            self.fault.get_or_insert(Reason::TooLarge);
        }
        if self.fault.is_some() {
            self.buffer = Vec::new();
            self.file = None;
        } else if self.buffer.len() > MEMORY {
            self.spill(spool).await;
        }
    }

    async fn spill(&mut self, spool: &Spool) {
        let buffer = std::mem::take(&mut self.buffer);
        let file = match self.file.take() {
            Some(file) => Ok(file),
            None => spool.new_body_file().and_then(|body| body.open().map(|file| (body, file))),
        };
        let written = match file {
            Ok((body, mut file)) => {
                let write = move || file.write_all(&buffer).map(|()| (body, file, buffer));
                tokio::task::spawn_blocking(write).await.map_err(std::io::Error::other).flatten()
            }
            Err(error) => Err(error),
        };
        match written {
            Ok((body, file, mut buffer)) => {
                buffer.clear();
                self.buffer = buffer;
                self.file = Some((body, file));
            }
            Err(error) => {
                tracing::error!(%error, "a message could not be written to the spool");
                self.fault = Some(Reason::SpoolFull);
            }
        }
    }

    /// Completes the message.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn finish(mut self, spool: &Spool) -> Result<Content, Reason> {
        if self.has_pending_cr {
            return Err(Reason::BareNewline);
        }
        if !self.scanner.is_line_start() {
            self.buffer.extend_from_slice(b"\r\n");
            self.size += 2;
        }
        if self.fault.is_none() && self.file.is_some() {
            self.spill(spool).await;
        }
        if let Some(reason) = self.fault {
            return Err(reason);
        }
        let longest_line = self.scanner.longest_line();
        let (beginning, file) = match self.file {
            None => (Bytes::from(self.buffer), None),
            Some((body, file)) => {
                let limit = usize::try_from(self.size).unwrap_or(usize::MAX).min(filter_engine::PREFIX_LIMIT);
                let complete = move || {
                    body.finish(&file)?;
                    let mut beginning = vec![0; limit];
                    body.read()?.read_exact_at(&mut beginning, 0)?;
                    Ok((Bytes::from(beginning), Some(Arc::new(body))))
                };
                let completed = tokio::task::spawn_blocking(complete).await;
                completed.map_err(std::io::Error::other).flatten().map_err(|error| {
                    tracing::error!(%error, "a message could not be completed in the spool");
                    Reason::SpoolFull
                })?
            }
        };
        if headers::end(&beginning) > headers::LIMIT {
            return Err(Reason::HeaderTooLarge);
        }
        Ok(Content { beginning, file, size: self.size, longest_line })
    }
}
