//! What archiving a file and taking it back share: the caller's rights, the intent, the move, and the bucket settled.

use service::App;
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::record::StorageClass;
use service::domain::{FileId, FileRecord};
use service::error::{Error, chain};

use crate::events::lease::lease;
use crate::events::moving;
use crate::events::settle::settle;

/// Moves a file that `caller` may archive to `class`.
///
/// # Errors
/// [`Error::NotFound`]; the conflicts `already_archived`, `not_archived`, `not_processed`, `already_moving`.
pub(super) async fn move_file(
    app: &App,
    caller: &Caller,
    id: FileId,
    class: StorageClass,
) -> Result<FileRecord, Error> {
    let action = match class {
        StorageClass::InstantRetrieval => Action::Archive,
        StorageClass::Standard => Action::Unarchive,
        StorageClass::Unknown => return Err(Error::newer_version()),
    };
    let opened = app.files.open(caller, action, id).await?;
    let (now, lease) = (app.clock.now(), lease(app));
    let claimed = app
        .files
        .change(opened, |file| {
            Ok(file.moving(class, now)?.move_claimed(lease.clone(), now)?)
        })
        .await?;
    // Boxed, here and where moves are settled: together these futures are too deep for a function's own.
    let moved = Box::pin(moving::copy(app, claimed, &lease)).await?;
    // The move is recorded. If settling fails, the record stays due, so maintenance settles the file later.
    match Box::pin(settle(app, moved.clone())).await {
        Ok(settled) => Ok(settled),
        Err(error) => {
            tracing::warn!(cause = chain(&error), "a move is left to be settled");
            Ok(moved)
        }
    }
}
