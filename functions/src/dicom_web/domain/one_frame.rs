//! A file of compressed frames that has only one of them, so that a decoder finds it without the others.

use memchr::memmem;

/// The header of compressed pixels (PS3.5, table A.4-1): their tag, a VR of bytes or words, and no length.
const PIXELS: [[u8; 12]; 2] = [
    *b"\xE0\x7F\x10\x00OB\0\0\xFF\xFF\xFF\xFF",
    *b"\xE0\x7F\x10\x00OW\0\0\xFF\xFF\xFF\xFF",
];
const ITEM: [u8; 4] = *b"\xFE\xFF\x00\xE0";
const END: [u8; 8] = *b"\xFE\xFF\xDD\xE0\0\0\0\0";

/// A file that has the frame `number`, from 1 on, of `frames`, and of the others nothing. `in_front` is what stands before the first fragment. `None`
/// if no pixels begin there, or there are more bytes than an item has.
///
/// The table of offsets (PS3.5, section A.4) says that the frame begins at the first fragment, and that all behind it begin where it ends.
pub(crate) fn of(in_front: &[u8], frames: u32, number: u32, frame: &[u8]) -> Option<Vec<u8>> {
    let begins = PIXELS
        .iter()
        .filter_map(|pixels| memmem::rfind(in_front, pixels));
    let header = in_front.get(..begins.max()? + PIXELS[0].len())?;
    let is_odd = frame.len() % 2 == 1;
    let length = u32::try_from(frame.len() + usize::from(is_odd)).ok()?;
    let behind = length.checked_add(8)?;
    let mut file = header.to_vec();
    file.extend(ITEM);
    if frames > 1 {
        file.extend(frames.checked_mul(4)?.to_le_bytes());
        for other in 1..=frames {
            file.extend(if other <= number { 0 } else { behind }.to_le_bytes());
        }
    } else {
        file.extend([0; 4]);
    }
    file.extend(ITEM);
    file.extend(length.to_le_bytes());
    file.extend(frame);
    file.extend(is_odd.then_some(0));
    file.extend(END);
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_begins_at_the_first_fragment_and_the_others_behind_it() {
        let in_front = [
            b"header".as_slice(),
            &PIXELS[0],
            &ITEM,
            &[4, 0, 0, 0],
            &[9; 4],
        ]
        .concat();
        let file = of(&in_front, 3, 2, b"frame").expect("a file");
        let expected = [
            b"header".as_slice(),
            &PIXELS[0],
            &ITEM,
            &[12, 0, 0, 0],
            &[0; 8],
            &[14, 0, 0, 0],
            &ITEM,
            &[6, 0, 0, 0],
            b"frame\0",
            &END,
        ];
        assert_eq!(file, expected.concat());
    }

    #[test]
    fn a_frame_alone_needs_no_table() {
        let file = of(&PIXELS[1], 1, 1, b"ab").expect("a file");
        let expected = [
            PIXELS[1].as_slice(),
            &ITEM,
            &[0; 4],
            &ITEM,
            &[2, 0, 0, 0],
            b"ab",
            &END,
        ];
        assert_eq!(file, expected.concat());
    }

    #[test]
    fn where_no_pixels_begin_no_file_is_made() {
        assert_eq!(of(b"no pixels at all", 1, 1, b"ab"), None);
        assert_eq!(of(&PIXELS[0], u32::MAX, 1, b"ab"), None);
    }
}
