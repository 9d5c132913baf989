//! Colours that are not red, green and blue.

use super::fields::Ycc;
use crate::tone::full;

/// YCbCr to RGB (TIFF 6.0, section 21), in 16-bit fixed point.
pub(super) struct Rgb {
    /// What a level of each of the three samples stands for.
    y: Vec<i32>,
    red: Vec<i32>,
    blue: Vec<i32>,
    green_of_red: Vec<i32>,
    green_of_blue: Vec<i32>,
}

impl Rgb {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a level, at most a few hundred, as a fixed-point number"
    )]
    pub(super) fn new(ycc: &Ycc, bits: u32) -> Self {
        let scale = f64::from(full(bits)) / 255.0;
        let [black, white, no_blue, full_blue, no_red, full_red] =
            ycc.reference.map(|level| level / scale);
        let [red, green, blue] = ycc.luma;
        // The standard says 127 for the range of colour differences on either side.
        let coded = |none: f64, all: f64, range: f64| {
            move |level: f64| ((level - none) * range / (all - none)).clamp(-512.0, 512.0)
        };
        let table = |value: &dyn Fn(f64) -> f64| {
            let levels = (0..=255u8).map(f64::from);
            levels
                .map(|level| (value(level) * 65_536.0) as i32)
                .collect()
        };
        let (cb, cr) = (
            coded(no_blue, full_blue, 127.0),
            coded(no_red, full_red, 127.0),
        );
        Self {
            y: table(&coded(black, white, 255.0)),
            red: table(&|level| cr(level) * (2.0 - 2.0 * red)),
            blue: table(&|level| cb(level) * (2.0 - 2.0 * blue)),
            green_of_red: table(&|level| -cr(level) * (2.0 - 2.0 * red) * red / green),
            green_of_blue: table(&|level| -cb(level) * (2.0 - 2.0 * blue) * blue / green),
        }
    }

    pub(super) fn convert(&self, pixel: &mut [u8]) {
        let [y, cb, cr] = [0, 1, 2].map(|channel| usize::from(pixel[channel]));
        let level = |sum: i32| {
            let rounded = (sum + (1 << 15)) >> 16;
            u8::try_from(rounded.clamp(0, 255)).unwrap_or_default()
        };
        pixel[0] = level(self.y[y] + self.red[cr]);
        pixel[1] = level(self.y[y] + self.green_of_red[cr] + self.green_of_blue[cb]);
        pixel[2] = level(self.y[y] + self.blue[cb]);
    }
}

/// CIE L*a*b* under D50 to sRGB: lightness from 0 to 100, the two colours from -128 to 127 moved up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scaled to 0..=255; `as` saturates"
)]
pub(super) fn lab_to_rgb(pixel: &mut [u8]) {
    let lightness = f64::from(pixel[0]) * 100.0 / 255.0;
    let [a, b] = [1, 2].map(|channel| f64::from(pixel[channel]) - 128.0);
    let middle = (lightness + 16.0) / 116.0;
    let linear = |f: f64| {
        if f > 6.0 / 29.0 {
            f.powi(3)
        } else {
            (f - 4.0 / 29.0) * 108.0 / 841.0
        }
    };
    let xyz = [
        linear(middle + a / 500.0) * 0.9642,
        linear(middle),
        linear(middle - b / 200.0) * 0.8249,
    ];
    // XYZ under D50 to linear sRGB (the inverse of the colorants of the ICC's sRGB profile).
    let rgb = [
        [3.134_19, -1.617_21, -0.490_69],
        [-0.978_77, 1.916_16, 0.033_45],
        [0.071_98, -0.228_99, 1.405_39],
    ];
    for (level, row) in pixel.iter_mut().zip(rgb) {
        let sum: f64 = row.iter().zip(xyz).map(|(part, value)| part * value).sum();
        let coded = if sum <= 0.003_130_8 {
            sum * 12.92
        } else {
            1.055 * sum.powf(1.0 / 2.4) - 0.055
        };
        *level = (coded * 255.0 + 0.5) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_video_range_is_spread_over_all_levels() {
        let ycc = Ycc {
            luma: [0.299, 0.587, 0.114],
            reference: [16.0, 235.0, 128.0, 240.0, 128.0, 240.0],
        };
        let rgb = Rgb::new(&ycc, 8);
        for (coded, expected) in [
            ([16, 128, 128], [0; 3]),
            ([235, 128, 128], [255; 3]),
            ([81, 90, 240], [254, 0, 0]),
        ] {
            let mut pixel = coded;
            rgb.convert(&mut pixel);
            let near = pixel
                .iter()
                .zip(expected)
                .all(|(is, wanted)| is.abs_diff(wanted) < 3);
            assert!(near, "{coded:?}: {pixel:?}");
        }
    }

    #[test]
    fn lightness_and_two_colours_become_red_green_and_blue() {
        for (lab, expected) in [
            ([255, 128, 128], [255, 255, 255]),
            ([0, 128, 128], [0, 0, 0]),
            // sRGB red is L* 54.3, a* 80.8, b* 69.9 under D50.
            ([138, 209, 198], [255, 0, 0]),
        ] {
            let mut pixel = lab;
            lab_to_rgb(&mut pixel);
            let near = pixel
                .iter()
                .zip(expected)
                .all(|(is, wanted): (&u8, u8)| is.abs_diff(wanted) < 6);
            assert!(near, "{lab:?}: {pixel:?}");
        }
    }
}
