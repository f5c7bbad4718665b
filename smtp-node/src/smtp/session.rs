//! One connection: reads commands and keeps their order. Messages come in by [`super::receiving`].

use super::{
    admission,
    client::Client,
    command::Command,
    connection::{Connection, Line},
    protocol::{self, Reason, Reply},
    transaction::{Refusal, Transaction},
};
use crate::{
    lookups::SenderPolicy,
    node::{Counters, Node},
    records,
};
use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// Wrong commands that a client may send.
const MAX_ERRORS: u32 = 20;
/// Commands on one connection.
const MAX_COMMANDS: u32 = 100_000;
/// Wrong recipients after which answers are kept back.
const GUESSES: u32 = 5;
/// How long they are kept back.
const TARPIT: Duration = Duration::from_millis(700);
/// How long a client may be silent when there are few places left.
const HURRIED: Duration = Duration::from_secs(15);

/// A connection with a client.
pub struct Session {
    pub(super) node: Arc<Node>,
    pub(super) connection: Connection,
    pub(super) client: Client,
    pub(super) said_hello: bool,
    pub(super) transaction: Option<Box<Transaction>>,
    pub(super) errors: u32,
    pub(super) commands: u32,
    pub(super) recipients: usize,
    /// Recipients that were refused for good.
    pub(super) refused: u32,
    pub(super) is_hurried: bool,
    pub(super) stopping: watch::Receiver<bool>,
}

/// What happens after a command.
pub(super) enum Next {
    Listen,
    Close,
}

impl Session {
    /// For an accepted connection.
    pub fn new(
        node: Arc<Node>,
        connection: Connection,
        address: IpAddr,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let client = Client::new(address);
        let (said_hello, transaction) = (false, None);
        let (errors, commands, recipients, refused, is_hurried) = (0, 0, 0, 0, false);
        Self {
            node,
            connection,
            client,
            said_hello,
            transaction,
            errors,
            commands,
            recipients,
            refused,
            is_hurried,
            stopping,
        }
    }

    /// The same for a client that may not keep its place for long, because there are few left.
    #[must_use]
    pub fn in_a_hurry(self) -> Self {
        Self { is_hurried: true, ..self }
    }

    /// Serves it until its end.
    pub async fn run(mut self) {
        match self.converse().await {
            Ok(()) => self.connection.close().await,
            Err(error) => tracing::debug!(client = %self.client.address, %error, "a connection broke"),
        }
    }

