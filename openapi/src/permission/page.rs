//! The permission page as the API shows and changes it (PER-01 … PER-19).

use super::{Cell, Permission, Role};
use crate::endpoint::{Access, Endpoint, Method, Operation};
use serde::{Deserialize, Serialize};

/// The part of the panel that a permission belongs to (UI-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// The domains as a whole.
    Domains,
    /// Incoming mail.
    Incoming,
    /// Allow and block lists.
    Lists,
    /// Protection reports.
    Reports,
    /// Restrictions of mail.
    Restrictions,
    /// Outgoing users.
    Outgoing,
    /// Users, permissions, tokens.
    Access,
    /// One's own account.
    Account,
    /// The installation.
    System,
}

impl Area {
    /// The area of a permission.
    pub fn of(permission: Permission) -> Self {
        let ends = [
            (Permission::DomainsMove, Self::Domains),
            (Permission::TrainingReport, Self::Incoming),
            (Permission::ListsImport, Self::Lists),
            (Permission::ProtectionReportsEdit, Self::Reports),
            (Permission::SizeLimitsEdit, Self::Restrictions),
            (Permission::OutgoingUsersImport, Self::Outgoing),
            (Permission::AuditView, Self::Access),
            (Permission::AccountEdit, Self::Account),
        ];
        ends.into_iter().find(|(last, _)| permission <= *last).map_or(Self::System, |(_, area)| area)
    }
}

/// The permission page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PermissionPage {
    /// A row a permission, in the order of the page.
    pub permissions: Vec<PermissionRow>,
    /// Who may sign in and recover a password: a row a role.
    pub logins: Vec<LoginRow>,
}

/// A permission with a cell for each role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PermissionRow {
    /// The permission.
    pub permission: Permission,
    /// Where it belongs.
    pub area: Area,
    /// Administrator, reseller, domain, email, guest.
    pub roles: Vec<PermissionCell>,
}

/// What a role has of a permission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PermissionCell {
    /// The role.
    pub role: Role,
    /// What the matrix says: `on` and `off` can be switched, `always` and `never` are fixed.
    pub cell: Cell,
    /// Whether the role's own switch is on.
    pub is_on: bool,
    /// Whether the role has it: a switch that is on counts only where it is on for every role above.
    pub is_granted: bool,
}

/// Who may sign in (PER-01).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LoginRow {
    /// The role.
    pub role: Role,
    /// Whether it may sign in; administrators always can (C14).
    pub may_log_in: bool,
    /// Whether it may get a link for a new password by mail.
    pub may_recover_password: bool,
}

/// A change of the permission page. What is not named stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PermissionPageChange {
    /// Switches to be moved.
    pub permissions: Vec<PermissionSwitch>,
    /// Who may sign in.
    pub logins: Vec<LoginSwitch>,
}

/// A switch to be moved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PermissionSwitch {
    /// The permission.
    pub permission: Permission,
    /// The role.
    pub role: Role,
    /// Whether the role is to have it; absent: as the product has it by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_on: Option<bool>,
}

/// What a role may do before it is signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginSwitch {
    /// The role.
    pub role: Role,
    /// Whether it may sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_log_in: Option<bool>,
    /// Whether it may get a link for a new password by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_recover_password: Option<bool>,
}

/// Which role to look through the eyes of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct RoleQuery {
    /// The role.
    pub role: Role,
}

/// What a role has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RolePermissions {
    /// The role.
    pub role: Role,
    /// Its permissions, in the order of the page.
    pub permissions: Vec<Permission>,
}

/// The permission page.
pub static GET_PERMISSIONS: Endpoint<(), (), PermissionPage> = Endpoint::new(
    "get_permissions",
    Method::Get,
    "/api/v1/permissions",
    Access::Needs(Permission::PermissionsView),
);
/// Moves switches; at once in force, in open sessions too.
pub static CHANGE_PERMISSIONS: Endpoint<(), PermissionPageChange, PermissionPage> = Endpoint::new(
    "change_permissions",
    Method::Patch,
    "/api/v1/permissions",
    Access::Needs(Permission::PermissionsEdit),
);
/// Moves every switch back to where the product has it.
pub static RESTORE_PERMISSIONS: Endpoint<(), (), PermissionPage> = Endpoint::new(
    "restore_permissions",
    Method::Delete,
    "/api/v1/permissions",
    Access::Needs(Permission::PermissionsEdit),
);
/// What a role has, to see the panel through its eyes.
pub static PREVIEW_ROLE: Endpoint<RoleQuery, (), RolePermissions> = Endpoint::new(
    "preview_role",
    Method::Get,
    "/api/v1/permissions/preview",
    Access::Needs(Permission::PermissionsView),
);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &GET_PERMISSIONS.operation,
    &CHANGE_PERMISSIONS.operation,
    &RESTORE_PERMISSIONS.operation,
    &PREVIEW_ROLE.operation,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// UI-01.
    #[test]
    fn permissions_stand_on_the_page_area_by_area() {
        let areas: Vec<Area> = Permission::ALL.into_iter().map(Area::of).collect();
        assert!(areas.is_sorted());
        assert_eq!(Area::of(Permission::LogView), Area::Incoming);
        assert_eq!(Area::of(Permission::AuditView), Area::Access);
        assert_eq!(Area::of(Permission::JobsView), Area::System);
    }
}
