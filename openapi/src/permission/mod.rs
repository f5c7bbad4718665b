//! The permission matrix: what a role can do at all, and what it can do unless somebody switches it.

mod matrix;
pub mod page;
pub mod switches;

use serde::{Deserialize, Serialize};

pub use matrix::Permission;

/// The role of a signed-in person, from the widest reach to the narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the installation; reaches everything.
    Administrator,
    /// Owns domains; reaches those.
    Reseller,
    /// Manages one domain.
    Domain,
    /// Looks after one mailbox.
    Email,
    /// Not signed in.
    Guest,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Administrator, Self::Reseller, Self::Domain, Self::Email, Self::Guest];

    /// Its name on the wire, in the database and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Reseller => "reseller",
            Self::Domain => "domain",
            Self::Email => "email",
            Self::Guest => "guest",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What a cell of the matrix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Granted, and can't be taken away.
    Always,
    /// Granted unless switched off.
    On,
    /// Granted only where switched on.
    Off,
    /// Does not apply to the role; can't be granted.
    Never,
}

impl Cell {
    /// Whether the role has it when nobody switched anything.
    pub const fn granted_by_default(self) -> bool {
        matches!(self, Self::Always | Self::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PER-02, PER-03, C14.
    #[test]
    fn administrators_always_have_everything_and_guests_never_anything() {
        for permission in Permission::ALL {
            assert_eq!(permission.cell(Role::Administrator), Cell::Always, "{permission:?}");
            assert_eq!(permission.cell(Role::Guest), Cell::Never, "{permission:?}");
        }
    }

    /// PER-19: a role never has by default what the role above it lacks.
    #[test]
    fn a_narrower_role_has_no_more_than_the_wider_one() {
        for permission in Permission::ALL {
            for pair in Role::ALL.windows(2) {
                let (wider, narrower) = (permission.cell(pair[0]), permission.cell(pair[1]));
                assert!(wider != Cell::Never || narrower == Cell::Never, "{permission:?} {pair:?}");
                assert!(
                    wider.granted_by_default() || !narrower.granted_by_default(),
                    "{permission:?} {pair:?}"
                );
            }
        }
    }

    #[test]
    fn names_are_the_wire_names() {
        for permission in Permission::ALL {
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.name());
        }
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
    }
}
