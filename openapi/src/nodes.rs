//! Mail nodes: how an administrator sees them, and how they speak to the API.

use crate::{
    domains::Route,
    endpoint::{Access, Endpoint, Method, Operation},
    ids::{CommandId, NodeId, RecordId, Timestamp},
    messages::{Authentication, Classification, EventKind, Evidence, Status},
    page::Page,
    permission::Permission,
    settings::Overrides,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mail node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// Its number, 0–15, which is part of its records' ids.
    pub number: i64,
    /// The version of its program, once it has been heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Timestamp>,
    /// Messages in its queue.
    pub queued: u64,
    /// The revision of the policy that it works by.
    pub policy_revision: i64,
    /// Whether it was heard of within the last minute.
    pub is_online: bool,
}

/// A node to be added.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewNode {
    /// Its name: a host name.
    pub name: String,
}

/// A node just added, with its token. The token is shown only here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CreatedNode {
    /// The node.
    pub node: Node,
    /// What the node signs in with.
    pub token: String,
}

/// What a node tells of itself, every 15 seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// The version of its program.
    pub version: String,
    /// Messages in its queue.
    pub queued: u64,
    /// The revision of the policy that it works by.
    pub policy_revision: i64,
}

/// What a node hears about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Welcome {
    /// Its id.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// Its number, 0–15.
    pub number: i64,
}

/// What a node asks for: the policy that changed after a revision.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct PolicyQuery {
    /// The revision it has; 0 for none.
    pub after: i64,
    /// How many seconds to wait for a change (0–30) before answering with nothing.
    pub wait: u32,
}

/// The documents that changed after a revision, at most 1,000 of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PolicyChanges {
    /// The revision that these documents lead to.
    pub revision: i64,
    /// The documents, each replacing the one of its key.
    pub documents: Vec<PolicyDocument>,
    /// Whether there are more: ask again at once.
    pub more: bool,
}

/// One piece of the policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PolicyDocument {
    /// The defaults of every domain.
    Global {
        /// The values set there.
        #[cfg_attr(feature = "schema", schema(value_type = Object))]
        settings: Overrides,
    },
    /// The defaults of a reseller's domains.
    Reseller {
        /// The reseller.
        slug: String,
        /// The values set there.
        #[cfg_attr(feature = "schema", schema(value_type = Object))]
        settings: Overrides,
    },
    /// A domain.
    Domain(DomainPolicy),
    /// A domain that is not ours any more.
    DomainRemoved {
        /// The domain.
        name: String,
    },
}

/// What a node knows of a domain. The node lays the settings over each other: global, reseller, domain, mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DomainPolicy {
    /// Its name.
    pub name: String,
    /// The reseller that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// Where its mail is delivered, in the order in which it is tried.
    pub routes: Vec<Route>,
    /// Whether its mail is asked to come later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_suspended: bool,
    /// The values set at the domain.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub settings: Overrides,
    /// The values set by mailboxes, by local part.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mailboxes: BTreeMap<String, Overrides>,
}

/// One recipient of one connection, as a node reports it. Written once; [`NewEvent`]s follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewRecord {
    /// Its id, made by the node.
    pub id: RecordId,
    /// The node's id of the message, shared by its recipients.
    pub message_id: String,
    /// The domain of the recipient.
    pub domain: String,
    /// MAIL FROM; empty for the null sender.
    pub sender: String,
    /// RCPT TO.
    pub recipient: String,
    /// The address of the sending server.
    pub sender_ip: String,
    /// Its name by reverse DNS; empty if it has none.
    pub sender_host: String,
    /// What it called itself.
    pub helo: String,
    /// Whether the connection was encrypted.
    pub is_encrypted: bool,
    /// The decoded subject.
    pub subject: String,
    /// The decoded From header.
    pub header_from: String,
    /// The decoded To header.
    pub header_to: String,
    /// Bytes received.
    pub size: u64,
    /// What it was taken for.
    pub classification: Classification,
    /// What became of it at first.
    pub status: Status,
    /// Why it was refused, if a stage before the content did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The SMTP reply given.
    pub reply: String,
    /// The score, 0–1; absent where the content was not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// From this score on mail was unsure for this recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure_threshold: Option<f64>,
    /// From this score on mail was spam for this recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine_threshold: Option<f64>,
    /// What moved the score.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What the sender's domain says of the sender.
    #[serde(default)]
    pub authentication: Authentication,
    /// How many attachments it has.
    #[serde(default)]
    pub attachments: u32,
    /// How many days it is kept in the quarantine; absent where it is not held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_days: Option<i32>,
}

