//! Where the frames of a file are, so that each is one ranged read of the file, whoever stores it.
//!
//! Native frames follow one another, so their place is a product. Compressed ones are fragments (PS3.5 annex A.4), each with its length: an index
//! of 10,000 frames has 40 KB. A table of offsets of the file groups them where it leads to fragments; otherwise the fragments say by themselves
//! where a frame begins (`encapsulated`).

use std::io::{Read, Seek};

use serde::{Deserialize, Serialize};

use super::encapsulated::{Fragment, fragments_until, next_fragment, starts};
use super::encoding::{Element, UNDEFINED};
use super::landmarks::PixelElement;
use super::layout::Layout;
use super::parse::Parsed;
use super::stream::{Stop, Stream};
use super::transfer_syntax::Compression;
use super::{frame, is_native};
use crate::Limits;

/// Where the frames of a file are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrameIndex {
    /// One after the other, without anything between them.
    Native(Native),
    /// In fragments.
    Fragments(Fragments),
}

/// Native frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Native {
    /// Of the first byte of the first frame: in the file, or in the inflated data set.
    pub position: u64,
    /// Bytes of all frames.
    pub length: u64,
    /// Bits of a frame: those of single-bit frames may begin inside a byte (PS3.5 8.1.1).
    pub bits: u64,
    /// Those that are whole, of those that the header announces.
    pub frames: u32,
    /// Bytes of a word whose order has to be turned round, so that it is little endian; 1 if none has.
    pub word: u8,
    /// Whether the positions are those of the inflated data set.
    pub inflated: bool,
}

/// Frames in fragments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragments {
    /// Of each fragment the bytes between it and the one before (the first: the beginning of the file), and its length.
    fragments: Vec<(u64, u32)>,
    /// Fragments of each frame; empty if each has one.
    of_frames: Vec<u32>,
}

/// The bytes of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramePart {
    /// Offset and length of each piece, in order.
    pub ranges: Vec<(u64, u64)>,
    /// Bits of the first byte that belong to the frame before.
    pub first_bit: u8,
}

/// What the head of the gzip file of an instance tells of its frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// The instance has no pixels.
    NoPixels,
    #[expect(missing_docs, reason = "the name says it")]
    Index(FrameIndex),
    /// The index is an object of its own.
    Beside,
}

impl Head {
    /// Bytes of a gzip file that hold every head (RFC 1952, section 2.3).
    pub const MOST: usize = FIXED + 2 + u16::MAX as usize;

    /// Reads the beginning of the gzip file of an instance; `None` if it is none of ours.
    #[must_use]
    pub fn read(gzip: &[u8]) -> Option<Self> {
        let length = gzip.get(FIXED..)?.first_chunk::<2>()?;
        let extra = gzip.get(FIXED + 2..)?;
        let extra = extra.get(..usize::from(u16::from_le_bytes(*length)))?;
        if !gzip.starts_with(&[0x1F, 0x8B, 8, 4]) {
            return None;
        }
        let Some(field) = extra.strip_prefix(FIELD) else {
            return extra.is_empty().then_some(Self::NoPixels);
        };
        match field.get(2..)? {
            [] => Some(Self::Beside),
            index => FrameIndex::read(index).map(Self::Index),
        }
    }
}

/// Bytes of a gzip file before the length of its extra field.
const FIXED: usize = 10;
/// The name of our part of the extra field.
const FIELD: &[u8] = b"FR";
/// Most bytes of it: the field has a length of 16 bits, and our part a name and a length.
const MOST: usize = u16::MAX as usize - 4;

impl FrameIndex {
    /// Reads an index that is an object of its own.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// The extra field of a gzip file, and the index beside it if it is too long for that.
    pub(super) fn in_head(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let index = postcard::to_stdvec(self).unwrap_or_default();
        let (inside, beside) = if index.len() > MOST {
            (Vec::new(), Some(index))
        } else {
            (index, None)
        };
        let length = u16::try_from(inside.len()).unwrap_or_default();
        ([FIELD, &length.to_le_bytes(), &inside].concat(), beside)
    }

