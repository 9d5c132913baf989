//! Runs an endpoint, or a function without HTTP, in Lambda.

use std::future::Future;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{Builder, tls};
use lambda_http::{Error, lambda_runtime, tracing};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::Endpoint;

/// Serves one endpoint until Lambda ends the process.
///
/// # Errors
/// A setting that is missing or wrong, and failures of the runtime itself.
pub async fn serve(endpoint: Endpoint) -> Result<(), Error> {
    let app = start().await?;
    lambda_http::run(endpoint.into_router(app)).await
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
    let app = start().await?;
    let handle = &handle;
    lambda_runtime::run(lambda_runtime::service_fn(
        |event: lambda_runtime::LambdaEvent<E>| {
            let app = app.clone();
            async move {
                Box::pin(handle(app, event.payload)).await.map_err(|error| {
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

async fn start() -> Result<App, Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env()
        .inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let aws = aws().await;
    Ok(App::new(config, &aws, &aws, Clock::default()))
}

/// The AWS settings of the environment, over one HTTP client that all SDK clients share. TLS by ring: its first handshake does not
/// wait for CPU-jitter entropy, which at a small memory size takes most of a cold start.
async fn aws() -> SdkConfig {
    let http = Builder::new()
        .tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::Ring,
        ))
        .build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .load()
        .await
}
