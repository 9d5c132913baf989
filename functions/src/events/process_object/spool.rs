//! Reads an object once: hashes every byte, and keeps a copy on local disk for those that have to look inside. A small one is in memory until then.

use std::io;
use std::path::Path;

use futures_util::StreamExt as _;
use md5::{Digest as _, Md5};
use service::App;
use service::bucket::{RANGE, Reading};
use service::domain::transition::StoredObject;
use service::domain::{FileRecord, text};
use service::error::Error;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};

use crate::scratch::on_disk;

/// The most that is kept on disk; template.yaml gives the function 10,240 MB of /tmp. What is larger is hashed whole, and its header is read
/// from the part that is kept.
const MAX_SPOOLED: u64 = 9 * 1024 * 1024 * 1024;
/// Bytes collected before they are written.
const WRITE_SIZE: usize = 1024 * 1024;

/// What was read of an object.
#[derive(Debug)]
pub(super) enum Original {
    /// All of it: it came in one answer.
    InMemory(Vec<u8>),
    /// It is on the disk already, if it is not too large for that.
    Spooled(Spooled),
}

impl Original {
    /// Has the copy at `path`. For a thread that may wait.
    pub(super) fn copied(self, path: &Path) -> io::Result<Spooled> {
        match self {
            Self::Spooled(spooled) => Ok(spooled),
            Self::InMemory(bytes) => {
                std::fs::write(path, &bytes)?;
                let md5 = text::hex(&Md5::digest(&bytes));
                Ok(Spooled { md5, whole: true })
            }
        }
    }
}

/// What reading found.
#[derive(Debug)]
pub(super) struct Spooled {
    /// MD5 of all bytes, lower-case hex.
    pub(super) md5: String,
    /// Whether the copy is the whole object.
    pub(super) whole: bool,
}

/// Reads the object of `file`, a large one into `path`. Memory does not grow with its size (`bucket/read.rs` says how much it takes).
pub(super) async fn read(app: &App, file: &FileRecord, path: &Path) -> Result<Original, Error> {
    let object = StoredObject {
        version: file.object_version.clone(),
        size: file.file_size,
    };
    let mut reading = app.bucket.read(&file.object_key(), &object)?;
    if object.size <= RANGE {
        let only = reading.next().await.transpose()?;
        return Ok(Original::InMemory(only.unwrap_or_default()));
    }
    spool(reading, path).await.map(Original::Spooled)
}

async fn spool(mut reading: Reading, path: &Path) -> Result<Spooled, Error> {
    let mut copy = BufWriter::with_capacity(WRITE_SIZE, File::create(path).await.map_err(on_disk)?);
    let mut hash = Md5::new();
    let mut kept = 0;
    let mut whole = true;
    while let Some(chunk) = reading.next().await {
        let chunk = chunk?;
        hash.update(&chunk);
        let size = chunk.len() as u64;
        whole = whole && kept + size <= MAX_SPOOLED;
        if whole {
            copy.write_all(&chunk).await.map_err(on_disk)?;
            kept += size;
        }
    }
    copy.flush().await.map_err(on_disk)?;
    let md5 = text::hex(&hash.finalize());
    Ok(Spooled { md5, whole })
}
