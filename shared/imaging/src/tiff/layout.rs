//! How the samples of a picture are stored: its directory, understood and checked.

use std::io::{Read, Seek};

use super::directory::{Directory, Source, tag};
use super::fields::{Fields, Format, Photometric};
use crate::{Code, Limits};

#[derive(Clone, Copy, Debug)]
pub(super) struct Alpha {
    /// Which sample of a pixel it is.
    pub(super) sample: usize,
    /// The colours are already multiplied with it (`ExtraSamples` 1).
    pub(super) associated: bool,
}

/// Where a strip or tile is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) length: u64,
}

pub(super) struct Layout {
    /// Columns and rows.
    pub(super) size: (usize, usize),
    /// Samples of a pixel, of which the first are its colour.
    pub(super) samples: usize,
    pub(super) colours: usize,
    pub(super) alpha: Option<Alpha>,
    pub(super) photometric: Photometric,
    pub(super) bits: u32,
    pub(super) format: Format,
    pub(super) big_endian: bool,
    pub(super) compression: u64,
    pub(super) predictor: u64,
    /// Every sample has strips or tiles of its own.
    pub(super) planar: bool,
    /// The first bit of a byte is its lowest.
    pub(super) reversed_bits: bool,
    /// Columns and rows of a strip or tile.
    pub(super) chunk: (usize, usize),
    pub(super) places: Vec<Place>,
    /// Columns and rows that share a colour; more than one only in YCbCr.
    pub(super) subsampling: (usize, usize),
    pub(super) t4_options: u64,
    pub(super) jpeg_tables: Option<Vec<u8>>,
    pub(super) no_data: Option<f64>,
}

impl Layout {
    pub(super) fn read<R: Read + Seek>(
        source: &mut Source<R>,
        directory: &Directory,
        limits: &Limits,
    ) -> Result<Self, Code> {
        let mut fields = Fields { source, directory };
        let size = (
            fields.side(tag::IMAGE_WIDTH)?.ok_or(Code::Damaged)?,
            fields.side(tag::IMAGE_LENGTH)?.ok_or(Code::Damaged)?,
        );
        if (size.0 as u64).saturating_mul(size.1 as u64) > limits.max_pixels {
            return Err(Code::TooLarge);
        }
        let samples = fields.number(tag::SAMPLES_PER_PIXEL, 1);
        let samples = usize::from(u16::try_from(samples).map_err(|_| Code::Damaged)?);
        let bits = fields.bits(samples)?;
        let compression = fields.number(tag::COMPRESSION, 1);
        let extra = fields.list(tag::EXTRA_SAMPLES);
        let (photometric, colours) = fields.photometric(compression, samples, extra.len(), bits)?;
        let planar = fields.number(tag::PLANAR_CONFIGURATION, 1) == 2 && samples > 1;
        let subsampling = match &photometric {
            Photometric::YCbCr(_) if !planar => fields.subsampling()?,
            _ => (1, 1),
        };
        let mut layout = Self {
            size,
            samples,
            colours,
            alpha: alpha(&extra, samples, colours),
            photometric,
            bits,
            format: fields.format()?,
            big_endian: fields.source.big_endian,
            compression,
            predictor: fields.number(tag::PREDICTOR, 1),
            planar,
            reversed_bits: fields.number(tag::FILL_ORDER, 1) == 2,
            chunk: fields.chunk(size)?,
            places: Vec::new(),
            subsampling,
            t4_options: fields.number(tag::T4_OPTIONS, 0),
            jpeg_tables: fields.source.bytes(directory, tag::JPEG_TABLES),
            no_data: fields
                .source
                .text(directory, tag::GDAL_NODATA)
                .and_then(|text| text.parse().ok()),
        };
        layout.check(limits)?;
        layout.places = match layout.old_jpeg(&mut fields) {
            Some(place) => vec![place],
            None => layout.find_chunks(&mut fields)?,
        };
        Ok(layout)
    }

    /// Strips or tiles side by side, and one above the other.
    pub(super) fn grid(&self) -> (usize, usize) {
        (
            self.size.0.div_ceil(self.chunk.0),
            self.size.1.div_ceil(self.chunk.1),
        )
    }

