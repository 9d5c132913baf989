//! The header of a TIFF file and its directories (TIFF 6.0, section 2; `BigTIFF`), read without trusting a count.

use std::io::{ErrorKind, Read, Seek, SeekFrom};

use crate::Code;

/// The most bytes the values of one tag may take: tables of a million strips, profiles of printers.
const MAX_VALUE: u64 = 8 << 20;
/// The most entries a directory may have; a directory of classic TIFF cannot have more.
const MAX_ENTRIES: u64 = 65_535;

/// The tags that decide how a picture is read.
pub(super) mod tag {
    pub(in crate::tiff) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(in crate::tiff) const SUBFILE_TYPE: u16 = 255;
    pub(in crate::tiff) const IMAGE_WIDTH: u16 = 256;
    pub(in crate::tiff) const IMAGE_LENGTH: u16 = 257;
    pub(in crate::tiff) const BITS_PER_SAMPLE: u16 = 258;
    pub(in crate::tiff) const COMPRESSION: u16 = 259;
    pub(in crate::tiff) const PHOTOMETRIC: u16 = 262;
    pub(in crate::tiff) const FILL_ORDER: u16 = 266;
    pub(in crate::tiff) const IMAGE_DESCRIPTION: u16 = 270;
    pub(in crate::tiff) const STRIP_OFFSETS: u16 = 273;
    pub(in crate::tiff) const ORIENTATION: u16 = 274;
    pub(in crate::tiff) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(in crate::tiff) const ROWS_PER_STRIP: u16 = 278;
    pub(in crate::tiff) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(in crate::tiff) const PLANAR_CONFIGURATION: u16 = 284;
    pub(in crate::tiff) const T4_OPTIONS: u16 = 292;
    pub(in crate::tiff) const PREDICTOR: u16 = 317;
    pub(in crate::tiff) const COLOR_MAP: u16 = 320;
    pub(in crate::tiff) const TILE_WIDTH: u16 = 322;
    pub(in crate::tiff) const TILE_LENGTH: u16 = 323;
    pub(in crate::tiff) const TILE_OFFSETS: u16 = 324;
    pub(in crate::tiff) const TILE_BYTE_COUNTS: u16 = 325;
    pub(in crate::tiff) const SUB_IFDS: u16 = 330;
    pub(in crate::tiff) const INK_SET: u16 = 332;
    pub(in crate::tiff) const EXTRA_SAMPLES: u16 = 338;
    pub(in crate::tiff) const SAMPLE_FORMAT: u16 = 339;
    pub(in crate::tiff) const JPEG_TABLES: u16 = 347;
    pub(in crate::tiff) const JPEG_FILE: u16 = 513;
    pub(in crate::tiff) const JPEG_FILE_LENGTH: u16 = 514;
    pub(in crate::tiff) const YCBCR_COEFFICIENTS: u16 = 529;
    pub(in crate::tiff) const YCBCR_SUBSAMPLING: u16 = 530;
    pub(in crate::tiff) const REFERENCE_BLACK_WHITE: u16 = 532;
    pub(in crate::tiff) const ICC_PROFILE: u16 = 34_675;
    /// Of GDAL: the number of places without data, as text.
    pub(in crate::tiff) const GDAL_NODATA: u16 = 42_113;
    /// Of Hamamatsu: 1 in every directory of a slide.
    pub(in crate::tiff) const NDPI_FORMAT: u16 = 65_420;
}

/// An open file.
pub(super) struct Source<R> {
    pub(super) reader: R,
    pub(super) big_endian: bool,
    /// Offsets of 64 bits.
    big: bool,
    /// Where the first directory is.
    pub(super) first: u64,
    pub(super) length: u64,
}

/// What a directory holds; values that do not fit into an entry are read when they are asked for.
#[derive(Clone)]
pub(super) struct Directory {
    entries: Vec<Entry>,
    /// Where the next one is; 0 if it is the last.
    pub(super) next: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The value, or where it is.
    value: [u8; 8],
}

impl Directory {
    fn entry(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().copied().find(|entry| entry.tag == tag)
    }

    pub(super) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }
}

impl<R: Read + Seek> Source<R> {
    pub(super) fn open(mut reader: R) -> Result<Self, Code> {
        let length = reader
            .seek(SeekFrom::End(0))
            .map_err(|_| Code::Unreadable)?;
        let mut source = Self {
            reader,
            big_endian: false,
            big: false,
            first: 0,
            length,
        };
        let header = source.exactly(0, 8)?;
        source.big_endian = header.starts_with(b"MM");
        source.big = source.number(&header[2..4]) == 43;
        source.first = if source.big {
            let offset = source.exactly(8, 8)?;
            source.number(&offset)
        } else {
            source.number(&header[4..8])
        };
        Ok(source)
    }

    /// An unsigned number of 1 to 8 bytes.
    fn number(&self, bytes: &[u8]) -> u64 {
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.big_endian {
            bytes.iter().fold(0, add)
        } else {
            bytes.iter().rev().fold(0, add)
        }
    }

