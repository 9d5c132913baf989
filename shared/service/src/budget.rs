//! How long a function has, and how much of it one call of AWS may take.
//!
//! Whoever waits for a call that never answers is ended by Lambda in the middle of something: a caller sees a bad gateway, a file is held until a
//! lease runs out. So each attempt and each call has its time, and a function stops by itself a little before its own is up.

use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;

use crate::config::CalledBy;

/// How long it takes to connect at the most: tens of milliseconds are usual.
const CONNECT: Duration = Duration::from_secs(2);
/// The `Timeout` of functions behind HTTP in template.yaml. API Gateway itself waits for 30 s at the most
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>, "Integration timeout").
pub const HTTP: Duration = Duration::from_secs(29);
/// What a function behind HTTP keeps of it for its answer.
pub const FOR_THE_ANSWER: Duration = Duration::from_secs(1);
/// What a function that receives from a queue keeps: to give up its lease, and to say when its message comes again.
pub const FOR_THE_END: Duration = Duration::from_secs(10);

/// What calls of one service may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// One attempt.
    pub attempt: Duration,
    /// All of them, and the pauses between.
    pub all: Duration,
}

/// What calls may take, by who waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Of `DynamoDB`, which answers in milliseconds.
    pub tables: Times,
    /// Of S3, which takes seconds to copy a part or to put parts together. Originals are read with times of their own (`bucket/read.rs`).
    pub bucket: Times,
}

impl Budget {
    /// For a function that is called by these.
    #[must_use]
    pub fn of(called_by: CalledBy) -> Self {
        let times = |attempt, all| Times {
            attempt: Duration::from_secs(attempt),
            all: Duration::from_secs(all),
        };
        match called_by {
            CalledBy::Users | CalledBy::Anybody => Self {
                tables: times(4, 12),
                bucket: times(20, 25),
            },
            CalledBy::Events => Self {
                tables: times(5, 20),
                bucket: times(30, 60),
            },
        }
    }
}

impl Times {
    /// The same, as the SDKs take it.
    pub(crate) fn config(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.all)
            .build()
    }
}
