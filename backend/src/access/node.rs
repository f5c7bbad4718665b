//! A node that calls: signed in by its token, which is stored as its SHA-256.

use super::{Extraction, bearer, service, token};
use crate::{
    db::{Conn, Db, schema::nodes},
    error::{ApiError, ApiResult},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use contract::{ids::NodeId, problem::ErrorCode};
use diesel::prelude::*;

/// A mail node, signed in by its token.
#[derive(Clone, Debug)]
pub struct CallingNode {
    /// Its id.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// Its number, 0–15.
    pub number: i32,
}

impl FromRequest for CallingNode {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let token = bearer(&request)?;
            if !token.starts_with(token::NODE_PREFIX) {
                return Err(ApiError::new(ErrorCode::NotSignedIn));
            }
            let hash = token::hash(&token);
            let db: Db = service(&request)?;
            db.run(move |conn| find_node(conn, &hash)).await
        })
    }
}

fn find_node(conn: &mut Conn, token_hash: &str) -> ApiResult<CallingNode> {
    nodes::table
        .filter(nodes::token_hash.eq(token_hash))
        .select((nodes::id, nodes::name, nodes::number))
        .first::<(String, String, i32)>(conn)
        .optional()?
        .map(|(id, name, number)| CallingNode { id: NodeId(id), name, number })
        .ok_or_else(|| ApiError::new(ErrorCode::NotSignedIn))
}
