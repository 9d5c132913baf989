//! The service as each function has it: the same settings, an access key of its own.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use service::App;
use service::clock::Clock;
use service::config::{CalledBy, Config};
use service::queue::Queues;

use crate::bell::{Bell, ringing};
use crate::calls::Calls;
use crate::meter::Meter;
use crate::names::{OPERATOR, REGION};
use crate::permissions::{Permissions, guarded};
use crate::queue::{Outboxes, connector};
use crate::secrets::AccessKeys;
use crate::weather::Weather;

/// Makes the service for each function.
#[derive(Debug, Clone)]
pub(crate) struct Apps {
    pub(crate) config: Config,
    pub(crate) dynamodb: SdkConfig,
    pub(crate) s3: SdkConfig,
    pub(crate) queues: Outboxes,
    /// If there are any, calls of queues are among these.
    pub(crate) calls: Option<Calls>,
    pub(crate) clock: Clock,
    pub(crate) permissions: Permissions,
    pub(crate) weather: Option<Weather>,
    /// Counts what the functions use.
    pub(crate) meter: Option<Meter>,
    pub(crate) keys: AccessKeys,
    /// Rings when a function has written a change.
    pub(crate) bell: Bell,
}

impl Apps {
    /// The service as `function` has it. Its name is its access key.
    pub(crate) fn of(&self, function: &str) -> App {
        let pair = SharedCredentialsProvider::new(self.pair(function));
        let with_key = |sdk: &SdkConfig| {
            let builder = sdk.to_builder();
            builder.credentials_provider(pair.clone())
        };
        let dynamodb = with_key(&self.dynamodb);
        let dynamodb = match self.dynamodb.http_client() {
            Some(client) => {
                let client = match &self.meter {
                    Some(meter) => meter.tables(client, function),
                    None => client,
                };
                let client = ringing(client, self.bell.clone());
                let client = match &self.weather {
                    Some(weather) => weather.tables(client, function),
                    None => client,
                };
                dynamodb.http_client(guarded(client, function, self.permissions.clone()))
            }
            None => dynamodb,
        };
        let s3 = match (&self.meter, self.s3.http_client()) {
            (Some(meter), Some(client)) => {
                with_key(&self.s3).http_client(meter.bucket(client, function))
            }
            _ => with_key(&self.s3),
        };
        let s3 = s3.build();
        let queues = connector(self.queues.clone(), function, self.permissions.clone());
        let queues = match &self.meter {
            Some(meter) => meter.queues(queues, function),
            None => queues,
        };
        let queues = match &self.calls {
            Some(calls) => calls.over_at_once(queues),
            None => queues,
        };
        let called_by = if functions::is_endpoint(function) {
            CalledBy::Users
        } else {
            CalledBy::Events
        };
        let config = Config {
            called_by,
            ..self.config.clone()
        };
        App::new(
            config,
            &dynamodb.build(),
            &s3,
            Queues::over(&self.config, &s3, queues),
            self.clock.clone(),
        )
    }

    /// Whether the functions read the tables of older versions too.
    pub(crate) fn reads_old_tables(&self) -> bool {
        self.config.old_tables.is_some()
    }

    /// The service as its operator has it, with settings of its own.
    pub(crate) fn operator(&self, config: Config) -> App {
        let apps = Self {
            config,
            ..self.clone()
        };
        apps.of(OPERATOR)
    }

    /// The bucket as its operator has it.
    pub(crate) fn bucket(&self) -> aws_sdk_s3::Client {
        let sdk = aws_sdk_s3::config::Builder::from(&self.s3);
        let config = sdk
            .credentials_provider(self.pair(OPERATOR))
            .force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// A key and its secret. If a function is not in template.yaml, no engine knows its key.
    fn pair(&self, access_key: &str) -> Credentials {
        let secret = self.keys.secret_of(access_key).unwrap_or_default();
        Credentials::new(access_key, secret, None, None, "local")
    }
}

/// The settings of an SDK client whose service is at `url`, reached by `client`, for any access key.
pub(crate) async fn sdk(url: &str, client: SharedHttpClient) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .no_credentials()
        .http_client(client)
        .endpoint_url(url)
        .load()
        .await
}
