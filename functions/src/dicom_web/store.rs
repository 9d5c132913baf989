//! STOW-RS (PS3.18, section 10.5): instances that come with the request. Each goes the way of an upload: a record, the original in the bucket, and
//! the event that has it processed.

use std::collections::HashMap;
use std::io::Cursor;

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};
use imaging::Limits;
use imaging::dicom::{has_preamble, read_header};
use md5::{Digest as _, Md5};
use service::App;
use service::auth::Caller;
use service::db::worklist::Stack;
use service::domain::arrival::Arrival;
use service::domain::text::hex;
use service::domain::{Code, FileRecord, Status};
use service::error::Error;

use super::domain::Uid;
use super::domain::accept::{named, split};
use super::domain::form::Form;
use super::domain::multipart::{self, Part};
use super::domain::stored::{self, Failure, Outcome, Said};
use super::request::{Call, base, media};
use crate::uploads::begin::begin_here;

const DICOM: &str = "application/dicom";
/// Bytes of a request, at most. Lambda takes 6 MB of JSON, in which the body is base64
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, "Invocation payload"); API Gateway itself refuses what is beyond.
const MOST: usize = 4_400_000;
/// Tries while somebody else sends the same instance.
const ATTEMPTS: usize = 3;

/// Stores the instances of a request.
///
/// # Errors
/// [`Error::UnsupportedMediaType`], [`Error::TooLarge`], [`Error::NotAcceptable`]; [`Error::BadRequest`] if the body cannot be read: nothing is stored then.
pub(super) async fn store(call: &Call, body: Body) -> Result<Response, Error> {
    let (app, caller, headers) = (&call.app, &call.caller, &call.headers);
    if let Some((name, _)) = call.parameters.first() {
        return Err(Error::bad_request(name.as_str(), "is no parameter here"));
    }
    let answered = media(headers, None, &Form::OF_ONE)?;
    let boundary = boundary(headers)?;
    let body = to_bytes(body, MOST).await.map_err(|_| too_large())?;
    let parts =
        multipart::read(&body, &boundary).map_err(|message| Error::bad_request("body", message))?;
    let mut storing = Storing {
        app,
        caller,
        study: call.named.study.as_ref(),
        came: HashMap::new(),
        known: Vec::new(),
    };
    let mut outcomes = Vec::with_capacity(parts.len());
    for part in &parts {
        outcomes.push(storing.one(part).await);
    }
    if storing.known.is_empty() {
        // What was stored is in the log with its record.
        app.log.nothing_to_tell();
    } else {
        app.files.show(caller, &storing.known).await?;
    }
    let (status, set) = stored::answer(&outcomes, &base(headers));
    let set = Form::of(answered).write(set).map_err(Error::internal)?;
    Ok((status, [(header::CONTENT_TYPE, answered.kind)], set).into_response())
}

fn too_large() -> Error {
    Error::TooLarge(format!(
        "The body is larger than {MOST} bytes. Send fewer instances at a time, and larger ones by an upload: POST /api/v1/uploads answers where to."
    ))
}

/// The boundary of a body of instances.
fn boundary(headers: &HeaderMap) -> Result<String, Error> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let mut parts = split(kind.unwrap_or_default(), ';').into_iter();
    let is_multipart = parts
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("multipart/related"));
    let parameters: Vec<(String, String)> = parts.filter_map(|part| named(&part)).collect();
    let parameter = |name: &str| {
        parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    let is_dicom = parameter("type").is_none_or(|kind| kind.eq_ignore_ascii_case(DICOM));
    if !is_multipart || !is_dicom {
        return Err(Error::UnsupportedMediaType);
    }
    parameter("boundary").ok_or_else(|| Error::bad_request("content-type", "names no boundary"))
}

/// A request that is being stored.
struct Storing<'a> {
    app: &'a App,
    caller: &'a Caller,
    /// The study that the URL names.
    study: Option<&'a Uid>,
    /// The hashes of what came with this request, by their UIDs.
    came: HashMap<String, String>,
    /// Files that had the same bytes already.
    known: Vec<FileRecord>,
}

