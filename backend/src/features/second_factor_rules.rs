//! Which roles must have a second factor. Nobody is locked out by it: whoever has none is asked to set it up when
//! signing in, and may do nothing else before ([`Caller::demand_second_factor`]).

use crate::{
    access::Caller,
    audit::{self, Entry},
    clock::Clock,
    csv_list::{self, CsvRow},
    db::{Conn, Db, schema::second_factor_rules},
    error::{ApiError, ApiResult},
    input::{Body, NoParams, Params},
};
use actix_web::{
    HttpRequest, HttpResponse, get, put,
    web::{Data, Json, Path},
};
use contract::{
    accounts::{SecondFactorRule, SecondFactorRuleChange},
    page::{Page, Paging},
    permission::{Permission, Role},
};
use diesel::prelude::*;
use std::collections::BTreeSet;
use utoipa_actix_web::service_config::ServiceConfig;

/// The roles of people who sign in.
const ROLES: [Role; 4] = [Role::Administrator, Role::Reseller, Role::Domain, Role::Email];

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_second_factor_rules).service(set_second_factor_rule);
}

/// Which roles must have a second factor.
#[utoipa::path(tag = "accounts", responses((status = 200, description = "A rule for each role; also as `text/csv`", content((Page<SecondFactorRule> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/second-factor-rules")]
async fn list_second_factor_rules(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    caller.demand(Permission::PermissionsView)?;
    if csv_list::is_wanted(&request) {
        return Ok(csv_list::stream(db, "second-factor-rules", |conn, _| read(conn)));
    }
    Ok(HttpResponse::Ok().json(db.run(read).await?))
}

/// Says whether a role must have a second factor.
///
/// Takes effect at once: whoever has none may do nothing but set it up.
#[utoipa::path(tag = "accounts", params(("role" = Role, Path, description = "The role")), request_body = SecondFactorRuleChange, responses((status = 200, body = SecondFactorRule, description = "The rule")))]
#[put("/api/v1/second-factor-rules/{role}")]
async fn set_second_factor_rule(
    caller: Caller,
    path: Path<String>,
    services: (Data<Db>, Data<Clock>),
    body: Body<SecondFactorRuleChange>,
) -> ApiResult<Json<SecondFactorRule>> {
    let (db, clock) = services;
    caller.installation(Permission::PermissionsEdit)?;
    let role = ROLES.into_iter().find(|role| role.name() == *path).ok_or_else(ApiError::not_found)?;
    let wanted = body.0.is_required;
    db.change(move |conn| {
        let before = is_required(conn, role)?;
        if before == wanted {
            return Ok(());
        }
        diesel::delete(second_factor_rules::table.find(role.name())).execute(conn)?;
        let row = (second_factor_rules::role.eq(role.name()), second_factor_rules::is_required.eq(wanted));
        diesel::insert_into(second_factor_rules::table).values(row).execute(conn)?;
        let shown = |is_required: bool| Some(serde_json::json!({ "is_required": is_required }));
        let (action, target) = ("set_second_factor_rule", role.name());
        let entry = Entry { action, target, from: shown(before), to: shown(wanted), ..Entry::default() };
        audit::record(conn, &clock, &(&caller).into(), entry)
    })
    .await?;
    Ok(Json(SecondFactorRule { role, is_required: wanted }))
}

/// Whether people of the role must have a second factor.
pub(super) fn is_required(conn: &mut Conn, role: Role) -> ApiResult<bool> {
    let rule = second_factor_rules::table.find(role.name()).select(second_factor_rules::is_required);
    Ok(rule.first(conn).optional()?.unwrap_or(false))
}

fn read(conn: &mut Conn) -> ApiResult<Page<SecondFactorRule>> {
    let required: BTreeSet<String> = second_factor_rules::table
        .filter(second_factor_rules::is_required.eq(true))
        .select(second_factor_rules::role)
        .load(conn)?
        .into_iter()
        .collect();
    let rule = |role: Role| SecondFactorRule { role, is_required: required.contains(role.name()) };
    Ok(Page { data: ROLES.into_iter().map(rule).collect(), page: Paging::default() })
}

impl CsvRow for SecondFactorRule {
    const HEAD: &'static [&'static str] = &["role", "is_required"];
    fn cells(self) -> Vec<String> {
        vec![self.role.name().to_owned(), self.is_required.to_string()]
    }
}
