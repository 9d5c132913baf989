//! JPEG 2000 frames.

use super::{Frame, allocated, narrow};
use crate::dicom::layout::{Layout, Photometric};
use crate::dicom::samples::Samples;
use crate::jpeg2000::{self, Claims};
use crate::{Code, Limits, Reason};

pub(crate) fn decode(
    bytes: &[u8],
    mut layout: Layout,
    wanted: u32,
    limits: &Limits,
) -> Result<Frame, Reason> {
    let claims = Claims::read(bytes).ok_or(Code::Damaged)?;
    let image = jpeg2000::decode(bytes, &claims, claims.reduction(wanted), limits)?;
    let components = image.components();
    if components.len() < layout.samples as usize {
        return Err(Code::Damaged.into());
    }
    let shown = &components[..layout.samples as usize];
    let first = &shown[0];
    if shown
        .iter()
        .any(|c| (c.width(), c.height()) != (first.width(), first.height()))
    {
        return Err(Code::UnsupportedPixels.into());
    }
    layout.rows = first.height();
    layout.columns = first.width();
    layout.planar = false;
    // The decoder undoes the colour transformation of the codestream.
    if matches!(layout.photometric, Photometric::Jpeg2000Ybr) {
        layout.photometric = Photometric::Rgb;
    }
    let precision = first.precision();
    layout.bits_stored = precision.clamp(1, 32);
    layout.bits_allocated = allocated(precision);
    layout.signed |= first.is_signed();
    let planes: Vec<&[i32]> = shown.iter().map(jpeg2k::ImageComponent::data).collect();
    Ok(Frame {
        samples: samples(&planes, precision, layout.signed),
        original: (claims.width, claims.height),
        layout,
    })
}

/// Planes of 32-bit values as pixels. What the header calls signed and the codestream does not, is extended later, from
/// the precision of the codestream.
fn samples(planes: &[&[i32]], precision: u32, signed: bool) -> Samples {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lower bits are the sample, in two's complement"
    )]
    let word = |value: i32| value.cast_unsigned() as u16;
    match *planes {
        [plane] if precision <= 16 => narrow(plane.iter().map(|&value| word(value)), precision),
        _ if precision <= 16 => {
            let pixels = 0..planes.first().map_or(0, |plane| plane.len());
            let words: Vec<u16> = pixels
                .flat_map(|at| planes.iter().map(move |plane| word(plane[at])))
                .collect();
            narrow(words.into_iter(), precision)
        }
        _ => {
            let pixels = 0..planes.first().map_or(0, |plane| plane.len());
            let number = |value: i32| {
                if signed {
                    f64::from(value)
                } else {
                    f64::from(value.cast_unsigned())
                }
            };
            Samples::Wide(
                pixels
                    .flat_map(|at| planes.iter().map(move |plane| number(plane[at])))
                    .collect(),
            )
        }
    }
}
