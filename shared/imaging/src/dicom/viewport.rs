//! What somebody looks at: a part of a frame, as large as a viewport has room for (PS3.18, section 8.3.5.1.3).

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::raster::Raster;
use crate::scale::resized;
use crate::{Code, Reason};

/// Pixels that are to be filled, and what with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Viewport {
    /// Columns.
    pub width: NonZeroU32,
    /// Rows.
    pub height: NonZeroU32,
    /// The part of the frame; otherwise all of it.
    pub region: Option<Region>,
}

/// A part of a frame, in pixels of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Its left side, counted from the left side of the frame.
    pub x: f64,
    /// Its upper side, counted from the upper side of the frame.
    pub y: f64,
    /// Columns, a negative number for a part that is shown flipped; otherwise all that are there.
    pub width: Option<f64>,
    /// Rows, in the same way.
    pub height: Option<f64>,
}

impl Viewport {
    /// The most pixels of a side.
    pub const MOST: u32 = 4096;

    pub(super) fn longest_side(&self) -> NonZeroU32 {
        self.width.max(self.height)
    }

    /// The pixels of the long side that a codec has to give. Regions are counted in pixels of the frame at its full size.
    pub(super) fn enough(&self) -> u32 {
        match self.region {
            Some(_) => u32::MAX,
            None => self.longest_side().get(),
        }
    }

    /// The part of `raster` that is looked at, as large as it fits. Its pixels are `ratio` times as high as wide, those of the result are square.
    ///
    /// # Errors
    /// [`Code::BadViewport`] if the part is outside of the frame.
    pub(super) fn filled(&self, raster: Raster, ratio: f64) -> Result<Raster, Reason> {
        let raster = match &self.region {
            Some(region) => region.of(&raster).ok_or(Code::BadViewport)?,
            None => raster,
        };
        let (width, height) = (f64::from(raster.width), f64::from(raster.height) * ratio);
        let (most_wide, most_high) = (self.width.get(), self.height.get());
        let scale = (f64::from(most_wide) / width).min(f64::from(most_high) / height);
        Ok(resized(
            raster,
            pixel(width * scale).clamp(1, most_wide),
            pixel(height * scale).clamp(1, most_high),
        ))
    }
}

impl Region {
    /// The part of `raster`; `None` if it has no pixel there.
    fn of(&self, raster: &Raster) -> Option<Raster> {
        let columns = Span::of(self.x, self.width, raster.width)?;
        let rows = Span::of(self.y, self.height, raster.height)?;
        let count = raster.channels.count();
        let stride = raster.width as usize * count;
        let mut data = Vec::with_capacity(columns.length() * rows.length() * count);
        for row in rows.places() {
            for column in columns.places() {
                data.extend(&raster.data[row * stride + column * count..][..count]);
            }
        }
        let side = |span: &Span| u32::try_from(span.length()).unwrap_or_default();
        Raster::new(side(&columns), side(&rows), raster.channels, data)
    }
}

/// Pixels of a row or column, from the first to the one behind the last.
struct Span {
    first: u32,
    behind: u32,
    flipped: bool,
}

impl Span {
    /// The pixels of `extent` from `start` on, of those that there are; `None` if there are none.
    fn of(start: f64, extent: Option<f64>, there: u32) -> Option<Self> {
        let extent = extent.unwrap_or(f64::from(there));
        let (first, behind) = (pixel(start), pixel(start + extent.abs()).min(there));
        (first < behind).then_some(Self {
            first,
            behind,
            flipped: extent < 0.0,
        })
    }

    fn length(&self) -> usize {
        (self.behind - self.first) as usize
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        let (first, behind, flipped) = (self.first, self.behind, self.flipped);
        (first..behind).map(move |place| {
            let place = if flipped {
                behind - 1 - (place - first)
            } else {
                place
            };
            place as usize
        })
    }
}

/// The nearest whole number that is one of a pixel.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates"
)]
fn pixel(length: f64) -> u32 {
    length.round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Channels;

    /// Levels that say where a pixel was: its row and its column.
    fn numbered(width: u32, height: u32) -> Raster {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let levels = places.map(|(x, y)| u8::try_from(10 * y + x).unwrap_or(u8::MAX));
        Raster::new(width, height, Channels::Gray, levels.collect()).expect("sizes agree")
    }

    fn viewport(width: u32, height: u32, region: Option<[f64; 4]>) -> Viewport {
        let side = |side| NonZeroU32::new(side).expect("a side");
        Viewport {
            width: side(width),
            height: side(height),
            region: region.map(|[x, y, width, height]| Region {
                x,
                y,
                width: Some(width),
                height: Some(height),
            }),
        }
    }

    #[test]
    fn a_picture_fills_its_viewport_without_being_distorted() {
        for (columns, rows, ratio, [width, height], expected) in [
            (4, 2, 1.0, [2, 2], (2, 1)),
            (4, 2, 1.0, [8, 8], (8, 4)),
            (4, 2, 1.0, [8, 2], (4, 2)),
            (4, 2, 2.0, [8, 8], (8, 8)),
            (9, 1, 1.0, [3, 3], (3, 1)),
        ] {
            let filled = viewport(width, height, None).filled(numbered(columns, rows), ratio);
            let filled = filled.expect("a picture");
            assert_eq!((filled.width, filled.height), expected);
        }
    }

    #[test]
    fn a_part_is_cut_out_and_a_negative_side_flips_it() {
        for (region, expected) in [
            ([1.0, 1.0, 2.0, 2.0], &[11, 12, 21, 22][..]),
            ([1.0, 1.0, -2.0, 2.0], &[12, 11, 22, 21]),
            ([1.0, 1.0, 2.0, -2.0], &[21, 22, 11, 12]),
            ([0.6, 0.4, 2.0, 2.0], &[1, 2, 11, 12]),
            ([2.0, 2.0, 9.0, 9.0], &[22, 23, 32, 33]),
        ] {
            let filled = viewport(2, 2, Some(region)).filled(numbered(4, 4), 1.0);
            assert_eq!(filled.expect("a part").data, expected, "{region:?}");
        }
    }

    #[test]
    fn what_is_outside_of_the_picture_is_no_part_of_it() {
        for region in [
            [4.0, 0.0, 1.0, 1.0],
            [0.0, 9.0, 1.0, 1.0],
            [0.0, 0.0, 0.2, 1.0],
            [1e300, 0.0, 1.0, 1.0],
        ] {
            let filled = viewport(2, 2, Some(region)).filled(numbered(4, 4), 1.0);
            let code = filled.map_err(|reason| reason.code);
            assert_eq!(code.err(), Some(Code::BadViewport), "{region:?}");
        }
    }

    #[test]
    fn a_part_without_sides_goes_to_the_end() {
        let region = Region {
            x: 3.0,
            y: 2.0,
            width: None,
            height: None,
        };
        assert_eq!(region.of(&numbered(4, 4)).expect("a part").data, [23, 33]);
    }
}
