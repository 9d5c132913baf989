//! Moves an original between storage classes: the intent is recorded under a lease, the object copied, the result recorded, the bucket settled.
//! Stopped anywhere, maintenance finishes it; at every moment the record names a version that is there.

use service::App;
use service::domain::record::{Lease, StorageClass};
use service::domain::transition::StoredObject;
use service::domain::{Code, FileId, FileRecord, ObjectKey};
use service::error::{Error, chain};
use tokio::time::Instant;

use super::lease::{lease, while_held};

/// Carries out the move that the record intends, unless another run does. At `end` it stops, and leaves the rest to another run.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`]: maintenance tries again; the conflicts `already_moving` and `not_moving`.
pub(crate) async fn finish_move(
    app: &App,
    file: FileRecord,
    end: Option<Instant>,
) -> Result<FileRecord, Error> {
    let (now, lease) = (app.clock.now(), lease(app));
    let claimed = app
        .files
        .unattended()
        .advance(file, |file| Ok(file.move_claimed(lease.clone(), now)?))
        .await?;
    Box::pin(copy(app, claimed, &lease, end)).await
}

/// Copies the object that `lease` is held on, and records the copy. At `end` it stops, and leaves the rest to another run.
pub(crate) async fn copy(
    app: &App,
    file: FileRecord,
    lease: &Lease,
    end: Option<Instant>,
) -> Result<FileRecord, Error> {
    let class = file.moving_to.ok_or(Code::NotMoving)?;
    let (id, key, holder) = (file.id, file.object_key(), &lease.holder);
    let old = StoredObject {
        version: file.object_version.clone(),
        size: file.file_size,
    };
    let copying = until(end, copied(app, &file, holder, &old, class));
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
            discard(app, id, &key, new.version.as_deref()).await?;
            taken_over(app, id).await
        }
        moved => moved,
    }
}

async fn until<T>(
    end: Option<Instant>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match end {
        None => work.await,
        Some(end) => match tokio::time::timeout_at(end, work).await {
            Ok(done) => done,
            Err(_) => Err(Error::Unavailable("the run has no more time".into())),
        },
    }
}

/// The copy of `old` in `class`. In parts, if it is large: then the record names the upload before the first part, so that another run goes on where
/// this one ends.
async fn copied(
    app: &App,
    file: &FileRecord,
    holder: &str,
    old: &StoredObject,
    class: StorageClass,
) -> Result<StoredObject, Error> {
    let key = file.object_key();
    if !app.bucket.copies_in_parts(old.size) {
        return app.bucket.copy(&key, old, class).await;
    }
    if let Some(upload_id) = &file.move_upload_id
        && let Some(new) = app.bucket.copy_parts(&key, old, upload_id).await?
    {
        return Ok(new);
    }
    // Not begun yet, or ended by the lifecycle rule or by a run that completed it and died: its copy is left to be settled.
    let upload_id = app.bucket.begin_copy(&key, class, &file.mime_type).await?;
    let files = app.files.unattended();
    let named = files.advance(file.clone(), |file| Ok(file.moved_by(holder, &upload_id)?));
    named.await?;
    let new = app.bucket.copy_parts(&key, old, &upload_id).await?;
    new.ok_or_else(|| Error::Unavailable("the upload of a copy is gone".into()))
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

/// Removes a copy, unless the record names it: then the result was written and only the answer got lost. If the removal fails, the record says that
/// there is something left to do.
async fn discard(
    app: &App,
    id: FileId,
    key: &ObjectKey,
    version: Option<&str>,
) -> Result<(), Error> {
    let Some(version) = version else {
        return Ok(());
    };
    let current = app.files.unattended().find(id).await?;
    if current.is_some_and(|file| file.object_version.as_deref() == Some(version)) {
        return Ok(());
    }
    let Err(error) = app.bucket.remove_version(key, version).await else {
        return Ok(());
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
    Ok(())
}
