//! The samples of the whole picture, put together from its strips or tiles.

use std::io::{ErrorKind, Read, Seek};

use super::chunk::{self, Chunk};
use super::directory::Source;
use super::fields::Photometric;
use super::layout::Layout;
use super::samples::{Pixels, Samples, unpack};
use crate::{Code, Limits, Reason};

/// The samples that are shown: of each pixel its colours, and then alpha if there is one.
pub(super) struct Canvas {
    pub(super) samples: Samples,
    /// How many there are of each pixel.
    pub(super) count: usize,
    /// Which of those in the file they are.
    kept: Vec<usize>,
    width: usize,
}

/// Where a row goes.
#[derive(Clone, Copy)]
struct Spot {
    row: usize,
    left: usize,
    columns: usize,
}

/// Reads all strips or tiles.
pub(super) fn read<R: Read + Seek>(
    source: &mut Source<R>,
    layout: &Layout,
    limits: &Limits,
) -> Result<Canvas, Reason> {
    let mut canvas = Canvas::new(layout, limits)?;
    let (across, down) = layout.grid();
    for (index, place) in layout.places.iter().enumerate() {
        let (plane, index) = (index / (across * down), index % (across * down));
        if place.length == 0 || (layout.planar && !canvas.kept.contains(&plane)) {
            continue;
        }
        let (left, top) = (
            index % across * layout.chunk.0,
            index / across * layout.chunk.1,
        );
        let spot = Spot {
            row: top,
            left,
            columns: layout.chunk.0.min(layout.size.0 - left),
        };
        let rows = layout.chunk.1.min(layout.size.1 - top);
        match chunk::open(source, layout, *place, rows, limits)? {
            Chunk::Rows(reader) => canvas.put_rows(layout, reader, plane, spot, rows)?,
            Chunk::Pixels(pixels) => canvas.put_pixels(layout, &pixels, plane, spot, rows)?,
        }
    }
    Ok(canvas)
}

impl Canvas {
    /// An empty one. What is left out of a slide is white, and otherwise 0.
    fn new(layout: &Layout, limits: &Limits) -> Result<Self, Code> {
        let kept: Vec<usize> = (0..layout.colours)
            .chain(layout.alpha.map(|alpha| alpha.sample))
            .collect();
        let (width, height) = layout.size;
        let none = Samples::none(layout)?;
        let total = width
            .checked_mul(height)
            .and_then(|pixels| pixels.checked_mul(kept.len()))
            .filter(|total| {
                (*total as u64).saturating_mul(none.width() as u64) <= limits.max_decoded_bytes
            })
            .ok_or(Code::TooLarge)?;
        let samples = match none {
            Samples::Bytes(_) => Samples::Bytes(blank(layout, kept.len(), total)),
            Samples::Words(_) => Samples::Words(blank(layout, kept.len(), total)),
            Samples::Floats(_) => Samples::Floats(vec![f32::NAN; total]),
            Samples::Doubles(_) => Samples::Doubles(vec![f64::NAN; total]),
        };
        Ok(Self {
            samples,
            count: kept.len(),
            kept,
            width,
        })
    }

    /// Lays rows of bytes where they belong.
    fn put_rows(
        &mut self,
        layout: &Layout,
        mut reader: Box<dyn Read + '_>,
        plane: usize,
        spot: Spot,
        rows: usize,
    ) -> Result<(), Code> {
        let mut row = Samples::none(layout)?;
        let shared = layout.subsampling.1;
        for first in (0..rows).step_by(shared) {
            let mut bytes = vec![0; layout.row_bytes()];
            reader
                .read_exact(&mut bytes)
                .map_err(|error| failure(&error))?;
            unpack(layout, &mut bytes, &mut row)?;
            for line in first..(first + shared).min(rows) {
                let to = Spot {
                    row: spot.row + line,
                    ..spot
                };
                if layout.subsampling == (1, 1) {
                    self.put(&row, layout.chunk_samples(), plane, to)?;
                } else {
                    let whole = spread(&row, layout, line - first)?;
                    self.put(&whole, 3, plane, to)?;
                }
            }
        }
        Ok(())
    }

