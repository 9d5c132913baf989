//! Colour and depth conversions every ordinary format shares.

/// Full range of 16-bit samples that use at least this much of it is shown as it is.
const FAINT: u32 = 4;

/// Gray samples of up to 16 bits as eight bits. Scanners and detectors store 12-bit values in 16-bit files, which shown
/// plainly would be black: a picture that uses less than a quarter of its range is stretched to what it uses.
pub(crate) fn gray_from_words(words: &[u16], precision: u32) -> Vec<u8> {
    let full = (1u32 << precision.min(16)) - 1;
    let (low, high) = words.iter().fold((u16::MAX, 0), |(low, high), &word| {
        (low.min(word), high.max(word))
    });
    let (low, high) = (u32::from(low), u32::from(high));
    let (low, high) = if high > low && high <= full / FAINT {
        (low, high)
    } else {
        (0, full)
    };
    let range = high - low;
    let table: Vec<u8> = (0..=u16::MAX)
        .map(|word| {
            let level = (u32::from(word).clamp(low, high) - low) * 255 + range / 2;
            u8::try_from(level / range).unwrap_or(u8::MAX)
        })
        .collect();
    words.iter().map(|&word| table[usize::from(word)]).collect()
}

/// Finite values stretched to what they use; what is no number is black.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scaled to 0..=255; `as` saturates"
)]
pub(crate) fn gray_from_numbers(values: &[f64]) -> Vec<u8> {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let scale = if high > low {
        255.0 / (high - low)
    } else {
        0.0
    };
    values
        .iter()
        .map(|&value| ((value - low) * scale + 0.5) as u8)
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_bits_in_sixteen_are_stretched() {
        assert_eq!(gray_from_words(&[0, 2048, 4095], 16), [0, 128, 255]);
    }

    #[test]
    fn a_full_range_stays_as_it_is() {
        assert_eq!(gray_from_words(&[0, 32_768, 65_535], 16), [0, 128, 255]);
        assert_eq!(gray_from_words(&[0, 0], 16), [0, 0]);
        assert_eq!(gray_from_words(&[60_000, 60_000], 16), [233, 233]);
    }

    #[test]
    fn numbers_that_are_none_are_black() {
        assert_eq!(gray_from_numbers(&[f64::NAN, 1.0, 3.0]), [0, 0, 255]);
    }

    #[test]
    fn colour_differences_become_colours() {
        let [mut red, mut gray] = [[76, 85, 255], [90, 128, 128]];
        ybr_to_rgb(&mut red);
        ybr_to_rgb(&mut gray);
        assert_eq!((red, gray), ([254, 0, 0], [90, 90, 90]));
    }

    #[test]
    fn inks_darken_and_transparency_shows_paper() {
        assert_eq!(cmyk_to_rgb([0, 0, 0, 0]), [255; 3]);
        assert_eq!(cmyk_to_rgb([255, 0, 0, 0]), [0, 255, 255]);
        assert_eq!(cmyk_to_rgb([0, 0, 0, 255]), [0; 3]);
        assert_eq!((over_white(10, 0), over_white(10, 255)), (255, 10));
    }
}
