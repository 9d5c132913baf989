//! Parts of an original, each by ranged reads.

use imaging::dicom::FramePart;
use service::App;
use service::domain::FileRecord;
use service::error::Error;

/// The bytes of a part of a file.
pub(super) async fn stored(
    app: &App,
    file: &FileRecord,
    part: &FramePart,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for (offset, length) in joined(&part.ranges) {
        if length > 0 {
            bytes.extend(app.bucket.range_of_original(file, offset, length).await?);
        }
    }
    Ok(bytes)
}

/// Ranges that follow one another as one.
fn joined(ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (offset, length) in ranges {
        match joined.last_mut() {
            Some(last) if last.0 + last.1 == *offset => last.1 += length,
            _ => joined.push((*offset, *length)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_follow_one_another_are_one() {
        assert_eq!(joined(&[(0, 4), (4, 4), (10, 2)]), [(0, 8), (10, 2)]);
        assert_eq!(joined(&[]), []);
    }
}
