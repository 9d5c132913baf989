//! What runs until the stack stops.

use std::time::Duration;

use functions::events::maintenance::{Maintenance, Task};
use functions::events::verify::{self, Verify};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::lifecycle::Lifecycle;

/// Begins all of them.
pub(super) fn schedules(
    maintenance: Maintenance,
    (verify, lifecycle): (Verify, Lifecycle),
    stopped: watch::Receiver<bool>,
) -> [JoinHandle<()>; 2] {
    [
        tokio::spawn(every_minute(maintenance, stopped.clone())),
        tokio::spawn(every_hour(verify, lifecycle, stopped)),
    ]
}

/// The schedule. In the cloud it is every 15 minutes; here a laptop may have been asleep.
async fn every_minute(maintenance: Maintenance, stopped: watch::Receiver<bool>) {
    let mut stopped = std::pin::pin!(until(stopped));
    let mut minutes = tokio::time::interval(Duration::from_mins(1));
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _ = minutes.tick() => {}
        }
        let task = Task {
            // The next minute goes on.
            seconds: Some(50),
            ..Task::default()
        };
        if let Err(error) = maintenance.run(task).await {
            tracing::error!(cause = service::error::chain(&error), "maintenance failed");
        }
    }
}

/// The schedules of verification and of the bucket's lifecycle. A run is short, because whoever works here waits for the same disk; the next hour goes on.
async fn every_hour(verify: Verify, lifecycle: Lifecycle, stopped: watch::Receiver<bool>) {
    let mut stopped = std::pin::pin!(until(stopped));
    // Not while somebody waits for the page, and soon enough for a laptop that is closed within the hour.
    let first = tokio::time::Instant::now() + Duration::from_mins(5);
    let mut hours = tokio::time::interval_at(first, Duration::from_hours(1));
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _ = hours.tick() => {}
        }
        if let Err(error) = lifecycle.run().await {
            tracing::error!(
                cause = service::error::chain(&error),
                "the lifecycle rules failed"
            );
        }
        let task = verify::Task {
            seconds: Some(60),
            ..verify::Task::default()
        };
        if let Err(error) = verify.run(task).await {
            tracing::error!(cause = service::error::chain(&error), "verification failed");
        }
    }
}

/// Resolves when the stack stops.
pub(super) async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender is gone only when the stack is.
    drop(stopped.wait_for(|stopped| *stopped).await);
}
