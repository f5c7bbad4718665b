//! What a request brings: bodies and queries, read strictly. An unknown field or parameter, a wrong type or a
//! missing value is told with its place.

use crate::{
    access::{Caller, CallingNode},
    error::{ApiError, ApiResult},
};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use contract::problem::{ErrorCode, InvalidCode};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::{future::Future, pin::Pin};

/// The most bytes of a JSON body.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A JSON body: `application/json`, or `application/merge-patch+json` for changes.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let mut payload = payload.take();
        let request = request.clone();
        Box::pin(async move {
            let read = async {
                if !is_json {
                    return Err(ApiError::new(ErrorCode::UnsupportedMediaType));
                }
                read_json(&collect(&mut payload, BODY_LIMIT).await?)
            };
            match read.await {
                Ok(value) => Ok(Self(value)),
                Err(error) => Err(first_of(&request, error).await),
            }
        })
    }
}

/// A caller that is not signed in hears that first: what a request brings and who sends it are read at once.
async fn first_of(request: &HttpRequest, error: ApiError) -> ApiError {
    let path = request.path();
    let refused = if path.starts_with("/api/v1/sessions")
        || path.starts_with("/api/v1/password-recoveries")
        || path == "/api/v1/events"
    {
        None
    } else if path.starts_with("/api/v1/node/") {
        CallingNode::extract(request).await.err()
    } else {
        Caller::extract(request).await.err()
    };
    refused.unwrap_or(error)
}

fn is_json(request: &HttpRequest) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    ["application/json", "application/merge-patch+json"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

/// Reads a whole body of at most `limit` bytes.
pub async fn collect(payload: &mut Payload, limit: usize) -> ApiResult<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::because(ErrorCode::BadRequest, "the body was cut off"))?;
        if body.len() + chunk.len() > limit {
            return Err(ApiError::new(ErrorCode::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Reads JSON strictly; the error names the place by a JSON pointer (RFC 6901).
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let error = error.into_inner();
        if error.is_data() {
            let (name, code) = reason(&error.to_string());
            // The path leads to an unknown field itself, but only to the object that lacks a field.
            let pointer = match name {
                Some(name) if code == InvalidCode::Required => format!("{pointer}/{}", escape(&name)),
                _ => pointer,
            };
            ApiError::invalid(pointer, code)
        } else {
            ApiError::because(
                ErrorCode::BadRequest,
                format!("the body is no JSON: line {}, column {}", error.line(), error.column()),
            )
        }
    })?;
    reader.end().map_err(|_| ApiError::because(ErrorCode::BadRequest, "there is more after the JSON"))?;
    Ok(value)
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let parts = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(escape(key)),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    parts.map(|part| format!("/{part}")).collect()
}

/// Why serde refused a value, and the field it named. Its messages are the only place where it says so; the tests
/// below hold them to it.
fn reason(message: &str) -> (Option<String>, InvalidCode) {
    let named = |prefix: &str| {
        let rest = message.strip_prefix(prefix)?;
        rest.split('`').nth(1).map(str::to_owned)
    };
    if let Some(name) = named("unknown field ") {
        (Some(name), InvalidCode::UnknownField)
    } else if let Some(name) = named("missing field ") {
        (Some(name), InvalidCode::Required)
    } else if let Some(name) = named("duplicate field ") {
        (Some(name), InvalidCode::Duplicate)
    } else if message.starts_with("unknown variant ") {
        (None, InvalidCode::UnknownChoice)
    } else if message.starts_with("invalid value") {
        (None, InvalidCode::OutOfRange)
    } else {
        (None, InvalidCode::WrongType)
    }
}

/// The parameters of a query.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = read_query(request.query_string());
        let request = request.clone();
        Box::pin(async move {
            match read {
                Ok(value) => Ok(Self(value)),
                Err(error) => Err(first_of(&request, error).await),
            }
        })
    }
}

/// Reads a query strictly: an unknown or repeated parameter is 400, a wrong value 422.
pub fn read_query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        let (name, code) = reason(&error.into_inner().to_string());
        let place = format!("?{}", name.unwrap_or(path));
        match code {
            InvalidCode::UnknownField | InvalidCode::Duplicate => {
                let fields = vec![(place, code)];
                ApiError { fields, ..ApiError::new(ErrorCode::BadRequest) }
            }
            code => ApiError::invalid(place, code),
        }
    })
}

/// For operations that take no query at all.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{accounts::PasswordChange, domains::DomainQuery, domains::NewDomain};

    fn refused<T: DeserializeOwned>(json: &str) -> (ErrorCode, Vec<(String, InvalidCode)>) {
        let error = read_json::<T>(json.as_bytes()).err().unwrap();
        (error.code, error.fields)
    }

    #[test]
    fn a_body_that_does_not_fit_is_told_with_its_place() {
        for (json, pointer, code) in [
            (r#"{"routes":[{"host":1}]}"#, "/routes/0/host", InvalidCode::WrongType),
            (r#"{"routes":[{"host":"a","port":70000}]}"#, "/routes/0/port", InvalidCode::OutOfRange),
            (r#"{"routes":[],"owner":1}"#, "/owner", InvalidCode::UnknownField),
            (r#"{"routes":[],"a/b~c":1}"#, "/a~1b~0c", InvalidCode::UnknownField),
            (r#"{}"#, "/routes", InvalidCode::Required),
            (r#"[]"#, "", InvalidCode::WrongType),
        ] {
            let expected = (ErrorCode::Invalid, vec![(pointer.to_owned(), code)]);
            if json == "[]" {
                assert_eq!(refused::<PasswordChange>(json).0, ErrorCode::Invalid);
            } else {
                assert_eq!(refused::<NewDomain>(json), expected, "{json}");
            }
        }
        for json in ["", "{", "{\"routes\":[]} x", "\u{0}"] {
            assert_eq!(refused::<NewDomain>(json).0, ErrorCode::BadRequest, "{json}");
        }
    }

    #[test]
    fn an_unknown_parameter_is_400_and_a_wrong_value_422() {
        let refused = |query| {
            let error = read_query::<DomainQuery>(query).err().unwrap();
            (error.code, error.fields)
        };
        assert_eq!(
            refused("page=2"),
            (ErrorCode::BadRequest, vec![("?page".to_owned(), InvalidCode::UnknownField)])
        );
        assert_eq!(refused("limit=1&limit=2").0, ErrorCode::BadRequest);
        for query in ["limit=many", "limit=-1", "count=maybe"] {
            let (code, fields) = refused(query);
            assert_eq!(code, ErrorCode::Invalid, "{query}");
            assert_eq!(fields[0].0, format!("?{}", query.split('=').next().unwrap()));
        }
        assert_eq!(read_query::<DomainQuery>("search=a%20b").ok().unwrap().search.unwrap(), "a b");
    }
}
