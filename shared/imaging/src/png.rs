//! PNG files (ISO/IEC 15948) to pixels: every colour type and depth, interlaced or not.

use std::io::{BufRead, Seek};

use png::{ColorType, Decoder, DecodingError, Transformations};

use crate::orientation::Orientation;
use crate::picture::Decoded;
use crate::raster::{Channels, Raster};
use crate::tone::{gray_from_words, over_white};
use crate::{Code, Limits, Reason};

/// Decodes a PNG file. Transparent parts show white paper.
pub(crate) fn decode(reader: impl BufRead + Seek, limits: &Limits) -> Result<Decoded, Reason> {
    let bytes = usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(reader, png::Limits { bytes });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes to colours, single bits to bytes, transparent colours to an alpha channel.
    decoder.set_transformations(Transformations::EXPAND);
    let info = decoder.read_header_info().map_err(|error| reason(&error))?;
    let (width, height) = info.size();
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(Code::TooLarge.into());
    }
    let mut reader = decoder.read_info().map_err(|error| reason(&error))?;
    let size = reader
        .output_buffer_size()
        .filter(|size| *size <= bytes)
        .ok_or(Code::TooLarge)?;
    let mut data = vec![0; size];
    let frame = reader
        .next_frame(&mut data)
        .map_err(|error| reason(&error))?;
    let orientation = reader
        .info()
        .exif_metadata
        .as_deref()
        .map_or(Orientation::Upright, Orientation::from_exif);
    let deep = frame.bit_depth == png::BitDepth::Sixteen;
    let (channels, data) = eight_bits(frame.color_type, deep, data);
    let raster = Raster::new(width, height, channels, data).ok_or(Code::Damaged)?;
    Ok(Decoded {
        raster,
        original: (width, height),
        orientation,
    })
}

/// Samples of 8 or 16 bits (big endian) as opaque pixels of eight bits.
fn eight_bits(color: ColorType, deep: bool, data: Vec<u8>) -> (Channels, Vec<u8>) {
    let data = match (deep, color) {
        (false, _) => data,
        (true, ColorType::Grayscale) => {
            let words: Vec<u16> = data
                .as_chunks()
                .0
                .iter()
                .map(|&pair| u16::from_be_bytes(pair))
                .collect();
            return (Channels::Gray, gray_from_words(&words, 16));
        }
        (true, _) => data.into_iter().step_by(2).collect(),
    };
    match color {
        ColorType::Grayscale => (Channels::Gray, data),
        ColorType::GrayscaleAlpha => (
            Channels::Gray,
            data.as_chunks()
                .0
                .iter()
                .map(|&[level, alpha]| over_white(level, alpha))
                .collect(),
        ),
        ColorType::Rgba => {
            let pixels = data.as_chunks().0.iter();
            (
                Channels::Rgb,
                pixels
                    .flat_map(|&[r, g, b, a]| [r, g, b].map(|level| over_white(level, a)))
                    .collect(),
            )
        }
        // A palette was expanded to RGB.
        ColorType::Rgb | ColorType::Indexed => (Channels::Rgb, data),
    }
}

fn reason(error: &DecodingError) -> Reason {
    Reason::of(match error {
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Code::Truncated
        }
        DecodingError::IoError(_) => Code::Unreadable,
        DecodingError::LimitsExceeded => Code::TooLarge,
        DecodingError::Format(_) => Code::Damaged,
        DecodingError::Parameter(_) => Code::DecoderFailed,
    })
}
