//! What runs until the stack stops.

use std::time::Duration;

use functions::events::maintenance::{Maintenance, Task};
use tokio::sync::watch;

/// The schedule. In the cloud it is every 15 minutes; here a laptop may have been asleep.
pub(super) async fn every_minute(maintenance: Maintenance, stopped: watch::Receiver<bool>) {
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

/// Resolves when the stack stops.
pub(super) async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender is gone only when the stack is.
    drop(stopped.wait_for(|stopped| *stopped).await);
}
