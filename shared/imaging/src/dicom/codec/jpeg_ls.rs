//! JPEG-LS frames (ITU-T T.87).

use super::colour::Colours;
use super::{Frame, narrow, take_components, take_depth};
use crate::dicom::layout::Layout;
use crate::jpeg_ls;
use crate::{Code, Limits, Reason};

pub(crate) fn decode(bytes: &[u8], mut layout: Layout, limits: &Limits) -> Result<Frame, Reason> {
    let image = jpeg_ls::decode(bytes, limits)?;
    let components = u8::try_from(image.components).map_err(|_| Code::Damaged)?;
    take_components(&mut layout, components, Colours::Silent)?;
    layout.rows = image.height;
    layout.columns = image.width;
    let unused = take_depth(&mut layout, image.precision);
    let samples = narrow(image.samples.into_iter(), image.precision).without_low_bits(unused);
    Ok(Frame::new(layout, samples))
}
