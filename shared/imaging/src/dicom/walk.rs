//! Walks data elements with bounded depth, number and memory.

use std::io::{Read, Seek};

use super::element::DataSet;
use super::encoding::{Element, Encoding, Head, UNDEFINED, is_vr};
use super::landmarks::{Items, Landmarks, OverlayBits, PixelElement, SequenceElement};
use super::sink::{At, Sink};
use super::stream::{Stop, Stream};
use super::tag::{self, Tag, Want};
use super::view::Which;
use crate::Limits;

/// A walk over the elements of one stream, with what it may still spend.
pub(crate) struct Walk<'a, R> {
    pub(super) stream: &'a mut Stream<R>,
    elements_left: u32,
    bytes_left: usize,
    max_depth: u32,
    /// The item of the per-frame groups that describes the frame to be shown.
    frame: usize,
    pub(crate) found: Landmarks,
}

/// Overlays have the even groups 6000 to 601E (PS3.5 7.6).
const MAX_OVERLAYS: usize = 16;

impl<'a, R: Read + Seek> Walk<'a, R> {
    pub(crate) fn new(stream: &'a mut Stream<R>, limits: &Limits) -> Self {
        Self {
            stream,
            elements_left: limits.max_elements,
            bytes_left: limits.max_header_bytes,
            max_depth: limits.max_depth,
            frame: 0,
            found: Landmarks::default(),
        }
    }

    /// Reads group 0002, always explicit little endian, up to the first element of another group.
    pub(crate) fn meta(&mut self, into: &mut DataSet) -> Result<(), Stop> {
        loop {
            let start = self.stream.position();
            let mut group = [0; 2];
            if !self.stream.read_or_end(&mut group)? {
                return Ok(());
            }
            self.stream.go_to(start)?;
            if u16::from_le_bytes(group) != 2 {
                return Ok(());
            }
            if let Some(element) = self.element(Encoding::EXPLICIT_LITTLE)? {
                self.value(element, Encoding::EXPLICIT_LITTLE, Some(&mut *into), 0)?;
            }
        }
    }

    /// The same for a walk that keeps nothing in memory: what it reads is given away at once.
    pub(crate) fn unkept(stream: &'a mut Stream<R>, limits: &Limits) -> Self {
        Self {
            bytes_left: usize::MAX,
            ..Self::new(stream, limits)
        }
    }

    /// Reads the data set up to the pixels or the end. Of the groups of frames those of `which` are kept: a deflated file
    /// has no way back to them.
    pub(crate) fn root(
        &mut self,
        encoding: Encoding,
        which: Which,
        into: &mut DataSet,
    ) -> Result<(), Stop> {
        while let Some(element) = self.element(encoding)? {
            let position = self.stream.position();
            let length = element.length;
            match element.tag {
                tag::PIXEL_DATA | tag::FLOAT_PIXEL_DATA | tag::DOUBLE_PIXEL_DATA => {
                    self.found.pixels = Some(PixelElement {
                        tag: element.tag,
                        vr: element.vr,
                        position,
                        length: (length != UNDEFINED).then_some(u64::from(length)),
                    });
                    return Ok(());
                }
                // Parts of sequences that stand alone: what is inside an open item is read as if it was outside.
                tag::ITEM_END | tag::SEQUENCE_END => continue,
                tag::ITEM if length == UNDEFINED => continue,
                tag::EXTENDED_OFFSET_TABLE if length != UNDEFINED => {
                    self.found.offset_table = Some((position, u64::from(length)));
                }
                tag if is_overlay_data(tag) && length != UNDEFINED => {
                    let bits = OverlayBits {
                        group: tag - tag::OVERLAY_DATA,
                        vr: element.vr,
                        position,
                        length,
                    };
                    if self.found.overlays.len() < MAX_OVERLAYS {
                        self.found.overlays.push(bits);
                    }
                }
                tag::PER_FRAME_FUNCTIONAL_GROUPS => {
                    self.found.per_frame_groups = Some(SequenceElement {
                        position,
                        length,
                        items: Items::of(&element, encoding),
                        kept: self.frame,
                    });
                }
                _ => {}
            }
            self.value(element, encoding, Some(&mut *into), 0)?;
            if element.tag == tag::NUMBER_OF_FRAMES {
                let announced = into.unsigned(tag::NUMBER_OF_FRAMES).unwrap_or(1).max(1);
                // A frame that is not there is refused when its pixels are looked for.
                self.frame = which.of_announced(announced).unwrap_or_default() as usize;
            }
        }
        Ok(())
    }

