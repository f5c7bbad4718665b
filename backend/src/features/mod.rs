//! The features: the table of contents of the API.

use utoipa_actix_web::service_config::ServiceConfig;

/// Every operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    let _ = config;
}
