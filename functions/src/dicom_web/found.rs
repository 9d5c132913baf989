//! What the UIDs of a path lead to.

use service::App;
use service::auth::access::Action;
use service::db::log_entry::About;
use service::db::worklist::Stack;
use service::domain::FileRecord;
use service::error::Error;

use super::request::{Call, Named};

/// Instances of one answer, at most.
const MOST: usize = 20_000;
/// Files that an entry of the log names, at most. Of more it names the study.
const MOST_TOLD: usize = 2_000;
/// Files among which one with a picture is looked for at once.
const MOST_LOOKED_AT: usize = 50;

/// The study, or the series, that a path names.
///
/// # Errors
/// [`Error::NotFound`] if nobody has sent such UIDs.
pub(super) async fn stack(app: &App, owner: i64, named: &Named) -> Result<Stack, Error> {
    let study = named.study.as_ref().ok_or(Error::NotFound)?;
    let series = async {
        match &named.series {
            Some(uid) => app
                .references
                .series_of_uid(uid.as_str())
                .await?
                .map(Some)
                .ok_or(Error::NotFound),
            None => Ok(None),
        }
    };
    let (study, series) =
        futures_util::future::try_join(app.references.study_of_uid(study.as_str()), series).await?;
    Ok(Stack {
        owner,
        study: study.ok_or(Error::NotFound)?,
        series,
    })
}

/// The instances that a path names, in reading order. The log knows of them then.
///
/// # Errors
/// [`Error::NotFound`] if there is none that the caller may see.
pub(super) async fn instances(
    call: &Call,
    action: Action,
    owner: i64,
) -> Result<Vec<FileRecord>, Error> {
    if call.named.instance.is_some() {
        return Ok(vec![instance(call, action, owner).await?]);
    }
    let of = stack(&call.app, owner, &call.named).await?;
    let files = call.app.files.instances(of, MOST).await?;
    let about = match &files[..] {
        [file] => About::file(file),
        files if files.len() <= MOST_TOLD => About::files(files, None),
        _ => About::Studies {
            ids: vec![of.study],
            owner,
            patient: None,
        },
    };
    call.app.log.tell(&call.caller, action, about).await?;
    Ok(files)
}

/// The instance that a path names. The log knows of it then.
///
/// # Errors
/// [`Error::NotFound`] if there is none that the caller may see.
pub(super) async fn instance(call: &Call, action: Action, owner: i64) -> Result<FileRecord, Error> {
    let of = stack(&call.app, owner, &call.named).await?;
    let uid = call.named.instance.as_ref().ok_or(Error::NotFound)?;
    let files = &call.app.files;
    files
        .open_instance(&call.caller, action, of, uid.as_str())
        .await
}

/// An instance of the study or series that a path names, one that has a picture if any has, and of these the one in the middle of the first ones. The log
/// knows of it then.
///
/// # Errors
/// [`Error::NotFound`] if there is none that the caller may see.
pub(super) async fn representative(
    call: &Call,
    action: Action,
    owner: i64,
) -> Result<FileRecord, Error> {
    let app = &call.app;
    let of = stack(app, owner, &call.named).await?;
    let mut after = None;
    loop {
        let (mut files, next) = app
            .files
            .next_of_stack(of, after.as_deref(), MOST_LOOKED_AT)
            .await?;
        files.retain(|file| file.instance_uid().is_some() && file.thumbnail_path.is_some());
        if !files.is_empty() {
            let file = files.swap_remove(files.len() / 2);
            app.log
                .tell(&call.caller, action, About::file(&file))
                .await?;
            return Ok(file);
        }
        after = Some(next.ok_or(Error::NotFound)?);
    }
}

/// The transfer syntax of an instance.
pub(super) fn syntax_of(file: &FileRecord) -> &str {
    let syntax = file
        .dicom
        .as_ref()
        .and_then(|dicom| dicom.transfer_syntax_uid.as_deref());
    syntax.unwrap_or(IMPLICIT)
}

/// What a file is in that does not say it (PS3.10, section 7.1: it has to).
const IMPLICIT: &str = "1.2.840.10008.1.2";

/// The path of an instance behind `base`.
pub(super) fn url_of(base: &str, study: &str, series: &str, file: &FileRecord) -> String {
    format!(
        "{base}/studies/{study}/series/{series}/instances/{}",
        file.instance_uid().unwrap_or_default()
    )
}
