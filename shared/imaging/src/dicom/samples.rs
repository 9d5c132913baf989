//! The samples of one frame in memory, and how native frames become samples (PS3.5 section 8.1.1 and annex D).

use super::layout::{Layout, Photometric};
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
        match (layout.photometric, samples) {
            (Photometric::YbrFull422, Self::Bytes(bytes)) => Self::Bytes(upsample_422(&bytes)),
            (_, samples) if layout.planar => samples.interleaved(),
            (_, samples) => samples,
        }
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

/// Two luminances share one pair of colour differences: `Y₁Y₂CbCr` becomes `Y₁CbCrY₂CbCr`.
fn upsample_422(bytes: &[u8]) -> Vec<u8> {
    bytes
        .as_chunks()
        .0
        .iter()
        .flat_map(|&[y1, y2, cb, cr]| [y1, cb, cr, y2, cb, cr])
        .collect()
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
    let unused = 64 - layout.bits_stored.min(64);
    if layout.signed {
        ((word << unused).cast_signed() >> unused) as f64
    } else {
        (word << unused >> unused) as f64
    }
}
