//! Colour and depth conversions every ordinary format shares.

/// Share of the values left out at each end when a contrast is looked for, in DICOM files, too: hot pixels and burnt-in
/// text do not decide it.
pub(crate) const OUTLIERS: f64 = 0.005;
/// Values looked at to find it.
pub(crate) const SAMPLED: usize = 1_000_000;
/// Different values of which a picture has more than a drawing: below, no value is taken for a marker.
const FEW: usize = 8;

/// The values that are shown from black to white.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Contrast {
    low: f64,
    high: f64,
    /// Whether the levels no longer are those of the file.
    pub(crate) stretched: bool,
}

impl Contrast {
    /// The contrast of samples of 9 to 16 bits, of which `full` is the largest. Scanners and detectors store 12 bits in
    /// 16, signed values with an offset, and markers at the end of the range: plainly shown, such a picture is black,
    /// gray or white. One that uses more than half of the range is shown as it is.
    pub(crate) fn of_words(words: impl Iterator<Item = u16>, full: u16) -> Self {
        let mut counts = vec![0u64; 65_536];
        for word in words {
            counts[usize::from(word)] += 1;
        }
        let runs: Vec<Run> = (0..=u16::MAX)
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| Run(f64::from(word), count))
            .collect();
        Self::of_runs(&runs, Some(f64::from(full)))
    }

    /// The contrast of numbers, of which `no_data` marks places without any and which go from 0 to `full` if they have a
    /// range of their own.
    pub(crate) fn of_numbers(
        values: impl ExactSizeIterator<Item = f64>,
        no_data: Option<f64>,
        full: Option<f64>,
    ) -> Self {
        let step = values.len().div_ceil(SAMPLED).max(1);
        let mut sorted: Vec<f64> = values
            .step_by(step)
            .filter(|value| value.is_finite() && no_data.is_none_or(|none| !same(*value, none)))
            .collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let runs: Vec<Run> = sorted
            .chunk_by(|a, b| same(*a, *b))
            .map(|run| Run(run[0], run.len() as u64))
            .collect();
        let within = |full: &f64| {
            let (low, high) = cut(&runs);
            low >= 0.0 && high <= *full
        };
        Self::of_runs(&runs, full.filter(within))
    }

    /// From 0 to the largest value.
    pub(crate) fn whole(full: f64) -> Self {
        Self {
            low: 0.0,
            high: full,
            stretched: false,
        }
    }

    fn of_runs(runs: &[Run], full: Option<f64>) -> Self {
        let (low, high) = cut(without_markers(runs));
        match full {
            Some(full) if high - low > full / 2.0 || high <= low => Self::whole(full),
            _ => Self {
                low,
                high,
                stretched: true,
            },
        }
    }

    /// The level of a value; what is no number is black.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "scaled to 0..=255; `as` saturates"
    )]
    pub(crate) fn level(&self, value: f64) -> u8 {
        // Two huge numbers may be too far apart for a number; halves are not.
        let range = self.high / 2.0 - self.low / 2.0;
        if range > 0.0 {
            ((value / 2.0 - self.low / 2.0) / range * 255.0 + 0.5) as u8
        } else {
            0
        }
    }

    /// The level of every word.
    pub(crate) fn table(&self) -> Vec<u8> {
        (0..=u16::MAX)
            .map(|word| self.level(f64::from(word)))
            .collect()
    }
}

/// A value, and how often it is there.
#[derive(Clone, Copy)]
struct Run(f64, u64);

#[expect(
    clippy::float_cmp,
    reason = "the very number, not one that is near: markers are written as they are"
)]
fn same(a: f64, b: f64) -> bool {
    a == b
}

/// Leaves out the lowest and the highest value as long as it stands apart from all others by more than half of what these
/// span: a marker, a mask, or the number of places without data.
fn without_markers(mut runs: &[Run]) -> &[Run] {
    // More than a few kinds of markers are none.
    for _ in 0..4 {
        if runs.len() < FEW + 2 {
            break;
        }
        let (first, core, last) = (runs[0].0, &runs[1..runs.len() - 1], runs[runs.len() - 1].0);
        let (low, high) = cut(core);
        let far = |gap: f64| high > low && gap > (high - low) / 2.0;
        runs = match (far(low - first), far(last - high)) {
            (true, true) => core,
            (true, false) => &runs[1..],
            (false, true) => &runs[..runs.len() - 1],
            (false, false) => break,
        };
    }
    runs
}

