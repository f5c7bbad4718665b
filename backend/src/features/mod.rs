//! The features: the table of contents of the API.

mod acting;
mod api_token_store;
mod api_tokens;
mod audit_log;
mod branding;
mod domain_actions;
mod domain_notices;
pub(crate) mod domains;
mod event_stream;
mod filter_settings;
mod held_row;
mod import_lines;
mod import_table;
mod job_store;
pub(crate) mod job_worker;
mod jobs;
mod log_rows;
mod log_search;
mod log_search_query;
mod log_volume;
mod logins;
mod mail_servers;
mod me;
mod message_content;
mod message_html;
mod node_commands;
mod node_policy;
mod node_records;
mod node_records_rows;
pub(crate) mod node_registry;
mod nodes;
mod own_sessions;
mod permissions;
pub(crate) mod preview;
mod quarantine;
mod quarantine_actions;
mod quarantine_query;
mod quarantine_release;
mod recovery;
mod reseller_actions;
pub(crate) mod resellers;
pub mod retention;
pub(crate) mod routes;
mod second_factor;
mod second_factor_proof;
mod second_factor_rules;
mod sessions;
mod setting_overrides;
mod settings_store;
mod sign_in;
mod stored_bodies;
mod threshold_order;
mod training;
pub(crate) mod user_accounts;
mod user_list;
mod users;
mod users_bulk;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(sign_in::routes)
        .configure(acting::routes)
        .configure(branding::routes)
        .configure(sessions::routes)
        .configure(own_sessions::routes)
        .configure(logins::routes)
        .configure(recovery::routes)
        .configure(second_factor::routes)
        .configure(second_factor_rules::routes)
        .configure(me::routes)
        .configure(api_tokens::routes)
        .configure(audit_log::routes)
        .configure(resellers::routes)
        .configure(reseller_actions::routes)
        .configure(permissions::routes)
        .configure(users::configure)
        .configure(users_bulk::configure)
        .configure(domain_actions::configure)
        // Before users and domains, whose paths have a name where these have a word.
        .configure(jobs::routes)
        .configure(mail_servers::configure)
        .configure(domains::configure)
        .configure(routes::configure)
        .configure(filter_settings::routes)
        .configure(setting_overrides::routes)
        .configure(event_stream::routes)
        // Before the log's entries, whose path has an id where this one has a word.
        .configure(log_volume::configure)
        .configure(log_search::configure)
        .configure(node_commands::configure)
        .configure(node_policy::configure)
        .configure(node_records::configure)
        .configure(nodes::configure)
        .configure(preview::configure)
        .configure(quarantine::configure)
        .configure(quarantine_actions::configure)
        .configure(quarantine_release::configure);
}
