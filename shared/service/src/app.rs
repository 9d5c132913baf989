//! Everything a handler can ask for, in one place. Functions, the local stack and tests build the same one.

use std::ops::Deref;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_s3::config::RequestChecksumCalculation;

use crate::auth::Verifier;
use crate::aws;
use crate::bucket::Bucket;
use crate::budget::Budget;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::chunks::Chunks;
use crate::db::jobs::Jobs;
use crate::db::log::Log;
use crate::db::maintenance::Marks;
use crate::db::names::Lists;
use crate::db::segments::Segments;
use crate::db::users::Users;
use crate::db::verification::Verification;
use crate::db::{Files, References};
use crate::domain::cursor::CursorKey;
use crate::ids::Ids;
use crate::queue::Queues;

/// The service. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct App {
    inner: Arc<Inner>,
}

/// The parts of the service.
#[derive(Debug)]
pub struct Inner {
    /// The settings.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Arc<Ids>,
    /// Who is asking.
    pub tokens: Verifier,
    /// The table of files, and what changes with it.
    pub files: Files,
    /// The tables of patients, studies and series.
    pub references: References,
    /// Who did what.
    pub log: Log,
    /// What maintenance remembers from run to run.
    pub marks: Marks,
    /// What verification goes through and remembers.
    pub verification: Verification,
    /// Work that outlives a request.
    pub jobs: Jobs,
    /// Who somebody is here.
    pub users: Users,
    /// The bucket.
    pub bucket: Bucket,
    /// The queues between functions.
    pub queues: Queues,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl App {
    /// Builds the service over the AWS settings of its two clients; talks to nobody yet.
    #[must_use]
    pub fn new(
        config: Config,
        dynamodb: &SdkConfig,
        s3: &SdkConfig,
        queues: Queues,
        clock: Clock,
    ) -> Self {
        let config = Arc::new(config);
        let budget = Budget::of(config.called_by);
        let ids = Arc::new(Ids::new(clock.clone()));
        let tokens = Verifier::new(config.tokens.clone(), dynamodb, clock.clone());
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(dynamodb)
            .retry_config(aws::retries())
            .retry_partition(aws::own_attempts())
            .timeout_config(budget.tables.config())
            .build();
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb);
        let s3_config = s3_config(s3, &config, &budget);
        let cursors = config.cursor_secret.as_ref();
        let cursors = cursors.map(|secret| CursorKey::new(secret.expose().as_bytes()));
        let marks = Marks::new(dynamodb.clone(), &config);
        let verification = Verification::new(dynamodb.clone(), &config);
        let jobs = Jobs::new(dynamodb.clone(), &config, clock.clone());
        let bucket = Bucket::new(aws_sdk_s3::Client::from_conf(s3_config), s3, config.clone());
        let lists = Lists::new(
            dynamodb.clone(),
            config.clone(),
            clock.clone(),
            bucket.clone(),
        );
        let references = References::new(
            dynamodb.clone(),
            config.clone(),
            ids.clone(),
            clock.clone(),
            lists.clone(),
        );
        let users = Users::new(
            dynamodb,
            config.clone(),
            ids.clone(),
            clock.clone(),
            references.log(),
            lists,
        );
        let segments = Segments::new(bucket.clone());
        let chunks = Chunks::new(bucket.clone());
        let files = Files::new(references.clone(), segments, chunks, cursors);
        Self {
            inner: Arc::new(Inner {
                config,
                clock,
                ids,
                tokens,
                files,
                log: references.log(),
                references,
                marks,
                verification,
                jobs,
                users,
                bucket,
                queues,
            }),
        }
    }
}

/// How the bucket is reached.
fn s3_config(s3: &SdkConfig, config: &Config, budget: &Budget) -> aws_sdk_s3::Config {
    aws_sdk_s3::config::Builder::from(s3)
        .force_path_style(config.s3_path_style)
        .retry_config(aws::retries())
        .retry_partition(aws::own_attempts())
        .timeout_config(budget.bucket.config())
        // A presigned request must carry the caller's own checksum or none, not one of a body that is not there.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .build()
}
