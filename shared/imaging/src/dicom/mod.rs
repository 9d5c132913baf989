//! Reads DICOM files (PS3.10): header facts and the picture of one frame.

mod charset;
mod codec;
mod element;
mod encapsulated;
mod encoding;
mod frame;
mod gray;
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
use layout::Layout;
use parse::Parsed;
use transfer_syntax::Compression;

use crate::orientation::Orientation;
use crate::picture::Decoded;
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

/// Renders the representative frame at full size, as a viewer would show it.
///
/// # Errors
/// Why there is no picture, whether the object has none or is broken.
pub fn render_frame(reader: impl Read + Seek, limits: &Limits) -> Result<Raster, Reason> {
    Ok(open(reader, limits)?.picture(u32::MAX, limits)?.raster)
}

/// Reads the header, ready for [`Opened::picture`].
pub(crate) fn open<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Opened<R>, Reason> {
    let parsed = parse::parse(reader, limits)?;
    Ok(Opened {
        header: DicomHeader::new(&parsed.meta, &parsed.data_set),
        parsed,
    })
}

impl<R: Read + Seek> Opened<R> {
    /// The representative frame as a viewer would show it. Where its codec can, it is decoded at a reduced size whose
    /// long side still has `wanted` pixels.
    pub(crate) fn picture(mut self, wanted: u32, limits: &Limits) -> Result<Decoded, Reason> {
        let Some(pixels) = self.parsed.pixels else {
            return Err(self.without_pixels());
        };
        let compression = self.parsed.syntax.compression;
        match compression {
            Compression::Video => return Err(Code::Video.into()),
            Compression::Unknown => {
                return Err(Code::UnsupportedCompression.into());
            }
            _ => {}
        }
        let layout = Layout::new(&self.parsed.data_set, frame::float_bits(pixels), limits)?;
        let index = frame::middle(Some(layout.frames));
        let frame = match (pixels.length, compression) {
            (Some(_), Compression::None) => frame::native(&mut self.parsed, pixels, layout, index)?,
            (Some(_), _) => return Err(Code::Damaged.into()),
            (None, _) => {
                let bytes = encapsulated::frame(&mut self.parsed, pixels, &layout, index, limits)?;
                codec::decode(compression, bytes, layout, wanted, limits)?
            }
        };
        let raster = render::render(&self.parsed.data_set, &frame.layout, frame.samples)?;
        Ok(Decoded {
            raster,
            original: frame.original,
            orientation: Orientation::Upright,
            profile: None,
        })
    }

    fn without_pixels(&self) -> Reason {
        match self.parsed.stop {
            Some(stop) => stop.into(),
            None => kind::without_pixels(self.header.sop_class_uid.as_deref()).into(),
        }
    }
}
