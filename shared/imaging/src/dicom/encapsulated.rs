//! Finds the compressed bytes of one frame among fragments (PS3.5 annex A.4).

use std::cmp::Ordering;
use std::io::{Read, Seek};

use super::encoding::{Element, Encoding, Head};
use super::frame::Found;
use super::landmarks::PixelElement;
use super::layout::Layout;
use super::parse::Parsed;
use super::stream::{Stop, Stream};
use super::tag;
use super::view::Which;
use crate::{Code, Limits, Reason};

/// Fragments looked at when there is no usable table of offsets.
const MAX_FRAGMENTS: usize = 1_000_000;

/// One fragment: where its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) position: u64,
    pub(super) length: u32,
    /// Whether they begin as a compressed image does.
    is_start: bool,
}

/// Reads the compressed bytes of one frame.
pub(crate) fn frame<R: Read + Seek>(
    parsed: &mut Parsed<R>,
    pixels: PixelElement,
    layout: &Layout,
    which: Which,
    limits: &Limits,
) -> Result<Found<Vec<u8>>, Reason> {
    let offset_table = parsed.found.offset_table;
    let stream = &mut parsed.stream;
    stream.go_to(pixels.position)?;
    let Some(basic_table) = next_fragment(stream)? else {
        return Err(Code::Truncated.into());
    };
    let first = stream.position();
    let index = which.of_announced(layout.frames)?;
    let mut fragments = None;
    if layout.frames > 1 {
        if let Some(offsets) = extended_offsets(stream, offset_table, layout.frames, index)? {
            fragments = at_offset(stream, first, offsets);
        }
        if let (None, Some(offsets)) = (
            &fragments,
            basic_offsets(stream, basic_table, layout.frames, index)?,
        ) {
            fragments = at_offset(stream, first, offsets);
        }
    }
    let found = if let Some(frame) = fragments {
        Found {
            frame,
            index,
            warning: None,
        }
    } else {
        stream.go_to(first)?;
        let (all, end) = fragments_until(stream, None)?;
        choose(&all, end == Err(Stop::Truncated), which, layout.frames)?
    };
    Ok(Found {
        frame: bytes_of(stream, &found.frame, limits)?,
        index: found.index,
        warning: found.warning,
    })
}

/// The bytes of all `fragments`, one after the other.
fn bytes_of<R: Read + Seek>(
    stream: &mut Stream<R>,
    fragments: &[Fragment],
    limits: &Limits,
) -> Result<Vec<u8>, Reason> {
    let total: u64 = fragments
        .iter()
        .map(|fragment| u64::from(fragment.length))
        .sum();
    if total > limits.max_encoded_bytes {
        return Err(Code::TooLarge.into());
    }
    let mut bytes = Vec::new();
    for fragment in fragments {
        stream.go_to(fragment.position)?;
        bytes.extend(stream.read_vec(fragment.length as usize)?);
    }
    if bytes.is_empty() {
        Err(Code::Truncated.into())
    } else {
        Ok(bytes)
    }
}

/// The next item, stepping over its bytes; `None` at the end of the sequence or of the file.
pub(super) fn next_fragment<R: Read + Seek>(
    stream: &mut Stream<R>,
) -> Result<Option<Fragment>, Stop> {
    let mut head = [0; Head::SIZE];
    if !stream.read_or_end(&mut head)? {
        return Ok(None);
    }
    // Compressed files are always little endian (PS3.5 A.4).
    match Head::new(head, Encoding::EXPLICIT_LITTLE) {
        Head::Whole(Element {
            tag: tag::ITEM,
            length,
            ..
        }) => {
            let position = stream.position();
            let end = position + u64::from(length);
            // Looked at on the way: a second way through 130,000 fragments takes as long as the first.
            let mut magic = [0; 2];
            if length >= 2 {
                stream.read_exact(&mut magic)?;
            }
            stream.go_to(end)?;
            Ok(Some(Fragment {
                position,
                length,
                // JPEG and JPEG-LS, JPEG 2000, JPEG XL.
                is_start: matches!(magic, [0xFF, 0xD8 | 0x4F | 0x0A]),
            }))
        }
        Head::Whole(Element {
            tag: tag::SEQUENCE_END,
            ..
        }) => Ok(None),
        _ => Err(Stop::Damaged),
    }
}

