//! JPEG 2000 inside TIFF, where every strip or tile is a codestream: slides of Aperio scanners (compressions 33003 and
//! 33005), and what others write (34712, 33004).

use jpeg2k::{Image, ImageComponent};

use super::fields::Format;
use super::layout::Layout;
use super::samples::{Pixels, Samples};
use crate::jpeg2000::{self, Claims};
use crate::{Code, Limits};

/// Decodes a strip or tile.
pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Pixels, Code> {
    let claims = Claims::read(bytes).ok_or(Code::Damaged)?;
    let size = (claims.width as usize, claims.height as usize);
    if size.0 > layout.chunk.0 || size.1 > layout.chunk.1 {
        return Err(Code::Damaged);
    }
    let image = jpeg2000::decode(bytes, &claims, 0, limits)?;
    let count = layout.chunk_samples();
    let planes = planes(&image, layout, count)?;
    let samples = size.0 * size.1 * count;
    Ok(Pixels {
        size,
        count,
        samples: if layout.bits > 8 {
            let mut words = Vec::with_capacity(samples);
            interleave(planes, size, |sample| words.push(sample));
            Samples::Words(words)
        } else {
            let mut bytes = Vec::with_capacity(samples);
            interleave(planes, size, |sample| bytes.push(sample.to_le_bytes()[0]));
            Samples::Bytes(bytes)
        },
    })
}

/// The first `count` components, all of the depth and kind the directory names.
fn planes<'a>(
    image: &'a Image,
    layout: &Layout,
    count: usize,
) -> Result<&'a [ImageComponent], Code> {
    let planes = image.components().get(..count).ok_or(Code::Damaged)?;
    let signed = layout.format == Format::Signed;
    let plain =
        |plane: &ImageComponent| plane.precision() == layout.bits && plane.is_signed() == signed;
    if layout.bits <= 16 && planes.iter().all(plain) {
        Ok(planes)
    } else {
        Err(Code::UnsupportedPixels)
    }
}

/// Hands over the samples pixel by pixel. Colour differences may have fewer; signed samples are moved up.
fn interleave(
    planes: &[ImageComponent],
    (columns, rows): (usize, usize),
    mut put: impl FnMut(u16),
) {
    for row in 0..rows {
        for column in 0..columns {
            for plane in planes {
                let (width, height) = (plane.width() as usize, plane.height() as usize);
                let at = row * height / rows * width + column * width / columns;
                let value = plane.data().get(at).copied().unwrap_or_default();
                let offset = if plane.is_signed() {
                    1 << (plane.precision() - 1)
                } else {
                    0
                };
                put(u16::try_from(value + offset).unwrap_or_default());
            }
        }
    }
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
    fn deep_levels_that_lie_close_together_are_told_apart() {
        // The same coefficients said to be of 12 bits: their middle is 2,048 and no longer 128.
        let mut deep = JPEG_2000;
        deep[42] = 11;
        let all = encoded(|level| level);
        let (low, high) = (all.iter().min(), all.iter().max());
        let (low, high) = low.zip(high).expect("some levels");
        let (low, range) = (u32::from(*low), u32::from(high - low));
        let expected = encoded(|level| {
            let shown = ((u32::from(level) - low) * 255 + range / 2) / range;
            u16::try_from(shown).expect("eight bits")
        });
        assert_eq!(levels(1, 12, &deep), expected);
    }
}
