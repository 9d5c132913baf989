//! Of what representation an element is (PS3.5 6.2): what the file says, or what PS3.6 says where the file is implicit or does not know.
//!
//! The table is that of dicom-dictionary-std 0.10. The package itself has every keyword too, and hashes all of it when it is first asked,
//! which would be in each child.

use super::super::encoding::{Element, UNDEFINED, is_vr};
use super::super::tag::Tag;

/// The elements of PS3.6, in order, each a line of its tag and its representation, so that it is searched as it is. `XS` is `SS` or `US`, as
/// the pixels are.
const DICTIONARY: &[u8] = include_bytes!("dictionary.txt");
/// `00080005CS` and the end of the line.
const LINE: usize = 11;

/// Of an element in a data set whose pixels are `signed`.
pub(super) fn of(element: &Element, signed: bool) -> [u8; 2] {
    match element.vr {
        Some(vr) if is_vr(vr) && vr != *b"UN" => vr,
        // Only sequences have no length, and pixels.
        _ if element.length == UNDEFINED => *b"SQ",
        _ => known(element.tag, signed),
    }
}

/// What the standard says; `UN` where it is silent, as of private elements.
fn known(tag: Tag, signed: bool) -> [u8; 2] {
    let [_, group, element, low] = tag.to_be_bytes();
    if group & 1 == 1 {
        // Creators of private elements (PS3.5 7.8.1).
        return if element == 0 && low >= 0x10 {
            *b"LO"
        } else {
            *b"UN"
        };
    }
    match listed(tag).or_else(|| listed(repeated(tag))) {
        Some([b'X', b'S']) if signed => *b"SS",
        Some([b'X', b'S']) => *b"US",
        Some(vr) => vr,
        None => *b"UN",
    }
}

/// The tag that stands for all of its kind: curves and overlays have sixteen groups each, and old images many elements (PS3.5 7.6).
fn repeated(tag: Tag) -> Tag {
    match tag {
        0x5000_0000..=0x50FF_FFFF | 0x6000_0000..=0x60FF_FFFF => tag & 0xFF00_FFFF,
        0x0020_3100..=0x0020_31FF => 0x0020_3100,
        _ => tag,
    }
}

fn listed(tag: Tag) -> Option<[u8; 2]> {
    let lines = DICTIONARY.as_chunks::<LINE>().0;
    let name = format!("{tag:08X}");
    let line = lines.binary_search_by(|line| line[..8].cmp(name.as_bytes()));
    let line = lines.get(line.ok()?)?;
    Some([line[8], line[9]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_has_representations_only() {
        let (lines, rest) = DICTIONARY.as_chunks::<LINE>();
        assert!(rest.is_empty());
        assert!(lines.is_sorted_by(|a, b| a[..8] < b[..8]));
        for line in lines {
            let vr = [line[8], line[9]];
            assert!(is_vr(vr) || vr == *b"XS", "{}", line.escape_ascii());
            assert_eq!(line[10], b'\n');
        }
    }

    #[test]
    fn what_the_file_does_not_say_the_standard_says() {
        for (tag, vr, length, signed, expected) in [
            (0x0010_0010, None, 4, false, b"PN"),
            (0x0010_0010, Some(*b"LO"), 4, false, b"LO"),
            (0x0010_0010, Some(*b"UN"), 4, false, b"PN"),
            (0x0010_0010, Some(*b"QQ"), 4, false, b"PN"),
            (0x0028_0106, None, 2, false, b"US"),
            (0x0028_0106, None, 2, true, b"SS"),
            (0x0008_1140, None, 8, false, b"SQ"),
            (0x0009_0010, None, 4, false, b"LO"),
            (0x0009_1001, None, 4, false, b"UN"),
            (0x0009_1001, None, UNDEFINED, false, b"SQ"),
            (0x6002_3000, None, 4, false, b"OW"),
            (0x6002_0010, None, 4, false, b"US"),
            (0x0020_3102, None, 4, false, b"CS"),
            (0x0009_0001, None, 4, false, b"UN"),
            (0x7FE0_0010, None, 4, false, b"OW"),
            (0x0043_0043, None, 4, false, b"LO"),
            (0x4321_4320, None, 4, false, b"UN"),
        ] {
            let element = Element { tag, vr, length };
            let found = of(&element, signed);
            assert_eq!(&found, expected, "{tag:08X} {}", found.escape_ascii());
        }
    }
}