impl Storing<'_> {
    async fn one(&mut self, part: &Part<'_>) -> Outcome {
        let said = said(part);
        let result = match self.stored(&said, part.bytes).await {
            Ok(result) => result,
            Err(Error::Conflict(conflict)) if conflict.code() == Code::TooManyUploads => {
                Err(Failure::OutOfResources)
            }
            Err(error) => {
                // Its cause is in the log of the function.
                drop(error.into_problem());
                Err(Failure::Processing)
            }
        };
        Outcome { said, result }
    }

    async fn stored(&mut self, said: &Said, bytes: &[u8]) -> Result<Result<(), Failure>, Error> {
        let uids = [&said.study, &said.series, &said.instance];
        let uids = uids.map(|uid| uid.as_deref().and_then(|uid| uid.parse::<Uid>().ok()));
        let ([Some(study), Some(series), Some(instance)], Some(_)) = (uids, &said.class) else {
            return Ok(Err(Failure::CannotUnderstand));
        };
        if self.study.is_some_and(|wanted| *wanted != study) {
            return Ok(Err(Failure::NotOfThisStudy));
        }
        let md5 = hex(&Md5::digest(bytes));
        if let Some(before) = self.came.get(instance.as_str()) {
            return Ok(if *before == md5 {
                Ok(())
            } else {
                Err(Failure::Duplicate)
            });
        }
        if let Some(file) = self.same_instance(&study, &series, &instance).await? {
            if file.file_hash.as_deref() != Some(md5.as_str()) {
                return Ok(Err(Failure::Duplicate));
            }
            self.known.push(file);
            self.came.insert(instance.as_str().to_owned(), md5);
            return Ok(Ok(()));
        }
        let size = bytes.len() as u64;
        // A person may have moved it into another study since: it is found by its bytes then.
        if let Some(file) = self
            .app
            .files
            .own_duplicate(self.caller, &md5, size)
            .await?
        {
            self.known.push(file);
        } else if let Err(failure) = self.sent(&instance, bytes, &md5).await? {
            return Ok(Err(failure));
        }
        self.came.insert(instance.as_str().to_owned(), md5);
        Ok(Ok(()))
    }

    /// Sends the bytes of an instance that no list knows yet. Somebody may have sent the same a moment ago, or died while they did.
    async fn sent(
        &self,
        instance: &Uid,
        bytes: &[u8],
        md5: &str,
    ) -> Result<Result<(), Failure>, Error> {
        let (app, caller) = (self.app, self.caller);
        for _ in 0..ATTEMPTS {
            let file = match app.files.arrive(caller, instance.as_str(), md5).await? {
                Arrival::Others => return Ok(Err(Failure::Duplicate)),
                Arrival::Begun(file) if file.status != Status::Uploading => return Ok(Ok(())),
                Arrival::Begun(file) => *file,
                Arrival::New(id) => {
                    let name = format!("{instance}.dcm");
                    let about = (name, bytes.len() as u64, md5.to_owned());
                    match begin_here(app, caller, id, about).await? {
                        Some(file) => file,
                        None => continue,
                    }
                }
            };
            app.bucket.put_original(&file, bytes.to_vec()).await?;
            return Ok(Ok(()));
        }
        Ok(Err(Failure::Processing))
    }

    /// The caller's file that is this instance already.
    async fn same_instance(
        &self,
        study: &Uid,
        series: &Uid,
        instance: &Uid,
    ) -> Result<Option<FileRecord>, Error> {
        let references = &self.app.references;
        let (study, series) = tokio::try_join!(
            references.study_of_uid(study.as_str()),
            references.series_of_uid(series.as_str())
        )?;
        let (Some(study), Some(series)) = (study, series) else {
            return Ok(None);
        };
        let of = Stack {
            owner: self.caller.id,
            study,
            series: Some(series),
        };
        self.app.files.find_instance(of, instance.as_str()).await
    }
}

/// What an instance says it is; nothing, if it is no DICOM file.
fn said(part: &Part<'_>) -> Said {
    let is_dicom = matches!(part.kind.as_str(), "" | DICOM) && has_preamble(part.bytes);
    let header = is_dicom
        .then(|| read_header(Cursor::new(part.bytes), &Limits::default()).ok())
        .flatten();
    let header = header.unwrap_or_default();
    Said {
        class: header.sop_class_uid,
        instance: header.sop_instance_uid,
        series: header.series_instance_uid,
        study: header.study_instance_uid,
    }
}
