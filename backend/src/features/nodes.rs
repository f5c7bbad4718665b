//! The mail nodes, as an administrator sees them, and their heartbeat.
//!
//! A node's token is shown once and stored as its hash. Its number is part of the ids of its records, so no two
//! nodes share one, and there are at most 16.

use super::node_registry;
use crate::{
    access::{Caller, CallingNode},
    audit::{self, Actor, Entry},
    clock::{Clock, timestamp},
    csv_list::{self, CsvRow},
    db::{
        Conn, Db,
        schema::{node_commands, nodes},
    },
    error::ApiResult,
    input::{Body, NoParams, Params},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get, post,
    web::{Data, Path},
};
use contract::{
    ids::NodeId,
    nodes::{CreatedNode, Heartbeat, NewNode, Node, Welcome},
    page::{Page, Paging},
    permission::Permission::{NodesEdit, NodesView},
};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

/// A node that was not heard of for so long is not online.
const ONLINE_MILLIS: i64 = 60_000;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_nodes).service(add_node).service(remove_node).service(beat);
}

/// The mail nodes.
#[utoipa::path(tag = "nodes", responses((status = 200, description = "All of them, by number; also as `text/csv`", content((Page<Node> = "application/json"), (String = "text/csv")))))]
#[get("/api/v1/nodes")]
async fn list_nodes(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    clock: Data<Clock>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    caller.installation(NodesView)?;
    let now = clock.now();
    if csv_list::is_wanted(&request) {
        return Ok(csv_list::stream(db, "nodes", move |conn, _| read(conn, now)));
    }
    Ok(HttpResponse::Ok().json(db.run(move |conn| read(conn, now)).await?))
}

fn read(conn: &mut Conn, now: i64) -> ApiResult<Page<Node>> {
    let rows: Vec<NodeRow> = nodes::table.order(nodes::number).select(NodeRow::as_select()).load(conn)?;
    Ok(Page { data: rows.into_iter().map(|row| row.node(now)).collect(), page: Paging::default() })
}

impl CsvRow for Node {
    const HEAD: &'static [&'static str] =
        &["id", "name", "number", "version", "last_seen_at", "queued", "policy_revision", "is_online"];
    fn cells(self) -> Vec<String> {
        vec![
            self.id.0,
            self.name,
            self.number.to_string(),
            self.version.unwrap_or_default(),
            self.last_seen_at.map(|time| time.0).unwrap_or_default(),
            self.queued.to_string(),
            self.policy_revision.to_string(),
            self.is_online.to_string(),
        ]
    }
}

/// Adds a mail node and shows its token.
#[utoipa::path(tag = "nodes", request_body = NewNode, responses((status = 201, body = CreatedNode, description = "Added; the token is shown only here"), (status = 409, body = contract::problem::Problem, content_type = "application/problem+json", description = "The name is taken, or there are 16 nodes")))]
#[post("/api/v1/nodes")]
async fn add_node(
    caller: Caller,
    db: Data<Db>,
    clock: Data<Clock>,
    body: Body<NewNode>,
) -> ApiResult<HttpResponse> {
    caller.installation(NodesEdit)?;
    let created = db
        .change(move |conn| {
            let new = node_registry::register(conn, &clock, &Actor::from(&caller), &body.0.name)?;
            let row: NodeRow = nodes::table.find(&new.id.0).select(NodeRow::as_select()).first(conn)?;
            Ok(CreatedNode { node: row.node(clock.now()), token: new.token })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// Removes a mail node; its token is worthless at once.
#[utoipa::path(tag = "nodes", params(("node" = String, Path, description = "Its id")), responses((status = 204, description = "Removed")))]
#[delete("/api/v1/nodes/{node}")]
async fn remove_node(
    caller: Caller,
    db: Data<Db>,
    clock: Data<Clock>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    caller.installation(NodesEdit)?;
    db.change(move |conn| {
        let row: NodeRow = nodes::table.find(path.as_str()).select(NodeRow::as_select()).first(conn)?;
        // What it had not done yet, any other node may do.
        diesel::update(node_commands::table.filter(node_commands::node_id.eq(&row.id)))
            .set(node_commands::node_id.eq(None::<String>))
            .execute(conn)?;
        diesel::delete(nodes::table.find(&row.id)).execute(conn)?;
        let from = Some(serde_json::json!({"name": row.name, "number": row.number}));
        let entry = Entry { action: "remove_node", target: &row.id, from, ..Entry::default() };
        audit::record(conn, &clock, &Actor::from(&caller), entry)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A node says that it is there.
#[utoipa::path(tag = "node", request_body = Heartbeat, responses((status = 200, body = Welcome, description = "Who it is")))]
#[post("/api/v1/node/heartbeat")]
async fn beat(
    node: CallingNode,
    db: Data<Db>,
    clock: Data<Clock>,
    body: Body<Heartbeat>,
) -> ApiResult<HttpResponse> {
    let (now, beat, id) = (clock.now(), body.0, node.id.0.clone());
    db.append(move |conn| {
        let version: String = beat.version.chars().filter(|c| !c.is_control()).take(60).collect();
        diesel::update(nodes::table.find(&id))
            .set((
                nodes::version.eq(version),
                nodes::last_seen_at.eq(now),
                nodes::queued.eq(i64::try_from(beat.queued).unwrap_or(i64::MAX)),
                nodes::policy_revision.eq(beat.policy_revision),
            ))
            .execute(conn)?;
        Ok(())
    })
    .await?;
    Ok(HttpResponse::Ok().json(Welcome { id: node.id, name: node.name, number: i64::from(node.number) }))
}

/// The node of that number, if it is online.
pub(super) fn online(conn: &mut Conn, number: i32, now: i64) -> ApiResult<Option<String>> {
    Ok(nodes::table
        .filter(nodes::number.eq(number))
        .filter(nodes::last_seen_at.gt(now - ONLINE_MILLIS))
        .select(nodes::id)
        .first(conn)
        .optional()?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = nodes)]
struct NodeRow {
    id: String,
    name: String,
    number: i32,
    version: Option<String>,
    last_seen_at: Option<i64>,
    queued: i64,
    policy_revision: i64,
}

impl NodeRow {
    fn node(self, now: i64) -> Node {
        Node {
            id: NodeId(self.id),
            name: self.name,
            number: i64::from(self.number),
            version: self.version,
            is_online: self.last_seen_at.is_some_and(|at| at > now - ONLINE_MILLIS),
            last_seen_at: self.last_seen_at.map(timestamp),
            queued: u64::try_from(self.queued).unwrap_or_default(),
            policy_revision: self.policy_revision,
        }
    }
}
