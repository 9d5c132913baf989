//! The gzip file (RFC 1952) that the JSON is kept in: it is answered as it is, so nobody compresses it again. Where the frames are
//! stands in the extra field of its head, which every reader of gzip steps over: so one object holds both, and whoever asks for a
//! frame reads its beginning only.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::super::stream::Stop;
use crate::Instance;
use crate::dicom::FrameIndex;

/// Text that is compressed at once.
const CHUNK: usize = 32 << 10;
/// Compressed bytes, at most: less than an answer of a worker may have.
const MOST: usize = 15 << 20;

/// Text on its way into a gzip file.
pub(super) struct Packed {
    deflate: DeflateEncoder<Vec<u8>>,
    crc: Crc,
    chunk: Vec<u8>,
    /// Bytes of text that are still allowed.
    left: u64,
    failed: bool,
}

impl Packed {
    pub(super) fn new(most: u64) -> Self {
        Self {
            // The text of a header repeats itself: the fastest level makes a sixth of it, the best an eighth in ten times the time.
            deflate: DeflateEncoder::new(Vec::new(), Compression::fast()),
            crc: Crc::new(),
            chunk: Vec::with_capacity(CHUNK),
            left: most,
            failed: false,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.extend(|chunk| chunk.extend_from_slice(text.as_bytes()));
    }

    /// Takes what `write` adds.
    pub(super) fn extend(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.chunk);
        if self.chunk.len() >= CHUNK {
            self.compress();
        }
    }

    /// Whether nothing more is taken.
    pub(super) fn room(&self) -> Result<(), Stop> {
        if self.failed {
            return Err(Stop::TooLarge);
        }
        Ok(())
    }

    fn compress(&mut self) {
        let bytes = self.chunk.len() as u64;
        self.failed = self.failed || bytes > self.left || self.deflate.get_ref().len() > MOST;
        if !self.failed {
            self.left -= bytes;
            self.crc.update(&self.chunk);
            // Memory takes all.
            self.failed = self.deflate.write_all(&self.chunk).is_err();
        }
        self.chunk.clear();
    }

    pub(super) fn finish(mut self) -> Result<Finished, Stop> {
        self.compress();
        self.room()?;
        let deflated = self.deflate.finish().map_err(|_| Stop::TooLarge)?;
        if deflated.len() > MOST {
            return Err(Stop::TooLarge);
        }
        Ok(Finished {
            deflated,
            crc: self.crc.sum(),
            length: self.crc.amount(),
        })
    }
}

/// The text, compressed.
pub(super) struct Finished {
    deflated: Vec<u8>,
    crc: u32,
    length: u32,
}

impl Finished {
    /// The file, and the frames beside it if they are too many for its head.
    pub(super) fn with(self, frames: Option<&FrameIndex>) -> Instance {
        let (extra, beside) = frames.map(FrameIndex::in_head).unwrap_or_default();
        // Deflated, with an extra field, of no time, written the fastest way, by no known system (RFC 1952, section 2.3).
        let mut json = vec![0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 4, 255];
        json.extend(u16::try_from(extra.len()).unwrap_or_default().to_le_bytes());
        json.extend(extra);
        json.extend(self.deflated);
        json.extend(self.crc.to_le_bytes());
        json.extend(self.length.to_le_bytes());
        Instance {
            json,
            frames: beside,
        }
    }
}