/// The lowest and the highest value when the outliers are left out, unless then nothing is left between them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a number of pixels"
)]
fn cut(runs: &[Run]) -> (f64, f64) {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
        return (0.0, 0.0);
    };
    let total: u64 = runs.iter().map(|run| run.1).sum();
    let left_out = (total as f64 * OUTLIERS) as u64;
    let low = beyond(runs.iter(), left_out).unwrap_or(first.0);
    let high = beyond(runs.iter().rev(), left_out).unwrap_or(last.0);
    if low < high {
        (low, high)
    } else {
        (first.0, last.0)
    }
}

/// The first value behind so many.
fn beyond<'a>(mut runs: impl Iterator<Item = &'a Run>, left_out: u64) -> Option<f64> {
    let mut passed = 0;
    let run = runs.find(|run| {
        passed += run.1;
        passed > left_out
    })?;
    Some(run.0)
}

/// Samples of 9 to 16 bits as eight bits, and whether their contrast was changed. Of `count` samples a pixel the last may
/// be alpha, which keeps its meaning; what is transparent does not count for contrast.
pub(crate) fn levels_of_words(
    words: &[u16],
    bits: u32,
    count: usize,
    with_alpha: bool,
) -> (Vec<u8>, bool) {
    let colours = count - usize::from(with_alpha);
    let pixels = words.chunks_exact(count);
    let visible = pixels
        .clone()
        .filter(|pixel| !with_alpha || pixel[colours] > 0);
    let counted = visible.flat_map(|pixel| &pixel[..colours]).copied();
    let contrast = Contrast::of_words(counted, full(bits));
    let table = contrast.table();
    let alpha = Contrast::whole(full(bits).into());
    let level = |(channel, word): (usize, &u16)| {
        if channel < colours {
            table[usize::from(*word)]
        } else {
            alpha.level(f64::from(*word))
        }
    };
    let levels = pixels.flat_map(|pixel| pixel.iter().enumerate().map(level));
    (levels.collect(), contrast.stretched)
}

/// The largest sample of so many bits.
pub(crate) fn full(bits: u32) -> u16 {
    u16::MAX >> 16u32.saturating_sub(bits).min(15)
}

