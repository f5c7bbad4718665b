//! The API's description: OpenAPI from the handlers, completed from the contract (who may call an operation, which
//! errors it can give, the settings catalogue), served with a page that needs nothing from outside.

use crate::{error::ApiError, features};
use actix_web::{
    App, HttpResponse, get,
    http::header,
    web::{self, ServiceConfig},
};
use contract::{
    endpoint::{Access, Method, Operation, operations},
    language::{Language, text},
    problem::ErrorCode,
    settings::{self, Control},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::openapi::{
    Info, License, OpenApi, Ref, RefOr,
    content::Content,
    path::{Operation as PathOperation, Parameter, ParameterBuilder, ParameterIn, PathItem},
    response::{Response, ResponseBuilder},
    schema::{ObjectBuilder, Schema, Type},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::SwaggerUi;

const ABOUT: &str = "The API of Gatepost, a mail-filtering gateway. The panel, the mail nodes and your programs use \
the same operations. Errors are problem documents (RFC 9457); lists are paged by cursor; times are RFC 3339 in UTC; \
changes are JSON Merge Patch (RFC 7396). A caller may send 6,000 requests a minute; `RateLimit` says how many are \
left, and 429 with `Retry-After` when to come back. With `Accept: text/csv` a list is a CSV file. With `?dry_run=true` a \
change is tried, answered as if it had been made, and taken back; not for sessions and what is one's own.";

/// The whole description.
pub fn document() -> OpenApi {
    let (_, mut document) = App::new().into_utoipa_app().configure(features::routes).split_for_parts();
    let mut info = Info::new("Gatepost", contract::API_VERSION);
    info.description = Some(ABOUT.to_owned());
    info.license = Some(License::new("AGPL-3.0-or-later"));
    document.info = info;
    let components = document.components.get_or_insert_default();
    let http = |format: &str, about: &str| {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.bearer_format = Some(format.to_owned());
        http.description = Some(about.to_owned());
        SecurityScheme::Http(http)
    };
    let cookie = |name: &str, about: &str| {
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(name, about)))
    };
    for (name, scheme) in [
        ("person", http("JWT", "The access token of a session.")),
        ("node", http("gpn_…", "The token of a mail node.")),
        ("events", cookie("gatepost_events", "Set when signing in; for the event stream alone.")),
    ] {
        components.security_schemes.insert(name.to_owned(), RefOr::T(scheme));
    }
    if let Some(schema) = settings_schema() {
        components.schemas.insert("SettingsChange".to_owned(), RefOr::T(schema));
    }
    for operation in operations() {
        let item = document.paths.paths.get_mut(operation.path);
        if let Some(described) = item.and_then(|item| slot(item, operation.method)).and_then(Option::as_mut) {
            complete(described, operation);
        }
    }
    document
}

/// The description as it is committed in `openapi/openapi.json`.
pub fn print() -> Result<String, String> {
    let mut text = document().to_pretty_json().map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text)
}

/// The place of a method in a path.
pub const fn slot(item: &mut PathItem, method: Method) -> Option<&mut Option<PathOperation>> {
    Some(match method {
        Method::Get => &mut item.get,
        Method::Post => &mut item.post,
        Method::Put => &mut item.put,
        Method::Patch => &mut item.patch,
        Method::Delete => &mut item.delete,
    })
}

/// What every operation has, by who may call it and by what it reads.
fn complete(described: &mut PathOperation, operation: &Operation) {
    let scope: &[&str] = &[];
    let (security, permission) = match operation.access {
        Access::Public => (None, "public"),
        Access::SignedIn if operation.id == "listen" => (Some("events"), "signed_in"),
        Access::SignedIn => (Some("person"), "signed_in"),
        Access::Needs(permission) => (Some("person"), permission.name()),
        Access::Node => (Some("node"), "node"),
    };
    described.security = Some(match (security, operation.access) {
        (Some(name), Access::Needs(_)) => vec![SecurityRequirement::new(name, [permission])],
        (Some(name), _) => vec![SecurityRequirement::new(name, scope.iter().copied())],
        (None, _) => Vec::new(),
    });
    let extensions =
        utoipa::openapi::extensions::ExtensionsBuilder::new().add("x-permission", permission).build();
    described.extensions.get_or_insert_default().merge(extensions);
    let mut errors = vec![ErrorCode::BadRequest, ErrorCode::Unavailable];
    if operation.access != Access::Public {
        errors.push(ErrorCode::NotSignedIn);
    }
    if matches!(operation.access, Access::Needs(_)) {
        errors.push(ErrorCode::NotAllowed);
    }
    if operation.access != Access::Node {
        errors.push(ErrorCode::TooManyRequests);
    }
    if operation.path.contains('{') {
        errors.push(ErrorCode::NotFound);
    }
    if described.request_body.is_some() {
        errors.extend([ErrorCode::TooLarge, ErrorCode::UnsupportedMediaType, ErrorCode::Invalid]);
    }
    if described.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
        errors.push(ErrorCode::Invalid);
    }
    if is_keyed(operation) {
        described.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
        errors.extend([ErrorCode::IdempotencyRunning, ErrorCode::IdempotencyKeyReused]);
    }
    for code in errors {
        let status = code.status().to_string();
        described.responses.responses.entry(status).or_insert_with(|| RefOr::T(problem(code)));
    }
}

