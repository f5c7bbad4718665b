//! Identifiers. What a person names (a domain, an address) is addressed by that name; what the server names
//! has an identifier of its own, sortable by the time it was made.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Makes a text identifier with its own prefix, so that one kind is never taken for another.
pub trait TextId: Sized {
    /// The part before the underscore.
    const PREFIX: &'static str;
    /// Wraps a text as it is.
    fn from_text(text: String) -> Self;
    /// `prefix_` and the given sortable unique part.
    fn from_unique(unique: &str) -> Self {
        Self::from_text(format!("{}_{unique}", Self::PREFIX))
    }
}

/// A person or program that can sign in, of any role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct UserId(pub String);

/// A mail node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct NodeId(pub String);

/// A signed-in session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct SessionId(pub String);

/// An API token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct TokenId(pub String);

/// A command the API gives to a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct CommandId(pub String);

/// Long work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct JobId(pub String);

impl TextId for JobId {
    const PREFIX: &'static str = "job";
    fn from_text(text: String) -> Self {
        Self(text)
    }
}
impl TextId for UserId {
    const PREFIX: &'static str = "usr";
    fn from_text(text: String) -> Self {
        Self(text)
    }
}
impl TextId for NodeId {
    const PREFIX: &'static str = "nod";
    fn from_text(text: String) -> Self {
        Self(text)
    }
}
impl TextId for SessionId {
    const PREFIX: &'static str = "ses";
    fn from_text(text: String) -> Self {
        Self(text)
    }
}
impl TextId for TokenId {
    const PREFIX: &'static str = "tok";
    fn from_text(text: String) -> Self {
        Self(text)
    }
}
impl TextId for CommandId {
    const PREFIX: &'static str = "cmd";
    fn from_text(text: String) -> Self {
        Self(text)
    }
}

/// One recipient of one message, in the log and in the quarantine alike.
///
/// `unix milliseconds << 12 | node number << 8 | sequence`: the time, the order, the paging cursor and the key in
/// one integer that a JSON number holds exactly (below 2^53 until the year 2039).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct RecordId(pub i64);

/// How many nodes one installation can have: the node number of a [`RecordId`] has four bits.
pub const MAX_NODES: i64 = 16;

impl RecordId {
    /// The identifier of the `sequence`th record (0–255) that node `node` (0–15) makes in this millisecond.
    pub const fn new(unix_millis: i64, node: i64, sequence: i64) -> Self {
        Self(unix_millis << 12 | (node & 0xf) << 8 | (sequence & 0xff))
    }

    /// The least identifier of that millisecond: the border of a time range.
    pub const fn at(unix_millis: i64) -> Self {
        Self(unix_millis << 12)
    }

    /// When it was made, in milliseconds since 1970.
    pub const fn unix_millis(self) -> i64 {
        self.0 >> 12
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An instant as RFC 3339 in UTC, as the API writes every time. The reader localises it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
#[serde(transparent)]
pub struct Timestamp(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_is_its_time_and_sorts_by_it() {
        let earlier = RecordId::new(1_700_000_000_000, 15, 255);
        let later = RecordId::new(1_700_000_000_001, 0, 0);
        assert!(earlier < later);
        assert_eq!(earlier.unix_millis(), 1_700_000_000_000);
        assert!(RecordId::at(1_700_000_000_000) <= earlier);
        assert!(later.0 < 1 << 53, "a JSON number holds it exactly");
    }
}
