//! A destination server in the test: takes mail, or does not, as its mood is.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// How it answers RCPT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Accepts,
    Defers,
    Refuses,
    /// Takes mail, after a while.
    Tarries,
    /// Takes mail, and what senders want to hear of it.
    Notifies,
    /// Takes mail of a megabyte for this mailbox, and for no other.
    Knows(&'static str),
}

#[derive(Default)]
struct Kept {
    messages: Vec<String>,
    senders: Vec<String>,
    recipients: Vec<String>,
    tries: usize,
    connections: usize,
}

pub(crate) struct Destination {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    kept: Arc<Mutex<Kept>>,
}

impl Destination {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mood, kept) = (Arc::new(Mutex::new(mood)), Arc::new(Mutex::new(Kept::default())));
        let (moods, keeping) = (mood.clone(), kept.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                keeping.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, moods.clone(), keeping.clone()));
            }
        });
        Self { address, mood, kept }
    }

    pub(crate) fn route(&self) -> String {
        self.address.to_string()
    }
    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
    pub(crate) fn messages(&self) -> Vec<String> {
        self.kept.lock().unwrap().messages.clone()
    }
    pub(crate) fn senders(&self) -> Vec<String> {
        self.kept.lock().unwrap().senders.clone()
    }
    pub(crate) fn recipients(&self) -> Vec<String> {
        self.kept.lock().unwrap().recipients.clone()
    }
    pub(crate) fn tries(&self) -> usize {
        self.kept.lock().unwrap().tries
    }
    pub(crate) fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }
}

async fn serve(stream: TcpStream, mood: Arc<Mutex<Mood>>, kept: Arc<Mutex<Kept>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut sender = String::new();
    let mut recipients = Vec::new();
    stream.get_mut().write_all(b"220 destination.test\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let answer = match line.trim_end().split_once(':') {
            Some(("MAIL FROM", path)) => {
                let dsn = *mood.lock().unwrap() == Mood::Notifies;
                sender = if dsn { path } else { path.split(' ').next()? }.to_owned();
                recipients.clear();
                "250 2.1.0 ok"
            }
            Some(("RCPT TO", path)) => {
                kept.lock().unwrap().tries += 1;
                let now = *mood.lock().unwrap();
                if now == Mood::Tarries {
                    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
                }
                match now {
                    Mood::Accepts | Mood::Tarries | Mood::Notifies => {
                        recipients.push(path.to_owned());
                        "250 2.1.5 ok"
                    }
                    Mood::Knows(mailbox) => {
                        let local = path.trim_start_matches('<').split('@').next().unwrap_or_default();
                        if local.eq_ignore_ascii_case(mailbox) {
                            recipients.push(path.to_owned());
                            "250 2.1.5 ok"
                        } else {
                            "550 5.1.1 no such user"
                        }
                    }
                    Mood::Defers => "451 4.3.0 later",
                    Mood::Refuses => "550 5.1.1 no such user",
                }
            }
            _ if line.starts_with("EHLO") => match *mood.lock().unwrap() {
                Mood::Notifies => "250-destination.test\r\n250-8BITMIME\r\n250 DSN",
                Mood::Knows(_) => "250-destination.test\r\n250-8BITMIME\r\n250 SIZE 1000000",
                _ => "250-destination.test\r\n250-8BITMIME\r\n250 SMTPUTF8",
            },
            _ if line.starts_with("DATA") => {
                stream.get_mut().write_all(b"354 go\r\n").await.ok()?;
                let message = read_message(&mut stream).await?;
                let mut kept = kept.lock().unwrap();
                kept.messages.push(message);
                kept.senders.push(sender.clone());
                kept.recipients.append(&mut recipients);
                "250 2.0.0 taken"
            }
            _ => "250 2.0.0 ok",
        };
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

async fn read_message(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