    /// How many frames there are.
    #[must_use]
    pub fn frames(&self) -> u32 {
        match self {
            Self::Native(native) => native.frames,
            Self::Fragments(Fragments {
                fragments,
                of_frames,
            }) => {
                let frames = if of_frames.is_empty() {
                    fragments.len()
                } else {
                    of_frames.len()
                };
                u32::try_from(frames).unwrap_or(u32::MAX)
            }
        }
    }

    /// Where the bytes of the first frame begin: in the file, or in the inflated data set. `None` if there is none.
    #[must_use]
    pub fn start(&self) -> Option<u64> {
        match self {
            Self::Native(native) => Some(native.position),
            Self::Fragments(fragments) => fragments.fragments.first().map(|(gap, _)| *gap),
        }
    }

    /// The bytes of the frame `index`, from 0 on.
    #[must_use]
    pub fn frame(&self, index: u32) -> Option<FramePart> {
        if index >= self.frames() {
            return None;
        }
        match self {
            Self::Native(native) => {
                let first = native.bits.checked_mul(index.into())?;
                let last = first.checked_add(native.bits)?;
                Some(FramePart {
                    ranges: vec![(
                        native.position.checked_add(first / 8)?,
                        last.div_ceil(8) - first / 8,
                    )],
                    first_bit: u8::try_from(first % 8).unwrap_or_default(),
                })
            }
            Self::Fragments(fragments) => Some(FramePart {
                ranges: fragments.of(index as usize),
                first_bit: 0,
            }),
        }
    }

    /// The index of the pixels whose header is `element` and whose value begins where `stream` is, which is left behind them, or where
    /// they break off.
    pub(super) fn of<R: Read + Seek, H>(
        stream: &mut Stream<R>,
        element: &Element,
        parsed: &Parsed<H>,
        limits: &Limits,
    ) -> (Self, Result<(), Stop>) {
        let pixels = PixelElement {
            tag: element.tag,
            vr: element.vr,
            position: stream.position(),
            length: (element.length != UNDEFINED).then_some(u64::from(element.length)),
        };
        let layout = Layout::new(&parsed.data_set, frame::float_bits(pixels), limits).ok();
        if let Some(claimed) = pixels.length {
            let native = native(stream, pixels, claimed, layout, parsed);
            return (Self::Native(native), stream.skip(claimed));
        }
        let announced = layout.map_or(1, |layout| layout.frames);
        let is_film = parsed.syntax.compression == Compression::Video;
        let found = fragments(stream, parsed.found.offset_table, announced, is_film);
        let (fragments, read) = found.unwrap_or_else(|stop| (Fragments::NONE, Err(stop)));
        (Self::Fragments(fragments), read)
    }
}

/// The index of pixels that are `claimed` to have so many bytes. What is no native frame is taken for one of all of them.
fn native<R: Read + Seek, H>(
    stream: &Stream<R>,
    pixels: PixelElement,
    claimed: u64,
    layout: Option<Layout>,
    parsed: &Parsed<H>,
) -> Native {
    let there = stream.available_from(pixels.position).min(claimed);
    let whole = Native {
        position: pixels.position,
        length: there,
        bits: there.saturating_mul(8),
        frames: u32::from(there > 0),
        word: 1,
        inflated: parsed.syntax.deflated,
    };
    let declared = parsed.syntax.compression;
    let Some(layout) = layout.filter(|layout| is_native(declared, claimed, layout)) else {
        return whole;
    };
    let layout = layout.sampled_for(claimed);
    let bits = layout.bits().max(1);
    let frames = (there.saturating_mul(8) / bits).min(layout.frames.into());
    let is_big = parsed.encoding.big_endian || parsed.syntax.pixels_big_endian;
    let word = match layout.bits_allocated {
        _ if !is_big => 1,
        // The bytes of words that hold two samples (PS3.5 8.1.2).
        1 | 8 if pixels.vr == Some(*b"OW") => 2,
        1 | 8 => 1,
        bits => bits / 8,
    };
    Native {
        bits,
        frames: u32::try_from(frames).unwrap_or(u32::MAX),
        word: u8::try_from(word).unwrap_or(1),
        ..whole
    }
}

