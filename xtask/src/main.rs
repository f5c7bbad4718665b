//! The commands of the project: `cargo xtask up` runs Gatepost, `cargo xtask test` tests it; `gateway`, `bench`
//! and `golden` are for those who work on it. Each sets up what a fresh machine lacks and says what it does.
//!
//! | file | is |
//! |---|---|
//! | `project.rs` | folders, running commands, telling progress |
//! | `tools.rs` | the wasm target, trunk, wasm-bindgen |
//! | `panel.rs` | the panel's build, compressed twins, budget |
//! | `programs.rs` | building, starting, watching, stopping gatepost and gatepost-node |
//! | `installation.rs` | a data folder with database, users and node |
//! | `up.rs`, `demo.rs`, `demo_mail.rs` | the first command |
//! | `test.rs`, `machine.rs` | the second command; PostgreSQL and the browser for it |
//! | `gateway.rs`, `bench.rs` | for checks and measurements from outside |
//! | `filter.rs`, `filter_peers.rs` | training the filter, and measuring it beside others |
//! | `fuzz.rs` | trying its parsers with damaged messages |

mod bench;
mod demo;
mod demo_mail;
mod filter;
mod filter_peers;
mod fuzz;
mod gateway;
mod installation;
mod machine;
mod panel;
mod programs;
mod project;
mod test;
mod tools;
mod up;

use anyhow::Result;
use clap::Parser;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Runs, tests and measures Gatepost")]
enum Task {
    /// Runs Gatepost here: panel on 127.0.0.1:8080, SMTP on 127.0.0.1:2525, data in ./data
    Up {
        /// Adds domains, users of every role, a destination server and a week of mail
        #[arg(long)]
        demo: bool,
    },
    /// Tests everything: formatting, lints, programs on both databases, panel, browser
    Test,
    /// Runs the shipped programs for checks from outside; prints one line of JSON when ready
    Gateway(gateway::Options),
    /// Measures how fast mail is taken and delivered here
    Bench {
        /// What is measured; mail if not said
        #[command(subcommand)]
        what: Option<Measured>,
    },
    /// Makes the filter's model from labelled messages, and says how it was made
    Train(filter::Training),
    /// Tries the filter's parsers with damaged messages
    Fuzz(fuzz::Options),
    /// Rewrites openapi/openapi.json and tests/golden/ from the code
    Golden,
}

/// What is measured.
#[derive(clap::Subcommand)]
enum Measured {
    /// Messages a second, and what they take
    Smtp(bench::Options),
    /// The API's answers with 10,000 domains and 100,000 users, on both databases
    Control,
    /// Trains on DIR/train, judges DIR/dev, beside Bogofilter, SpamAssassin and Rspamd where they are there
    Filter(filter::Measurement),
}

fn main() -> ExitCode {
    match work(Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(task: Task) -> Result<()> {
    let project = project::Project::find()?;
    match task {
        Task::Up { demo } => up::run(&project, demo),
        Task::Test => test::run_all(&project),
        Task::Gateway(options) => gateway::run(&project, &options),
        Task::Bench { what: None } => bench::run(&project, &bench::Options::default()),
        Task::Bench { what: Some(Measured::Smtp(options)) } => bench::run(&project, &options),
        Task::Bench { what: Some(Measured::Control) } => bench::control(&project),
        Task::Bench { what: Some(Measured::Filter(options)) } => filter::measure(&project, &options),
        Task::Train(options) => filter::train(&project, &options),
        Task::Fuzz(options) => fuzz::try_parsers(&project, &options),
        Task::Golden => test::golden(&project),
    }
}