/// All fragments with content from here to `end`, or to the end of the sequence, and whether that was found: where the file ends or
/// breaks first, frames before it are whole.
pub(super) fn fragments_until<R: Read + Seek>(
    stream: &mut Stream<R>,
    end: Option<u64>,
) -> Result<(Vec<Fragment>, Result<(), Stop>), Stop> {
    let mut fragments = Vec::new();
    while end.is_none_or(|end| stream.position() < end) {
        match next_fragment(stream) {
            _ if fragments.len() == MAX_FRAGMENTS => return Ok((fragments, Err(Stop::Damaged))),
            Ok(Some(fragment)) if fragment.length > 0 => fragments.push(fragment),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(stop) if fragments.is_empty() => return Err(stop),
            Err(stop) => return Ok((fragments, Err(stop))),
        }
    }
    Ok((fragments, Ok(())))
}

/// Where a frame starts, and where the next one does when it is not the last; from the first fragment on.
type Offsets = (u64, Option<u64>);

/// The entries of the Extended Offset Table (PS3.3 C.7.6.3.1.8), 64 bits for each frame; `None` when it has another
/// length.
fn extended_offsets<R: Read + Seek>(
    stream: &mut Stream<R>,
    table: Option<(u64, u64)>,
    frames: u32,
    index: u32,
) -> Result<Option<Offsets>, Stop> {
    let Some((position, _)) = table.filter(|(_, length)| *length == 8 * u64::from(frames)) else {
        return Ok(None);
    };
    stream.go_to(position + 8 * u64::from(index))?;
    let mut entry = || {
        let mut bytes = [0; 8];
        stream.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    };
    let start = entry()?;
    let end = (index + 1 < frames).then(entry).transpose()?;
    Ok(Some((start, end)))
}

/// The entries of the Basic Offset Table, 32 bits each; `None` when it is empty or has another length.
fn basic_offsets<R: Read + Seek>(
    stream: &mut Stream<R>,
    table: Fragment,
    frames: u32,
    index: u32,
) -> Result<Option<Offsets>, Stop> {
    if u64::from(table.length) != 4 * u64::from(frames) {
        return Ok(None);
    }
    stream.go_to(table.position + 4 * u64::from(index))?;
    let mut entry = || {
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes)?;
        Ok(u64::from(u32::from_le_bytes(bytes)))
    };
    let start = entry()?;
    let end = (index + 1 < frames).then(entry).transpose()?;
    Ok(Some((start, end)))
}

/// The fragments between two offsets; `None` when the offsets do not lead to fragments.
fn at_offset<R: Read + Seek>(
    stream: &mut Stream<R>,
    first: u64,
    (start, end): Offsets,
) -> Option<Vec<Fragment>> {
    stream.go_to(first.checked_add(start)?).ok()?;
    let end = match end {
        Some(end) if end > start => Some(first.checked_add(end)?),
        Some(_) => return None,
        None => None,
    };
    let (fragments, _) = fragments_until(stream, end).ok()?;
    (!fragments.is_empty()).then_some(fragments)
}

/// The frame to be shown where no table tells the offsets.
fn choose(
    all: &[Fragment],
    is_cut: bool,
    which: Which,
    announced: u32,
) -> Result<Found<Vec<Fragment>>, Reason> {
    let starts = starts(all, announced);
    let frames = u32::try_from(starts.len()).unwrap_or(u32::MAX);
    if frames == 0 {
        return Err(Reason::new(
            Code::Truncated,
            "The DICOM file has fewer pictures than its header announces.",
        ));
    }
    let index = which.of_present(frames, announced)?;
    let first = starts[index as usize];
    let end = starts.get(index as usize + 1).copied();
    let warning = match frames.cmp(&announced) {
        Ordering::Less | Ordering::Equal if is_cut && announced > 1 => Some(Code::Truncated),
        Ordering::Equal => None,
        _ => Some(Code::PixelsMismatch),
    };
    Ok(Found {
        frame: all[first..end.unwrap_or(all.len())].to_vec(),
        index,
        warning,
    })
}

/// The first fragments of frames, as far as the fragments tell: frames begin where a compressed image begins, or there is one
/// fragment a frame.
pub(super) fn starts(all: &[Fragment], announced: u32) -> Vec<usize> {
    let starts: Vec<usize> = (0..all.len()).filter(|&at| all[at].is_start).collect();
    if starts.first() == Some(&0) {
        return starts;
    }
    // Where none is recognised (run lengths, native samples), every fragment is a frame, unless there is only one frame
    // or the fragments are a multiple of the frames.
    let frames = announced as usize;
    let each = all.len() / frames.max(1);
    let step = if frames == 1 || each > 1 && all.len().is_multiple_of(frames) {
        each
    } else {
        1
    };
    (0..all.len()).step_by(step.max(1)).collect()
}
