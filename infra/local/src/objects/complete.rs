//! `CompleteMultipartUpload`: the object is the list of its parts' blobs; no byte is copied.

use std::collections::HashMap;

use md5::{Digest as _, Md5};
use rusqlite::params;
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, ETag};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};

use super::Shared;
use super::conditions::WriteConditions;
use super::delete::release;
use super::digest::{Algorithm, Checksum, combine};
use super::error::StoreError;
use super::events::EventName;
use super::index::Transaction;
use super::multipart::{Address, Upload, any_upload, no_such_upload};
use super::outputs::{self, set_checksum};
use super::parts::{StoredPart, check_number, parts};
use super::put::{NewVersion, make_visible};
use super::records;

/// All parts but the last are at least this large
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const MIN_PART: i64 = 5 * 1024 * 1024;

/// What a completion answered, kept so that repeating it answers the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Completed {
    /// The request's part numbers and `ETags`.
    parts: Vec<(i32, String)>,
    etag: String,
    version_id: String,
    checksum: Option<Checksum>,
}

/// The request, checked as far as that is possible without the index.
struct Wanted {
    parts: Vec<WantedPart>,
    size: Option<i64>,
    checksum: Option<(Algorithm, String)>,
}

struct WantedPart {
    number: i32,
    etag: String,
    checksum: Option<(Algorithm, String)>,
}

pub(super) async fn complete_multipart_upload(
    shared: &Shared,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let wanted = Wanted {
        parts: wanted_parts(
            input
                .multipart_upload
                .and_then(|upload| upload.parts)
                .unwrap_or_default(),
        )?,
        size: input.mpu_object_size,
        checksum: one_checksum([
            input.checksum_crc32,
            input.checksum_crc32c,
            input.checksum_crc64nvme,
            input.checksum_sha1,
            input.checksum_sha256,
        ]),
    };
    let conditions = WriteConditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
    };
    let address: Address = (input.bucket.clone(), input.key.clone(), input.upload_id);
    let now_ms = shared.clock.now_ms();
    let work = move |transaction: &mut Transaction<'_>| {
        complete(transaction, &address, &wanted, &conditions, now_ms)
    };
    let completed = shared.index.write(work).await?;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(completed.etag)),
        version_id: Some(completed.version_id),
        checksum_type: completed
            .checksum
            .as_ref()
            .map(|sum| records::checksum_type(sum.composite)),
        ..CompleteMultipartUploadOutput::default()
    };
    set_checksum!(output, completed.checksum.as_ref());
    Ok(output)
}

fn wanted_parts(parts: Vec<CompletedPart>) -> Result<Vec<WantedPart>, S3Error> {
    if parts.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let mut wanted: Vec<WantedPart> = Vec::with_capacity(parts.len());
    for part in parts {
        let number = part.part_number.unwrap_or_default();
        check_number(number)?;
        if wanted.last().is_some_and(|last| last.number >= number) {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ));
        }
        let etag = part.e_tag.map(ETag::into_value).unwrap_or_default();
        let checksum = one_checksum([
            part.checksum_crc32,
            part.checksum_crc32c,
            part.checksum_crc64nvme,
            part.checksum_sha1,
            part.checksum_sha256,
        ]);
        wanted.push(WantedPart {
            number,
            etag,
            checksum,
        });
    }
    Ok(wanted)
}

/// The checksum given, from the fields in the order of [`Algorithm::ALL`].
fn one_checksum(values: [Option<String>; 5]) -> Option<(Algorithm, String)> {
    Algorithm::ALL
        .into_iter()
        .zip(values)
        .find_map(|(algorithm, value)| Some((algorithm, value?)))
}

fn complete(
    transaction: &mut Transaction<'_>,
    address: &Address,
    wanted: &Wanted,
    conditions: &WriteConditions,
    now_ms: i64,
) -> Result<Completed, StoreError> {
    let (bucket_name, key, upload_id) = address;
    let mut upload = any_upload(transaction.sql(), address)?;
    if let Some(completed) = upload.completed.take() {
        return repeated(&completed, wanted);
    }
    let stored = parts(transaction.sql(), upload_id, 0, i64::MAX)?;
    let chosen = choose(&upload, wanted, &stored)?;
    let size = chosen.iter().map(|part| part.size).sum();
    if wanted.size.is_some_and(|expected| expected != size) {
        return Err(s3_error!(
            InvalidRequest,
            "The provided 'x-amz-mp-object-size' header does not match."
        )
        .into());
    }
    let checksum = whole_checksum(&upload, wanted, &chosen)?;
    let bucket = records::bucket(transaction.sql(), bucket_name)?;
    let latest = records::latest(transaction.sql(), bucket, key)?;
    conditions.check(latest.as_ref())?;
    let etag = multipart_etag(&chosen);
    let version = NewVersion {
        key: key.clone(),
        size,
        etag: etag.clone(),
        storage_class: upload.storage_class,
        attributes: upload.attributes,
        tags: upload.tags,
        checksum: checksum.clone(),
        parts: i64::try_from(chosen.len()).unwrap_or(i64::MAX),
        segments: chosen.iter().map(|part| (part.number, part.blob)).collect(),
        event: EventName::CompleteMultipartUpload,
    };
    let made = make_visible(
        transaction,
        (bucket, bucket_name),
        latest.as_ref(),
        &version,
        now_ms,
    )?;
    let asked = wanted
        .parts
        .iter()
        .map(|part| (part.number, part.etag.clone()))
        .collect();
    let completed = Completed {
        parts: asked,
        etag,
        version_id: made.version_id,
        checksum,
    };
    close(transaction, upload_id, &completed, stored)?;
    Ok(completed)
}

