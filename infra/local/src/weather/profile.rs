//! How bad the weather is. A profile is numbers only; what they do stands beside the code that does it.

use std::time::Duration;

use super::partitions::Limits;
use crate::queue::Faults;

/// How bad the weather is. By default there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// What happens to calls of `DynamoDB`.
    pub tables: TableWeather,
    /// What happens to requests of the bucket.
    pub bucket: BucketWeather,
    /// What happens to the deliveries of the queue.
    pub queue: Faults,
}

/// What happens to calls of `DynamoDB`. A share is from 0 to 1, of the calls that it can happen to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableWeather {
    /// How long the items of a transaction stay locked after its answer, at most. Without, nothing conflicts.
    pub locked: Option<Duration>,
    /// What a partition key takes in a second. Without, it takes everything.
    pub limits: Option<Limits>,
    /// How long the copy that answers indexes is behind, at most; so is the one that answers stale reads.
    pub lag: Duration,
    /// Share of the queries of an index that the copy answers.
    pub index_lag: f64,
    /// Share of the reads that did not ask for consistency and that the copy answers.
    pub stale: f64,
    /// Share of the calls that are throttled whatever they ask.
    pub throttled: f64,
    /// Share of the items of a batch that are left out.
    pub left_out: f64,
    /// Share of the calls that fail before they change anything.
    pub failed: f64,
    /// Share of the calls that are done and whose answer is lost.
    pub lost: f64,
    /// Share of the calls that are slow.
    pub slow: f64,
    /// How long a slow call waits, at most.
    pub slowest: Duration,
}

/// What happens to requests of the bucket. A share is from 0 to 1, of the requests that it can happen to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BucketWeather {
    /// Share that is told to slow down.
    pub slow_down: f64,
    /// Share that fails inside S3, half of them after it is done.
    pub failed: f64,
    /// Share whose connection is cut before anything is done, half through the body.
    pub cut_before: f64,
    /// Share that is done, and then the connection is cut.
    pub cut_after: f64,
    /// Share of the answers that are cut half through their body.
    pub cut_answer: f64,
    /// Share of the conditional writes that meet another one.
    pub conflict: f64,
    /// Share of the completions and copies that begin to succeed, and fail in the body of the answer.
    pub failed_in_200: f64,
    /// Share that is slow.
    pub slow: f64,
    /// How long a slow request waits, at most.
    pub slowest: Duration,
}

/// Every profile that has a name, worst first by what it is for: people, then tests of one behaviour.
pub const NAMES: [&str; 15] = [
    "mild",
    "rough",
    "conflicts",
    "throttles",
    "busy",
    "lag",
    "stale",
    "failures",
    "lost-answers",
    "slow",
    "bucket-busy",
    "bucket-failures",
    "bucket-cuts",
    "bucket-conflicts",
    "deliveries",
];

/// A share that a test of one behaviour soon meets, and that attempts soon get past.
const OFTEN: f64 = 0.5;

