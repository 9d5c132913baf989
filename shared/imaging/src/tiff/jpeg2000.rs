//! JPEG 2000 inside TIFF, where every strip or tile is a codestream: slides of Aperio scanners (compressions 33003 and
//! 33005), and what others write (34712, 33004).

use std::io::{Read, Seek, SeekFrom};

use jpeg2k::{Image, ImageComponent};
use tiff::TiffResult;
use tiff::decoder::{ChunkType, Decoder};
use tiff::tags::Tag;

use super::reason;
use crate::jpeg2000::{self, Claims};
use crate::raster::Channels;
use crate::tone::{gray_from_words, ybr_to_rgb};
use crate::{Code, Limits, Reason};

/// What the components of the codestreams are once decoded.
#[derive(Clone, Copy)]
pub(super) enum Variant {
    /// One: black to white, or white to black.
    Gray {
        inverted: bool,
    },
    /// Three, the last two possibly with fewer samples.
    YCbCr,
    Rgb,
    Other,
}

impl Variant {
    /// `None` when the picture `decoder` stands at is not compressed with JPEG 2000.
    pub(super) fn of<R: Read + Seek>(decoder: &mut Decoder<R>) -> TiffResult<Option<Self>> {
        let compression: Option<u16> = decoder.find_tag_unsigned(Tag::Compression)?;
        let colours: Option<u16> = decoder.find_tag_unsigned(Tag::PhotometricInterpretation)?;
        Ok(match (compression, colours) {
            // Of Aperio's two the compression says what the components are, whatever the other tag says.
            (Some(33_003), _) | (Some(33_004 | 34_712), Some(6)) => Some(Self::YCbCr),
            (Some(33_005), _) | (Some(34_712), Some(2)) => Some(Self::Rgb),
            (Some(33_004 | 34_712), Some(tag @ 0..=1)) => Some(Self::Gray { inverted: tag == 0 }),
            // Among them colours of 33004: called RGB, they are that in some programs and YCbCr in others (libvips).
            (Some(33_004 | 34_712), _) => Some(Self::Other),
            _ => None,
        })
    }
}

/// Decodes all strips or tiles of the picture `decoder` stands at.
pub(super) fn decode<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    variant: Variant,
    limits: &Limits,
) -> Result<(Channels, Vec<u8>), Reason> {
    let mosaic = Mosaic::new(decoder, limits)?;
    let bits = mosaic.bits;
    let full = u16::MAX >> (16 - bits);
    // Eight bits, of however many; tiles that are left out are white.
    let eight = |level: u16| (u32::from(level) << 8 >> bits).to_le_bytes()[0];
    Ok(match variant {
        Variant::Gray { inverted } => {
            let mask = if inverted { full } else { 0 };
            let gray = if bits > 8 {
                let words = mosaic.put_together(decoder, [full], |[level]| [level ^ mask])?;
                gray_from_words(words.as_flattened(), bits)
            } else {
                let level = |[level]: [u16; 1]| [eight(level ^ mask)];
                mosaic
                    .put_together(decoder, [u8::MAX], level)?
                    .into_flattened()
            };
            (Channels::Gray, gray)
        }
        Variant::Rgb => {
            let pixels = mosaic.put_together(decoder, [u8::MAX; 3], |levels| levels.map(eight))?;
            (Channels::Rgb, pixels.into_flattened())
        }
        Variant::YCbCr => {
            let colour = |levels: [u16; 3]| {
                let mut pixel = levels.map(eight);
                ybr_to_rgb(&mut pixel);
                pixel
            };
            let pixels = mosaic.put_together(decoder, [u8::MAX; 3], colour)?;
            (Channels::Rgb, pixels.into_flattened())
        }
        Variant::Other => return Err(Code::UnsupportedPixels.into()),
    })
}

/// A picture made of codestreams.
struct Mosaic<'a> {
    /// Columns and rows of the picture, and of a strip or tile.
    picture: (usize, usize),
    chunk: (usize, usize),
    /// Bits of a sample: 8 to 16.
    bits: u32,
    /// Where the codestreams begin, and how long they are: row by row.
    places: Vec<(u64, u64)>,
    limits: &'a Limits,
}

