//! Moves an original between storage classes: the intent is recorded, the object moved, the result recorded. Stopped anywhere, maintenance
//! finishes it; at every moment the record names a version that is there.

use service::App;
use service::access::Action;
use service::auth::Caller;
use service::domain::image_file::StorageClass;
use service::domain::transition::StoredObject;
use service::domain::{FileId, FileRecord};
use service::error::{Error, chain};

/// Moves a file that `caller` may archive to `class`.
///
/// # Errors
/// [`Error::NotFound`]; the conflicts `already_archived`, `not_archived`, `not_processed`.
pub async fn move_file(
    app: &App,
    caller: &Caller,
    id: FileId,
    class: StorageClass,
) -> Result<FileRecord, Error> {
    let action = match class {
        StorageClass::InstantRetrieval => Action::Archive,
        StorageClass::Standard => Action::Unarchive,
    };
    let opened = app.files.open(caller, action, id).await?;
    let now = app.clock.now();
    let file = app
        .files
        .change(opened, |file| Ok(file.moving(class, now)?))
        .await?;
    finish_move(app, file).await
}

/// Carries out the move that the record intends.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`]: maintenance tries again.
pub async fn finish_move(app: &App, file: FileRecord) -> Result<FileRecord, Error> {
    let Some(class) = file.moving_to else {
        return Ok(file);
    };
    let key = file.object_key().to_string();
    let old = StoredObject {
        version: file.object_version.clone(),
        size: file.file_size,
    };
    let id = file.id;
    let new = match app
        .objects
        .move_to(&key, &old, class, &file.mime_type)
        .await
    {
        Ok(new) => new,
        // Another run finished it first and took the old version away.
        Err(error) => {
            let current = app.files.find(id).await?.ok_or(Error::NotFound)?;
            return if current.object_version == old.version {
                Err(error)
            } else {
                Ok(current)
            };
        }
    };
    let moved = match app.files.advance(file, |file| Ok(file.moved(&new)?)).await {
        Ok(moved) => moved,
        // Another run finished it first: its version counts, this one is a copy too many.
        Err(Error::Conflict(_)) => {
            remove(app, &key, new.version.as_deref()).await;
            app.files.find(id).await?.ok_or(Error::NotFound)?
        }
        Err(error) => return Err(error),
    };
    if moved.object_version == new.version {
        remove(app, &key, old.version.as_deref()).await;
    }
    Ok(moved)
}

/// Frees a version that no record names; when that fails, the bucket's lifecycle does it.
async fn remove(app: &App, key: &str, version: Option<&str>) {
    if let Some(version) = version
        && let Err(error) = app.objects.remove_version(key, version).await
    {
        tracing::warn!(
            cause = chain(&error),
            "an old version stays for the lifecycle rule"
        );
    }
}
