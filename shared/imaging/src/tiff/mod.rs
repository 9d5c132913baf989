//! TIFF files (TIFF 6.0 and `BigTIFF`) to pixels: strips, tiles, pyramids, many pages, 1 to 64 bits.
//!
//! `levels` chooses among the sizes of a pyramid, `jpeg2000` reads the compression the decoder does not know, `samples`
//! makes eight bits of whatever the file stores.

mod jpeg2000;
mod levels;
mod samples;

use std::io::{Read, Seek};

use tiff::decoder::{Decoder, DecodingResult, Limits as TiffLimits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError, TiffResult};

use levels::Relocated;
use samples::{colours, eight_bits, gray, interleave, palette, unpack};

use crate::orientation::Orientation;
use crate::picture::Decoded;
use crate::raster::{Channels, Raster};
use crate::{Code, Limits, Reason};

/// Decodes the first page, in the smallest level of its pyramid that still gives a preview its size.
pub(crate) fn decode(mut reader: impl Read + Seek, limits: &Limits) -> Result<Decoded, Reason> {
    let failed = |error| reason(&error);
    let mut first = open(&mut reader, limits).map_err(failed)?;
    let original = first.dimensions().map_err(failed)?;
    let orientation = first
        .find_tag_unsigned(Tag::Orientation)
        .ok()
        .flatten()
        .map_or(Orientation::Upright, Orientation::from_tag);
    let level = levels::smallest(&mut first, original).map_err(failed)?;
    let order = first.byte_order();
    let relocated = Relocated::new(&mut reader, order, level).map_err(|_| Code::Unreadable)?;
    let mut decoder = open(relocated, limits).map_err(failed)?;
    let (width, height) = decoder.dimensions().map_err(failed)?;
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(Code::TooLarge.into());
    }
    let (channels, data) = match jpeg2000::Variant::of(&mut decoder).map_err(failed)? {
        Some(variant) => jpeg2000::decode(&mut decoder, variant, limits)?,
        None => read(&mut decoder, (width, height))?,
    };
    let raster = Raster::new(width, height, channels, data).ok_or(Code::Damaged)?;
    Ok(Decoded {
        raster,
        original,
        orientation,
    })
}

fn open<R: Read + Seek>(reader: R, limits: &Limits) -> TiffResult<Decoder<R>> {
    let bytes = usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX);
    let mut tiff_limits = TiffLimits::default();
    tiff_limits.decoding_buffer_size = bytes;
    tiff_limits.intermediate_buffer_size = bytes;
    // Strip tables of large pictures: 8 bytes for each of a million strips.
    tiff_limits.ifd_value_size = 8 << 20;
    Ok(Decoder::new(reader)?.with_limits(tiff_limits))
}

/// The pixels of the picture `decoder` stands at, whose compression it knows.
fn read<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    size: (u32, u32),
) -> Result<(Channels, Vec<u8>), Reason> {
    let failed = |error| reason(&error);
    let color = decoder.colortype().map_err(failed)?;
    let mut samples = DecodingResult::U8(Vec::new());
    let planes = decoder
        .read_image_to_buffer(&mut samples)
        .map_err(failed)?
        .planes;
    pixels(decoder, color, samples, planes, size)
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
