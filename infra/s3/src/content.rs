//! What is stored of a version, on its way to a reader: found, held, and proven to be what was written.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use rusqlite::{Connection, params};
use s3s::dto::StreamingBlob;
use tokio::sync::mpsc;

use crate::blobs::{BlobId, Blobs, Lease};
use crate::damage::{Damaged, Fault};
use crate::error::StoreError;
use crate::pieces::{Proof, Source};
use crate::records::{self, Segment, Version};
use crate::store::Shared;

/// A version and a hold on its blobs.
pub(crate) struct Content {
    pub(crate) version: Version,
    segments: Vec<Segment>,
    lease: Lease,
}

impl Content {
    /// The version that `find` names, and a hold on its bytes whatever happens to it.
    pub(crate) fn look_up(
        sql: &Connection,
        blobs: &Arc<Blobs>,
        find: impl FnOnce(&Connection) -> Result<Version, StoreError>,
    ) -> Result<Self, StoreError> {
        let _lookup = blobs.lookup();
        let version = find(sql)?;
        let segments = records::segments(sql, version.seq)?;
        let lease = blobs.lease(segments.iter().map(|segment| segment.blob).collect());
        Ok(Self {
            version,
            segments,
            lease,
        })
    }

    /// The bytes of `range`. What is missing, and what is damaged in the first piece, is an error at once; damage behind it ends the stream
    /// before a wrong byte of it was sent, and so does damage that only the checksum of the whole shows.
    pub(crate) async fn send(
        self,
        shared: &Arc<Shared>,
        range: Range<u64>,
    ) -> Result<StreamingBlob, StoreError> {
        let mut pieces = self.pieces(shared, range);
        let first = pieces.recv().await.transpose()?;
        let rest = stream::unfold(pieces, |mut pieces| async {
            let piece = pieces.recv().await?;
            if let Err(error) = &piece {
                tracing::error!(cause = %error, "an object could not be read to its end");
            }
            Some((piece, pieces))
        });
        let all = stream::iter(first.map(Ok)).chain(rest);
        Ok(StreamingBlob::wrap(all))
    }

    /// Reads everything and answers the version if its bytes are what was written.
    pub(crate) async fn check(self, shared: &Arc<Shared>) -> Result<Version, StoreError> {
        let version = self.version.clone();
        let mut pieces = self.pieces(shared, 0..version.size.unsigned_abs());
        while let Some(piece) = pieces.recv().await {
            piece?;
        }
        Ok(version)
    }

    /// Reads ahead by one piece: never more than three are in memory.
    fn pieces(
        self,
        shared: &Arc<Shared>,
        range: Range<u64>,
    ) -> mpsc::Receiver<Result<Bytes, StoreError>> {
        let (sender, receiver) = mpsc::channel(1);
        let shared = Arc::downgrade(shared);
        tokio::spawn(async move {
            if let Err(error) = self.produce(range, &sender, shared).await {
                // The receiver is gone when the client is.
                let _ = sender.send(Err(error)).await;
            }
        });
        receiver
    }

    async fn produce(
        self,
        range: Range<u64>,
        sender: &mpsc::Sender<Result<Bytes, StoreError>>,
        shared: Weak<Shared>,
    ) -> Result<(), StoreError> {
        let wanted = self.wanted(&range);
        self.check_files(&wanted)?;
        let mut proof = self.proof(&range);
        // While the whole has to be proven, its last piece waits for the proof.
        let mut held: Option<Bytes> = None;
        for (segment, range) in wanted {
            let mut source = Source::open(segment, &self.lease)
                .map_err(|error| self.failed(segment.blob, error))?;
            for number in source.blocks(&range) {
                let read;
                (source, proof, read) = source.read(number, proof).await?;
                let block = read.map_err(|error| self.failed(segment.blob, error))?;
                let piece = Source::cut(&block, number, &range);
                let ready = match &proof {
                    Some(_) => held.replace(piece),
                    None => Some(piece),
                };
                if let Some(piece) = ready
                    && sender.send(Ok(piece)).await.is_err()
                {
                    return Ok(());
                }
            }
            if let Some(proof) = &mut proof {
                proof.end_of(segment);
            }
        }
        let Some(proof) = proof else { return Ok(()) };
        let sums = proof.finish().ok_or_else(|| self.damaged(Fault::Whole))?;
        if let Some(piece) = held {
            // A client that is gone leaves the proof as good as it is.
            let _ = sender.send(Ok(piece)).await;
        }
        remember(&shared, sums).await
    }

    /// The segments that `range` touches, and which bytes of each.
    fn wanted(&self, range: &Range<u64>) -> Vec<(&Segment, Range<u64>)> {
        let mut start = 0;
        let mut wanted = Vec::new();
        for segment in &self.segments {
            let end = start + segment.size;
            let own = range.start.max(start)..range.end.min(end);
            if own.start < own.end {
                wanted.push((segment, own.start - start..own.end - start));
            }
            start = end;
        }
        wanted
    }

    /// Before the first byte goes out, all of them have to be there.
    fn check_files(&self, wanted: &[(&Segment, Range<u64>)]) -> Result<(), StoreError> {
        for (segment, _) in wanted {
            if segment.inline.is_some() {
                continue;
            }
            let length = self.lease.length(segment.blob);
            if length.map_err(|error| self.failed(segment.blob, error))? < segment.size {
                return Err(self.damaged(Fault::Short(segment.blob)));
            }
        }
        Ok(())
    }

    /// What an earlier version stored has no checksums of blocks: if all of it is read, the object's own proves it.
    fn proof(&self, range: &Range<u64>) -> Option<Proof> {
        let is_whole = *range == (0..self.version.size.unsigned_abs());
        let is_unproven = self.segments.iter().any(|segment| segment.sums.is_none());
        let checksum = self.version.checksum.clone();
        let checksum = checksum.filter(|_| is_whole && is_unproven)?;
        Some(Proof::of(checksum))
    }

    fn failed(&self, blob: BlobId, error: io::Error) -> StoreError {
        match error.kind() {
            io::ErrorKind::NotFound => self.damaged(Fault::Missing(blob)),
            io::ErrorKind::UnexpectedEof => self.damaged(Fault::Short(blob)),
            io::ErrorKind::InvalidData => self.damaged(Fault::Changed(blob)),
            _ => error.into(),
        }
    }

    fn damaged(&self, fault: Fault) -> StoreError {
        StoreError::Damaged(Damaged {
            key: self.version.key.clone(),
            version_id: self.version.version_id.clone(),
            fault,
        })
    }
}

/// Keeps the checksums of what was proven, so that from now on a part of it proves itself.
async fn remember(shared: &Weak<Shared>, sums: Vec<(BlobId, Vec<u8>)>) -> Result<(), StoreError> {
    let Some(shared) = shared.upgrade() else {
        return Ok(());
    };
    let kept = shared.index.write(move |transaction| {
        let mut statement = transaction
            .sql()
            .prepare_cached("UPDATE blobs SET sums = ?2 WHERE id = ?1 AND sums IS NULL")?;
        for (blob, sums) in sums {
            statement.execute(params![blob, sums])?;
        }
        Ok(())
    });
    if let Err(error) = kept.await {
        tracing::warn!(cause = %error, "checksums of an object were not kept; the next reader makes them again");
    }
    Ok(())
}
