//! One try to deliver a message to the recipients of a domain: the routes in their order (RTE-10, RTE-11), each
//! recipient with a result of its own.

use super::{
    client::{Client, Failure, Way},
    message::{Envelope, Recipient},
    octets::Source,
    pool::Pool,
    receipts::{Receipt, Receipts},
};
use crate::{
    headers,
    smtp::notification::Return,
    spool::{Handle, Spool},
};
use bytes::Bytes;
use contract::domains::Route;
use std::{collections::BTreeMap, io::Seek, sync::Arc};

/// What became of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What happened.
    pub fate: Fate,
    /// The server, `host:port`; empty if there was none.
    pub host: String,
    /// Its reply, or the error.
    pub reply: String,
    /// Octets delivered.
    pub size: u64,
    /// Whether the server knows of what the sender wants to hear, and tells it.
    pub is_told: bool,
}

impl Outcome {
    /// Where it did not come to a server.
    pub const fn without_server(fate: Fate, reply: String) -> Self {
        Self { fate, host: String::new(), reply, size: 0, is_told: false }
    }
}

/// What happened to a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server took the message.
    Delivered,
    /// The server never will.
    Refused,
    /// To be tried again.
    Later,
}

/// What is to be sent.
pub struct Parcel<'a> {
    /// Sender, recipients, fields.
    pub envelope: &'a Envelope,
    /// The whole message, or its beginning with the whole header.
    pub beginning: Bytes,
    /// Where the rest of a large message lies.
    pub spool: &'a Spool,
    /// Its record.
    pub handle: &'a Handle,
    /// Where it is written down that a server took it.
    pub receipts: &'a Receipts,
    /// The node's name.
    pub hostname: &'a str,
    /// How destination servers are found and met.
    pub way: Way<'a>,
}

/// Tries the routes in their order for these recipients.
pub async fn attempt(
    parcel: &Parcel<'_>,
    routes: &[Route],
    places: &[usize],
    pool: &Arc<Pool>,
) -> BTreeMap<usize, Outcome> {
    let mut open: Vec<usize> = places.to_vec();
    let mut outcomes = BTreeMap::new();
    let mut last = (String::new(), "there is no route to this domain".to_owned());
    for route in routes {
        let host = route.to_string();
        match try_route(parcel, route, &open, pool).await {
            Ok(results) => {
                for (place, result) in results {
                    let (fate, reply, size, is_told) = match result {
                        Ok(Taken { reply, size, is_told }) => (Fate::Delivered, reply, size, is_told),
                        Err(Failure::Never(reply)) => (Fate::Refused, reply, 0, false),
                        Err(failure) => {
                            last = (host.clone(), failure.text().to_owned());
                            continue;
                        }
                    };
                    open.retain(|it| *it != place);
                    outcomes.insert(place, Outcome { fate, host: host.clone(), reply, size, is_told });
                }
            }
            Err(failure) => {
                last = (host, failure.text().to_owned());
                // RTE-11: a route whose name leads nowhere is a mistake to be corrected, not a failure to evade.
                if matches!(failure, Failure::Unresolvable(_)) {
                    break;
                }
            }
        }
        if open.is_empty() {
            break;
        }
    }
    for place in open {
        let (host, reply) = last.clone();
        outcomes.insert(place, Outcome { fate: Fate::Later, host, reply, size: 0, is_told: false });
    }
    outcomes
}

/// What a server that took the message says.
#[derive(Clone)]
struct Taken {
    reply: String,
    size: u64,
    is_told: bool,
}

type Results = BTreeMap<usize, Result<Taken, Failure>>;

async fn try_route(
    parcel: &Parcel<'_>,
    route: &Route,
    places: &[usize],
    pool: &Arc<Pool>,
) -> Result<Results, Failure> {
    let mut lease = pool.lease(route, parcel.way).await?;
    let results = transact(parcel, &mut lease.client, places).await;
    match results {
        // The server may have closed a connection that was idle: a fresh one decides.
        Err(Failure::Broken(_)) if lease.was_idle => {
            lease.renew(route, parcel.way).await?;
            let results = transact(parcel, &mut lease.client, places).await;
            lease.give_back();
            results
        }
        other => {
            lease.give_back();
            other
        }
    }
}

/// One transaction for each stamp among the recipients. Errors only before anything was sent.
async fn transact(parcel: &Parcel<'_>, client: &mut Client, places: &[usize]) -> Result<Results, Failure> {
    let mut by_stamp: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in places {
        let stamp = parcel.envelope.recipients.get(*place).map_or(0, |recipient| recipient.stamp);
        by_stamp.entry(stamp).or_default().push(*place);
    }
    let mut results = Results::new();
    for (stamp, places) in by_stamp {
        match send(parcel, client, stamp, &places).await {
            Ok(more) => results.extend(more),
            Err(failure) if results.is_empty() => return Err(failure),
            Err(failure) => results.extend(places.iter().map(|place| (*place, Err(failure.clone())))),
        }
    }
    Ok(results)
}