    /// Reads the groups of another frame than the walk kept; `None` when those are the right ones.
    pub(crate) fn groups_of_frame(
        &mut self,
        groups: SequenceElement,
        frame: usize,
    ) -> Option<Vec<DataSet>> {
        if groups.kept == frame {
            return None;
        }
        self.frame = frame;
        self.stream.go_to(groups.position).ok()?;
        let tag = tag::PER_FRAME_FUNCTIONAL_GROUPS;
        let mut kept = DataSet::default();
        // What breaks behind the item does not matter.
        let _ = self.sequence(groups.length, groups.items, Some((tag, &mut kept)), 1);
        Some(std::mem::take(kept.items_mut(tag)))
    }

    /// The next element header; `None` at the end of the stream.
    pub(super) fn element(&mut self, encoding: Encoding) -> Result<Option<Element>, Stop> {
        self.element_of(&mut Items {
            encoding,
            is_guess: false,
        })
    }

    /// The next element header, which may have to tell how it is written.
    fn element_of(&mut self, items: &mut Items) -> Result<Option<Element>, Stop> {
        self.elements_left = self.elements_left.checked_sub(1).ok_or(Stop::TooLarge)?;
        let mut head = [0; Head::SIZE];
        if self.stream.at_end() || !self.stream.read_or_end(&mut head)? {
            return Ok(None);
        }
        if items.is_guess {
            items.encoding.explicit = is_vr([head[4], head[5]]);
        }
        let encoding = items.encoding;
        Ok(Some(match Head::new(head, encoding) {
            Head::Whole(element) if encoding.explicit && tag::is_pixels(element.tag) => {
                self.misnamed_pixels(element, head, encoding)?
            }
            Head::Whole(element) => element,
            Head::LongLength { tag, vr } => {
                let mut length = [0; 4];
                self.stream.read_exact(&mut length)?;
                Element {
                    tag,
                    vr: Some(vr),
                    length: encoding.u32(length),
                }
            }
        }))
    }

    /// The header of explicit pixels whose representation is none that pixels have: the length field that leads to the
    /// end of the file is the right one, or else the first that can be.
    fn misnamed_pixels(
        &mut self,
        element: Element,
        head: [u8; Head::SIZE],
        encoding: Encoding,
    ) -> Result<Element, Stop> {
        let start = self.stream.position();
        let [_, _, _, _, a, b, c, d] = head;
        let implicit = encoding.u32([a, b, c, d]);
        let short = u32::from(encoding.u16([c, d]));
        let mut long = [0; 4];
        let long = self
            .stream
            .read_exact(&mut long)
            .map(|()| encoding.u32(long))
            .ok()
            .filter(|_| [c, d] == [0, 0]);
        let rest = self.stream.available_from(start);
        let candidates = [
            long.map(|length| (start + 4, length)),
            Some((start, implicit)),
            Some((start, short)),
        ];
        let to_the_end = |&(at, length): &(u64, u32)| {
            length == UNDEFINED || u64::from(length) + (at - start) == rest
        };
        let inside =
            |&(at, length): &(u64, u32)| length > 0 && u64::from(length) + (at - start) <= rest;
        let candidates = candidates.iter().flatten();
        let (position, length) = candidates
            .clone()
            .find(|candidate| to_the_end(candidate))
            .or_else(|| candidates.clone().find(|candidate| inside(candidate)))
            .or_else(|| candidates.clone().next())
            .copied()
            .unwrap_or((start, implicit));
        self.stream.go_to(position)?;
        Ok(Element { length, ..element })
    }

    /// Gives the value of `element` to `into`, or skips it.
    pub(super) fn value<S: Sink>(
        &mut self,
        element: Element,
        encoding: Encoding,
        into: Option<&mut S>,
        depth: u32,
    ) -> Result<(), Stop> {
        let Element { tag, vr, length } = element;
        let items = Items::of(&element, encoding);
        let want = into.as_ref().map_or(Want::Skip, |into| into.want(&element));
        let at = At {
            position: self.stream.position(),
            big_endian: items.encoding.big_endian,
        };
        match (want, into) {
            (Want::Items, Some(into)) => {
                into.begin_items(tag);
                let read = self.sequence(length, items, Some((tag, &mut *into)), depth + 1);
                into.end_items();
                read
            }
            (want, into) if length == UNDEFINED && matches!(vr, Some([b'O', _])) => {
                if let (Want::Value(_), Some(into)) = (want, into) {
                    into.elsewhere(&element, at)?;
                }
                self.fragments(encoding)
            }
            (..) if length == UNDEFINED => {
                self.sequence(length, items, None::<(Tag, &mut S)>, depth + 1)
            }
            (Want::Value(limit), Some(into))
                if length <= limit && length as usize <= self.bytes_left =>
            {
                let bytes = self.stream.read_vec(length as usize)?;
                self.bytes_left -= bytes.len();
                into.value(&element, at, bytes)
            }
            (want, into) => {
                if let (Want::Value(_), Some(into)) = (want, into) {
                    into.elsewhere(&element, at)?;
                }
                self.stream.skip(u64::from(length))
            }
        }
    }

