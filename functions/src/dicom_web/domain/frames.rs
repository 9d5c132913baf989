//! Frames: which are asked for, what their bytes are, and in which media types they are there.

use super::accept::Media;

/// Frames of one answer, at most.
const MOST: usize = 1000;
/// Explicit VR Little Endian.
pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub(crate) const BYTES: &str = "application/octet-stream";

/// Reads a list of frame numbers, from 1 on, with commas between them.
///
/// # Errors
/// A sentence that completes "frames …".
pub(crate) fn numbers(text: &str) -> Result<Vec<u32>, &'static str> {
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let is_number = !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        let number = is_number
            .then(|| part.parse::<u32>().ok())
            .flatten()
            .filter(|number| *number > 0);
        numbers
            .push(number.ok_or("must be numbers of frames, from 1 on, with commas between them")?);
        if numbers.len() > MOST {
            return Err("may be 1,000 at a time");
        }
    }
    Ok(numbers)
}

/// The media type of frames that are compressed in this transfer syntax (PS3.18, table 8.7.3-5); `None` if it is none of those.
pub(crate) fn kind_of(syntax: &str) -> Option<&'static str> {
    let rest = syntax.strip_prefix("1.2.840.10008.1.2.")?;
    Some(match rest {
        "5" => "image/dicom-rle",
        "4.50" | "4.51" | "4.57" | "4.70" => "image/jpeg",
        "4.80" | "4.81" => "image/jls",
        "4.90" | "4.91" => "image/jp2",
        "4.92" | "4.93" => "image/jpx",
        "4.110" | "4.111" | "4.112" => "image/jxl",
        "4.201" | "4.202" | "4.203" => "image/jphc",
        "4.100" | "4.101" => "video/mpeg2",
        "4.102" | "4.103" | "4.104" | "4.105" | "4.106" | "4.107" | "4.108" => "video/mp4",
        _ => return None,
    })
}

/// The media types in which frames are there: `kind` is that of compressed ones. One frame may also stand alone.
pub(crate) fn media(kind: Option<&'static str>, is_one: bool) -> Vec<Media> {
    let kinds = kind.into_iter().chain([BYTES]);
    let in_parts = kinds.clone().map(|kind| Media {
        kind,
        in_parts: true,
    });
    let alone = kinds.map(Media::single).filter(|_| is_one);
    in_parts.chain(alone).collect()
}

/// How frames are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are in the file; uncompressed ones in little endian, each from a byte of its own on.
    Stored,
    /// Decoded, to explicit VR little endian.
    Decoded,
}

/// The form in which a client that names the transfer syntax `named`, or none, takes frames that are `stored` so; `None` if in none. Bytes without a name
/// are uncompressed ones (PS3.18, section 8.7.3.5.2).
pub(crate) fn form(
    media: Media,
    named: Option<&str>,
    stored: &str,
    is_compressed: bool,
) -> Option<Form> {
    let is_bytes = media.kind == BYTES;
    match named {
        Some("*") => Some(Form::Stored),
        Some(named) if named == stored => Some(Form::Stored),
        Some(EXPLICIT) | None if is_bytes && is_compressed => Some(Form::Decoded),
        Some(EXPLICIT) if !is_compressed => Some(Form::Stored),
        Some(_) => None,
        None => Some(Form::Stored),
    }
}

/// Turns round the bytes of each word.
pub(crate) fn swapped(mut bytes: Vec<u8>, word: u8) -> Vec<u8> {
    if word > 1 {
        bytes
            .chunks_exact_mut(word.into())
            .for_each(<[u8]>::reverse);
    }
    bytes
}

/// `bits` bits of `bytes`, from the bit `first` on: frames of single bits may begin inside a byte, whose lowest bit is the first (PS3.5, section 8.1.1).
pub(crate) fn aligned(bytes: &[u8], first: u8, bits: u64) -> Vec<u8> {
    let length = usize::try_from(bits.div_ceil(8))
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    let mut aligned: Vec<u8> = (0..length)
        .map(|index| {
            let next = bytes.get(index + 1).copied().unwrap_or_default();
            let pair = u16::from_le_bytes([bytes[index], next]) >> first;
            pair.to_le_bytes()[0]
        })
        .collect();
    let rest = u8::try_from(bits % 8).unwrap_or_default();
    if let Some(last) = aligned.last_mut().filter(|_| rest > 0) {
        *last &= (1 << rest) - 1;
    }
    aligned
}

/// A range of bytes that a client asks for, from the first to the one behind the last (RFC 9110, section 14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All: no range is asked for, or several, or one that is none.
    All,
    Part(u64, u64),
    /// Nothing of what there is.
    Nothing,
}

