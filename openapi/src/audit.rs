//! The audit log: who changed what, from what to what.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    ids::Timestamp,
    page::Page,
    permission::{Permission, Role},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its number: later ones are higher.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: the user name, or `command line`.
    pub actor: String,
    /// As whom they acted; absent where it was as themselves (USR-06).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_user: Option<String>,
    /// The role they had.
    pub role: Role,
    /// From which address; absent for the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The request in which it happened, as `X-Request-Id` named it; absent for the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What was done: the id of the operation, or a word such as `sign_in`.
    pub action: String,
    /// The name or id of what it was done to.
    pub target: String,
    /// The domain it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The reseller it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// What is different since; empty where nothing was changed, only looked at.
    pub changes: Vec<AuditChange>,
}

/// A value that is different.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AuditChange {
    /// The field; empty where the whole thing is one value.
    pub field: String,
    /// The value before; `null` if there was none.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub from: Value,
    /// The value since; `null` if there is none.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub to: Value,
}

impl AuditChange {
    /// What is different between two states of a thing: field by field if both are objects.
    pub fn between(from: Option<Value>, to: Option<Value>) -> Vec<Self> {
        match (from, to) {
            (None, None) => Vec::new(),
            (None, Some(Value::Object(to))) => {
                to.into_iter().map(|(field, to)| Self { field, from: Value::Null, to }).collect()
            }
            (Some(Value::Object(from)), None) => {
                from.into_iter().map(|(field, from)| Self { field, from, to: Value::Null }).collect()
            }
            (Some(Value::Object(mut from)), Some(Value::Object(mut to))) => {
                let mut fields: Vec<String> = from.keys().chain(to.keys()).cloned().collect();
                fields.sort();
                fields.dedup();
                let mut change = |field: String| {
                    let from = from.remove(&field).unwrap_or_default();
                    let to = to.remove(&field).unwrap_or_default();
                    (from != to).then_some(Self { field, from, to })
                };
                fields.into_iter().filter_map(&mut change).collect()
            }
            (from, to) => {
                let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
                if from == to { Vec::new() } else { vec![Self { field: String::new(), from, to }] }
            }
        }
    }
}

/// What to look for in the audit log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct AuditQuery {
    /// Part of the actor's name or of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Exactly this actor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Exactly this action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only what belongs to this domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Only what came from this address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Not before this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Before this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether to count the entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<bool>,
}

/// The audit log in reach, the latest entries first.
pub static LIST_AUDIT: Endpoint<AuditQuery, (), Page<AuditEntry>> =
    Endpoint::new("list_audit", Method::Get, "/api/v1/audit", Access::Needs(Permission::AuditView));

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[&LIST_AUDIT.operation];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_is_told_field_by_field() {
        let changes = AuditChange::between(Some(json!({"a": 1, "b": 2})), Some(json!({"b": 3, "c": 4})));
        let told: Vec<_> =
            changes.iter().map(|it| (it.field.as_str(), it.from.to_string(), it.to.to_string())).collect();
        assert_eq!(
            told,
            [
                ("a", "1".into(), "null".to_owned()),
                ("b", "2".into(), "3".into()),
                ("c", "null".into(), "4".into())
            ]
        );
        assert_eq!(AuditChange::between(Some(json!("x")), Some(json!("x"))), []);
        assert_eq!(AuditChange::between(None, Some(json!(true)))[0].field, "");
        assert_eq!(AuditChange::between(None, None), []);
    }
}
