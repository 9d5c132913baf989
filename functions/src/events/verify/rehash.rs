//! Reads stored bytes again, and compares them with their hash: a share of all files each month, chosen by id.

use futures_util::{StreamExt as _, stream};
use md5::{Digest as _, Md5};
use service::domain::transition::StoredObject;
use service::domain::{FileId, FileRecord, ObjectKey, WarningCode, text};
use service::error::Error;

use super::originals::not_verified;
use super::position::Position;
use super::{Report, Run, Verify};
use crate::events::settle::settle_and_move;

/// Records that are read together.
const PAGE: usize = 200;
/// Files that are read at the same time.
const AT_ONCE: usize = 4;
/// How often an object is read whose bytes break off, before it counts as one that cannot be read.
const READS: usize = 2;

/// What came of reading an object.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Read {
    /// The MD5 of its bytes.
    Hashed(String),
    /// There is no such version.
    Absent,
    /// It is there, the bucket answers, and its bytes do not come.
    Unreadable,
}

/// What came of one file.
enum Looked {
    /// It is not of this share, or not at rest.
    NotItsTurn,
    /// The run ends before it could be read.
    NoTime,
    /// No run is long enough.
    TooLarge,
    Came(Result<Read, Error>),
}

impl Verify {
    /// One page of the table; where the next one begins, or `None` after the last.
    pub(super) async fn rehash(
        &self,
        after: Option<FileId>,
        share: u64,
        run: &Run,
        report: &mut Report,
    ) -> Result<Option<Position>, Error> {
        let page = self
            .app
            .verification
            .page(after, i32::try_from(PAGE).unwrap_or(i32::MAX))
            .await?;
        let mut last = after;
        let mut left = run.left(report, PAGE);
        let mut looks = stream::iter(page.files)
            .map(|file| async move {
                let looked = self.look(&file, share, run).await;
                (file, looked)
            })
            .buffered(AT_ONCE);
        while let Some((file, looked)) = looks.next().await {
            let id = file.id;
            match looked {
                Looked::NotItsTurn => {}
                Looked::NoTime => return Ok(Some(Position::Records(last))),
                Looked::TooLarge => report.too_large.add(&id),
                Looked::Came(_) if left == 0 => return Ok(Some(Position::Records(last))),
                Looked::Came(read) => {
                    left -= 1;
                    report.read += 1;
                    let judged = match read {
                        Ok(read) => Box::pin(self.judge(file, read, run, report)).await,
                        Err(error) => Err(error),
                    };
                    if let Err(error) = judged {
                        not_verified(id, &error, report);
                    }
                }
            }
            last = Some(id);
        }
        Ok(page.next.map(|next| Position::Records(Some(next))))
    }

    async fn look(&self, file: &FileRecord, share: u64, run: &Run) -> Looked {
        let is_ours = file.is_at_rest() && !file.is_leased(run.now) && !file.is_of_newer_version();
        let has_hash = file.file_hash.is_some() && file.object_version.is_some();
        // What is said to be damaged is read every month: somebody may have mended it, or the bucket had a bad hour.
        let is_its_turn = file.id.shard(run.months) == share || file.is_said_damaged();
        if !is_its_turn || !is_ours || !has_hash {
            return Looked::NotItsTurn;
        }
        if run.never_has_time_for(file.file_size) {
            return Looked::TooLarge;
        }
        if run.is_over() || !run.has_time_for(file.file_size) {
            return Looked::NoTime;
        }
        let object = StoredObject {
            version: file.object_version.clone(),
            size: file.file_size,
        };
        Looked::Came(self.read(&file.object_key(), &object).await)
    }

    async fn judge(
        &self,
        file: FileRecord,
        read: Read,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        let is_good = matches!(&read, Read::Hashed(md5) if Some(md5) == file.file_hash.as_ref());
        if is_good {
            if file.is_said_damaged() {
                self.take_back(file, run, report).await?;
            }
            return Ok(());
        }
        // What it is now decides: it may have been moved or purged while it was read.
        let seen = file.object_version.clone();
        let Some(file) = self.app.files.unattended().find(file.id).await? else {
            return Ok(());
        };
        if file.object_version != seen || !file.is_at_rest() {
            return Ok(());
        }
        if let Some(found) = Box::pin(self.find_good(&file)).await? {
            return self.replace(file, found, run, report).await;
        }
        let code = match read {
            Read::Absent => WarningCode::BytesMissing,
            Read::Hashed(_) | Read::Unreadable => WarningCode::BytesDecayed,
        };
        self.tell(file, code, run, report).await
    }

    /// Another version that has the right bytes, proven by reading them: the tag of a version says what they were.
    async fn find_good(&self, file: &FileRecord) -> Result<Option<StoredObject>, Error> {
        let key = file.object_key();
        for version in self.app.bucket.versions(&key).await? {
            let is_other = Some(&version.id) != file.object_version.as_ref();
            if !is_other || version.is_marker || version.size != file.file_size {
                continue;
            }
            let object = StoredObject {
                version: Some(version.id),
                size: version.size,
            };
            let read = self.read(&key, &object).await?;
            if matches!(&read, Read::Hashed(md5) if Some(md5) == file.file_hash.as_ref()) {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    /// The record names the good version from now on, and the bucket has it on top and alone.
    async fn replace(
        &self,
        file: FileRecord,
        found: StoredObject,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        report.replaced.add(&file.id);
        if run.dry_run {
            return Ok(());
        }
        tracing::warn!(
            file_id = file.id.number(),
            "the stored bytes of a version have decayed, and another version has them"
        );
        let (seen, now) = (file.object_version.clone(), run.now);
        let step = |file: FileRecord| {
            let file = file.found(seen.as_deref(), &found)?;
            Ok(file.intact().astray(now))
        };
        let file = self.app.files.unattended().advance(file, step).await?;
        Box::pin(settle_and_move(&self.app, file, Some(run.last_moment()))).await
    }

    async fn read(&self, key: &ObjectKey, object: &StoredObject) -> Result<Read, Error> {
        let mut broken = None;
        for _ in 0..READS {
            match self.read_once(key, object).await {
                Ok(read) => return Ok(read),
                Err(error) => broken = Some(error),
            }
        }
        // A bucket that does not answer at all says nothing about the object.
        match self.app.bucket.head(key).await {
            Ok(_) => Ok(Read::Unreadable),
            Err(_) => Err(broken.unwrap_or_else(|| Error::internal("nothing was read"))),
        }
    }

    async fn read_once(&self, key: &ObjectKey, object: &StoredObject) -> Result<Read, Error> {
        let mut reading = self.app.bucket.read(key, object)?;
        let mut hash = Md5::new();
        while let Some(bytes) = reading.next().await {
            match bytes {
                Ok(bytes) => hash.update(&bytes),
                Err(Error::NotFound) => return Ok(Read::Absent),
                Err(error) => return Err(error),
            }
        }
        Ok(Read::Hashed(text::hex(&hash.finalize())))
    }
}
