//! What nodes are to do: given again until it is acknowledged, and at once when it is made.
//!
//! A command is written in the transaction of the action that asks for it. It goes to the node that received the
//! message if that is online; else to whichever node asks first.

use super::{
    held_row::HeldRow,
    log_rows::ROWS,
    node_policy::{LONGEST_WAIT, LOOK_AGAIN},
    nodes,
    quarantine::storage_error,
};
use crate::{
    access::CallingNode,
    clock::Clock,
    db::{Conn, Db, schema::node_commands},
    error::{ApiError, ApiResult},
    events::Events,
    input::{NoParams, Params},
    storage::{BodyKey, Storage},
};
use actix_web::{
    HttpResponse, delete, get,
    web::{Data, Path},
};
use contract::{
    ids::{CommandId, RecordId},
    nodes::{Command, CommandQuery, Commands, Order},
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;
use std::{collections::HashMap, time::Duration};
use tokio::time::{Instant, timeout_at};
use utoipa_actix_web::service_config::ServiceConfig;

/// Commands in one answer.
const MOST: i64 = 100;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_commands).service(get_command_body).service(acknowledge_command);
}

/// Commands for the node.
#[utoipa::path(tag = "node", params(CommandQuery), responses((status = 200, body = Commands, description = "The oldest first; given again until acknowledged")))]
#[get("/api/v1/node/commands")]
async fn get_commands(
    node: CallingNode,
    db: Data<Db>,
    events: Data<Events>,
    query: Params<CommandQuery>,
) -> ApiResult<HttpResponse> {
    let wait = query.0.wait;
    if wait > LONGEST_WAIT {
        return Err(ApiError::invalid("?wait", InvalidCode::OutOfRange));
    }
    let deadline = Instant::now() + Duration::from_secs(u64::from(wait));
    let mut news = events.commands();
    loop {
        news.mark_unchanged();
        let id = node.id.0.clone();
        let is_free = db.run(has_free).await?;
        let commands = if is_free {
            db.append(move |conn| {
                take_free(conn, &id)?;
                own(conn, &id)
            })
            .await?
        } else {
            db.run(move |conn| own(conn, &id)).await?
        };
        if !commands.is_empty() || Instant::now() >= deadline {
            return Ok(HttpResponse::Ok().json(Commands { commands }));
        }
        drop(timeout_at(deadline.min(Instant::now() + LOOK_AGAIN), news.changed()).await);
    }
}

/// The content of the message that a command releases.
#[utoipa::path(tag = "node", params(("command" = String, Path, description = "The command's id")), responses((status = 200, content_type = "message/rfc822", body = String, description = "The message as received")))]
#[get("/api/v1/node/commands/{command}/body")]
async fn get_command_body(
    node: CallingNode,
    db: Data<Db>,
    storage: Data<Storage>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    let row = db
        .run(move |conn| {
            let row: Option<CommandRow> = node_commands::table
                .find(path.as_str())
                .filter(node_commands::node_id.eq(&node.id.0))
                .select(CommandRow::as_select())
                .first(conn)
                .optional()?;
            row.ok_or_else(ApiError::not_found)
        })
        .await?;
    if !matches!(row.order()?, Order::Release { .. }) {
        return Err(ApiError::not_found());
    }
    let key =
        BodyKey::from_text(&row.body_key).ok_or_else(|| ApiError::new(ErrorCode::ContentNotAvailable))?;
    let body = storage.get(&key).await.map_err(storage_error)?;
    Ok(HttpResponse::Ok().content_type("message/rfc822").streaming(body))
}

/// A command is done, durably.
#[utoipa::path(tag = "node", params(("command" = String, Path, description = "The command's id")), responses((status = 204, description = "Not given again")))]
#[delete("/api/v1/node/commands/{command}")]
async fn acknowledge_command(
    node: CallingNode,
    db: Data<Db>,
    path: Path<String>,
    _: Params<NoParams>,
) -> ApiResult<HttpResponse> {
    db.append(move |conn| {
        let command = node_commands::table.find(path.as_str());
        diesel::delete(command.filter(node_commands::node_id.eq(&node.id.0))).execute(conn)?;
        let left: i64 = command.count().get_result(conn)?;
        // Gone already: an acknowledgement that was sent again. Still there: another node's.
        if left == 0 { Ok(()) } else { Err(ApiError::not_found()) }
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Orders the release of held messages; `domains` are the names of theirs. Call it in the transaction that marks
/// them as released, and [`Events::new_commands`] once that is committed.
pub(super) fn add_releases(
    conn: &mut Conn,
    clock: &Clock,
    rows: &[&HeldRow],
    domains: &HashMap<i64, String>,
) -> ApiResult<()> {
    let mut receivers: HashMap<i32, Option<String>> = HashMap::new();
    let mut commands = Vec::with_capacity(rows.len());
    for row in rows {
        let receiver = match receivers.get(&row.node) {
            Some(known) => known.clone(),
            None => nodes::online(conn, row.node, clock.now())?,
        };
        receivers.insert(row.node, receiver.clone());
        let id: CommandId = clock.new_id();
        let order = Order::Release {
            record: RecordId(row.id),
            message_id: row.message_id.clone(),
            domain: domains.get(&row.domain_id).cloned().unwrap_or_default(),
            sender: row.sender.clone(),
            recipient: row.recipient.clone(),
        };
        commands.push(CommandRow {
            id: id.0,
            node_id: receiver,
            record_id: row.id,
            domain_id: row.domain_id,
            body_key: row.body_key.clone(),
            orders: serde_json::to_string(&order).map_err(ApiError::internal)?,
            created_at: clock.now(),
        });
    }
    for part in commands.chunks(ROWS) {
        let insert = diesel::insert_into(node_commands::table).values(part);
        match conn {
            Conn::Postgres(server) => insert.execute(server)?,
            Conn::Sqlite(file) => insert.execute(file)?,
        };
    }
    Ok(())
}

fn has_free(conn: &mut Conn) -> ApiResult<bool> {
    let free = node_commands::table.filter(node_commands::node_id.is_null());
    Ok(diesel::select(diesel::dsl::exists(free)).get_result(conn)?)
}

fn take_free(conn: &mut Conn, node: &str) -> ApiResult<()> {
    let free: Vec<String> = node_commands::table
        .filter(node_commands::node_id.is_null())
        .order(node_commands::id)
        .limit(MOST)
        .select(node_commands::id)
        .load(conn)?;
    let still_free =
        node_commands::table.filter(node_commands::id.eq_any(free)).filter(node_commands::node_id.is_null());
    diesel::update(still_free).set(node_commands::node_id.eq(node)).execute(conn)?;
    Ok(())
}

fn own(conn: &mut Conn, node: &str) -> ApiResult<Vec<Command>> {
    let rows: Vec<CommandRow> = node_commands::table
        .filter(node_commands::node_id.eq(node))
        .order(node_commands::id)
        .limit(MOST)
        .select(CommandRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok(Command { order: row.order()?, id: CommandId(row.id) })).collect()
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = node_commands, treat_none_as_default_value = false)]
struct CommandRow {
    id: String,
    node_id: Option<String>,
    record_id: i64,
    domain_id: i64,
    body_key: String,
    orders: String,
    created_at: i64,
}

impl CommandRow {
    fn order(&self) -> ApiResult<Order> {
        serde_json::from_str(&self.orders).map_err(ApiError::internal)
    }
}
