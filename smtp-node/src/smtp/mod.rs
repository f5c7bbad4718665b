//! The SMTP side, where mail comes in.
//!
//! | file | holds |
//! |---|---|
//! | [`listener`] | accepts connections, within limits |
//! | [`session`] | one connection: command by command |
//! | `receiving` | a message on it |
//! | [`client`] | who is connected |
//! | [`transaction`] | MAIL and RCPT: who may send what to whom |
//! | [`admission`] | what is asked of the world before a recipient is taken |
//! | [`incoming`] | a message while it is received |
//! | [`scanner`] | finds its end, refuses what is not clean |
//! | [`command`], [`address`], [`notification`] | what the client said |
//! | [`protocol`] | every reply, every reason of a refusal |
//! | [`connection`], [`tls`] | octets, in the clear or encrypted |

pub mod address;
pub mod admission;
pub mod client;
pub mod command;
pub mod connection;
pub mod incoming;
pub mod listener;
pub mod notification;
pub mod protocol;
mod receiving;
pub mod scanner;
pub mod session;
pub mod tls;
pub mod transaction;

#[cfg(test)]
mod tests;
