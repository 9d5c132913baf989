//! How an element begins: tag, value representation and length in each encoding (PS3.5 7.1), and how files whose kind
//! nothing else tells are recognised by that.

use super::tag::{self, Tag};

/// How elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) explicit: bool,
    pub(crate) big_endian: bool,
}

impl Encoding {
    pub(crate) const IMPLICIT_LITTLE: Self = Self {
        explicit: false,
        big_endian: false,
    };
    pub(crate) const EXPLICIT_LITTLE: Self = Self {
        explicit: true,
        big_endian: false,
    };

    pub(crate) fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }

    pub(crate) fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }
}

/// Length field of a value that ends with a delimiter (PS3.5 7.1.1).
pub(crate) const UNDEFINED: u32 = u32::MAX;

/// The header of one element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element {
    pub(crate) tag: Tag,
    /// Absent in implicit encoding and for delimiters.
    pub(crate) vr: Option<[u8; 2]>,
    /// [`UNDEFINED`], or the bytes of the value, as claimed.
    pub(crate) length: u32,
}

/// The first eight bytes of an element, from which the rest follows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Head {
    /// This was all of it.
    Whole(Element),
    /// Four bytes with the length of the value follow.
    LongLength { tag: Tag, vr: [u8; 2] },
}

impl Head {
    /// Bytes that decide.
    pub(crate) const SIZE: usize = 8;

    pub(crate) fn new(bytes: [u8; Self::SIZE], encoding: Encoding) -> Self {
        let [group, element, vr, last] = [0, 2, 4, 6].map(|at| [bytes[at], bytes[at + 1]]);
        let tag = u32::from(encoding.u16(group)) << 16 | u32::from(encoding.u16(element));
        let is_delimiter = tag >> 16 == 0xFFFE || tag::swapped_delimiter(tag).is_some();
        if !encoding.explicit || is_delimiter || !vr.iter().all(u8::is_ascii_uppercase) {
            let length = encoding.u32([vr[0], vr[1], last[0], last[1]]);
            return Self::Whole(Element {
                tag,
                vr: None,
                length,
            });
        }
        // Representations that came after 2016 or are none have the long form (PS3.5 7.1.2), whose second half is 0.
        if has_long_length(vr) || !is_vr(vr) && last == [0, 0] {
            return Self::LongLength { tag, vr };
        }
        Self::Whole(Element {
            tag,
            vr: Some(vr),
            length: u32::from(encoding.u16(last)),
        })
    }
}

/// The value representations of PS3.5 6.2.
pub(crate) fn is_vr(vr: [u8; 2]) -> bool {
    const KNOWN: &[u8] = b"AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV";
    KNOWN.as_chunks::<2>().0.contains(&vr)
}

/// Representations whose explicit length field has 32 bits (PS3.5 7.1.2).
fn has_long_length(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"OB"
            | b"OD"
            | b"OF"
            | b"OL"
            | b"OV"
            | b"OW"
            | b"SQ"
            | b"SV"
            | b"UC"
            | b"UN"
            | b"UR"
            | b"UT"
            | b"UV"
    )
}

/// Whether `head` starts with a preamble and `DICM`.
#[must_use]
pub fn has_preamble(head: &[u8]) -> bool {
    head.get(128..132) == Some(b"DICM")
}

/// Whether `head` is the start of a data set without preamble: a chain of at least two elements in rising order, from
/// group 0002 or 0008. In no other kind of file two fit by chance.
#[must_use]
pub fn looks_like_data_set(head: &[u8]) -> bool {
    let groups = [[2, 0], [8, 0], [0, 2], [0, 8]];
    if !groups.iter().any(|group| head.starts_with(group)) {
        return false;
    }
    let big_endian = head[0] == 0;
    let (mut rest, mut last, mut plausible) = (head, 0, 0);
    while let Some(&bytes) = rest.first_chunk::<{ Head::SIZE }>() {
        // The data set may be written otherwise than the meta group, so each element is asked.
        let explicit = is_vr([bytes[4], bytes[5]]);
        let (tag, start, length) = match Head::new(
            bytes,
            Encoding {
                explicit,
                big_endian,
            },
        ) {
            Head::Whole(element) => (element.tag, Head::SIZE, element.length),
            Head::LongLength { tag, .. } => {
                let long = rest[Head::SIZE..]
                    .first_chunk()
                    .map_or(UNDEFINED, |long| u32::from_le_bytes(*long));
                (
                    tag,
                    Head::SIZE + 4,
                    if big_endian { long.swap_bytes() } else { long },
                )
            }
        };
        if tag <= last {
            return false;
        }
        last = tag;
        plausible += 1;
        let Some(next) = rest
            .get(start..)
            .and_then(|value| value.get(length as usize..))
        else {
            break;
        };
        rest = next;
        if plausible == 3 {
            break;
        }
    }
    plausible >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rising_elements_are_a_data_set_and_one_is_not() {
        let explicit = b"\x08\0\x16\0UI\x02\x001.\x08\0\x18\0UI\x02\x001.";
        assert!(looks_like_data_set(explicit));
        assert!(!looks_like_data_set(&explicit[..10]));
        let implicit = b"\x08\0\x16\0\x02\0\0\x001.\x08\0\x18\0\x02\0\0\x001.";
        assert!(looks_like_data_set(implicit));
        let falling = b"\x08\0\x18\0UI\x02\x001.\x08\0\x16\0UI\x02\x001.";
        assert!(!looks_like_data_set(falling));
        assert!(!looks_like_data_set(
            b"\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        ));
    }
}
