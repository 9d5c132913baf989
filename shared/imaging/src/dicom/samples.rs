//! The samples of one frame in memory, and how native frames become samples (PS3.5 section 8.1.1 and annex D).

use super::layout::{Layout, Sampling};
use super::tag;

/// Sample values as stored, pixel by pixel. Wider types keep what the narrower ones cannot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Samples {
    /// Up to 8 bits.
    Bytes(Vec<u8>),
    /// Up to 16 bits, two bytes each: no copy is made only to change the byte order.
    Words { bytes: Vec<u8>, big_endian: bool },
    /// 32-bit and 64-bit integers and floats, as numbers with their sign.
    Wide(Vec<f64>),
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
            32 => Self::Wide(
                bytes
                    .as_chunks()
                    .0
                    .iter()
                    .map(|b| wide32(*b, layout, native))
                    .collect(),
            ),
            _ => Self::Wide(
                bytes
                    .as_chunks()
                    .0
                    .iter()
                    .map(|b| wide64(*b, layout, native))
                    .collect(),
            ),
        };
        let samples = samples.without_low_bits(layout.unused_low_bits);
        if layout.planar && layout.sampling == Sampling::Every {
            samples.interleaved()
        } else {
            samples
        }
    }

    /// Moves the stored bits of integers of up to 16 bits down to bit 0; wider ones were when they were read.
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
            Self::Wide(_) => {}
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
            Self::Wide(values) => {
                let plane = values.len() / 3;
                Self::Wide(
                    (0..plane * 3)
                        .map(|i| values[i % 3 * plane + i / 3])
                        .collect(),
                )
            }
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

fn wide32(bytes: [u8; 4], layout: &Layout, native: Native) -> f64 {
    let word = if native.big_endian {
        u32::from_be_bytes(bytes)
    } else {
        u32::from_le_bytes(bytes)
    };
    if native.tag == tag::FLOAT_PIXEL_DATA {
        return f64::from(f32::from_bits(word));
    }
    let word = word >> layout.unused_low_bits.min(31);
    let unused = 32 - layout.bits_stored.min(32);
    if layout.signed {
        f64::from((word << unused).cast_signed() >> unused)
    } else {
        f64::from(word << unused >> unused)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "64-bit samples are shown with 8 bits: 53 bits are plenty"
)]
fn wide64(bytes: [u8; 8], layout: &Layout, native: Native) -> f64 {
    let word = if native.big_endian {
        u64::from_be_bytes(bytes)
    } else {
        u64::from_le_bytes(bytes)
    };
    if native.tag == tag::DOUBLE_PIXEL_DATA {
        return f64::from_bits(word);
    }
    let word = word >> layout.unused_low_bits.min(63);
    let unused = 64 - layout.bits_stored.min(64);
    if layout.signed {
        ((word << unused).cast_signed() >> unused) as f64
    } else {
        (word << unused >> unused) as f64
    }
}
