//! JPEG files of four inks that have different resolutions (T.81 A.1.1): Pillow stores cyan finer than the others, other
//! writers black. The decoder spreads the colour differences of three components, and of four it expects a layout that only
//! Photoshop's YCCK has.

use libjpeg_turbo_rs::{ColorSpace, Decoder};

use super::{reason, whole};
use crate::tone::ybr_to_rgb;
use crate::{Code, Reason};

/// Four components, pixel by pixel, as the decoder would give them.
pub(super) struct Inks {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) data: Vec<u8>,
}

/// Whether the resolutions of four components are none that the decoder knows.
pub(super) fn are_uneven(decoder: &Decoder<'_>) -> bool {
    let components = &decoder.header().components;
    let factors = |at: usize| {
        let component = &components[at];
        (component.horizontal_sampling, component.vertical_sampling)
    };
    if components.len() != 4 {
        return false;
    }
    let is_ycck = decoder.jpeg_color_space() == ColorSpace::Ycck;
    factors(0) != factors(3) || factors(1) != factors(2) || factors(0) != factors(1) && !is_ycck
}

/// Decodes them at full size.
pub(super) fn decode(decoder: Decoder<'_>) -> Result<Inks, Reason> {
    let is_ycck = decoder.jpeg_color_space() == ColorSpace::Ycck;
    let components = decoder.header().components.iter();
    let factors: Vec<(usize, usize)> = components
        .map(|of| (of.horizontal_sampling.into(), of.vertical_sampling.into()))
        .collect();
    let most = |of: fn(&(usize, usize)) -> usize| factors.iter().map(of).max().unwrap_or(1);
    let (across, down) = (most(|factors| factors.0), most(|factors| factors.1));
    let (raw, warnings) = decoder
        .decode_raw_with_warnings()
        .map_err(|error| reason(&error))?;
    whole(&warnings)?;
    let mut data = vec![0; raw.width * raw.height * 4];
    for (ink, &(horizontal, vertical)) in factors.iter().enumerate() {
        let (plane, stride) = (&raw.planes[ink], raw.plane_widths[ink]);
        for (y, row) in data.chunks_exact_mut(raw.width * 4).enumerate() {
            let from = y * vertical / down * stride;
            let from = plane.get(from..from + stride).ok_or(Code::Damaged)?;
            for (x, pixel) in row.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                pixel[ink] = *from.get(x * horizontal / across).ok_or(Code::Damaged)?;
            }
        }
    }
    if is_ycck {
        for [y, cb, cr, _] in data.as_chunks_mut::<4>().0 {
            let mut colour = [*y, *cb, *cr];
            ybr_to_rgb(&mut colour);
            [*y, *cb, *cr] = colour.map(|level| 255 - level);
        }
    }
    Ok(Inks {
        width: raw.width,
        height: raw.height,
        data,
    })
}