async fn send(
    parcel: &Parcel<'_>,
    client: &mut Client,
    stamp: usize,
    places: &[usize],
) -> Result<Results, Failure> {
    let envelope = parcel.envelope;
    let all = |failure: Failure| places.iter().map(|place| (*place, Err(failure.clone()))).collect();
    let is_told = envelope.has_wishes(places) && client.takes_notifications(parcel.hostname).await?;
    match client.command(&mail(envelope, client, is_told)).await {
        Err(failure @ Failure::Broken(_)) => return Err(failure),
        Err(failure) => return Ok(all(failure)),
        Ok(_) => {}
    }
    let mut results = Results::new();
    let mut taken = Vec::new();
    for place in places {
        let Some(recipient) = envelope.recipients.get(*place) else { continue };
        if !recipient.address.is_ascii() && !client.takes_utf8() {
            let text = format!("{} cannot take internationalized addresses", client.address);
            results.insert(*place, Err(Failure::Never(text)));
            continue;
        }
        match client.command(&rcpt(recipient, is_told)).await {
            Ok(_) => taken.push(*place),
            Err(failure @ Failure::Broken(_)) => return Err(failure),
            Err(failure) => {
                results.insert(*place, Err(failure));
            }
        }
    }
    if taken.is_empty() {
        drop(client.command("RSET").await);
        return Ok(results);
    }
    let sent = match client.command("DATA").await {
        Ok(_) => data(parcel, client, stamp).await,
        Err(failure) => {
            drop(client.command("RSET").await);
            Err(failure)
        }
    };
    let sent = sent.map(|(reply, size)| Taken { reply, size, is_told });
    if let Ok(Taken { reply, size, .. }) = &sent {
        let (id, host) = (envelope.id.clone(), client.host.clone());
        let receipt = Receipt { id, places: taken.clone(), host, reply: reply.clone(), size: *size };
        parcel.receipts.note(&receipt);
    }
    // What broke after the message was under way is not tried again at once: the server may have it.
    results.extend(taken.into_iter().map(|place| (place, sent.clone())));
    Ok(results)
}

fn mail(envelope: &Envelope, client: &Client, is_told: bool) -> String {
    let mut line = format!("MAIL FROM:<{}>", envelope.sender);
    if envelope.is_eight_bit && client.takes_eight_bit() {
        line.push_str(" BODY=8BITMIME");
    }
    if envelope.is_utf8 && client.takes_utf8() {
        line.push_str(" SMTPUTF8");
    }
    if is_told {
        match envelope.wish.returns {
            Some(Return::Full) => line.push_str(" RET=FULL"),
            Some(Return::Headers) => line.push_str(" RET=HDRS"),
            None => {}
        }
        if let Some(id) = &envelope.wish.envelope_id {
            line.push_str(" ENVID=");
            line.push_str(id);
        }
    }
    line
}

fn rcpt(recipient: &Recipient, is_told: bool) -> String {
    let mut line = format!("RCPT TO:<{}>", recipient.address);
    if is_told {
        if let Some(notify) = recipient.wish.notify {
            line.push_str(&format!(" NOTIFY={notify}"));
        }
        if let Some(original) = &recipient.wish.original {
            line.push_str(" ORCPT=");
            line.push_str(original);
        }
    }
    line
}

async fn data(parcel: &Parcel<'_>, client: &mut Client, stamp: usize) -> Result<(String, u64), Failure> {
    let envelope = parcel.envelope;
    let (header, start) = if envelope.trace.is_empty() {
        (Vec::new(), 0)
    } else {
        let stamp = envelope.stamps.get(stamp);
        let fields = format!("{}{}", envelope.trace, stamp.map_or("", |stamp| &stamp.fields));
        let notation = stamp.and_then(|stamp| stamp.notation.as_deref());
        let header = headers::rewrite(&parcel.beginning, &fields, notation, parcel.hostname);
        (header, headers::end(&parcel.beginning))
    };
    let start_offset = u64::try_from(start).unwrap_or(0);
    let length = envelope.size.saturating_sub(start_offset);
    let file = parcel.spool.open_body(parcel.handle).map_err(|error| Failure::Later(error.to_string()))?;
    let source = match file {
        None => Source::Memory(parcel.beginning.slice(start..)),
        Some(mut file) => {
            file.seek(std::io::SeekFrom::Start(start_offset))
                .map_err(|error| Failure::Later(error.to_string()))?;
            Source::File(file)
        }
    };
    let size = length + u64::try_from(header.len()).unwrap_or(0);
    client.message(header, source, length).await.map(|reply| (reply, size))
}
