//! Run-length encoding (PS3.5 annex G): a segment for every byte of every sample, most significant byte first.

use super::Frame;
use crate::dicom::layout::{Layout, Sampling};
use crate::dicom::samples::{Native, Samples};
use crate::dicom::tag;
use crate::{Code, Reason};

/// Number of segments and 15 offsets, 32 bits each.
const HEADER: usize = 64;

/// Whether `bytes` begin with the header of a frame of this layout: as many segments as it has bytes a pixel, which begin
/// behind the header and follow each other.
pub(super) fn is_frame(bytes: &[u8], layout: &Layout) -> bool {
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return false;
    };
    let words: Vec<u32> = header
        .as_chunks()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect();
    let count = layout.samples * layout.bits_allocated.div_ceil(8);
    let offsets = words.get(1..=count as usize).unwrap_or_default();
    words[0] == count
        && offsets.first() == Some(&64)
        && offsets.is_sorted()
        && offsets
            .last()
            .is_some_and(|&last| (last as usize) < bytes.len())
}

pub(crate) fn decode(bytes: &[u8], mut layout: Layout) -> Result<Frame, Reason> {
    let (pixels, samples) = (
        usize::try_from(layout.pixels()).map_err(|_| Code::TooLarge)?,
        layout.samples as usize,
    );
    let width = (layout.bits_allocated as usize).div_ceil(8);
    let header = bytes.get(..HEADER).ok_or(Code::Truncated)?;
    let words: Vec<u32> = header
        .as_chunks()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect();
    let segments = words[0] as usize;
    if segments != samples * width || segments > 15 {
        return Err(Code::Damaged.into());
    }
    let mut data = vec![0; pixels * samples * width];
    for segment in 0..segments {
        let start = words[1 + segment] as usize;
        let end = words
            .get(2 + segment)
            .filter(|_| segment + 1 < segments)
            .map_or(bytes.len(), |end| *end as usize);
        let packed = bytes
            .get(start..end.min(bytes.len()))
            .ok_or(Code::Damaged)?;
        let (sample, byte) = (segment / width, segment % width);
        // Little endian in memory: the first segment of a sample is its last byte.
        let first = sample * width + (width - 1 - byte);
        unpack(
            packed,
            data[first..].iter_mut().step_by(samples * width),
            pixels,
        )?;
    }
    // Segments come by plane whatever the header says, and are pixels by now; 4:2:2 exists only in native frames.
    layout.planar = false;
    layout.sampling = Sampling::Every;
    let native = Native {
        big_endian: false,
        tag: tag::PIXEL_DATA,
        first_bit: 0,
    };
    let samples = Samples::from_native(data, &layout, native);
    Ok(Frame::new(layout, samples))
}

/// Expands one segment (`PackBits`, PS3.5 G.3.1) into `count` bytes.
fn unpack<'a>(
    packed: &[u8],
    mut into: impl Iterator<Item = &'a mut u8>,
    count: usize,
) -> Result<(), Reason> {
    let (mut rest, mut done) = (packed, 0);
    while done < count {
        let (&control, tail) = rest.split_first().ok_or(Code::Truncated)?;
        rest = match control.cast_signed() {
            -128 => tail,
            literal @ 0.. => {
                let length = usize::from(literal.unsigned_abs()) + 1;
                let (bytes, tail) = tail.split_at_checked(length).ok_or(Code::Truncated)?;
                into.by_ref()
                    .zip(bytes)
                    .for_each(|(slot, byte)| *slot = *byte);
                done += length;
                tail
            }
            run => {
                let length = usize::from(run.unsigned_abs()) + 1;
                let (&byte, tail) = tail.split_first().ok_or(Code::Truncated)?;
                into.by_ref().take(length).for_each(|slot| *slot = byte);
                done += length;
                tail
            }
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(packed: &[u8], count: usize) -> Result<Vec<u8>, Reason> {
        let mut bytes = vec![0; count];
        unpack(packed, bytes.iter_mut(), count).map(|()| bytes)
    }

    #[test]
    fn literals_runs_and_padding_expand() {
        assert_eq!(
            unpacked(&[2, 1, 2, 3, 0x80, 0xFE, 9, 0, 7], 7),
            Ok(vec![1, 2, 3, 9, 9, 9, 7])
        );
    }

    #[test]
    fn a_run_past_the_end_fills_only_the_frame() {
        assert_eq!(unpacked(&[0x81, 5], 3), Ok(vec![5, 5, 5]));
    }

    #[test]
    fn a_segment_that_ends_early_is_truncated() {
        assert_eq!(
            unpacked(&[4, 1, 2], 5).map_err(|reason| reason.code),
            Err(Code::Truncated)
        );
        assert_eq!(
            unpacked(&[0xFE], 3).map_err(|reason| reason.code),
            Err(Code::Truncated)
        );
        assert_eq!(
            unpacked(&[], 1).map_err(|reason| reason.code),
            Err(Code::Truncated)
        );
    }
}