/// Inks (255 = full) on white paper.
pub(crate) fn cmyk_to_rgb([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    let light = 255 - u32::from(black);
    [cyan, magenta, yellow].map(|ink| {
        let level = ((255 - u32::from(ink)) * light + 127) / 255;
        u8::try_from(level).unwrap_or(u8::MAX)
    })
}

/// One channel over white paper.
pub(crate) fn over_white(level: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    let mixed = (u32::from(level) * alpha + 255 * (255 - alpha) + 127) / 255;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

/// The inverse of the full-range YCbCr transformation (PS3.3 C.7.6.3.1.2, JFIF), in 16-bit fixed point.
pub(crate) fn ybr_to_rgb(pixel: &mut [u8; 3]) {
    let [y, cb, cr] = pixel.map(i32::from);
    let (cb, cr) = (cb - 128, cr - 128);
    let fixed = |red: i32| {
        u8::try_from(((y << 16) + red + (1 << 15)) >> 16).unwrap_or(if red < 0 { 0 } else { 255 })
    };
    *pixel = [
        fixed(91_881 * cr),
        fixed(-22_554 * cb - 46_802 * cr),
        fixed(116_130 * cb),
    ];
}

/// Luminance and colour differences in the range of video (ITU-R BT.601, PS3.3 C.7.6.3.1.2: 16 to 235, 16 to 240) as
/// those of the full range, in 16-bit fixed point.
pub(crate) fn video_to_full_range(pixel: &mut [u8; 3]) {
    let stretched = |level: u8, zero: i32, half: i32, range: i32| {
        let fixed = (i32::from(level) - zero) * ((255 << 16) / range);
        u8::try_from(half + ((fixed + (1 << 15)) >> 16)).unwrap_or(if fixed < 0 { 0 } else { 255 })
    };
    let [y, cb, cr] = *pixel;
    *pixel = [
        stretched(y, 16, 0, 219),
        stretched(cb, 128, 128, 224),
        stretched(cr, 128, 128, 224),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(words: &[u16]) -> Vec<u8> {
        levels_of_words(words, 16, 1, false).0
    }

    /// A ramp of a thousand values, a step apart.
    fn ramp(start: u16, step: u16) -> Vec<u16> {
        (0..1000).map(|index| start + index * step).collect()
    }

    /// The levels of the first, the middle and the last value of the ramp when there are `others` in the picture, too.
    fn ends(ramp: &[u16], others: &[u16]) -> [u8; 3] {
        let levels = gray(&[ramp, others].concat());
        [levels[0], levels[500], levels[999]]
    }

    #[test]
    fn few_bits_in_sixteen_are_stretched_wherever_they_lie() {
        assert_eq!(gray(&[0, 2048, 4095]), [0, 128, 255]);
        for (start, step) in [(0, 4), (0, 16), (0, 30), (32_768 - 1024, 4), (61_000, 4)] {
            assert_eq!(
                ends(&ramp(start, step), &[]),
                [0, 128, 255],
                "{start} {step}"
            );
        }
    }

    #[test]
    fn markers_hot_pixels_and_padding_do_not_decide_the_contrast() {
        for others in [
            &[65_535; 3][..],
            &[65_535; 90],
            &[0; 500],
            &[64_000, 65_000, 3, 9],
        ] {
            assert_eq!(ends(&ramp(31_000, 4), others), [0, 128, 255], "{others:?}");
        }
        let both = [[0; 100], [65_535; 100]].concat();
        assert_eq!(ends(&ramp(31_000, 4), &both), [0, 128, 255]);
    }

    #[test]
    fn a_full_range_stays_as_it_is() {
        assert_eq!(gray(&[0, 32_768, 65_535]), [0, 128, 255]);
        assert_eq!(gray(&[0, 0]), [0, 0]);
        assert_eq!(gray(&[60_000, 60_000]), [233, 233]);
        assert_eq!(ends(&ramp(8_000, 40), &[]), [31, 109, 187]);
        // Two values of a drawing are both its own.
        assert_eq!(gray(&[0, 0, 0, 65_535]), [0, 0, 0, 255]);
    }

    #[test]
    fn numbers_without_meaning_do_not_decide_the_contrast() {
        let picture: Vec<f64> = (0..1000).map(|index| f64::from(index) / 10.0).collect();
        for none in [
            -9999.0,
            f64::from(f32::MIN),
            f64::from(f32::MAX),
            f64::MAX,
            f64::NAN,
            f64::INFINITY,
        ] {
            let values = [&picture[..], &[none; 300]].concat();
            let contrast = Contrast::of_numbers(values.into_iter(), None, None);
            let levels = [0.0, 50.0, 99.9].map(|value| contrast.level(value));
            assert_eq!(levels, [0, 128, 255], "{none}");
        }
        // One that is near the others is known by its tag only.
        let values = [&picture[..], &[-50.0; 300]].concat();
        let contrast = Contrast::of_numbers(values.into_iter(), Some(-50.0), None);
        assert_eq!((contrast.level(0.0), contrast.level(99.9)), (0, 255));
        assert_eq!(contrast.level(f64::NAN), 0);
    }

    #[test]
    fn colour_differences_become_colours() {
        let [mut red, mut gray] = [[76, 85, 255], [90, 128, 128]];
        ybr_to_rgb(&mut red);
        ybr_to_rgb(&mut gray);
        assert_eq!((red, gray), ([254, 0, 0], [90, 90, 90]));
    }

    #[test]
    fn the_range_of_video_becomes_the_full_one() {
        for (video, full) in [
            ([16, 128, 128], [0, 128, 128]),
            ([235, 240, 16], [255, 255, 1]),
            ([126, 128, 72], [128, 128, 64]),
            ([0, 0, 255], [0, 0, 255]),
        ] {
            let mut pixel = video;
            video_to_full_range(&mut pixel);
            assert_eq!(pixel, full);
        }
    }

    #[test]
    fn inks_darken_and_transparency_shows_paper() {
        assert_eq!(cmyk_to_rgb([0, 0, 0, 0]), [255; 3]);
        assert_eq!(cmyk_to_rgb([255, 0, 0, 0]), [0, 255, 255]);
        assert_eq!(cmyk_to_rgb([0, 0, 0, 255]), [0; 3]);
        assert_eq!((over_white(10, 0), over_white(10, 255)), (255, 10));
    }
}
