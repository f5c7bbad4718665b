//! The way out: from the spool to the destination servers.
//!
//! | file | holds |
//! |---|---|
//! | [`message`] | a message to be delivered, as it lies in the spool |
//! | [`queue`] | what is to be tried when |
//! | `lane` | who tries it: the workers of a domain |
//! | [`attempt`] | one try: the routes in their order, each recipient's result |
//! | [`client`] | one SMTP connection to a destination server |
//! | `octets` | a message on its way, piece by piece |
//! | [`pool`] | the connections to destination servers, shared by domains |
//! | [`receipts`] | what destination servers have acknowledged, before the spool has it |
//! | `settle` | what follows a try |
//! | [`schedule`] | when the next try is due (QUE-21) |
//! | [`status_notification`] | what the sender hears of the delivery |

pub mod attempt;
pub mod client;
mod lane;
pub mod message;
mod octets;
pub mod pool;
pub mod queue;
pub mod receipts;
pub mod schedule;
mod settle;
pub mod status_notification;
