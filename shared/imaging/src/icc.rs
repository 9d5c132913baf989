//! Colour profiles (ICC.1:2022): levels that mean what a profile says become sRGB, which is what everybody takes a JPEG
//! without a profile for.

use moxcms::{
    Chromaticity, ColorPrimaries, ColorProfile, DataColorSpace, Layout, TransformOptions, XyY,
    curve_from_gamma,
};

use crate::raster::{Channels, Raster};
use crate::tone::cmyk_to_rgb;

/// The raster in sRGB. Without a profile, or with one that is damaged or of other channels than the raster has, levels
/// are taken for sRGB and inks for ideal ones.
pub(crate) fn to_srgb(raster: Raster, profile: Option<&[u8]>) -> Raster {
    let managed = profile.and_then(|profile| convert(&raster, profile));
    match (managed, raster.channels) {
        (Some(managed), _) => managed,
        (None, Channels::Cmyk) => ideal_inks(&raster),
        (None, _) => raster,
    }
}

/// What a PNG file without a profile says of its colours: the white, red, green and blue of the screen it was made on.
pub(crate) type Primaries = [(f32, f32); 4];

/// Those of sRGB.
const SRGB: Primaries = [(0.3127, 0.329), (0.64, 0.33), (0.3, 0.6), (0.15, 0.06)];

/// A profile for levels that are light to the power of `gamma` on a screen with these primaries. `None` where that is
/// sRGB or as good as it (PNG 11.3.2.1 and 11.3.2.5), or nonsense.
pub(crate) fn of_gamma(gamma: f32, primaries: Option<Primaries>, gray: bool) -> Option<Vec<u8>> {
    let primaries = primaries.filter(|_| !gray).unwrap_or(SRGB);
    let near = |a: f32, b: f32| (a - b).abs() < 0.006;
    let common = primaries
        .iter()
        .zip(SRGB)
        .all(|(is, of)| near(is.0, of.0) && near(is.1, of.1));
    if !(0.1..=2.0).contains(&gamma) || (near(gamma, 1.0 / 2.2) && common) {
        return None;
    }
    if gray {
        return ColorProfile::new_gray_with_gamma(1.0 / gamma).encode().ok();
    }
    let mut profile = ColorProfile::new_srgb();
    let curve = Some(curve_from_gamma(1.0 / gamma));
    (profile.red_trc, profile.green_trc, profile.blue_trc) = (curve.clone(), curve.clone(), curve);
    if !common {
        let at = |(x, y)| Chromaticity { x, y };
        let [(x, y), red, green, blue] = primaries;
        let white = XyY {
            x: x.into(),
            y: y.into(),
            yb: 1.0,
        };
        let [red, green, blue] = [red, green, blue].map(at);
        profile.update_rgb_colorimetry(white, ColorPrimaries { red, green, blue });
    }
    profile.cicp = None;
    profile.encode().ok()
}

fn convert(raster: &Raster, profile: &[u8]) -> Option<Raster> {
    let mut profile = ColorProfile::new_from_slice(profile).ok()?;
    match (raster.channels, profile.color_space) {
        (Channels::Gray, DataColorSpace::Gray) => {
            let lightness = profile.pcs == DataColorSpace::Lab && profile.gray_trc.is_some();
            if lightness {
                // moxcms reads no curve of lightness, but one of light.
                profile.pcs = DataColorSpace::Xyz;
            }
            let ramp: Vec<u8> = (0..=u8::MAX).collect();
            let table = pixels(&profile, Layout::Gray, &ramp, ramp.len())?;
            let green = |level: &u8| {
                let green = table[usize::from(*level) * 3 + 1];
                if lightness {
                    of_lightness(green)
                } else {
                    green
                }
            };
            Some(Raster {
                data: raster.data.iter().map(green).collect(),
                ..*raster
            })
        }
        (Channels::Rgb, DataColorSpace::Rgb) => coloured(raster, &profile, Layout::Rgb),
        // Four channels, whatever they are.
        (Channels::Cmyk, DataColorSpace::Cmyk) => coloured(raster, &profile, Layout::Rgba),
        _ => None,
    }
}

fn coloured(raster: &Raster, profile: &ColorProfile, layout: Layout) -> Option<Raster> {
    let count = raster.data.len() / raster.channels.count();
    let data = pixels(profile, layout, &raster.data, count)?;
    Raster::new(raster.width, raster.height, Channels::Rgb, data)
}

/// The RGB of so many pixels.
fn pixels(profile: &ColorProfile, layout: Layout, data: &[u8], count: usize) -> Option<Vec<u8>> {
    let transform = profile
        .create_transform_8bit(
            layout,
            &ColorProfile::new_srgb(),
            Layout::Rgb,
            TransformOptions::default(),
        )
        .ok()?;
    let mut shown = vec![0; count * 3];
    transform.transform(data, &mut shown).ok()?;
    Some(shown)
}

