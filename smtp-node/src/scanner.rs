//! The virus scanner: clamd, asked by `INSTREAM` over a socket of the machine or of the network. The message goes
//! there as it came; nothing is written for it. A scanner that does not answer is a result, not an error.

use crate::{config::ScannerAddress, smtp::incoming::Content};
use std::{
    io::{self, Read},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a scan may take.
const SCAN: Duration = Duration::from_secs(120);
/// Octets sent at a time.
const PIECE: usize = 64 * 1024;

/// What the scanner says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scan {
    /// There is none.
    #[default]
    Off,
    /// Nothing was found.
    Clean,
    /// A virus of this name.
    Found(String),
    /// Something of this name that is no virus, but seldom wanted.
    Unwanted(String),
    /// It did not answer, or could not scan; why.
    Away(String),
}

/// Has a message scanned.
pub async fn scan(scanner: Option<&ScannerAddress>, content: &Content) -> Scan {
    let Some(scanner) = scanner else { return Scan::Off };
    let answer = match scanner {
        ScannerAddress::Socket(path) => match timeout(CONNECT, UnixStream::connect(path)).await {
            Ok(Ok(stream)) => ask(stream, content).await,
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        },
        ScannerAddress::Host(host) => match timeout(CONNECT, TcpStream::connect(host)).await {
            Ok(Ok(stream)) => ask(stream, content).await,
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        },
    };
    let scan = answer.map_or_else(|error| Scan::Away(error.to_string()), |text| read(&text));
    if let Scan::Away(why) = &scan {
        tracing::error!(why, "the virus scanner did not scan a message");
    }
    scan
}

async fn ask(stream: impl AsyncRead + AsyncWrite + Unpin, content: &Content) -> io::Result<String> {
    timeout(SCAN, converse(stream, content)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, content: &Content) -> io::Result<String> {
    stream.write_all(b"zINSTREAM\0").await?;
    let sent = send(&mut stream, content).await;
    // A scanner that has heard enough answers and closes: what it said counts, not that it did not listen on.
    let mut answer = Vec::new();
    let heard = (&mut stream).take(4_096).read_to_end(&mut answer).await;
    if answer.is_empty() {
        sent?;
        heard?;
    }
    Ok(String::from_utf8_lossy(&answer).trim_end_matches(['\0', '\n']).to_owned())
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), content: &Content) -> io::Result<()> {
    match &content.file {
        None => {
            for piece in content.beginning.chunks(PIECE) {
                send_piece(stream, piece).await?;
            }
        }
        Some(file) => {
            let mut file = file.read()?;
            loop {
                let mut piece = vec![0; PIECE];
                let read = move || file.read(&mut piece).map(|length| (file, piece, length));
                let (back, piece, length) =
                    tokio::task::spawn_blocking(read).await.map_err(io::Error::other).flatten()?;
                file = back;
                match piece.get(..length) {
                    Some(piece) if length > 0 => send_piece(stream, piece).await?,
                    _ => break,
                }
            }
        }
    }
    stream.write_all(&0_u32.to_be_bytes()).await?;
    stream.flush().await
}

async fn send_piece(stream: &mut (impl AsyncWrite + Unpin), piece: &[u8]) -> io::Result<()> {
    let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(piece).await
}

fn read(answer: &str) -> Scan {
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    match said.strip_suffix(" FOUND") {
        Some(name) if name.starts_with("PUA.") => Scan::Unwanted(name.to_owned()),
        Some(name) => Scan::Found(name.to_owned()),
        None if said == "OK" => Scan::Clean,
        None => Scan::Away(said.chars().filter(|one| !one.is_control()).take(200).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_known_is_not_taken_for_clean() {
        assert_eq!(read("stream: OK"), Scan::Clean);
        assert_eq!(read("stream: Win.Test.EICAR_HDB-1 FOUND"), Scan::Found("Win.Test.EICAR_HDB-1".into()));
        assert_eq!(read("stream: PUA.Win.Packer FOUND"), Scan::Unwanted("PUA.Win.Packer".into()));
        for answer in ["", "INSTREAM size limit exceeded. ERROR", "OK OK"] {
            assert!(matches!(read(answer), Scan::Away(_)), "{answer}");
        }
    }
}
