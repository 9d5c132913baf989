//! JPEG XL frames (ISO/IEC 18181), recompressed JPEG among them.

use std::io;

use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, JxlImage, Render};

use super::colour::Colours;
use super::{Frame, narrow, take_components, take_depth};
use crate::dicom::layout::Layout;
use crate::{Code, Limits, Reason};

pub(crate) fn decode(bytes: &[u8], mut layout: Layout, limits: &Limits) -> Result<Frame, Reason> {
    let memory = usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX);
    let image = JxlImage::builder()
        .alloc_tracker(AllocTracker::with_limit(memory))
        .read(bytes)
        .map_err(|error| match error.downcast_ref::<io::Error>() {
            Some(error) if error.kind() == io::ErrorKind::UnexpectedEof => Code::Truncated,
            _ => Code::Damaged,
        })?;
    let metadata = &image.image_header().metadata;
    let BitDepth::IntegerSample { bits_per_sample } = metadata.bit_depth else {
        return Err(Code::UnsupportedPixels.into());
    };
    if !(1..=16).contains(&bits_per_sample) {
        return Err(Code::UnsupportedPixels.into());
    }
    layout.rows = image.height();
    layout.columns = image.width();
    // The decoder computes with 32-bit floats.
    if layout.pixels() > limits.max_pixels
        || layout.pixels() * u64::from(layout.samples) * 4 > limits.max_decoded_bytes
    {
        return Err(Code::TooLarge.into());
    }
    if !image.is_loading_done() {
        return Err(Code::Truncated.into());
    }
    // The decoder undoes the colour transformations of the codestream.
    let transformed =
        metadata.xyb_encoded || image.frame_header(0).is_some_and(|frame| frame.do_ycbcr);
    let colours = if transformed {
        Colours::Undone
    } else {
        Colours::Silent
    };
    let components = if metadata.grayscale() { 1 } else { 3 };
    take_components(&mut layout, components, colours)?;
    let unused = take_depth(&mut layout, bits_per_sample);
    let render = image.render_frame(0).map_err(|_| Code::Damaged)?;
    let words = words(&render, &layout, bits_per_sample)?;
    Ok(Frame::new(
        layout,
        narrow(words.into_iter(), bits_per_sample).without_low_bits(unused),
    ))
}

/// Samples pixel by pixel, as the integers that the decoder's levels from 0 to 1 stand for.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 65,535; `as` saturates"
)]
fn words(render: &Render, layout: &Layout, precision: u32) -> Result<Vec<u16>, Reason> {
    let mut stream = render.stream_no_alpha();
    if (stream.width(), stream.height(), stream.channels())
        != (layout.columns, layout.rows, layout.samples)
    {
        return Err(Code::Damaged.into());
    }
    let full = f32::from(u16::MAX >> (16 - precision));
    let mut row = vec![0f32; layout.columns as usize * layout.samples as usize];
    let mut words = Vec::with_capacity(row.len() * layout.rows as usize);
    for _ in 0..layout.rows {
        stream.write_to_buffer(&mut row);
        words.extend(row.iter().map(|level| (level * full + 0.5) as u16));
    }
    Ok(words)
}
