//! Begins uploads: what `create-upload` and `create-uploads-batch` share.

use futures_util::future::join_all;
use serde::Serialize;
use service::App;
use service::auth::Caller;
use service::db::create::NotCreated;
use service::db::references::unknown_patient;
use service::db::studies::Choice;
use service::domain::{Code, FileId, FileRecord, NewFile, text};
use service::error::Error;
use service::views::image_file::ImageFile;
use utoipa::ToSchema;

use super::new_upload::NewUpload;
use super::transport::Upload;

/// Tries with another id when one is taken.
const ATTEMPTS: usize = 3;

/// An upload that has begun, or the file that makes it needless.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Begun {
    /// The record: new, or the one that has these bytes already; `null` in a batch when the item failed.
    file: Option<ImageFile>,
    /// How to send the bytes; `null` for a duplicate.
    upload: Option<Upload>,
    /// Whether the caller has these bytes already.
    duplicate: bool,
    /// A file in the caller's trash with these bytes, which may be restored instead; `null` if there is none, for a duplicate, and with `allow_duplicate`.
    duplicate_in_trash: Option<FileId>,
}

/// Begins many uploads at once; each stands or falls alone. Answers in the order given.
pub async fn begin_all(
    app: &App,
    caller: &Caller,
    uploads: Vec<NewUpload>,
) -> Vec<Result<Begun, Error>> {
    let mut results: Vec<Option<Result<Begun, Error>>> = uploads.iter().map(|_| None).collect();
    let same = uploads.iter().map(|upload| find_same(app, caller, upload));
    let duplicates = join_all(same).await;
    let there = duplicates
        .iter()
        .filter_map(|found| found.as_ref().ok()?.live.clone());
    let there: Vec<FileRecord> = there.collect();
    let told = app.files.show(caller, &there).await;
    let (is_untold, mut untold) = (told.is_err(), told.err());
    let mut waiting = Vec::new();
    let mut in_trash = vec![None; results.len()];
    for (position, (upload, duplicate)) in uploads.into_iter().zip(duplicates).enumerate() {
        match duplicate {
            Ok(Same {
                live: None,
                trashed,
            }) => {
                in_trash[position] = trashed;
                waiting.push((position, upload));
            }
            // What the log does not know of is not shown.
            Ok(_) if is_untold => results[position] = Some(Err(first_or_same(&mut untold))),
            Ok(Same {
                live: Some(file), ..
            }) => {
                let file = ImageFile::of(app, file).await;
                results[position] = Some(file.map(|file| Begun {
                    file: Some(file),
                    duplicate: true,
                    ..Begun::default()
                }));
            }
            Err(error) => results[position] = Some(Err(error)),
        }
    }
    refuse_too_many(app, caller, &mut waiting, &mut results).await;
    let mut waiting = find_studies(app, caller, waiting, &mut results).await;
    for _ in 0..ATTEMPTS {
        waiting = begin_once(app, caller, waiting, &mut results).await;
        if waiting.is_empty() {
            break;
        }
    }
    let contended = || Err(Error::Unavailable("no id was free".into()));
    let answered = results.into_iter().zip(in_trash);
    let answered = answered.map(|(result, duplicate_in_trash)| {
        let begun = result.unwrap_or_else(contended);
        begun.map(|begun| Begun {
            duplicate_in_trash,
            ..begun
        })
    });
    answered.collect()
}

/// Begins the upload of bytes that came with the request: the function itself sends them, by one PUT. They are at most 16 MiB. `None`: a file has this id
/// already.
///
/// # Errors
/// `too_many_uploads`, and faults of the tables.
pub(crate) async fn begin_here(
    app: &App,
    caller: &Caller,
    id: FileId,
    (name, size, md5): (String, u64, String),
) -> Result<Option<FileRecord>, Error> {
    if app.files.unfinished(caller.id).await? >= app.config.max_unfinished_uploads {
        return Err(Code::TooManyUploads.into());
    }
    let kind = imaging::FileType::Dicom.mime_type();
    let file = FileRecord {
        id,
        declared_md5: Some(md5),
        ..new_record(app, caller, name, Some(kind.to_owned()), size)
    };
    match app.files.create(caller, vec![file.clone()]).await.pop() {
        Some(Err(NotCreated::IdTaken)) => Ok(None),
        Some(Err(NotCreated::Error(error))) => Err(error),
        Some(Ok(())) | None => Ok(Some(file)),
    }
}

