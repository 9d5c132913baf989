//! From the samples of a frame to what a viewer shows: eight bits, gray or colour.

use super::element::DataSet;
use super::gray::gray;
use super::layout::{Layout, Photometric};
use super::palette;
use super::samples::Samples;
use crate::raster::{Channels, Raster};
use crate::tone::ybr_to_rgb;
use crate::{Code, Reason};

/// Renders one frame.
pub(crate) fn render(
    data_set: &DataSet,
    layout: &Layout,
    samples: Samples,
) -> Result<Raster, Reason> {
    let (channels, data) = match layout.photometric {
        Photometric::Monochrome1 | Photometric::Monochrome2 => {
            (Channels::Gray, gray(data_set, layout, samples))
        }
        Photometric::Palette => (Channels::Rgb, palette::apply(data_set, layout, &samples)?),
        Photometric::Rgb | Photometric::Jpeg2000Ybr => (Channels::Rgb, eight_bits(layout, samples)),
        Photometric::YbrFull | Photometric::YbrFull422 => {
            let mut data = eight_bits(layout, samples);
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
        Samples::Bytes(bytes) => bytes,
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
        Samples::Wide(values) => {
            let scale = f64::from(shift).exp2();
            values
                .into_iter()
                .map(|value| (value / scale) as u8)
                .collect()
        }
    }
}
