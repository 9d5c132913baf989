//! Compressed frames to samples: one file per compression, all with the same `decode`.

mod colour;
mod jpeg;
mod jpeg2000;
mod jpeg_ls;
mod jpeg_xl;
mod rle;

use colour::Colours;

use super::layout::{Layout, Photometric, Sampling};
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

/// What `bytes` are compressed as, when their beginning says so, whatever the transfer syntax `declared`.
pub(crate) fn recognised(
    declared: Compression,
    bytes: &[u8],
    layout: &Layout,
) -> Option<Compression> {
    let says_nothing = matches!(declared, Compression::None | Compression::Unknown);
    if says_nothing && is_one_native_frame(bytes, layout) {
        return None;
    }
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(jpeg::compression(bytes)),
        // Codestreams, and the boxes of a container (T.800 I.5.1, ISO/IEC 18181-2).
        [0xFF, 0x4F, 0xFF, 0x51, ..] | [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => {
            Some(Compression::Jpeg2000)
        }
        [0xFF, 0x0A, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some(Compression::JpegXl),
        _ if says_nothing && rle::is_frame(bytes, layout) => Some(Compression::Rle),
        _ => None,
    }
}

/// Whether there are as many bytes as a native frame has; they begin with anything.
fn is_one_native_frame(bytes: &[u8], layout: &Layout) -> bool {
    let length = bytes.len() as u64;
    let single = Layout {
        frames: 1,
        ..*layout
    };
    let whole = single.sampled_for(length).bits().div_ceil(8);
    (whole..=whole + 1).contains(&length)
}

/// A frame whose fragment holds native samples.
fn native(mut bytes: Vec<u8>, layout: Layout) -> Result<Frame, Reason> {
    let layout = Layout {
        frames: 1,
        ..layout
    }
    .sampled_for(bytes.len() as u64);
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

/// Corrects the layout by the codestream, which knows how many components it has and what they are. Decoders give every pixel its own colour
/// differences, pixel by pixel.
fn take_components(layout: &mut Layout, components: u8, colours: Colours) -> Result<(), Reason> {
    layout.photometric = match components {
        1 if layout.photometric.is_gray() => layout.photometric,
        1 => Photometric::Monochrome2,
        3 => colour::decide(colours, layout.photometric),
        _ => return Err(Code::Damaged.into()),
    };
    layout.samples = components.into();
    layout.planar = false;
    layout.sampling = Sampling::Every;
    Ok(())
}

/// Takes over what a codestream says of its samples' depth, and tells by how many bits its samples are to be moved down.
/// The header decides only where the codestream holds whole words and the header places the stored bits at their top.
fn take_depth(layout: &mut Layout, precision: u32) -> u32 {
    let unused = if precision == layout.bits_stored + layout.unused_low_bits {
        layout.unused_low_bits
    } else {
        0
    };
    layout.bits_stored = precision - unused;
    layout.bits_allocated = allocated(precision);
    unused
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
