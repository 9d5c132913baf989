//! Reads DICOM files (PS3.10): header facts and the picture of one frame.

mod aspect;
mod charset;
mod codec;
mod element;
mod encapsulated;
mod encoding;
mod frame;
mod gray;
mod guess;
pub mod header;
mod kind;
mod landmarks;
mod layout;
mod overlay;
mod palette;
mod parse;
mod render;
mod samples;
mod segments;
mod stream;
mod tag;
mod transfer_syntax;
mod walk;
mod window;

use std::io::{Read, Seek};

use codec::Frame;
use frame::Found;
use header::DicomHeader;
use layout::Layout;
use parse::{Parsed, PixelElement};
use transfer_syntax::Compression;

use crate::orientation::Orientation;
use crate::picture::Decoded;
use crate::raster::Raster;
use crate::{Code, Limits, Reason};

pub use charset::Charset;
pub use encoding::{has_preamble, looks_like_data_set};

/// A DICOM file whose header was read and whose pixels were not touched yet.
pub(crate) struct Opened<R> {
    pub(crate) header: DicomHeader,
    /// What is to be said of the header.
    pub(crate) warnings: Vec<Reason>,
    parsed: Parsed<R>,
}

/// The picture of a DICOM file.
pub(crate) struct Shown {
    pub(crate) decoded: Decoded,
    /// What is to be said of the pixels.
    pub(crate) warning: Option<Reason>,
}

/// Reads the header only: a few kilobytes of the file, whatever its size.
///
/// # Errors
/// Why not even the first elements could be read. A file that ends or breaks later gives the facts before that.
pub fn read_header(reader: impl Read + Seek, limits: &Limits) -> Result<DicomHeader, Reason> {
    Ok(open(reader, limits)?.header)
}

/// Renders the representative frame at full size, as a viewer would show it, with a pixel for each of its own.
///
/// # Errors
/// Why there is no picture, whether the object has none or is broken.
pub fn render_frame(reader: impl Read + Seek, limits: &Limits) -> Result<Raster, Reason> {
    Ok(open(reader, limits)?.render(u32::MAX, limits)?.raster)
}

/// Reads the header, ready for [`Opened::picture`].
pub(crate) fn open<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Opened<R>, Reason> {
    let parsed = parse::parse(reader, limits)?;
    let (header, guessed) = DicomHeader::new(&parsed.meta, &parsed.data_set, limits.charset);
    let warning = guessed.then(|| Reason::of(Code::CharsetGuessed));
    Ok(Opened {
        header,
        warnings: warning.into_iter().collect(),
        parsed,
    })
}

/// One frame, rendered.
struct Rendered {
    raster: Raster,
    original: (u32, u32),
    warning: Option<Code>,
}

impl<R: Read + Seek> Opened<R> {
    /// The representative frame as a viewer would show it. Where its codec can, it is decoded at a reduced size whose
    /// long side still has `wanted` pixels.
    pub(crate) fn picture(mut self, wanted: u32, limits: &Limits) -> Result<Shown, Reason> {
        let rendered = self.render(wanted, limits)?;
        Ok(Shown {
            decoded: Decoded {
                raster: aspect::squared(rendered.raster, aspect::of(&self.parsed.data_set)),
                original: rendered.original,
                orientation: Orientation::Upright,
                profile: None,
            },
            warning: rendered.warning.map(Reason::of),
        })
    }

    fn render(&mut self, wanted: u32, limits: &Limits) -> Result<Rendered, Reason> {
        let Some(pixels) = self.parsed.found.pixels else {
            return Err(self.without_pixels());
        };
        let compression = self.parsed.syntax.compression;
        if compression == Compression::Video {
            return Err(Code::Video.into());
        }
        let layout = Layout::new(&self.parsed.data_set, frame::float_bits(pixels), limits)?;
        let found = self.frame(pixels, layout, wanted, limits)?;
        self.parsed.groups_of_frame(found.index, limits);
        let mut raster = render::render(
            &self.parsed.data_set,
            &found.frame.layout,
            found.frame.samples,
        )?;
        let source = (pixels, layout);
        overlay::onto_blank(&mut self.parsed, &mut raster, found.index, source, limits);
        Ok(Rendered {
            raster,
            original: found.frame.original,
            warning: found.warning,
        })
    }

    /// The samples of the representative frame. The length and the first bytes decide how they are stored, not the
    /// transfer syntax: converters write native pixels under a compressed syntax, and the other way round.
    fn frame(
        &mut self,
        pixels: PixelElement,
        layout: Layout,
        wanted: u32,
        limits: &Limits,
    ) -> Result<Found<Frame>, Reason> {
        let declared = self.parsed.syntax.compression;
        let (found, otherwise) = match pixels.length {
            Some(claimed) if is_native(declared, claimed, &layout) => {
                return frame::native(&mut self.parsed, pixels, claimed, layout);
            }
            Some(claimed) => {
                let bytes = frame::whole_value(&mut self.parsed, pixels, claimed, limits)?;
                if declared == Compression::None
                    && codec::recognised(declared, &bytes, &layout).is_none()
                {
                    return frame::native(&mut self.parsed, pixels, claimed, layout);
                }
                (
                    Found {
                        frame: bytes,
                        index: 0,
                        warning: None,
                    },
                    None,
                )
            }
            None => (
                encapsulated::frame(&mut self.parsed, pixels, &layout, limits)?,
                Some(declared),
            ),
        };
        let compression = codec::recognised(declared, &found.frame, &layout)
            .or(otherwise)
            .ok_or(Code::Damaged)?;
        Ok(Found {
            frame: codec::decode(compression, found.frame, layout, wanted, limits)?,
            index: found.index,
            warning: found.warning,
        })
    }

    fn without_pixels(&self) -> Reason {
        match self.parsed.stop {
            Some(stop) => stop.into(),
            None => kind::without_pixels(self.header.sop_class_uid.as_deref()).into(),
        }
    }
}

/// Whether a value of `claimed` bytes can hold native samples. Under a private syntax it has to fit exactly.
fn is_native(declared: Compression, claimed: u64, layout: &Layout) -> bool {
    let layout = layout.sampled_for(claimed);
    let bytes = |frames: u32| (layout.bits().saturating_mul(frames.into())).div_ceil(8);
    if declared == Compression::Unknown {
        let all = bytes(layout.frames);
        return (all..=all.saturating_add(1)).contains(&claimed);
    }
    claimed >= bytes(1)
}
