//! TIFF files (TIFF 6.0 and `BigTIFF`) to pixels: strips, tiles, pyramids, many pages, 1 to 64 bits.

use std::io::{Read, Seek};

use tiff::decoder::{Decoder, DecodingResult, Limits as TiffLimits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use crate::orientation::Orientation;
use crate::picture::Decoded;
use crate::raster::{Channels, Raster};
use crate::tone::{cmyk_to_rgb, gray_from_numbers, gray_from_words, over_white};
use crate::{Code, Limits, Picture, Reason};

/// Directories looked at in search of a small level of a pyramid. Slides have about ten.
const MAX_DIRECTORIES: usize = 64;

/// Decodes the first page, in the smallest level of its pyramid that still gives a preview its size.
pub(crate) fn decode(reader: impl Read + Seek, limits: &Limits) -> Result<Decoded, Reason> {
    let bytes = usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX);
    let mut tiff_limits = TiffLimits::default();
    tiff_limits.decoding_buffer_size = bytes;
    tiff_limits.intermediate_buffer_size = bytes;
    // Strip tables of large pictures: 8 bytes for each of a million strips.
    tiff_limits.ifd_value_size = 8 << 20;
    let mut decoder = Decoder::new(reader)
        .map_err(|error| reason(&error))?
        .with_limits(tiff_limits);
    let original = decoder.dimensions().map_err(|error| reason(&error))?;
    let level = smallest_level(&mut decoder, original);
    decoder
        .seek_to_image(level)
        .map_err(|error| reason(&error))?;
    let (width, height) = decoder.dimensions().map_err(|error| reason(&error))?;
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(Code::TooLarge.into());
    }
    let orientation = decoder
        .find_tag_unsigned(Tag::Orientation)
        .ok()
        .flatten()
        .map_or(Orientation::Upright, Orientation::from_tag);
    let color = decoder.colortype().map_err(|error| reason(&error))?;
    let mut samples = DecodingResult::U8(Vec::new());
    let layout = decoder
        .read_image_to_buffer(&mut samples)
        .map_err(|error| reason(&error))?;
    let planes = layout.planes;
    let (channels, data) = pixels(&mut decoder, color, samples, planes, (width, height))?;
    let raster = Raster::new(width, height, channels, data).ok_or(Code::Damaged)?;
    Ok(Decoded {
        raster,
        original,
        orientation,
    })
}

/// The directory to decode: of those with the shape of the first, the smallest that is large enough.
fn smallest_level<R: Read + Seek>(decoder: &mut Decoder<R>, (width, height): (u32, u32)) -> usize {
    let mut best = (0, width.max(height));
    for index in 1..MAX_DIRECTORIES {
        if decoder.seek_to_image(index).is_err() {
            break;
        }
        let Ok((w, h)) = decoder.dimensions() else {
            continue;
        };
        // Same shape within the rounding of one pixel of the smaller level.
        let skew = (u64::from(w) * u64::from(height)).abs_diff(u64::from(h) * u64::from(width));
        let same_shape = skew <= u64::from(width.max(height));
        let reduced = w.max(h) < best.1 && w.max(h) >= Picture::PREVIEW_SIDE;
        if same_shape && reduced {
            best = (index, w.max(h));
        }
    }
    best.0
}

/// Pixels of eight bits.
fn pixels<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    color: ColorType,
    samples: DecodingResult,
    planes: usize,
    (width, height): (u32, u32),
) -> Result<(Channels, Vec<u8>), Reason> {
    let unsupported = || Reason::of(Code::UnsupportedPixels);
    let bits = u32::from(color.bit_depth());
    let count = usize::from(color.num_samples());
    let samples = if bits < 8 {
        unpack(samples, bits, (width as usize * count, height as usize))
    } else {
        samples
    };
    if let ColorType::Palette(_) = color {
        let map = decoder
            .get_tag_u16_vec(Tag::ColorMap)
            .map_err(|error| reason(&error))?;
        return palette(&map, samples, bits).ok_or_else(unsupported);
    }
    if count == 1 {
        return Ok((Channels::Gray, gray(samples, bits)));
    }
    let data = eight_bits(samples, bits);
    let data = if planes > 1 {
        interleave(&data, planes)
    } else {
        data
    };
    colours(color, data).ok_or_else(unsupported)
}

/// Opaque colours or grays from pixels of several samples of eight bits.
fn colours(color: ColorType, data: Vec<u8>) -> Option<(Channels, Vec<u8>)> {
    Some(match color {
        ColorType::RGB(_) | ColorType::YCbCr(_) => (Channels::Rgb, data),
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
fn unpack(samples: DecodingResult, bits: u32, (columns, rows): (usize, usize)) -> DecodingResult {
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

fn gray(samples: DecodingResult, bits: u32) -> Vec<u8> {
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
fn eight_bits(samples: DecodingResult, bits: u32) -> Vec<u8> {
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
fn palette(map: &[u16], samples: DecodingResult, bits: u32) -> Option<(Channels, Vec<u8>)> {
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
fn interleave(data: &[u8], planes: usize) -> Vec<u8> {
    let size = data.len() / planes;
    (0..size)
        .flat_map(|at| (0..planes).map(move |plane| data[plane * size + at]))
        .collect()
}

fn reason(error: &TiffError) -> Reason {
    Reason::of(match error {
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Code::Truncated
        }
        TiffError::IoError(_) => Code::Truncated,
        TiffError::LimitsExceeded | TiffError::IntSizeError => Code::TooLarge,
        TiffError::UnsupportedError(_) => Code::UnsupportedCompression,
        _ => Code::Damaged,
    })
}
