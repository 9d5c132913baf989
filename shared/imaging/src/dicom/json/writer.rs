//! Writes one element after the other, as a walk comes to them (PS3.18 F.2.2).

use super::super::encoding::{Element, UNDEFINED};
use super::super::sink::{At, Sink};
use super::super::stream::Stop;
use super::super::tag::{self, Tag, Want};
use super::packed::{Finished, Packed};
use super::values::{self, Kind};
use super::{Bulk, How, vr};
use crate::charset::{CharacterSet, Charset};

/// A data set or an item that is being written.
#[derive(Default)]
struct Level {
    /// What was written: a second element of the same tag is an error of the writer, and the first one wins.
    seen: Vec<Tag>,
    /// The character set that it names.
    charset: Option<Named>,
    /// Whether its pixels are signed, if it says so.
    signed: Option<bool>,
    /// Items of the sequence in it that is being written.
    items: usize,
}

/// A named set of characters.
struct Named {
    terms: Option<Vec<u8>>,
    /// The set that the header was read in, if its words have shown that it is the right one.
    proven: Option<CharacterSet>,
}

impl Named {
    /// Reads `bytes`. What the set gives no words for is guessed, value by value.
    fn text(&self, bytes: &[u8], default: Option<Charset>) -> String {
        if let Some(proven) = &self.proven {
            return proven.text(bytes);
        }
        let (set, _) = CharacterSet::of(self.terms.as_deref(), default, &[bytes]);
        set.text(bytes)
    }
}

/// Writes JSON.
pub(super) struct Writer {
    out: Packed,
    /// The data set and the items that are open, outermost first.
    levels: Vec<Level>,
    default: Option<Charset>,
    deflated: bool,
}

impl Writer {
    /// Begins a data set that names the character set `declared`, whose header was read in `charset`. Where none is named, `default` is expected.
    pub(super) fn new(
        mut out: Packed,
        declared: Option<&[u8]>,
        charset: Option<CharacterSet>,
        default: Option<Charset>,
        deflated: bool,
    ) -> Self {
        // An array of one, as WADO-RS answers it. JSON is UTF-8, whatever the file was.
        out.push("[{\"00080005\":{\"vr\":\"CS\",\"Value\":[\"ISO_IR 192\"]}");
        let named = Named {
            terms: declared.map(<[u8]>::to_vec),
            proven: charset,
        };
        let root = Level {
            seen: vec![tag::CHARACTER_SET],
            charset: Some(named),
            ..Level::default()
        };
        Self {
            out,
            levels: vec![root],
            default,
            deflated,
        }
    }

    /// The element of the pixels, which are never here.
    pub(super) fn pixels(&mut self, element: &Element) {
        let vr = match element.vr {
            Some(vr) => vr,
            None => vr::of(
                &Element {
                    length: 0,
                    ..*element
                },
                false,
            ),
        };
        self.begin(element.tag, vr);
        self.out.push(",\"BulkDataURI\":\"pixeldata\"}");
    }

    /// Ends the data set.
    pub(super) fn finish(mut self) -> Result<Finished, Stop> {
        self.out.push("}]");
        self.out.finish()
    }

    fn begin(&mut self, tag: Tag, vr: [u8; 2]) {
        let [a, b] = vr.map(char::from);
        let level = self.levels.last_mut();
        let is_first = level.as_ref().is_none_or(|level| level.seen.is_empty());
        if let Some(level) = level {
            level.seen.push(tag);
        }
        let comma = if is_first { "" } else { "," };
        self.out
            .push(&format!("{comma}\"{tag:08X}\":{{\"vr\":\"{a}{b}\""));
    }

    fn vr(&self, element: &Element) -> [u8; 2] {
        let mut said = self.levels.iter().rev().filter_map(|level| level.signed);
        vr::of(element, said.next().unwrap_or_default())
    }

    fn is_new(&self, tag: Tag) -> bool {
        let Some(level) = self.levels.last() else {
            return true;
        };
        // The tags of a file rise.
        level.seen.last().is_none_or(|last| *last < tag) || !level.seen.contains(&tag)
    }

