//! The switches of the permission page as they are kept.

use crate::{
    db::{Conn, schema::permission_switches},
    error::ApiResult,
};
use contract::permission::{Role, switches::Switches};
use diesel::prelude::*;

/// Every switch that somebody moved: one statement, some rows.
pub fn read(conn: &mut Conn) -> ApiResult<Switches> {
    let kept = permission_switches::table.select((
        permission_switches::role,
        permission_switches::name,
        permission_switches::is_on,
    ));
    let rows: Vec<(String, String, bool)> = kept.load(conn)?;
    let mut switches = Switches::default();
    for (role, name, is_on) in rows {
        if let Some(role) = Role::from_name(&role) {
            switches.take(role, &name, is_on);
        }
    }
    Ok(switches)
}
