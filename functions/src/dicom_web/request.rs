//! What a request names: UIDs in its path, parameters of its query, the media types that it accepts.

use axum::extract::{FromRequestParts, Query, RawPathParams};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, header};
use imaging::isolated::Worker;
use service::App;
use service::api::takes_gzip;
use service::auth::Caller;
use service::auth::access::studies_of;
use service::domain::UserId;
use service::error::Error;

use super::BASE;
use super::domain::Uid;
use super::domain::accept::{Accepted, Media};
use super::domain::asked::Options;

/// A request to one of the services: who asks, for what, and how it is to be answered.
pub(crate) struct Call {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) named: Named,
    /// The parameters of the query, in order.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    /// Who decodes pixels, in the program that has a decoder.
    pub(super) decoder: Option<Worker>,
}

impl FromRequestParts<App> for Call {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let named = Named::read(parts, app).await?;
        let parameters = Query::try_from_uri(&parts.uri);
        let Query(parameters) =
            parameters.map_err(|_| Error::bad_request("query", "cannot be read"))?;
        Ok(Self {
            app: app.clone(),
            caller,
            named,
            parameters,
            headers: parts.headers.clone(),
            decoder: parts.extensions.get().cloned(),
        })
    }
}

/// The UIDs of a path.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) study: Option<Uid>,
    pub(super) series: Option<Uid>,
    pub(super) instance: Option<Uid>,
    /// Frames, as they are written.
    pub(super) frames: Option<String>,
    /// Where bulk data is: `bulkdata/…`.
    pub(super) bulk: String,
}

impl Named {
    async fn read(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let parameters = RawPathParams::from_request_parts(parts, app).await;
        let parameters = parameters.map_err(|_| Error::NotFound)?;
        let mut named = Self::default();
        for (name, value) in &parameters {
            let place = match name {
                "study_uid" => &mut named.study,
                "series_uid" => &mut named.series,
                "instance_uid" => &mut named.instance,
                "frames" => {
                    named.frames = Some(value.to_owned());
                    continue;
                }
                "how" | "offset" | "length" => {
                    let before = if named.bulk.is_empty() {
                        "bulkdata"
                    } else {
                        &named.bulk
                    };
                    named.bulk = format!("{before}/{value}");
                    continue;
                }
                _ => continue,
            };
            let uid = value
                .parse()
                .map_err(|message| Error::bad_request(name, message))?;
            *place = Some(uid);
        }
        Ok(named)
    }
}

/// Whose studies are asked for: a user's whom an administrator names, otherwise the caller's own. `None`: there are none for the caller.
pub(super) fn owner(caller: &Caller, of: Option<UserId>) -> Option<i64> {
    studies_of(caller, of.map(UserId::number))
}

/// What of the request's headers a retrieval looks at.
#[derive(Clone, Debug)]
pub(super) struct Asks {
    pub(super) owner: i64,
    pub(super) accepted: Accepted,
    pub(super) base: String,
    /// Whether the client takes an answer that is compressed.
    pub(super) takes_gzip: bool,
    /// The tags of what it has already.
    known: String,
}

impl Asks {
    /// Reads them, and the parameters of the query.
    ///
    /// # Errors
    /// [`Error::BadRequest`]; [`Error::NotFound`] for what is of others.
    pub(super) fn read(call: &Call) -> Result<Self, Error> {
        let options = Options::read(&call.parameters).map_err(Error::BadRequest)?;
        Self::of(call, &options)
    }

    /// The same with parameters that were read already.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is of others.
    pub(super) fn of(call: &Call, options: &Options) -> Result<Self, Error> {
        let headers = &call.headers;
        Ok(Self {
            owner: owner(&call.caller, options.of).ok_or(Error::NotFound)?,
            accepted: accepted(headers, options.accept.as_deref()),
            base: base(headers),
            takes_gzip: takes_gzip(headers),
            known: all_of(headers, &header::IF_NONE_MATCH),
        })
    }

    /// Whether the client has what is under `tag` (RFC 9110, section 13.1.2).
    pub(super) fn knows(&self, tag: &str) -> bool {
        let mut known = self.known.split(',').map(str::trim);
        known.any(|known| {
            known == "*" || known.trim_start_matches("W/") == tag.trim_start_matches("W/")
        })
    }
}

/// All values of a header as one.
fn all_of(headers: &HeaderMap, name: &header::HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// What the client accepts. The parameter `accept` of a query stands for the header (PS3.18, section 8.3.3.1).
fn accepted(headers: &HeaderMap, parameter: Option<&str>) -> Accepted {
    let header = || all_of(headers, &header::ACCEPT);
    Accepted::read(&parameter.map_or_else(header, str::to_owned))
}

/// The media type to answer in.
///
/// # Errors
/// [`Error::NotAcceptable`], which says what there is.
pub(super) fn media(
    headers: &HeaderMap,
    parameter: Option<&str>,
    there: &[Media],
) -> Result<Media, Error> {
    let chosen = accepted(headers, parameter)
        .choose(there)
        .map(|(media, _)| media);
    chosen.ok_or_else(|| not_acceptable(there))
}

/// Nothing of what the client accepts is there.
pub(super) fn not_acceptable(there: &[Media]) -> Error {
    let there: Vec<String> = there.iter().map(ToString::to_string).collect();
    Error::NotAcceptable(format!(
        "You accept nothing of what there is: {}.",
        there.join(", ")
    ))
}

/// Where the services are, as the client has called them. API Gateway says by which scheme and at which port it came: some clients leave the port out of
/// their `Host`.
pub(super) fn base(headers: &HeaderMap) -> String {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = value(header::HOST.as_str()).unwrap_or_default();
    let scheme = value("x-forwarded-proto").unwrap_or("https");
    let known = if scheme == "http" { "80" } else { "443" };
    let has_port = host
        .parse::<Authority>()
        .is_ok_and(|host| host.port().is_some());
    match value("x-forwarded-port").filter(|port| *port != known) {
        Some(port) if !has_port => format!("{scheme}://{host}:{port}{BASE}"),
        _ => format!("{scheme}://{host}{BASE}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_where_the_client_called() {
        for (host, scheme, port, expected) in [
            ("127.0.0.1:8080", "http", "8080", "http://127.0.0.1:8080"),
            ("127.0.0.1", "http", "8080", "http://127.0.0.1:8080"),
            ("localhost", "http", "80", "http://localhost"),
            ("[::1]", "http", "8080", "http://[::1]:8080"),
            ("api.example.org", "https", "443", "https://api.example.org"),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("host", host),
                ("x-forwarded-proto", scheme),
                ("x-forwarded-port", port),
            ] {
                headers.insert(name, value.parse().expect("a value"));
            }
            assert_eq!(base(&headers), format!("{expected}{BASE}"), "{host}");
        }
    }
}
