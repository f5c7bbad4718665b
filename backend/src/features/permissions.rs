//! The permission page (PER): what each role may do, and who may sign in. The matrix is the product's; only what was
//! switched away from it is kept, and read anew with every request, so that a switch holds at once.

use crate::{
    access::{Caller, Granted, switches},
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{Conn, Db, schema::permission_switches},
    error::{ApiError, ApiResult},
    etag::{self, IfMatch},
    events::{Announcement, Events},
    input::{Body, NoParams, Params},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    patch,
    web::{Data, Json},
};
use contract::{
    permission::{
        Cell, Permission, Role,
        page::{
            Area, LoginRow, PermissionCell, PermissionPage, PermissionPageChange, PermissionRow,
            RolePermissions, RoleQuery,
        },
        switches::{Entry as Way, Switches},
    },
    problem::InvalidCode,
};
use diesel::prelude::*;
use serde_json::{Map, Value};
use utoipa_actix_web::service_config::ServiceConfig;

type Services = (Data<Db>, Data<Clock>, Data<Events>);

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_permissions)
        .service(change_permissions)
        .service(restore_permissions)
        .service(preview_role);
}

/// The permission page.
#[utoipa::path(tag = "permissions", responses((status = 200, body = PermissionPage, description = "A row a permission, a cell a role")))]
#[get("/api/v1/permissions")]
async fn get_permissions(caller: Caller, db: Data<Db>, _: Params<NoParams>) -> ApiResult<HttpResponse> {
    caller.demand(Permission::PermissionsView)?;
    let page = db.run(|conn| Ok(page(&switches::read(conn)?))).await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&page)?)).json(page))
}

/// Moves switches; at once in force, in open sessions too.
#[utoipa::path(tag = "permissions", request_body = PermissionPageChange, responses((status = 200, body = PermissionPage, description = "The page as it is now")))]
#[patch("/api/v1/permissions")]
async fn change_permissions(
    request: HttpRequest,
    caller: Caller,
    services: Services,
    body: Body<PermissionPageChange>,
) -> ApiResult<HttpResponse> {
    let (installation, if_match) = (caller.installation(Permission::PermissionsEdit)?, IfMatch::of(&request));
    let wanted = wanted(&body.0)?;
    set(services, caller, installation, move |conn, now| {
        if_match.check(&page(now))?;
        for (role, name, is_on) in &wanted {
            let row = permission_switches::table.find((role.name(), name));
            diesel::delete(row).execute(conn)?;
            if let Some(is_on) = is_on {
                diesel::insert_into(permission_switches::table)
                    .values((
                        permission_switches::role.eq(role.name()),
                        permission_switches::name.eq(name),
                        permission_switches::is_on.eq(is_on),
                    ))
                    .execute(conn)?;
            }
        }
        Ok("change_permissions")
    })
    .await
}

/// Moves every switch back to where the product has it.
#[utoipa::path(tag = "permissions", responses((status = 200, body = PermissionPage, description = "The page as it is now")))]
#[delete("/api/v1/permissions")]
async fn restore_permissions(
    caller: Caller,
    services: Services,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let installation = caller.installation(Permission::PermissionsEdit)?;
    set(services, caller, installation, |conn, _| {
        diesel::delete(permission_switches::table).execute(conn)?;
        Ok("restore_permissions")
    })
    .await
}

/// What a role has, to see the panel through its eyes.
///
/// One's own role or one below it.
#[utoipa::path(tag = "permissions", params(RoleQuery), responses((status = 200, body = RolePermissions, description = "The role's permissions")))]
#[get("/api/v1/permissions/preview")]
async fn preview_role(
    caller: Caller,
    db: Data<Db>,
    query: Params<RoleQuery>,
) -> ApiResult<Json<RolePermissions>> {
    caller.demand(Permission::PermissionsView)?;
    let role = query.0.role;
    if role < caller.role || role == Role::Guest {
        return Err(ApiError::invalid("?role", InvalidCode::UnknownChoice));
    }
    let switches = db.run(switches::read).await?;
    Ok(Json(RolePermissions { role, permissions: switches.granted(role) }))
}