impl Profile {
    /// The profile of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "mild" => mild(),
            "rough" => rough(),
            "conflicts" => Self::conflicts(Duration::from_millis(60)),
            "throttles" => Self::of_tables(TableWeather {
                limits: Some(Limits::default()),
                ..TableWeather::default()
            }),
            "busy" => Self::of_tables(TableWeather {
                throttled: OFTEN,
                left_out: OFTEN,
                ..TableWeather::default()
            }),
            "lag" => Self::of_tables(TableWeather {
                lag: Duration::from_secs(2),
                index_lag: 1.0,
                ..TableWeather::default()
            }),
            "stale" => Self::of_tables(TableWeather {
                lag: Duration::from_secs(2),
                stale: 1.0,
                ..TableWeather::default()
            }),
            "failures" => Self::of_tables(TableWeather {
                failed: OFTEN,
                ..TableWeather::default()
            }),
            "lost-answers" => Self::of_tables(TableWeather {
                lost: OFTEN,
                ..TableWeather::default()
            }),
            "slow" => Self::of_tables(TableWeather {
                slow: 1.0,
                slowest: Duration::from_millis(100),
                ..TableWeather::default()
            }),
            "deliveries" => Self {
                queue: rough().queue,
                ..Self::default()
            },
            _ => return Self::named_of_bucket(name),
        })
    }

    fn named_of_bucket(name: &str) -> Option<Self> {
        Some(match name {
            "bucket-busy" => Self::of_bucket(BucketWeather {
                slow_down: OFTEN,
                ..BucketWeather::default()
            }),
            "bucket-failures" => Self::of_bucket(BucketWeather {
                failed: OFTEN,
                failed_in_200: OFTEN,
                ..BucketWeather::default()
            }),
            "bucket-cuts" => Self::of_bucket(BucketWeather {
                cut_before: 0.25,
                cut_after: 0.25,
                cut_answer: 0.25,
                ..BucketWeather::default()
            }),
            "bucket-conflicts" => Self::of_bucket(BucketWeather {
                conflict: OFTEN,
                ..BucketWeather::default()
            }),
            _ => return None,
        })
    }

    /// Transactions that meet, and nothing else: their items stay locked for up to `longest`.
    #[must_use]
    pub fn conflicts(longest: Duration) -> Self {
        Self::of_tables(TableWeather {
            locked: Some(longest),
            ..TableWeather::default()
        })
    }

    /// Only the tables have weather.
    #[must_use]
    pub fn of_tables(tables: TableWeather) -> Self {
        Self {
            tables,
            ..Self::default()
        }
    }

    /// Only the bucket has weather.
    #[must_use]
    pub fn of_bucket(bucket: BucketWeather) -> Self {
        Self {
            bucket,
            ..Self::default()
        }
    }
}

/// What AWS does on a normal day, and would not even mention.
fn mild() -> Profile {
    Profile {
        tables: TableWeather {
            locked: Some(Duration::from_millis(20)),
            limits: Some(Limits::default()),
            lag: Duration::from_millis(100),
            index_lag: 1.0,
            stale: 0.3,
            throttled: 0.000_5,
            left_out: 0.000_5,
            failed: 0.000_1,
            lost: 0.000_1,
            slow: 0.02,
            slowest: Duration::from_millis(60),
        },
        bucket: BucketWeather {
            slow_down: 0.001,
            failed: 0.000_5,
            cut_before: 0.000_5,
            cut_after: 0.000_2,
            cut_answer: 0.000_5,
            conflict: 0.001,
            failed_in_200: 0.001,
            slow: 0.02,
            slowest: Duration::from_millis(200),
        },
        queue: Faults {
            duplicate: 0.01,
            lose_acknowledgement: 0.005,
            lose_delivery: 0.001,
            partly_failed: 0.001,
            delay: Duration::from_millis(50),
            ..Faults::default()
        },
    }
}

/// Worse than AWS: nobody has seen all of this at once.
fn rough() -> Profile {
    Profile {
        tables: TableWeather {
            locked: Some(Duration::from_millis(60)),
            limits: Some(Limits::default()),
            lag: Duration::from_secs(2),
            index_lag: 1.0,
            stale: 0.5,
            throttled: 0.03,
            left_out: 0.1,
            failed: 0.02,
            lost: 0.03,
            slow: 0.1,
            slowest: Duration::from_millis(20),
        },
        bucket: BucketWeather {
            slow_down: 0.03,
            failed: 0.02,
            cut_before: 0.02,
            cut_after: 0.02,
            cut_answer: 0.03,
            conflict: 0.05,
            failed_in_200: 0.1,
            slow: 0.1,
            slowest: Duration::from_millis(20),
        },
        queue: Faults {
            duplicate: 0.2,
            lose_acknowledgement: 0.1,
            lose_delivery: 0.1,
            partly_failed: 0.1,
            delay: Duration::from_millis(20),
            ..Faults::default()
        },
    }
}
