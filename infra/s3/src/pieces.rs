//! Blobs as they are read: block by block, each compared with its checksum.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use bytes::Bytes;
use s3s::checksum::ChecksumHasher;

use crate::blobs::{BlobId, Lease};
use crate::blocks::{BLOCK, BlockHasher, is_intact};
use crate::digest::{Algorithm, Checksum};
use crate::ingest::blocking;
use crate::records::Segment;

/// One blob that is open.
#[derive(Debug)]
pub(crate) struct Source {
    bytes: Kept,
    size: u64,
    sums: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Kept {
    Inline(Bytes),
    File(File),
}

impl Source {
    pub(crate) fn open(segment: &Segment, lease: &Lease) -> io::Result<Self> {
        let bytes = match &segment.inline {
            Some(bytes) => Kept::Inline(bytes.clone().into()),
            None => Kept::File(lease.read(segment.blob)?),
        };
        Ok(Self {
            bytes,
            size: segment.size,
            sums: segment.sums.clone(),
        })
    }

    /// The blocks that `range` touches.
    pub(crate) fn blocks(&self, range: &Range<u64>) -> Range<u64> {
        range.start / BLOCK..range.end.min(self.size).div_ceil(BLOCK)
    }

    /// Reads one block, and adds it to `proof`, off the async threads. Fails with `InvalidData` if it is not what was written.
    pub(crate) async fn read(
        self,
        number: u64,
        proof: Option<Proof>,
    ) -> io::Result<(Self, Option<Proof>, io::Result<Bytes>)> {
        blocking(move || {
            let mut proof = proof;
            let block = self.block(number);
            if let (Some(proof), Ok(block)) = (&mut proof, &block) {
                proof.update(block);
            }
            Ok((self, proof, block))
        })
        .await
    }

    fn block(&self, number: u64) -> io::Result<Bytes> {
        let start = number * BLOCK;
        let end = (start + BLOCK).min(self.size);
        let block = match &self.bytes {
            Kept::Inline(bytes) => {
                let (start, end) = (index(start), index(end));
                let found = bytes.get(start..end);
                Bytes::copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?)
            }
            Kept::File(file) => {
                let mut block = vec![0; index(end - start)];
                file.read_exact_at(&mut block, start)?;
                block.into()
            }
        };
        match &self.sums {
            Some(sums) if !is_intact(sums, number, &block) => {
                Err(io::ErrorKind::InvalidData.into())
            }
            _ => Ok(block),
        }
    }

    /// What of a block lies in `range` of its blob.
    pub(crate) fn cut(block: &Bytes, number: u64, range: &Range<u64>) -> Bytes {
        let start = number * BLOCK;
        let end = start + block.len() as u64;
        let wanted = range.start.max(start)..range.end.min(end);
        block.slice(index(wanted.start - start)..index(wanted.end - start))
    }
}

fn index(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// Compares all bytes of an object with its checksum, and makes the checksums of blocks that its blobs lack.
#[derive(Debug)]
pub(crate) struct Proof {
    expected: Checksum,
    whole: Hasher,
    blob: BlockHasher,
    made: Vec<(BlobId, Vec<u8>)>,
}

/// The protocol layer's has no `Debug`.
struct Hasher(ChecksumHasher);

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

impl Proof {
    pub(crate) fn of(expected: Checksum) -> Self {
        Self {
            whole: Hasher(Algorithm::hasher(Some(expected.algorithm))),
            expected,
            blob: BlockHasher::new(),
            made: Vec::new(),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.whole.0.update(bytes);
        self.blob.update(bytes);
    }

    /// The blob was read to its end.
    pub(crate) fn end_of(&mut self, segment: &Segment) {
        let blob = std::mem::replace(&mut self.blob, BlockHasher::new());
        if segment.sums.is_none() {
            self.made.push((segment.blob, blob.finish()));
        }
    }

    /// The checksums that were made, if the bytes are the object's.
    pub(crate) fn finish(self) -> Option<Vec<(BlobId, Vec<u8>)>> {
        let sums = self.whole.0.finalize();
        let found = self.expected.algorithm.of(&sums);
        (found == Some(&self.expected.value)).then_some(self.made)
    }
}
