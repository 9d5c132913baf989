//! The levels of a pyramid: the same picture in several sizes, in the directories that follow the first one (slide
//! scanners) or in those its `SubIFDs` tag points at (OME-TIFF).

use std::io::{self, Read, Seek, SeekFrom};

use tiff::decoder::Decoder;
use tiff::tags::{ByteOrder, IfdPointer, Tag};
use tiff::{Directory, TiffError, TiffResult};

use crate::Picture;

/// Directories looked at in search of a small level. Slides have about ten.
const MAX_DIRECTORIES: usize = 64;

/// The directory to decode: of those with the shape of the first, the smallest that is large enough for a preview.
pub(super) fn smallest<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    original: (u32, u32),
) -> TiffResult<IfdPointer> {
    let missing = || TiffError::IoError(io::ErrorKind::UnexpectedEof.into());
    let first = decoder.ifd_pointer().ok_or_else(missing)?;
    let mut best = (first, original.0.max(original.1));
    let mut consider = |pointer, (width, height): (u32, u32)| {
        // Same shape within the rounding of one pixel of the smaller level.
        let skew = (u64::from(width) * u64::from(original.1))
            .abs_diff(u64::from(height) * u64::from(original.0));
        let same_shape = skew <= u64::from(original.0.max(original.1));
        let long = width.max(height);
        if same_shape && long < best.1 && long >= Picture::PREVIEW_SIDE {
            best = (pointer, long);
        }
    };
    let subordinate: Vec<u64> = decoder
        .find_tag_unsigned_vec(Tag::SubIfd)
        .ok()
        .flatten()
        .unwrap_or_default();
    for pointer in subordinate
        .into_iter()
        .take(MAX_DIRECTORIES)
        .map(IfdPointer)
    {
        if let Some(size) = decoder
            .read_directory(pointer)
            .ok()
            .and_then(|directory| size(decoder, &directory))
        {
            consider(pointer, size);
        }
    }
    for _ in 1..MAX_DIRECTORIES {
        if !decoder.more_images() {
            break;
        }
        if decoder.next_image().is_ok()
            && let (Some(pointer), Ok(size)) = (decoder.ifd_pointer(), decoder.dimensions())
        {
            consider(pointer, size);
        }
    }
    Ok(best.0)
}

/// The columns and rows a directory names.
fn size<R: Read + Seek>(decoder: &mut Decoder<R>, directory: &Directory) -> Option<(u32, u32)> {
    let mut tags = decoder.read_directory_tags(directory);
    let mut side = |tag| tags.find_tag_unsigned(tag).ok().flatten();
    Some((side(Tag::ImageWidth)?, side(Tag::ImageLength)?))
}

/// The same file, whose header points at another directory as the first: the decoder reads pictures of the main chain
/// only.
pub(super) struct Relocated<R> {
    reader: R,
    position: u64,
    header: Vec<u8>,
}

impl<R: Read + Seek> Relocated<R> {
    pub(super) fn new(mut reader: R, order: ByteOrder, first: IfdPointer) -> io::Result<Self> {
        // Version 43 is BigTIFF: an offset of 64 bits at 8 instead of one of 32 bits at 4.
        let mut header = vec![0; 4];
        reader.rewind()?;
        reader.read_exact(&mut header)?;
        let big = header.contains(&43);
        header.resize(if big { 8 } else { 4 }, 0);
        reader.rewind()?;
        reader.read_exact(&mut header)?;
        let offset = match order {
            ByteOrder::LittleEndian if big => first.0.to_le_bytes().to_vec(),
            ByteOrder::BigEndian if big => first.0.to_be_bytes().to_vec(),
            // What the decoder found at an offset of 32 bits has one.
            ByteOrder::LittleEndian => first.0.to_le_bytes()[..4].to_vec(),
            ByteOrder::BigEndian => first.0.to_be_bytes()[4..].to_vec(),
        };
        header.extend(offset);
        reader.rewind()?;
        Ok(Self {
            reader,
            position: 0,
            header,
        })
    }
}

impl<R: Read> Read for Relocated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let passed = usize::try_from(self.position).unwrap_or(usize::MAX);
        let header = self.header.get(passed..).unwrap_or_default();
        for (byte, ours) in buffer[..count].iter_mut().zip(header) {
            *byte = *ours;
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Relocated<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.reader.seek(to)?;
        Ok(self.position)
    }
}
