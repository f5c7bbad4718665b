//! The situations: every program together, as it is built, over its public interface.
//!
//! | file | is |
//! |---|---|
//! | `gateway.rs`, `installation.rs` | a Gatepost of its own for a test: database, both programs, destination server |
//! | `actors.rs` | somebody of a role, who calls the API |
//! | `messages.rs`, `dialogue.rs` | mail, and an SMTP client that can also be rude |
//! | `permissions.rs`, `spec.rs`, `settings.rs`, `schemas.rs`, `tidy.rs` | what holds for everything of a kind |
//! | `mail_flow.rs`, `quarantine_levels.rs`, `crash.rs`, `memory.rs`, `bad_input.rs` | situations |
//! | `browser/` | the panel in a real browser |

#[cfg(test)]
mod actors;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod dialogue;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod mail_flow;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod program;
#[cfg(test)]
mod quarantine_levels;
#[cfg(test)]
mod reseller_life;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod spec;
#[cfg(test)]
mod tidy;
