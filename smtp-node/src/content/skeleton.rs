//! A large message without the long middles of its files, so that looking into it takes bounded memory: fields, texts
//! and small files whole, of others the beginning, which tells the kind. An archive that does not fit is cut, and so
//! noted as unread.

use std::io::{self, BufRead, Read};

/// Octets kept whatever they are.
const PLENTY: usize = 10 * 1024 * 1024;
/// Octets kept of each further file.
const BEGINNING: usize = 64 * 1024;
/// Octets kept in all.
const MOST: usize = 14 * 1024 * 1024;
/// Octets of a line read at a time.
const LINE: u64 = 64 * 1024;

/// What was kept of a message.
pub(super) struct Skeleton {
    /// The message, or what is left of it.
    pub(super) octets: Vec<u8>,
    /// Whether more was left out than the middles of files.
    pub(super) is_cut: bool,
}

/// Reads a message. A file in it is a run of lines that are neither empty nor a boundary.
///
/// # Errors
/// If it cannot be read.
pub(super) fn read(message: impl Read) -> io::Result<Skeleton> {
    let mut message = io::BufReader::new(message);
    let mut skeleton = Skeleton { octets: Vec::new(), is_cut: false };
    let mut line = Vec::new();
    let (mut run, mut is_start) = (0_usize, true);
    while !skeleton.is_cut {
        line.clear();
        if message.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if is_start && ends_run(&line) {
            run = 0;
        }
        is_start = line.ends_with(b"\n");
        run += line.len();
        let has_plenty = skeleton.octets.len() + line.len() <= PLENTY;
        if has_plenty || run <= BEGINNING {
            skeleton.octets.extend_from_slice(&line);
        }
        skeleton.is_cut = skeleton.octets.len() > MOST;
    }
    Ok(skeleton)
}

fn ends_run(line: &[u8]) -> bool {
    line.trim_ascii().is_empty() || line.starts_with(b"--") || line.starts_with(b"begin ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(files: usize, lines: usize) -> Vec<u8> {
        let file = format!(
            "--b\r\nContent-Disposition: attachment; filename=\"file.bin\"\r\n\r\n{}",
            format!("{}\r\n", "QUJD".repeat(19)).repeat(lines)
        );
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n", file.repeat(files)).into()
    }

    /// S12: what fits is whole; of what does not, every name is there.
    #[test]
    fn large_files_lose_their_middle_and_keep_their_names() {
        let small = message(3, 100);
        let read_small = read(small.as_slice()).unwrap();
        assert!(read_small.octets == small && !read_small.is_cut);
        let large = read(message(5, 60_000).as_slice()).unwrap();
        assert!(large.octets.len() < PLENTY + 5 * BEGINNING, "{}", large.octets.len());
        assert_eq!(memchr::memmem::find_iter(&large.octets, "filename=").count(), 5);
        assert!(large.octets.ends_with(b"--b--\r\n") && !large.is_cut);
    }

    /// S12: neither one endless line nor a million short texts makes it grow without end.
    #[test]
    fn it_stays_bounded_whatever_is_in_it() {
        let line = read(io::repeat(b'x').take(100_000_000)).unwrap();
        assert!(line.octets.len() <= PLENTY);
        let texts = read("text\r\n\r\n".repeat(3_000_000).as_bytes()).unwrap();
        assert!(texts.is_cut && texts.octets.len() <= MOST + 64 * 1024);
    }
}
