//! A complete message: judged for each recipient, made durable together with everything that is to be told of it,
//! and only then answered (security.md §3.1). What the client hears is what happened.

use crate::{
    deliver::{
        message::{Envelope, Recipient as Addressee, Stamp},
        queue,
    },
    form::Form,
    headers,
    judge::{Answer, Question},
    lookups::{self, Authenticity},
    node::Node,
    outbox::{json, report},
    records,
    ruling::{Known, Outcome, Ruling, rule},
    scanner::{self, Scan},
    smtp::{
        client::Client,
        incoming::Content,
        protocol::{self, Reason, Reply},
        transaction::{Recipient, Transaction},
    },
    spool::{Entry, SpoolError, record::Kind},
};
use bytes::Bytes;
use contract::{
    messages::{Classification, Status},
    nodes::{NewRecord, RecordBatch},
    settings::{
        branding::HEADER,
        incoming::{QUARANTINE_DAYS, QUARANTINE_THRESHOLD, UNSURE_THRESHOLD},
    },
};
use filter_engine::{Facts, Verdict, VirusScan};
use std::sync::{Arc, atomic::Ordering};

/// Received fields a message may have (RFC 5321 §6.3).
const MAX_HOPS: usize = 100;
/// A message with what is known of it.
struct Arrival<'a> {
    node: &'a Arc<Node>,
    client: &'a Client,
    transaction: &'a Transaction,
    content: &'a Content,
    id: String,
    received_at: i64,
    answer: Answer,
    authenticity: Authenticity,
    known: Known,
}

/// Takes a message for its recipients. The last reply is the answer to its end; before it comes one for each
/// recipient where the client asked for that (PRDR).
pub async fn take(
    node: &Arc<Node>,
    client: &Client,
    mut transaction: Transaction,
    content: Content,
) -> Vec<Reply> {
    if headers::hops(&content.beginning) > MAX_HOPS {
        return vec![refuse_all(node, client, &transaction, Reason::Loop)];
    }
    let received_at = node.clock.now();
    let (authenticity, mut known) =
        Box::pin(look_up(node, client, &mut transaction, &content, received_at)).await;
    let mut question = question(node, client, &transaction, &content, received_at);
    question.facts = Facts {
        client_host: client.host(),
        spf: authenticity.spf,
        dkim: authenticity.dkim,
        dmarc: authenticity.dmarc,
        dmarc_policy: authenticity.dmarc_policy,
        virus: match &known.scan {
            Scan::Found(name) => VirusScan::Found(name.clone()),
            Scan::Clean | Scan::Unwanted(_) => VirusScan::Clean,
            Scan::Off | Scan::Away(_) => VirusScan::Unavailable,
        },
        ..question.facts
    };
    question.arc_sealer.clone_from(&authenticity.arc_sealer);
    let answer = match node.judge.ask(question).await {
        Ok(answer) => answer,
        Err(reason) => return vec![refuse_all(node, client, &transaction, reason)],
    };
    known.form.parts = answer.parts;
    for name in &answer.file_names {
        known.inventory.note_name(name);
    }
    let id = uuid::Uuid::now_v7().simple().to_string();
    let (transaction, content) = (&transaction, &content);
    let arrival =
        Arrival { node, client, transaction, content, id, received_at, answer, authenticity, known };
    match arrival.settle().await {
        Ok(replies) => replies,
        Err(error) => {
            tracing::error!(%error, "a message could not be kept");
            vec![refuse_all(node, client, transaction, Reason::SpoolFull)]
        }
    }
}

/// What the world says of the client, of the sender and of what the message carries; only its size where nothing is
/// judged.
async fn look_up(
    node: &Node,
    client: &Client,
    transaction: &mut Transaction,
    content: &Content,
    received_at: i64,
) -> (Authenticity, Known) {
    let known = Known { size: content.size, longest_line: content.longest_line, ..Known::default() };
    if !node.config.filter {
        return (Authenticity::default(), known);
    }
    let asked = transaction.sender_policy.take();
    let question = lookups::Question {
        client_ip: client.address,
        helo: &client.helo,
        sender: &transaction.sender,
        hostname: &node.config.hostname,
        message: &content.beginning,
        is_whole: u64::try_from(content.beginning.len()) == Ok(content.size),
    };
    let (_, authenticity, inventory, scan) = tokio::join!(
        client.look_up(&node.lookups),
        node.lookups.judge_sender(&question, asked),
        node.inspector.inspect(content),
        scanner::scan(node.config.scanner.as_ref(), content),
    );
    let form = Form::of(&content.beginning, received_at, transaction.parameters.is_utf8);
    (authenticity, Known { inventory, scan, form, ..known })
}

/// Logs the message as refused for each recipient.
fn refuse_all(node: &Arc<Node>, client: &Client, transaction: &Transaction, reason: Reason) -> Reply {
    for recipient in &transaction.recipients {
        records::log_refusal(node, client, &transaction.sender, recipient, reason);
    }
    reason.reply()
}

