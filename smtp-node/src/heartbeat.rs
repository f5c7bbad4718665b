//! Tells the API every 15 seconds that the node is there, and hears its number, which is part of its records' ids.

use crate::{api::Api, node::Node, whole_file};
use contract::nodes::{BEAT, Heartbeat, Welcome};
use std::{path::Path, sync::Arc, time::Duration};

const INTERVAL: Duration = Duration::from_secs(15);
/// How soon it is tried again while the API is away.
const AGAIN: Duration = Duration::from_secs(2);
const FILE: &str = "number";

/// The number that the node had in an earlier run; 0 if none.
pub fn known_number(data: &Path) -> i64 {
    let text = std::fs::read_to_string(data.join(FILE)).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}

/// Beats until the task is dropped.
pub async fn beat(node: Arc<Node>, api: Api) {
    loop {
        let heartbeat = Heartbeat {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            queued: node.queue.len(),
            policy_revision: node.policy.current().revision,
        };
        let pause = match api.call(&BEAT, &[], &(), &heartbeat).await {
            Ok(welcome) => {
                take_number(&node, &welcome);
                INTERVAL
            }
            Err(error) => {
                tracing::warn!(%error, "the API was not told that the node is there");
                AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}

fn take_number(node: &Node, welcome: &Welcome) {
    if welcome.number == node.ids.node() && node.config.data.join(FILE).exists() {
        return;
    }
    node.ids.set_node(welcome.number);
    if let Err(error) = whole_file::replace(&node.config.data.join(FILE), &format!("{}\n", welcome.number)) {
        tracing::warn!(%error, "the node's number could not be kept");
    }
    tracing::info!(name = welcome.name, number = welcome.number, "known to the API");
}
