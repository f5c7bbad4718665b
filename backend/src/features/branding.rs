//! What a reseller's people see instead of our name. Names and colours are settings (`settings::branding`); logos are
//! kept here. Before anybody has signed in the host name that the browser asked for says whose brand it is.

use super::settings_store as store;
use crate::{
    access::{Caller, family::parents, scope::Reseller},
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{
        Conn, Db,
        schema::{domains, logos, settings},
    },
    error::{ApiError, ApiResult},
    input::{NoParams, Params, collect},
};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse, delete, get,
    http::header,
    put,
    web::{Data, Json, Path, Payload},
};
use contract::{
    branding::{Brand, LARGEST_LOGO, Logo},
    permission::Permission,
    problem::InvalidCode,
    settings::{
        Level, Settings,
        branding::{ACCENT, HOST, PRODUCT_NAME, SUPPORT},
    },
};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use utoipa_actix_web::service_config::ServiceConfig;

/// The installation among the resellers' logos.
const INSTALLATION: i64 = 0;
/// A logo's name changes with its content: browsers may keep it for a year.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_brand)
        .service(get_logo)
        .service(set_global_logo)
        .service(remove_global_logo)
        .service(set_reseller_logo)
        .service(remove_reseller_logo);
}

/// The brand: of one's reseller when signed in, else of the host name that was asked, else the installation's.
#[utoipa::path(tag = "branding", responses((status = 200, body = Brand, description = "The brand")))]
#[get("/api/v1/branding")]
async fn get_brand(request: HttpRequest, db: Data<Db>, _: Params<NoParams>) -> ApiResult<Json<Brand>> {
    let caller = match request.headers().contains_key(header::AUTHORIZATION) {
        true => Some(Caller::extract(&request).await?),
        false => None,
    };
    let host = request.connection_info().host().to_ascii_lowercase();
    let brand = db.run(move |conn| {
        let reseller = match caller {
            Some(caller) => reseller_of(conn, &caller)?,
            None => reseller_at(conn, &host)?,
        };
        brand(conn, reseller)
    });
    Ok(Json(brand.await?))
}

/// The reseller that the caller belongs to.
fn reseller_of(conn: &mut Conn, caller: &Caller) -> ApiResult<Option<i64>> {
    Ok(match &caller.reseller {
        Some(slug) => crate::access::scope::find_reseller(conn, slug)?.map(|reseller| reseller.id),
        None => None,
    })
}

/// The reseller whose panel has that host name; a port does not count.
fn reseller_at(conn: &mut Conn, host: &str) -> ApiResult<Option<i64>> {
    let name = host.split(':').next().unwrap_or_default();
    let named = settings::table
        .filter(settings::level.eq(Level::Reseller.name()))
        .filter(settings::key.eq(HOST.key))
        .filter(settings::value.eq(serde_json::Value::from(name).to_string()))
        .order(settings::scope_id.asc());
    Ok(named.select(settings::scope_id).first(conn).optional()?)
}

fn brand(conn: &mut Conn, reseller: Option<i64>) -> ApiResult<Brand> {
    let values = in_force(conn, reseller)?;
    let parents = parents(conn, reseller)?;
    let candidates: Vec<i64> =
        reseller.into_iter().chain(parents.into_values()).chain([INSTALLATION]).collect();
    // A sub-reseller is younger than whom it works for, and the installation's id is the lowest: the first one is
    // the narrowest.
    let logo: Option<String> = logos::table
        .filter(logos::reseller_id.eq_any(candidates))
        .order(logos::reseller_id.desc())
        .select(logos::hash)
        .first(conn)
        .optional()?;
    Ok(Brand {
        product_name: values.get(&PRODUCT_NAME).0.into_owned(),
        accent: values.get(&ACCENT).0.into_owned(),
        support: Some(values.get(&SUPPORT).0.into_owned()).filter(|link| !link.is_empty()),
        logo: logo.map(|hash| path_of(&hash)),
    })
}

/// The values of a reseller's brand.
pub(super) fn in_force(conn: &mut Conn, reseller: Option<i64>) -> ApiResult<Settings> {
    let levels = store::of_reseller(conn, reseller)?;
    Ok(Settings::resolve(&levels))
}

/// The reseller of a user: their own, or their domain's.
pub(super) fn owner(conn: &mut Conn, reseller: Option<i64>, domain: Option<i64>) -> ApiResult<Option<i64>> {
    match (reseller, domain) {
        (None, Some(domain)) => {
            Ok(domains::table.find(domain).select(domains::reseller_id).first(conn).optional()?.flatten())
        }
        (named, _) => Ok(named),
    }
}

fn path_of(hash: &str) -> String {
    format!("/api/v1/branding/logos/{hash}")
}

