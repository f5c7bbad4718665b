//! The hands of Gatepost: speaks SMTP, keeps the spool, obeys the policy, reports.
//!
//! ```text
//! client → smtp → intake → judge (engine) → spool → deliver → destination server
//!                              records, held bodies ↘ outbox → API
//!                        API → policy_sync, commands
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`smtp`] | the way in: protocol, limits, refusals |
//! | [`intake`], [`judge`] | a complete message: verdict for each recipient, one durable commit, one answer |
//! | [`content`], [`form`], [`scanner`] | what a message carries, how it is formed, what the virus scanner says |
//! | [`ruling`] | what becomes of a message for one recipient |
//! | [`callout`], [`bounces`] | what destination servers say of recipients; how many bounces came |
//! | [`lookups`] | what the domain name system says of a sender |
//! | [`spool`] | what is promised and not finished, on stable storage |
//! | [`deliver`] | the way out: queue, routes, retries, bounces |
//! | [`headers`] | what we add to and take out of a header |
//! | [`policy`], [`policy_sync`] | what the node has to obey |
//! | [`records`] | what the log says of each recipient |
//! | [`outbox`], [`commands`], [`heartbeat`], [`api`] | what it tells the API and hears from it |
//! | [`metrics`] | what it counts, for collectors |
//! | [`config`], [`clock`], [`node`], `whole_file` | configuration, time, what all share, small files |
//!
//! 250 is said only after the message is on stable storage. The node works without the API; it never decides policy.

pub mod api;
pub mod bounces;
pub mod callout;
pub mod clock;
pub mod commands;
pub mod config;
pub mod content;
pub mod deliver;
pub mod form;
pub mod headers;
pub mod heartbeat;
pub mod intake;
pub mod judge;
pub mod lookups;
pub mod metrics;
pub mod node;
pub mod outbox;
pub mod policy;
pub mod policy_sync;
pub mod records;
pub mod ruling;
pub mod scanner;
pub mod smtp;
pub mod spool;
mod whole_file;

use anyhow::{Context, Result};
use api::Api;
use clock::{Clock, RecordIds};
use config::Config;
use node::Node;
use policy_sync::PolicyStore;
use spool::{Spool, record::Kind};
use std::{future::Future, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// A node that is ready to serve.
pub struct Ready {
    node: Arc<Node>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    api: Api,
}

/// Runs a node until `shutdown` is done, then ends its sessions and its writing.
///
/// # Errors
/// One sentence: the port is taken, a folder cannot be written, a certificate cannot be read.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> Result<()> {
    prepare(config, Clock::default()).await?.serve(shutdown).await;
    Ok(())
}

/// Opens port, folders and spool, and takes over what an earlier run left.
///
/// # Errors
/// As [`run`].
pub async fn prepare(config: Config, clock: Clock) -> Result<Ready> {
    let data = config.data.display().to_string();
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("The data folder '{data}' cannot be made"))?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("The address {} cannot be listened on", config.listen))?;
    let metrics = match config.metrics {
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .with_context(|| format!("The address {address} for numbers cannot be listened on"))?,
        ),
        None => None,
    };
    // A provider that is already in place is as good as this one.
    drop(rustls::crypto::ring::default_provider().install_default());
    let tls = smtp::tls::acceptor(&config)?;
    let api = Api::new(&config).context("The HTTP client cannot be set up")?;
    let policy = PolicyStore::open(&config.data)
        .with_context(|| format!("The policy in '{data}' cannot be read or written"))?;
    let (spool, left) = Spool::open(&config.data, spool::SEGMENT_SIZE)
        .with_context(|| format!("The spool in '{data}' cannot be opened"))?;
    let (receipts, receipts_left) = deliver::receipts::Receipts::open(&config.data)
        .with_context(|| format!("The receipts in '{data}' cannot be read or written"))?;
    let number = heartbeat::known_number(&config.data);
    let node = Arc::new(Node {
        ids: RecordIds::new(clock.clone(), number),
        clock,
        policy: Arc::new(policy),
        spool,
        queue: deliver::queue::Queue::default(),
        receipts,
        executed: commands::Executed::default(),
        outbox: outbox::Outbox::default(),
        judge: judge::Judge::default(),
        callouts: callout::Callouts::default(),
        bounces: bounces::Bounces::default(),
        inspector: content::Inspector::default(),
        lookups: Arc::new(lookups::Lookups::new(config.dns)),
        tls,
        counters: node::Counters::default(),
        config,
    });
    node.outbox.push(&left);
    for handle in left.iter().filter(|handle| handle.kind() == Kind::Message) {
        deliver::queue::restore(&node, handle, &receipts_left).await;
    }
    receipts_left.remove();
    commands::restore(&node, &left);
    Ok(Ready { node, listener, metrics, api })
}

impl Ready {
    /// Where SMTP is spoken.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where the numbers are given, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// What the parts of the node share.
    pub const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Serves until `shutdown` is done.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self { node, listener, metrics, api } = self;
        let mut tasks = JoinSet::new();
        tasks.spawn(deliver::queue::wake(node.clone()));
        tasks.spawn(policy_sync::follow(api.clone(), node.policy.clone()));
        tasks.spawn(outbox::deliver_reports(node.clone(), api.clone()));
        tasks.spawn(commands::follow(node.clone(), api.clone()));
        tasks.spawn(heartbeat::beat(node.clone(), api));
        if let Some(metrics) = metrics {
            tasks.spawn(metrics::serve(node.clone(), metrics));
        }
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(smtp::listener::serve(node.clone(), listener, stopping));
        tracing::info!(hostname = node.config.hostname, queued = node.queue.len(), "the node serves");
        shutdown.await;
        tracing::info!("the node stops");
        stop.send_replace(true);
        drop(serving.await);
        tasks.shutdown().await;
        // Whatever was enqueued before is written when this is.
        drop(node.spool.commit(Vec::new()).await);
    }
}
