//! How columns become bytes: four letters for what they are, the number of the format, a CRC-32 of the rest, and an LZ4 block of postcard's encoding
//! (<https://postcard.jamesmunns.com/wire-format>).

use serde::Serialize;
use serde::de::DeserializeOwned;

const FORMAT: u8 = 1;
const LETTERS: usize = 4;
/// Bytes before the block.
const HEADER: usize = LETTERS + 1 + 4;
/// The most that a block may unpack to: [`MAX_ROWS`](crate::MAX_ROWS) of the longest texts are 80 MB.
const MAX_BYTES: usize = 128 * 1024 * 1024;

/// The bytes are not what this program wrote: what they stand for is built again from the table.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packed rows are damaged: {0}")]
pub struct Damaged(pub(crate) &'static str);

/// A value as bytes of the kind that `letters` name.
///
/// # Panics
/// Never: postcard writes every value of our types.
#[must_use]
pub fn packed(letters: [u8; LETTERS], value: &impl Serialize) -> Vec<u8> {
    let value = postcard::to_stdvec(value).expect("values can be written");
    let block = lz4_flex::block::compress_prepend_size(&value);
    let mut bytes = Vec::with_capacity(HEADER + block.len());
    bytes.extend_from_slice(&letters);
    bytes.push(FORMAT);
    bytes.extend_from_slice(&crc32fast::hash(&block).to_le_bytes());
    bytes.extend_from_slice(&block);
    bytes
}

/// The value of such bytes.
///
/// # Errors
/// [`Damaged`] if they are of another kind, or not whole.
pub fn unpacked<T: DeserializeOwned>(letters: [u8; LETTERS], bytes: &[u8]) -> Result<T, Damaged> {
    let header = bytes.split_at_checked(HEADER);
    let (header, block) = header.ok_or(Damaged("there are too few bytes"))?;
    let (letters_and_format, checksum) = header.split_at(LETTERS + 1);
    if letters_and_format[..LETTERS] != letters || letters_and_format[LETTERS] != FORMAT {
        return Err(Damaged("they are of another format"));
    }
    if checksum != crc32fast::hash(block).to_le_bytes() {
        return Err(Damaged("their checksum is another one"));
    }
    let length = lz4_flex::block::uncompressed_size(block);
    let (length, block) = length.map_err(|_| Damaged("they have no length"))?;
    if length > MAX_BYTES {
        return Err(Damaged("they are too many"));
    }
    let value = lz4_flex::block::decompress(block, length);
    let value = value.map_err(|_| Damaged("they cannot be unpacked"))?;
    postcard::from_bytes(&value).map_err(|_| Damaged("they cannot be read"))
}
