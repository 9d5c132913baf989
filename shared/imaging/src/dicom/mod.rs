//! Reads DICOM files (PS3.10): header facts and the picture of one frame.

mod charset;
mod element;
mod encoding;
mod frame;
pub mod header;
mod kind;
mod layout;
mod palette;
mod parse;
mod render;
mod samples;
mod stream;
mod tag;
mod transfer_syntax;
mod walk;
mod window;

use std::io::{Read, Seek};

use header::DicomHeader;
use parse::Parsed;
use transfer_syntax::Compression;

use crate::raster::Raster;
use crate::{Code, Limits, Reason};

pub use encoding::{has_preamble, looks_like_data_set};

/// A DICOM file whose header was read and whose pixels were not touched yet.
pub(crate) struct Opened<R> {
    pub(crate) header: DicomHeader,
    parsed: Parsed<R>,
}

/// Reads the header only: a few kilobytes of the file, whatever its size.
///
/// # Errors
/// Why not even the first elements could be read. A file that ends or breaks later gives the facts before that.
pub fn read_header(reader: impl Read + Seek, limits: &Limits) -> Result<DicomHeader, Reason> {
    Ok(open(reader, limits)?.header)
}

/// Reads the header, ready for [`Opened::picture`].
pub(crate) fn open<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Opened<R>, Reason> {
    let parsed = parse::parse(reader, limits)?;
    Ok(Opened {
        header: DicomHeader::new(&parsed.meta, &parsed.data_set),
        parsed,
    })
}

/// Why an object gives no raster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The object is fine and has no picture we show.
    NoPicture(Reason),
    /// The object is broken or claims too much.
    Failed(Reason),
}

impl<T: Into<Reason>> From<T> for Refusal {
    fn from(reason: T) -> Self {
        Self::Failed(reason.into())
    }
}

impl<R: Read + Seek> Opened<R> {
    /// The representative frame as a viewer would show it.
    pub(crate) fn picture(mut self, limits: &Limits) -> Result<Raster, Refusal> {
        let Some(pixels) = self.parsed.pixels else {
            if let Some(stop) = self.parsed.stop {
                return Err(Refusal::Failed(stop.into()));
            }
            return Err(Refusal::NoPicture(
                kind::without_pixels(self.header.sop_class_uid.as_deref()).into(),
            ));
        };
        match self.parsed.syntax.compression {
            Compression::Video => return Err(Refusal::NoPicture(Code::Video.into())),
            Compression::Unknown => {
                return Err(Refusal::NoPicture(Code::UnsupportedCompression.into()));
            }
            _ => {}
        }
        let layout = layout::Layout::new(&self.parsed.data_set, frame::float_bits(pixels), limits)?;
        let index = frame::middle(Some(layout.frames));
        if self.parsed.syntax.compression != Compression::None || pixels.length.is_none() {
            return Err(Refusal::NoPicture(Code::UnsupportedCompression.into()));
        }
        let samples = frame::native(&mut self.parsed, pixels, &layout, index)?;
        Ok(render::render(&self.parsed.data_set, &layout, samples)?)
    }
}
