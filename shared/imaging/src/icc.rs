//! Colour profiles (ICC.1:2022): levels that mean what a profile says become sRGB, which is what everybody takes a JPEG
//! without a profile for.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::raster::{Channels, Raster};
use crate::tone::cmyk_to_rgb;

/// The raster in sRGB. Without a profile, or with one that is damaged or of other channels than the raster has, levels
/// are taken for sRGB and inks for ideal ones.
pub(crate) fn to_srgb(raster: Raster, profile: Option<&[u8]>) -> Raster {
    let managed = profile.and_then(|profile| convert(&raster, profile));
    match (managed, raster.channels) {
        (Some(managed), _) => managed,
        (None, Channels::Cmyk) => ideal_inks(raster),
        (None, _) => raster,
    }
}

fn convert(raster: &Raster, profile: &[u8]) -> Option<Raster> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    match (raster.channels, profile.color_space) {
        (Channels::Gray, DataColorSpace::Gray) => {
            let ramp: Vec<u8> = (0..=u8::MAX).collect();
            let table = pixels(&profile, Layout::Gray, &ramp, ramp.len())?;
            let green = |level: &u8| table[usize::from(*level) * 3 + 1];
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

fn ideal_inks(raster: Raster) -> Raster {
    let inks = raster.data.as_chunks().0.iter();
    Raster {
        channels: Channels::Rgb,
        data: inks.flat_map(|&inks| cmyk_to_rgb(inks)).collect(),
        ..raster
    }
}