/// What happened to a record afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewEvent {
    /// The record.
    pub record: RecordId,
    /// The time of the event and its order, made like a record's id; unique, so that it counts once.
    pub id: RecordId,
    /// What happened.
    pub kind: EventKind,
    /// The server it was delivered to, `host:port`; empty if none.
    pub host: String,
    /// The reply of that server, or the error.
    pub reply: String,
    /// Bytes delivered.
    pub size: u64,
}

/// Records and events of a node, in the order of its outbox. Sending them again changes nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordBatch {
    /// New records.
    pub records: Vec<NewRecord>,
    /// What happened to earlier ones.
    pub events: Vec<NewEvent>,
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BatchAnswer {
    /// Records and events that were new.
    pub added: u64,
    /// Those already known, and those of domains that are gone.
    pub skipped: u64,
}

/// How long a node waits for commands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct CommandQuery {
    /// How many seconds to wait for a command (0–30) before answering with none.
    pub wait: u32,
}

/// Commands for a node, oldest first, at most 100.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Commands {
    /// The commands, each given again until it is acknowledged.
    pub commands: Vec<Command>,
}

/// A command for a node, executed once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Command {
    /// Its id.
    pub id: CommandId,
    /// What to do.
    #[serde(flatten)]
    pub order: Order,
}

/// What a node is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Order {
    /// Deliver a held message to its recipient, unfiltered. Its content is fetched by the command's id.
    Release {
        /// The record.
        record: RecordId,
        /// The node's id of the message.
        message_id: String,
        /// The domain, whose routes it takes.
        domain: String,
        /// MAIL FROM.
        sender: String,
        /// RCPT TO.
        recipient: String,
    },
    /// Forget the copy of a held message: nobody keeps it any more.
    Delete {
        /// The record.
        record: RecordId,
        /// The node's id of the message.
        message_id: String,
    },
    /// Forget what destination servers said of recipients (CAL-01, CAL-02, PER-14).
    ClearCallouts {
        /// The domain; all if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        domain: Option<String>,
    },
}

/// The mail nodes.
pub static LIST_NODES: Endpoint<(), (), Page<Node>> =
    Endpoint::new("list_nodes", Method::Get, "/api/v1/nodes", Access::Needs(Permission::NodesView));
/// Adds a mail node and shows its token.
pub static ADD_NODE: Endpoint<(), NewNode, CreatedNode> =
    Endpoint::new("add_node", Method::Post, "/api/v1/nodes", Access::Needs(Permission::NodesEdit));
/// Removes a mail node; its token is worthless at once.
pub static REMOVE_NODE: Endpoint<(), (), ()> = Endpoint::new(
    "remove_node",
    Method::Delete,
    "/api/v1/nodes/{node}",
    Access::Needs(Permission::NodesEdit),
);
/// A node says that it is there.
pub static BEAT: Endpoint<(), Heartbeat, Welcome> =
    Endpoint::new("beat", Method::Post, "/api/v1/node/heartbeat", Access::Node);
/// The policy that changed.
pub static GET_POLICY: Endpoint<PolicyQuery, (), PolicyChanges> =
    Endpoint::new("get_policy", Method::Get, "/api/v1/node/policy", Access::Node);
/// Takes records and events.
pub static ADD_RECORDS: Endpoint<(), RecordBatch, BatchAnswer> =
    Endpoint::new("add_records", Method::Post, "/api/v1/node/records", Access::Node);
/// Takes the content of a held message (the body is the message as received, `message/rfc822`). Sent before
/// its records.
pub static PUT_BODY: Endpoint<(), (), ()> =
    Endpoint::new("put_body", Method::Put, "/api/v1/node/bodies/{message}", Access::Node);
/// Commands for the node.
pub static GET_COMMANDS: Endpoint<CommandQuery, (), Commands> =
    Endpoint::new("get_commands", Method::Get, "/api/v1/node/commands", Access::Node);
/// The content of the message that a command releases.
pub static GET_COMMAND_BODY: Endpoint<(), (), ()> =
    Endpoint::new("get_command_body", Method::Get, "/api/v1/node/commands/{command}/body", Access::Node);
/// A command is done, durably.
pub static ACKNOWLEDGE_COMMAND: Endpoint<(), (), ()> =
    Endpoint::new("acknowledge_command", Method::Delete, "/api/v1/node/commands/{command}", Access::Node);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &LIST_NODES.operation,
    &ADD_NODE.operation,
    &REMOVE_NODE.operation,
    &BEAT.operation,
    &GET_POLICY.operation,
    &ADD_RECORDS.operation,
    &PUT_BODY.operation,
    &GET_COMMANDS.operation,
    &GET_COMMAND_BODY.operation,
    &ACKNOWLEDGE_COMMAND.operation,
];
