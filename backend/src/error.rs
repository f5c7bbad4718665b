//! What goes wrong in a request, as RFC 9457 problem details. Features return [`ApiError`]; `app.rs` writes the
//! document, since the path, the request id and the language are the request's. Nothing internal reaches a client.

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use contract::{
    language::{Language, text},
    problem::{ErrorCode, FieldError, InvalidCode, Problem},
};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// What a handler returns.
pub type ApiResult<T> = Result<T, ApiError>;

/// An error answer in the making.
#[derive(Debug)]
pub struct ApiError {
    /// What went wrong.
    pub code: ErrorCode,
    /// What is to be said of this very case; absent: the text of the code.
    pub detail: Option<String>,
    /// The values that are not valid: pointer and reason.
    pub fields: Vec<(String, InvalidCode)>,
    /// After how many seconds to try again.
    pub retry_after: Option<u64>,
    /// The methods that exist here, for [`ErrorCode::MethodNotAllowed`].
    pub allow: Option<String>,
}

impl ApiError {
    /// An error of that kind.
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, detail: None, fields: Vec::new(), retry_after: None, allow: None }
    }

    /// The same with words for this very case. They must not tell what the caller may not know.
    pub fn because(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(code) }
    }

    /// 404: there is no such thing, or the caller may not know of it.
    pub const fn not_found() -> Self {
        Self::new(ErrorCode::NotFound)
    }

    /// 503 with the reason.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry_after: Some(1), ..Self::because(ErrorCode::Unavailable, detail) }
    }

    /// 422 for one value: a JSON pointer into the body, or `?name` for a parameter of the query.
    pub fn invalid(pointer: impl Into<String>, code: InvalidCode) -> Self {
        Self::invalid_fields(vec![(pointer.into(), code)])
    }

    /// 422 for several values.
    pub const fn invalid_fields(fields: Vec<(String, InvalidCode)>) -> Self {
        Self { code: ErrorCode::Invalid, detail: None, fields, retry_after: None, allow: None }
    }

    /// Our own fault: logged here with its reason, told without it.
    pub fn internal(reason: impl std::fmt::Display) -> Self {
        tracing::error!(%reason, "internal error");
        Self::new(ErrorCode::Internal)
    }

    /// The problem document for a request.
    pub fn problem(&self, path: &str, request_id: &str, language: Language) -> Problem {
        let title = text(language, &format!("error.{}", self.code.name())).to_owned();
        let errors: Vec<_> = self
            .fields
            .iter()
            .map(|(pointer, code)| FieldError {
                pointer: pointer.clone(),
                code: *code,
                detail: text(language, &format!("invalid.{}", code.name())).to_owned(),
            })
            .collect();
        Problem {
            kind: format!("/api/docs/#problem-{}", self.code.name()),
            detail: self.detail.clone().unwrap_or_else(|| title.clone()),
            title,
            status: self.code.status(),
            instance: path.to_owned(),
            code: self.code,
            request_id: request_id.to_owned(),
            errors,
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.code.name())?;
        self.detail.iter().try_for_each(|detail| write!(f, ": {detail}"))?;
        self.fields.iter().try_for_each(|(pointer, code)| write!(f, "; {pointer} {}", code.name()))
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<DieselError> for ApiError {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::NotFound => Self::not_found(),
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::new(ErrorCode::AlreadyExists)
            }
            DieselError::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ForeignKeyViolation,
                _,
            ) => Self::new(ErrorCode::Conflict),
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => {
                tracing::error!(%error, "the database went away");
                Self::unavailable("the database does not answer")
            }
            DieselError::DatabaseError(_, information) if is_busy(information.message()) => {
                tracing::error!(%error, "the database is busy");
                Self::unavailable("the database is busy")
            }
            // PostgreSQL stores no NUL in a text.
            DieselError::DatabaseError(_, information)
                if information.message().contains("invalid byte sequence") =>
            {
                Self::because(ErrorCode::BadRequest, "a text has a NUL character")
            }
            _ => Self::internal(error),
        }
    }
}

fn is_busy(message: &str) -> bool {
    ["database is locked", "lock timeout", "statement timeout", "deadlock detected"]
        .iter()
        .any(|reason| message.contains(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_each_invalid_value_in_the_readers_language() {
        let error = ApiError::invalid("/routes/0/host", InvalidCode::NotAHost);
        let problem = error.problem("/api/v1/domains/a.test", "req_1", Language::De);
        assert_eq!((problem.status, problem.code), (422, ErrorCode::Invalid));
        assert_eq!(problem.errors[0].pointer, "/routes/0/host");
        assert_ne!(
            problem.title,
            error.problem("/", "req_1", Language::En).title,
            "the title is in the reader's language"
        );
    }
}
