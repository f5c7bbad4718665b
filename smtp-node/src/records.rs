//! The first line of the log for each recipient, as the API gets it; and the records of recipients that were refused
//! before the content was judged (LOG-03, LOG-04).

use crate::{
    node::Node,
    outbox,
    smtp::{client::Client, protocol::Reason, transaction::Recipient},
};
use contract::{
    messages::{Authentication, Classification, Status},
    nodes::{NewRecord, RecordBatch},
};
use std::sync::Arc;

/// Logs a recipient that was refused before the content was judged.
pub fn log_refusal(node: &Arc<Node>, client: &Client, sender: &str, recipient: &Recipient, reason: Reason) {
    let reply = reason.reply();
    let is_final = reply.code >= 500;
    let record = NewRecord {
        reason: Some(reason.name().to_owned()),
        reply: reply.to_string(),
        classification: if is_final { Classification::Rejected } else { Classification::Deferred },
        status: if is_final { Status::Rejected } else { Status::Deferred },
        ..empty_record(node, client, sender, recipient)
    };
    tracing::info!(
        client = %client.address, sender = ?sender, recipient = ?record.recipient, reply = %reply,
        reason = reason.name(), "refused"
    );
    outbox::tell(node, RecordBatch { records: vec![record], events: Vec::new() });
}

/// A record with what is known before the content is.
pub fn empty_record(node: &Node, client: &Client, sender: &str, recipient: &Recipient) -> NewRecord {
    NewRecord {
        id: node.ids.next(),
        message_id: String::new(),
        domain: recipient.domain.name.clone(),
        sender: sender.to_owned(),
        recipient: recipient.address.to_string(),
        sender_ip: client.address.to_string(),
        sender_host: client.known_host().to_owned(),
        helo: client.helo.clone(),
        is_encrypted: client.is_encrypted,
        subject: String::new(),
        header_from: String::new(),
        header_to: String::new(),
        size: 0,
        classification: Classification::NotSpam,
        status: Status::Queued,
        reason: None,
        reply: String::new(),
        score: None,
        unsure_threshold: None,
        quarantine_threshold: None,
        evidence: Vec::new(),
        authentication: Authentication::default(),
        attachments: 0,
        hold_days: None,
    }
}
