//! A destination server: takes mail by SMTP (RFC 5321) on a local port and keeps it, in memory or as `.eml`
//! files. Situations can make it refuse. Made of the standard library alone, so that it is small to build. It
//! must never sit anywhere but on the loopback interface.

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// How the server answers RCPT TO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// Takes everything.
    #[default]
    Accepts,
    /// 451: come back later.
    Defers,
    /// 550: never.
    Refuses,
}

/// A message that the server took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// MAIL FROM.
    pub sender: String,
    /// RCPT TO.
    pub recipients: Vec<String>,
    /// The message, dots unstuffed, lines ended by CRLF.
    pub content: Vec<u8>,
}

impl Received {
    /// The message as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}

struct Shared {
    mood: Mutex<Mood>,
    received: Mutex<Vec<Received>>,
    folder: Option<PathBuf>,
    count: AtomicU64,
    is_stopped: AtomicBool,
}

/// A running destination server; it stops when it is dropped.
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<thread::JoinHandle<()>>,
}

impl Sink {
    /// Starts on a port of the loopback interface, 0 for any, keeping messages in memory.
    pub fn start(port: u16) -> io::Result<Self> {
        Self::run(port, None)
    }

    /// Starts on a port of the loopback interface, writing each message to a file of the folder.
    pub fn start_keeping(port: u16, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Self::run(port, Some(folder.to_owned()))
    }

    fn run(port: u16, folder: Option<PathBuf>) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared {
            mood: Mutex::default(),
            received: Mutex::default(),
            folder,
            count: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
        });
        let server = Arc::clone(&shared);
        let listener =
            thread::Builder::new().name("sink".to_owned()).spawn(move || listen(&socket, &server))?;
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes how it answers from now on.
    pub fn set_mood(&self, mood: Mood) {
        *lock(&self.shared.mood) = mood;
    }

    /// What it took so far and keeps in memory, oldest first.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// How many messages contain this text.
    pub fn count(&self, text: &str) -> usize {
        let holds =
            |message: &&Received| message.content.windows(text.len()).any(|part| part == text.as_bytes());
        lock(&self.shared.received).iter().filter(holds).count()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is to stop.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(socket: &TcpListener, shared: &Arc<Shared>) {
    for stream in socket.incoming() {
        if shared.is_stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        // A client that goes away in the middle has told us nothing.
        thread::spawn(move || drop(converse(&stream, &shared)));
    }
}

fn converse(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(300)))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(64 * 1024, stream);
    let mut writer = stream;
    writer.write_all(b"220 destination.invalid ESMTP\r\n")?;
    let (mut sender, mut recipients) = (String::new(), Vec::new());
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 || shared.is_stopped.load(Ordering::SeqCst) {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        let verb = text.get(..4).unwrap_or(&text).to_ascii_uppercase();
        let reply: &[u8] = match verb.as_str() {
            "EHLO" => b"250-destination.invalid\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "HELO" | "NOOP" => b"250 OK\r\n",
            "RSET" => {
                recipients.clear();
                b"250 OK\r\n"
            }
            "MAIL" => {
                sender = path_of(&text);
                recipients.clear();
                b"250 OK\r\n"
            }
            "RCPT" => match *lock(&shared.mood) {
                Mood::Accepts => {
                    recipients.push(path_of(&text));
                    b"250 OK\r\n"
                }
                Mood::Defers => b"451 4.3.0 come back later\r\n",
                Mood::Refuses => b"550 5.1.1 no such mailbox\r\n",
            },
            "DATA" if recipients.is_empty() => b"503 5.5.1 no recipients\r\n",
            "DATA" => {
                writer.write_all(b"354 go on\r\n")?;
                let content = content(&mut reader)?;
                let message =
                    Received { sender: sender.clone(), recipients: std::mem::take(&mut recipients), content };
                keep(shared, message)?;
                b"250 2.0.0 taken\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => b"502 5.5.1 not known\r\n",
        };
        writer.write_all(reply)?;
    }
}

/// The part between the angle brackets.
fn path_of(command: &str) -> String {
    let inner = command.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(path, _)| path.to_owned())
}

/// Reads up to the lone dot (RFC 5321 §4.5.2).
fn content(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(content);
        }
        content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn keep(shared: &Shared, message: Received) -> io::Result<()> {
    let Some(folder) = &shared.folder else {
        lock(&shared.received).push(message);
        return Ok(());
    };
    let number = shared.count.fetch_add(1, Ordering::SeqCst);
    let millis = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis());
    let recipient = message.recipients.first().map_or("nobody", String::as_str);
    let name: String = recipient
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() || "@.-".contains(it) { it } else { '_' })
        .collect();
    fs::write(folder.join(format!("{millis}-{number}-{name}.eml")), message.content)
}