/// The fragments from here to the end of their sequence, by frames.
fn fragments<R: Read + Seek>(
    stream: &mut Stream<R>,
    extended_table: Option<(u64, u64)>,
    announced: u32,
    is_film: bool,
) -> Result<(Fragments, Result<(), Stop>), Stop> {
    let basic_table = next_fragment(stream)?.ok_or(Stop::Truncated)?;
    let first = stream.position();
    let (all, read) = fragments_until(stream, None)?;
    let behind = stream.position();
    let basic_table = (basic_table.position, u64::from(basic_table.length));
    let starts = if is_film && !all.is_empty() {
        vec![0]
    } else {
        let mut offsets = |table, entry| offsets(stream, table, announced, entry);
        let extended = extended_table.and_then(|table| offsets(table, 8));
        let extended = extended.and_then(|offsets| led_to(&all, first, &offsets));
        let basic = || led_to(&all, first, &offsets(basic_table, 4)?);
        extended
            .or_else(basic)
            .unwrap_or_else(|| starts(&all, announced))
    };
    // Where the elements go on, if they do.
    let read = read.and_then(|()| stream.go_to(behind));
    Ok((Fragments::new(&all, &starts), read))
}

/// The entries of a table of offsets, if it has one for each of several frames.
fn offsets<R: Read + Seek>(
    stream: &mut Stream<R>,
    (position, length): (u64, u64),
    frames: u32,
    entry: usize,
) -> Option<Vec<u64>> {
    if frames < 2 || length != entry as u64 * u64::from(frames) {
        return None;
    }
    stream.go_to(position).ok()?;
    let bytes = stream.read_vec(usize::try_from(length).ok()?).ok()?;
    let number = |bytes: &[u8]| {
        let mut all = [0; 8];
        all[..entry].copy_from_slice(bytes);
        u64::from_le_bytes(all)
    };
    Some(bytes.chunks_exact(entry).map(number).collect())
}

/// The fragments that `offsets` lead to, which count from the item of the first one on; `None` if they do not, or not in order.
fn led_to(all: &[Fragment], first: u64, offsets: &[u64]) -> Option<Vec<usize>> {
    let at = |offset: &u64| {
        // An item has eight bytes before its value.
        let position = first.checked_add(*offset)?.checked_add(8)?;
        all.binary_search_by_key(&position, |fragment| fragment.position)
            .ok()
    };
    let starts: Vec<usize> = offsets.iter().map(at).collect::<Option<_>>()?;
    let rise = starts.is_sorted_by(|a, b| a < b);
    (rise && starts.first() == Some(&0)).then_some(starts)
}

impl Fragments {
    const NONE: Self = Self {
        fragments: Vec::new(),
        of_frames: Vec::new(),
    };

    fn new(all: &[Fragment], starts: &[usize]) -> Self {
        let mut before = 0;
        let fragments = all.iter().map(|fragment| {
            let gap = fragment.position - before;
            before = fragment.position + u64::from(fragment.length);
            (gap, fragment.length)
        });
        let ends = starts.iter().skip(1).copied().chain([all.len()]);
        let counts = starts.iter().zip(ends).map(|(start, end)| end - start);
        let counts: Vec<u32> = counts
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX))
            .collect();
        Self {
            fragments: fragments.collect(),
            of_frames: if counts.iter().all(|count| *count == 1) {
                Vec::new()
            } else {
                counts
            },
        }
    }

    /// The ranges of one frame.
    fn of(&self, frame: usize) -> Vec<(u64, u64)> {
        let (first, count) = if self.of_frames.is_empty() {
            (frame, 1)
        } else {
            let count = |count: &u32| *count as usize;
            let before = self.of_frames[..frame].iter().map(count);
            let before = before.fold(0, usize::saturating_add);
            (before, count(&self.of_frames[frame]))
        };
        let mut position = 0_u64;
        let places = self.fragments.iter().map(|(gap, length)| {
            let start = position.saturating_add(*gap);
            position = start.saturating_add(u64::from(*length));
            (start, u64::from(*length))
        });
        places.skip(first).take(count).collect()
    }
}
