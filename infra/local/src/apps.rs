//! The service as each function has it: the same settings, an access key of its own.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use service::App;
use service::clock::Clock;
use service::config::Config;

use crate::conflicts::{Conflicts, Keys, conflicting};
use crate::objects::{self, REGION};
use crate::permissions::{Permissions, guarded};

/// The access key that may do everything.
pub(crate) const OPERATOR: &str = "operator";
/// The secret of every access key. It opens nothing but the loopback ports of this process.
const SECRET_KEY: &str = "local-secret";

/// Makes the service for one function after the other.
#[derive(Debug, Clone)]
pub(crate) struct Apps {
    pub(crate) config: Config,
    pub(crate) dynamodb: SdkConfig,
    pub(crate) s3: SdkConfig,
    pub(crate) clock: Clock,
    pub(crate) permissions: Permissions,
    /// Conflicts of transactions, and what they need to know of the tables; none, but in tests.
    pub(crate) conflicts: Option<(Conflicts, Keys)>,
}

impl Apps {
    /// The service as `function` has it. Its name is its access key.
    pub(crate) fn of(&self, function: &str) -> App {
        let pair = Credentials::new(function, SECRET_KEY, None, None, "local");
        let pair = SharedCredentialsProvider::new(pair);
        let with_key = |sdk: &SdkConfig| {
            let builder = sdk.to_builder();
            builder.credentials_provider(pair.clone())
        };
        let dynamodb = with_key(&self.dynamodb);
        let dynamodb = match self.dynamodb.http_client() {
            Some(client) => {
                let client = match &self.conflicts {
                    Some((conflicts, keys)) => conflicting(client, conflicts.clone(), keys.clone()),
                    None => client,
                };
                dynamodb.http_client(guarded(client, function, self.permissions.clone()))
            }
            None => dynamodb,
        };
        let s3 = with_key(&self.s3).build();
        App::new(
            self.config.clone(),
            &dynamodb.build(),
            &s3,
            self.clock.clone(),
        )
    }

    /// The bucket as its operator has it.
    pub(crate) fn bucket(&self) -> aws_sdk_s3::Client {
        let pair = Credentials::new(OPERATOR, SECRET_KEY, None, None, "local");
        let sdk = aws_sdk_s3::config::Builder::from(&self.s3);
        let config = sdk.credentials_provider(pair).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }
}

/// The key pair of a function, or the operator's.
pub(crate) fn credentials(access_key: &str) -> objects::Credentials {
    objects::Credentials {
        access_key: access_key.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
    }
}

/// The settings of an SDK client whose service is at `url`, for any access key.
pub(crate) async fn sdk(url: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .no_credentials()
        .http_client(Builder::new().build_http())
        .endpoint_url(url)
        .load()
        .await
}
