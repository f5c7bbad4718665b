//! Gatepost's API and panel server: it owns all settings, roles, permissions, the log and the quarantine.
//!
//! | module | holds |
//! |---|---|
//! | [`app`] | builds the application: services, frame, features |
//! | [`config`] | the environment, read once |
//! | [`command`], `setup` | the command line |
//! | [`access`] | who calls, and what they may do to what |
//! | [`features`] | one file per feature: handlers, rules, queries |
//! | [`db`] | both databases |
//! | [`audit`], [`policy`], [`events`] | what every change also does |
//! | [`storage`] | the content of held messages |
//! | [`input`], [`paging`], [`etag`], [`csv_list`], [`error`] | how requests are read and answered |
//! | [`rate_limits`], [`idempotency`] | how often a request is taken, and that it is done once |
//! | [`mailer`] | the mail that the panel itself sends |
//! | [`frame`] | what every answer has: request id, headers, problem documents, measures |
//! | [`spec`], [`panel`], [`health`] | the API's description, the panel's files, what operators ask |
//!
//! Invariants: `features` use `access`, `db` and the contract, never the reverse. SQL is only in `features`, `access`,
//! `audit`, `policy` and `db`. A handler never takes a connection. Everything of a tenant is reached through
//! [`access::Granted`].

pub mod access;
pub mod app;
pub mod audit;
pub mod clock;
pub mod command;
pub mod config;
pub mod csv_list;
pub mod db;
pub mod dns;
pub mod dry_run;
pub mod error;
pub mod etag;
pub mod events;
pub mod features;
pub mod frame;
pub mod health;
pub mod idempotency;
pub mod input;
pub mod mailer;
pub mod network;
pub mod paging;
pub mod panel;
pub mod policy;
pub mod rate_limits;
mod setup;
pub mod spec;
pub mod storage;

pub use app::{Running, start};