/// A logo. Its name changes with its content.
#[utoipa::path(tag = "branding", params(("logo" = String, Path, description = "The SHA-256 of its content")), responses((status = 200, content_type = "image/png", description = "The image")))]
#[get("/api/v1/branding/logos/{logo}")]
async fn get_logo(db: Data<Db>, path: Path<String>, _: Params<NoParams>) -> ApiResult<HttpResponse> {
    let found = db.run(move |conn| {
        let logo = logos::table.filter(logos::hash.eq(&*path)).select((logos::media_type, logos::content));
        Ok(logo.first::<(String, Vec<u8>)>(conn).optional()?)
    });
    let (media_type, content) = found.await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CACHE_CONTROL, FOR_EVER))
        .body(content))
}

/// Sets the installation's logo: a PNG, JPEG or WebP image of at most 200 KiB.
#[utoipa::path(tag = "branding", request_body(content = String, content_type = "image/png", description = "The image"), responses((status = 200, body = Logo, description = "Kept")))]
#[put("/api/v1/settings/logo")]
async fn set_global_logo(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    body: Payload,
) -> ApiResult<Json<Logo>> {
    caller.installation(Permission::DefaultSettingsEdit)?;
    set(caller, services, None, body).await
}

/// Removes the installation's logo.
#[utoipa::path(tag = "branding", responses((status = 204, description = "Removed")))]
#[delete("/api/v1/settings/logo")]
async fn remove_global_logo(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    caller.installation(Permission::DefaultSettingsEdit)?;
    remove(caller, services, None).await
}

/// Sets a reseller's logo: a PNG, JPEG or WebP image of at most 200 KiB.
#[utoipa::path(tag = "branding", params(("reseller" = String, Path, description = "The reseller")), request_body(content = String, content_type = "image/png", description = "The image"), responses((status = 200, body = Logo, description = "Kept")))]
#[put("/api/v1/resellers/{reseller}/logo")]
async fn set_reseller_logo(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    path: Path<String>,
    body: Payload,
) -> ApiResult<Json<Logo>> {
    let reseller = owned(&caller, &services.0, path).await?;
    set(caller, services, Some(reseller), body).await
}

/// Removes a reseller's logo.
#[utoipa::path(tag = "branding", params(("reseller" = String, Path, description = "The reseller")), responses((status = 204, description = "Removed")))]
#[delete("/api/v1/resellers/{reseller}/logo")]
async fn remove_reseller_logo(
    caller: Caller,
    services: (Data<Db>, Data<Clock>),
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let reseller = owned(&caller, &services.0, path).await?;
    remove(caller, services, Some(reseller)).await
}

async fn owned(caller: &Caller, db: &Db, path: Path<String>) -> ApiResult<Reseller> {
    let caller = caller.clone();
    db.run(move |conn| Ok(caller.reseller(conn, &path, Permission::BrandingEdit)?.target().clone())).await
}

/// The kind of an image by its first bytes; whatever its sender calls it.
fn media_type(content: &[u8]) -> Option<&'static str> {
    match content {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

async fn set(
    caller: Caller,
    (db, clock): (Data<Db>, Data<Clock>),
    reseller: Option<Reseller>,
    body: Payload,
) -> ApiResult<Json<Logo>> {
    let content = collect(&mut body.into_inner(), LARGEST_LOGO).await?.to_vec();
    let media_type = media_type(&content).ok_or_else(|| ApiError::invalid("", InvalidCode::NotAnImage))?;
    let hash = format!("{:x}", Sha256::digest(&content));
    let path = path_of(&hash);
    db.change(move |conn| {
        let id = reseller.as_ref().map_or(INSTALLATION, |reseller| reseller.id);
        diesel::delete(logos::table.find(id)).execute(conn)?;
        diesel::insert_into(logos::table)
            .values((
                logos::reseller_id.eq(id),
                logos::hash.eq(&hash),
                logos::media_type.eq(media_type),
                logos::content.eq(content),
            ))
            .execute(conn)?;
        record(conn, &clock, &caller, "set_logo", reseller.as_ref())
    })
    .await?;
    Ok(Json(Logo { path }))
}

async fn remove(
    caller: Caller,
    (db, clock): (Data<Db>, Data<Clock>),
    reseller: Option<Reseller>,
) -> ApiResult<HttpResponse> {
    db.change(move |conn| {
        let id = reseller.as_ref().map_or(INSTALLATION, |reseller| reseller.id);
        match diesel::delete(logos::table.find(id)).execute(conn)? {
            // Removing what is not there is done.
            0 => Ok(()),
            _ => record(conn, &clock, &caller, "remove_logo", reseller.as_ref()),
        }
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn record(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    action: &str,
    reseller: Option<&Reseller>,
) -> ApiResult<()> {
    let (target, reseller_id) =
        reseller.map_or(("defaults", None), |reseller| (reseller.slug.as_str(), Some(reseller.id)));
    let entry = Entry { action, target, reseller_id, ..Entry::default() };
    audit::record(conn, clock, &Actor::from(caller), entry)
}
