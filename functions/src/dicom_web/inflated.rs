//! Data sets that are deflated as a whole.

use std::io::Read as _;

use flate2::read::DeflateDecoder;
use service::error::Error;

use super::answer;

/// The first `length` bytes of a data set that is deflated as a whole (PS3.5, section A.5): behind the group of the file's meta information, whose
/// length stands at its beginning (PS3.10, section 7.1).
///
/// # Errors
/// [`Error::NotFound`] if there are not so many.
pub(super) fn inflated(file: &[u8], length: u64) -> Result<Vec<u8>, Error> {
    const GROUP_LENGTH: usize = 132;
    let value = file
        .get(GROUP_LENGTH + 8..)
        .and_then(|rest| rest.first_chunk::<4>());
    let start = value.map(|value| GROUP_LENGTH + 12 + u32::from_le_bytes(*value) as usize);
    let deflated = start
        .and_then(|start| file.get(start..))
        .ok_or(Error::NotFound)?;
    if length > answer::MOST_PREPARED {
        return Err(answer::too_large(length));
    }
    let mut set = Vec::new();
    DeflateDecoder::new(deflated)
        .take(length)
        .read_to_end(&mut set)
        .map_err(|_| Error::NotFound)?;
    if set.len() as u64 == length {
        Ok(set)
    } else {
        Err(Error::NotFound)
    }
}
