//! QIDO-RS (PS3.18, section 10.6): studies, series and instances by what they say.
//!
//! What the worklist, the rows of series and the records know is compared there. What only files say is read from the DICOM JSON of one file of each
//! study or series, or of each instance, and only where a condition needs it or it is to be answered.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use service::auth::access::Action;
use service::db::log_entry::About;
use service::domain::{FileRecord, StudyId};
use service::error::Error;

use super::domain::asked::{Asked, Ignored};
use super::domain::attribute::Tag;
use super::domain::form::Form;
use super::domain::levels::{Level, Wanted};
use super::request::{Call, base, media, owner};
use super::results::{Candidate, Run};

/// Bytes of an answer, at most: Lambda carries 6 MB, and every quotation mark counts twice.
const MOST_BYTES: usize = 7 << 19;

const MORE: &str = "299 filmroom \"There are additional results that can be requested.\"";
const NOT_FUZZY: &str = "299 filmroom \"The fuzzymatching parameter is not supported. Only literal matching has been performed.\"";
const NOT_EMPTY: &str = "299 filmroom \"The emptyvaluematching parameter is not supported. Empty Value Matching has not been performed.\"";
const NOT_MULTIPLE: &str = "299 filmroom \"The multiplevaluematching parameter is not supported. Multiple Value Matching has not been performed.\"";

const NOT_KNOWN: &str =
    "299 filmroom \"Parameters that are not known here have been left out of account.\"";

/// Answers a search for results of `level`.
///
/// # Errors
/// [`Error::BadRequest`], [`Error::NotAcceptable`]; [`Error::NotFound`] if the study or the series that the path names is not there;
/// [`Error::TooLarge`] if too many files would have to be read.
pub(super) async fn search(call: &Call, level: Level) -> Result<Response, Error> {
    let mut asked = Asked::read(&call.parameters).map_err(Error::BadRequest)?;
    let form = Form::of(media(
        &call.headers,
        asked.options.accept.as_deref(),
        &Form::OF_SEVERAL,
    )?);
    by_modality_of_study(level, &mut asked);
    let Some(owner) = owner(&call.caller, asked.options.of) else {
        call.app.log.nothing_to_tell();
        return if call.named.study.is_some() {
            Err(Error::NotFound)
        } else {
            Ok(nothing(&asked))
        };
    };
    let names = (call.named.study.is_some(), call.named.series.is_some());
    let wanted = Wanted::of(&asked, level, names);
    let mut run = Run::new(&call.app, owner, level, asked, wanted);
    let (page, has_more) = run.results(&call.named).await?;
    if page.is_empty() {
        call.app.log.nothing_to_tell();
        return Ok(nothing(&run.asked));
    }
    tell(call, owner, level, &page).await?;
    listed(call, &run, form, page, has_more)
}

/// Tells the log what is shown.
async fn tell(call: &Call, owner: i64, level: Level, page: &[Candidate]) -> Result<(), Error> {
    let about = if level == Level::Instance {
        let files: Vec<FileRecord> = page.iter().filter_map(|found| found.file.clone()).collect();
        About::files(&files, None)
    } else {
        let mut ids: Vec<StudyId> = page.iter().map(|found| found.study.id).collect();
        ids.dedup();
        About::Studies {
            ids,
            owner,
            patient: None,
        }
    };
    call.app.log.tell(&call.caller, Action::List, about).await
}

fn listed(
    call: &Call,
    run: &Run<'_>,
    form: Form,
    page: Vec<Candidate>,
    has_more: bool,
) -> Result<Response, Error> {
    let base = base(&call.headers);
    let (mut all, mut is_cut) = (Vec::new(), has_more);
    for found in page {
        let set = form
            .write(run.answer_of(found, &base))
            .map_err(Error::internal)?;
        if !all.is_empty() && all.len() + set.len() > MOST_BYTES {
            is_cut = true;
            break;
        }
        all.extend_from_slice(form.before(all.is_empty()).as_bytes());
        all.extend(set);
    }
    all.extend_from_slice(form.end().as_bytes());
    let mut answer = ([(header::CONTENT_TYPE, form.content_type())], all).into_response();
    warn(&mut answer, &run.asked, is_cut);
    Ok(answer)
}

/// At the level of studies a modality is one of the study's: some clients ask for it so.
fn by_modality_of_study(level: Level, asked: &mut Asked) {
    if level == Level::Study {
        let attributes = asked
            .conditions
            .iter_mut()
            .map(|condition| &mut condition.attribute.0[0]);
        attributes
            .filter(|tag| **tag == Tag(0x0008_0060))
            .for_each(|tag| *tag = Tag(0x0008_0061));
    }
}

fn nothing(asked: &Asked) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    warn(&mut answer, asked, false);
    answer
}

/// What the client should know of an answer (PS3.18, sections 8.3.4.2 and 8.3.4.4 to 8.3.4.6).
fn warn(answer: &mut Response, asked: &Asked, has_more: bool) {
    let ignored = asked.ignored.iter().map(|ignored| match ignored {
        Ignored::Fuzzy => NOT_FUZZY,
        Ignored::EmptyValues => NOT_EMPTY,
        Ignored::MultipleValues => NOT_MULTIPLE,
        Ignored::Unknown => NOT_KNOWN,
    });
    let warnings: Vec<&str> = ignored.chain(has_more.then_some(MORE)).collect();
    if !warnings.is_empty()
        && let Ok(value) = HeaderValue::from_str(&warnings.join(", "))
    {
        answer.headers_mut().insert(header::WARNING, value);
    }
}
