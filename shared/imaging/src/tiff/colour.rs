//! From samples to what is shown: eight bits, over white paper where the picture is transparent.

use super::canvas::Canvas;
use super::fields::{Format, Photometric};
use super::layout::{Alpha, Layout};
use super::samples::Samples;
use super::spaces::{Rgb, lab_to_rgb};
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
