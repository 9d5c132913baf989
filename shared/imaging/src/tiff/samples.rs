//! Samples of any type and depth to eight bits.

use tiff::ColorType;
use tiff::decoder::DecodingResult;

use crate::raster::Channels;
use crate::tone::{cmyk_to_rgb, gray_from_numbers, gray_from_words, over_white, ybr_to_rgb};

/// Opaque colours or grays from pixels of several samples of eight bits.
pub(super) fn colours(color: ColorType, mut data: Vec<u8>) -> Option<(Channels, Vec<u8>)> {
    Some(match color {
        ColorType::RGB(_) => (Channels::Rgb, data),
        // Also what JPEG inside TIFF holds: its decoder leaves the colours as they are.
        ColorType::YCbCr(_) => {
            data.as_chunks_mut().0.iter_mut().for_each(ybr_to_rgb);
            (Channels::Rgb, data)
        }
        ColorType::RGBA(_) => {
            let pixels = data.as_chunks().0.iter();
            let mixed =
                pixels.flat_map(|&[r, g, b, a]| [r, g, b].map(|level| over_white(level, a)));
            (Channels::Rgb, mixed.collect())
        }
        ColorType::GrayA(_) => {
            let pixels = data.as_chunks().0.iter();
            (
                Channels::Gray,
                pixels
                    .map(|&[level, alpha]| over_white(level, alpha))
                    .collect(),
            )
        }
        ColorType::CMYK(_) => {
            let pixels = data.as_chunks().0.iter();
            (
                Channels::Rgb,
                pixels.flat_map(|&inks| cmyk_to_rgb(inks)).collect(),
            )
        }
        // Many channels, as microscopes make them: the first three as colours, or the first as gray.
        ColorType::Multiband { num_samples, .. } => {
            let (shown, channels) = if num_samples >= 3 {
                (3, Channels::Rgb)
            } else {
                (1, Channels::Gray)
            };
            let pixels = data.chunks_exact(usize::from(num_samples));
            (
                channels,
                pixels
                    .flat_map(|pixel| pixel[..shown].iter().copied())
                    .collect(),
            )
        }
        _ => return None,
    })
}

/// Samples of fewer than eight bits, rows padded to bytes, as one byte each.
pub(super) fn unpack(
    samples: DecodingResult,
    bits: u32,
    (columns, rows): (usize, usize),
) -> DecodingResult {
    let DecodingResult::U8(packed) = samples else {
        return samples;
    };
    let stride = (columns * bits as usize).div_ceil(8);
    if stride * rows != packed.len() || bits == 0 {
        return DecodingResult::U8(packed);
    }
    let mask = (1u16 << bits) - 1;
    let sample = |row: &[u8], column: usize| {
        let bit = column * bits as usize;
        let pair = u16::from(row[bit / 8]) << 8
            | u16::from(row.get(bit / 8 + 1).copied().unwrap_or_default());
        (pair >> (16 - bits as usize - bit % 8) & mask).to_le_bytes()[0]
    };
    let rows = packed.chunks_exact(stride);
    DecodingResult::U8(
        rows.flat_map(|row| (0..columns).map(move |column| sample(row, column)))
            .collect(),
    )
}

pub(super) fn gray(samples: DecodingResult, bits: u32) -> Vec<u8> {
    match samples {
        DecodingResult::U8(data) if bits < 8 => {
            let full = (1u16 << bits) - 1;
            data.into_iter()
                .map(|value| u8::try_from(u16::from(value) * 255 / full).unwrap_or(u8::MAX))
                .collect()
        }
        DecodingResult::U8(data) => data,
        DecodingResult::U16(words) => gray_from_words(&words, bits),
        other => gray_from_numbers(&numbers(other)),
    }
}

/// Colour samples of any type with eight bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scaled to 0..=255; `as` saturates"
)]
pub(super) fn eight_bits(samples: DecodingResult, bits: u32) -> Vec<u8> {
    match samples {
        DecodingResult::U8(data) if bits < 8 => {
            data.into_iter().map(|value| value << (8 - bits)).collect()
        }
        DecodingResult::U8(data) => data,
        DecodingResult::U16(words) => words
            .into_iter()
            .map(|word| (word >> bits.saturating_sub(8).min(15)) as u8)
            .collect(),
        DecodingResult::U32(words) => words.into_iter().map(|word| (word >> 24) as u8).collect(),
        // Floats of colour run from 0 to 1.
        other => numbers(other)
            .into_iter()
            .map(|value| (value * 255.0 + 0.5) as u8)
            .collect(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "64-bit samples are shown with eight bits"
)]
fn numbers(samples: DecodingResult) -> Vec<f64> {
    match samples {
        DecodingResult::U8(data) => data.into_iter().map(f64::from).collect(),
        DecodingResult::U16(data) => data.into_iter().map(f64::from).collect(),
        DecodingResult::U32(data) => data.into_iter().map(f64::from).collect(),
        DecodingResult::U64(data) => data.into_iter().map(|value| value as f64).collect(),
        DecodingResult::I8(data) => data.into_iter().map(f64::from).collect(),
        DecodingResult::I16(data) => data.into_iter().map(f64::from).collect(),
        DecodingResult::I32(data) => data.into_iter().map(f64::from).collect(),
        DecodingResult::I64(data) => data.into_iter().map(|value| value as f64).collect(),
        DecodingResult::F16(data) => data
            .into_iter()
            .map(|value| f64::from(value.to_f32()))
            .collect(),
        DecodingResult::F32(data) => data.into_iter().map(f64::from).collect(),
        DecodingResult::F64(data) => data,
    }
}

/// Colours of a palette image; the map holds all reds, then all greens, then all blues, with 16 bits.
pub(super) fn palette(
    map: &[u16],
    samples: DecodingResult,
    bits: u32,
) -> Option<(Channels, Vec<u8>)> {
    let entries = 1usize << bits.min(16);
    if map.len() < 3 * entries {
        return None;
    }
    let colour = |index: usize| {
        [0, 1, 2].map(|channel| map[channel * entries + index.min(entries - 1)].to_be_bytes()[0])
    };
    let data = match samples {
        DecodingResult::U8(data) => data
            .into_iter()
            .flat_map(|index| colour(usize::from(index)))
            .collect(),
        DecodingResult::U16(data) => data
            .into_iter()
            .flat_map(|index| colour(usize::from(index)))
            .collect(),
        _ => return None,
    };
    Some((Channels::Rgb, data))
}

/// Planes one after the other become pixels.
pub(super) fn interleave(data: &[u8], planes: usize) -> Vec<u8> {
    let size = data.len() / planes;
    (0..size)
        .flat_map(|at| (0..planes).map(move |plane| data[plane * size + at]))
        .collect()
}
