//! Carries out what the API commands: releases of held messages, and forgetting recipients. Each command is carried out once: that it was is
//! written into the spool in the same commit as the message, and forgotten only after the API has heard of it.

use crate::{
    api::{Api, ApiError},
    deliver::{
        message::{Envelope, Recipient, Stamp},
        queue,
    },
    node::Node,
    outbox::{json, report},
    smtp::incoming::{Content, Incoming},
    spool::{Entry, Handle, record::Kind},
};
use bytes::Bytes;
use contract::{
    ids::{CommandId, RecordId},
    messages::EventKind,
    nodes::{
        ACKNOWLEDGE_COMMAND, Command, CommandQuery, GET_COMMAND_BODY, GET_COMMANDS, NewEvent, Order,
        RecordBatch,
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const WAIT_SECONDS: u32 = 25;
const PAUSE: Duration = Duration::from_secs(1);

/// Commands that were carried out and of which the API has not heard.
#[derive(Default)]
pub struct Executed(Mutex<HashMap<CommandId, Handle>>);

impl Executed {
    fn open(&self) -> MutexGuard<'_, HashMap<CommandId, Handle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes over what an earlier run carried out.
pub fn restore(node: &Node, left: &[Handle]) {
    for handle in left.iter().filter(|handle| handle.kind() == Kind::Executed) {
        let read = node.spool.read(handle).ok();
        let id = read.and_then(|payload| serde_json::from_slice::<CommandId>(&payload.head).ok());
        match id {
            Some(id) => drop(node.executed.open().insert(id, handle.clone())),
            None => tracing::error!("a command in the spool cannot be read"),
        }
    }
}

/// Asks for commands and carries them out, until the task is dropped.
pub async fn follow(node: Arc<Node>, api: Api) {
    let left: Vec<CommandId> = node.executed.open().keys().cloned().collect();
    for id in left {
        // The API may have heard of it, and never name it again. If it is away, the command comes once more.
        if let Err(error) = acknowledge(&node, &api, &id).await {
            tracing::info!(%error, command = id.0, "a command of the last run is not acknowledged yet");
            break;
        }
    }
    loop {
        let asked = api.call(&GET_COMMANDS, &[], &CommandQuery { wait: WAIT_SECONDS }, &()).await;
        let mut failed = asked.is_err();
        match asked {
            Ok(answer) => {
                for command in answer.commands {
                    if let Err(error) = obey(&node, &api, &command).await {
                        tracing::warn!(%error, command = command.id.0, "a command was not carried out");
                        failed = true;
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the API was not asked for commands"),
        }
        if failed {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("{0}")]
    Spool(#[from] crate::spool::SpoolError),
    #[error("its content cannot be kept: {0}")]
    Content(String),
}

async fn obey(node: &Arc<Node>, api: &Api, command: &Command) -> Result<(), CommandError> {
    let is_done = node.executed.open().contains_key(&command.id);
    if let (false, Order::Release { record, domain, sender, recipient, .. }) = (is_done, &command.order) {
        let release = Release { record: *record, domain, sender, recipient };
        match release.content(node, api, &command.id).await {
            Ok(content) => release.spool(node, &command.id, content).await?,
            // The content is gone: there is nothing to release, and never will be.
            Err(CommandError::Api(error)) if !error.is_temporary() => {
                tracing::error!(%error, command = command.id.0, "a message cannot be released");
            }
            Err(error) => return Err(error),
        }
    }
    if let Order::ClearCallouts { domain } = &command.order {
        node.callouts.clear(domain.as_deref());
        tracing::info!(command = command.id.0, domain, "what is known of recipients is forgotten");
    }
    Ok(acknowledge(node, api, &command.id).await?)
}

/// Tells the API that a command is carried out, and forgets it then.
async fn acknowledge(node: &Node, api: &Api, id: &CommandId) -> Result<(), ApiError> {
    match api.call(&ACKNOWLEDGE_COMMAND, &[&id.0], &(), &()).await {
        Ok(()) => {}
        Err(error) if !error.is_temporary() => {
            tracing::info!(%error, command = id.0, "the API knows this command no more");
        }
        Err(error) => return Err(error),
    }
    if let Some(handle) = node.executed.open().remove(id) {
        node.spool.commit_later(vec![Entry::Finish(handle)]);
    }
    Ok(())
}

struct Release<'a> {
    record: RecordId,
    domain: &'a str,
    sender: &'a str,
    recipient: &'a str,
}

impl Release<'_> {
    async fn content(&self, node: &Node, api: &Api, id: &CommandId) -> Result<Content, CommandError> {
        if !node.has_room(0) {
            return Err(CommandError::Content("the disk is nearly full".into()));
        }
        let mut incoming = Incoming::new(false, u64::MAX);
        let mut stream = api.receive_message(&GET_COMMAND_BODY, &[&id.0]).await?;
        while let Some(octets) = stream.next().await? {
            // What was held was clean when it came.
            incoming.take_chunk(&octets, &node.spool).await;
        }
        incoming.finish(&node.spool).await.map_err(|reason| CommandError::Content(reason.name().to_owned()))
    }

    async fn spool(&self, node: &Arc<Node>, id: &CommandId, content: Content) -> Result<(), CommandError> {
        let hostname = &node.config.hostname;
        let envelope = Envelope {
            id: id.0.clone(),
            received_at: node.clock.now(),
            sender: self.sender.to_owned(),
            is_utf8: !self.sender.is_ascii() || !self.recipient.is_ascii(),
            is_eight_bit: !content.beginning.is_ascii() || content.file.is_some(),
            size: content.size,
            trace: format!(
                "Received: by {hostname} (Gatepost, released from quarantine) id {};\r\n\t{}\r\n",
                id.0,
                node.clock.now_in_mail()
            ),
            stamps: vec![Stamp { fields: "X-Recommended-Action: accept\r\n".into(), notation: None }],
            recipients: vec![Recipient {
                address: self.recipient.to_owned(),
                domain: self.domain.to_ascii_lowercase(),
                record: Some(self.record),
                stamp: 0,
                wish: Default::default(),
            }],
            is_bounce: false,
            is_forged: false,
            wish: Default::default(),
        };
        let event = NewEvent {
            record: self.record,
            id: node.ids.next(),
            kind: EventKind::Released,
            host: String::new(),
            reply: String::new(),
            size: 0,
        };
        let (body, memory) = match &content.file {
            Some(_) => (Bytes::new(), None),
            None => (content.beginning.clone(), Some(content.beginning.clone())),
        };
        let handles = node
            .spool
            .commit(vec![
                Entry::Add { kind: Kind::Executed, head: json(id), body: Bytes::new(), file: None },
                report(&RecordBatch { records: Vec::new(), events: vec![event] }),
                Entry::Add { kind: Kind::Message, head: json(&envelope), body, file: content.file },
            ])
            .await?;
        node.outbox.push(&handles);
        tracing::info!(command = id.0, recipient = ?self.recipient, "released");
        for handle in handles {
            match handle.kind() {
                Kind::Executed => drop(node.executed.open().insert(id.clone(), handle)),
                Kind::Message => queue::add(node, handle, envelope.clone(), memory.clone()),
                _ => {}
            }
        }
        Ok(())
    }
}
