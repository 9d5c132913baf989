//! When a message that failed comes again: its queue would hide it for longer than the longest run takes, which is a safeguard and no pause.

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use service::chance;
use service::domain::Code;
use service::error::{Error, chain};

use super::Processor;
use crate::events::lease::LEASE_MS;

/// The longest pause after the first failure; each further one is at most four times as long, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const MAX_PAUSE: Duration = Duration::from_mins(15);

impl Processor {
    /// Has `message`, which failed with `error`, come again soon. If that fails, its queue shows it later.
    pub(super) async fn postpone(&self, message: &SqsMessage, error: &Error) {
        let receives = message.attributes.get("ApproximateReceiveCount");
        let receives = receives.and_then(|count| count.parse().ok()).unwrap_or(1);
        let pause = pause(receives, error, chance::share());
        let receipt = message.receipt_handle.as_deref().unwrap_or_default();
        let postponed = self.app.queues.postpone(self.queue, receipt, pause);
        if let Err(error) = postponed.await {
            tracing::warn!(
                cause = chain(&error),
                "a message comes again when its queue shows it"
            );
        }
    }
}

/// How long a message that was received `receives` times waits: at least half of the longest pause, because what many messages failed at
/// (a table that is throttled) needs some time, and not all of it, because they would come together.
fn pause(receives: u32, error: &Error, random: f64) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(4_u32.saturating_pow(receives.saturating_sub(1)));
    let longest = longest.min(MAX_PAUSE);
    // The run that holds the file may have died: its lease must have run out.
    let lease = match error {
        Error::Conflict(conflict) if conflict.code() == Code::AlreadyClaimed => {
            Duration::from_millis(LEASE_MS.unsigned_abs())
        }
        _ => Duration::ZERO,
    };
    longest.mul_f64(0.5 + random / 2.0).max(lease)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_waits_seconds_at_first_and_never_more_than_a_quarter_of_an_hour() {
        let failed = Error::Unavailable("throttled".into());
        let seconds = |receives, random| pause(receives, &failed, random).as_secs();
        let bounds = |receives| (seconds(receives, 0.0), seconds(receives, 1.0));
        assert_eq!(bounds(1), (5, 10));
        assert_eq!(bounds(2), (20, 40));
        assert_eq!(bounds(3), (80, 160));
        assert_eq!(bounds(5), (450, 900));
        assert_eq!(bounds(10), (450, 900));
        assert_eq!(bounds(u32::MAX), (450, 900));
    }

    #[test]
    fn a_file_that_another_run_holds_is_looked_at_when_its_lease_may_be_over() {
        let held = Error::from(Code::AlreadyClaimed);
        assert_eq!(pause(1, &held, 0.0).as_secs(), 60);
        assert_eq!(pause(4, &held, 0.0).as_secs(), 320);
    }
}