    /// Lays a decoded strip or tile where it belongs.
    fn put_pixels(
        &mut self,
        layout: &Layout,
        pixels: &Pixels,
        plane: usize,
        spot: Spot,
        rows: usize,
    ) -> Result<(), Code> {
        let (width, height) = pixels.size;
        if width < spot.columns || height < rows || pixels.count < layout.chunk_samples() {
            return Err(Code::Damaged);
        }
        let stride = width * pixels.count;
        for line in 0..rows {
            let range = line * stride..(line + 1) * stride;
            let row = match &pixels.samples {
                Samples::Bytes(bytes) => bytes.get(range).map(|row| Samples::Bytes(row.to_vec())),
                Samples::Words(words) => words.get(range).map(|row| Samples::Words(row.to_vec())),
                _ => None,
            };
            let to = Spot {
                row: spot.row + line,
                ..spot
            };
            self.put(&row.ok_or(Code::Damaged)?, pixels.count, plane, to)?;
        }
        Ok(())
    }

    /// Lays a row of pixels of `count` samples; if `count` is 1, those of one plane.
    fn put(&mut self, row: &Samples, count: usize, plane: usize, spot: Spot) -> Result<(), Code> {
        let start = spot.row * self.width + spot.left;
        let range = start * self.count..(start + spot.columns) * self.count;
        // Where in a pixel of the picture stands what, in one of the row.
        let moves: Vec<(usize, usize)> = self
            .kept
            .iter()
            .enumerate()
            .filter_map(|(to, &from)| {
                if self.count > 1 && count == 1 {
                    (from == plane).then_some((to, 0))
                } else {
                    Some((to, from))
                }
            })
            .collect();
        match (&mut self.samples, row) {
            (Samples::Bytes(to), Samples::Bytes(from)) => {
                copy(&mut to[range], self.count, from, count, &moves);
            }
            (Samples::Words(to), Samples::Words(from)) => {
                copy(&mut to[range], self.count, from, count, &moves);
            }
            (Samples::Floats(to), Samples::Floats(from)) => {
                copy(&mut to[range], self.count, from, count, &moves);
            }
            (Samples::Doubles(to), Samples::Doubles(from)) => {
                copy(&mut to[range], self.count, from, count, &moves);
            }
            _ => return Err(Code::UnsupportedPixels),
        }
        Ok(())
    }
}

/// Copies the samples of a row of pixels that `moves` names.
fn copy<T: Copy>(
    to: &mut [T],
    to_count: usize,
    from: &[T],
    from_count: usize,
    moves: &[(usize, usize)],
) {
    if to_count == from_count && moves.iter().all(|(to, from)| to == from) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
        return;
    }
    for (to, from) in to
        .chunks_exact_mut(to_count)
        .zip(from.chunks_exact(from_count))
    {
        for &(at, source) in moves {
            to[at] = from[source];
        }
    }
}

/// Pixels without ink or tissue if strips or tiles of this compression are left out on slides; otherwise zeros.
fn blank<T: Copy + Default + TryFrom<u16>>(layout: &Layout, count: usize, total: usize) -> Vec<T> {
    let full = crate::tone::full(layout.bits);
    let half = full / 2 + 1;
    // The compressions of slides; GDAL leaves out tiles of 0.
    let slide = chunk::is_of_slides(layout.compression);
    let pixel = match layout.photometric {
        Photometric::Gray { inverted: false } if slide => [full, full, 0, 0],
        Photometric::Rgb => [full; 4],
        Photometric::YCbCr(_) => [full, half, half, full],
        _ => return vec![T::default(); total],
    };
    let pixel = pixel.map(|level| T::try_from(level).unwrap_or_default());
    let pixel = &pixel[..count.min(4)];
    let mut samples = Vec::with_capacity(total);
    while samples.len() < total {
        samples.extend_from_slice(pixel);
    }
    samples.truncate(total);
    samples
}

/// One line of pixels of those that share their colours (TIFF 6.0, section 21): a data unit holds the luminance of all,
/// row by row, then both colours.
fn spread(row: &Samples, layout: &Layout, line: usize) -> Result<Samples, Code> {
    let (across, down) = layout.subsampling;
    let unit = across * down + 2;
    let index = |at: usize| {
        let (column, channel) = (at / 3, at % 3);
        let start = column / across * unit;
        start
            + match channel {
                0 => line * across + column % across,
                1 => unit - 2,
                _ => unit - 1,
            }
    };
    let indices = (0..layout.chunk.0 * 3).map(index);
    Ok(match row {
        Samples::Bytes(row) => Samples::Bytes(indices.map(|at| row[at]).collect()),
        Samples::Words(row) => Samples::Words(indices.map(|at| row[at]).collect()),
        _ => return Err(Code::UnsupportedPixels),
    })
}

/// Why a strip or tile cannot be read.
fn failure(error: &std::io::Error) -> Code {
    if error.kind() == ErrorKind::UnexpectedEof {
        Code::Truncated
    } else {
        Code::Damaged
    }
}
