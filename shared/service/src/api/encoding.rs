//! How an answer leaves the function: compressed, if it is long and the caller takes that, and never longer than Lambda carries.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use http::header;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::app::App;
use crate::error::Error;

/// An HTTP API compresses nothing. From this many bytes on, gzip saves more time than it takes: lists are mostly URLs that differ in little.
const LONG: u16 = 10 * 1024;

/// Lambda's largest answer is 6,291,556 bytes of JSON; what is not the body has room in the rest
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, "Invocation payload").
const MAX_BODY_BYTES: usize = 6_291_556 - 64 * 1024;

/// Compresses what `router` answers, and refuses what is still too large. Whoever reads the lengths of compressed answers on the wire could learn
/// from them what is inside, if they could make a browser ask again and again (BREACH). They cannot: nobody is signed in by a cookie.
pub(super) fn encoded(router: Router<App>) -> Router<App> {
    let compression = CompressionLayer::new()
        .gzip(true)
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(LONG));
    router.layer(compression).layer(map_response(carried))
}

/// The answer, if Lambda carries it: otherwise its runtime ends the call, and the caller gets a 500 that says nothing.
async fn carried(answer: Response) -> Result<Response, Response> {
    let (parts, body) = answer.into_parts();
    let is_text = !parts.headers.contains_key(header::CONTENT_ENCODING);
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|error| Error::internal(error).into_response())?;
    if carried_bytes(&body, is_text) > MAX_BODY_BYTES {
        return Err(Error::AnswerTooLarge.into_response());
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Bytes of a body as the runtime sends it: a string of JSON, of base64 if the body is no text.
fn carried_bytes(body: &[u8], is_text: bool) -> usize {
    if is_text {
        let escaped = body.iter().filter(|byte| matches!(byte, b'"' | b'\\'));
        body.len() + escaped.count()
    } else {
        body.len().div_ceil(3) * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str, encoding: Option<&'static str>) -> Response {
        let encoding = encoding.map(|name| [(header::CONTENT_ENCODING, name)]);
        (encoding, body.to_owned()).into_response()
    }

    #[tokio::test]
    async fn an_answer_is_refused_from_the_byte_on_that_lambda_does_not_carry() {
        // What is sent of every byte: `"` is escaped, base64 makes three bytes four.
        for (byte, encoding, most) in [
            ("x", None, MAX_BODY_BYTES),
            ("\"", None, MAX_BODY_BYTES / 2),
            ("x", Some("gzip"), MAX_BODY_BYTES / 4 * 3),
        ] {
            let status = async |bytes: usize| {
                let carried = carried(answer(&byte.repeat(bytes), encoding)).await;
                carried.unwrap_or_else(|refused| refused).status()
            };
            assert_eq!(status(most).await, 200, "{byte} {encoding:?}");
            assert_eq!(status(most + 1).await, 406, "{byte} {encoding:?}");
        }
    }
}
