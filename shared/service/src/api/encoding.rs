//! How an answer leaves the function: compressed, if it is long and the caller takes that, and never longer than Lambda carries.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};
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
        body.len() + memchr::memchr2_iter(b'"', b'\\', body).count()
    } else {
        body.len().div_ceil(3) * 4
    }
}

/// Whether the caller takes an answer that is compressed already (RFC 9110, section 12.5.3).
#[must_use]
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    let accepted = accepted.filter_map(|value| value.to_str().ok());
    let codings = accepted.flat_map(|value| value.split(','));
    let mut weights = codings.map(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        (
            name,
            weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)),
        )
    });
    let mut others = false;
    let named = weights.find_map(|(name, weight)| {
        others |= name == "*" && weight > 0.0;
        matches!(name.as_str(), "gzip" | "x-gzip").then_some(weight > 0.0)
    });
    named.unwrap_or(others)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_taken_by_those_who_say_so() {
        for (accepted, takes) in [
            ("", false),
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("*", true),
            ("*;q=0", false),
            ("identity", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(takes_gzip(&headers), takes, "{accepted:?}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

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