fn question(
    node: &Node,
    client: &Client,
    transaction: &Transaction,
    content: &Content,
    received_at: i64,
) -> Question {
    let recipients = &transaction.recipients;
    Question {
        message: content.beginning.clone(),
        envelope: filter_engine::Envelope {
            client_ip: Some(client.address),
            helo: client.helo.clone(),
            sender: transaction.sender.clone(),
            recipients: recipients.iter().map(|recipient| recipient.address.to_string()).collect(),
        },
        facts: Facts {
            received_at: Some(received_at / 1_000),
            size: Some(content.size),
            longest_line: Some(content.longest_line),
            ..Facts::default()
        },
        arc_sealer: String::new(),
        settings: recipients.iter().map(|recipient| recipient.settings.clone()).collect(),
        wants_verdicts: node.config.filter,
    }
}

impl Arrival<'_> {
    /// Decides, makes durable, answers, and starts the delivery.
    async fn settle(&self) -> Result<Vec<Reply>, SpoolError> {
        let recipients = &self.transaction.recipients;
        let mut rulings: Vec<Ruling> = recipients
            .iter()
            .enumerate()
            .map(|(place, recipient)| rule(&self.known, self.verdict(place), &recipient.settings))
            .collect();
        let answers_each = self.transaction.parameters.wants_each && recipients.len() > 1;
        let refusal = if answers_each { refusal_of_all(&rulings) } else { one_answer(&mut rulings) };
        let reply = refusal.map_or_else(|| protocol::accepted(&self.id), Reason::reply);
        let mut replies = vec![reply.clone(); recipients.len()];
        if answers_each {
            replies = rulings
                .iter()
                .zip(recipients)
                .map(|(ruling, recipient)| own_reply(ruling, recipient))
                .collect();
        }
        let records: Vec<NewRecord> = recipients
            .iter()
            .zip(rulings.iter().zip(&replies))
            .enumerate()
            .map(|(place, (recipient, (ruling, reply)))| self.record(place, recipient, ruling, reply))
            .collect();
        let envelope = self.envelope(&rulings, &records);
        let is_held = rulings.iter().any(|ruling| matches!(ruling.outcome, Outcome::Hold { .. }));
        let mut entries = Vec::new();
        if is_held {
            entries.push(self.stored(Kind::HeldBody, json(&self.id)));
        }
        entries.push(report(&RecordBatch { records, events: Vec::new() }));
        if !envelope.recipients.is_empty() {
            entries.push(self.stored(Kind::Message, json(&envelope)));
        }
        let handles = self.node.spool.commit(entries).await?;
        self.node.outbox.push(&handles);
        if let Some(handle) = handles.into_iter().find(|handle| handle.kind() == Kind::Message) {
            let is_small = self.content.file.is_none();
            queue::add(self.node, handle, envelope, is_small.then(|| self.content.beginning.clone()));
        }
        if refusal.is_none() {
            self.node.counters.messages.fetch_add(1, Ordering::Relaxed);
        }
        tracing::info!(
            id = self.id, client = %self.client.address, sender = ?self.transaction.sender,
            recipients = recipients.len(), size = self.content.size, reply = %reply, "message"
        );
        if !answers_each {
            replies.clear();
        }
        replies.push(reply);
        Ok(replies)
    }

    fn verdict(&self, place: usize) -> Option<&Verdict> {
        self.answer.verdicts.get(place).map(AsRef::as_ref)
    }

    fn record(&self, place: usize, recipient: &Recipient, ruling: &Ruling, reply: &Reply) -> NewRecord {
        let verdict = self.verdict(place);
        let mut evidence = verdict.map(|verdict| verdict.evidence.clone()).unwrap_or_default();
        evidence.splice(0..0, ruling.found.clone());
        let settings = &recipient.settings;
        NewRecord {
            message_id: self.id.clone(),
            subject: self.answer.subject.clone(),
            header_from: self.answer.from.clone(),
            header_to: self.answer.to.clone(),
            size: self.content.size,
            classification: ruling.classification,
            status: match ruling.outcome {
                Outcome::Deliver => Status::Queued,
                Outcome::Hold { .. } => Status::Quarantined,
                Outcome::Refuse(reason) if reason.reply().code < 500 => Status::Deferred,
                Outcome::Refuse(_) => Status::Rejected,
            },
            reason: ruling.reason.map(|reason| reason.name().to_owned()),
            reply: reply.to_string(),
            score: verdict.map(|verdict| verdict.score),
            unsure_threshold: verdict.map(|_| settings.get(&UNSURE_THRESHOLD)),
            quarantine_threshold: verdict.map(|_| settings.get(&QUARANTINE_THRESHOLD)),
            evidence,
            authentication: self.authenticity.in_words(),
            attachments: self.answer.attachments,
            hold_days: matches!(ruling.outcome, Outcome::Hold { .. }).then(|| settings.get(&QUARANTINE_DAYS)),
            ..records::empty_record(self.node, self.client, &self.transaction.sender, recipient)
        }
    }

    /// The message for those to whom it is delivered.
    fn envelope(&self, rulings: &[Ruling], records: &[NewRecord]) -> Envelope {
        let mut stamps: Vec<Stamp> = Vec::new();
        let mut addressees = Vec::new();
        let all = self.transaction.recipients.iter().zip(rulings).zip(records).enumerate();
        for (place, ((recipient, ruling), record)) in all {
            if ruling.outcome != Outcome::Deliver {
                continue;
            }
            let stamp = stamp(self.verdict(place), &recipient.settings.get(&HEADER).0);
            let known = stamps.iter().position(|known| *known == stamp);
            addressees.push(Addressee {
                address: recipient.address.to_string(),
                domain: recipient.address.domain.clone(),
                record: Some(record.id),
                stamp: known.unwrap_or(stamps.len()),
                wish: recipient.wish.clone(),
            });
            if known.is_none() {
                stamps.push(stamp);
            }
        }
        let parameters = &self.transaction.parameters;
        Envelope {
            id: self.id.clone(),
            received_at: self.received_at,
            sender: self.transaction.sender.clone(),
            is_utf8: parameters.is_utf8,
            is_eight_bit: parameters.is_eight_bit,
            size: self.content.size,
            trace: self.trace(),
            stamps,
            recipients: addressees,
            is_bounce: false,
            is_forged: self.authenticity.is_forged(),
            wish: parameters.wish.clone(),
        }
    }

    /// The fields that say where the message came from (RFC 5321 §4.4, RFC 8601).
    fn trace(&self) -> String {
        let client = self.client;
        let protocol = match (self.transaction.parameters.is_utf8, client.is_extended, client.is_encrypted) {
            (true, _, true) => "UTF8SMTPS",
            (true, _, false) => "UTF8SMTP",
            (false, true, true) => "ESMTPS",
            (false, true, false) => "ESMTP",
            _ => "SMTP",
        };
        let helo: String = client
            .helo
            .chars()
            .map(|it| if it.is_ascii_alphanumeric() || "-._:[]".contains(it) { it } else { '?' })
            .collect();
        let hostname = &self.node.config.hostname;
        let host = match client.known_host() {
            "" => String::new(),
            host => format!("{host} "),
        };
        let results = match self.authenticity.results.as_str() {
            "" => "none",
            results => results,
        };
        format!(
            "Received: from {helo} ({host}[{}])\r\n\tby {hostname} (Gatepost) with {protocol} id {};\r\n\t{}\r\n\
             Authentication-Results: {hostname}; {results}\r\n",
            client.address,
            self.id,
            self.node.clock.now_in_mail(),
        )
    }

    fn stored(&self, kind: Kind, head: Bytes) -> Entry {
        let (body, file) = match &self.content.file {
            Some(file) => (Bytes::new(), Some(file.clone())),
            None => (self.content.beginning.clone(), None),
        };
        Entry::Add { kind, head, body, file }
    }
}

