//! The API as its clients see it, on SQLite and, where `GATEPOST_TEST_POSTGRES` names a server, on PostgreSQL.

mod gateway;

mod accounts;
mod domains;
mod frame;
mod held_mail;
mod schemas;
mod settings;
mod spec;
mod tenants;
