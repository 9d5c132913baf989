//! Payload format 2.0: a request as the event a function gets, and its answer as HTTP
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::port::OwnPort;

/// A request as the event of its route.
pub(super) fn event(
    route_key: &str,
    request_id: &str,
    path_parameters: &HashMap<String, String>,
    caller: SocketAddr,
    parts: &http::request::Parts,
    body: &Bytes,
) -> Value {
    let header = |name| {
        parts
            .headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
            .unwrap_or_default()
    };
    let text = std::str::from_utf8(body).ok();
    // An HTTP API hands the path on decoded, and the query as it came. No page of AWS says so; AWS's own tool for local tests does it
    // (<https://github.com/aws/aws-lambda-dotnet/pull/1901>), and who recorded events of the real one found it
    // (<https://github.com/hotsock/voker/pull/8>).
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(parts, caller),
        "pathParameters": decoded(path_parameters),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": header(header::HOST),
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": caller.ip().to_string(),
                "userAgent": header(header::USER_AGENT),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "timeEpoch": 0,
        },
        "body": if body.is_empty() { Value::Null } else { text.map_or_else(|| STANDARD.encode(body).into(), Into::into) },
        "isBase64Encoded": text.is_none(),
    })
}

fn decoded(parameters: &HashMap<String, String>) -> HashMap<&String, Cow<'_, str>> {
    let parameters = parameters.iter();
    parameters
        .map(|(name, value)| (name, percent_decode_str(value).decode_utf8_lossy()))
        .collect()
}

/// What the client sent, and what API Gateway says of the way it came.
fn headers(parts: &http::request::Parts, caller: SocketAddr) -> HashMap<String, String> {
    let mut headers = joined(&parts.headers);
    let mut say = |name: &str, value: String| headers.insert(name.to_owned(), value);
    say("x-forwarded-for", caller.ip().to_string());
    say("x-forwarded-proto", "http".to_owned());
    if let Some(OwnPort(port)) = parts.extensions.get() {
        say("x-forwarded-port", port.to_string());
    }
    headers
}

/// Headers as API Gateway hands them on: lower-case names, repeated ones joined by commas.
fn joined(headers: &HeaderMap) -> HashMap<String, String> {
    let mut joined: HashMap<String, String> = HashMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let entry = joined.entry(name.as_str().to_owned());
        entry
            .and_modify(|before| *before = format!("{before},{value}"))
            .or_insert_with(|| value.into_owned());
    }
    joined
}

/// A function's answer in payload format 2.0 as HTTP.
pub(super) fn response(answer: &Value, request_id: &str) -> Response {
    let status = answer["statusCode"]
        .as_u64()
        .and_then(|status| StatusCode::from_u16(status.try_into().ok()?).ok());
    let text = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        STANDARD.decode(text).unwrap_or_default()
    } else {
        text.as_bytes().to_vec()
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let value = value
            .as_str()
            .and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (http::HeaderName::try_from(name.as_str()), value) {
            response.headers_mut().insert(name, value);
        }
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}
