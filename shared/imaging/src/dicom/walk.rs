//! Walks data elements with bounded depth, number and memory.

use std::io::{Read, Seek};

use super::element::{DataSet, Value};
use super::encoding::{Element, Encoding, Head, UNDEFINED};
use super::parse::PixelElement;
use super::stream::{Stop, Stream};
use super::tag::{self, Tag, Want};
use crate::Limits;

/// A walk over the elements of one stream, with what it may still spend.
pub(crate) struct Walk<'a, R> {
    stream: &'a mut Stream<R>,
    elements_left: u32,
    bytes_left: usize,
    max_depth: u32,
    /// The item of the per-frame groups that describes the frame to be shown.
    frame: usize,
    pub(crate) pixels: Option<PixelElement>,
    pub(crate) offset_table: Option<(u64, u64)>,
}

impl<'a, R: Read + Seek> Walk<'a, R> {
    pub(crate) fn new(stream: &'a mut Stream<R>, limits: &Limits) -> Self {
        Self {
            stream,
            elements_left: limits.max_elements,
            bytes_left: limits.max_header_bytes,
            max_depth: limits.max_depth,
            frame: 0,
            pixels: None,
            offset_table: None,
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
                self.value(element, Encoding::EXPLICIT_LITTLE, into, 0)?;
            }
        }
    }

    /// Reads the data set up to the pixels or the end.
    pub(crate) fn root(&mut self, encoding: Encoding, into: &mut DataSet) -> Result<(), Stop> {
        while let Some(element) = self.element(encoding)? {
            match element.tag {
                tag::PIXEL_DATA | tag::FLOAT_PIXEL_DATA | tag::DOUBLE_PIXEL_DATA => {
                    let length = (element.length != UNDEFINED).then_some(u64::from(element.length));
                    self.pixels = Some(PixelElement {
                        tag: element.tag,
                        vr: element.vr,
                        position: self.stream.position(),
                        length,
                    });
                    return Ok(());
                }
                tag::EXTENDED_OFFSET_TABLE if element.length != UNDEFINED => {
                    self.offset_table = Some((self.stream.position(), u64::from(element.length)));
                    self.stream.skip(u64::from(element.length))?;
                }
                _ => self.value(element, encoding, into, 0)?,
            }
            if element.tag == tag::NUMBER_OF_FRAMES {
                self.frame = super::frame::middle(into.unsigned(tag::NUMBER_OF_FRAMES)) as usize;
            }
        }
        Ok(())
    }

    /// The next element header; `None` at the end of the stream.
    fn element(&mut self, encoding: Encoding) -> Result<Option<Element>, Stop> {
        self.elements_left = self.elements_left.checked_sub(1).ok_or(Stop::TooLarge)?;
        let mut head = [0; Head::SIZE];
        if self.stream.at_end() || !self.stream.read_or_end(&mut head)? {
            return Ok(None);
        }
        Ok(Some(match Head::new(head, encoding) {
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

    /// Keeps or skips the value of `element`.
    fn value(
        &mut self,
        element: Element,
        encoding: Encoding,
        into: &mut DataSet,
        depth: u32,
    ) -> Result<(), Stop> {
        let Element { tag, vr, length } = element;
        // A sequence of unknown representation is written implicit little endian (PS3.5 6.2.2 note 4).
        let inner = if vr == Some(*b"UN") {
            Encoding::IMPLICIT_LITTLE
        } else {
            encoding
        };
        match tag::want(tag) {
            Want::Items => {
                let mut items = Vec::new();
                let read = self.sequence(length, inner, Some((tag, &mut items)), depth + 1);
                into.insert(tag, Value::Items(items));
                read
            }
            _ if length == UNDEFINED && matches!(vr, Some([b'O', _])) => self.fragments(encoding),
            _ if length == UNDEFINED => self.sequence(length, inner, None, depth + 1),
            Want::Value(limit) if length <= limit && length as usize <= self.bytes_left => {
                let bytes = self.stream.read_vec(length as usize)?;
                self.bytes_left -= bytes.len();
                into.insert(
                    tag,
                    Value::Bytes {
                        vr,
                        big_endian: inner.big_endian,
                        bytes,
                    },
                );
                Ok(())
            }
            _ => self.stream.skip(u64::from(length)),
        }
    }

    /// Walks the items of a sequence whose header was read, keeping them when `keep` says so.
    fn sequence(
        &mut self,
        length: u32,
        encoding: Encoding,
        mut keep: Option<(Tag, &mut Vec<DataSet>)>,
        depth: u32,
    ) -> Result<(), Stop> {
        if depth > self.max_depth {
            return Err(Stop::TooLarge);
        }
        let end = (length != UNDEFINED).then(|| self.stream.position() + u64::from(length));
        let mut index = 0;
        while end.is_none_or(|end| self.stream.position() < end) {
            let Some(element) = self.element(encoding)? else {
                return Ok(());
            };
            match element.tag {
                tag::SEQUENCE_END => return Ok(()),
                tag::ITEM => {}
                _ => return Err(Stop::Damaged),
            }
            // Of the per-frame groups only the one of the shown frame is kept: there may be thousands.
            let wanted = keep.as_ref().is_some_and(|(tag, _)| match *tag {
                tag::PER_FRAME_FUNCTIONAL_GROUPS => index == self.frame,
                _ => index == 0,
            });
            index += 1;
            if !wanted && element.length != UNDEFINED {
                self.stream.skip(u64::from(element.length))?;
                continue;
            }
            let mut item = DataSet::default();
            let read = self.item(element.length, encoding, &mut item, depth, wanted);
            if let Some((_, items)) = keep.as_mut().filter(|_| wanted) {
                items.push(item);
            }
            read?;
        }
        Ok(())
    }

    /// Walks one item; without `wanted` only to find its end.
    fn item(
        &mut self,
        length: u32,
        encoding: Encoding,
        into: &mut DataSet,
        depth: u32,
        wanted: bool,
    ) -> Result<(), Stop> {
        let end = (length != UNDEFINED).then(|| self.stream.position() + u64::from(length));
        while end.is_none_or(|end| self.stream.position() < end) {
            let Some(element) = self.element(encoding)? else {
                return Err(Stop::Truncated);
            };
            match element.tag {
                tag::ITEM_END => return Ok(()),
                // The end of the sequence without the end of its item: some writers forget it.
                tag::SEQUENCE_END if end.is_none() => {
                    let back = self.stream.position() - 8;
                    return self.stream.go_to(back);
                }
                _ if wanted => self.value(element, encoding, into, depth)?,
                _ => self.value(element, encoding, &mut DataSet::default(), depth)?,
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