    async fn converse(&mut self) -> io::Result<()> {
        if self.connection.talks_early() {
            self.count(|counters| &counters.protocol_violations);
            return self.connection.reply(&protocol::EARLY_TALK).await;
        }
        self.connection.reply(&protocol::greeting(&self.node.config.hostname)).await?;
        loop {
            let line = match self.next_line().await {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    self.count(|counters| &counters.too_slow);
                    return self.connection.reply(&protocol::IDLE).await;
                }
                Err(error) => return Err(error),
            };
            let next = match line {
                Line::Text(text) => self.obey(Command::parse(&text)).await?,
                Line::NotText => self.say(protocol::UNKNOWN_COMMAND).await?,
                Line::TooLong => self.say(protocol::COMMAND_TOO_LONG).await?,
                Line::NotClean => {
                    self.count(|counters| &counters.protocol_violations);
                    self.connection.reply(&protocol::COMMAND_NOT_CLEAN).await?;
                    Next::Close
                }
            };
            self.commands += 1;
            if matches!(next, Next::Close) {
                return Ok(());
            }
            if self.errors >= MAX_ERRORS || self.commands >= MAX_COMMANDS {
                return self.connection.reply(&protocol::TOO_MANY_ERRORS).await;
            }
        }
    }

    async fn next_line(&mut self) -> io::Result<Option<Line>> {
        let deadline = Instant::now() + self.patience();
        let stopped = tokio::select! {
            biased;
            line = self.connection.read_line(deadline) => return line,
            _ = self.stopping.wait_for(|stops| *stops) => true,
        };
        if stopped {
            self.connection.reply(&protocol::STOPPING).await?;
        }
        Ok(None)
    }

    /// How long the next command, or the next octets of a message, may take.
    pub(super) fn patience(&self) -> Duration {
        let config = &self.node.config;
        let usual = if self.said_hello { config.command_timeout } else { config.greeting_timeout };
        if self.is_hurried { usual.min(HURRIED) } else { usual }
    }

    pub(super) fn count(&self, counter: impl Fn(&Counters) -> &AtomicU64) {
        counter(&self.node.counters).fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps the answer back from a client that guesses addresses: each guess costs it more time than us.
    async fn tarpit(&mut self) {
        self.count(|counters| &counters.recipients_refused);
        self.refused += 1;
        if self.refused > GUESSES {
            self.count(|counters| &counters.tarpitted);
            tokio::time::sleep(TARPIT).await;
        }
    }

    pub(super) async fn say(&mut self, reply: Reply) -> io::Result<Next> {
        if reply.code >= 500 {
            self.errors += 1;
        }
        self.connection.reply(&reply).await?;
        Ok(Next::Listen)
    }

    async fn obey(&mut self, command: Command) -> io::Result<Next> {
        let reply = match command {
            Command::Helo(name) => return self.hello(name, false).await,
            Command::Ehlo(name) => return self.hello(name, true).await,
            Command::StartTls => return self.start_tls().await,
            Command::Mail(argument) => self.mail(&argument),
            Command::Rcpt(argument) => return self.recipient(&argument).await,
            Command::Data => return self.data().await,
            Command::Bdat(size, is_last) => return self.chunk(size, is_last).await,
            Command::Rset => {
                self.transaction = None;
                protocol::OK
            }
            Command::Noop => protocol::OK,
            Command::Verify => protocol::CANNOT_VERIFY,
            Command::Help => protocol::HELP,
            Command::Quit => {
                self.connection.reply(&protocol::BYE).await?;
                return Ok(Next::Close);
            }
            Command::Http if !self.said_hello => {
                self.connection.reply(&protocol::NOT_HTTP).await?;
                return Ok(Next::Close);
            }
            Command::WrongChunk => {
                self.connection.reply(&protocol::WRONG_ARGUMENT).await?;
                return Ok(Next::Close);
            }
            Command::WrongArgument => protocol::WRONG_ARGUMENT,
            Command::NotHere => protocol::NOT_HERE,
            Command::Http | Command::Unknown => protocol::UNKNOWN_COMMAND,
        };
        self.say(reply).await
    }

    /// What was said before the answer to a command that ends a group was not meant for us (RFC 2920 §3.1).
    pub(super) async fn early_talk(&mut self) -> io::Result<Next> {
        self.count(|counters| &counters.protocol_violations);
        self.connection.reply(&protocol::EARLY_TALK).await?;
        Ok(Next::Close)
    }

    async fn hello(&mut self, name: String, is_extended: bool) -> io::Result<Next> {
        if self.connection.has_input() {
            return self.early_talk().await;
        }
        self.client.helo = name;
        self.client.is_extended = is_extended;
        self.said_hello = true;
        self.transaction = None;
        if self.node.config.filter {
            self.client.begin_look_up(&self.node.lookups);
        }
        let config = &self.node.config;
        if is_extended {
            let offers_tls = !self.connection.is_encrypted();
            let lines = protocol::extensions(&config.hostname, config.max_message_bytes, offers_tls);
            self.connection.reply_text(&lines).await?;
        } else {
            self.connection.reply(&protocol::hello(&config.hostname)).await?;
        }
        Ok(Next::Listen)
    }

    async fn start_tls(&mut self) -> io::Result<Next> {
        if self.connection.is_encrypted() || !self.said_hello {
            return self.say(protocol::WRONG_ORDER).await;
        }
        // Anything sent in the clear behind STARTTLS is an attack (CVE-2011-0411).
        if self.connection.has_input() {
            return self.early_talk().await;
        }
        self.connection.reply(&protocol::START_TLS).await?;
        self.connection.encrypt(&self.node.tls).await?;
        // RFC 3207 §4.2: all that was said before is forgotten.
        self.said_hello = false;
        self.transaction = None;
        self.client.helo = String::new();
        self.client.is_encrypted = true;
        Ok(Next::Listen)
    }

    fn mail(&mut self, argument: &str) -> Reply {
        if !self.said_hello || self.transaction.is_some() {
            return protocol::WRONG_ORDER;
        }
        let policy = self.node.policy.current();
        match Transaction::begin(argument, policy, self.node.config.max_message_bytes) {
            Ok(transaction) if !self.node.has_room(transaction.parameters.size.unwrap_or(0)) => {
                Reason::SpoolFull.reply()
            }
            Ok(transaction) => {
                self.transaction = Some(Box::new(transaction));
                protocol::SENDER_OK
            }
            Err(reply) => reply,
        }
    }

    async fn recipient(&mut self, argument: &str) -> io::Result<Next> {
        let Some(transaction) = self.transaction.as_mut().filter(|it| it.chunks.is_none()) else {
            return self.say(protocol::WRONG_ORDER).await;
        };
        self.recipients += 1;
        if self.recipients > self.node.config.max_recipients_per_connection {
            self.count(|counters| &counters.too_many_recipients);
            self.connection.reply(&protocol::TOO_MANY_ON_CONNECTION).await?;
            return Ok(Next::Close);
        }
        transaction.is_greeting_wrong = self.node.config.filter && !self.client.is_greeting_right();
        let announced = admission::Announced {
            is_bounce: transaction.sender.is_empty(),
            size: transaction.parameters.size,
        };
        let taken = match transaction.read(argument) {
            Ok(recipient) => {
                match Box::pin(admission::objection(&self.node, &self.client, &recipient, announced)).await {
                    None => Ok(recipient),
                    Some(reason) => Err(Refusal::of(recipient, reason)),
                }
            }
            Err(refusal) => Err(refusal),
        };
        match taken {
            Ok(recipient) => {
                transaction.add(recipient);
                self.ask_sender_policy();
                self.say(protocol::RECIPIENT_OK).await
            }
            Err(refusal) => {
                tracing::info!(
                    client = %self.client.address, sender = ?transaction.sender, recipient = ?argument,
                    reply = %refusal.reply, "a recipient was refused"
                );
                if let Some((recipient, reason)) = refusal.logged {
                    records::log_refusal(&self.node, &self.client, &transaction.sender, &recipient, reason);
                }
                if refusal.reply.code >= 500 {
                    self.tarpit().await;
                }
                self.say(refusal.reply).await
            }
        }
    }

    /// Begins to ask for what the message will be judged by, so that the answers are there when it is. Only once
    /// it has a recipient of ours: others shall not make us ask.
    fn ask_sender_policy(&mut self) {
        let Some(transaction) = self.transaction.as_mut().filter(|it| it.sender_policy.is_none()) else {
            return;
        };
        if self.node.config.filter {
            let (node, client) = (&self.node, &self.client);
            transaction.sender_policy = SenderPolicy::ask(
                &node.lookups,
                client.address,
                &client.helo,
                &transaction.sender,
                &node.config.hostname,
            );
        }
    }
}
