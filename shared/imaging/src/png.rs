//! PNG files (ISO/IEC 15948) to pixels: every colour type and depth, interlaced or not.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use png::{ColorType, Decoder, DecodingError, Info, Transformations};

use crate::icc;
use crate::orientation::Orientation;
use crate::picture::Decoded;
use crate::raster::{Channels, Raster};
use crate::tone::{levels_of_words, over_white};
use crate::{Code, Limits, Reason};

/// Decodes a PNG file. Transparent parts show white paper. One that lacks nothing but its last chunk is whole.
pub(crate) fn decode(reader: impl BufRead + Seek, limits: &Limits) -> Result<Decoded, Reason> {
    let mut reader = Ended { reader, given: 0 };
    match decode_whole(&mut reader, limits) {
        // What is found to be wrong behind the end is that the file ends.
        Err(reason) if reason.code == Code::Damaged && reader.given > 0 => {
            Err(Code::Truncated.into())
        }
        decoded => decoded,
    }
}

/// The last chunk of every file (PNG 11.2.5).
const END: [u8; 12] = *b"\0\0\0\0IEND\xAE\x42\x60\x82";

/// A file, and behind it the last chunk, whether it has one or not.
struct Ended<R> {
    reader: R,
    /// Bytes of the last chunk that were asked for.
    given: usize,
}

impl<R: BufRead> Read for Ended<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        let rest = &END[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Ended<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let ahead = self.reader.fill_buf()?;
        Ok(if ahead.is_empty() {
            &END[self.given..]
        } else {
            ahead
        })
    }

    fn consume(&mut self, count: usize) {
        // At the end there is nothing ahead that could be consumed.
        if self.reader.fill_buf().is_ok_and(<[u8]>::is_empty) {
            self.given = (self.given + count).min(END.len());
        } else {
            self.reader.consume(count);
        }
    }
}

impl<R: Seek> Seek for Ended<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.given = 0;
        self.reader.seek(to)
    }
}

fn decode_whole(reader: impl BufRead + Seek, limits: &Limits) -> Result<Decoded, Reason> {
    let bytes = usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(reader, png::Limits { bytes });
    decoder.set_ignore_text_chunk(true);
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
    // Exif may stand behind the picture (PNG 11.3.4.5), and a picture that is whole is shown whatever follows.
    let _ = reader.finish();
    let info = reader.info();
    let orientation = info
        .exif_metadata
        .as_deref()
        .map_or(Orientation::Upright, Orientation::from_exif);
    let profile = profile(info, frame.color_type);
    let deep = frame.bit_depth == png::BitDepth::Sixteen;
    let (channels, data, stretched) = eight_bits(frame.color_type, deep, data);
    let raster = Raster::new(width, height, channels, data).ok_or(Code::Damaged)?;
    Ok(Decoded {
        raster,
        original: (width, height),
        orientation,
        profile: profile.filter(|_| !stretched),
    })
}

/// The profile of the levels: the one the file has, or one made of its gamma (PNG 11.3.2; sRGB says that there is none).
fn profile(info: &Info, color: ColorType) -> Option<Vec<u8>> {
    if let Some(profile) = &info.icc_profile {
        return Some(profile.to_vec());
    }
    let gamma = info.gama_chunk.filter(|_| info.srgb.is_none())?;
    let primaries = info.chrm_chunk.map(|screen| {
        [screen.white, screen.red, screen.green, screen.blue]
            .map(|(x, y)| (x.into_value(), y.into_value()))
    });
    let gray = matches!(color, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    icc::of_gamma(gamma.into_value(), primaries, gray)
}

/// Samples of 8 or 16 bits (big endian) as opaque pixels of eight bits, and whether their contrast was changed.
fn eight_bits(color: ColorType, deep: bool, data: Vec<u8>) -> (Channels, Vec<u8>, bool) {
    let (channels, with_alpha) = match color {
        ColorType::Grayscale => (Channels::Gray, false),
        ColorType::GrayscaleAlpha => (Channels::Gray, true),
        ColorType::Rgba => (Channels::Rgb, true),
        // A palette was expanded to RGB.
        ColorType::Rgb | ColorType::Indexed => (Channels::Rgb, false),
    };
    let count = channels.count() + usize::from(with_alpha);
    let (data, stretched) = if deep {
        let pairs = data.as_chunks().0.iter();
        let words: Vec<u16> = pairs.map(|&pair| u16::from_be_bytes(pair)).collect();
        drop(data);
        levels_of_words(&words, 16, count, with_alpha)
    } else {
        (data, false)
    };
    let data = if with_alpha {
        let pixels = data.chunks_exact(count);
        let paper = |pixel: &[u8]| {
            let (colours, alpha) = (pixel.len() - 1, pixel[pixel.len() - 1]);
            let shown = [0, 1, 2].map(|channel| over_white(pixel[channel.min(colours - 1)], alpha));
            shown.into_iter().take(colours)
        };
        pixels.flat_map(paper).collect()
    } else {
        data
    };
    (channels, data, stretched)
}

fn reason(error: &DecodingError) -> Reason {
    Reason::of(match error {
        DecodingError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Code::Truncated
        }
        DecodingError::IoError(_) => Code::Unreadable,
        DecodingError::LimitsExceeded => Code::TooLarge,
        DecodingError::Format(_) => Code::Damaged,
        DecodingError::Parameter(_) => Code::DecoderFailed,
    })
}
