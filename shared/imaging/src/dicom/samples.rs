//! The samples of one frame in memory, and how native frames become samples (PS3.5 section 8.1.1 and annex D).

use serde::{Deserialize, Serialize};

use super::layout::{Layout, Sampling};
use super::tag;

/// Sample values as stored, pixel by pixel. Wider types keep what the narrower ones cannot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Samples {
    /// Up to 8 bits.
    Bytes(Vec<u8>),
    /// Up to 16 bits, two bytes each: no copy is made only to change the byte order.
    Words { bytes: Vec<u8>, big_endian: bool },
    /// 32-bit and 64-bit integers and floats.
    Wide(Wide),
}

/// Samples of 4 or 8 bytes, as they stand in the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wide {
    pub(super) bytes: Vec<u8>,
    pub(super) big_endian: bool,
    /// Bytes of a sample.
    pub(super) size: usize,
    pub(super) kind: Kind,
    bits_stored: u32,
    pub(super) unused_low_bits: u32,
}

/// What the samples of a frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Integers from 0 on.
    Unsigned,
    /// Integers in two's complement.
    Signed,
    /// IEEE 754 (Float Pixel Data and Double Float Pixel Data, PS3.3 C.7.6.24 and C.7.6.25).
    Float,
}

impl Wide {
    /// Integers of 32 bits, of which `bits_stored` are used.
    pub(crate) fn integers(
        values: impl Iterator<Item = i32>,
        bits_stored: u32,
        signed: bool,
    ) -> Self {
        Self {
            bytes: values.flat_map(i32::to_le_bytes).collect(),
            big_endian: false,
            size: 4,
            kind: Kind::integer(signed),
            bits_stored,
            unused_low_bits: 0,
        }
    }

    fn from_native(bytes: Vec<u8>, layout: &Layout, native: Native) -> Self {
        Self {
            bytes,
            big_endian: native.big_endian,
            size: (layout.bits_allocated / 8) as usize,
            kind: if native.tag == tag::PIXEL_DATA {
                Kind::integer(layout.signed)
            } else {
                Kind::Float
            },
            bits_stored: layout.bits_stored,
            unused_low_bits: 0,
        }
    }

    /// The numbers that the samples are. Integers of more than 53 bits lose their lowest ones, which nobody sees.
    #[expect(clippy::cast_precision_loss, reason = "levels have 8 bits")]
    pub(crate) fn values(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        self.words().map(move |word| match (self.kind, self.size) {
            (Kind::Float, 4) => f32::from_bits(lowest_word(word)).into(),
            (Kind::Float, _) => f64::from_bits(word),
            (Kind::Signed, _) => word.cast_signed() as f64,
            (Kind::Unsigned, _) => word as f64,
        })
    }

    /// The bits of the samples: of integers the stored ones, with their sign.
    fn words(&self) -> impl ExactSizeIterator<Item = u64> + '_ {
        self.bytes.chunks_exact(self.size).map(move |bytes| {
            let word = word(bytes, self.big_endian) >> self.unused_low_bits;
            match self.kind {
                Kind::Float => word,
                Kind::Signed => sign_extended(word, self.bits_stored),
                Kind::Unsigned => masked(word, self.bits_stored),
            }
        })
    }
}

/// A sample of up to 8 bytes.
pub(super) fn word(sample: &[u8], big_endian: bool) -> u64 {
    let mut word = [0; 8];
    word[..sample.len()].copy_from_slice(sample);
    if big_endian {
        word[..sample.len()].reverse();
    }
    u64::from_le_bytes(word)
}

impl Kind {
    pub(super) fn integer(signed: bool) -> Self {
        if signed { Self::Signed } else { Self::Unsigned }
    }
}

/// The lowest `bits` of a word, from 1 to 64.
pub(super) fn masked(word: u64, bits: u32) -> u64 {
    let unused = 64 - bits;
    word << unused >> unused
}

/// The lowest `bits` of a word, from 1 to 64, with the highest of them above.
pub(super) fn sign_extended(word: u64, bits: u32) -> u64 {
    let unused = 64 - bits;
    ((word << unused).cast_signed() >> unused).cast_unsigned()
}

fn lowest_word(word: u64) -> u32 {
    let [a, b, c, d, ..] = word.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// How the bytes of a native frame are to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Native {
    pub(crate) big_endian: bool,
    /// The element the frame comes from: integers or floats.
    pub(crate) tag: tag::Tag,
    /// First bit of the frame in its first byte; only single-bit frames start inside a byte.
    pub(crate) first_bit: u32,
}

