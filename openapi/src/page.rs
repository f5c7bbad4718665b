//! The only paging in the product: by cursor, forwards and backwards.

use serde::{Deserialize, Serialize};

/// How many entries a page has when the caller does not say.
pub const DEFAULT_LIMIT: u32 = 100;
/// The most entries a page can have.
pub const MAX_LIMIT: u32 = 500;
/// Counting stops here: beyond, a total is marked as a lower bound.
pub const MAX_COUNT: u64 = 10_000;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The entries.
    pub data: Vec<T>,
    /// Where this page is in the list.
    pub page: Paging,
}

/// Where a page is in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Paging {
    /// The `cursor` of the next page; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The `cursor` of the page before; absent at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// How many entries the list has, with `count=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

/// How many entries a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Total {
    /// The number counted.
    pub count: u64,
    /// False where counting stopped at [`MAX_COUNT`]: there are more.
    pub exact: bool,
}
