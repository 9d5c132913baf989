//! The samples of one frame as they are stored, for programs that show them themselves.

use serde::{Deserialize, Serialize};

use super::codec::Frame;
use super::layout::{Layout, Photometric, Sampling};
use super::samples::{Kind, Samples, masked, sign_extended, word};
use crate::tone::video_to_full_range;
use crate::{Code, Reason};

/// One frame, decoded: what Pixel Data of a file in Explicit VR Little Endian would hold that has only this frame, pixel
/// by pixel (Planar Configuration 0), without a byte of padding.
///
/// Every codec and every writer gives the same: the stored bits are the lowest (High Bit is Bits Stored - 1), the bits
/// above are 0 or repeat the sign, and every pixel has its own colour differences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFrame {
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// 1 or 3.
    pub samples_per_pixel: u32,
    /// 1, 8, 16, 32 or 64. Single bits are packed, the first pixel in the lowest bit (PS3.5 8.1.1).
    pub bits_allocated: u32,
    /// How many of them are used.
    pub bits_stored: u32,
    /// What the samples are.
    pub kind: Kind,
    /// What they mean.
    pub photometric: Colours,
    /// The samples, little endian.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// What is to be said of the pixels of the file.
    pub warning: Option<Reason>,
}

/// Photometric Interpretation of decoded samples (PS3.3 C.7.6.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Colours {
    /// Low values are white.
    #[serde(rename = "MONOCHROME1")]
    Monochrome1,
    /// Low values are black.
    #[serde(rename = "MONOCHROME2")]
    Monochrome2,
    /// Indices into the colour table of the file.
    #[serde(rename = "PALETTE COLOR")]
    Palette,
    /// Red, green, blue.
    #[serde(rename = "RGB")]
    Rgb,
    /// Luminance and two colour differences, full range.
    #[serde(rename = "YBR_FULL")]
    YbrFull,
}

impl StoredFrame {
    /// The samples of a decoded frame of a file whose header says `header`. A codestream of fewer bits is given the room
    /// that the header announces.
    pub(super) fn new(frame: Frame, header: &Layout) -> Result<Self, Reason> {
        let Frame {
            layout,
            mut samples,
            ..
        } = frame;
        let photometric = match layout.photometric {
            Photometric::Monochrome1 => Colours::Monochrome1,
            Photometric::Monochrome2 => Colours::Monochrome2,
            Photometric::Palette => Colours::Palette,
            // What is still called a transformation was undone by a decoder that left the name.
            Photometric::Rgb | Photometric::YbrIct | Photometric::YbrRct | Photometric::Xyb => {
                Colours::Rgb
            }
            Photometric::YbrFull => Colours::YbrFull,
            // The range of video has no name without shared colour differences.
            Photometric::YbrPartial => {
                let Samples::Bytes(bytes) = &mut samples else {
                    return Err(Code::UnsupportedPixels.into());
                };
                let pixels = bytes.as_chunks_mut().0;
                pixels.iter_mut().for_each(video_to_full_range);
                Colours::YbrFull
            }
        };
        let bits_allocated = layout.bits_allocated.max(header.bits_allocated);
        let kind = match &samples {
            Samples::Wide(wide) => wide.kind,
            _ => Kind::integer(layout.signed),
        };
        Ok(Self {
            rows: layout.rows,
            columns: layout.columns,
            samples_per_pixel: layout.samples,
            bits_allocated,
            bits_stored: layout.bits_stored,
            kind,
            photometric,
            bytes: little_endian(samples, kind, layout.bits_stored, bits_allocated),
            warning: None,
        })
    }

    /// The bytes that frames of this shape have; `None` if there is no such shape.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        let is_shape = matches!(self.bits_allocated, 1 | 8 | 16 | 32 | 64)
            && (1..=self.bits_allocated).contains(&self.bits_stored)
            && matches!(self.samples_per_pixel, 1 | 3)
            && self.rows > 0
            && self.columns > 0;
        let layout = Layout {
            rows: self.rows,
            columns: self.columns,
            samples: self.samples_per_pixel,
            photometric: Photometric::Monochrome2,
            sampling: Sampling::Every,
            planar: false,
            bits_allocated: self.bits_allocated,
            bits_stored: self.bits_stored,
            unused_low_bits: 0,
            signed: false,
            frames: 1,
        };
        is_shape.then(|| layout.bits().div_ceil(8))
    }
}

/// Samples with `stored` bits as words of `allocated` bits.
fn little_endian(samples: Samples, kind: Kind, stored: u32, allocated: u32) -> Vec<u8> {
    let (bytes, size, big_endian, unused_low_bits) = match samples {
        Samples::Bytes(bytes) if allocated == 1 => return packed(&bytes),
        Samples::Bytes(bytes) => (bytes, 1, false, 0),
        Samples::Words { bytes, big_endian } => (bytes, 2, big_endian, 0),
        Samples::Wide(wide) => (wide.bytes, wide.size, wide.big_endian, wide.unused_low_bits),
    };
    let word = |sample: &[u8]| {
        let word = word(sample, big_endian) >> unused_low_bits;
        match kind {
            Kind::Unsigned => masked(word, stored),
            Kind::Signed => sign_extended(word, stored),
            Kind::Float => word,
        }
    };
    let room = (allocated / 8) as usize;
    if room == size {
        return in_place(bytes, size, word);
    }
    let words = bytes.chunks_exact(size).map(word);
    words
        .flat_map(|word| word.to_le_bytes().into_iter().take(room))
        .collect()
}

/// Where the samples stand: a frame of 200 MB is not held twice.
fn in_place(mut bytes: Vec<u8>, size: usize, word: impl Fn(&[u8]) -> u64) -> Vec<u8> {
    for sample in bytes.chunks_exact_mut(size) {
        let word = word(sample).to_le_bytes();
        sample.copy_from_slice(&word[..size]);
    }
    bytes
}

/// Single bits, eight to a byte.
fn packed(bits: &[u8]) -> Vec<u8> {
    let byte = |bits: &[u8]| {
        let set = (0..8).zip(bits).map(|(at, bit)| (bit & 1) << at);
        set.fold(0, |byte, bit| byte | bit)
    };
    bits.chunks(8).map(byte).collect()
}
