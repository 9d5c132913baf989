//! The engine a behaviour runs against, and how to speak to it.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::operation::delete_object::builders::DeleteObjectFluentBuilder;
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use aws_sdk_s3::operation::head_object::builders::HeadObjectFluentBuilder;
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::operation::upload_part::builders::UploadPartFluentBuilder;
use aws_sdk_s3::presigning::PresignedRequest;
use aws_sdk_s3::types::{
    BucketVersioningStatus, CorsConfiguration, CorsRule, VersioningConfiguration,
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use s3::{Clock, Gate, ObjectStore, ServeOptions, Service, Writers};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::DIFFERS_ON_SEAWEEDFS;
use super::cors::ORIGIN;

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCESS_KEY: &str = "CONTRACTKEY";
pub(crate) const SECRET_KEY: &str = "contract-secret";

/// An S3 with one versioned bucket of its own.
pub(crate) struct Target {
    /// Speaks for [`ACCESS_KEY`], does not retry.
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) endpoint: String,
    /// Whether it is our own engine, from which no request may go unanswered.
    pub(crate) is_embedded: bool,
    http: legacy::Client<HttpConnector, Full<Bytes>>,
}

/// How a read ended.
#[derive(Debug)]
pub(crate) enum Read {
    /// With every byte that the answer announced.
    Whole(Bytes),
    /// With an error code of S3's.
    Refused(String),
    /// Without an answer: the connection was closed, before the answer or within its body. Nothing is known then, and a client asks again.
    /// SeaweedFS does so when the object is deleted while it is read.
    Unanswered(String),
}

/// An answer to a plain HTTP request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Text of the first `<Code>` element of an error.
    pub(crate) fn code(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let inner = text
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"));
        inner.map(|(code, _)| code.to_owned()).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// Runs a behaviour against the engine the environment names, the embedded one by default.
pub(crate) async fn run<F: Future<Output = ()>>(name: &str, behaviour: impl FnOnce(Target) -> F) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests' own configuration: which engine to run against"
    )]
    let other = std::env::var("OBJECT_CONTRACT_ENDPOINT").ok();
    let Some(endpoint) = other else {
        let embedded = Embedded::start().await;
        behaviour(embedded.target("contract")).await;
        return embedded.stop().await;
    };
    let short: String = name.replace('_', "-").chars().take(50).collect();
    let bucket = format!("contract-{}", short.trim_matches('-'));
    let target = Target {
        is_embedded: false,
        ..Target::new(endpoint, bucket)
    };
    target.create_bucket().await;
    let outcome = AssertUnwindSafe(behaviour(target)).catch_unwind().await;
    match (
        DIFFERS_ON_SEAWEEDFS
            .iter()
            .find(|(differs, _)| *differs == name),
        outcome,
    ) {
        (None, Ok(())) | (Some(_), Err(_)) => {}
        (None, Err(panic)) => std::panic::resume_unwind(panic),
        (Some((_, reason)), Ok(())) => {
            panic!("listed as different ({reason}), but it holds: take it off the list")
        }
    }
}

impl Target {
    pub(crate) fn new(endpoint: String, bucket: String) -> Self {
        let http = legacy::Client::builder(TokioExecutor::new()).build_http();
        Self {
            client: client(&endpoint, SECRET_KEY),
            bucket,
            endpoint,
            is_embedded: true,
            http,
        }
    }

