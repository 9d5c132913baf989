//! Finds the compressed bytes of one frame among fragments (PS3.5 annex A.4).

use std::io::{Read, Seek};

use super::encoding::{Element, Encoding, Head};
use super::layout::Layout;
use super::parse::{Parsed, PixelElement};
use super::stream::{Stop, Stream};
use super::tag;
use crate::{Code, Limits, Reason};

/// Fragments looked at when there is no usable table of offsets.
const MAX_FRAGMENTS: usize = 1_000_000;

/// One fragment: where its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fragment {
    position: u64,
    length: u32,
}

/// Reads the compressed bytes of frame `index`.
pub(crate) fn frame<R: Read + Seek>(
    parsed: &mut Parsed<R>,
    pixels: PixelElement,
    layout: &Layout,
    index: u32,
    limits: &Limits,
) -> Result<Vec<u8>, Reason> {
    let offset_table = parsed.offset_table;
    let stream = &mut parsed.stream;
    stream.go_to(pixels.position)?;
    let Some(basic_table) = next_fragment(stream)? else {
        return Err(Code::Truncated.into());
    };
    let first = stream.position();
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
    let fragments = if let Some(fragments) = fragments {
        fragments
    } else {
        stream.go_to(first)?;
        let all = fragments_until(stream, None)?;
        choose(stream, &all, layout.frames, index)?
    };
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
fn next_fragment<R: Read + Seek>(stream: &mut Stream<R>) -> Result<Option<Fragment>, Stop> {
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
            let fragment = Fragment {
                position: stream.position(),
                length,
            };
            stream.skip(u64::from(length))?;
            Ok(Some(fragment))
        }
        Head::Whole(Element {
            tag: tag::SEQUENCE_END,
            ..
        }) => Ok(None),
        _ => Err(Stop::Damaged),
    }
}

/// All fragments from here to `end`, or to the end of the sequence. One cut off by the end of the file ends the list:
/// frames before it are whole.
fn fragments_until<R: Read + Seek>(
    stream: &mut Stream<R>,
    end: Option<u64>,
) -> Result<Vec<Fragment>, Stop> {
    let mut fragments = Vec::new();
    while end.is_none_or(|end| stream.position() < end) && fragments.len() < MAX_FRAGMENTS {
        match next_fragment(stream) {
            Ok(Some(fragment)) => fragments.push(fragment),
            Err(stop) if fragments.is_empty() => return Err(stop),
            Ok(None) | Err(_) => break,
        }
    }
    Ok(fragments)
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
    fragments_until(stream, end)
        .ok()
        .filter(|fragments| !fragments.is_empty())
}

/// Without offsets: one fragment a frame, or frames that begin where a compressed image begins.
fn choose<R: Read + Seek>(
    stream: &mut Stream<R>,
    all: &[Fragment],
    frames: u32,
    index: u32,
) -> Result<Vec<Fragment>, Reason> {
    let (frames, index) = (frames as usize, index as usize);
    if frames == 1 {
        return Ok(all.to_vec());
    }
    let missing = || {
        Reason::new(
            Code::Truncated,
            "The DICOM file has fewer pictures than its header announces.",
        )
    };
    if all.len() <= frames {
        return all
            .get(index)
            .map(|fragment| vec![*fragment])
            .ok_or_else(missing);
    }
    let mut started = 0;
    let mut chosen = Vec::new();
    for fragment in all {
        let mut magic = [0; 2];
        stream.go_to(fragment.position)?;
        if fragment.length >= 2 {
            stream.read_exact(&mut magic)?;
        }
        // JPEG and JPEG-LS, JPEG 2000, JPEG XL.
        if matches!(magic, [0xFF, 0xD8 | 0x4F | 0x0A]) {
            started += 1;
        }
        if started == index + 1 {
            chosen.push(*fragment);
        }
    }
    if chosen.is_empty() {
        Err(missing())
    } else {
        Ok(chosen)
    }
}
