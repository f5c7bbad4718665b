//! One typed line per operation of the API. The backend serves them, the panel and the node call them, the
//! tests try each with every role.

use crate::{
    accounts, audit, branding, domains, events, filtering, jobs, messages, nodes,
    permission::{self, Permission},
    tokens, users,
};
use std::marker::PhantomData;

/// The HTTP method of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads; never changes anything.
    Get,
    /// Creates a server-named thing, or acts.
    Post,
    /// Creates or replaces a thing by its natural key; repeating it changes nothing.
    Put,
    /// Changes parts by JSON Merge Patch (RFC 7396).
    Patch,
    /// Removes.
    Delete,
}

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, signed in or not.
    Public,
    /// Whoever is signed in, about themselves.
    SignedIn,
    /// Callers whose role has this permission, within their reach.
    Needs(Permission),
    /// Mail nodes, by their token.
    Node,
}

/// What is known of an operation without its types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The `operationId`: a verb and its object.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path with `{placeholders}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
}

/// An operation with the types of its query, its body and its answer; `()` where there is none.
pub struct Endpoint<Query, Body, Answer> {
    /// Its untyped part.
    pub operation: Operation,
    types: PhantomData<fn(Query, Body) -> Answer>,
}

impl<Query, Body, Answer> Endpoint<Query, Body, Answer> {
    /// An operation by its parts.
    pub const fn new(id: &'static str, method: Method, path: &'static str, access: Access) -> Self {
        Self { operation: Operation { id, method, path, access }, types: PhantomData }
    }
}

impl Operation {
    /// The path with its placeholders filled in order; each value is percent-encoded (RFC 3986 §2.1).
    pub fn path_with(&self, values: &[&str]) -> String {
        let mut values = values.iter();
        let mut path = String::with_capacity(self.path.len() + 32);
        let mut rest = self.path;
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            match values.next() {
                Some(value) => percent_encode(value, &mut path),
                None => path.push_str(name),
            }
            rest = tail;
        }
        path.push_str(rest);
        path
    }
}

fn percent_encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            into.push('%');
            for digit in [byte >> 4, byte & 15] {
                into.push(HEX.get(usize::from(digit)).copied().map_or('0', char::from));
            }
        }
    }
}

/// Every operation there is, area by area.
pub static AREAS: &[&[&Operation]] = &[
    accounts::OPERATIONS,
    audit::OPERATIONS,
    branding::OPERATIONS,
    tokens::OPERATIONS,
    users::OPERATIONS,
    jobs::OPERATIONS,
    permission::page::OPERATIONS,
    domains::OPERATIONS,
    filtering::OPERATIONS,
    messages::OPERATIONS,
    nodes::OPERATIONS,
    events::OPERATIONS,
];

/// Every operation there is.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    AREAS.iter().flat_map(|area| area.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_path_is_filled_in_order_and_encoded() {
        let operation = Operation {
            id: "x",
            method: Method::Get,
            path: "/api/v1/domains/{domain}/routes/{route}",
            access: Access::Public,
        };
        assert_eq!(
            operation.path_with(&["example.com", "[2001:db8::1]:25"]),
            "/api/v1/domains/example.com/routes/%5B2001%3Adb8%3A%3A1%5D%3A25"
        );
    }

    #[test]
    fn no_two_operations_share_an_id_or_a_place() {
        let ids: BTreeSet<_> = operations().map(|operation| operation.id).collect();
        let places: BTreeSet<_> =
            operations().map(|operation| format!("{:?} {}", operation.method, operation.path)).collect();
        assert_eq!(ids.len(), operations().count());
        assert_eq!(places.len(), operations().count());
    }
}
