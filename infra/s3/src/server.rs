//! HTTP in front of the store: the guard, the protocol layer, CORS. Whoever serves a port decides who reaches it.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::Body as HttpBody;
use s3s::auth::{S3Auth, SecretKey};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::dto::{Timestamp, TimestampFormat};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, S3Error, S3Result, StdError, s3_error};

use crate::access::{Access, Gate};
use crate::cors::{Cors, Writers};
use crate::drain::Drain;
use crate::store::ObjectStore;
use crate::{guard, records, unsupported};

/// A pair that may use the store.
#[derive(Clone)]
pub struct Credentials {
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// Who may use the store, and from where.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The pairs there are. None: every request is refused.
    pub credentials: Vec<Credentials>,
    /// What each of them may do.
    pub gate: Gate,
    /// The pages that may write.
    pub writers: Writers,
    /// The region signatures must be made for.
    pub region: String,
}

struct KeyRing(Vec<Credentials>);

#[async_trait]
impl S3Auth for KeyRing {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let found = self.0.iter().find(|pair| pair.access_key == access_key);
        found
            .map(|pair| SecretKey::from(pair.secret_key.as_str()))
            .ok_or_else(|| {
                s3_error!(
                    InvalidAccessKeyId,
                    "The AWS Access Key Id you provided does not exist in our records."
                )
            })
    }
}

/// Answers the requests for a store, path-style and plain HTTP. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Front>);

struct Front {
    service: S3Service,
    cors: Cors,
    region: String,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

impl ObjectStore {
    /// S3 in front of this store.
    #[must_use]
    pub fn service(self, options: ServeOptions) -> Service {
        let mut builder = S3ServiceBuilder::new(self.clone());
        let mut config = S3Config::default();
        config.xml_max_body_size = guard::MAX_MESSAGE;
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        builder.set_auth(KeyRing(options.credentials));
        builder.set_access(Access {
            gate: options.gate,
            store: self,
        });
        Service(Arc::new(Front {
            service: builder.build(),
            cors: Cors::new(options.writers),
            region: options.region,
        }))
    }
}

impl Service {
    /// The answer to one request.
    ///
    /// # Errors
    /// [`HttpError`]: there is no answer, and the connection has to be closed.
    pub async fn answer<B>(self, request: Request<B>) -> Result<Response<Body>, HttpError>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        StdError: From<B::Error>,
    {
        let front = &*self.0;
        if let Some(preflight) = front.cors.preflight(request.method(), request.headers()) {
            return Ok(preflight);
        }
        let shown = front.cors.shown(request.method(), request.headers());
        let (parts, body) = request.into_parts();
        let (drain, body) = Drain::new(&parts, body);
        let checked = guard::check(&parts, &front.region)
            .and_then(|()| guard::check_message(&parts))
            .and_then(|()| unsupported::check(&parts));
        let mut response = match checked {
            Ok(()) => front.service.call(Request::from_parts(parts, body)).await?,
            Err(refusal) => refused(refusal)?,
        };
        if !response.status().is_success() {
            drain.rest().await;
        }
        let headers = response.headers_mut();
        Cors::decorate(shown, headers);
        headers.extend(date_now());
        if let Ok(id) = HeaderValue::from_str(&records::random_id()) {
            headers.insert("x-amz-request-id", id);
        }
        Ok(response)
    }
}

/// The date of an answer, by the clock that signatures are held against. The HTTP layer would send one too, but goes on sending the last one when
/// the clock is set back; an SDK takes that for our time, signs for it, and is refused as too far ahead.
fn date_now() -> Option<(header::HeaderName, HeaderValue)> {
    let mut text = Vec::new();
    let now = Timestamp::from(SystemTime::now());
    now.format(TimestampFormat::HttpDate, &mut text).ok()?;
    Some((header::DATE, HeaderValue::from_bytes(&text).ok()?))
}

fn refused(refusal: S3Error) -> Result<Response<Body>, HttpError> {
    refusal
        .to_http_response()
        .map_err(|error| HttpError::new(Box::new(error)))
}