    async fn create_bucket(&self) {
        self.client
            .create_bucket()
            .bucket(&self.bucket)
            .send()
            .await
            .expect("a bucket");
        let versioned = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Enabled)
            .build();
        let request = self
            .client
            .put_bucket_versioning()
            .bucket(&self.bucket)
            .versioning_configuration(versioned);
        request.send().await.expect("versioning");
        let rule = CorsRule::builder()
            .allowed_origins("*")
            .allowed_headers("*")
            .expose_headers("ETag");
        let rule =
            rule.set_allowed_methods(Some(["GET", "HEAD", "PUT"].map(str::to_owned).to_vec()));
        let rules = CorsConfiguration::builder()
            .cors_rules(rule.build().expect("a rule"))
            .build()
            .expect("rules");
        let request = self
            .client
            .put_bucket_cors()
            .bucket(&self.bucket)
            .cors_configuration(rules);
        request.send().await.expect("CORS");
    }

    // Requests of this bucket, to be completed and sent.

    pub(crate) fn put_object(&self, key: impl Into<String>) -> PutObjectFluentBuilder {
        self.client.put_object().bucket(&self.bucket).key(key)
    }

    pub(crate) fn get_object(&self, key: impl Into<String>) -> GetObjectFluentBuilder {
        self.client.get_object().bucket(&self.bucket).key(key)
    }

    pub(crate) fn head_object(&self, key: impl Into<String>) -> HeadObjectFluentBuilder {
        self.client.head_object().bucket(&self.bucket).key(key)
    }

    pub(crate) fn delete_object(&self, key: impl Into<String>) -> DeleteObjectFluentBuilder {
        self.client.delete_object().bucket(&self.bucket).key(key)
    }

    pub(crate) fn copy_object(&self, key: impl Into<String>) -> CopyObjectFluentBuilder {
        self.client.copy_object().bucket(&self.bucket).key(key)
    }

    pub(crate) fn upload_part(&self, key: impl Into<String>) -> UploadPartFluentBuilder {
        self.client.upload_part().bucket(&self.bucket).key(key)
    }

    pub(crate) fn list_objects(&self) -> ListObjectsV2FluentBuilder {
        self.client.list_objects_v2().bucket(&self.bucket)
    }

    /// Puts text under a key.
    pub(crate) async fn put(&self, key: &str, text: &str) -> String {
        let request = self.put_object(key).body(text.as_bytes().to_vec().into());
        let put = request.send().await.expect("put");
        put.version_id().expect("a versioned bucket").to_owned()
    }

    /// The bytes of a key.
    pub(crate) async fn get(&self, key: &str) -> Bytes {
        let got = self.get_object(key).send().await.expect("get");
        got.body.collect().await.expect("a whole body").into_bytes()
    }

    /// Reads a key once, whatever comes of it.
    pub(crate) async fn read(&self, key: &str) -> Read {
        let got = match self.get_object(key).send().await {
            Ok(got) => got,
            Err(SdkError::DispatchFailure(failure)) => {
                return Read::Unanswered(format!("{failure:?}"));
            }
            refused => return Read::Refused(code(refused)),
        };
        match got.body.collect().await {
            Ok(body) => Read::Whole(body.into_bytes()),
            Err(broken) => Read::Unanswered(format!("{broken:?}")),
        }
    }

    pub(crate) async fn is_absent(&self, key: &str) -> bool {
        let head = self.head_object(key).send().await;
        status(head) == 404
    }

    /// Sends a request as it is.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let response = self.http.request(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Sends what was presigned, with the headers it signs.
    pub(crate) async fn send_presigned(
        &self,
        presigned: &PresignedRequest,
        body: impl Into<Bytes>,
    ) -> Answer {
        let headers: Vec<_> = presigned.headers().collect();
        let method = presigned.method().parse().expect("a method");
        self.send(method, presigned.uri(), &headers, body).await
    }
}

pub(crate) fn client(endpoint: &str, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new(
            ACCESS_KEY, secret_key, None, None, "contract",
        ))
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// The S3 error code of a failed call; empty when the answer has none.
pub(crate) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> String {
    result
        .expect_err("an error")
        .code()
        .unwrap_or_default()
        .to_owned()
}

/// The HTTP status of a call's failure; 200 when it succeeded.
pub(crate) fn status<T, E>(
    result: Result<T, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> u16 {
    match result {
        Ok(_) => 200,
        Err(error) => error.raw_response().expect("an answer").status().as_u16(),
    }
}

/// Deterministic bytes that do not repeat at any power of two.
pub(crate) fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

/// The embedded engine on a folder and a port of its own.
pub(crate) struct Embedded {
    pub(crate) endpoint: String,
    _folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Embedded {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = ObjectStore::open(folder.path(), Clock::system()).expect("a store");
        store.create_bucket("contract").expect("a bucket");
        let (endpoint, stop, server) = serve(store).await;
        Self {
            endpoint,
            _folder: folder,
            stop,
            server,
        }
    }

    pub(crate) fn target(&self, bucket: &str) -> Target {
        Target::new(self.endpoint.clone(), bucket.to_owned())
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("a running server");
        self.server.await.expect("a clean end");
    }
}

/// Serves a store on a port of its own until the sender speaks.
pub(crate) async fn serve(store: ObjectStore) -> (String, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = oneshot::channel();
    let options = ServeOptions {
        credentials: vec![s3::Credentials {
            access_key: ACCESS_KEY.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
        }],
        gate: Gate::new(|_, _, _| true),
        writers: Writers::new(|origin| origin == ORIGIN),
        region: REGION.to_owned(),
    };
    let server = tokio::spawn(answer(listener, store.service(options), stopped));
    (endpoint, stop, server)
}

/// Answers until it is told to stop and what is under way is answered.
async fn answer(listener: TcpListener, service: Service, mut stopped: oneshot::Receiver<()>) {
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        let (stream, _) = accepted.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let service = service.clone();
        let answer = service_fn(move |request| service.clone().answer(request));
        let mut http = http1::Builder::new();
        let connection = http
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), answer);
        tokio::spawn(connections.watch(connection));
    }
    connections.shutdown().await;
}
