//! WADO-RS: what instances say of themselves, without what is long (PS3.18, section 10.4.1.1.2).

use std::io::{Read as _, Write as _};

use axum::response::Response;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use service::App;
use service::auth::access::Action;
use service::bucket::{Object, Written};
use service::domain::{FileRecord, SeriesId};
use service::error::Error;

use super::answer::{self, Identity};
use super::domain::Uid;
use super::domain::dataset::DataSet;
use super::domain::form::Form;
use super::elements;
use super::found::{instances, url_of};
use super::request::{Asks, Call, not_acceptable};

/// Compressed bytes of what one instance says, at most: imaging makes no more.
const MOST_COMPRESSED: u64 = 16 << 20;
/// Bytes of the text of one instance, and of all.
const MOST_TEXT: u64 = 128 << 20;
const MOST_OF_ALL: usize = 512 << 20;
/// Instances that are read at once.
const AT_ONCE: usize = 16;
/// How a relative URI of bulk data begins in what is kept. Inside of a text every quotation mark has a backslash before it.
const RELATIVE: &str = "\"BulkDataURI\":\"";

/// Answers what the instances that a path names say.
///
/// # Errors
/// [`Error::NotFound`], [`Error::BadRequest`], [`Error::NotAcceptable`]; [`Error::TooLarge`] if they say too much.
pub(super) async fn metadata(call: &Call) -> Result<Response, Error> {
    let (app, asks) = (&call.app, Asks::read(call)?);
    let files = instances(call, Action::View, asks.owner).await?;
    let there = &Form::OF_SEVERAL;
    let chosen = asks.accepted.choose(there);
    let (media, _) = chosen.ok_or_else(|| not_acceptable(there))?;
    let form = Form::of(media);
    let identity = Identity::of(&files, &format!("{media} {}", asks.base));
    if let Some(unchanged) = answer::unchanged(&asks, &identity) {
        return Ok(unchanged);
    }
    let series = series_uids(call, asks.owner, &files).await?;
    let texts = files.iter();
    let texts: Vec<_> = texts
        .map(|file| text_of(call, file, &series, &asks.base))
        .collect();
    let mut texts = stream::iter(texts).buffered(AT_ONCE);
    let mut all = Text::new(form);
    while let Some(text) = texts.try_next().await? {
        all.push(&text)?;
    }
    all.answer(app, &asks, &identity).await
}

/// The UIDs of the series of these files.
async fn series_uids(
    call: &Call,
    owner: i64,
    files: &[FileRecord],
) -> Result<Vec<(SeriesId, String)>, Error> {
    if let (Some(uid), Some(id)) = (
        &call.named.series,
        files.first().and_then(FileRecord::series),
    ) {
        return Ok(vec![(id, uid.as_str().to_owned())]);
    }
    let study = files
        .first()
        .and_then(FileRecord::study)
        .ok_or(Error::NotFound)?;
    let rows = call.app.files.series_of(owner, study).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.id, row.uid?)))
        .collect())
}

/// What one instance says: its data set, with URIs that hold by themselves.
async fn text_of(
    call: &Call,
    file: &FileRecord,
    series: &[(SeriesId, String)],
    base: &str,
) -> Result<String, Error> {
    let key = elements::key_of(file);
    let Object::Bytes(gzip) = call.app.bucket.instance(&key, MOST_COMPRESSED).await? else {
        return Err(Error::internal("what an instance says is gone"));
    };
    let mut text = String::new();
    let mut reader = GzDecoder::new(gzip.as_slice()).take(MOST_TEXT);
    reader.read_to_string(&mut text).map_err(Error::internal)?;
    let known = file
        .series()
        .and_then(|id| series.iter().find(|(known, _)| *known == id));
    let header = file
        .dicom
        .as_ref()
        .and_then(|dicom| dicom.series_instance_uid.clone());
    let series = known
        .map(|(_, uid)| uid.clone())
        .or(header)
        .unwrap_or_default();
    let study = call.named.study.as_ref().map_or("", Uid::as_str);
    let url = url_of(base, study, &series, file);
    let text = text.replace(RELATIVE, &format!("{RELATIVE}{url}/"));
    let text = placed(text, file, study, &series)?;
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inner
        .map(str::to_owned)
        .ok_or_else(|| Error::internal("what an instance says is no array"))
}

/// A file may have been moved into another study or series than its header names: then it says what its URL does.
fn placed(text: String, file: &FileRecord, study: &str, series: &str) -> Result<String, Error> {
    let dicom = file.dicom.clone().unwrap_or_default();
    if dicom.study_instance_uid.as_deref() == Some(study)
        && dicom.series_instance_uid.as_deref() == Some(series)
    {
        return Ok(text);
    }
    let mut sets: Vec<DataSet> = serde_json::from_str(&text).map_err(Error::internal)?;
    for set in &mut sets {
        for (tag, uid) in [("0020000D", study), ("0020000E", series)] {
            set.insert(tag.to_owned(), json!({ "vr": "UI", "Value": [uid] }));
        }
    }
    let sets: Value = sets.into_iter().map(Value::Object).collect();
    Ok(sets.to_string())
}

/// The text of an answer, compressed as it comes.
struct Text {
    form: Form,
    gzip: GzEncoder<Vec<u8>>,
    /// As long as it is short enough to be answered as it is.
    plain: Option<Vec<u8>>,
    bytes: usize,
}

impl Text {
    fn new(form: Form) -> Self {
        Self {
            form,
            gzip: GzEncoder::new(Vec::new(), Compression::fast()),
            plain: Some(Vec::new()),
            bytes: 0,
        }
    }

    /// Adds a data set, which is DICOM JSON.
    fn push(&mut self, set: &str) -> Result<(), Error> {
        self.write(self.form.before(self.bytes == 0).as_bytes())?;
        match self.form {
            Form::Json => self.write(set.as_bytes())?,
            Form::Xml => {
                let set: DataSet = serde_json::from_str(set).map_err(Error::internal)?;
                self.write(&self.form.write(set).map_err(Error::internal)?)?;
            }
        }
        if self.bytes > MOST_OF_ALL {
            return Err(Error::TooLarge(
                "The instances say more than an answer can have: ask for one series at a time."
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> Result<(), Error> {
        self.bytes += text.len();
        self.gzip.write_all(text).map_err(Error::internal)?;
        if self.bytes as u64 > answer::MOST {
            self.plain = None;
        }
        if let Some(plain) = &mut self.plain {
            plain.extend_from_slice(text);
        }
        Ok(())
    }

    /// As it is if it is short; compressed if the client takes that, or has to be sent to the bucket.
    async fn answer(
        mut self,
        app: &App,
        asks: &Asks,
        identity: &Identity,
    ) -> Result<Response, Error> {
        self.write(self.form.end().as_bytes())?;
        let content_type = self.form.content_type();
        let written = |is_gzip| Written {
            content_type: &content_type,
            is_gzip,
        };
        let gzip = self.gzip.finish().map_err(Error::internal)?;
        let fits = gzip.len() as u64 <= answer::MOST && asks.takes_gzip;
        match self.plain {
            Some(plain) => answer::carried(app, asks, identity, plain, written(false)).await,
            None if fits => answer::carried(app, asks, identity, gzip, written(true)).await,
            None => {
                let key = identity.key(asks.owner);
                app.bucket.put_prepared(&key, gzip, written(true)).await?;
                answer::prepared(app, &key).await
            }
        }
    }
}
