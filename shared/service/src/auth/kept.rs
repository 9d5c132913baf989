//! A value that another service has and may change at any time. It is fetched when it is needed and kept; it is fetched again when the kept one is
//! old or does not fit, but not more often than its limits say, however many ask.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::error::Cause;

/// How long fetching may take. Lambda gives a start 10 seconds
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>, "Init phase").
pub(super) const FETCH: Duration = Duration::from_secs(5);

/// How often it is fetched, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// A kept value is used this long. Then it is fetched again, because the other service may have withdrawn it.
    pub(super) fresh_ms: i64,
    /// Something unknown fetches again, but not more often than this.
    pub(super) pause_ms: i64,
    /// The same while no value is kept, because nobody can sign in until one is.
    pub(super) first_pause_ms: i64,
}

/// The kept value. If it is being fetched, others who ask wait for it instead of fetching it too.
pub(super) struct Kept<T> {
    limits: Limits,
    clock: Clock,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Option<(T, Timestamp)>,
    tried: Option<Timestamp>,
    /// Whether the last try brought something: otherwise, what is not found may exist.
    is_current: bool,
}

impl<T> Kept<T> {
    /// Nothing yet.
    pub(super) fn new(limits: Limits, clock: Clock) -> Self {
        let state = State {
            value: None,
            tried: None,
            is_current: false,
        };
        Self {
            limits,
            clock,
            state: Mutex::new(state),
        }
    }

    /// Fetches it before the first request needs it. After a failure the next request tries again.
    pub(super) async fn begin(
        &self,
        fetch: impl Future<Output = Result<T, Cause>>,
    ) -> Result<(), Cause> {
        let mut state = self.state.lock().await;
        state.keep(fetch.await?, self.clock.now());
        Ok(())
    }

    /// What `find` finds in it, in a newer one if need be. `None`: it is not there.
    ///
    /// # Errors
    /// It is not known whether it is there, because the last `fetch` failed.
    pub(super) async fn find<R>(
        &self,
        find: impl Fn(&T) -> Option<R>,
        fetch: impl Future<Output = Result<T, Cause>>,
    ) -> Result<Option<R>, Cause> {
        let now = self.clock.now();
        let mut state = self.state.lock().await;
        let mut found = state.found(&find);
        if (found.is_none() || self.is_old(&state, now)) && self.may_fetch(&state, now) {
            // Before the fetch: a caller who goes away meanwhile leaves this behind.
            (state.tried, state.is_current) = (Some(now), false);
            match fetch.await {
                Ok(value) => {
                    state.keep(value, now);
                    found = state.found(&find);
                }
                // An outage of the other side must not sign everybody out.
                Err(cause) if found.is_some() => {
                    tracing::warn!(%cause, "keys could not be refreshed");
                }
                Err(cause) => return Err(cause),
            }
        }
        match found {
            None if !state.is_current => Err("the keys could not be fetched a moment ago".into()),
            found => Ok(found),
        }
    }

    fn is_old(&self, state: &State<T>, now: Timestamp) -> bool {
        let fetched = state.value.as_ref().map(|(_, fetched)| *fetched);
        !is_within(fetched, now, self.limits.fresh_ms)
    }

    fn may_fetch(&self, state: &State<T>, now: Timestamp) -> bool {
        let pause = match state.value {
            Some(_) => self.limits.pause_ms,
            None => self.limits.first_pause_ms,
        };
        !is_within(state.tried, now, pause)
    }
}

impl<T> State<T> {
    fn keep(&mut self, value: T, now: Timestamp) {
        (self.value, self.is_current) = (Some((value, now)), true);
    }

    fn found<R>(&self, find: impl Fn(&T) -> Option<R>) -> Option<R> {
        self.value.as_ref().and_then(|(value, _)| find(value))
    }
}

fn is_within(time: Option<Timestamp>, now: Timestamp, milliseconds: i64) -> bool {
    time.is_some_and(|time| now.0 - time.0 < milliseconds)
}
