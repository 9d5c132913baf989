//! Runs an endpoint, or a function without HTTP, in Lambda.
//!
//! A program holds the functions of a subject, because every further program is another minute of linking (docs/ARCHITECTURE.md, decision 23).
//! Which one it is, Lambda says by the function's `Handler`, in the variable `_HANDLER`
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).

use std::future::Future;
use std::time::{Duration, SystemTime};

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::meta::region::ProvideRegion as _;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, HttpClientError};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use lambda_http::{Error, lambda_runtime, tracing};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::Endpoint;
use crate::app::App;
use crate::clock::Clock;
use crate::config::{CalledBy, Config, aws_variable};
use crate::queue::Queues;
use crate::trust::trusted;

/// Serves the one of `endpoints` that the function's `Handler` names, until Lambda ends the process.
///
/// # Errors
/// A setting that is missing or wrong, and failures of the runtime itself.
pub async fn serve(endpoints: Vec<Endpoint>) -> Result<(), Error> {
    let name = handler()?;
    let endpoint = endpoints
        .into_iter()
        .find(|endpoint| endpoint.name() == name)
        .ok_or_else(|| format!("this program has no function {name:?}"))?;
    let called_by = if endpoint.is_public() {
        CalledBy::Anybody
    } else {
        CalledBy::Users
    };
    let app = start(called_by).await?;
    lambda_http::run(endpoint.into_router(app)).await
}

/// The name of the function: what template.yaml sets as its `Handler`.
///
/// # Errors
/// It is not set, because this is not Lambda.
pub fn handler() -> Result<String, Error> {
    aws_variable("_HANDLER").ok_or_else(|| "_HANDLER is not set: it names the function".into())
}

/// Serves a function that is called by events.
///
/// # Errors
/// See [`serve`].
pub async fn serve_events<E, A, F>(handle: impl Fn(App, E) -> F) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, crate::error::Error>>,
{
    serve_timed_events(|app, event, _| handle(app, event)).await
}

/// The same for a function that asks how long it may run.
///
/// # Errors
/// See [`serve`].
pub async fn serve_timed_events<E, A, F>(
    handle: impl Fn(App, E, Duration) -> F,
) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, crate::error::Error>>,
{
    let app = start(CalledBy::Events).await?;
    let handle = &handle;
    lambda_runtime::run(lambda_runtime::service_fn(
        |event: lambda_runtime::LambdaEvent<E>| {
            let app = app.clone();
            let left = event.context.deadline().duration_since(SystemTime::now());
            async move {
                Box::pin(handle(app, event.payload, left.unwrap_or_default()))
                    .await
                    .map_err(|error| {
                        tracing::error!(
                            code = error.code().name(),
                            cause = crate::error::chain(&error),
                            "event failed"
                        );
                        Error::from(error)
                    })
            }
        },
    ))
    .await
}

async fn start(called_by: CalledBy) -> Result<App, Error> {
    log();
    app(called_by)
        .await
        .inspect_err(|error| tracing::error!(%error, "the function cannot start"))
}

/// The service by the variables of the environment, for a function, or for a program of whoever operates a stack.
///
/// # Errors
/// A setting that is missing or wrong.
pub async fn app(called_by: CalledBy) -> Result<App, Error> {
    let config = Config::from_env(called_by)?;
    let aws = aws().await?;
    let queues = Queues::new(&config, &aws);
    let app = App::new(config, &aws, &aws, queues, Clock::default());
    // Nothing else of a start waits for anybody, so nothing else can be done meanwhile. A function that ended here would be started again
    // and again; one that goes on answers 503 until it has what tokens are checked with.
    if called_by == CalledBy::Users
        && let Err(cause) = app.tokens.begin().await
    {
        tracing::error!(
            cause = crate::error::chain(cause.as_ref()),
            "what tokens are checked with cannot be fetched"
        );
    }
    Ok(app)
}

/// Logs JSON, of the level that Lambda's logging controls set. The runtime's own subscriber can also filter by fields, for which it brings
/// an engine of regular expressions.
fn log() {
    let level = aws_variable("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok());
    tracing::subscriber::fmt()
        .json()
        .with_target(false)
        // CloudWatch keeps the time of every line.
        .without_time()
        .with_max_level(level.unwrap_or(tracing::Level::INFO))
        .init();
}

/// The AWS settings of the environment, over one HTTP client that all SDK clients share. TLS by ring: its first handshake does not
/// wait for CPU-jitter entropy, which at a small memory size takes most of a cold start. Lambda gives its credentials in variables: the
/// SDK's default chain would also bring profiles, roles and instance metadata, a megabyte of code that never runs.
async fn aws() -> Result<SdkConfig, HttpClientError> {
    // Lambda always sets it.
    let region = EnvironmentVariableRegionProvider::new().region().await;
    let context = TlsContext::builder()
        .with_trust_store(trusted(region.as_ref()))
        .build()?;
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https();
    let credentials = EnvironmentVariableCredentialsProvider::new();
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .service_config(Endpoints)
        .http_client(http)
        .build())
}

/// Where the services are when it is not AWS, by the variables of all SDKs: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL_DYNAMODB`,
/// `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL_SECRETS_MANAGER`, else `AWS_ENDPOINT_URL`.
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let general = Some(key.env()).filter(|name| *name == "AWS_ENDPOINT_URL")?;
        let service = key.service_id().to_uppercase().replace(' ', "_");
        let own = format!("{general}_{service}");
        aws_variable(&own).or_else(|| aws_variable(general))
    }
}