/// Lets as many go on as may still be unfinished beside the caller's others. Requests at the same time see the same room: together they may begin
/// some more.
async fn refuse_too_many(
    app: &App,
    caller: &Caller,
    waiting: &mut Vec<(usize, NewUpload)>,
    results: &mut [Option<Result<Begun, Error>>],
) {
    if waiting.is_empty() {
        return;
    }
    let most = app.config.max_unfinished_uploads;
    let room = match app.files.unfinished(caller.id).await {
        Ok(unfinished) => most.saturating_sub(unfinished),
        Err(error) => return fail_all(waiting, results, error),
    };
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    for (position, _) in waiting.drain(room.min(waiting.len())..) {
        let too_many = Error::conflict(
            Code::TooManyUploads,
            format!(
                "More than {most} of your uploads would be unfinished: finish or abort some of them, then begin this one again."
            ),
        );
        results[position] = Some(Err(too_many.into()));
    }
}

/// The first tells the cause; the others share its fate.
fn fail_all(
    waiting: &mut Vec<(usize, NewUpload)>,
    results: &mut [Option<Result<Begun, Error>>],
    error: Error,
) {
    let mut error = Some(error);
    for (position, _) in waiting.drain(..) {
        results[position] = Some(Err(first_or_same(&mut error)));
    }
}

/// The error, or for those after the first one like it.
fn first_or_same(error: &mut Option<Error>) -> Error {
    let first = error.take();
    first.unwrap_or_else(|| Error::Unavailable("a table cannot be read or written".into()))
}

/// Lets those go on whose study and series are the caller's, each with the study of its series. The others learn everything that is wrong at once.
async fn find_studies(
    app: &App,
    caller: &Caller,
    mut waiting: Vec<(usize, NewUpload)>,
    results: &mut [Option<Result<Begun, Error>>],
) -> Vec<(usize, NewUpload)> {
    let choices: Vec<Choice> = waiting.iter().map(|(_, upload)| upload.choice()).collect();
    let entries = match app.references.entries(caller.id, &choices).await {
        Ok(entries) => entries,
        Err(error) => {
            fail_all(&mut waiting, results, error);
            return waiting;
        }
    };
    let found = waiting.into_iter().map(async |(position, mut upload)| {
        let mut errors = match entries.resolve(upload.choice()) {
            Ok(choice) => {
                (upload.study_id, upload.series_id) = (choice.study, choice.series);
                return (position, Ok(upload));
            }
            Err(errors) => errors,
        };
        if let Some(patient) = &upload.patient_id
            && let Ok(None) = app.references.patient(patient).await
        {
            errors.insert(0, unknown_patient());
        }
        (position, Err(Error::Invalid(errors)))
    });
    let mut going_on = Vec::new();
    for (position, found) in join_all(found).await {
        match found {
            Ok(upload) => going_on.push((position, upload)),
            Err(error) => results[position] = Some(Err(error)),
        }
    }
    going_on
}

