//! Weather: what AWS does now and then, and the engines of this machine never do. It is off unless somebody switches it on: `WEATHER` for `make run`,
//! [`Options::weather`](crate::stack::Options) for tests.
//!
//! - [`Profile`] says how bad it is, `draws` when it happens: by a hash of the seed, the function, the operation, the key, and how often that was
//!   drawn before. So a history has the same weather again, in whatever order its threads run.
//! - `tables` stands on the functions' way to `DynamoDB`: `call` what a call touches, `locks` what transactions hold, `partitions` and `units` what a
//!   key takes in a second, `batch` what is left out, `lag` what follows late, `answers` the words.
//! - `bucket` stands in front of S3, `cut` breaks its answers.
//! - The queue has its faults itself ([`crate::queue::Faults`]); a profile says which.
//!
//! Only functions have weather. The operator's key, which looks after the tables and the bucket and by which tests look into them, has none.
//!
//! Delays and locks run on the runtime's time, so that a paused runtime moves on; limits and lags on the stack's clock, which tests move.

mod answers;
mod batch;
mod bucket;
mod call;
mod cut;
mod lag;
mod locks;
mod partitions;
mod profile;
mod tables;
mod units;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use serde_json::Value;
use service::clock::Clock;
use tokio::sync::watch;

use crate::database::{Follower, Tables};
use crate::draws::{Draw, Draws};
use crate::error::StartError;
use crate::names::{OPERATOR, table_name};
use crate::template::Template;

use self::call::{Call, Does, Schema};
use self::lag::Copy;
use self::locks::Locks;
use self::partitions::Partitions;

pub use self::locks::Held;
pub use self::partitions::Limits;
pub use self::profile::{BucketWeather, NAMES, Profile, TableWeather};

/// Bad weather for one stack. Clones share it.
#[derive(Clone, Debug)]
pub struct Weather(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    seed: u64,
    profile: Profile,
    is_over: AtomicBool,
    clock: Clock,
    passing: Mutex<Passing>,
    draws: Draws,
    locks: Locks,
    partitions: Partitions,
    bound: RwLock<Arc<Bound>>,
}

/// The time of the weather. The clock may be set back, but what is late comes no later for it.
#[derive(Debug)]
struct Passing {
    now_ms: i64,
    /// What the clock said last.
    said_ms: i64,
}

/// What there is to know of the stack that has the weather.
#[derive(Debug, Default)]
struct Bound {
    schema: Schema,
    copy: Option<Copy>,
}

impl Weather {
    /// Weather of this seed, which the stack of this clock has.
    #[must_use]
    pub fn new(seed: u64, profile: Profile, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            seed,
            profile,
            is_over: AtomicBool::new(false),
            passing: Mutex::new(Passing {
                now_ms: clock.now().0,
                said_ms: clock.now().0,
            }),
            clock,
            draws: Draws::new(seed),
            locks: Locks::default(),
            partitions: Partitions::default(),
            bound: RwLock::default(),
        }))
    }

    /// Weather as `WEATHER` says it: a seed, or a seed and the name of a profile (`7`, `7,rough`).
    ///
    /// # Errors
    /// A sentence that says what may be written.
    pub fn read(text: &str, clock: Clock) -> Result<Self, String> {
        let (seed, name) = text.split_once(',').unwrap_or((text, "mild"));
        let seed = seed.trim().parse();
        let profile = Profile::named(name.trim());
        match (seed, profile) {
            (Ok(seed), Some(profile)) => Ok(Self::new(seed, profile, clock)),
            _ => Err(format!(
                "WEATHER must be a number, or a number and one of {}, such as 7,rough; not {text:?}",
                NAMES.join(", ")
            )),
        }
    }

    /// Its seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// How bad it is.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        static FAIR: LazyLock<Profile> = LazyLock::new(Profile::default);
        if self.0.is_over.load(Ordering::SeqCst) {
            &FAIR
        } else {
            &self.0.profile
        }
    }

    /// From now on it is fair, except that what was late still comes late.
    pub fn end(&self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }

    /// Begins over a stack's tables; answers the tables to go on with, because what follows late has to hear of every write.
    pub(crate) fn begin(&self, template: &Template, tables: Tables) -> Result<Tables, StartError> {
        let rules = &self.0.profile.tables;
        let has_copy = !rules.lag.is_zero() && rules.index_lag + rules.stale > 0.0;
        let follower = has_copy.then(|| Follower::of(&tables, template));
        let bound = Arc::new(Bound {
            schema: Schema::of(template),
            copy: follower.transpose()?.map(Copy::new),
        });
        *self.0.bound.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&bound);
        if bound.copy.is_none() {
            return Ok(tables);
        }
        let weather = self.clone();
        Ok(tables.heard_by(Arc::new(move |operation, body| {
            weather.hear(&bound, operation, body);
        })))
    }

    /// `client` as `function` reaches the tables in this weather.
    #[must_use]
    pub fn tables(&self, client: SharedHttpClient, function: &str) -> SharedHttpClient {
        if function == OPERATOR {
            return client;
        }
        tables::weathered(client, function, self.clone(), self.bound())
    }

    /// Locks one item of the table `resource` (its name in template.yaml), as if a transaction on it never ended. `key` holds its key attributes as
    /// `DynamoDB` writes them.
    #[must_use = "the item is released when this is dropped"]
    pub fn hold(&self, resource: &str, key: &Value) -> Held {
        let item = self.bound().schema.item(&table_name(resource), key);
        self.0.locks.hold_one(item)
    }

    /// How many calls met a locked item so far; a test waits for the number it needs.
    #[must_use]
    pub fn refusals(&self) -> watch::Receiver<u64> {
        self.0.locks.refusals()
    }

    /// A call was done, whoever made it: the copy gets what it wrote when its lag is over.
    fn hear(&self, bound: &Bound, operation: &str, body: &[u8]) {
        let Some(copy) = &bound.copy else { return };
        for touched in Call::read(&bound.schema, operation, body).items {
            if touched.does == Does::Write {
                let (table, key) = &touched.item;
                let draw = self.draw("", "lag", &format!("{table} {key}"));
                let lag = draw.time("lag", self.0.profile.tables.lag).as_millis();
                let due = self.now_ms() + i64::try_from(lag).unwrap_or(0);
                copy.hear(table, &touched.key, due);
            }
        }
    }

    fn draw(&self, function: &str, operation: &str, key: &str) -> Draw {
        self.0.draws.next(function, operation, key)
    }

    /// Looks at the clock, because lag is measured in time that has passed between two looks. Whoever sets the clock back looks before moving it on.
    pub fn look(&self) {
        self.now_ms();
    }

    fn now_ms(&self) -> i64 {
        let said_ms = self.0.clock.now().0;
        let passing = self.0.passing.lock();
        let mut passing = passing.unwrap_or_else(PoisonError::into_inner);
        passing.now_ms += (said_ms - passing.said_ms).max(0);
        passing.said_ms = said_ms;
        passing.now_ms
    }

    fn bound(&self) -> Arc<Bound> {
        let bound = self.0.bound.read();
        Arc::clone(&bound.unwrap_or_else(PoisonError::into_inner))
    }

    fn locks(&self) -> &Locks {
        &self.0.locks
    }

    fn partitions(&self) -> &Partitions {
        &self.0.partitions
    }
}
