//! Leases: a run that works on a file holds it for a minute at a time, and shows a sign of life while it takes long. A run that died is taken
//! over a minute later.

use std::future::Future;
use std::time::Duration;

use service::App;
use service::domain::record::Lease;
use service::domain::{Code, FileRecord};
use service::error::Error;

/// A run holds its file this long without a sign of life.
pub(crate) const LEASE_MS: i64 = 60 * 1000;
/// How often a run shows one.
const RENEW: Duration = Duration::from_secs(20);

/// A lease for a new run.
pub(crate) fn lease(app: &App) -> Lease {
    Lease {
        holder: app.ids.uuid(),
        until: app.clock.now().plus(LEASE_MS),
    }
}

/// Does `work` on `claimed`, which `holder` holds, and renews the lease until it is done.
///
/// # Errors
/// What `work` says, or the conflict `lease_lost`.
pub(crate) async fn while_held<T>(
    app: &App,
    claimed: &FileRecord,
    holder: &str,
    work: impl Future<Output = Result<T, Error>> + Send,
) -> Result<T, Error> {
    let working = std::pin::pin!(work);
    let renewing = async {
        let mut current = claimed.clone();
        loop {
            tokio::time::sleep(RENEW).await;
            let until = app.clock.now().plus(LEASE_MS);
            match app
                .files
                .unattended()
                .advance(current.clone(), |file| Ok(file.renewed(holder, until)?))
                .await
            {
                Ok(renewed) => current = renewed,
                Err(Error::Unavailable(_)) => {}
                // Others write the record faster than this run; the lease is still its own.
                Err(Error::Conflict(conflict)) if conflict.code() == Code::VersionConflict => {}
                Err(error) => return error,
            }
        }
    };
    tokio::select! {
        // In this order, so that a history that is played again is the same.
        biased;
        done = working => done,
        lost = renewing => Err(lost),
    }
}
