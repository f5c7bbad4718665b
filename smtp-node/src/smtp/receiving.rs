//! A message on a connection: DATA and BDAT, to its end, and then to [`crate::intake`], whose answer the client hears.

use super::{
    incoming::{Content, Incoming},
    protocol::{self, Reason},
    scanner::Step,
    session::{Next, Session},
};
use crate::{intake, records};
use std::{io, time::Duration};
use tokio::time::Instant;

/// How long a message may take from its first to its last octet.
const MESSAGE: Duration = Duration::from_secs(30 * 60);
/// Octets read at a time.
const ROOM: usize = 64 * 1024;

impl Session {
    pub(super) async fn data(&mut self) -> io::Result<Next> {
        match &self.transaction {
            None => return self.say(protocol::WRONG_ORDER).await,
            Some(transaction) if transaction.chunks.is_some() => {
                return self.say(protocol::WRONG_ORDER).await;
            }
            Some(transaction) if transaction.recipients.is_empty() => {
                return self.say(protocol::NO_RECIPIENTS).await;
            }
            Some(_) if self.connection.has_input() => return self.early_talk().await,
            Some(_) => {}
        }
        self.connection.reply(&protocol::START_DATA).await?;
        let mut incoming = Incoming::new(true, self.node.config.max_message_bytes);
        let end = Instant::now() + MESSAGE;
        let is_clean = loop {
            let (taken, step) = incoming.take(self.connection.input(), &self.node.spool).await;
            self.connection.consume(taken);
            match step {
                Step::End => break true,
                Step::NotClean => break false,
                Step::More if incoming.is_hopeless() => {
                    return self.refuse_message(Reason::TooLarge, Next::Close).await;
                }
                Step::More => {
                    if let Some(next) = self.read_more(end).await? {
                        return Ok(next);
                    }
                }
            }
        };
        if !is_clean {
            self.count(|counters| &counters.protocol_violations);
            return self.refuse_message(Reason::BareNewline, Next::Close).await;
        }
        self.complete(incoming).await
    }

    /// Reads more of a message; `Some` if there will be no more.
    async fn read_more(&mut self, end: Instant) -> io::Result<Option<Next>> {
        let deadline = end.min(Instant::now() + self.patience());
        match self.connection.read_more(ROOM, deadline).await {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(Next::Close)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                self.count(|counters| &counters.too_slow);
                self.connection.reply(&protocol::TOO_SLOW).await?;
                Ok(Some(Next::Close))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn chunk(&mut self, size: u64, is_last: bool) -> io::Result<Next> {
        let limit = self.node.config.max_message_bytes;
        if size > limit.saturating_mul(2) {
            return self.refuse_message(Reason::TooLarge, Next::Close).await;
        }
        let has_recipients = self.transaction.as_ref().is_some_and(|it| !it.recipients.is_empty());
        let mut incoming = self
            .transaction
            .as_mut()
            .and_then(|transaction| transaction.chunks.take())
            .unwrap_or_else(|| Incoming::new(false, limit));
        let end = Instant::now() + MESSAGE;
        let (mut left, mut is_clean) = (size, true);
        while left > 0 {
            let available = usize::try_from(left).unwrap_or(usize::MAX).min(self.connection.input().len());
            if available == 0 {
                if let Some(next) = self.read_more(end).await? {
                    return Ok(next);
                }
                continue;
            }
            let octets = self.connection.input().get(..available).unwrap_or_default();
            if has_recipients && is_clean && !incoming.is_hopeless() {
                is_clean = incoming.take_chunk(octets, &self.node.spool).await != Step::NotClean;
            }
            self.connection.consume(available);
            left -= u64::try_from(available).unwrap_or(left);
        }
        if !has_recipients {
            let is_open = self.transaction.is_some();
            self.transaction = None;
            let reply = if is_open { protocol::NO_RECIPIENTS } else { protocol::WRONG_ORDER };
            return self.say(reply).await;
        }
        if !is_clean {
            return self.refuse_message(Reason::BareNewline, Next::Close).await;
        }
        if is_last {
            return self.complete(incoming).await;
        }
        if let Some(transaction) = self.transaction.as_mut() {
            transaction.chunks = Some(incoming);
        }
        self.say(protocol::CHUNK_OK).await
    }

    async fn complete(&mut self, incoming: Incoming) -> io::Result<Next> {
        match incoming.finish(&self.node.spool).await {
            Ok(content) => self.hand_over(content).await,
            Err(reason) => self.refuse_message(reason, Next::Listen).await,
        }
    }

    async fn hand_over(&mut self, content: Content) -> io::Result<Next> {
        let Some(transaction) = self.transaction.take() else {
            return self.say(protocol::WRONG_ORDER).await;
        };
        let replies = Box::pin(intake::take(&self.node, &self.client, *transaction, content)).await;
        if replies.len() > 1 {
            self.connection.reply(&protocol::EACH_RECIPIENT).await?;
        }
        for reply in &replies {
            self.connection.reply(reply).await?;
        }
        Ok(Next::Listen)
    }

    /// Refuses the message for every recipient, and logs it for each.
    async fn refuse_message(&mut self, reason: Reason, next: Next) -> io::Result<Next> {
        if let Some(transaction) = self.transaction.take() {
            for recipient in &transaction.recipients {
                records::log_refusal(&self.node, &self.client, &transaction.sender, recipient, reason);
            }
        }
        self.connection.reply(&reason.reply()).await?;
        Ok(next)
    }
}
