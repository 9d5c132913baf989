//! Reads an object once: hashes every byte, and keeps a copy on local disk for those that have to look inside.

use std::io::{self, ErrorKind};
use std::path::Path;

use md5::{Digest as _, Md5};
use service::App;
use service::domain::{FileRecord, text};
use service::error::Error;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};

/// The most that is kept on disk; template.yaml gives the function 10,240 MB of /tmp. What is larger is hashed whole, and its header is read
/// from the part that is kept.
const MAX_SPOOLED: u64 = 9 * 1024 * 1024 * 1024;
/// Bytes collected before they are written.
const WRITE_SIZE: usize = 1024 * 1024;

/// What reading found.
#[derive(Debug)]
pub(super) struct Spooled {
    /// MD5 of all bytes, lower-case hex.
    pub(super) md5: String,
    /// Whether the copy is the whole object.
    pub(super) whole: bool,
}

/// Streams the object of `file` into `path`. Memory does not grow with its size.
pub(super) async fn spool(app: &App, file: &FileRecord, path: &Path) -> Result<Spooled, Error> {
    let mut stream = app
        .bucket
        .get(&file.object_key(), file.object_version.as_deref())
        .await?;
    let mut copy =
        BufWriter::with_capacity(WRITE_SIZE, File::create(path).await.map_err(not_written)?);
    let mut hash = Md5::new();
    let mut kept = 0;
    let mut whole = true;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Error::Unavailable(error.into()))?;
        hash.update(&chunk);
        let size = chunk.len() as u64;
        whole = whole && kept + size <= MAX_SPOOLED;
        if whole {
            copy.write_all(&chunk).await.map_err(not_written)?;
            kept += size;
        }
    }
    copy.flush().await.map_err(not_written)?;
    let md5 = text::hex(&hash.finalize());
    Ok(Spooled { md5, whole })
}

/// A full disk passes: another environment, or this one when somebody has made room, has the space. Going on without the copy would settle
/// the file without its picture for good.
fn not_written(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Unavailable(error.into()),
        _ => Error::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use tokio::fs::OpenOptions;
    use tokio::io::AsyncWriteExt as _;

    use super::{Error, not_written};

    /// `/dev/full` is always full.
    #[tokio::test]
    async fn a_full_disk_is_no_reason_to_settle_a_file() {
        let full = OpenOptions::new().write(true).open("/dev/full").await;
        let mut full = full.expect("/dev/full");
        let written = match full.write_all(b"bytes").await {
            Ok(()) => full.flush().await,
            failed => failed,
        };
        let error = not_written(written.expect_err("no room"));
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }
}