    /// Samples of a pixel inside a strip or tile.
    pub(super) fn chunk_samples(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Bytes of a row of a strip or tile; of YCbCr with fewer colours, of the rows that share them.
    pub(super) fn row_bytes(&self) -> usize {
        let (across, down) = self.subsampling;
        let samples = if (across, down) == (1, 1) {
            self.chunk.0 * self.chunk_samples()
        } else {
            self.chunk.0.div_ceil(across) * (across * down + 2)
        };
        (samples * self.bits as usize).div_ceil(8)
    }

    /// Bytes of a whole strip or tile that is not compressed.
    fn chunk_bytes(&self, rows: usize) -> u64 {
        (self.row_bytes() * rows.div_ceil(self.subsampling.1)) as u64
    }

    /// Refuses what would cost more than a picture of its size should.
    fn check(&self, limits: &Limits) -> Result<(), Code> {
        let (across, down) = self.grid();
        let product = |numbers: &[usize]| {
            numbers.iter().fold(1u64, |product, number| {
                product.saturating_mul(*number as u64)
            })
        };
        // Tiles reach over the edges, but no good file has more outside of the picture than inside.
        let pixels = product(&[across, self.chunk.0, down, self.chunk.1]);
        let bits = pixels.saturating_mul(product(&[self.samples, self.bits as usize]));
        if pixels > limits.max_pixels.saturating_mul(2)
            || bits / 8 > limits.max_inflated_bytes
            || self.row_bytes() as u64 > limits.max_decoded_bytes
        {
            return Err(Code::TooLarge);
        }
        Ok(())
    }

    /// Where the JPEG file is that a picture of the old kind of JPEG compression may hold (TIFF 6.0, section 22). The
    /// pieces such a picture is otherwise made of were never read alike by two programs.
    fn old_jpeg<R: Read + Seek>(&mut self, fields: &mut Fields<'_, R>) -> Option<Place> {
        let offset = fields.list(tag::JPEG_FILE).first().copied();
        let offset = offset.filter(|_| self.compression == 6 && !self.planar)?;
        self.compression = 7;
        self.chunk = self.size;
        self.subsampling = (1, 1);
        let length = fields.number(tag::JPEG_FILE_LENGTH, 0);
        Some(Place {
            offset,
            length: match length {
                0 => fields.source.length.saturating_sub(offset),
                length => length,
            },
        })
    }

    /// Where the strips or tiles are. Lengths may be missing: without compression they follow from the size, and
    /// otherwise a chunk goes on to the next (as in libtiff).
    fn find_chunks<R: Read + Seek>(&self, fields: &mut Fields<'_, R>) -> Result<Vec<Place>, Code> {
        let tiles = fields.directory.has(tag::TILE_OFFSETS);
        let (offsets, lengths) = if tiles {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        let mut offsets = fields.list(offsets);
        let lengths = fields.list(lengths);
        let (across, down) = self.grid();
        let planes = if self.planar { self.samples } else { 1 };
        let count = across.saturating_mul(down).saturating_mul(planes);
        if offsets.len() < count {
            return Err(Code::Damaged);
        }
        offsets.truncate(count);
        let mut ends = offsets.clone();
        ends.push(fields.source.length);
        ends.sort_unstable();
        let until_next = |offset: u64| {
            let next = ends.partition_point(|end| *end <= offset);
            ends.get(next).map_or(0, |end| end - offset)
        };
        let length = |(index, &offset): (usize, &u64)| {
            let rows = if tiles {
                self.chunk.1
            } else {
                self.chunk.1.min(self.size.1 - index % down * self.chunk.1)
            };
            match (lengths.get(index).copied(), self.compression) {
                // Scanners leave out tiles without tissue, and GDAL those without data.
                (Some(0), _) if count > 1 || offset == 0 => 0,
                (_, 1) => self.chunk_bytes(rows),
                (None | Some(0), _) => until_next(offset),
                (Some(length), _) => length,
            }
        };
        let places = offsets.iter().enumerate().map(|(index, offset)| Place {
            offset: *offset,
            length: length((index, offset)),
        });
        Ok(places.collect())
    }
}

/// The first extra sample that is an alpha channel; 0, unspecified, is none (TIFF 6.0, section 18).
fn alpha(extra: &[u64], samples: usize, colours: usize) -> Option<Alpha> {
    let at = extra.iter().position(|kind| matches!(kind, 1 | 2))?;
    let sample = samples.checked_sub(extra.len())? + at;
    (colours..samples).contains(&sample).then_some(Alpha {
        sample,
        associated: extra[at] == 1,
    })
}
