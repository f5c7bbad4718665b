//! `cargo xtask fuzz`: tries every parser of the filter with damaged messages, each for a while. A finding names the
//! test and the run, and comes back in the next: the damage follows from fixed seeds.

use crate::project::{Project, run, say};
use anyhow::Result;

/// How long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long each parser is tried, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Tries everything; the tests run side by side.
pub(crate) fn try_parsers(project: &Project, options: &Options) -> Result<()> {
    let mut cargo = project.cargo(&["test", "--release", "--quiet", "--package", "filter-engine"]);
    cargo.args(["--test", "mutation", "--", "--nocapture"]);
    run(cargo.env("GATEPOST_FUZZ_SECONDS", options.seconds.to_string()))?;
    say("no parser of the filter failed");
    Ok(())
}
