//! Moves an original between storage classes: the intent is recorded under a lease, the object copied, the result recorded, the bucket settled.
//! Stopped anywhere, maintenance finishes it; at every moment the record names a version that is there.

use service::App;
use service::domain::record::Lease;
use service::domain::transition::StoredObject;
use service::domain::{Code, FileId, FileRecord, ObjectKey};
use service::error::{Error, chain};

use super::lease::{lease, while_held};

/// Carries out the move that the record intends, unless another run does.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`]: maintenance tries again; the conflicts `already_moving` and `not_moving`.
pub(crate) async fn finish_move(app: &App, file: FileRecord) -> Result<FileRecord, Error> {
    let (now, lease) = (app.clock.now(), lease(app));
    let claimed = app
        .files
        .unattended()
        .advance(file, |file| Ok(file.move_claimed(lease.clone(), now)?))
        .await?;
    Box::pin(copy(app, claimed, &lease)).await
}

/// Copies the object that `lease` is held on, and records the copy.
pub(crate) async fn copy(app: &App, file: FileRecord, lease: &Lease) -> Result<FileRecord, Error> {
    let class = file.moving_to.ok_or(Code::NotMoving)?;
    let (id, key, holder) = (file.id, file.object_key(), &lease.holder);
    let old = StoredObject {
        version: file.object_version.clone(),
        size: file.file_size,
    };
    let copying = app.bucket.move_to(&key, &old, class, &file.mime_type);
    let new = match while_held(app, &file, holder, copying).await {
        Ok(new) => new,
        Err(Error::Conflict(_) | Error::NotFound) => return taken_over(app, id).await,
        Err(error) => {
            let now = app.clock.now();
            let release = |file: FileRecord| Ok(file.move_released(holder, now)?);
            if let Err(error) = app.files.unattended().advance(file, release).await {
                tracing::warn!(cause = chain(&error), "a lease has to run out");
            }
            return Err(error);
        }
    };
    let now = app.clock.now();
    let moved = app
        .files
        .unattended()
        .advance(file, |file| Ok(file.moved(holder, &new, now)?))
        .await;
    match moved {
        Err(Error::Conflict(_) | Error::NotFound) => {
            discard(app, id, &key, new.version.as_deref()).await;
            taken_over(app, id).await
        }
        moved => moved,
    }
}

/// What another run made of the file meanwhile.
async fn taken_over(app: &App, id: FileId) -> Result<FileRecord, Error> {
    let current = app
        .files
        .unattended()
        .find(id)
        .await?
        .ok_or(Error::NotFound)?;
    match current.moving_to {
        Some(_) => Err(Code::AlreadyMoving.into()),
        None => Ok(current),
    }
}

/// Removes a copy that no record names. If that fails, the record says that there is something left to do.
async fn discard(app: &App, id: FileId, key: &ObjectKey, version: Option<&str>) {
    let Some(version) = version else { return };
    let Err(error) = app.bucket.remove_version(key, version).await else {
        return;
    };
    tracing::warn!(
        cause = chain(&error),
        "a copy too many has to be removed later"
    );
    let now = app.clock.now();
    let noted = async {
        let file = app
            .files
            .unattended()
            .find(id)
            .await?
            .ok_or(Error::NotFound)?;
        app.files
            .unattended()
            .advance(file, |file| Ok(file.astray(now)))
            .await
    };
    if let Err(error) = noted.await {
        tracing::error!(
            file_id = id.number(),
            cause = chain(&error),
            "a copy too many is in the bucket: check the file with maintenance"
        );
    }
}
