//! From the samples of a frame to what a viewer shows: eight bits, gray or colour.

use super::element::DataSet;
use super::gray::gray;
use super::layout::{Layout, Photometric};
use super::samples::Samples;
use super::view::Window;
use super::{palette, segments};
use crate::raster::{Channels, Raster};
use crate::tone::{video_to_full_range, ybr_to_rgb};
use crate::{Code, Reason};

/// Renders one frame, in the window that was asked for or in its own.
pub(crate) fn render(
    data_set: &DataSet,
    layout: &Layout,
    samples: Samples,
    asked: Option<Window>,
) -> Result<Raster, Reason> {
    if let Some(data) =
        segments::colours(data_set, layout).and_then(|colours| segments::paint(&samples, &colours))
    {
        return Raster::new(layout.columns, layout.rows, Channels::Rgb, data)
            .ok_or_else(|| Code::Truncated.into());
    }
    let (channels, data) = match layout.photometric {
        Photometric::Monochrome1 | Photometric::Monochrome2 => {
            (Channels::Gray, gray(data_set, layout, samples, asked))
        }
        Photometric::Palette => (Channels::Rgb, palette::apply(data_set, layout, &samples)?),
        // The colours are those of the sensor: an ICC Profile (0028,2000) would be applied to the levels of these two arms.
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
    Raster::new(layout.columns, layout.rows, channels, data).ok_or_else(|| Code::Truncated.into())
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
