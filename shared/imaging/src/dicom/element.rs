//! The kept part of a DICOM data set, and typed access to its values.

use std::collections::BTreeMap;

use super::tag::Tag;

/// One kept value: raw bytes, with the value representation when the file states one.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) vr: Option<[u8; 2]>,
    pub(crate) big_endian: bool,
    pub(crate) bytes: Vec<u8>,
}

/// The kept elements of a data set or of a sequence item. Of a tag there is a value or a sequence, and the first one
/// wins: a second one is an error of the writer.
#[derive(Clone, Debug, Default)]
pub(crate) struct DataSet {
    values: BTreeMap<Tag, Value>,
    sequences: BTreeMap<Tag, Vec<DataSet>>,
}

impl DataSet {
    /// Whether anything of this tag is kept.
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.values.contains_key(&tag) || self.sequences.contains_key(&tag)
    }

    pub(crate) fn insert(&mut self, tag: Tag, value: Value) {
        self.values.insert(tag, value);
    }

    /// Keeps these items instead of those there.
    pub(crate) fn replace_items(&mut self, tag: Tag, items: Vec<Self>) {
        self.sequences.insert(tag, items);
    }

    /// The items of the sequence `tag`, which is empty at first.
    pub(crate) fn items_mut(&mut self, tag: Tag) -> &mut Vec<Self> {
        self.sequences.entry(tag).or_default()
    }

    pub(crate) fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        let value = self.values.get(&tag)?;
        (!value.bytes.is_empty()).then_some(&value.bytes)
    }

    pub(crate) fn items(&self, tag: Tag) -> &[Self] {
        self.sequences.get(&tag).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn first_item(&self, tag: Tag) -> Option<&Self> {
        self.items(tag).first()
    }

    /// The first value of an ASCII element (UI, CS, DS, IS, DA …), trimmed; `None` when empty.
    pub(crate) fn ascii(&self, tag: Tag) -> Option<String> {
        let text = String::from_utf8_lossy(self.bytes(tag)?);
        let first = text.split('\\').next().unwrap_or_default();
        let trimmed = first.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// The first integer, whether written as text (IS) or binary (US, SS, UL …).
    pub(crate) fn integer(&self, tag: Tag) -> Option<i64> {
        let number = *self.numbers(tag).first()?;
        // IS has at most 12 characters: every legal value is exact in a f64.
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        (number.is_finite() && number.abs() < 9e15).then_some(number as i64)
    }

    /// The first number as an unsigned 32-bit integer; `None` when negative or too large.
    pub(crate) fn unsigned(&self, tag: Tag) -> Option<u32> {
        u32::try_from(self.integer(tag)?).ok()
    }

    /// The first number.
    pub(crate) fn number(&self, tag: Tag) -> Option<f64> {
        self.numbers(tag)
            .first()
            .copied()
            .filter(|number| number.is_finite())
    }

    /// All numbers: text separated by `\`, or binary by its representation. Without a representation (implicit VR) the
    /// tag decides: those read here are text (DS, IS) or 16 bits.
    pub(crate) fn numbers(&self, tag: Tag) -> Vec<f64> {
        let Some(Value {
            vr,
            big_endian,
            bytes,
        }) = self.values.get(&tag)
        else {
            return Vec::new();
        };
        let big = *big_endian;
        match vr.as_ref().map_or_else(
            || implicit_vr(tag),
            |vr| if vr == b"UN" { implicit_vr(tag) } else { vr },
        ) {
            b"US" | b"OW" | b"OB" => words(bytes, big).map(f64::from).collect(),
            b"SS" => words(bytes, big)
                .map(|word| f64::from(word.cast_signed()))
                .collect(),
            b"UL" => bytes
                .as_chunks()
                .0
                .iter()
                .map(|&b| f64::from(order32(b, big)))
                .collect(),
            b"SL" => bytes
                .as_chunks()
                .0
                .iter()
                .map(|&b| f64::from(order32(b, big).cast_signed()))
                .collect(),
            b"FL" => bytes
                .as_chunks()
                .0
                .iter()
                .map(|&b| f64::from(f32::from_bits(order32(b, big))))
                .collect(),
            b"FD" => {
                let order = |b| {
                    if big {
                        f64::from_be_bytes(b)
                    } else {
                        f64::from_le_bytes(b)
                    }
                };
                bytes.as_chunks().0.iter().map(|&b| order(b)).collect()
            }
            _ => decimal_strings(bytes),
        }
    }

    /// The entries of a table that has one byte for each. In a big endian file the bytes of its words are swapped.
    pub(crate) fn byte_entries(&self, tag: Tag) -> Vec<u8> {
        match self.values.get(&tag) {
            Some(Value {
                vr,
                big_endian,
                bytes,
            }) => {
                let mut bytes = bytes.clone();
                if *big_endian && *vr != Some(*b"OB") {
                    let pairs = bytes.as_chunks_mut::<2>().0;
                    for pair in pairs {
                        pair.swap(0, 1);
                    }
                }
                bytes
            }
            None => Vec::new(),
        }
    }

    /// The value as 16-bit words.
    pub(crate) fn words(&self, tag: Tag) -> Vec<u16> {
        self.values.get(&tag).map_or_else(Vec::new, |value| {
            words(&value.bytes, value.big_endian).collect()
        })
    }
}

fn words(bytes: &[u8], big_endian: bool) -> impl Iterator<Item = u16> + '_ {
    let order = move |b: &[u8; 2]| {
        if big_endian {
            u16::from_be_bytes(*b)
        } else {
            u16::from_le_bytes(*b)
        }
    };
    bytes.as_chunks().0.iter().map(order)
}

fn order32(bytes: [u8; 4], big_endian: bool) -> u32 {
    if big_endian {
        u32::from_be_bytes(bytes)
    } else {
        u32::from_le_bytes(bytes)
    }
}

/// Numbers in text. A comma as the decimal separator is a known error of writers; what does not parse is left out.
fn decimal_strings(bytes: &[u8]) -> Vec<f64> {
    let text = String::from_utf8_lossy(bytes);
    text.split('\\')
        .filter_map(|part| {
            let part = part.trim_matches(|c: char| c.is_whitespace() || c == '\0');
            part.parse()
                .or_else(|_| part.replace(',', ".").parse())
                .ok()
        })
        .collect()
}

/// The representation PS3.6 gives a tag, as far as `numbers` needs to know.
fn implicit_vr(tag: Tag) -> &'static [u8; 2] {
    use super::tag;
    let of_overlay = tag & 0xFFE1_FFFF;
    match tag {
        // Within ranges that are words otherwise.
        tag::NUMBER_OF_FRAMES | tag::PIXEL_SPACING | tag::PIXEL_ASPECT_RATIO => b"DS",
        _ if of_overlay == tag::OVERLAY_FRAMES => b"DS",
        _ if of_overlay == tag::OVERLAY_ORIGIN => b"SS",
        0x0028_0002..=0x0028_0121
        | 0x0028_1101..=0x0028_1103
        | 0x6000_0010..=0x601E_0102
        | tag::LUT_DESCRIPTOR
        | tag::SEGMENT_NUMBER
        | tag::RECOMMENDED_DISPLAY_CIELAB => b"US",
        _ => b"DS",
    }
}
