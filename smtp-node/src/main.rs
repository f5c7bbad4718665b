//! `gatepost-node`: reads the configuration, runs the node until it is asked to stop.

use anyhow::{Context, Result};
use smtp_node::config::{Config, log_filter};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(log_filter()))
        .with_writer(std::io::stderr)
        .json()
        .flatten_event(true)
        // Where the log cannot be written, as on a full disk, the mail goes on without it.
        .log_internal_errors(false)
        .init();
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    let config = Config::from_environment()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate()).context("Signals cannot be heard")?;
        let shutdown = async move {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        };
        smtp_node::run(config, shutdown).await
    })
}
