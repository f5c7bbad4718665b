//! The pages: each turns an address into a view. What several pages need is a component.

pub mod account;
pub mod account_sessions;
pub mod audit;
pub mod branding;
pub mod domain_changes;
pub mod domains;
pub mod jobs;
pub mod log_search;
pub mod login;
pub mod message;
pub mod missing;
pub mod mx_check;
pub mod permissions;
pub mod quarantine;
pub mod recover;
pub mod resellers;
pub mod routes;
pub mod second_factor;
pub mod settings;
pub mod start;
pub mod token_form;
pub mod tokens;
pub mod user_form;
pub mod users;
