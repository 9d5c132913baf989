//! What a file may claim and cost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::charset::Charset;

/// The most a file may ask for before it is refused. The defaults fit a Lambda of 1,024 MB and keep a whole slide or a
/// large mammogram readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Pixels of one frame or picture (width × height). 100 million: a 10,000 × 10,000 scan.
    pub max_pixels: u64,
    /// Bytes one decoded frame or picture may take, all channels.
    pub max_decoded_bytes: u64,
    /// Bytes of the compressed form of one frame or picture that are held in memory.
    pub max_encoded_bytes: u64,
    /// DICOM data elements visited before the pixels. A slide of 130,000 frames has 3 million in its per-frame groups; each
    /// takes 8 bytes of the file and some 20 ns.
    pub max_elements: u32,
    /// Nesting of DICOM sequences. Structured reports nest about 10 deep.
    pub max_depth: u32,
    /// Bytes of DICOM values kept in memory.
    pub max_header_bytes: usize,
    /// Bytes of the DICOM JSON of a header, before it is compressed. That of a slide of 130,000 frames has some 150 MB, and takes 2 s.
    pub max_json_bytes: u64,
    /// Bytes a deflated DICOM data set may inflate to.
    pub max_inflated_bytes: u64,
    /// Address space of an isolated worker, in bytes.
    pub max_memory: u64,
    /// Wall-clock and CPU time of an isolated worker.
    pub max_time: Duration,
    /// The character set expected of DICOM texts that declare none. No limit, but a setting that goes the same way to the
    /// worker.
    #[serde(default)]
    pub charset: Option<Charset>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 100_000_000,
            max_decoded_bytes: 320 << 20,
            max_encoded_bytes: 256 << 20,
            max_elements: 20_000_000,
            max_depth: 32,
            max_header_bytes: 4 << 20,
            max_json_bytes: 256 << 20,
            max_inflated_bytes: 2 << 30,
            max_memory: 512 << 20,
            max_time: Duration::from_secs(20),
            charset: None,
        }
    }
}
