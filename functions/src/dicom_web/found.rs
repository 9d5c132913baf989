//! What the UIDs of a path lead to.

use service::App;
use service::auth::Caller;
use service::auth::access::Action;
use service::db::log_entry::About;
use service::db::worklist::Stack;
use service::domain::FileRecord;
use service::error::Error;

use super::domain::Uid;
use super::request::Named;

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
    app: &App,
    caller: &Caller,
    action: Action,
    owner: i64,
    named: &Named,
) -> Result<Vec<FileRecord>, Error> {
    let of = stack(app, owner, named).await?;
    if let Some(uid) = &named.instance {
        return Ok(vec![
            app.files
                .open_instance(caller, action, of, uid.as_str())
                .await?,
        ]);
    }
    let files = app.files.instances(of, MOST).await?;
    let about = match &files[..] {
        [file] => About::file(file),
        files if files.len() <= MOST_TOLD => About::files(files, None),
        _ => About::Studies {
            ids: vec![of.study],
            owner,
            patient: None,
        },
    };
    app.log.tell(caller, action, about).await?;
    Ok(files)
}

/// The instance that a path names. The log knows of it then.
///
/// # Errors
/// [`Error::NotFound`] if there is none that the caller may see.
pub(super) async fn instance(
    app: &App,
    caller: &Caller,
    action: Action,
    owner: i64,
    named: &Named,
) -> Result<FileRecord, Error> {
    let of = stack(app, owner, named).await?;
    let uid: &Uid = named.instance.as_ref().ok_or(Error::NotFound)?;
    app.files
        .open_instance(caller, action, of, uid.as_str())
        .await
}

/// An instance of the study or series that a path names, one that has a picture if any has, and of these the one in the middle of the first ones. The log
/// knows of it then.
///
/// # Errors
/// [`Error::NotFound`] if there is none that the caller may see.
pub(super) async fn representative(
    app: &App,
    caller: &Caller,
    action: Action,
    owner: i64,
    named: &Named,
) -> Result<FileRecord, Error> {
    let of = stack(app, owner, named).await?;
    let mut after = None;
    loop {
        let (mut files, next) = app
            .files
            .next_of_stack(of, after.as_deref(), MOST_LOOKED_AT)
            .await?;
        files.retain(|file| file.instance_uid().is_some() && file.thumbnail_path.is_some());
        if !files.is_empty() {
            let file = files.swap_remove(files.len() / 2);
            app.log.tell(caller, action, About::file(&file)).await?;
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
pub(super) fn url_of(base: &str, named: &Named, series: &str, file: &FileRecord) -> String {
    let study = named.study.as_ref().map_or("", Uid::as_str);
    format!(
        "{base}/studies/{study}/series/{series}/instances/{}",
        file.instance_uid().unwrap_or_default()
    )
}
