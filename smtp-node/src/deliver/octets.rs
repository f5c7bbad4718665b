//! The octets of a message on their way through lettre, piece by piece, so that its size does not matter.
//!
//! lettre can't be told that a message broke off in the middle, and would end it as if it were whole. So it speaks
//! through `Guarded`, which refuses every further octet once reading the message has failed.

use bytes::Bytes;
use lettre::transport::smtp::client::AsyncTokioStream;
use std::{
    fs::File,
    io::{self, Read},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Octets read of a file at a time.
const PIECE: usize = 64 * 1024;

/// Where a message's octets come from.
pub enum Source {
    /// From memory.
    Memory(Bytes),
    /// From a file of the spool, from this offset on.
    File(File),
}

/// The pieces of a message as lettre takes them.
pub(super) struct Pieces {
    pub(super) header: Option<Vec<u8>>,
    pub(super) source: Source,
    pub(super) left: u64,
    pub(super) is_cut: Arc<AtomicBool>,
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut piece = match self.header.take() {
            Some(header) => Bytes::from(header),
            None if self.left == 0 => return None,
            None => match self.read() {
                Ok(piece) => piece,
                Err(error) => {
                    tracing::error!(%error, "a message could not be read while it was sent");
                    self.is_cut.store(true, Ordering::Relaxed);
                    return None;
                }
            },
        };
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        piece.truncate(left);
        self.left -= u64::try_from(piece.len()).unwrap_or(self.left);
        Some(piece)
    }
}

impl Pieces {
    fn read(&mut self) -> io::Result<Bytes> {
        match &mut self.source {
            Source::Memory(octets) if octets.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            Source::Memory(octets) => Ok(std::mem::take(octets)),
            Source::File(file) => {
                let mut piece = vec![0; PIECE];
                match file.read(&mut piece)? {
                    0 => Err(io::ErrorKind::UnexpectedEof.into()),
                    count => {
                        piece.truncate(count);
                        Ok(piece.into())
                    }
                }
            }
        }
    }
}

/// A connection that can be cut.
#[derive(Debug)]
pub(super) struct Guarded {
    pub(super) stream: TcpStream,
    pub(super) is_cut: Arc<AtomicBool>,
}

impl AsyncTokioStream for Guarded {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_cut.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