    /// So many bytes, all of which must be there.
    pub(super) fn exactly(&mut self, at: u64, length: u64) -> Result<Vec<u8>, Code> {
        let mut bytes = Vec::new();
        self.reader
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.reader.by_ref().take(length).read_to_end(&mut bytes))
            .map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof | ErrorKind::InvalidInput => Code::Truncated,
                _ => Code::Unreadable,
            })?;
        if (bytes.len() as u64) < length {
            return Err(Code::Truncated);
        }
        Ok(bytes)
    }

    /// The directory at an offset.
    pub(super) fn directory(&mut self, at: u64) -> Result<Directory, Code> {
        let (count_size, entry_size, offset_size) =
            if self.big { (8, 20, 8u8) } else { (2, 12, 4) };
        let count = self.exactly(at, count_size)?;
        let count = self.number(&count);
        if count > MAX_ENTRIES {
            return Err(Code::Damaged);
        }
        let start = at.saturating_add(count_size);
        let table = self.exactly(start, count * entry_size)?;
        let entries = table
            .chunks_exact(usize::try_from(entry_size).unwrap_or(usize::MAX))
            .map(|entry| {
                let (head, value) = entry.split_at(entry.len() - usize::from(offset_size));
                let mut bytes = [0; 8];
                bytes[..value.len()].copy_from_slice(value);
                Entry {
                    tag: u16::try_from(self.number(&head[..2])).unwrap_or_default(),
                    kind: u16::try_from(self.number(&head[2..4])).unwrap_or_default(),
                    count: self.number(&head[4..]),
                    value: bytes,
                }
            })
            .collect();
        // Some writers forget the offset behind the last directory.
        let next = self.exactly(start + count * entry_size, u64::from(offset_size));
        let next = next.map_or(0, |offset| self.number(&offset));
        Ok(Directory { entries, next })
    }

    /// The bytes of a value, or as many as are wanted of them, and how many make a number.
    fn value(&mut self, entry: Entry, wanted: u64) -> Option<(usize, Vec<u8>)> {
        let width = match entry.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => return None,
        };
        let length = entry.count.checked_mul(width)?;
        let inline = if self.big { 8 } else { 4 };
        let bytes = if length <= inline {
            entry.value[..usize::try_from(length).ok()?].to_vec()
        } else {
            let at = self.number(&entry.value[..usize::try_from(inline).ok()?]);
            self.exactly(at, length.min(wanted)).ok()?
        };
        Some((usize::try_from(width).ok()?, bytes))
    }

    /// The bytes of a tag, whatever they are.
    pub(super) fn bytes(&mut self, directory: &Directory, tag: u16) -> Option<Vec<u8>> {
        let (_, bytes) = self.value(directory.entry(tag)?, MAX_VALUE)?;
        Some(bytes)
    }

    /// The values of a tag of any unsigned type. Writers do not always choose the one the standard names; signed ones
    /// are taken as well, because no value here is negative.
    pub(super) fn unsigned(&mut self, directory: &Directory, tag: u16) -> Option<Vec<u64>> {
        self.numbers(directory, tag, MAX_VALUE)
    }

    /// The first value of a tag, which may claim to have millions.
    pub(super) fn first_unsigned(&mut self, directory: &Directory, tag: u16) -> Option<u64> {
        self.numbers(directory, tag, 8)?.first().copied()
    }

    /// The values of a tag, of which so many bytes are wanted.
    pub(super) fn numbers(
        &mut self,
        directory: &Directory,
        tag: u16,
        wanted: u64,
    ) -> Option<Vec<u64>> {
        let entry = directory.entry(tag)?;
        if matches!(entry.kind, 2 | 5 | 10 | 11 | 12) {
            return None;
        }
        let (width, bytes) = self.value(entry, wanted)?;
        let values = bytes.chunks_exact(width);
        Some(values.map(|value| self.number(value)).collect())
    }

    /// The values of a tag of fractions.
    #[expect(
        clippy::cast_precision_loss,
        reason = "numerators and denominators have 32 bits"
    )]
    pub(super) fn fractions(&mut self, directory: &Directory, tag: u16) -> Option<Vec<f64>> {
        let entry = directory.entry(tag)?;
        if entry.kind != 5 {
            let values = self.unsigned(directory, tag)?;
            return Some(values.into_iter().map(|value| value as f64).collect());
        }
        let (_, bytes) = self.value(entry, MAX_VALUE)?;
        let fractions = bytes.chunks_exact(8).map(|fraction| {
            let (above, below) = fraction.split_at(4);
            self.number(above) as f64 / self.number(below) as f64
        });
        Some(fractions.collect())
    }

    /// The beginning of the text of a tag.
    pub(super) fn text(&mut self, directory: &Directory, tag: u16) -> Option<String> {
        let (_, bytes) = self.value(directory.entry(tag)?, 64)?;
        let text = String::from_utf8_lossy(&bytes);
        Some(text.trim_matches(['\0', ' ', '\n', '\r']).to_owned())
    }
}
