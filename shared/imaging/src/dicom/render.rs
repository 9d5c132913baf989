//! From the samples of a frame to what a viewer shows: eight bits, gray or colour.

use super::element::DataSet;
use super::gray::gray;
use super::layout::{Layout, Photometric};
use super::samples::Samples;
use super::view::Window;
use super::{palette, segments, tag};
use crate::raster::{Channels, Raster};
use crate::tone::{video_to_full_range, ybr_to_rgb};
use crate::{Code, Reason};

/// A frame as it is shown, but for the device that its colours are of.
pub(crate) struct Rendered {
    pub(crate) raster: Raster,
    /// The ICC profile of the colours.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Renders one frame, in the window that was asked for or in its own.
pub(crate) fn render(
    data_set: &DataSet,
    layout: &Layout,
    samples: Samples,
    asked: Option<Window>,
) -> Result<Rendered, Reason> {
    let rendered = |channels, data, profile| {
        let raster = Raster::new(layout.columns, layout.rows, channels, data);
        let raster = raster.ok_or(Code::Truncated)?;
        Ok(Rendered { raster, profile })
    };
    if let Some(data) =
        segments::colours(data_set, layout).and_then(|colours| segments::paint(&samples, &colours))
    {
        // These colours are of no device.
        return rendered(Channels::Rgb, data, None);
    }
    let (channels, data) = match layout.photometric {
        Photometric::Monochrome1 | Photometric::Monochrome2 => {
            (Channels::Gray, gray(data_set, layout, samples, asked))
        }
        Photometric::Palette => (Channels::Rgb, palette::apply(data_set, layout, &samples)?),
        // What is still called a transformation of JPEG 2000 or XL here was undone by a decoder that left the name.
        Photometric::Rgb | Photometric::YbrIct | Photometric::YbrRct | Photometric::Xyb => {
            (Channels::Rgb, eight_bits(layout, samples))
        }
        Photometric::YbrFull | Photometric::YbrPartial => {
            let mut data = eight_bits(layout, samples);
            if layout.photometric == Photometric::YbrPartial {
                data.as_chunks_mut()
                    .0
                    .iter_mut()
                    .for_each(video_to_full_range);
            }
            data.as_chunks_mut().0.iter_mut().for_each(ybr_to_rgb);
            (Channels::Rgb, data)
        }
    };
    // What gray levels mean, the window decides.
    let profile = (channels == Channels::Rgb).then(|| profile(data_set));
    rendered(channels, data, profile.flatten())
}

/// The ICC profile of colours, behind a palette and as RGB (PS3.3 C.11.15): that of the file, or of slides that of the first
/// light they were made under (PS3.3 C.8.12.5).
fn profile(data_set: &DataSet) -> Option<Vec<u8>> {
    let path = data_set.first_item(tag::OPTICAL_PATH_SEQUENCE);
    let places = [Some(data_set), path].into_iter().flatten();
    let found = places.filter_map(|place| place.bytes(tag::ICC_PROFILE));
    found.map(<[u8]>::to_vec).next()
}

/// The upper eight of the stored bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scaled to 0..=255; `as` saturates"
)]
fn eight_bits(layout: &Layout, samples: Samples) -> Vec<u8> {
    let shift = layout.bits_stored.saturating_sub(8);
    let mask = u16::MAX >> (16 - layout.bits_stored.min(16));
    let top = |word: u16| ((word & mask) >> shift.min(15)) as u8;
    match samples {
        Samples::Bytes(bytes) if layout.bits_stored >= 8 => bytes,
        Samples::Bytes(mut bytes) => {
            let full = u8::MAX >> (8 - layout.bits_stored);
            for byte in &mut bytes {
                let level = u32::from(*byte & full) * 255 / u32::from(full);
                *byte = level as u8;
            }
            bytes
        }
        Samples::Words {
            bytes,
            big_endian: false,
        } => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&pair| top(u16::from_le_bytes(pair)))
            .collect(),
        Samples::Words {
            bytes,
            big_endian: true,
        } => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&pair| top(u16::from_be_bytes(pair)))
            .collect(),
        Samples::Wide(numbers) => {
            let scale = f64::from(shift).exp2();
            numbers
                .values()
                .map(|value| (value / scale) as u8)
                .collect()
        }
    }
}
