//! An SMTP client that does what it is told: line by line, pipelined, or against every rule.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

/// An SMTP connection.
pub(crate) struct Dialogue {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

/// A reply: its code and its whole text. Code 0: the connection is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub code: u16,
    pub text: String,
}

impl Dialogue {
    /// Connects and reads the greeting.
    pub(crate) fn open(port: u16) -> Self {
        let mut dialogue = Self::connect(port).unwrap();
        assert_eq!(dialogue.reply().code, 220);
        dialogue
    }

    /// The same where the node may be away.
    pub(crate) fn try_open(port: u16) -> std::io::Result<Self> {
        let mut dialogue = Self::connect(port)?;
        match dialogue.reply().code {
            220 => Ok(dialogue),
            _ => Err(std::io::ErrorKind::ConnectionRefused.into()),
        }
    }

    fn connect(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        Ok(Self { writer: stream.try_clone()?, reader: BufReader::new(stream) })
    }

    /// Whether mail for this recipient would be taken.
    pub(crate) fn would_take(port: u16, recipient: &str) -> bool {
        let Ok(mut dialogue) = Self::connect(port) else { return false };
        dialogue.reply().code == 220
            && dialogue.say("EHLO client.test").code == 250
            && dialogue.say("MAIL FROM:<>").code == 250
            && dialogue.say(&format!("RCPT TO:<{recipient}>")).code == 250
    }

    /// Sends bytes as they are; the other side may have hung up.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.writer.write_all(bytes);
    }

    /// Sends a line and reads the reply.
    pub(crate) fn say(&mut self, line: &str) -> Reply {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// Reads one reply of one or more lines (RFC 5321 §4.2).
    pub(crate) fn reply(&mut self) -> Reply {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).unwrap_or(0) == 0 {
                return Reply { code: 0, text };
            }
            text.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                let code = line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
                return Reply { code, text };
            }
        }
    }

    /// Greets, names sender and recipients, and hands over the replies to RCPT TO.
    pub(crate) fn envelope(&mut self, sender: &str, recipients: &[&str]) -> Vec<Reply> {
        assert_eq!(self.say("EHLO client.test").code, 250);
        assert_eq!(self.say(&format!("MAIL FROM:<{sender}>")).code, 250);
        recipients.iter().map(|recipient| self.say(&format!("RCPT TO:<{recipient}>"))).collect()
    }

    /// Sends a message after [`Self::envelope`], dots stuffed, and reads the reply.
    pub(crate) fn data(&mut self, content: &[u8]) -> Reply {
        let reply = self.say("DATA");
        if reply.code != 354 {
            return reply;
        }
        self.send(&stuffed(content));
        self.send(b".\r\n");
        self.reply()
    }

    /// Sends one message to one recipient: the first refusal, or the last reply.
    pub(crate) fn mail(&mut self, sender: &str, recipient: &str, content: &str) -> Reply {
        let replies = self.envelope(sender, &[recipient]);
        match replies.into_iter().find(|reply| reply.code >= 400) {
            Some(refusal) => refusal,
            None => self.data(content.as_bytes()),
        }
    }

    /// Everything that comes until the other side closes or says nothing for a while.
    pub(crate) fn rest(&mut self, patience: Duration) -> String {
        self.writer.set_read_timeout(Some(patience)).unwrap();
        let mut rest = Vec::new();
        let _ = self.reader.read_to_end(&mut rest);
        String::from_utf8_lossy(&rest).into_owned()
    }
}

fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(content.len() + 16);
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}