/// Whether an operation takes an `Idempotency-Key`: whatever creates or acts for somebody who is known.
fn is_keyed(operation: &Operation) -> bool {
    let is_person = matches!(operation.access, Access::SignedIn | Access::Needs(_));
    is_person && operation.method == Method::Post && operation.id != "confirm_session"
}

fn idempotency_key() -> Parameter {
    let about = "Any text of 1 to 200 letters, digits and signs. The same request sent again with it within a day is \
answered as at first (`Idempotent-Replayed: true`) and not done again; answers of more than 64 kB without their body.";
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(about))
        .schema(Some(
            ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(200)),
        ))
        .build()
}

fn problem(code: ErrorCode) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(text(Language::En, &format!("error.{}", code.name())))
        .content("application/problem+json", content)
        .build()
}

/// The settings catalogue as the schema of a change: each setting with its limits, or `null`.
fn settings_schema() -> Option<Schema> {
    // Sorted, whatever order the JSON library keeps: that depends on which programs are built together.
    let properties: BTreeMap<String, Value> =
        settings::all().map(|setting| (setting.key().to_owned(), setting_schema(setting))).collect();
    serde_json::from_value(json!({
        "type": "object",
        "description": "Values by key. `null` returns a setting to inheritance; an absent one stays.",
        "properties": properties,
        "additionalProperties": false,
    }))
    .ok()
}

fn setting_schema(setting: &dyn settings::AnySetting) -> Value {
    let words = |part| text(Language::En, &format!("setting.{}.{part}", setting.key())).to_owned();
    let mut schema = match setting.control() {
        Control::Switch => json!({"type": ["boolean", "null"]}),
        Control::Number { min, max, step } if step.fract() == 0.0 => {
            json!({"type": ["integer", "null"], "minimum": min, "maximum": max})
        }
        Control::Number { min, max, .. } => {
            json!({"type": ["number", "null"], "minimum": min, "maximum": max})
        }
        Control::Choice { choices } => {
            let words = choices.iter().map(|word| json!(word)).chain([Value::Null]);
            json!({"type": ["string", "null"], "enum": words.collect::<Vec<_>>()})
        }
        Control::Text { max_length } => json!({"type": ["string", "null"], "maxLength": max_length}),
        Control::TimeZone => json!({"type": ["string", "null"], "maxLength": 64}),
        Control::Colour => json!({"type": ["string", "null"], "pattern": "^#[0-9A-Fa-f]{6}$"}),
    };
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("title".into(), words("label").into());
        fields.insert("description".into(), words("help").into());
        fields.insert("default".into(), setting.default_json());
    }
    schema
}

/// 405 with the methods that exist, where the contract knows the path; else 404.
pub fn no_such_operation(path: &str) -> ApiError {
    let matches = |pattern: &str| {
        let (mut wanted, mut given) = (pattern.split('/'), path.trim_end_matches('/').split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
                (Some(wanted), Some(given)) if wanted == given => {}
                _ => return false,
            }
        }
    };
    let methods: Vec<&str> = operations()
        .filter(|operation| matches(operation.path))
        .map(|operation| match operation.method {
            Method::Get => "GET, HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        })
        .collect();
    if methods.is_empty() || path.ends_with('/') {
        return ApiError::not_found();
    }
    ApiError { allow: Some(methods.join(", ")), ..ApiError::new(ErrorCode::MethodNotAllowed) }
}

/// The address people write.
#[get("/api/docs")]
async fn docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/api/docs/")).finish()
}

/// The description and its page.
pub fn routes(config: &mut ServiceConfig) {
    let page = SwaggerUi::new("/api/docs/{_:.*}").url("/api/v1/openapi.json", document());
    config.service(docs).service(web::scope("").service(page));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_path_with_another_method_names_those_it_has() {
        let error = no_such_operation("/api/v1/domains/a.test/routes");
        assert_eq!(
            (error.code, error.allow.as_deref()),
            (ErrorCode::MethodNotAllowed, Some("GET, HEAD, PUT"))
        );
        for path in ["/api/v1/nothing", "/api/v1/domains//routes", "/api/v1/domains/", "/api/v2/domains"] {
            assert_eq!(no_such_operation(path).code, ErrorCode::NotFound, "{path}");
        }
    }
}