/// Does it to the switches: audited with what became different, told to open panels.
async fn set(
    (db, clock, events): Services,
    caller: Caller,
    _: Granted<()>,
    work: impl FnOnce(&mut Conn, &Switches) -> ApiResult<&'static str> + Send + 'static,
) -> ApiResult<HttpResponse> {
    let (page, is_news) = db
        .change(move |conn| {
            let before = switches::read(conn)?;
            let action = work(conn, &before)?;
            let after = switches::read(conn)?;
            if before != after {
                let (from, to) = differences(&page(&before), &page(&after));
                let entry = Entry { action, target: "permissions", from, to, ..Entry::default() };
                audit::record(conn, &clock, &Actor::from(&caller), entry)?;
            }
            Ok((page(&after), before != after))
        })
        .await?;
    if is_news {
        events.announce(Announcement::permissions());
    }
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag::of(&page)?)).json(page))
}

/// The switches to be kept, checked: a cell that is fixed is refused by its place (PER-03).
fn wanted(change: &PermissionPageChange) -> ApiResult<Vec<(Role, &'static str, Option<bool>)>> {
    let mut wanted = Vec::new();
    for (place, switch) in change.permissions.iter().enumerate() {
        let by_default = match switch.permission.cell(switch.role) {
            Cell::On => true,
            Cell::Off => false,
            Cell::Always | Cell::Never => {
                return Err(ApiError::invalid(format!("/permissions/{place}/role"), InvalidCode::Fixed));
            }
        };
        let is_on = switch.is_on.filter(|is_on| *is_on != by_default);
        wanted.push((switch.role, switch.permission.name(), is_on));
    }
    for (place, switch) in change.logins.iter().enumerate() {
        for (way, field, is_on) in [
            (Way::LogIn, "may_log_in", switch.may_log_in),
            (Way::RecoverPassword, "may_recover_password", switch.may_recover_password),
        ] {
            let Some(is_on) = is_on else { continue };
            // Saying of what is fixed that it is as it is changes nothing.
            if switch.role == Role::Guest || !(way.is_switchable(switch.role) || is_on) {
                return Err(ApiError::invalid(format!("/logins/{place}/{field}"), InvalidCode::Fixed));
            }
            wanted.push((switch.role, way.name(), Some(is_on).filter(|is_on| !is_on)));
        }
    }
    Ok(wanted)
}

fn page(switches: &Switches) -> PermissionPage {
    let cell = |permission: Permission, role: Role| PermissionCell {
        role,
        cell: permission.cell(role),
        is_on: switches.is_on(role, permission),
        is_granted: switches.grants(role, permission),
    };
    let row = |permission: Permission| PermissionRow {
        permission,
        area: Area::of(permission),
        roles: Role::ALL.map(|role| cell(permission, role)).into(),
    };
    let people = Role::ALL.into_iter().filter(|role| *role != Role::Guest);
    let login = |role| LoginRow {
        role,
        may_log_in: switches.admits(role, Way::LogIn),
        may_recover_password: switches.admits(role, Way::RecoverPassword),
    };
    PermissionPage { permissions: Permission::ALL.map(row).into(), logins: people.map(login).collect() }
}

/// What the audit tells: each switch that is different, by role and name.
fn differences(before: &PermissionPage, after: &PermissionPage) -> (Option<Value>, Option<Value>) {
    let told = |page: &PermissionPage| -> Map<String, Value> {
        let cells = page.permissions.iter().flat_map(|row| {
            row.roles
                .iter()
                .map(|cell| (format!("{}.{}", cell.role.name(), row.permission.name()), cell.is_on))
        });
        let logins = page.logins.iter().flat_map(|row| {
            let of = |way: Way| format!("{}.{}", row.role.name(), way.name());
            [(of(Way::LogIn), row.may_log_in), (of(Way::RecoverPassword), row.may_recover_password)]
        });
        cells.chain(logins).map(|(name, is_on)| (name, Value::Bool(is_on))).collect()
    };
    let (mut from, mut to) = (told(before), told(after));
    let same: Vec<String> = from
        .iter()
        .filter(|(name, value)| to.get(*name) == Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in same {
        from.remove(&name);
        to.remove(&name);
    }
    (Some(Value::Object(from)), Some(Value::Object(to)))
}
