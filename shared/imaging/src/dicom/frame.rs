//! Finds and reads the bytes of one frame, and nothing else of the pixels.

use std::io::{Read, Seek};

use super::codec::Frame;
use super::layout::Layout;
use super::parse::{Parsed, PixelElement};
use super::samples::{Native, Samples};
use super::stream::{Stop, Stream};
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
    layout: Layout,
    index: u32,
) -> Result<Frame, Reason> {
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
    let big_endian = parsed.encoding.big_endian;
    let start = pixels.position.saturating_add(first / 8);
    let swapped = big_endian && layout.bits_allocated == 8 && pixels.vr == Some(*b"OW");
    let bytes = if swapped {
        swapped_bytes(&mut parsed.stream, pixels.position, first / 8, length)?
    } else {
        parsed.stream.go_to(start)?;
        parsed.stream.read_vec(length)?
    };
    let first_bit = u32::try_from(first % 8).unwrap_or_default();
    let native = Native {
        big_endian,
        tag: pixels.tag,
        first_bit,
    };
    let samples = Samples::from_native(bytes, &layout, native);
    Ok(Frame::new(layout, samples))
}

/// Reads `length` bytes from `offset` of a value whose 16-bit words were swapped although samples have 8 bits (OW in a
/// big endian file, PS3.5 8.1.2).
fn swapped_bytes<R: Read + Seek>(
    stream: &mut Stream<R>,
    position: u64,
    offset: u64,
    length: usize,
) -> Result<Vec<u8>, Stop> {
    let lead = usize::from(offset % 2 == 1);
    stream.go_to(position.saturating_add(offset - offset % 2))?;
    let mut bytes = stream.read_vec((lead + length).next_multiple_of(2))?;
    bytes
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .for_each(|pair| pair.swap(0, 1));
    bytes.drain(..lead);
    bytes.truncate(length);
    Ok(bytes)
}

/// Bits a sample of the element implies when it holds floats (PS3.3 C.7.6.24 and C.7.6.25).
pub(crate) fn float_bits(pixels: PixelElement) -> Option<u32> {
    match pixels.tag {
        tag::FLOAT_PIXEL_DATA => Some(32),
        tag::DOUBLE_PIXEL_DATA => Some(64),
        _ => None,
    }
}