/// What all recipients refuse for, the first of them; none if one of them does not refuse.
fn refusal_of_all(rulings: &[Ruling]) -> Option<Reason> {
    let refusals: Option<Vec<Reason>> = rulings.iter().map(|ruling| ruling.outcome.refusal()).collect();
    refusals.and_then(|reasons| reasons.first().copied())
}

/// The answer for one recipient (PRDR).
fn own_reply(ruling: &Ruling, recipient: &Recipient) -> Reply {
    match ruling.outcome.refusal() {
        Some(reason) => reason.reply(),
        None => protocol::accepted_for(&recipient.address.to_string()),
    }
}

/// C17: one answer for all. If the recipients differ, the message is taken, and what would have been refused is
/// held; only where one of them asks for another try later, all do, so that nobody gets it twice or never.
fn one_answer(rulings: &mut [Ruling]) -> Option<Reason> {
    let later = rulings.iter().find_map(|ruling| match ruling.outcome {
        Outcome::Refuse(reason) if reason.reply().code < 500 => Some(reason),
        _ => None,
    });
    if let Some(reason) = later {
        for ruling in rulings.iter_mut() {
            ruling.outcome = Outcome::Refuse(reason);
            (ruling.classification, ruling.reason) = (Classification::Deferred, Some(reason));
        }
        return Some(reason);
    }
    let refusal = refusal_of_all(rulings);
    for ruling in rulings.iter_mut().filter(|_| refusal.is_none()) {
        if let Outcome::Refuse(reason) = ruling.outcome {
            ruling.outcome = Outcome::Hold { reason, is_refused: false };
        }
    }
    refusal
}

/// FIL-08 … FIL-11; `word` is that of the brand.
fn stamp(verdict: Option<&Verdict>, word: &str) -> Stamp {
    match verdict {
        None => Stamp { fields: "X-Recommended-Action: accept\r\n".into(), notation: None },
        Some(verdict) => Stamp {
            fields: format!(
                "X-{word}-Evidence: {}\r\nX-{word}-Class: {}\r\nX-Recommended-Action: {}\r\n",
                verdict.evidence_header,
                verdict.classification.header(),
                verdict.recommended_action.header()
            ),
            notation: verdict.subject_notation.clone(),
        },
    }
}
