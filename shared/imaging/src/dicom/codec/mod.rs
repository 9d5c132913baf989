//! Compressed frames to samples: one file per compression, all with the same `decode`.

mod jpeg;
mod jpeg2000;
mod jpeg_ls;
mod jpeg_xl;
mod rle;

use super::layout::Layout;
use super::samples::{Native, Samples};
use super::tag;
use super::transfer_syntax::Compression;
use crate::{Code, Limits, Reason};

/// A decoded frame, and its layout: what the codestream says where it differs from the header, because the codestream
/// is what was decoded.
pub(crate) struct Frame {
    pub(crate) layout: Layout,
    pub(crate) samples: Samples,
    /// Columns and rows of the whole frame when it was decoded at a reduced size.
    pub(crate) original: (u32, u32),
}

impl Frame {
    /// A frame decoded at full size.
    pub(crate) fn new(layout: Layout, samples: Samples) -> Self {
        Self {
            original: (layout.columns, layout.rows),
            layout,
            samples,
        }
    }
}

/// Decodes `bytes`, a frame compressed as `compression`. A codec that can decode at a reduced size may do so as long as
/// the long side keeps `wanted` pixels.
pub(crate) fn decode(
    compression: Compression,
    bytes: Vec<u8>,
    layout: Layout,
    wanted: u32,
    limits: &Limits,
) -> Result<Frame, Reason> {
    match compression {
        Compression::None => native(bytes, layout),
        Compression::Rle => rle::decode(&bytes, layout),
        Compression::Jpeg => jpeg::decode(&bytes, layout, limits),
        Compression::JpegLs => jpeg_ls::decode(&bytes, layout, limits),
        Compression::Jpeg2000 => jpeg2000::decode(&bytes, layout, wanted, limits),
        Compression::JpegXl => jpeg_xl::decode(&bytes, layout, limits),
        Compression::Deflate => native(inflate(&bytes, &layout)?, layout),
        _ => Err(Code::UnsupportedCompression.into()),
    }
}

/// A frame whose fragment holds native samples.
fn native(mut bytes: Vec<u8>, layout: Layout) -> Result<Frame, Reason> {
    let length = usize::try_from(layout.bits().div_ceil(8)).map_err(|_| Code::TooLarge)?;
    if bytes.len() < length {
        return Err(Code::Truncated.into());
    }
    bytes.truncate(length);
    let native = Native {
        big_endian: false,
        tag: tag::PIXEL_DATA,
        first_bit: 0,
    };
    let samples = Samples::from_native(bytes, &layout, native);
    Ok(Frame::new(layout, samples))
}

/// Inflates a frame (RFC 1951) to at most the bytes its layout asks for.
fn inflate(bytes: &[u8], layout: &Layout) -> Result<Vec<u8>, Reason> {
    use std::io::Read;

    let length = layout.bits().div_ceil(8);
    let mut inflated = Vec::new();
    flate2::read::DeflateDecoder::new(bytes)
        .take(length)
        .read_to_end(&mut inflated)
        .map_err(|_| Code::Damaged)?;
    Ok(inflated)
}

/// Samples of up to 16 bits as the narrowest kind that holds `bits`.
pub(crate) fn narrow(values: impl Iterator<Item = u16>, bits: u32) -> Samples {
    if bits <= 8 {
        Samples::Bytes(values.map(|value| value.to_le_bytes()[0]).collect())
    } else {
        Samples::Words {
            bytes: values.flat_map(u16::to_le_bytes).collect(),
            big_endian: false,
        }
    }
}

/// Bits a sample takes in memory when it has `bits`.
pub(crate) fn allocated(bits: u32) -> u32 {
    match bits {
        0..=8 => 8,
        9..=16 => 16,
        _ => 32,
    }
}