impl Samples {
    /// Reads the bytes of one native frame; `bytes` has the length the layout asks for.
    pub(crate) fn from_native(bytes: Vec<u8>, layout: &Layout, native: Native) -> Self {
        let size = (layout.bits_allocated / 8).max(1) as usize;
        let bytes = match layout.sampling {
            Sampling::Every => bytes,
            Sampling::Pairs => upsample_pairs(&bytes, size, layout),
            Sampling::Blocks => upsample_blocks(&bytes, size, layout),
        };
        let samples = match layout.bits_allocated {
            1 => Self::Bytes(unpack_bits(&bytes, layout, native.first_bit)),
            8 => Self::Bytes(bytes),
            16 => Self::Words {
                bytes,
                big_endian: native.big_endian,
            },
            _ => Self::Wide(Wide::from_native(bytes, layout, native)),
        };
        let samples = samples.without_low_bits(layout.unused_low_bits);
        if layout.planar && layout.sampling == Sampling::Every {
            samples.interleaved()
        } else {
            samples
        }
    }

    /// Moves the stored bits of integers down to bit 0.
    pub(crate) fn without_low_bits(mut self, unused: u32) -> Self {
        match &mut self {
            _ if unused == 0 => {}
            Self::Bytes(bytes) => bytes.iter_mut().for_each(|byte| *byte >>= unused.min(7)),
            Self::Words { bytes, big_endian } => {
                for pair in bytes.as_chunks_mut().0 {
                    *pair = if *big_endian {
                        (u16::from_be_bytes(*pair) >> unused.min(15)).to_be_bytes()
                    } else {
                        (u16::from_le_bytes(*pair) >> unused.min(15)).to_le_bytes()
                    };
                }
            }
            Self::Wide(wide) => {
                wide.unused_low_bits = unused.min(63);
            }
        }
        self
    }

    /// `RRR…GGG…BBB…` becomes `RGBRGB…`.
    pub(crate) fn interleaved(self) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(interleave(&bytes, 1)),
            Self::Words { bytes, big_endian } => Self::Words {
                bytes: interleave(&bytes, 2),
                big_endian,
            },
            Self::Wide(wide) => Self::Wide(Wide {
                bytes: interleave(&wide.bytes, wide.size),
                ..wide
            }),
        }
    }
}

/// Interleaves three planes of samples of `size` bytes.
fn interleave(planes: &[u8], size: usize) -> Vec<u8> {
    let plane = planes.len() / 3;
    let (red, rest) = planes.split_at(plane);
    let (green, blue) = rest.split_at(plane);
    let pixels = red
        .chunks_exact(size)
        .zip(green.chunks_exact(size))
        .zip(blue.chunks_exact(size));
    let mut bytes = Vec::with_capacity(planes.len());
    for ((r, g), b) in pixels {
        bytes.extend_from_slice(r);
        bytes.extend_from_slice(g);
        bytes.extend_from_slice(b);
    }
    bytes
}

/// Single bits, first pixel in the lowest bit (PS3.5 8.1.1).
fn unpack_bits(bytes: &[u8], layout: &Layout, first_bit: u32) -> Vec<u8> {
    let count = usize::try_from(layout.pixels() * u64::from(layout.samples)).unwrap_or(usize::MAX);
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
    bits.skip(first_bit as usize).take(count).collect()
}

/// Two luminances share one pair of colour differences: `Y₁Y₂CbCr` becomes `Y₁CbCrY₂CbCr`. Samples have `size` bytes.
fn upsample_pairs(bytes: &[u8], size: usize, layout: &Layout) -> Vec<u8> {
    let length = usize::try_from(layout.pixels()).map_or(usize::MAX, |pixels| pixels * 3 * size);
    let mut upsampled = Vec::with_capacity(length + 3 * size);
    for pair in bytes.chunks_exact(4 * size) {
        let (luminances, differences) = pair.split_at(2 * size);
        for luminance in luminances.chunks_exact(size) {
            upsampled.extend_from_slice(luminance);
            upsampled.extend_from_slice(differences);
        }
    }
    upsampled.truncate(length);
    upsampled
}

/// Four luminances share one pair of colour differences, and each kind stands together.
fn upsample_blocks(bytes: &[u8], size: usize, layout: &Layout) -> Vec<u8> {
    let (columns, rows) = (layout.columns as usize, layout.rows as usize);
    let (across, down) = (columns.div_ceil(2), rows.div_ceil(2));
    let (luminances, differences) = bytes.split_at((columns * rows * size).min(bytes.len()));
    let (blue, red) = differences.split_at((across * down * size).min(differences.len()));
    let mut upsampled = Vec::with_capacity(columns * rows * 3 * size);
    for (at, luminance) in luminances.chunks_exact(size).enumerate() {
        let block = (at / columns / 2 * across + at % columns / 2) * size;
        upsampled.extend_from_slice(luminance);
        for difference in [blue, red] {
            upsampled.extend_from_slice(difference.get(block..block + size).unwrap_or_default());
        }
    }
    upsampled
}
