//! Errors as RFC 9457 problem details. The code is the truth; the texts are its translation.

use serde::{Deserialize, Serialize};

/// What went wrong, for programs. Each has its text in every language under `error.<code>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request cannot be read: broken JSON, a parameter that does not exist.
    BadRequest,
    /// No credentials, or credentials that are not valid any more.
    NotSignedIn,
    /// User name, password or code is wrong. The same for users that do not exist.
    WrongCredentials,
    /// The password is right, and a code of the second factor is needed.
    SecondFactorNeeded,
    /// The caller may know of it, but not do this.
    NotAllowed,
    /// The role must have a second factor, and the caller has none yet.
    SecondFactorRequired,
    /// A person must do this: an API token cannot.
    SessionNeeded,
    /// The session must show the password once more before this.
    ConfirmationNeeded,
    /// Not while acting as somebody else.
    ActingAsOther,
    /// The user cannot sign in now: switched off, suspended, or their role may not.
    CannotSignIn,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// The method does not exist here.
    MethodNotAllowed,
    /// The thing exists already.
    AlreadyExists,
    /// Somebody else changed it at the same time.
    Conflict,
    /// The same `Idempotency-Key` was sent with another request.
    IdempotencyKeyReused,
    /// A request with the same `Idempotency-Key` is being worked on.
    IdempotencyRunning,
    /// `If-Match` names another version.
    VersionMismatch,
    /// The request is larger than allowed.
    TooLarge,
    /// The content type is not one this operation reads.
    UnsupportedMediaType,
    /// Values are not valid; each is named in `errors`.
    Invalid,
    /// A domain needs at least one route (RTE-06).
    LastRoute,
    /// A virus is released only by an administrator who says so (QUA-24).
    VirusNotReleasable,
    /// The content of the message is not kept any more, or not yet here.
    ContentNotAvailable,
    /// The reseller has as many domains as its limit allows.
    LimitReached,
    /// The last active administrator stays.
    LastAdministrator,
    /// Too many requests; `Retry-After` says when to come back.
    TooManyRequests,
    /// Not able to answer now.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 28] = [
        Self::BadRequest,
        Self::NotSignedIn,
        Self::WrongCredentials,
        Self::SecondFactorNeeded,
        Self::NotAllowed,
        Self::SecondFactorRequired,
        Self::SessionNeeded,
        Self::ConfirmationNeeded,
        Self::ActingAsOther,
        Self::CannotSignIn,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::AlreadyExists,
        Self::Conflict,
        Self::IdempotencyKeyReused,
        Self::IdempotencyRunning,
        Self::VersionMismatch,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::LastRoute,
        Self::VirusNotReleasable,
        Self::ContentNotAvailable,
        Self::LimitReached,
        Self::LastAdministrator,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::Internal,
    ];

    /// Its HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotSignedIn | Self::WrongCredentials | Self::SecondFactorNeeded => 401,
            Self::NotAllowed
            | Self::SecondFactorRequired
            | Self::SessionNeeded
            | Self::ConfirmationNeeded
            | Self::ActingAsOther
            | Self::VirusNotReleasable => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::AlreadyExists
            | Self::CannotSignIn
            | Self::Conflict
            | Self::IdempotencyRunning
            | Self::LastRoute
            | Self::LimitReached
            | Self::LastAdministrator => 409,
            Self::ContentNotAvailable => 410,
            Self::VersionMismatch => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid | Self::IdempotencyKeyReused => 422,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// Its name on the wire and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::NotSignedIn => "not_signed_in",
            Self::WrongCredentials => "wrong_credentials",
            Self::SecondFactorNeeded => "second_factor_needed",
            Self::NotAllowed => "not_allowed",
            Self::SecondFactorRequired => "second_factor_required",
            Self::SessionNeeded => "session_needed",
            Self::ConfirmationNeeded => "confirmation_needed",
            Self::ActingAsOther => "acting_as_other",
            Self::CannotSignIn => "cannot_sign_in",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::AlreadyExists => "already_exists",
            Self::Conflict => "conflict",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::IdempotencyRunning => "idempotency_running",
            Self::VersionMismatch => "version_mismatch",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Invalid => "invalid",
            Self::LastRoute => "last_route",
            Self::VirusNotReleasable => "virus_not_releasable",
            Self::ContentNotAvailable => "content_not_available",
            Self::LimitReached => "limit_reached",
            Self::LastAdministrator => "last_administrator",
            Self::TooManyRequests => "too_many_requests",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

