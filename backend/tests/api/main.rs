//! The API as its clients see it, on SQLite and, where `GATEPOST_TEST_POSTGRES` names a server, on PostgreSQL.

#[cfg(test)]
mod gateway;
/// The one that the node's tests have.
#[cfg(test)]
#[path = "../../../smtp-node/tests/node/dns.rs"]
#[expect(dead_code, reason = "the node's tests ask for more")]
mod name_server;

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod acting;
#[cfg(test)]
mod api_tokens;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod branding;
#[cfg(test)]
mod domain_actions;
#[cfg(test)]
mod domains;
#[cfg(test)]
mod frame;
#[cfg(test)]
mod held_mail;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod mail_servers;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod resellers;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod setting_overrides;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod spec;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod subresellers;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod timing;
#[cfg(test)]
mod training;
#[cfg(test)]
mod users;
