//! Walks the data elements of a DICOM file up to its pixels (PS3.5 section 7, PS3.10 section 7).
//!
//! Nothing a length field says is believed: values are skipped by seeking, kept values have small limits, sequences are
//! entered only when something in them is wanted or their end has to be found, and depth and number of elements are
//! bounded. So the time and memory a header costs are bounded too, whatever the file claims.

use std::io::{Read, Seek};

use super::element::DataSet;
use super::encoding::{Encoding, is_vr};
use super::landmarks::Landmarks;
use super::stream::{Stop, Stream};
use super::tag;
use super::transfer_syntax::TransferSyntax;
use super::view::Which;
use super::walk::Walk;
use crate::Limits;

/// A file read up to its pixels.
pub(crate) struct Parsed<R> {
    /// Group 0002.
    pub(crate) meta: DataSet,
    /// The kept elements before the pixels.
    pub(crate) data_set: DataSet,
    pub(crate) syntax: TransferSyntax,
    /// How the elements really are written, which a wrong transfer syntax does not change.
    pub(crate) encoding: Encoding,
    pub(crate) found: Landmarks,
    /// Why reading stopped before the end, when it did. What was read before is valid.
    pub(crate) stop: Option<Stop>,
    /// For the pixels.
    pub(crate) stream: Stream<R>,
}

impl<R: Read + Seek> Parsed<R> {
    /// Makes the per-frame groups those of frame `index`, which may be another one than the header led to expect.
    pub(crate) fn groups_of_frame(&mut self, index: u32, limits: &Limits) {
        let mut walk = Walk::new(&mut self.stream, limits);
        let groups = self.found.per_frame_groups;
        if let Some(items) = groups.and_then(|groups| walk.groups_of_frame(groups, index as usize))
        {
            self.data_set
                .replace_items(tag::PER_FRAME_FUNCTIONAL_GROUPS, items);
        }
    }
}

/// Bytes before a file's content (PS3.10 7.1): 128 of anything, then `DICM`.
const PREAMBLE: usize = 132;

/// A file read up to its data set.
pub(crate) struct Begun<R> {
    /// Group 0002.
    pub(crate) meta: DataSet,
    pub(crate) syntax: TransferSyntax,
    /// How the elements really are written.
    pub(crate) encoding: Encoding,
    /// Why reading stopped inside group 0002.
    pub(crate) stop: Option<Stop>,
    /// At the first element.
    pub(crate) stream: Stream<R>,
}

/// Reads `reader` up to the data set.
pub(crate) fn begin<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Begun<R>, Stop> {
    let mut stream = Stream::new(reader)?;
    let mut head = [0; PREAMBLE];
    let has_preamble = stream.has(PREAMBLE as u64) && {
        stream.read_exact(&mut head)?;
        head.ends_with(b"DICM")
    };
    stream.go_to(if has_preamble { PREAMBLE as u64 } else { 0 })?;

    let mut meta = DataSet::default();
    let mut walk = Walk::new(&mut stream, limits);
    let stop = walk.meta(&mut meta).err();
    let declared = meta.ascii(tag::TRANSFER_SYNTAX_UID);
    let syntax = TransferSyntax::from_uid(declared.as_deref());
    let encoding = if syntax.deflated {
        stream = stream.inflate(limits.max_inflated_bytes);
        Encoding::EXPLICIT_LITTLE
    } else if stop.is_some() {
        syntax.encoding
    } else {
        guess_encoding(&mut stream, declared.is_some().then_some(syntax.encoding))?
    };
    Ok(Begun {
        meta,
        syntax,
        encoding,
        stop,
        stream,
    })
}

/// Reads `reader` up to the pixels, of which the frame `which` is expected to be shown.
pub(crate) fn parse<R: Read + Seek>(
    reader: R,
    which: Which,
    limits: &Limits,
) -> Result<Parsed<R>, Stop> {
    let Begun {
        meta,
        syntax,
        encoding,
        stop,
        mut stream,
    } = begin(reader, limits)?;
    let mut data_set = DataSet::default();
    let mut walk = Walk::new(&mut stream, limits);
    let stop = stop.or_else(|| walk.root(encoding, which, &mut data_set).err());
    let found = walk.found;
    Ok(Parsed {
        meta,
        data_set,
        syntax,
        encoding,
        found,
        stop,
        stream,
    })
}

/// How the next element is written. The bytes win over the transfer syntax: writers get it wrong in both directions.
fn guess_encoding<R: Read + Seek>(
    stream: &mut Stream<R>,
    declared: Option<Encoding>,
) -> Result<Encoding, Stop> {
    let start = stream.position();
    let mut head = [0; 6];
    if !stream.has(6) {
        return Ok(declared.unwrap_or(Encoding::IMPLICIT_LITTLE));
    }
    stream.read_exact(&mut head)?;
    stream.go_to(start)?;
    let explicit = is_vr([head[4], head[5]]);
    let declared_big = declared.is_some_and(|declared| declared.big_endian);
    // The first group is 0008 or another small number: the byte order that makes it small is the right one.
    let [little, big] = [
        u16::from_le_bytes([head[0], head[1]]),
        u16::from_be_bytes([head[0], head[1]]),
    ];
    let big_endian = if little == big {
        declared_big
    } else {
        big < little
    };
    Ok(Encoding {
        explicit,
        big_endian,
    })
}
