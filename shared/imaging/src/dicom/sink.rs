//! What becomes of the elements that a walk passes: some are kept (`DataSet`), or all are written (`json`).

use super::element::{DataSet, Value};
use super::encoding::Element;
use super::stream::Stop;
use super::tag::{self, Tag, Want};

/// Where a value is, and how it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Of its first byte.
    pub(crate) position: u64,
    pub(crate) big_endian: bool,
}

/// Takes the elements of a data set, in the order of the file.
pub(crate) trait Sink {
    /// What is to be done with an element.
    fn want(&self, element: &Element) -> Want;

    /// Whether the item `index` of the sequence `tag` is wanted, of a file whose frame `frame` is.
    fn wants_item(&self, tag: Tag, index: usize, frame: usize) -> bool;

    /// A value that was wanted.
    fn value(&mut self, element: &Element, at: At, bytes: Vec<u8>) -> Result<(), Stop>;

    /// A value that was wanted and is longer than that, or consists of fragments: it was not read.
    fn elsewhere(&mut self, element: &Element, at: At) -> Result<(), Stop>;

    /// A sequence that was wanted begins.
    fn begin_items(&mut self, tag: Tag);

    /// What takes the elements of the next item of the sequence `tag`, which has begun.
    fn begin_item(&mut self, tag: Tag) -> &mut Self;

    /// The item ends, perhaps before its time.
    fn end_item(&mut self);

    /// The sequence ends.
    fn end_items(&mut self);
}

/// Segments of which the colours are kept; a label map of 16 bits may have more.
const MAX_SEGMENTS: usize = 1024;

/// Keeps what pictures and records are made of.
impl Sink for DataSet {
    fn want(&self, element: &Element) -> Want {
        match tag::want(element.tag) {
            Want::Items if self.has(element.tag) => Want::Skip,
            want => want,
        }
    }

    fn wants_item(&self, tag: Tag, index: usize, frame: usize) -> bool {
        match tag {
            // Of the per-frame groups only those of the shown frame are kept: there may be thousands.
            tag::PER_FRAME_FUNCTIONAL_GROUPS => index == frame,
            tag::SEGMENT_SEQUENCE => index < MAX_SEGMENTS,
            _ => index == 0,
        }
    }

    fn value(&mut self, element: &Element, at: At, bytes: Vec<u8>) -> Result<(), Stop> {
        if !self.has(element.tag) {
            let value = Value {
                vr: element.vr,
                big_endian: at.big_endian,
                bytes,
            };
            self.insert(element.tag, value);
        }
        Ok(())
    }

    fn elsewhere(&mut self, _: &Element, _: At) -> Result<(), Stop> {
        Ok(())
    }

    fn begin_items(&mut self, tag: Tag) {
        // An empty sequence is one, too: a second one of the same tag is not read.
        self.items_mut(tag);
    }

    fn begin_item(&mut self, tag: Tag) -> &mut Self {
        self.items_mut(tag).push_mut(Self::default())
    }

    fn end_item(&mut self) {}

    fn end_items(&mut self) {}
}