impl<'a> Mosaic<'a> {
    fn new<R: Read + Seek>(decoder: &mut Decoder<R>, limits: &'a Limits) -> Result<Self, Reason> {
        let failed = |error| reason(&error);
        let size = |(width, height): (u32, u32)| (width as usize, height as usize);
        let picture = size(decoder.dimensions().map_err(failed)?);
        let (columns, rows) = size(decoder.chunk_dimensions());
        let (chunk, offsets, lengths) = match decoder.get_chunk_type() {
            ChunkType::Strip => (
                (picture.0, rows.min(picture.1)),
                Tag::StripOffsets,
                Tag::StripByteCounts,
            ),
            ChunkType::Tile => ((columns, rows), Tag::TileOffsets, Tag::TileByteCounts),
        };
        let planes: Option<u16> = decoder
            .find_tag_unsigned(Tag::PlanarConfiguration)
            .map_err(failed)?;
        let bits: Vec<u32> = decoder
            .find_tag_unsigned_vec(Tag::BitsPerSample)
            .map_err(failed)?
            .unwrap_or_default();
        let bits = match bits.first() {
            Some(&bits @ 8..=16) if planes != Some(2) => bits,
            _ => return Err(Code::UnsupportedPixels.into()),
        };
        let offsets = decoder.get_tag_u64_vec(offsets).map_err(failed)?;
        let lengths = decoder.get_tag_u64_vec(lengths).map_err(failed)?;
        let mosaic = Self {
            picture,
            chunk,
            bits,
            places: offsets.into_iter().zip(lengths).collect(),
            limits,
        };
        mosaic.check()?;
        Ok(mosaic)
    }

    /// Strips or tiles side by side, and one above the other.
    fn grid(&self) -> (usize, usize) {
        (
            self.picture.0.div_ceil(self.chunk.0),
            self.picture.1.div_ceil(self.chunk.1),
        )
    }

    fn check(&self) -> Result<(), Code> {
        if self.chunk.0 == 0 || self.chunk.1 == 0 {
            return Err(Code::Damaged);
        }
        let (across, down) = self.grid();
        // Tiles reach over the edges, but no good file has more outside of the picture than inside.
        let decoded = [across, self.chunk.0, down, self.chunk.1]
            .into_iter()
            .fold(1u64, |product, side| product.saturating_mul(side as u64));
        if decoded > self.limits.max_pixels.saturating_mul(2) {
            return Err(Code::TooLarge);
        }
        if self.places.len() < across * down {
            return Err(Code::Damaged);
        }
        Ok(())
    }

    /// Decodes every codestream and lays its pixels, as `shown` makes them of `N` components, where they belong.
    fn put_together<R: Read + Seek, T: Copy, const N: usize>(
        &self,
        decoder: &mut Decoder<R>,
        blank: [T; N],
        shown: impl Fn([u16; N]) -> [T; N],
    ) -> Result<Vec<[T; N]>, Reason> {
        let pixels = self.picture.0 * self.picture.1;
        if (pixels * size_of::<[T; N]>()) as u64 > self.limits.max_decoded_bytes {
            return Err(Code::TooLarge.into());
        }
        let mut picture = vec![blank; pixels];
        let (across, down) = self.grid();
        for (index, &place) in self.places[..across * down].iter().enumerate() {
            // Scanners leave out tiles without tissue.
            if place.1 == 0 {
                continue;
            }
            let chunk = Chunk::read(decoder, place, self)?;
            let planes = chunk.planes(self.bits)?;
            let (left, top) = (index % across * self.chunk.0, index / across * self.chunk.1);
            let columns = self.chunk.0.min(self.picture.0 - left);
            let rows = self.chunk.1.min(self.picture.1 - top);
            if chunk.size.0 < columns || chunk.size.1 < rows {
                return Err(Code::Damaged.into());
            }
            for row in 0..rows {
                let lines = planes.map(|plane| line(plane, row, chunk.size.1));
                let start = (top + row) * self.picture.0 + left;
                for (column, pixel) in picture[start..start + columns].iter_mut().enumerate() {
                    *pixel = shown(lines.map(|line| sample(line, column, chunk.size.0)));
                }
            }
        }
        Ok(picture)
    }
}

