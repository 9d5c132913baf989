//! Data elements by hand, for what no builder of valid files writes.

use imaging::fixtures::{EXPLICIT_BIG_ENDIAN, IMPLICIT_LITTLE_ENDIAN};

fn is_big(transfer_syntax: &str) -> bool {
    transfer_syntax == EXPLICIT_BIG_ENDIAN
}

fn word(transfer_syntax: &str, value: u16) -> [u8; 2] {
    if is_big(transfer_syntax) {
        value.to_be_bytes()
    } else {
        value.to_le_bytes()
    }
}

fn length(transfer_syntax: &str, value: usize) -> [u8; 4] {
    let value = u32::try_from(value).expect("below 4 GB");
    if is_big(transfer_syntax) {
        value.to_be_bytes()
    } else {
        value.to_le_bytes()
    }
}

/// Words of 16 bits.
pub(crate) fn words(transfer_syntax: &str, values: impl IntoIterator<Item = u16>) -> Vec<u8> {
    values
        .into_iter()
        .flat_map(|value| word(transfer_syntax, value))
        .collect()
}

pub(crate) fn tag(transfer_syntax: &str, tag: u32) -> Vec<u8> {
    let [a, b, c, d] = tag.to_be_bytes();
    words(
        transfer_syntax,
        [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])],
    )
}

/// An element with its length.
pub(crate) fn element(transfer_syntax: &str, number: u32, vr: [u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = tag(transfer_syntax, number);
    if transfer_syntax == IMPLICIT_LITTLE_ENDIAN {
        bytes.extend(length(transfer_syntax, value.len()));
    } else if matches!(&vr, b"OB" | b"OW" | b"SQ" | b"UN" | b"UT") {
        bytes.extend([vr[0], vr[1], 0, 0]);
        bytes.extend(length(transfer_syntax, value.len()));
    } else {
        bytes.extend(vr);
        bytes.extend(word(
            transfer_syntax,
            u16::try_from(value.len()).expect("a short value"),
        ));
    }
    bytes.extend(value);
    bytes
}

/// An item with its length, which is the value of a sequence of one.
pub(crate) fn item(transfer_syntax: &str, elements: &[Vec<u8>]) -> Vec<u8> {
    let content = elements.concat();
    let mut bytes = tag(transfer_syntax, 0xFFFE_E000);
    bytes.extend(length(transfer_syntax, content.len()));
    bytes.extend(content);
    bytes
}

/// An item without a length, and its end.
pub(crate) fn open_item(transfer_syntax: &str, elements: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = tag(transfer_syntax, 0xFFFE_E000);
    bytes.extend([0xFF; 4]);
    bytes.extend(elements.concat());
    bytes.extend(delimiter(transfer_syntax, 0xFFFE_E00D));
    bytes
}

/// The end of an item or of a sequence.
pub(crate) fn delimiter(transfer_syntax: &str, number: u32) -> Vec<u8> {
    [tag(transfer_syntax, number), vec![0; 4]].concat()
}

/// A decimal string for the extra elements of a fixture.
pub(crate) fn decimal(number: u32, value: &str) -> (u32, [u8; 2], Vec<u8>) {
    (number, *b"DS", value.as_bytes().to_vec())
}