    fn text(&self, bytes: &[u8]) -> String {
        if bytes.is_ascii() && !bytes.contains(&0x1B) {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        let mut named = self.levels.iter().rev();
        let named = named.find_map(|level| level.charset.as_ref());
        named.map_or_else(String::new, |named| named.text(bytes, self.default))
    }

    /// What an item says of how it is to be read itself.
    fn learn(&mut self, tag: Tag, bytes: &[u8], big_endian: bool) {
        let Some(level) = self.levels.last_mut() else {
            return;
        };
        match (tag, bytes) {
            (tag::CHARACTER_SET, terms) => {
                level.charset = Some(Named {
                    terms: Some(terms.to_vec()),
                    proven: None,
                });
            }
            (tag::PIXEL_REPRESENTATION, &[a, b]) => {
                level.signed = Some(if big_endian { b } else { a } == 1);
            }
            _ => {}
        }
    }
}

impl Sink for Writer {
    fn want(&self, element: &Element) -> Want {
        let tag = element.tag;
        // Lengths of groups are not part of it (PS3.18 F.2.2), nor is what belongs before the data set, or to the end of an item.
        if tag & 0xFFFF == 0 || matches!(tag >> 16, 0 | 2 | 0xFFFE) || !self.is_new(tag) {
            return Want::Skip;
        }
        match Kind::of(self.vr(element)) {
            Kind::Sequence => Want::Items,
            kind => Want::Value(kind.most()),
        }
    }

    fn wants_item(&self, _: Tag, _: usize, _: usize) -> bool {
        true
    }

    fn value(&mut self, element: &Element, at: At, bytes: Vec<u8>) -> Result<(), Stop> {
        let vr = self.vr(element);
        self.learn(element.tag, &bytes, at.big_endian);
        self.begin(element.tag, vr);
        let mut values = Vec::new();
        let mut name = ",\"Value\":[";
        match Kind::of(vr) {
            Kind::Binary(word) => values::binary(&mut values, vr, &bytes, at.big_endian, word),
            Kind::Bytes(_) if bytes.is_empty() => {}
            Kind::Bytes(word) => {
                name = ",\"InlineBinary\":";
                values::inline(&mut values, bytes, at.big_endian, word);
            }
            _ if element.tag == tag::CHARACTER_SET => values.extend(b"\"ISO_IR 192\""),
            kind => values::texts(&mut values, kind, vr, &self.text(&bytes)),
        }
        if !values.is_empty() {
            self.out.push(name);
            self.out.extend(|chunk| chunk.extend(values));
            if name.ends_with('[') {
                self.out.push("]");
            }
        }
        self.out.push("}");
        self.out.room()
    }

    fn elsewhere(&mut self, element: &Element, at: At) -> Result<(), Stop> {
        let vr = self.vr(element);
        self.begin(element.tag, vr);
        let word = match Kind::of(vr) {
            // A tag is two words.
            _ if vr == *b"AT" => 2,
            Kind::Bytes(word) | Kind::Binary(word) => u8::try_from(word).unwrap_or(1),
            _ => 1,
        };
        // Of fragments in an item, such as an icon's, there is no one range.
        if element.length != UNDEFINED {
            let bulk = Bulk {
                how: match word {
                    _ if self.deflated => How::Inflated,
                    2.. if at.big_endian => How::Swapped(word),
                    _ => How::Stored,
                },
                offset: at.position,
                length: u64::from(element.length),
            };
            self.out.push(&format!(",\"BulkDataURI\":\"{bulk}\""));
        }
        self.out.push("}");
        self.out.room()
    }

    fn begin_items(&mut self, tag: Tag) {
        self.begin(tag, *b"SQ");
        if let Some(level) = self.levels.last_mut() {
            level.items = 0;
        }
    }

    fn begin_item(&mut self, _: Tag) -> &mut Self {
        let items = self.levels.last_mut().map(|level| &mut level.items);
        let before = items.map_or(0, |items| std::mem::replace(items, *items + 1));
        self.out
            .push(if before == 0 { ",\"Value\":[{" } else { ",{" });
        self.levels.push(Level::default());
        self
    }

    fn end_item(&mut self) {
        self.levels.pop();
        self.out.push("}");
    }

    fn end_items(&mut self) {
        let has_items = self.levels.last().is_some_and(|level| level.items > 0);
        self.out.push(if has_items { "]}" } else { "}" });
    }
}
