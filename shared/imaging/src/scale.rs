//! Scaling down by averaging: every pixel of the result is the mean of the area it covers, edges counted in part.
//!
//! Why here and not from a library: the general resizers compile a filter for every pixel type and instruction set,
//! which cost a minute at each build of this crate, and only shrinking is needed. Averaging loses no detail that the
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
}
