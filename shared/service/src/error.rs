//! What went wrong, named by what the caller can do about it, and how HTTP says it (RFC 9457).
//!
//! Which variant: can the caller fix the request → [`Error::Invalid`], [`Error::NotJson`],
//! [`Error::TooLarge`], [`Error::AnswerTooLarge`], and of DICOMweb [`Error::BadRequest`], [`Error::NotAcceptable`],
//! [`Error::UnsupportedMediaType`]; must they first change
//! something else → [`Error::Conflict`]; sign in → [`Error::Unauthenticated`]; ask somebody → [`Error::Forbidden`], [`Error::Disabled`]; may it help to try again →
//! [`Error::Unavailable`]; none of these → [`Error::Internal`]. A cause is logged once, in [`Error::into_response`], and never sent.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::domain::Code;

/// Wrong fields that an answer names. A body may hold a hundred thousand, and an answer of Lambda no more than 6 MB
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const MAX_NAMED: usize = 100;
/// Characters of the name of a field: an unknown one may be as long as the body.
const MAX_NAME: usize = 100;

/// A cause, for the log only.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// One wrong field, in the caller's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field as the caller wrote it: `page_size`, `files[3].size`.
    #[schema(examples("page_size"))]
    pub field: String,
    /// What is wrong with it: a sentence that begins with the field.
    #[schema(examples("must be 1 to 100"))]
    pub message: String,
}

impl FieldError {
    /// A wrong field and what is wrong with it.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut field: String = field.into();
        if let Some((end, _)) = field.char_indices().nth(MAX_NAME) {
            field.truncate(end);
            field.push('…');
        }
        Self {
            field,
            message: message.into(),
        }
    }
}

/// What went wrong (RFC 9457), and never a cause chain, a key, a bucket, a table or a stack trace.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    #[schema(examples("about:blank"))]
    pub kind: &'static str,
    /// The name of the status.
    #[schema(examples("Conflict"))]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, examples(409))]
    pub status: u16,
    /// What went wrong, for a person.
    pub detail: String,
    /// Equals `detail`.
    pub message: String,
    /// What went wrong, for a program: stable.
    pub code: Code,
    /// The request's id, to quote to support. The problem of one item of a batch has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<String>,
    /// With 400 of DICOMweb and 422: every field that is wrong, or the first hundred; `detail` then says how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub errors: Option<Vec<FieldError>>,
    /// What the caller needs to go on: `missing_chunks`, `current`, `file_count`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// See the module's documentation for which variant to use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the body cannot be read as JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// 400: parameters of a DICOMweb service are wrong. Elsewhere that is a 422; PS3.18 has this status for it.
    #[error("{}", summary(.0))]
    BadRequest(Vec<FieldError>),
    /// 401: no token, or one that does not verify. The text says what is wrong with it, never what would be right.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// 401: the token is good, and an administrator has disabled its bearer.
    #[error("Your account is disabled. Ask an administrator.")]
    Disabled,
    /// 403: the caller may know of it but may not do it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// 404: it does not exist, is deleted, or is not the caller's to see.
    #[error("There is nothing here that you can see.")]
    NotFound,
    /// 406: the answer is larger than Lambda carries, and the caller does not take it compressed.
    #[error("The answer is too large: send Accept-Encoding: gzip, or ask for less at a time.")]
    AnswerTooLarge,
    /// 406: a DICOMweb service has it in none of the media types that the caller accepts. The text says which there are.
    #[error("{0}")]
    NotAcceptable(String),
    /// 409: right request, wrong state.
    #[error("{}", .0.message)]
    Conflict(Conflict),
    /// 413: declared or sent size over the limit.
    #[error("{0}")]
    TooLarge(String),
    /// 415: a DICOMweb service takes no body of this type.
    #[error("A body has to be multipart/related; type=\"application/dicom\".")]
    UnsupportedMediaType,
    /// 422: fields are wrong.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// 503: throttled, or something we depend on is down. A retry is safe.
    #[error("The service is busy; try again in a moment.")]
    Unavailable(#[source] Cause),
    /// 503: nobody can tell whether a token is good, because the identity provider does not publish its keys. A retry is safe.
    #[error(
        "Your sign-in cannot be checked, because the identity provider does not answer. You are still signed in: try again in a minute."
    )]
    ProviderDown(#[source] Cause),
    /// 500: a fault of ours.
    #[error("Something went wrong on our side.")]
    Internal(#[source] Cause),
}

/// A state that is in the way.
#[derive(Debug)]
pub struct Conflict {
    code: Code,
    message: String,
    extra: Map<String, Value>,
}

impl Conflict {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The further members of the problem: what the caller needs to go on (`missing_chunks`, `current`).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.extra.insert(name.to_owned(), json!(value));
        self
    }
}

