//! What is asked of the world before a recipient is taken: is the client on a DNS block list that the recipient's
//! domain uses? Answers are kept, and nobody waits for them for more than two seconds.

use super::{client::Client, protocol::Reason, transaction::Recipient};
use crate::node::Node;
use contract::settings::{Text, rules::BLOCK_LISTS};

/// Lists that are asked for one recipient.
const LISTS: usize = 8;

/// Why a recipient whose address is right is not taken all the same.
pub async fn objection(node: &Node, client: &Client, recipient: &Recipient) -> Option<Reason> {
    if !node.config.filter {
        return None;
    }
    let Text(zones) = recipient.settings.get(&BLOCK_LISTS);
    let zones: Vec<&str> =
        zones.split([' ', ',', ';']).map(str::trim).filter(|zone| !zone.is_empty()).take(LISTS).collect();
    if zones.is_empty() {
        return None;
    }
    let listing = node.lookups.listing_of(client.address, &zones).await?;
    tracing::info!(client = %client.address, list = listing, "the client is on a DNS block list");
    Some(Reason::Listed)
}
