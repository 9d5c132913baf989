//! What files say of themselves: the DICOM JSON that is kept of each.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::Value;
use service::App;
use service::bucket::Object;
use service::domain::{FileRecord, object_key};
use service::error::Error;

use super::domain::dataset::DataSet;

/// Compressed bytes that are read of one file, at most; and bytes of its text.
const MOST: u64 = 4 << 20;
const MOST_TEXT: u64 = 48 << 20;

/// What a file says, of the attributes to `keep`. One that says too much says nothing.
pub(super) async fn of_file(
    app: &App,
    file: &FileRecord,
    keep: impl Fn(&str) -> bool,
) -> Result<DataSet, Error> {
    let said = of_key(app, &key_of(file), keep).await?;
    Ok(said.unwrap_or_default())
}

/// Where what a file says is kept.
pub(super) fn key_of(file: &FileRecord) -> String {
    object_key::instance(file.id, made_of(file))
}

/// The version of what is kept of a file.
pub(super) fn made_of(file: &FileRecord) -> u32 {
    file.instance.unwrap_or(object_key::INSTANCE)
}

/// What is kept under `key`, if there is anything.
pub(super) async fn of_key(
    app: &App,
    key: &str,
    keep: impl Fn(&str) -> bool,
) -> Result<Option<DataSet>, Error> {
    match app.bucket.instance(key, MOST).await? {
        Object::Bytes(gzip) => Ok(Some(kept(&gzip, keep).map_err(Error::internal)?)),
        Object::TooLarge => Ok(Some(DataSet::new())),
        Object::Missing => Ok(None),
    }
}

fn kept(gzip: &[u8], keep: impl Fn(&str) -> bool) -> std::io::Result<DataSet> {
    let mut text = Vec::new();
    GzDecoder::new(gzip)
        .take(MOST_TEXT + 1)
        .read_to_end(&mut text)?;
    if text.len() as u64 > MOST_TEXT {
        return Ok(DataSet::new());
    }
    let sets: Vec<DataSet> = serde_json::from_slice(&text)?;
    let mut set = sets.into_iter().next().unwrap_or_default();
    set.retain(|tag, element| keep(tag) && is_short(element));
    Ok(set)
}

/// Whether an element has its value in it. A search answers no long ones, because their URIs are relative to their instance.
fn is_short(element: &Value) -> bool {
    element.get("BulkDataURI").is_none()
}
