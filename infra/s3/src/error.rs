use std::borrow::Cow;
use std::io;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::{S3Error, S3ErrorCode};

use crate::damage::Damaged;

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another `ObjectStore` of this process, has the folder open.
    #[error("the object folder is in use by another process")]
    InUse,
    /// The index was written by a newer version of this program.
    #[error("the object index has schema version {found}, this program knows {known}")]
    NewerSchema {
        /// Version found in the file.
        found: i64,
        /// Newest version this program can read.
        known: i64,
    },
    /// The folder could not be read or written.
    #[error("the object folder cannot be used")]
    Folder(#[from] io::Error),
    /// The index could not be read or written.
    #[error("the object index cannot be used")]
    Index(#[from] rusqlite::Error),
}

/// An S3 error whose code the protocol layer has no name for.
pub(crate) fn other_refusal(
    code: &'static str,
    status: StatusCode,
    message: impl Into<Cow<'static, str>>,
) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message);
    error.set_status_code(status);
    error
}

/// Why an operation failed: the caller's fault with S3's own code, or ours.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// S3 answers this error.
    #[error("{0}")]
    Refused(#[from] S3Error),
    /// The index failed.
    #[error("the object index failed")]
    Index(#[from] rusqlite::Error),
    /// A file failed.
    #[error("an object file failed")]
    File(#[from] io::Error),
    /// There is no room on the disk.
    #[error("the disk is full")]
    Full,
    /// The bytes of an object are not what was written.
    #[error("{0}")]
    Damaged(#[from] Damaged),
    /// The store was closed while the operation was under way.
    #[error("the object store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the disk was full.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Full => true,
            Self::File(error) => matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            Self::Index(error) => is_full(error),
            _ => false,
        }
    }
}

/// Whether the index found the disk full. Of the file that its connections share, `SQLite` says that it cannot be made larger.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        error.code == rusqlite::ErrorCode::DiskFull
            || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
    })
}

/// What S3 answers when a request has to come again later.
fn later(message: &'static str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::ServiceUnavailable, message);
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
    error.set_headers(headers);
    error
}

impl From<S3ErrorCode> for StoreError {
    fn from(code: S3ErrorCode) -> Self {
        Self::Refused(code.into())
    }
}

impl From<StoreError> for S3Error {
    /// An internal cause is logged here, once, and never sent.
    fn from(error: StoreError) -> Self {
        if error.is_full() {
            tracing::error!(error = &error as &dyn std::error::Error, "object store");
            return later(
                "The disk is full. Try again when there is room; reading and deleting go on.",
            );
        }
        match error {
            StoreError::Refused(error) => error,
            StoreError::Damaged(damaged) => {
                tracing::error!(
                    key = damaged.key,
                    version = damaged.version_id,
                    fault = %damaged.fault,
                    "an object is damaged"
                );
                Self::with_message(
                    S3ErrorCode::InternalError,
                    "The stored object is damaged: the server's log says how.",
                )
            }
            StoreError::Closed | StoreError::Full => later("Please try again."),
            StoreError::Index(_) | StoreError::File(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "object store");
                Self::new(S3ErrorCode::InternalError)
            }
        }
    }
}