    /// Walks the items of a sequence whose header was read, giving them to the sink of `keep`. Where the sequence has a
    /// length, that is where it ends, whatever its items say.
    fn sequence<S: Sink>(
        &mut self,
        length: u32,
        items: Items,
        keep: Option<(Tag, &mut S)>,
        depth: u32,
    ) -> Result<(), Stop> {
        if depth > self.max_depth {
            return Err(Stop::TooLarge);
        }
        let end = (length != UNDEFINED).then(|| self.stream.position() + u64::from(length));
        match (self.items(end, items, keep, depth), end) {
            (Ok(()) | Err(Stop::Damaged), Some(end)) if self.stream.position() != end => {
                self.stream.go_to(end)
            }
            (read, _) => read,
        }
    }

    /// Walks items up to `end` or the end of their sequence.
    fn items<S: Sink>(
        &mut self,
        end: Option<u64>,
        mut items: Items,
        mut keep: Option<(Tag, &mut S)>,
        depth: u32,
    ) -> Result<(), Stop> {
        let mut index = 0;
        while end.is_none_or(|end| self.stream.position() < end) {
            let Some(mut element) = self.element(items.encoding)? else {
                return Ok(());
            };
            // Philips and others swap the bytes of whole private sequences (GDCM, `ByteSwapFilter`).
            if let Some(swapped) = tag::swapped_delimiter(element.tag) {
                items.encoding.big_endian = !items.encoding.big_endian;
                element.tag = swapped;
                element.length = element.length.swap_bytes();
            }
            match element.tag {
                tag::SEQUENCE_END => return Ok(()),
                tag::ITEM => {}
                // An item that ended already.
                tag::ITEM_END => continue,
                _ if end.is_some() => return Err(Stop::Damaged),
                // The sequence ended without saying so.
                _ => {
                    let back = self.stream.position() - Head::SIZE as u64;
                    return self.stream.go_to(back);
                }
            }
            let frame = self.frame;
            let wanting = keep
                .as_mut()
                .filter(|(tag, sink)| sink.wants_item(*tag, index, frame));
            index += 1;
            match wanting {
                Some((tag, sink)) => {
                    let read = self.item(element.length, items, Some(sink.begin_item(*tag)), depth);
                    sink.end_item();
                    read?;
                }
                None if element.length != UNDEFINED => {
                    self.stream.skip(u64::from(element.length))?;
                }
                None => self.item(element.length, items, None::<&mut S>, depth)?,
            }
        }
        Ok(())
    }

    /// Walks one item; without `into` only to find its end.
    fn item<S: Sink>(
        &mut self,
        length: u32,
        mut items: Items,
        mut into: Option<&mut S>,
        depth: u32,
    ) -> Result<(), Stop> {
        let end = (length != UNDEFINED).then(|| self.stream.position() + u64::from(length));
        while end.is_none_or(|end| self.stream.position() < end) {
            let Some(element) = self.element_of(&mut items)? else {
                return Err(Stop::Truncated);
            };
            // A delimiter tells nothing of how elements are written.
            items.is_guess &= element.tag >> 16 == 0xFFFE;
            match element.tag {
                tag::ITEM_END => return Ok(()),
                // The end of the sequence without the end of its item: some writers forget it.
                tag::SEQUENCE_END if end.is_none() => {
                    let back = self.stream.position() - Head::SIZE as u64;
                    return self.stream.go_to(back);
                }
                _ => self.value(element, items.encoding, into.as_deref_mut(), depth)?,
            }
        }
        Ok(())
    }

    /// Steps over encapsulated pixels inside an item, such as those of an icon.
    fn fragments(&mut self, encoding: Encoding) -> Result<(), Stop> {
        while let Some(element) = self.element(encoding)? {
            match element.tag {
                tag::ITEM if element.length != UNDEFINED => {
                    self.stream.skip(u64::from(element.length))?;
                }
                tag::SEQUENCE_END => return Ok(()),
                _ => return Err(Stop::Damaged),
            }
        }
        Err(Stop::Truncated)
    }
}

/// Whether `tag` is Overlay Data of any overlay.
fn is_overlay_data(tag: Tag) -> bool {
    tag & 0xFFE1_FFFF == tag::OVERLAY_DATA
}
