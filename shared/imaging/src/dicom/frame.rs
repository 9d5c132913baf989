//! Finds and reads the bytes of one frame, and nothing else of the pixels.

use std::io::{Read, Seek};

use super::codec::Frame;
use super::landmarks::PixelElement;
use super::layout::Layout;
use super::parse::Parsed;
use super::samples::{Native, Samples};
use super::stream::{Stop, Stream};
use super::tag;
use super::view::{Which, missing_pixels};
use crate::{Code, Limits, Reason};

/// The bytes of the frame to be shown, or its samples.
pub(crate) struct Found<T> {
    pub(crate) frame: T,
    /// Which one it is.
    pub(crate) index: u32,
    /// What is to be said of it, when there are more or fewer pixels than announced.
    pub(crate) warning: Option<Code>,
}

/// Reads the native samples of one frame, seeking past those before it.
pub(crate) fn native<R: Read + Seek>(
    parsed: &mut Parsed<R>,
    pixels: PixelElement,
    claimed: u64,
    layout: Layout,
    which: Which,
) -> Result<Found<Frame>, Reason> {
    let there = parsed.stream.available_from(pixels.position).min(claimed);
    let layout = layout.sampled_for(claimed);
    let bits = layout.bits();
    let whole = there.saturating_mul(8) / bits.max(1);
    let (index, warning) = choice(whole, claimed, there, &layout, which)?;
    let first = u64::from(index).checked_mul(bits).ok_or(Code::TooLarge)?;
    let last = first.checked_add(bits).ok_or(Code::TooLarge)?;
    let length = usize::try_from(last.div_ceil(8) - first / 8).map_err(|_| Code::TooLarge)?;
    let present = usize::try_from(there - first / 8).map_or(length, |there| there.min(length));
    let big_endian = parsed.encoding.big_endian || parsed.syntax.pixels_big_endian;
    let swapped =
        parsed.encoding.big_endian && layout.bits_allocated == 8 && pixels.vr == Some(*b"OW");
    let mut bytes = if swapped {
        swapped_bytes(&mut parsed.stream, pixels.position, first / 8, present)?
    } else {
        let start = pixels.position.saturating_add(first / 8);
        parsed.stream.go_to(start)?;
        parsed.stream.read_vec(present)?
    };
    // Pixels the writer left out are black.
    bytes.resize(length, 0);
    let native = Native {
        big_endian,
        tag: pixels.tag,
        first_bit: u32::try_from(first % 8).unwrap_or_default(),
    };
    let samples = Samples::from_native(bytes, &layout, native);
    Ok(Found {
        frame: Frame::new(layout, samples),
        index,
        warning,
    })
}

/// The value of pixels that are no native samples although they have a length.
pub(crate) fn whole_value<R: Read + Seek>(
    parsed: &mut Parsed<R>,
    pixels: PixelElement,
    claimed: u64,
    limits: &Limits,
) -> Result<Vec<u8>, Reason> {
    let there = parsed.stream.available_from(pixels.position).min(claimed);
    if there > limits.max_encoded_bytes {
        return Err(Code::TooLarge.into());
    }
    parsed.stream.go_to(pixels.position)?;
    let there = usize::try_from(there).map_err(|_| Code::TooLarge)?;
    Ok(parsed.stream.read_vec(there)?)
}

/// A quarter of a frame is shown if that is all there is.
const LEAST_PART: u64 = 4;

/// Which of `whole` native frames to show. If a file ends inside its only frame, a part was lost on the way, so nothing
/// is shown. If its writer put too few pixels into a whole file, those are shown.
fn choice(
    whole: u64,
    claimed: u64,
    there: u64,
    layout: &Layout,
    which: Which,
) -> Result<(u32, Option<Code>), Reason> {
    let announced = layout.frames;
    // Memory is only taken for a frame of which a fair part is there.
    let least = layout.bits().div_ceil(8 * LEAST_PART);
    let frames = u32::try_from(whole).unwrap_or(u32::MAX);
    if frames == 0 && (there < claimed || there < least) {
        return Err(missing_pixels());
    }
    // A part of the first frame stands for it.
    let index = which.of_present(frames.max(1), announced)?;
    let warning = match frames {
        0 => Some(Code::PixelsMismatch),
        _ if there < claimed && frames < announced => Some(Code::Truncated),
        _ if frames < announced => Some(Code::PixelsMismatch),
        _ => {
            let more = frames > announced && layout.bits_allocated > 1;
            more.then_some(Code::PixelsMismatch)
        }
    };
    Ok((index, warning))
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
