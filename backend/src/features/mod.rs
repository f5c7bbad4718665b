//! The features: the table of contents of the API.

pub(crate) mod domains;
mod event_stream;
mod filter_settings;
mod me;
pub(crate) mod node_registry;
pub(crate) mod resellers;
pub(crate) mod routes;
mod sessions;
mod settings_store;
pub(crate) mod users;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(sessions::routes)
        .configure(me::routes)
        .configure(resellers::routes)
        .configure(domains::configure)
        .configure(routes::configure)
        .configure(filter_settings::routes)
        .configure(event_stream::routes);
}