impl Error {
    /// A record holds what only a newer version of the service knows, which runs beside this one during a deployment: a retry will reach it.
    #[must_use]
    pub fn newer_version() -> Self {
        Self::Unavailable("a newer version of the service wrote this record".into())
    }

    /// One wrong field.
    #[must_use]
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// One wrong parameter of a DICOMweb service.
    #[must_use]
    pub fn bad_request(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::BadRequest(vec![FieldError::new(field, message)])
    }

    /// A cursor that is not one of this caller's and query's.
    #[must_use]
    pub fn wrong_cursor() -> Self {
        Self::field("cursor", "is not a cursor of this list: begin without one")
    }

    /// A state that is in the way, with its own sentence.
    #[must_use]
    pub fn conflict(code: Code, message: impl Into<String>) -> Conflict {
        Conflict {
            code,
            message: message.into(),
            extra: Map::new(),
        }
    }

    /// A fault of ours.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotJson(_) => Code::NotJson,
            Self::BadRequest(_) => Code::BadRequest,
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::Disabled => Code::UserDisabled,
            Self::Forbidden(_) => Code::Forbidden,
            Self::NotFound => Code::NotFound,
            Self::AnswerTooLarge => Code::AnswerTooLarge,
            Self::NotAcceptable(_) => Code::NotAcceptable,
            Self::Conflict(conflict) => conflict.code,
            Self::TooLarge(_) => Code::TooLarge,
            Self::UnsupportedMediaType => Code::UnsupportedMediaType,
            Self::Invalid(_) => Code::Invalid,
            Self::Unavailable(_) | Self::ProviderDown(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// Logs the cause, if this is one of ours, and gives the problem document: for one failure among others that succeed.
    #[must_use]
    pub fn into_problem(self) -> Value {
        self.log();
        self.problem()
    }

    fn log(&self) {
        if let Self::Unavailable(cause) | Self::ProviderDown(cause) | Self::Internal(cause) = self {
            tracing::error!(
                code = self.code().name(),
                cause = chain(cause.as_ref()),
                "request failed"
            );
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The problem document, without `request_id`, which the response layer knows.
    #[must_use]
    pub fn problem(&self) -> Value {
        let status = self.status();
        let detail = self.to_string();
        json!(ProblemDetails {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            message: detail.clone(),
            detail,
            code: self.code(),
            request_id: None,
            errors: match self {
                Self::Invalid(errors) | Self::BadRequest(errors) =>
                    Some(errors.iter().take(MAX_NAMED).cloned().collect()),
                _ => None,
            },
            extra: match self {
                Self::Conflict(conflict) => conflict.extra.clone(),
                _ => Map::new(),
            },
        })
    }
}

impl From<Conflict> for Error {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<Code> for Conflict {
    fn from(code: Code) -> Self {
        Error::conflict(code, code.sentence())
    }
}

impl From<Code> for Error {
    /// A rule of the domain said no.
    fn from(code: Code) -> Self {
        Conflict::from(code).into()
    }
}

/// The problem on its way out; the response layer adds `request_id` and writes the body.
#[derive(Clone, Debug)]
pub(crate) struct Problem(pub(crate) Value);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let mut response = self.status().into_response();
        let headers = response.headers_mut();
        match &self {
            Self::Unauthenticated(_) | Self::Disabled => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))
            }
            // It is not asked again sooner.
            Self::ProviderDown(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"))
            }
            _ => None,
        };
        response.extensions_mut().insert(Problem(self.problem()));
        response
    }
}

/// An error and everything that caused it, on one line.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn summary(errors: &[FieldError]) -> String {
    match errors {
        [one] => format!("{} {}", one.field, one.message),
        many if many.len() > MAX_NAMED => {
            let count = many.len();
            format!("{count} fields are wrong; errors names the first {MAX_NAMED}.")
        }
        many => format!("{} fields are wrong; see errors.", many.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_a_hundred_fields_and_says_how_many_there_are() {
        let errors = |count: usize| {
            let error = |number| FieldError::new(format!("f{number}"), "is not a field here");
            Error::Invalid((0..count).map(error).collect()).problem()
        };
        let named = |problem: &Value| problem["errors"].as_array().map(Vec::len);
        let all = errors(100);
        assert_eq!(named(&all), Some(100));
        assert_eq!(all["detail"], "100 fields are wrong; see errors.");
        let some = errors(105_000);
        assert_eq!(named(&some), Some(100));
        assert_eq!(
            some["detail"],
            "105000 fields are wrong; errors names the first 100."
        );
    }

    #[test]
    fn the_name_of_a_field_is_shown_as_far_as_a_person_reads_it() {
        let long = FieldError::new("影".repeat(500_000), "is not a field here");
        assert_eq!(long.field.chars().count(), MAX_NAME + 1);
        assert_eq!(
            FieldError::new("影".repeat(MAX_NAME), "")
                .field
                .chars()
                .count(),
            MAX_NAME
        );
    }
}
