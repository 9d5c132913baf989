//! Finds and reads the bytes of one frame, and nothing else of the pixels.

use std::io::{Read, Seek};

use super::layout::Layout;
use super::parse::{Parsed, PixelElement};
use super::samples::{Native, Samples};
use super::tag;
use crate::{Code, Reason};

/// The frame that represents a multi-frame image: the middle one, where a stack shows most.
pub(crate) fn middle(frames: Option<u32>) -> u32 {
    frames.unwrap_or(1).max(1) / 2
}

/// Reads the native samples of frame `index`, seeking past those before it.
pub(crate) fn native<R: Read + Seek>(
    parsed: &mut Parsed<R>,
    pixels: PixelElement,
    layout: &Layout,
    index: u32,
) -> Result<Samples, Reason> {
    let bits = layout.bits();
    let first = u64::from(index).checked_mul(bits).ok_or(Code::TooLarge)?;
    let last = first.checked_add(bits).ok_or(Code::TooLarge)?;
    if pixels
        .length
        .is_some_and(|length| length < last.div_ceil(8))
    {
        return Err(Reason::new(
            Code::Truncated,
            "The DICOM file has fewer pixels than its header announces.",
        ));
    }
    let length = usize::try_from(last.div_ceil(8) - first / 8).map_err(|_| Code::TooLarge)?;
    parsed
        .stream
        .go_to(pixels.position.saturating_add(first / 8))?;
    let bytes = parsed.stream.read_vec(length)?;
    let big_endian = parsed.encoding.big_endian;
    let native = Native {
        big_endian,
        swapped_bytes: big_endian && layout.bits_allocated == 8 && pixels.vr == Some(*b"OW"),
        tag: pixels.tag,
        first_bit: u32::try_from(first % 8).unwrap_or_default(),
    };
    Ok(Samples::from_native(bytes, layout, native))
}

/// Bits a sample of the element implies when it holds floats (PS3.3 C.7.6.24 and C.7.6.25).
pub(crate) fn float_bits(pixels: PixelElement) -> Option<u32> {
    match pixels.tag {
        tag::FLOAT_PIXEL_DATA => Some(32),
        tag::DOUBLE_PIXEL_DATA => Some(64),
        _ => None,
    }
}