/// The upload is done: its parts now belong to the object, those not chosen to nobody.
fn close(
    transaction: &mut Transaction<'_>,
    upload_id: &str,
    completed: &Completed,
    stored: Vec<StoredPart>,
) -> Result<(), StoreError> {
    let sql = transaction.sql();
    sql.prepare_cached("DELETE FROM parts WHERE upload_id = ?1")?
        .execute([upload_id])?;
    sql.prepare_cached("UPDATE uploads SET completed = ?2 WHERE upload_id = ?1")?
        .execute(params![upload_id, records::json(completed)?])?;
    release(
        transaction,
        stored.into_iter().map(|part| part.blob).collect(),
    )
}

fn repeated(completed: &str, wanted: &Wanted) -> Result<Completed, StoreError> {
    let completed: Completed = serde_json::from_str(completed).map_err(S3Error::internal_error)?;
    let asked = wanted
        .parts
        .iter()
        .map(|part| (part.number, part.etag.as_str()));
    if asked.eq(completed
        .parts
        .iter()
        .map(|(number, etag)| (*number, etag.as_str())))
    {
        return Ok(completed);
    }
    Err(no_such_upload().into())
}

/// The stored parts the request names, each as it says.
fn choose(
    upload: &Upload,
    wanted: &Wanted,
    stored: &[StoredPart],
) -> Result<Vec<StoredPart>, StoreError> {
    let by_number: HashMap<i32, &StoredPart> =
        stored.iter().map(|part| (part.number, part)).collect();
    let mut chosen = Vec::with_capacity(wanted.parts.len());
    for part in &wanted.parts {
        let found = by_number
            .get(&part.number)
            .filter(|found| found.etag == part.etag);
        let same_sum = |found: &StoredPart| match (&part.checksum, &found.checksum) {
            (Some((algorithm, value)), Some(sum)) => {
                *algorithm == sum.algorithm && *value == sum.value
            }
            _ => true,
        };
        let Some(found) = found.filter(|found| same_sum(found)) else {
            return Err(s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                 specified entity tag may not match the part's entity tag."
            )
            .into());
        };
        if let (Some(algorithm), true, None) = (upload.algorithm, upload.composite, &part.checksum)
        {
            return Err(s3_error!(
                InvalidRequest,
                "The upload was created using a {} checksum. The complete request must include the checksum for each \
                 part. It was missing for part {} in the request.",
                algorithm.name().to_lowercase(),
                part.number
            )
            .into());
        }
        chosen.push((*found).clone());
    }
    let (_, all_but_last) = chosen
        .split_last()
        .map_or((None, &[][..]), |(last, rest)| (Some(last), rest));
    if all_but_last.iter().any(|part| part.size < MIN_PART) {
        return Err(s3_error!(
            EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed object size."
        )
        .into());
    }
    Ok(chosen)
}

/// The object's checksum; without an algorithm named at the creation, CRC64NVME, as S3 does.
fn whole_checksum(
    upload: &Upload,
    wanted: &Wanted,
    chosen: &[StoredPart],
) -> Result<Option<Checksum>, StoreError> {
    let sum = |part: &StoredPart| match &part.checksum {
        Some(sum) if upload.algorithm.is_some() => sum.value.clone(),
        _ => part.crc64nvme.clone(),
    };
    let sums: Vec<_> = chosen
        .iter()
        .map(|part| (sum(part), u64::try_from(part.size).unwrap_or_default()))
        .collect();
    let algorithm = upload.algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let checksum = combine(algorithm, upload.composite, &sums);
    if let (Some((algorithm, value)), Some(computed)) = (&wanted.checksum, &checksum) {
        let bare = computed.value.split('-').next().unwrap_or_default();
        if *algorithm != computed.algorithm || (*value != computed.value && value != bare) {
            return Err(s3_error!(
                BadDigest,
                "The {} you specified did not match the calculated checksum.",
                algorithm.name()
            )
            .into());
        }
    }
    Ok(checksum)
}

/// MD5 of the parts' MD5s, and how many there are.
fn multipart_etag(parts: &[StoredPart]) -> String {
    let mut whole = Md5::new();
    for part in parts {
        whole.update(outputs::unhex(&part.etag));
    }
    format!("{}-{}", outputs::hex(&whole.finalize()), parts.len())
}

#[cfg(test)]
mod tests {
    use super::{StoredPart, multipart_etag};

    #[test]
    fn the_etag_is_the_md5_of_the_parts_md5s_with_their_number() {
        // md5("") twice; the expected value was computed with Python's hashlib.
        let empty = "d41d8cd98f00b204e9800998ecf8427e";
        let part = |number| StoredPart {
            number,
            blob: 1,
            size: 0,
            etag: empty.to_owned(),
            checksum: None,
            crc64nvme: String::new(),
            modified_ms: 0,
        };
        assert_eq!(
            multipart_etag(&[part(1), part(2)]),
            "5873dd45edd01f09c1ef2e7819369e8e-2"
        );
    }
}
