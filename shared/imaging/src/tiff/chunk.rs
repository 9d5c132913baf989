//! Strips and tiles, decompressed: rows of bytes as they were before, or pixels.

use std::io::{Cursor, Read, Seek, SeekFrom};

use flate2::read::ZlibDecoder;
use ruzstd::decoding::StreamingDecoder;

use super::directory::Source;
use super::fields::Photometric;
use super::layout::{Layout, Place};
use super::samples::{Pixels, Samples};
use super::streams::{Lzw, PackBits, Reversed};
use super::{fax, jpeg2000};
use crate::{Code, Limits, Reason, jpeg};

/// A strip or tile.
pub(super) enum Chunk<'a> {
    /// Bytes as they were before they were compressed.
    Rows(Box<dyn Read + 'a>),
    /// Pixels, because the compression knows what they are.
    Pixels(Pixels),
}

/// Largest window of Zstandard in bytes.
const ZSTANDARD_WINDOW: u64 = 64 * 1024 * 1024;

/// Whether slides are stored like this: JPEG, JPEG 2000.
pub(super) fn is_of_slides(compression: u64) -> bool {
    matches!(compression, 7 | 33_003..=33_005 | 34_712)
}

/// Opens a strip or tile, of which `rows` rows are needed.
pub(super) fn open<'a, R: Read + Seek>(
    source: &'a mut Source<R>,
    layout: &Layout,
    place: Place,
    rows: usize,
    limits: &Limits,
) -> Result<Chunk<'a>, Reason> {
    let compression = layout.compression;
    if compression == 50_001 || is_of_slides(compression) {
        let bytes = whole(source, place, limits)?;
        return Ok(Chunk::Pixels(match compression {
            7 => joint_picture(bytes, layout, limits)?,
            50_001 => web_picture(bytes, layout, limits)?,
            _ => jpeg2000::decode(&bytes, layout, limits)?,
        }));
    }
    source
        .reader
        .seek(SeekFrom::Start(place.offset))
        .map_err(|_| Code::Truncated)?;
    let stored = source.reader.by_ref().take(place.length);
    let stored: Box<dyn Read + 'a> = if layout.reversed_bits {
        Box::new(Reversed(stored))
    } else {
        Box::new(stored)
    };
    Ok(Chunk::Rows(match compression {
        1 => stored,
        2..=4 => Box::new(Cursor::new(fax_rows(stored, layout, rows, limits)?)),
        5 => Box::new(Lzw::new(stored).map_err(|_| Code::Truncated)?),
        8 | 32_946 => Box::new(ZlibDecoder::new(stored)),
        32_773 => Box::new(PackBits::new(stored)),
        50_000 => {
            let decoder = StreamingDecoder::new_with_max_window_size(stored, ZSTANDARD_WINDOW);
            Box::new(decoder.map_err(|_| Code::DecoderFailed)?)
        }
        _ => return Err(Code::UnsupportedCompression.into()),
    }))
}

/// All bytes of a strip or tile.
fn whole<R: Read + Seek>(
    source: &mut Source<R>,
    place: Place,
    limits: &Limits,
) -> Result<Vec<u8>, Code> {
    if place.length > limits.max_encoded_bytes {
        return Err(Code::TooLarge);
    }
    source.exactly(place.offset, place.length)
}

fn fax_rows(
    mut stored: Box<dyn Read + '_>,
    layout: &Layout,
    rows: usize,
    limits: &Limits,
) -> Result<Vec<u8>, Code> {
    if (layout.bits, layout.chunk_samples()) != (1, 1) {
        return Err(Code::UnsupportedPixels);
    }
    let mut bytes = Vec::new();
    (&mut stored)
        .take(limits.max_encoded_bytes)
        .read_to_end(&mut bytes)
        .map_err(|_| Code::Unreadable)?;
    fax::decode(&bytes, layout, rows)
}

/// JPEG (TIFF Technical Note 2): the tables may stand apart, and the components are what the directory says.
fn joint_picture(mut bytes: Vec<u8>, layout: &Layout, limits: &Limits) -> Result<Pixels, Reason> {
    if let Some(tables) = &layout.jpeg_tables {
        // Without the end of the tables and the beginning of the picture they are one file.
        let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables);
        let rest = bytes.strip_prefix(&[0xFF, 0xD8]).unwrap_or(&bytes);
        bytes = [tables, rest].concat();
    }
    let (width, height) = jpeg::size(&bytes, limits)?;
    // Some writers fill up the last strip.
    let larger =
        width > layout.chunk.0.next_multiple_of(16) || height > layout.chunk.1.next_multiple_of(16);
    if larger {
        return Err(Code::Damaged.into());
    }
    let components = jpeg::components(&bytes, limits)?;
    let mut samples = match (components.samples, layout.bits) {
        (jpeg::Samples::Bytes(bytes), ..=8) => Samples::Bytes(bytes),
        (jpeg::Samples::Words(words), 9..=16) => Samples::Words(words),
        (jpeg::Samples::Words(words), ..=8) => Samples::Bytes(
            words
                .into_iter()
                .map(|word| word.to_le_bytes()[0])
                .collect(),
        ),
        _ => return Err(Code::UnsupportedPixels.into()),
    };
    // Colours that share samples cannot be red and blue, whatever the directory says.
    if layout.photometric == Photometric::Rgb
        && components.subsampled
        && let Samples::Bytes(bytes) = &mut samples
    {
        bytes
            .as_chunks_mut()
            .0
            .iter_mut()
            .for_each(crate::tone::ybr_to_rgb);
    }
    Ok(Pixels {
        size: (components.width, components.height),
        count: components.count,
        samples,
    })
}

fn web_picture(bytes: Vec<u8>, layout: &Layout, limits: &Limits) -> Result<Pixels, Code> {
    let failed = |_| Code::Damaged;
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let size = (width as usize, height as usize);
    let length = decoder.output_buffer_size().ok_or(Code::TooLarge)?;
    if size.0 > layout.chunk.0 || size.1 > layout.chunk.1 || layout.bits != 8 {
        return Err(Code::Damaged);
    }
    decoder.set_memory_limit(usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX));
    let mut pixels = vec![0; length];
    decoder.read_image(&mut pixels).map_err(failed)?;
    // Alpha is left out where all of a tile is opaque.
    let alone = !decoder.has_alpha() && layout.chunk_samples() == 4;
    let (count, pixels) = if alone {
        let pixels = pixels.as_chunks().0.iter();
        (
            4,
            pixels.flat_map(|&[r, g, b]| [r, g, b, u8::MAX]).collect(),
        )
    } else {
        (length / (size.0 * size.1).max(1), pixels)
    };
    Ok(Pixels {
        size,
        count,
        samples: Samples::Bytes(pixels),
    })
}
