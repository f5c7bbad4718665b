//! What is asked of the world before a recipient is taken: is the client on a DNS block list that the recipient's
//! domain uses, does the destination server know the recipient, were there too many bounces? Answers are kept.

use super::{client::Client, protocol::Reason, transaction::Recipient};
use crate::{callout, node::Node};
use contract::settings::{Text, domain::MAX_BOUNCES_PER_HOUR, rules::BLOCK_LISTS};

/// Lists that are asked for one recipient.
const LISTS: usize = 8;

/// What the sender announced.
#[derive(Clone, Copy, Debug)]
pub struct Announced {
    /// Whether it is a bounce.
    pub is_bounce: bool,
    /// Its size in octets.
    pub size: Option<u64>,
}

/// Why a recipient whose address is right is not taken all the same.
pub async fn objection(
    node: &Node,
    client: &Client,
    recipient: &Recipient,
    announced: Announced,
) -> Option<Reason> {
    if !node.config.filter {
        return None;
    }
    if is_listed(node, client, recipient).await {
        return Some(Reason::Listed);
    }
    let (domain, settings) = (&recipient.domain, &recipient.settings);
    if let Some(reason) = callout::objection(node, domain, &recipient.address, settings).await {
        return Some(reason);
    }
    // SIZ-04.
    let max_size = node.callouts.max_size(domain).unwrap_or(u64::MAX);
    if announced.size.is_some_and(|size| size > max_size) {
        return Some(Reason::TooLarge);
    }
    let limit = settings.get(&MAX_BOUNCES_PER_HOUR);
    let is_admitted = !announced.is_bounce || node.bounces.admit(&domain.name, limit, node.clock.now());
    (!is_admitted).then_some(Reason::TooManyBounces)
}

async fn is_listed(node: &Node, client: &Client, recipient: &Recipient) -> bool {
    let Text(zones) = recipient.settings.get(&BLOCK_LISTS);
    let zones: Vec<&str> =
        zones.split([' ', ',', ';']).map(str::trim).filter(|zone| !zone.is_empty()).take(LISTS).collect();
    if zones.is_empty() {
        return false;
    }
    let listing = node.lookups.listing_of(client.address, &zones).await;
    if let Some(list) = &listing {
        tracing::info!(client = %client.address, list, "the client is on a DNS block list");
    }
    listing.is_some()
}