/// A decoded strip or tile.
struct Chunk {
    image: Image,
    size: (usize, usize),
}

impl Chunk {
    fn read<R: Read + Seek>(
        decoder: &mut Decoder<R>,
        (start, length): (u64, u64),
        mosaic: &Mosaic,
    ) -> Result<Self, Code> {
        if length > mosaic.limits.max_encoded_bytes {
            return Err(Code::TooLarge);
        }
        let mut bytes = Vec::new();
        let reader = decoder.inner();
        reader
            .seek(SeekFrom::Start(start))
            .and_then(|_| reader.take(length).read_to_end(&mut bytes))
            .map_err(|_| Code::Unreadable)?;
        if (bytes.len() as u64) < length {
            return Err(Code::Truncated);
        }
        let claims = Claims::read(&bytes).ok_or(Code::Damaged)?;
        let size = (claims.width as usize, claims.height as usize);
        if size.0 > mosaic.chunk.0 || size.1 > mosaic.chunk.1 {
            return Err(Code::Damaged);
        }
        let image = jpeg2000::decode(&bytes, &claims, 0, mosaic.limits)?;
        Ok(Self { image, size })
    }

    /// The first `N` components, all of `bits` bits.
    fn planes<const N: usize>(&self, bits: u32) -> Result<[&ImageComponent; N], Code> {
        let components = self.image.components().first_chunk::<N>();
        let planes = components.ok_or(Code::Damaged)?.each_ref();
        let plain = |plane: &ImageComponent| plane.precision() == bits && !plane.is_signed();
        if planes.iter().all(|plane| plain(plane)) {
            Ok(planes)
        } else {
            Err(Code::UnsupportedPixels)
        }
    }
}

/// The line of a component that belongs to `row` of `rows`; colour differences may have fewer.
fn line(plane: &ImageComponent, row: usize, rows: usize) -> &[i32] {
    let (width, height) = (plane.width() as usize, plane.height() as usize);
    let start = row * height / rows * width;
    plane.data().get(start..start + width).unwrap_or_default()
}

/// The sample of a line that belongs to `column` of `columns`.
fn sample(line: &[i32], column: usize, columns: usize) -> u16 {
    let at = if line.len() == columns {
        column
    } else {
        column * line.len() / columns
    };
    let value = line.get(at).copied().unwrap_or_default();
    u16::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::decode;
    use crate::Limits;
    use crate::fixtures::{JPEG_2000, TiffPage, codestream_level, tiff_of};

    /// The levels of a gray page of one strip.
    fn levels(photometric: u16, bits_per_sample: u16, strip: &[u8]) -> Vec<u8> {
        let page = TiffPage {
            photometric,
            bits_per_sample,
            compression: 34_712,
            ..TiffPage::gray(20, 8, strip.to_vec())
        };
        let decoded = decode(Cursor::new(tiff_of(&[page])), &Limits::default());
        decoded
            .map(|decoded| decoded.raster.data)
            .expect("it decodes")
    }

    /// What `shown` makes of the levels that were encoded.
    fn encoded(shown: impl Fn(u16) -> u16) -> Vec<u8> {
        let places = (0..8).flat_map(|y| (0..20).map(move |x| (x, y)));
        places
            .map(|(x, y)| shown(codestream_level(x, y)).to_le_bytes()[0])
            .collect()
    }

    #[test]
    fn gray_levels_are_those_that_were_encoded() {
        assert_eq!(levels(1, 8, &JPEG_2000), encoded(|level| level));
        assert_eq!(levels(0, 8, &JPEG_2000), encoded(|level| 255 - level));
    }

    #[test]
    fn deep_levels_are_scaled_to_eight_bits() {
        // The same coefficients said to be of 12 bits: their middle is 2,048 and no longer 128.
        let mut deep = JPEG_2000;
        deep[42] = 11;
        let expected = encoded(|level| {
            let value = u32::from(level) + 2048 - 128;
            u16::try_from((value * 255 + 2047) / 4095).expect("eight bits")
        });
        assert_eq!(levels(1, 12, &deep), expected);
    }
}
