//! HTTP in front of the store: connections, the guard, the protocol layer, CORS.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::{S3Auth, SecretKey};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, S3Error, S3Result, s3_error};
use tokio::net::TcpListener;

use super::access::{Access, Gate};
use super::cors::Cors;
use super::drain::Drain;
use super::{ObjectStore, guard, records};

/// `CompleteMultipartUpload` with 10,000 parts and their checksums stays below this.
const MAX_XML: usize = 4 * 1024 * 1024;
/// How long requests under way may take once the shutdown began.
const DRAIN: Duration = Duration::from_secs(10);

/// After a connection could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

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
    /// Exact origins a browser may come from; empty for any.
    pub cors_origins: Vec<String>,
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

struct Front {
    service: S3Service,
    cors: Cors,
    region: String,
}

impl ObjectStore {
    /// Serves S3 on `listener`, path-style and plain HTTP, until `shutdown` resolves and the requests under way are
    /// answered.
    pub async fn serve(
        self,
        listener: TcpListener,
        options: ServeOptions,
        shutdown: impl Future<Output = ()>,
    ) {
        let mut builder = S3ServiceBuilder::new(self.clone());
        let mut config = S3Config::default();
        config.xml_max_body_size = MAX_XML;
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        builder.set_auth(KeyRing(options.credentials));
        builder.set_access(Access {
            gate: options.gate,
            store: self,
        });
        let front = Arc::new(Front {
            service: builder.build(),
            cors: Cors::new(options.cors_origins),
            region: options.region,
        });
        let connections = GracefulShutdown::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut shutdown => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    // Small answers must not wait for the other side's acknowledgement.
                    let _ = stream.set_nodelay(true);
                    let front = Arc::clone(&front);
                    let service = service_fn(move |request| Arc::clone(&front).answer(request));
                    let mut http = http1::Builder::new();
                    let connection = http
                        .timer(TokioTimer::new())
                        .serve_connection(TokioIo::new(stream), service);
                    // A connection that breaks is the client's business.
                    let watched = connections.watch(connection);
                    tokio::spawn(async move { drop(watched.await) });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: they come back when requests end.
                    tracing::warn!(%error, "connection not accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
        // What is still running then is cut off, as by a crash: nothing acknowledged is lost.
        let _ = tokio::time::timeout(DRAIN, connections.shutdown()).await;
    }
}

impl Front {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, HttpError> {
        if let Some(preflight) = self.cors.preflight(request.method(), request.headers()) {
            return Ok(preflight);
        }
        let origin = self.cors.allowed(request.headers()).cloned();
        let (parts, body) = request.into_parts();
        let (drain, body) = Drain::new(&parts, body);
        let mut response = match guard::check(&parts, &self.region) {
            Ok(()) => self.service.call(Request::from_parts(parts, body)).await?,
            Err(refusal) => refused(refusal)?,
        };
        if !response.status().is_success() {
            drain.rest().await;
        }
        let headers = response.headers_mut();
        self.cors.decorate(origin.as_ref(), headers);
        if let Ok(id) = HeaderValue::from_str(&records::random_id()) {
            headers.insert("x-amz-request-id", id);
        }
        Ok(response)
    }
}

fn refused(refusal: S3Error) -> Result<Response<Body>, HttpError> {
    refusal
        .to_http_response()
        .map_err(|error| HttpError::new(Box::new(error)))
}
