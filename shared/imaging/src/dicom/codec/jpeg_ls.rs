//! JPEG-LS frames (ITU-T T.87).

use super::{Frame, allocated, narrow};
use crate::dicom::layout::{Layout, Photometric};
use crate::jpeg_ls;
use crate::{Code, Limits, Reason};

pub(crate) fn decode(bytes: &[u8], mut layout: Layout, limits: &Limits) -> Result<Frame, Reason> {
    let image = jpeg_ls::decode(bytes, limits)?;
    if image.components != layout.samples as usize {
        return Err(Code::Damaged.into());
    }
    layout.rows = image.height;
    layout.columns = image.width;
    layout.planar = false;
    if layout.photometric == Photometric::YbrFull422 {
        layout.photometric = Photometric::YbrFull;
    }
    layout.bits_allocated = allocated(image.precision);
    layout.bits_stored = image.precision;
    Ok(Frame::new(
        layout,
        narrow(image.samples.into_iter(), image.precision),
    ))
}
