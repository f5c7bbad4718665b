//! Finds the end of a message while it is received, takes the stuffed dots off, and refuses what is not clean.
//!
//! Only CRLF.CRLF ends a message; a bare CR, a bare LF or a NUL is refused wherever it stands, so that no server
//! behind us can see an end that we did not see (CVE-2023-51764, CVE-2023-51765, CVE-2023-51766).

/// How far one call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All but the last few octets were taken; more are needed.
    More,
    /// The message is complete.
    End,
    /// It is not clean.
    NotClean,
}

/// The state between two calls.
#[derive(Debug)]
pub struct Scanner {
    is_line_start: bool,
    line: u64,
    longest_line: u64,
    /// Whether the message ends with a dot line (DATA), or by its announced length (BDAT).
    ends_with_dot: bool,
}

impl Scanner {
    /// For DATA, or for BDAT.
    pub const fn new(ends_with_dot: bool) -> Self {
        Self { is_line_start: true, line: 0, longest_line: 0, ends_with_dot }
    }

    /// Octets of the longest line so far, without its end.
    pub fn longest_line(&self) -> u64 {
        self.longest_line.max(self.line)
    }

    /// Whether the last line is complete.
    pub const fn is_line_start(&self) -> bool {
        self.is_line_start
    }

    /// Takes octets and appends the message's own to `to`. Gives how many were taken; the rest comes again.
    pub fn take(&mut self, octets: &[u8], to: &mut Vec<u8>) -> (usize, Step) {
        let mut rest = octets;
        loop {
            if self.is_line_start && self.ends_with_dot {
                match rest {
                    [b'.'] | [b'.', b'\r'] => return (octets.len() - rest.len(), Step::More),
                    [b'.', b'\r', b'\n', after @ ..] => return (octets.len() - after.len(), Step::End),
                    [b'.', after @ ..] => {
                        rest = after;
                        self.is_line_start = false;
                    }
                    _ => {}
                }
            }
            let Some(at) = memchr::memchr3(b'\r', b'\n', 0, rest) else {
                self.text(rest, to);
                return (octets.len(), Step::More);
            };
            let (text, special) = rest.split_at(at);
            self.text(text, to);
            match special {
                [b'\r'] => return (octets.len() - 1, Step::More),
                [b'\r', b'\n', after @ ..] => {
                    to.extend_from_slice(b"\r\n");
                    self.longest_line = self.longest_line();
                    self.line = 0;
                    self.is_line_start = true;
                    rest = after;
                }
                _ => return (octets.len() - special.len(), Step::NotClean),
            }
        }
    }

    fn text(&mut self, text: &[u8], to: &mut Vec<u8>) {
        if !text.is_empty() {
            self.is_line_start = false;
            self.line += u64::try_from(text.len()).unwrap_or(u64::MAX);
            to.extend_from_slice(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the octets in pieces of this size.
    fn scan(octets: &[u8], piece: usize) -> (Vec<u8>, Step, usize) {
        let mut scanner = Scanner::new(true);
        let (mut out, mut buffer, mut taken_in_all) = (Vec::new(), Vec::new(), 0);
        for piece in octets.chunks(piece) {
            buffer.extend_from_slice(piece);
            let (taken, step) = scanner.take(&buffer, &mut out);
            buffer.drain(..taken);
            taken_in_all += taken;
            if step != Step::More {
                return (out, step, taken_in_all);
            }
        }
        (out, Step::More, taken_in_all)
    }

    #[test]
    fn a_message_ends_at_its_dot_line_however_it_is_cut() {
        let wire = b"Subject: x\r\n\r\n..stuffed\r\n.. x\r\nend\r\n.\r\nQUIT\r\n";
        for piece in 1..wire.len() {
            let (out, step, taken) = scan(wire, piece);
            assert_eq!(step, Step::End);
            assert_eq!(out, b"Subject: x\r\n\r\n.stuffed\r\n. x\r\nend\r\n");
            assert_eq!(&wire[taken..], b"QUIT\r\n");
        }
    }

    /// S1: none of these ends a message.
    #[test]
    fn sequences_that_lax_servers_take_for_an_end_are_refused() {
        for sequence in [
            "\n.\n",
            "\n.\r",
            "\n.\r\n",
            "\r.\n",
            "\r.\r",
            "\r.\r\n",
            "\r\n.\n",
            "\r\n.\r\r\n",
            "\r\r\n.\r\r\n",
            "\r\n.\0\r\n",
            "\r\n\0.\r\n",
            "\r\0\n.\r\n",
            "\r\n.\r\0\n",
            "\n\r.\n\r",
            "\n..\n",
            "\r\n..\n",
        ] {
            let wire = format!("text{sequence}MAIL FROM:<a@b.test>\r\n.\r\n");
            for piece in [1, 2, 3, 1_000] {
                assert_eq!(
                    scan(wire.as_bytes(), piece).1,
                    Step::NotClean,
                    "{sequence:?} in pieces of {piece}"
                );
            }
        }
        for sequence in ["\r\n. \r\n", "\r\n .\r\n", "\u{b}.\u{b}", "\u{85}.\u{85}", "\r\n\u{ff0e}\r\n"] {
            let wire = format!("text{sequence}more\r\n.\r\n");
            let (out, step, _) = scan(wire.as_bytes(), 1_000);
            assert_eq!(step, Step::End);
            assert!(out.ends_with(b"more\r\n"), "{sequence:?}");
        }
    }

    #[test]
    fn the_longest_line_is_measured_without_its_end() {
        let mut scanner = Scanner::new(false);
        let mut out = Vec::new();
        let text = format!("{}\r\n.\r\n{}\r", "x".repeat(998), "y".repeat(5));
        assert_eq!(scanner.take(text.as_bytes(), &mut out), (text.len() - 1, Step::More));
        assert_eq!(scanner.longest_line(), 998);
        assert!(!scanner.is_line_start());
    }
}
