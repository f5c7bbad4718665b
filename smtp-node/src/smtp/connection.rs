//! A client's connection: octets in and out, in the clear or encrypted, each wait with its limit. Replies gather
//! until the client has to be listened to again, so that a pipelined group is answered at once (RFC 2920).

use super::protocol::Reply;
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// The longest command line in octets (RFC 5321 §4.5.3.1.4 asks for 512; RFC 6531 lengthens it).
const LINE: usize = 2_048;
/// Octets of an endless line that are passed over before the connection is closed.
const OVERLONG: usize = 256 * 1024;
/// How long a client may leave our replies unread.
const WRITE: Duration = Duration::from_secs(60);
/// Replies gathered before they are sent in any case.
const OUTPUT: usize = 16 * 1024;

enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
    Gone,
}

/// A client's connection.
pub struct Connection {
    stream: Stream,
    input: Vec<u8>,
    start: usize,
    output: Vec<u8>,
}

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line without its end.
    Text(String),
    /// A line that is not UTF-8.
    NotText,
    /// A line that is too long; its rest was passed over.
    TooLong,
    /// A line with a bare CR, a bare LF or a NUL.
    NotClean,
}

impl Connection {
    /// Takes over an accepted connection.
    pub const fn new(stream: TcpStream) -> Self {
        Self { stream: Stream::Plain(stream), input: Vec::new(), start: 0, output: Vec::new() }
    }

    /// Whether it is encrypted.
    pub const fn is_encrypted(&self) -> bool {
        matches!(self.stream, Stream::Encrypted(_))
    }

    /// Whether the client has said more than was read as commands.
    pub fn has_input(&self) -> bool {
        !self.input().is_empty()
    }

    /// Whether the client talks already, before it was greeted.
    pub fn talks_early(&mut self) -> bool {
        let mut octets = [0; 512];
        match &self.stream {
            Stream::Plain(stream) => stream.try_read(&mut octets).is_ok_and(|count| count > 0),
            _ => false,
        }
    }

    /// Octets read and not consumed.
    pub fn input(&self) -> &[u8] {
        self.input.get(self.start..).unwrap_or_default()
    }

    /// Takes octets off the input.
    pub fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.input.len());
        if self.start == self.input.len() {
            self.input.clear();
            self.start = 0;
            // A connection that waits for a command holds little memory.
            if self.input.capacity() > 2 * LINE && count < LINE {
                self.input = Vec::new();
            }
        }
    }

    /// Reads more, having sent what is to be sent. Gives false at the end of the connection.
    ///
    /// # Errors
    /// `TimedOut` after the deadline, or what the network says.
    pub async fn read_more(&mut self, room: usize, deadline: Instant) -> io::Result<bool> {
        self.flush().await?;
        if self.start > 0 {
            self.input.drain(..self.start);
            self.start = 0;
        }
        self.input.reserve(room);
        let read = async {
            match &mut self.stream {
                Stream::Plain(stream) => stream.read_buf(&mut self.input).await,
                Stream::Encrypted(stream) => stream.read_buf(&mut self.input).await,
                Stream::Gone => Ok(0),
            }
        };
        let count =
            timeout_at(deadline, read).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(count > 0)
    }

    /// Reads a line. None at the end of the connection.
    ///
    /// # Errors
    /// `TimedOut` after the deadline, or what the network says.
    pub async fn read_line(&mut self, deadline: Instant) -> io::Result<Option<Line>> {
        let mut passed_over = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', self.input()) {
                let line = if passed_over > 0 || at > LINE { Line::TooLong } else { self.line_to(at) };
                self.consume(at + 1);
                return Ok(Some(line));
            }
            let waiting = self.input().len();
            if waiting > LINE {
                self.consume(waiting);
                passed_over += waiting;
                if passed_over > OVERLONG {
                    return Ok(None);
                }
            }
            if !self.read_more(LINE, deadline).await? {
                return Ok(None);
            }
        }
    }

    fn line_to(&self, at: usize) -> Line {
        let line = self.input().get(..at).unwrap_or_default();
        let Some(line) = line.strip_suffix(b"\r") else { return Line::NotClean };
        if memchr::memchr2(b'\r', 0, line).is_some() {
            return Line::NotClean;
        }
        String::from_utf8(line.to_vec()).map_or(Line::NotText, Line::Text)
    }

    /// Puts a reply behind the others.
    ///
    /// # Errors
    /// If many replies are waiting and the client takes none.
    pub async fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        self.reply_text(&format!("{reply}\r\n")).await
    }

    /// Puts a reply of several lines behind the others.
    ///
    /// # Errors
    /// As [`Self::reply`].
    pub async fn reply_text(&mut self, text: &str) -> io::Result<()> {
        self.output.extend_from_slice(text.as_bytes());
        if self.output.len() > OUTPUT { self.flush().await } else { Ok(()) }
    }

    /// Sends the gathered replies in one write.
    ///
    /// # Errors
    /// `TimedOut` if the client takes none, or what the network says.
    pub async fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let write = async {
            match &mut self.stream {
                Stream::Plain(stream) => stream.write_all(&self.output).await,
                Stream::Encrypted(stream) => {
                    stream.write_all(&self.output).await?;
                    stream.flush().await
                }
                Stream::Gone => Ok(()),
            }
        };
        timeout(WRITE, write).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.output = Vec::new();
        Ok(())
    }

    /// Turns the connection into an encrypted one. What was said in the clear must have been read before.
    ///
    /// # Errors
    /// If the handshake fails or takes too long.
    pub async fn encrypt(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        self.flush().await?;
        let Stream::Plain(stream) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Err(io::Error::other("the connection is encrypted already"));
        };
        let stream = timeout(Duration::from_secs(30), acceptor.accept(stream))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.stream = Stream::Encrypted(Box::new(stream));
        Ok(())
    }

    /// Ends the connection so that the client still hears the last reply: what it goes on sending is read and
    /// dropped for a while.
    pub async fn close(mut self) {
        if self.flush().await.is_err() {
            return;
        }
        let end = Instant::now() + Duration::from_secs(5);
        let shutdown = async {
            match &mut self.stream {
                Stream::Plain(stream) => stream.shutdown().await,
                Stream::Encrypted(stream) => stream.shutdown().await,
                Stream::Gone => Ok(()),
            }
        };
        if !matches!(timeout_at(end, shutdown).await, Ok(Ok(()))) {
            return;
        }
        let mut dropped = 0_usize;
        while dropped < 64 * 1024 * 1024 {
            dropped += self.input.len();
            self.input.clear();
            self.start = 0;
            if !matches!(self.read_more(64 * 1024, end).await, Ok(true)) {
                return;
            }
        }
    }
}
