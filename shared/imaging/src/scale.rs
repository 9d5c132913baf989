//! Scaling down by averaging: every pixel of the result is the mean of the area it covers, edges counted in part. Scaling up by mixing the two pixels
//! between which a pixel of the result lies.
//!
//! Why here and not from a library: the general resizers compile a filter for every pixel type and instruction set,
//! which cost a minute at each build of this crate. Averaging loses no detail that the
//! smaller size could show and makes no rings around bones and text.

use crate::raster::Raster;

/// One part of a length in fixed-point arithmetic: 1/256 of a pixel.
const ONE: u64 = 256;

/// Scales `raster` down to `width` × `height`, neither of which may be 0 or larger than the original.
pub(crate) fn shrink(raster: &Raster, width: u32, height: u32) -> Raster {
    let channels = raster.channels.count();
    let stride = raster.width as usize * channels;
    let columns = spans(raster.width, width);
    let mut sums = vec![0u32; stride];
    let mut data = Vec::with_capacity(width as usize * height as usize * channels);
    for span in spans(raster.height, height) {
        sums.fill(0);
        for (row, weight) in span.weighted() {
            let row = &raster.data[row * stride..][..stride];
            // At most 255 × 256 × 65,536 rows: it fits.
            for (sum, &level) in sums.iter_mut().zip(row) {
                *sum += u32::from(level) * weight;
            }
        }
        for column in &columns {
            let area = u64::from(column.weight()) * u64::from(span.weight());
            for channel in 0..channels {
                let weighted = column.weighted().map(|(at, weight)| {
                    u64::from(sums[at * channels + channel]) * u64::from(weight)
                });
                let mean = (weighted.sum::<u64>() + area / 2) / area;
                data.push(u8::try_from(mean).unwrap_or(u8::MAX));
            }
        }
    }
    Raster {
        width,
        height,
        channels: raster.channels,
        data,
    }
}

/// The original pixels a pixel of the result covers: from `start` to `end` in units of 1/256.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u64,
    end: u64,
}

impl Span {
    fn weight(self) -> u32 {
        u32::try_from(self.end - self.start).unwrap_or(u32::MAX)
    }

    /// Each covered pixel and how much of it, at most 256.
    fn weighted(self) -> impl Iterator<Item = (usize, u32)> {
        (self.start / ONE..self.end.div_ceil(ONE)).map(move |at| {
            let covered = self.end.min((at + 1) * ONE) - self.start.max(at * ONE);
            (
                usize::try_from(at).unwrap_or_default(),
                u32::try_from(covered).unwrap_or_default(),
            )
        })
    }
}

/// Divides `length` pixels into `parts`.
fn spans(length: u32, parts: u32) -> Vec<Span> {
    let edge = |part: u32| u64::from(length) * ONE * u64::from(part) / u64::from(parts);
    (0..parts)
        .map(|part| Span {
            start: edge(part),
            end: edge(part + 1),
        })
        .collect()
}

/// Scales `raster` to `width` × `height`, neither of which may be 0: a side that becomes shorter is averaged, one that becomes longer is mixed.
pub(crate) fn resized(raster: Raster, width: u32, height: u32) -> Raster {
    let small = (raster.width.min(width), raster.height.min(height));
    let raster = if small == (raster.width, raster.height) {
        raster
    } else {
        shrink(&raster, small.0, small.1)
    };
    if (raster.width, raster.height) == (width, height) {
        raster
    } else {
        stretched(&raster, width, height)
    }
}

/// The raster with more columns or rows, levels between two pixels mixed from both.
fn stretched(raster: &Raster, width: u32, height: u32) -> Raster {
    let channels = raster.channels.count();
    let columns = between(raster.width, width);
    let rows = between(raster.height, height);
    let level = |x: usize, y: usize, channel: usize| {
        f64::from(raster.data[(y * raster.width as usize + x) * channels + channel])
    };
    let mut data = Vec::with_capacity(width as usize * height as usize * channels);
    for &(y, next_y, down) in &rows {
        for &(x, next_x, across) in &columns {
            for channel in 0..channels {
                let mix = |a: f64, b: f64, share: f64| a + (b - a) * share;
                let upper = mix(level(x, y, channel), level(next_x, y, channel), across);
                let lower = mix(
                    level(x, next_y, channel),
                    level(next_x, next_y, channel),
                    across,
                );
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between two levels"
                )]
                data.push((mix(upper, lower, down) + 0.5) as u8);
            }
        }
    }
    Raster {
        width,
        height,
        channels: raster.channels,
        data,
    }
}

/// For each of `wanted` pixels the two of `length` pixels it lies between, and how near it is to the second.
fn between(length: u32, wanted: u32) -> Vec<(usize, usize, f64)> {
    let last = length.saturating_sub(1);
    (0..wanted)
        .map(|at| {
            let place = (f64::from(at) + 0.5) * f64::from(length) / f64::from(wanted) - 0.5;
            let place = place.clamp(0.0, f64::from(last));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the last pixel"
            )]
            let low = place as u32;
            let next = (low + 1).min(last);
            (low as usize, next as usize, place - f64::from(low))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Channels;

    #[test]
    fn a_half_is_the_mean_of_four() {
        let raster = Raster::new(
            4,
            2,
            Channels::Gray,
            vec![0, 10, 100, 100, 20, 30, 100, 101],
        )
        .expect("sizes agree");
        assert_eq!(shrink(&raster, 2, 1).data, [15, 100]);
    }

    #[test]
    fn pixels_covered_in_part_count_in_part() {
        let raster = Raster::new(3, 1, Channels::Gray, vec![0, 90, 240]).expect("sizes agree");
        // One and a half pixels each: (0 + 45) / 1.5 and (45 + 240) / 1.5.
        assert_eq!(shrink(&raster, 2, 1).data, [30, 190]);
    }

    #[test]
    fn channels_stay_apart() {
        let raster =
            Raster::new(2, 1, Channels::Rgb, vec![0, 100, 200, 20, 100, 220]).expect("sizes agree");
        assert_eq!(shrink(&raster, 1, 1).data, [10, 100, 210]);
    }

    #[test]
    fn a_side_is_scaled_up_and_the_other_one_down() {
        let raster = Raster::new(2, 2, Channels::Gray, vec![0, 100, 20, 120]).expect("sizes agree");
        let resized = resized(raster, 4, 1);
        assert_eq!((resized.width, resized.height), (4, 1));
        assert_eq!(resized.data, [10, 35, 85, 110]);
    }
}
