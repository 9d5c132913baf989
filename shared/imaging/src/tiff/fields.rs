//! What single tags of a directory say, and what it means if they are missing.

use std::io::{Read, Seek};

use super::directory::{Directory, Source, tag};
use crate::Code;

/// What the samples of a pixel mean (TIFF 6.0, `PhotometricInterpretation`).
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Photometric {
    Gray {
        inverted: bool,
    },
    Rgb,
    /// All reds, then all greens, then all blues, with 16 bits.
    Palette(Vec<u16>),
    Cmyk,
    YCbCr(Ycc),
    /// Lightness and two colours, which are signed as in TIFF 6.0, section 23, or not (ICC).
    Lab {
        signed: bool,
    },
}

/// The numbers of a YCbCr picture (TIFF 6.0, section 21).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ycc {
    /// Parts of red, green and blue in the luminance.
    pub(super) luma: [f64; 3],
    /// Black and white, without and full colour of the three.
    pub(super) reference: [f64; 6],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Unsigned,
    Signed,
    Float,
}

/// A directory being read.
pub(super) struct Fields<'a, R> {
    pub(super) source: &'a mut Source<R>,
    pub(super) directory: &'a Directory,
}

impl<R: Read + Seek> Fields<'_, R> {
    pub(super) fn list(&mut self, tag: u16) -> Vec<u64> {
        self.source
            .unsigned(self.directory, tag)
            .unwrap_or_default()
    }

    pub(super) fn number(&mut self, tag: u16, default: u64) -> u64 {
        self.source
            .first_unsigned(self.directory, tag)
            .unwrap_or(default)
    }

    /// A length in pixels, which is not 0.
    pub(super) fn side(&mut self, tag: u16) -> Result<Option<usize>, Code> {
        match self.source.first_unsigned(self.directory, tag) {
            None => Ok(None),
            Some(side @ 1..=0xFFFF_FFFF) => {
                usize::try_from(side).map(Some).map_err(|_| Code::TooLarge)
            }
            Some(_) => Err(Code::Damaged),
        }
    }

    pub(super) fn bits(&mut self, samples: usize) -> Result<u32, Code> {
        let bits = self.list(tag::BITS_PER_SAMPLE);
        let first = bits.first().copied().unwrap_or(1);
        if samples == 0 || first == 0 {
            return Err(Code::Damaged);
        }
        // One value stands for all.
        if first > 64 || bits.iter().take(samples).any(|other| *other != first) {
            return Err(Code::UnsupportedPixels);
        }
        u32::try_from(first).map_err(|_| Code::UnsupportedPixels)
    }

    pub(super) fn format(&mut self) -> Result<Format, Code> {
        match self.number(tag::SAMPLE_FORMAT, 1) {
            // 4: nobody knows.
            1 | 4 => Ok(Format::Unsigned),
            2 => Ok(Format::Signed),
            3 => Ok(Format::Float),
            _ => Err(Code::UnsupportedPixels),
        }
    }

    /// Columns and rows of a strip or tile.
    pub(super) fn chunk(&mut self, size: (usize, usize)) -> Result<(usize, usize), Code> {
        if self.directory.has(tag::TILE_OFFSETS) {
            let width = self.side(tag::TILE_WIDTH)?.ok_or(Code::Damaged)?;
            let height = self.side(tag::TILE_LENGTH)?.ok_or(Code::Damaged)?;
            return Ok((width, height));
        }
        // Without it, and as 0 or 2³² - 1, all rows are in one strip.
        let rows = self.number(tag::ROWS_PER_STRIP, u64::MAX);
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        Ok((size.0, if rows == 0 { size.1 } else { rows.min(size.1) }))
    }

    /// What the colours are, and how many samples they have.
    pub(super) fn photometric(
        &mut self,
        compression: u64,
        samples: usize,
        extra: usize,
        bits: u32,
    ) -> Result<(Photometric, usize), Code> {
        let named = self.source.first_unsigned(self.directory, tag::PHOTOMETRIC);
        // What a writer that leaves the tag out must mean (as in libtiff).
        let named = named.unwrap_or(match (samples, compression) {
            (3.., _) => 2,
            (_, 2..=4) => 0,
            _ => 1,
        });
        let named = match compression {
            // Of Aperio's two the compression says what the components are, whatever the tag says.
            33_003 => 6,
            33_005 => 2,
            // Called RGB, it is that in some programs and YCbCr in others (libvips).
            33_004 if named == 2 => return Err(Code::UnsupportedPixels),
            _ => named,
        };
        // Channels of a microscope, all called gray: the first three are shown as colours.
        let many = samples.saturating_sub(extra) >= 3;
        let (photometric, colours) = match named {
            0 | 1 if many => (Photometric::Rgb, 3),
            0 | 1 | 4 | 34_892 if samples < 3 || named < 5 => (
                Photometric::Gray {
                    inverted: named == 0,
                },
                1,
            ),
            2 | 34_892 => (Photometric::Rgb, 3),
            3 => (Photometric::Palette(self.palette(bits)?), 1),
            5 if self.number(tag::INK_SET, 1) == 1 || samples == 4 => (Photometric::Cmyk, 4),
            6 => (Photometric::YCbCr(self.ycc(bits)), 3),
            8 => (Photometric::Lab { signed: true }, 3),
            9 => (Photometric::Lab { signed: false }, 3),
            _ => return Err(Code::UnsupportedPixels),
        };
        match (colours <= samples, photometric) {
            (true, photometric) => Ok((photometric, colours)),
            // RGB or YCbCr of one sample is gray, which encoders of JPEG write.
            (false, Photometric::YCbCr(_) | Photometric::Rgb) => {
                Ok((Photometric::Gray { inverted: false }, 1))
            }
            (false, _) => Err(Code::Damaged),
        }
    }

    fn palette(&mut self, bits: u32) -> Result<Vec<u16>, Code> {
        let map = self.list(tag::COLOR_MAP);
        if bits > 16 || map.len() < 3 << bits {
            return Err(Code::UnsupportedPixels);
        }
        // Some writers know colours of eight bits only.
        let scale = if map.iter().all(|level| *level < 256) {
            257
        } else {
            1
        };
        Ok(map
            .into_iter()
            .map(|level| u16::try_from(level * scale).unwrap_or(u16::MAX))
            .collect())
    }

    pub(super) fn subsampling(&mut self) -> Result<(usize, usize), Code> {
        let subsampling = self.list(tag::YCBCR_SUBSAMPLING);
        match subsampling.as_slice() {
            [] => Ok((2, 2)),
            &[across @ (1 | 2 | 4), down @ (1 | 2 | 4), ..] => Ok((
                usize::from(across.to_le_bytes()[0]),
                usize::from(down.to_le_bytes()[0]),
            )),
            _ => Err(Code::Damaged),
        }
    }

    fn ycc(&mut self, bits: u32) -> Ycc {
        let full = f64::from(crate::tone::full(bits));
        let half = f64::from(crate::tone::full(bits) / 2 + 1);
        let mut fractions = |tag| {
            self.source
                .fractions(self.directory, tag)
                .filter(|values| values.iter().all(|value| value.is_finite()))
        };
        let luma = fractions(tag::YCBCR_COEFFICIENTS)
            .and_then(|values| values.first_chunk().copied())
            // Rec. 601.
            .filter(|luma: &[f64; 3]| luma.iter().all(|part| *part > 0.0 && *part < 1.0))
            .unwrap_or([0.299, 0.587, 0.114]);
        let reference = fractions(tag::REFERENCE_BLACK_WHITE)
            .and_then(|values| values.first_chunk().copied())
            .filter(|[a, b, c, d, e, f]: &[f64; 6]| a < b && c < d && e < f)
            .unwrap_or([0.0, full, half, full, half, full]);
        Ycc { luma, reference }
    }
}
