//! From samples to what is shown: eight bits, over white paper where the picture is transparent.

use super::canvas::Canvas;
use super::layout::{Alpha, Format, Layout, Photometric, Ycc};
use super::samples::Samples;
use crate::raster::Channels;
use crate::tone::{Contrast, full, levels_of_words, over_white};
use crate::{Code, Limits};

/// Pixels of eight bits.
pub(super) struct Shown {
    pub(super) channels: Channels,
    pub(super) data: Vec<u8>,
    /// Whether the levels no longer are those of the file, so that a profile says nothing about them.
    pub(super) stretched: bool,
}

/// What a picture shows.
pub(super) fn show(canvas: Canvas, layout: &Layout, limits: &Limits) -> Result<Shown, Code> {
    let count = canvas.count;
    let alpha = layout.alpha.map(|alpha| Alpha {
        sample: count - 1,
        ..alpha
    });
    let (mut data, stretched) = match &layout.photometric {
        Photometric::Palette(map) => return palette(canvas.samples, map, limits),
        Photometric::Gray { .. } | Photometric::Rgb => eight_bits(canvas.samples, layout, count),
        Photometric::Lab { signed: true } if layout.bits == 8 => {
            // Both colours are moved up as if all samples were signed.
            let (mut data, _) = eight_bits(canvas.samples, layout, count);
            if layout.format == Format::Unsigned {
                for pixel in data.chunks_exact_mut(count) {
                    pixel[1] ^= 0x80;
                    pixel[2] ^= 0x80;
                }
            }
            (data, false)
        }
        Photometric::Lab { signed: true } => return Err(Code::UnsupportedPixels),
        _ => (high_bytes(canvas.samples, layout)?, false),
    };
    match &layout.photometric {
        Photometric::Gray { inverted: true } => {
            let shown = data.chunks_exact_mut(count);
            shown.for_each(|pixel| pixel[0] = 255 - pixel[0]);
        }
        Photometric::YCbCr(ycc) => {
            let ycc = Rgb::new(ycc, layout.bits);
            let pixels = data.chunks_exact_mut(count);
            pixels.for_each(|pixel| ycc.convert(pixel));
        }
        Photometric::Lab { .. } => data.chunks_exact_mut(count).for_each(lab_to_rgb),
        _ => {}
    }
    if let Some(alpha) = alpha {
        data = opaque(data, count, alpha, layout.photometric == Photometric::Cmyk);
    }
    let channels = match layout.colours {
        1 => Channels::Gray,
        4 => Channels::Cmyk,
        _ => Channels::Rgb,
    };
    Ok(Shown {
        channels,
        data,
        stretched,
    })
}

/// Samples of gray or colour with eight bits, and whether their contrast was changed. Alpha keeps its meaning.
fn eight_bits(samples: Samples, layout: &Layout, count: usize) -> (Vec<u8>, bool) {
    let with_alpha = layout.alpha.is_some();
    match samples {
        Samples::Bytes(mut data) => {
            if layout.bits < 8 {
                let largest = full(layout.bits);
                for value in &mut data {
                    let level = u16::from(*value) * 255 / largest;
                    *value = u8::try_from(level).unwrap_or(u8::MAX);
                }
            }
            (data, false)
        }
        Samples::Words(words) => levels_of_words(&words, layout.bits, count, with_alpha),
        Samples::Floats(values) => numbers(&values, f64::from, layout, count),
        Samples::Doubles(values) => numbers(&values, |value| value, layout, count),
    }
}

/// The same of numbers. Those of gray have no range of their own; floats of colour go from 0 to 1.
#[expect(
    clippy::cast_precision_loss,
    reason = "the largest of numbers of up to 64 bits"
)]
fn numbers<T: Copy>(
    values: &[T],
    number: impl Fn(T) -> f64,
    layout: &Layout,
    count: usize,
) -> (Vec<u8>, bool) {
    let largest = match (layout.format, layout.bits) {
        (Format::Float, _) => 1.0,
        (_, bits) => (u64::MAX >> (64 - bits)) as f64,
    };
    let alpha_at = layout.alpha.map(|_| count - 1);
    let of_alpha = |index: usize| alpha_at.is_some_and(|at| index % count == at);
    let known = |index: usize| {
        if of_alpha(index) {
            f64::NAN
        } else {
            number(values[index])
        }
    };
    let own_range = (layout.colours > 1).then_some(largest);
    let contrast = Contrast::of_numbers((0..values.len()).map(known), layout.no_data, own_range);
    let alpha = Contrast::whole(largest);
    let level = |index: usize| {
        let shown = if of_alpha(index) { &alpha } else { &contrast };
        shown.level(number(values[index]))
    };
    let data = (0..values.len()).map(level).collect();
    (data, contrast.stretched)
}

/// The highest eight bits of samples whose range means something.
fn high_bytes(samples: Samples, layout: &Layout) -> Result<Vec<u8>, Code> {
    match samples {
        Samples::Bytes(data) if layout.bits == 8 => Ok(data),
        Samples::Words(words) => {
            let shift = layout.bits - 8;
            let high = words
                .into_iter()
                .map(|word| (word >> shift).to_le_bytes()[0]);
            Ok(high.collect())
        }
        _ => Err(Code::UnsupportedPixels),
    }
}

/// Colours of a palette picture.
fn palette(samples: Samples, map: &[u16], limits: &Limits) -> Result<Shown, Code> {
    let entries = map.len() / 3;
    let colour = |index: usize| {
        let index = index.min(entries - 1);
        [0, 1, 2].map(|channel| map[channel * entries + index].to_be_bytes()[0])
    };
    let room = |pixels: usize| {
        if pixels as u64 * 3 > limits.max_decoded_bytes {
            Err(Code::TooLarge)
        } else {
            Ok(())
        }
    };
    let data = match samples {
        Samples::Bytes(data) => {
            room(data.len())?;
            data.into_iter()
                .flat_map(|index| colour(usize::from(index)))
                .collect()
        }
        Samples::Words(data) => {
            room(data.len())?;
            data.into_iter()
                .flat_map(|index| colour(usize::from(index)))
                .collect()
        }
        _ => return Err(Code::UnsupportedPixels),
    };
    Ok(Shown {
        channels: Channels::Rgb,
        data,
        stretched: false,
    })
}

/// Leaves out alpha, the last sample of each pixel: paper shows through. Inks on it get fewer instead.
fn opaque(mut data: Vec<u8>, count: usize, alpha: Alpha, inks: bool) -> Vec<u8> {
    let colours = count - 1;
    let pixels = data.len() / count;
    for pixel in 0..pixels {
        let share = data[pixel * count + alpha.sample];
        for channel in 0..colours {
            let level = data[pixel * count + channel];
            // Associated: the colour was multiplied with alpha when the file was written (TIFF 6.0, section 18).
            data[pixel * colours + channel] = match (inks, alpha.associated) {
                (true, true) => level,
                (true, false) => 255 - over_white(255 - level, share),
                (false, true) => level.saturating_add(255 - share),
                (false, false) => over_white(level, share),
            };
        }
    }
    data.truncate(pixels * colours);
    data
}

/// YCbCr to RGB (TIFF 6.0, section 21), in 16-bit fixed point.
struct Rgb {
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
    fn new(ycc: &Ycc, bits: u32) -> Self {
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

    fn convert(&self, pixel: &mut [u8]) {
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
fn lab_to_rgb(pixel: &mut [u8]) {
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
