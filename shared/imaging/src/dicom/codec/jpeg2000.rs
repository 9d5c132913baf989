//! JPEG 2000 frames.

use std::borrow::Cow;

use jpeg2k::ImageComponent;

use super::colour::Colours;
use super::{Frame, narrow, take_components, take_depth};
use crate::dicom::layout::Layout;
use crate::dicom::samples::{Samples, Wide};
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
    let shown = match components.len() {
        0 => return Err(Code::Damaged.into()),
        1 | 2 => &components[..1],
        // A gray picture with more components, such as a mask, is still gray.
        _ if layout.photometric.is_gray() && !claims.has_colour_transformation => &components[..1],
        _ => &components[..3],
    };
    let first = &shown[0];
    let is_subsampled = shown
        .iter()
        .any(|c| (c.width(), c.height()) != (first.width(), first.height()));
    let colours = if claims.has_colour_transformation {
        Colours::Undone
    } else if is_subsampled || is_sycc(bytes) {
        Colours::Ybr
    } else {
        Colours::Jpeg2000Silent
    };
    take_components(&mut layout, if shown.len() == 1 { 1 } else { 3 }, colours)?;
    layout.rows = first.height();
    layout.columns = first.width();
    let precision = first.precision();
    let unused = take_depth(&mut layout, precision.clamp(1, 32));
    layout.signed |= first.is_signed();
    let spread: Vec<Cow<'_, [i32]>> = shown
        .iter()
        .map(|component| spread(component, first.width(), first.height()))
        .collect();
    let planes: Vec<&[i32]> = spread.iter().map(AsRef::as_ref).collect();
    Ok(Frame {
        samples: samples(&planes, precision, layout.signed).without_low_bits(unused),
        original: (claims.width, claims.height),
        layout,
    })
}

/// The values of a component, each repeated where it has fewer columns or rows than the first.
fn spread(component: &ImageComponent, width: u32, height: u32) -> Cow<'_, [i32]> {
    let (own_width, own_height) = (component.width() as usize, component.height() as usize);
    if (own_width, own_height) == (width as usize, height as usize) {
        return Cow::Borrowed(component.data());
    }
    let (width, height) = (width as usize, height as usize);
    let data = component.data();
    let rows = (0..height).map(|y| y * own_height / height * own_width);
    let values = rows.flat_map(|row| {
        (0..width).map(move |x| data.get(row + x * own_width / width).copied().unwrap_or(0))
    });
    Cow::Owned(values.collect())
}

/// Whether a container around the codestream calls the components sYCC: the box `colr` with the enumerated colour space
/// 18 (T.800 I.5.3.3).
fn is_sycc(bytes: &[u8]) -> bool {
    let codestream = bytes
        .windows(4)
        .position(|window| window == [0xFF, 0x4F, 0xFF, 0x51]);
    let boxes = &bytes[..codestream.unwrap_or_default()];
    let colr = boxes.windows(4).position(|window| window == b"colr");
    colr.and_then(|at| boxes.get(at + 4..)?.first_chunk::<7>())
        .is_some_and(|&[method, .., a, b, c, d]| method == 1 && [a, b, c, d] == [0, 0, 0, 18])
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
            let values = pixels.flat_map(|at| planes.iter().map(move |plane| plane[at]));
            Samples::Wide(Wide::integers(values, precision.min(32), signed))
        }
    }
}
