//! A destination server in the test: takes mail, or does not, as its mood is.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

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
    /// Offers encryption, and then does not want it.
    RefusesEncryption,
    /// Encrypts by a certificate of another name that nobody signed.
    Encrypts,
    /// Ends the connection when the message is complete.
    Breaks,
    /// Says 554 instead of a greeting.
    TurnsAway,
}

impl Mood {
    /// The answer to RCPT.
    fn answer_to(self, path: &str) -> &'static str {
        let local = path.trim_start_matches('<').split('@').next().unwrap_or_default();
        match self {
            Self::Knows(mailbox) if !local.eq_ignore_ascii_case(mailbox) => "550 5.1.1 no such user",
            Self::Defers => "451 4.3.0 later",
            Self::Refuses => "550 5.1.1 no such user",
            _ => "250 2.1.5 ok",
        }
    }

    /// The answer to EHLO.
    fn offers(self) -> &'static str {
        match self {
            Self::Notifies => "250-destination.test\r\n250-8BITMIME\r\n250 DSN",
            Self::RefusesEncryption | Self::Encrypts => "250-destination.test\r\n250 STARTTLS",
            Self::Knows(_) => "250-destination.test\r\n250-8BITMIME\r\n250 SIZE 1000000",
            _ => "250-destination.test\r\n250-8BITMIME\r\n250 SMTPUTF8",
        }
    }
}

/// A connection, in the clear or encrypted.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What encrypts, and the key that it shows.
fn identity() -> &'static (TlsAcceptor, Vec<u8>) {
    static IDENTITY: OnceLock<(TlsAcceptor, Vec<u8>)> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        drop(rustls::crypto::ring::default_provider().install_default());
        let made = rcgen::generate_simple_self_signed(["other.test".to_owned()]).unwrap();
        let public = rcgen::PublicKeyData::subject_public_key_info(&made.signing_key);
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        (TlsAcceptor::from(Arc::new(config)), public)
    })
}

/// The digest of the key that encrypting destinations show.
pub(crate) fn key_digest() -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, &identity().1).as_ref().to_vec()
}

#[derive(Default)]
struct Kept {
    messages: Vec<String>,
    senders: Vec<String>,
    recipients: Vec<String>,
    tries: usize,
    connections: usize,
    open: usize,
    most_open: usize,
    encrypted: usize,
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
                {
                    let mut kept = keeping.lock().unwrap();
                    kept.connections += 1;
                    kept.open += 1;
                    kept.most_open = kept.most_open.max(kept.open);
                }
                let (moods, keeping) = (moods.clone(), keeping.clone());
                tokio::spawn(async move {
                    serve(Box::new(stream), moods, keeping.clone()).await;
                    keeping.lock().unwrap().open -= 1;
                });
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
    /// The most connections that were open at a time.
    pub(crate) fn most_open(&self) -> usize {
        self.kept.lock().unwrap().most_open
    }
    pub(crate) fn encrypted(&self) -> usize {
        self.kept.lock().unwrap().encrypted
    }
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
    pub(crate) fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }
}

async fn serve(stream: Box<dyn Stream>, mood: Arc<Mutex<Mood>>, kept: Arc<Mutex<Kept>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    if *mood.lock().unwrap() == Mood::TurnsAway {
        return stream.get_mut().write_all(b"554 not you\r\n").await.ok();
    }
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
                let answer = now.answer_to(path);
                if answer.starts_with('2') {
                    recipients.push(path.to_owned());
                }
                answer
            }
            _ if line.starts_with("EHLO") => mood.lock().unwrap().offers(),
            _ if line.starts_with("STARTTLS") && *mood.lock().unwrap() == Mood::Encrypts => {
                stream.get_mut().write_all(b"220 go\r\n").await.ok()?;
                let encrypted = identity().0.accept(stream.into_inner()).await.ok()?;
                kept.lock().unwrap().encrypted += 1;
                stream = BufReader::new(Box::new(encrypted));
                continue;
            }
            _ if line.starts_with("STARTTLS") => "454 4.7.0 not now",
            _ if line.starts_with("DATA") => {
                stream.get_mut().write_all(b"354 go\r\n").await.ok()?;
                let message = read_message(&mut stream).await?;
                if *mood.lock().unwrap() == Mood::Breaks {
                    kept.lock().unwrap().tries += 1;
                    return None;
                }
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

async fn read_message(stream: &mut BufReader<Box<dyn Stream>>) -> Option<String> {
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
