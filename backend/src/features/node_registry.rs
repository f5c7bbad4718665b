//! Mail nodes as the database knows them: giving a node its number and its token.

use crate::{
    access::token,
    audit::{self, Actor, Entry},
    clock::Clock,
    db::{Conn, schema::nodes},
    error::{ApiError, ApiResult},
};
use contract::{
    ids::{MAX_NODES, NodeId},
    problem::{ErrorCode, InvalidCode},
};
use diesel::prelude::*;

/// A node just registered.
pub(crate) struct Registered {
    /// Its id.
    pub(crate) id: NodeId,
    /// Its token, which is stored only as a hash.
    pub(crate) token: String,
}

/// Registers a node; an error if the name is taken. Its number is the lowest free one.
pub(crate) fn register(conn: &mut Conn, clock: &Clock, actor: &Actor, name: &str) -> ApiResult<Registered> {
    let name = name.trim().to_lowercase();
    if !super::routes::is_host_name(&name) {
        return Err(ApiError::invalid("/name", InvalidCode::NotAHost));
    }
    let known: Vec<(String, i32)> = nodes::table.select((nodes::name, nodes::number)).load(conn)?;
    if known.iter().any(|(taken, _)| *taken == name) {
        return Err(ApiError::new(ErrorCode::AlreadyExists));
    }
    let number = (0..i32::try_from(MAX_NODES).unwrap_or(0))
        .find(|number| known.iter().all(|(_, taken)| taken != number))
        .ok_or_else(|| {
            ApiError::because(ErrorCode::LimitReached, "there are as many nodes as there can be")
        })?;
    let (id, token): (NodeId, _) = (clock.new_id(), token::new_node_token()?);
    diesel::insert_into(nodes::table)
        .values((
            nodes::id.eq(&id.0),
            nodes::name.eq(&name),
            nodes::number.eq(number),
            nodes::token_hash.eq(token::hash(&token)),
            nodes::queued.eq(0),
            nodes::policy_revision.eq(0),
            nodes::created_at.eq(clock.now()),
        ))
        .execute(conn)?;
    let to = Some(serde_json::json!({"id": id, "number": number}));
    audit::record(conn, clock, actor, Entry { action: "add_node", target: &name, to, ..Entry::default() })?;
    Ok(Registered { id, token })
}
