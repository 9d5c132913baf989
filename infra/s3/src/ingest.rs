//! A request body becomes a blob: hashed while it arrives, verified, durable, not yet visible.

use std::io::{self, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use md5::{Digest as _, Md5};
use rusqlite::params;
use s3s::checksum::ChecksumHasher;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, StdError, TrailingHeaders, s3_error};

use crate::blobs::{BlobId, Blobs, StagedFile};
use crate::blocks::BlockHasher;
use crate::committer::Transaction;
use crate::digest::{Algorithm, Checksum, Declared};
use crate::error::{StoreError, other_refusal};

/// Bodies up to here live in the index: one fsync, shared with others, instead of three of their own.
const INLINE: usize = 64 * 1024;
/// Bytes collected before they go to a blocking thread. Two of these are all an upload holds in memory.
const BATCH: usize = 1024 * 1024;
/// Largest body of one request (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
pub(crate) const MAX_BODY: u64 = 5 * 1024 * 1024 * 1024;

/// Verified bytes that no object has yet. Dropped unused, they disappear.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) id: BlobId,
    pub(crate) size: i64,
    pub(crate) md5: [u8; 16],
    /// The declared checksum, else CRC64NVME: S3 keeps one for every object.
    pub(crate) checksum: Checksum,
    pub(crate) crc64nvme: String,
    blocks: Vec<u8>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Inline(Vec<u8>),
    File(StagedFile),
}

impl Staged {
    /// Writes the blob's row and keeps its file with the commit.
    pub(crate) fn insert(self, transaction: &mut Transaction<'_>) -> Result<BlobId, StoreError> {
        let mut statement = transaction
            .sql()
            .prepare_cached("INSERT INTO blobs (id, size, inline, sums) VALUES (?1, ?2, ?3, ?4)")?;
        match self.content {
            Content::Inline(bytes) => {
                statement.execute(params![self.id, self.size, bytes, self.blocks])?;
            }
            Content::File(file) => {
                statement.execute(params![self.id, self.size, None::<Vec<u8>>, self.blocks])?;
                drop(statement);
                transaction.keep(file);
            }
        }
        Ok(self.id)
    }
}

/// Reads `body` to its end, if there is room for it.
pub(crate) async fn stage(
    blobs: &Arc<Blobs>,
    body: Option<StreamingBlob>,
    declared: &Declared,
    trailers: Option<&TrailingHeaders>,
) -> Result<Staged, StoreError> {
    if !blobs.room().is_for_a_body() {
        return Err(StoreError::Full);
    }
    let staged = receive(blobs, body, declared, trailers).await;
    if staged.as_ref().is_err_and(StoreError::is_full) {
        blobs.room().give_up_reserve();
    }
    staged
}

/// Reads `body` to its end. Memory stays bounded whatever its size; hashing and writing run on blocking threads.
async fn receive(
    blobs: &Arc<Blobs>,
    body: Option<StreamingBlob>,
    declared: &Declared,
    trailers: Option<&TrailingHeaders>,
) -> Result<Staged, StoreError> {
    let mut body = Batches { body, size: 0 };
    let first = body.next(INLINE + 1).await?;
    let mut hashers = Hashers {
        md5: Md5::new(),
        sums: Algorithm::hasher(declared.algorithm()),
        blocks: BlockHasher::new(),
    };
    let id = blobs.next_id();
    let content = if body.is_done() {
        let bytes = first.concat();
        hashers.md5.update(&bytes);
        hashers.sums.update(&bytes);
        hashers.blocks.update(&bytes);
        Content::Inline(bytes)
    } else {
        let (file, finished) = spool(blobs.stage(id)?, hashers, first, &mut body).await?;
        hashers = finished;
        Content::File(file)
    };
    let (md5, sums) = (hashers.md5.finalize().into(), hashers.sums.finalize());
    declared.verify(&md5, &sums, |name| {
        trailers?
            .read(|headers| headers.get(name)?.to_str().ok().map(str::to_owned))
            .flatten()
    })?;
    let content = match content {
        Content::File(mut file) => {
            Content::File(blocking(move || file.publish().map(|()| file)).await?)
        }
        inline @ Content::Inline(_) => inline,
    };
    let algorithm = declared.algorithm().unwrap_or(Algorithm::Crc64Nvme);
    let value = |algorithm: Algorithm| algorithm.of(&sums).cloned().unwrap_or_default();
    let checksum = Checksum {
        algorithm,
        value: value(algorithm),
    };
    let size = i64::try_from(body.size).map_err(|_| S3ErrorCode::EntityTooLarge)?;
    Ok(Staged {
        id,
        size,
        md5,
        checksum,
        crc64nvme: value(Algorithm::Crc64Nvme),
        blocks: hashers.blocks.finish(),
        content,
    })
}

