//! What was switched away from the matrix, and what follows from it (PER-01, PER-03, PER-19).

use super::{Cell, Permission, Role};
use std::collections::BTreeMap;

/// Something beside the permissions that a role can be allowed or not (PER-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    /// Signing in.
    LogIn,
    /// Getting a link for a new password by mail.
    RecoverPassword,
}

impl Entry {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogIn => "log_in",
            Self::RecoverPassword => "recover_password",
        }
    }

    /// Whether it can be switched for that role: administrators can always sign in (C14), guests are nobody.
    pub const fn is_switchable(self, role: Role) -> bool {
        match role {
            Role::Guest => false,
            Role::Administrator => matches!(self, Self::RecoverPassword),
            Role::Reseller | Role::Domain | Role::Email => true,
        }
    }
}

/// The switches that somebody moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    permissions: BTreeMap<(Role, Permission), bool>,
    entries: BTreeMap<(Role, Entry), bool>,
}

impl Switches {
    /// Takes a switch as it is kept, by its name; one that no longer exists or applies is passed over.
    pub fn take(&mut self, role: Role, name: &str, is_on: bool) {
        if let Some(permission) = Permission::from_name(name) {
            if matches!(permission.cell(role), Cell::On | Cell::Off) {
                self.permissions.insert((role, permission), is_on);
            }
            return;
        }
        let entry = [Entry::LogIn, Entry::RecoverPassword].into_iter().find(|entry| entry.name() == name);
        if let Some(entry) = entry.filter(|entry| entry.is_switchable(role)) {
            self.entries.insert((role, entry), is_on);
        }
    }

    /// Whether the role's own switch is on, wherever it came from.
    pub fn is_on(&self, role: Role, permission: Permission) -> bool {
        let moved = self.permissions.get(&(role, permission)).copied();
        moved.unwrap_or_else(|| permission.cell(role).granted_by_default())
    }

    /// Whether the role has the permission: its own switch is on, and those of every role above it are (PER-19).
    pub fn grants(&self, role: Role, permission: Permission) -> bool {
        if permission.cell(role) == Cell::Never {
            return false;
        }
        Role::ALL.into_iter().filter(|wider| *wider <= role).all(|wider| self.is_on(wider, permission))
    }

    /// Everything the role has.
    pub fn granted(&self, role: Role) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|permission| self.grants(role, *permission)).collect()
    }

    /// Whether the role may sign in, or recover a password.
    pub fn admits(&self, role: Role, entry: Entry) -> bool {
        role != Role::Guest && self.entries.get(&(role, entry)).copied().unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PER-19: what a wider role lost, the narrower one has no more.
    #[test]
    fn a_narrower_role_loses_what_the_wider_one_lost() {
        let mut switches = Switches::default();
        assert!(switches.grants(Role::Email, Permission::LogView));
        switches.take(Role::Reseller, "log_view", false);
        for role in [Role::Reseller, Role::Domain, Role::Email] {
            assert!(!switches.grants(role, Permission::LogView), "{role:?}");
        }
        assert!(switches.is_on(Role::Email, Permission::LogView), "its own switch stays as it was");
        assert!(switches.grants(Role::Administrator, Permission::LogView));
    }

    /// PER-03, C14: a switch that does not apply has no effect, wherever it came from.
    #[test]
    fn what_is_fixed_cannot_be_switched() {
        let mut switches = Switches::default();
        switches.take(Role::Administrator, "log_view", false);
        switches.take(Role::Administrator, "log_in", false);
        switches.take(Role::Email, "nodes_edit", true);
        switches.take(Role::Guest, "log_in", true);
        switches.take(Role::Domain, "no_such_thing", true);
        assert_eq!(switches, Switches::default());
        switches.take(Role::Administrator, "recover_password", false);
        assert!(!switches.admits(Role::Administrator, Entry::RecoverPassword));
        assert!(switches.admits(Role::Administrator, Entry::LogIn));
        assert!(!switches.admits(Role::Guest, Entry::LogIn));
    }
}
