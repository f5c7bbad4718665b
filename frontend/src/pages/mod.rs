//! The pages: each turns an address into a view. What several pages need is a component.

pub mod account;
pub mod domains;
pub mod login;
pub mod missing;
pub mod routes;
pub mod settings;
