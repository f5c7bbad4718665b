//! The hands of Gatepost: speaks SMTP, keeps the spool, obeys the policy, reports.

pub mod api;
pub mod clock;
pub mod config;
pub mod lookups;
pub mod policy;
pub mod policy_sync;
pub mod spool;