/// The level of a gray profile whose curve means lightness, because its connection space is L*a*b* (ICC.1, 9.2.39), from
/// the one it would be if the curve meant light.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scaled to 0..=255; `as` saturates"
)]
fn of_lightness(level: u8) -> u8 {
    let coded = f64::from(level) / 255.0;
    let share = if coded <= 0.040_45 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    };
    // CIE 15: L* = 116 f(Y) - 16.
    let light = if share > 0.08 {
        ((share * 100.0 + 16.0) / 116.0).powi(3)
    } else {
        share * 100.0 / 903.3
    };
    let shown = if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    };
    (shown * 255.0 + 0.5) as u8
}

fn ideal_inks(raster: &Raster) -> Raster {
    let inks = raster.data.as_chunks().0.iter();
    Raster {
        channels: Channels::Rgb,
        data: inks.flat_map(|&inks| cmyk_to_rgb(inks)).collect(),
        ..*raster
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{gray_profile, inks_profile, rgb_profile};

    fn raster(channels: Channels, data: &[u8]) -> Raster {
        let width = u32::try_from(data.len() / channels.count()).expect("a short row");
        Raster::new(width, 1, channels, data.to_vec()).expect("sizes agree")
    }

    fn assert_near(shown: &[u8], expected: &[u8]) {
        let near = shown
            .iter()
            .zip(expected)
            .all(|(is, wanted)| is.abs_diff(*wanted) <= 2);
        assert!(
            near && shown.len() == expected.len(),
            "{shown:?} is not {expected:?}"
        );
    }

    #[test]
    fn colours_are_those_the_profile_means() {
        // A profile whose first channel is blue, whose second is red and whose third is green.
        let shown = to_srgb(
            raster(Channels::Rgb, &[255, 0, 0, 0, 255, 0, 100, 150, 200]),
            Some(&rgb_profile([2, 0, 1])),
        );
        assert_near(&shown.data, &[0, 0, 255, 255, 0, 0, 150, 200, 100]);
    }

    #[test]
    fn grays_are_those_the_profile_means() {
        // Levels that are shares of light (gamma 1) or of lightness: a half is 188 or 119 in sRGB.
        for (lightness, half) in [(false, 188), (true, 119)] {
            let shown = to_srgb(
                raster(Channels::Gray, &[0, 128, 255]),
                Some(&gray_profile(lightness)),
            );
            assert_eq!(shown.channels, Channels::Gray);
            assert_near(&shown.data, &[0, half, 255]);
        }
    }

    #[test]
    fn inks_are_those_the_profile_means() {
        // A profile of a press whose inks only darken, all alike: paper, one ink of four, all.
        let inks = [[0; 4], [255, 0, 0, 0], [255; 4]].concat();
        let shown = to_srgb(raster(Channels::Cmyk, &inks), Some(&inks_profile()));
        assert_eq!(shown.channels, Channels::Rgb);
        // Lightness 100, 75 and 0.
        assert_near(&shown.data, &[255, 255, 255, 185, 185, 185, 0, 0, 0]);
    }

    #[test]
    fn light_to_the_power_of_a_gamma_becomes_srgb() {
        let plain = raster(Channels::Rgb, &[0, 0, 0, 128, 128, 128, 255, 255, 255]);
        let linear = of_gamma(1.0, None, false).expect("a profile");
        let shown = to_srgb(plain.clone(), Some(&linear));
        assert_near(&shown.data, &[0, 0, 0, 188, 188, 188, 255, 255, 255]);
        let gray = of_gamma(1.0, Some(SRGB), true).expect("a profile");
        let shown = to_srgb(raster(Channels::Gray, &[0, 128, 255]), Some(&gray));
        assert_near(&shown.data, &[0, 188, 255]);
        // The same light, with red and blue taken for each other.
        let [white, red, green, blue] = SRGB;
        let turned = of_gamma(1.0 / 2.2, Some([white, blue, green, red]), false);
        let shown = to_srgb(
            raster(Channels::Rgb, &[255, 0, 0, 0, 0, 255]),
            turned.as_deref(),
        );
        assert_near(&shown.data, &[0, 0, 255, 255, 0, 0]);
        assert_eq!(of_gamma(0.45455, Some(SRGB), false), None);
        assert_eq!(of_gamma(0.0, None, false), None);
    }

    #[test]
    fn a_profile_that_says_nothing_changes_nothing() {
        let plain = raster(Channels::Rgb, &[1, 2, 3, 200, 100, 0]);
        let good = rgb_profile([2, 0, 1]);
        for profile in [&good[..150], b"junk", &gray_profile(false), &inks_profile()] {
            assert_eq!(to_srgb(plain.clone(), Some(profile)), plain);
        }
        let inks = to_srgb(raster(Channels::Cmyk, &[0, 0, 0, 0]), Some(&good));
        assert_eq!((inks.channels, inks.data), (Channels::Rgb, vec![255; 3]));
    }
}
