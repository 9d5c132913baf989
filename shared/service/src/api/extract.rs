//! What a handler takes: parsed types, or a 422 that names the field in the caller's words.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use serde_json::Value;

use super::{Fields, FromFields};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{Error, FieldError};

/// The query's parameters. Unknown and repeated ones are refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// The JSON body's fields. Unknown ones are refused.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// The one parameter in the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Error::internal("a public endpoint asks for its caller"))
    }
}

impl<T: FromFields> FromRequestParts<App> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let query = parts.uri.query().unwrap_or_default();
        let axum::extract::Query(pairs) =
            axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(
                |_| {
                    Error::field(
                        "query",
                        format!(
                            "cannot be read: {}",
                            query.chars().take(100).collect::<String>()
                        ),
                    )
                },
            )?;
        T::from_fields(Fields::of_query(pairs)?).map(Self)
    }
}

impl<T: FromFields + 'static> FromRequest<App> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let bytes = axum::body::Bytes::from_request(request, app)
            .await
            .map_err(|_| {
                Error::TooLarge(
                    "The body is larger than 1 MB; files go to the bucket, not through here."
                        .to_owned(),
                )
            })?;
        let body: Value =
            serde_json::from_slice(&bytes).map_err(|error| Error::NotJson(error.to_string()))?;
        match body {
            Value::Object(object) => T::from_fields(Fields::of_object(object)).map(Self),
            _ => Err(Error::Invalid(vec![FieldError::new(
                "body",
                "must be a JSON object",
            )])),
        }
    }
}

impl<T: FromStr<Err: std::fmt::Display>> FromRequestParts<App> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let params = axum::extract::RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| Error::NotFound)?;
        let Some((name, value)) = params.iter().next() else {
            return Err(Error::internal("the route has no parameter"));
        };
        value
            .parse()
            .map(Self)
            .map_err(|message: T::Err| Error::field(name, message.to_string()))
    }
}