/// Why one value is not valid. Each has its text in every language under `invalid.<code>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvalidCode {
    /// It must be given.
    Required,
    /// It is of another type.
    WrongType,
    /// It is not in its range.
    OutOfRange,
    /// It is not one of the choices.
    UnknownChoice,
    /// There is no such field or setting.
    UnknownField,
    /// It is fixed.
    Fixed,
    /// It cannot be changed at this level.
    NotAtThisLevel,
    /// It is too long.
    TooLong,
    /// It has characters that are not allowed.
    Characters,
    /// It is no domain name.
    NotADomain,
    /// It is no host name or address with a port.
    NotAHost,
    /// It is no network address.
    NotAnAddress,
    /// It is no e-mail address.
    NotAnEmailAddress,
    /// It is no colour such as `#2357d9`.
    NotAColour,
    /// White letters on it could not be read.
    TooLight,
    /// It is no address that begins with `https://` or `mailto:`.
    NotALink,
    /// It is no PNG, JPEG or WebP image.
    NotAnImage,
    /// It is no instant in RFC 3339.
    NotATime,
    /// The destination is a private network that the administrator has not allowed.
    PrivateNetwork,
    /// It is in the list twice.
    Duplicate,
    /// The unsure threshold must be lower than the quarantine threshold (FIL-07).
    ThresholdOrder,
    /// The same for somebody at a narrower level, who has one of the two and inherits the other.
    ThresholdOrderBelow,
    /// The end is before the beginning.
    RangeOrder,
    /// The cursor is not one that this list gave.
    Cursor,
    /// There is nothing of that name.
    NotFound,
    /// The password does not meet the rules.
    Password,
    /// It is not the password of the account.
    WrongPassword,
    /// It is not the code of this moment, or it was used already.
    WrongCode,
    /// Nobody gives a permission that they lack.
    NotGranted,
    /// The link was used already, or its time is over.
    LinkOver,
}

impl InvalidCode {
    /// Every code.
    pub const ALL: [Self; 30] = [
        Self::Required,
        Self::WrongType,
        Self::OutOfRange,
        Self::UnknownChoice,
        Self::UnknownField,
        Self::Fixed,
        Self::NotAtThisLevel,
        Self::TooLong,
        Self::Characters,
        Self::NotADomain,
        Self::NotAHost,
        Self::NotAnAddress,
        Self::NotAnEmailAddress,
        Self::NotAColour,
        Self::TooLight,
        Self::NotALink,
        Self::NotAnImage,
        Self::NotATime,
        Self::PrivateNetwork,
        Self::Duplicate,
        Self::ThresholdOrder,
        Self::ThresholdOrderBelow,
        Self::RangeOrder,
        Self::Cursor,
        Self::NotFound,
        Self::Password,
        Self::WrongPassword,
        Self::WrongCode,
        Self::NotGranted,
        Self::LinkOver,
    ];

    /// Its name on the wire and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::WrongType => "wrong_type",
            Self::OutOfRange => "out_of_range",
            Self::UnknownChoice => "unknown_choice",
            Self::UnknownField => "unknown_field",
            Self::Fixed => "fixed",
            Self::NotAtThisLevel => "not_at_this_level",
            Self::TooLong => "too_long",
            Self::Characters => "characters",
            Self::NotADomain => "not_a_domain",
            Self::NotAHost => "not_a_host",
            Self::NotAnAddress => "not_an_address",
            Self::NotAnEmailAddress => "not_an_email_address",
            Self::NotAColour => "not_a_colour",
            Self::TooLight => "too_light",
            Self::NotALink => "not_a_link",
            Self::NotAnImage => "not_an_image",
            Self::NotATime => "not_a_time",
            Self::PrivateNetwork => "private_network",
            Self::Duplicate => "duplicate",
            Self::ThresholdOrder => "threshold_order",
            Self::ThresholdOrderBelow => "threshold_order_below",
            Self::RangeOrder => "range_order",
            Self::Cursor => "cursor",
            Self::NotFound => "not_found",
            Self::Password => "password",
            Self::WrongPassword => "wrong_password",
            Self::WrongCode => "wrong_code",
            Self::NotGranted => "not_granted",
            Self::LinkOver => "link_over",
        }
    }
}

/// One value that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Where it is: a JSON pointer (RFC 6901) into the body, or `?name` for a parameter of the query.
    pub pointer: String,
    /// Why it is not valid.
    pub code: InvalidCode,
    /// The same in words.
    pub detail: String,
}

/// An error answer, `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Where the error is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The error in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is to be said of this very case.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// The error for programs.
    pub code: ErrorCode,
    /// The request, for support.
    pub request_id: String,
    /// The values that are not valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_wire_names() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
        for code in InvalidCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
    }
}