/// Reads a `Range` of something that has `length` bytes.
pub(crate) fn range(header: Option<&str>, length: u64) -> Wanted {
    let Some(range) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((from, to)) = range.trim().split_once('-') else {
        return Wanted::All;
    };
    match (from.parse::<u64>(), to.parse::<u64>()) {
        (Err(_), Ok(0)) if from.is_empty() => Wanted::Nothing,
        (Err(_), Ok(last)) if from.is_empty() => Wanted::Part(length.saturating_sub(last), length),
        (Ok(from), _) if from >= length => Wanted::Nothing,
        (Ok(from), Err(_)) if to.is_empty() => Wanted::Part(from, length),
        (Ok(from), Ok(to)) if from <= to => Wanted::Part(from, length.min(to.saturating_add(1))),
        _ => Wanted::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_numbers_from_1_on() {
        for (text, read) in [
            ("1", Some(vec![1])),
            ("3,1,3", Some(vec![3, 1, 3])),
            ("0", None),
            ("1,", None),
            ("", None),
            ("+1", None),
            ("1.5", None),
            ("99999999999", None),
            ("one", None),
        ] {
            assert_eq!(numbers(text).ok(), read, "{text:?}");
        }
        assert!(numbers(&vec!["1"; 1000].join(",")).is_ok());
        assert!(numbers(&vec!["1"; 1001].join(",")).is_err());
    }

    #[test]
    fn what_is_compressed_is_decoded_for_those_who_want_bytes_and_do_not_say_which() {
        let (jpeg, stored) = (Media::single("image/jpeg"), "1.2.840.10008.1.2.4.50");
        let bytes = Media::single(BYTES);
        let (as_stored, decoded) = (Some(Form::Stored), Some(Form::Decoded));
        for (media, named, is_compressed, expected) in [
            (bytes, None, false, as_stored),
            (bytes, Some(EXPLICIT), false, as_stored),
            (bytes, Some("1.2.840.10008.1.2.2"), false, None),
            (bytes, None, true, decoded),
            (bytes, Some(EXPLICIT), true, decoded),
            (bytes, Some("*"), true, as_stored),
            (bytes, Some(stored), true, as_stored),
            (jpeg, None, true, as_stored),
            (jpeg, Some(EXPLICIT), true, None),
            (jpeg, Some("1.2.840.10008.1.2.4.70"), true, None),
        ] {
            assert_eq!(
                form(media, named, stored, is_compressed),
                expected,
                "{media} {named:?} {is_compressed}"
            );
        }
        assert_eq!(kind_of("1.2.840.10008.1.2.4.90"), Some("image/jp2"));
        assert_eq!(kind_of(EXPLICIT), None);
        assert_eq!(media(Some("image/jpeg"), true).len(), 4);
        assert_eq!(media(None, false).len(), 1);
    }

    #[test]
    fn frames_of_bits_begin_at_a_byte_of_their_own() {
        // 12 bits from the third on: 0b10_1101_0110_1001 without its two lowest.
        let bytes = 0b0010_1101_0110_1001_u16.to_le_bytes();
        assert_eq!(aligned(&bytes, 2, 12), 0b1011_0101_1010_u16.to_le_bytes());
        assert_eq!(aligned(&[0xFF, 0xFF], 0, 16), [0xFF, 0xFF]);
        assert_eq!(aligned(&[0xFF], 0, 3), [0b111]);
        assert_eq!(swapped(vec![1, 2, 3, 4], 2), [2, 1, 4, 3]);
        assert_eq!(swapped(vec![1, 2], 1), [1, 2]);
    }

    #[test]
    fn a_range_is_of_what_there_is() {
        for (header, wanted) in [
            (None, Wanted::All),
            (Some("bytes=0-9"), Wanted::Part(0, 10)),
            (Some("bytes=90-"), Wanted::Part(90, 100)),
            (Some("bytes=90-1000"), Wanted::Part(90, 100)),
            (Some("bytes=-10"), Wanted::Part(90, 100)),
            (Some("bytes=-1000"), Wanted::Part(0, 100)),
            (Some("bytes=-0"), Wanted::Nothing),
            (Some("bytes=100-"), Wanted::Nothing),
            (Some("bytes=9-0"), Wanted::All),
            (Some("bytes=0-1,5-6"), Wanted::All),
            (Some("lines=0-1"), Wanted::All),
            (Some("bytes=x"), Wanted::All),
        ] {
            assert_eq!(range(header, 100), wanted, "{header:?}");
        }
    }
}