struct Hashers {
    md5: Md5,
    sums: ChecksumHasher,
    blocks: BlockHasher,
}

/// Writes and hashes one batch while the next one arrives; MD5, the slowest, runs beside the rest.
async fn spool(
    mut file: StagedFile,
    hashers: Hashers,
    first: Vec<Bytes>,
    body: &mut Batches,
) -> Result<(StagedFile, Hashers), StoreError> {
    let Hashers {
        mut md5,
        mut sums,
        mut blocks,
    } = hashers;
    let mut batch = first;
    while !batch.is_empty() {
        let shared = Arc::new(batch);
        let hashed = Arc::clone(&shared);
        let hashing = blocking(move || {
            hashed.iter().for_each(|chunk| md5.update(chunk));
            Ok(md5)
        });
        let writing = blocking(move || {
            for chunk in shared.iter() {
                file.file().write_all(chunk)?;
                sums.update(chunk);
                blocks.update(chunk);
            }
            Ok((file, sums, blocks))
        });
        let (next, hashed, written) = tokio::join!(body.next(BATCH), hashing, writing);
        (file, sums, blocks) = written?;
        md5 = hashed?;
        batch = next?;
    }
    Ok((file, Hashers { md5, sums, blocks }))
}

/// Runs file work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

/// The body in batches; `body` is `None` once it ended.
struct Batches {
    body: Option<StreamingBlob>,
    size: u64,
}

impl Batches {
    fn is_done(&self) -> bool {
        self.body.is_none()
    }

    /// At least `wanted` bytes, fewer only at the end, none after it.
    async fn next(&mut self, wanted: usize) -> Result<Vec<Bytes>, StoreError> {
        let (mut batch, mut length) = (Vec::new(), 0);
        while length < wanted {
            let Some(body) = &mut self.body else { break };
            match body.next().await {
                Some(Ok(chunk)) if chunk.is_empty() => {}
                Some(Ok(chunk)) => {
                    length += chunk.len();
                    self.size += chunk.len() as u64;
                    batch.push(chunk);
                }
                Some(Err(error)) => return Err(broken_body(error).into()),
                None => self.body = None,
            }
            if self.size > MAX_BODY {
                return Err(s3_error!(
                    EntityTooLarge,
                    "Your proposed upload exceeds the maximum allowed size of {MAX_BODY} bytes."
                )
                .into());
            }
        }
        Ok(batch)
    }
}

/// The protocol layer's stream errors are private types: their names in the text are all there is to tell them apart.
fn broken_body(error: StdError) -> S3Error {
    // The body is an object that is copied: what is wrong with it was logged.
    if error.is::<StoreError>() {
        return S3ErrorCode::InternalError.into();
    }
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let message =
            "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return other_refusal(
            "XAmzContentSHA256Mismatch",
            http::StatusCode::BAD_REQUEST,
            message,
        );
    }
    let is_signature = text.contains("SignatureMismatch");
    let code = if is_signature {
        S3ErrorCode::SignatureDoesNotMatch
    } else {
        S3ErrorCode::IncompleteBody
    };
    S3Error::with_source(code, error)
}
