//! Where a request came from: the address that API Gateway saw, or, behind a distribution, the one that the distribution saw.

use http::HeaderMap;

use crate::auth::RequestInfo;
use crate::config::{Edge, Secret};
use crate::domain::text::clean_line;
use crate::error::Error;

/// What the distribution sends: who it is, and whom it answers. template.yaml has both names.
const ORIGIN: &str = "x-filmroom-origin";
const VIEWER: &str = "x-filmroom-viewer";

/// Characters of an address of version 6.
const MAX_ADDRESS: usize = 45;

/// What is known of a request, as whoever sent it may say.
///
/// # Errors
/// [`Error::Forbidden`]: it did not come through the distribution, and has to.
pub(super) fn arrived(
    edge: &Edge,
    headers: &HeaderMap,
    info: RequestInfo,
) -> Result<RequestInfo, Error> {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let told = says(ORIGIN).unwrap_or_default();
    // Anybody may send these headers: only who knows the secret is believed.
    if !edge.secrets.iter().any(|secret| is(secret, told)) {
        return if edge.refuses_direct_calls {
            Err(Error::Forbidden(
                "This address is closed: call the service by the address of its page.",
            ))
        } else {
            Ok(info)
        };
    }
    let ip = says(VIEWER).map(|ip| clean_line(ip, MAX_ADDRESS));
    Ok(RequestInfo {
        ip: ip.or(info.ip),
        ..info
    })
}

/// Takes as long for every text of the secret's length.
fn is(secret: &Secret, text: &str) -> bool {
    let (secret, text) = (secret.expose().as_bytes(), text.as_bytes());
    let pairs = secret.iter().zip(text);
    secret.len() == text.len() && pairs.fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}