/// One try for all that wait; answers those whose id was taken.
async fn begin_once(
    app: &App,
    caller: &Caller,
    waiting: Vec<(usize, NewUpload)>,
    results: &mut [Option<Result<Begun, Error>>],
) -> Vec<(usize, NewUpload)> {
    let prepared = join_all(
        waiting
            .iter()
            .map(|(_, upload)| prepare(app, caller, upload)),
    )
    .await;
    let mut files = Vec::new();
    let mut creating = Vec::new();
    for ((position, upload), file) in waiting.into_iter().zip(prepared) {
        match file {
            Ok(file) => {
                files.push(file.clone());
                creating.push((position, upload, file));
            }
            Err(error) => results[position] = Some(Err(error)),
        }
    }
    let created = app.files.create(caller, files).await;
    let mut again = Vec::new();
    for ((position, upload, file), created) in creating.into_iter().zip(created) {
        match created {
            Ok(()) => results[position] = Some(answer(app, file).await),
            Err(NotCreated::IdTaken) => {
                free(app, &file).await;
                again.push((position, upload));
            }
            Err(NotCreated::Error(error)) => {
                // After other errors nobody knows whether the record is there, and whoever finds it goes on with its upload.
                if matches!(error, Error::Invalid(_)) {
                    free(app, &file).await;
                }
                results[position] = Some(Err(error));
            }
        }
    }
    again
}

/// What the caller has of these bytes.
#[derive(Default)]
struct Same {
    live: Option<FileRecord>,
    trashed: Option<FileId>,
}

/// The caller's own file with these bytes, unless a second one is wanted: the live one, otherwise one in the trash.
async fn find_same(app: &App, caller: &Caller, upload: &NewUpload) -> Result<Same, Error> {
    let limit = app.config.max_upload_bytes;
    if upload.size.0 > limit {
        return Err(Error::TooLarge(format!(
            "The file is larger than the limit of {limit} bytes."
        )));
    }
    let Some(md5) = upload.md5.as_ref().filter(|_| !upload.allow_duplicate.0) else {
        return Ok(Same::default());
    };
    let (md5, size) = (md5.as_str(), upload.size.0);
    let live = app.files.own_duplicate(caller, md5, size).await?;
    let trashed = match live {
        Some(_) => None,
        None => app.files.own_trashed(caller, md5, size).await?,
    };
    Ok(Same { live, trashed })
}

/// The record to be, with its multipart upload begun when it needs one. What is begun and never recorded, the bucket's lifecycle ends.
async fn prepare(app: &App, caller: &Caller, upload: &NewUpload) -> Result<FileRecord, Error> {
    let upload = upload.clone();
    let (name, kind) = (
        upload.filename.into_string(),
        upload.mime_type.map(text::MimeType::into_string),
    );
    let mut file = new_record(app, caller, name, kind, upload.size.0);
    file.declared_md5 = upload.md5.map(text::Md5::into_string);
    file.patient_id = upload.patient_id;
    file.belong_to(upload.study_id, upload.series_id);
    file.modality = upload.modality.map(text::Modality::into_string);
    file.body_part = upload.body_part.map(text::BodyPart::into_string);
    file.study_date = upload.study_date.map(text::StudyDate::into_string);
    file.description = upload.description.map(text::Description::into_string);
    if file.part_size.is_some() {
        file.upload_id = Some(
            app.bucket
                .begin_multipart(&file.object_key(), &file.mime_type)
                .await?,
        );
    }
    Ok(file)
}

/// The record of a file of `caller`'s that is about to come, of what its name and its media type declare.
fn new_record(
    app: &App,
    caller: &Caller,
    name: String,
    mime_type: Option<String>,
    size: u64,
) -> FileRecord {
    let declared = imaging::declared(&name, mime_type.as_deref());
    let new = NewFile {
        id: app.ids.file_id(),
        file_uuid: app.ids.uuid(),
        uploaded_by: caller.id,
        uploader_name: caller.name.clone(),
        original_filename: name,
        file_type: declared.into(),
        mime_type: mime_type.unwrap_or_else(|| declared.mime_type().to_owned()),
        file_size: size,
    };
    new.into_record()
}

async fn answer(app: &App, file: FileRecord) -> Result<Begun, Error> {
    let upload = Upload::of(app, &file).await?;
    Ok(Begun {
        file: Some(ImageFile::of(app, file).await?),
        upload: Some(upload),
        ..Begun::default()
    })
}

/// Frees the parts of an upload that did certainly not become a record.
async fn free(app: &App, file: &FileRecord) {
    if let Some(upload_id) = &file.upload_id {
        app.bucket
            .abort_or_leave(&file.object_key(), upload_id)
            .await;
    }
}
