//! The DICOM JSON of a whole data set (PS3.18 annex F), written while the elements are walked: nothing of it is kept in
//! memory but the compressed text, so a slide of three million elements costs no more than a CT slice.
//!
//! dicom-json 0.10 was looked at first. It writes a `dicom-object` that has the whole file in memory, with its pixels; it
//! takes sequences of any depth and values of any claimed length; it makes no bulk data URIs, leaves out encapsulated
//! pixels, and keeps the name of a character set that the text is not in any more.
//!
//! - `writer` one element after the other · `values` what stands in one · `vr` of what representation it is · `packed` the
//!   gzip file around it.
//!
//! # Bulk data
//! What is long is not in the JSON. Its `BulkDataURI` is relative to the instance in a DICOMweb service:
//! `bulkdata/{how}/{offset}/{length}` says by itself which bytes of the file it is ([`Bulk`]), and `pixeldata` is told by the
//! [`FrameIndex`] of the instance.

mod packed;
mod values;
mod vr;
mod writer;

use std::fmt;
use std::io::{Read, Seek};
use std::str::FromStr;

use super::encoding::UNDEFINED;
use super::frame_index::FrameIndex;
use super::header;
use super::parse::{Begun, Parsed, begin};
use super::stream::Stop;
use super::tag;
use super::walk::Walk;
use crate::{Instance, Limits, Reason};

use packed::Packed;
use writer::Writer;

/// Where a long value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// How its bytes are to be read.
    pub how: How,
    /// Its first byte in the file, or in the inflated data set.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// How the bytes of a long value are to be read, so that they are little endian (PS3.18 8.7.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As they are in the file.
    Stored,
    /// With the bytes of each word of so many turned round: the file is big endian.
    Swapped(u8),
    /// The data set is deflated as a whole: it has to be inflated up to them.
    Inflated,
}

impl fmt::Display for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bulkdata/")?;
        match self.how {
            How::Stored => f.write_str("stored")?,
            How::Swapped(word) => write!(f, "swapped{word}")?,
            How::Inflated => f.write_str("inflated")?,
        }
        write!(f, "/{}/{}", self.offset, self.length)
    }
}

impl FromStr for Bulk {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts = || {
            let mut parts = text.strip_prefix("bulkdata/")?.split('/');
            let how = match parts.next()? {
                "stored" => How::Stored,
                "inflated" => How::Inflated,
                "swapped2" => How::Swapped(2),
                "swapped4" => How::Swapped(4),
                "swapped8" => How::Swapped(8),
                _ => return None,
            };
            let bulk = Self {
                how,
                offset: parts.next()?.parse().ok()?,
                length: parts.next()?.parse().ok()?,
            };
            // Written back, it must be the same: one value has one URI.
            (bulk.to_string() == text).then_some(bulk)
        };
        parts().ok_or(())
    }
}

/// Reads `reader` whole, whose header was `parsed`.
pub(crate) fn instance<R: Read + Seek, H: Read + Seek>(
    reader: R,
    parsed: &Parsed<H>,
    limits: &Limits,
) -> Result<Instance, Reason> {
    let Begun {
        syntax,
        encoding,
        mut stream,
        ..
    } = begin(reader, limits)?;
    let charset = header::proven_set(&parsed.data_set, limits.charset);
    let declared = parsed.data_set.bytes(tag::CHARACTER_SET);
    let packed = Packed::new(limits.max_json_bytes);
    let mut writer = Writer::new(packed, declared, charset, limits.charset, syntax.deflated);
    let mut frames = None;
    let mut walk = Walk::unkept(&mut stream, limits);
    loop {
        let element = match walk.element(encoding) {
            Ok(Some(element)) => element,
            Ok(None) | Err(Stop::Truncated | Stop::Damaged | Stop::Unreadable) => break,
            Err(stop @ Stop::TooLarge) => return Err(stop.into()),
        };
        let read = match element.tag {
            // Parts of sequences that stand alone: what is inside an open item is read as if it was outside.
            tag::ITEM_END | tag::SEQUENCE_END => continue,
            tag::ITEM if element.length == UNDEFINED => continue,
            tag if tag::is_pixels(tag) && frames.is_none() => {
                writer.pixels(&element);
                let (found, read) = FrameIndex::of(walk.stream, &element, parsed, limits);
                frames = Some(found);
                read
            }
            _ => walk.value(element, encoding, Some(&mut writer), 0),
        };
        match read {
            Ok(()) => {}
            // What the file says up to there is right, and that it ends there is said of its picture.
            Err(Stop::Truncated | Stop::Damaged | Stop::Unreadable) => break,
            Err(stop @ Stop::TooLarge) => return Err(stop.into()),
        }
    }
    Ok(writer.finish()?.with(frames.as_ref()))
}
