//! Reads DICOM files (PS3.10): header facts and the picture of one frame.

mod aspect;
mod codec;
mod element;
mod encapsulated;
mod encoding;
mod frame;
mod frame_index;
mod gray;
mod header;
mod json;
mod kind;
mod landmarks;
mod layout;
mod overlay;
mod palette;
mod parse;
mod render;
mod samples;
mod segments;
mod sink;
mod stored;
mod stream;
mod tag;
mod transfer_syntax;
mod view;
mod viewport;
mod walk;
mod window;

use std::io::{Read, Seek};

use codec::Frame;
use frame::Found;
use landmarks::PixelElement;
use layout::Layout;
use parse::Parsed;
use transfer_syntax::Compression;

use crate::orientation::Orientation;
use crate::picture::Decoded;
use crate::raster::Raster;
use crate::{Code, DicomHeader, Instance, Limits, Reason};

pub use crate::charset::Charset;
pub use encoding::{has_preamble, looks_like_data_set};
pub use frame_index::{Fragments, FrameIndex, FramePart, Head, Native};
pub use json::{Bulk, How};
pub use samples::Kind;
pub use stored::{Colours, StoredFrame};
pub use view::{Function, PictureFile, View, Which, Window};
pub use viewport::{Region, Viewport};

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
    Ok(open(reader, Which::Middle, limits)?.header)
}

/// Renders one frame as a viewer would show it.
///
/// # Errors
/// Why there is no picture: the object has none or is broken, or what is asked for is not there.
pub fn render_frame(
    reader: impl Read + Seek,
    view: &View,
    limits: &Limits,
) -> Result<Raster, Reason> {
    let shown = open(reader, view.frame, limits)?.picture(view, limits)?;
    Ok(shown.decoded.fitted(view.longest_side()))
}

/// Decodes one frame at full size, to its samples as they are stored.
///
/// # Errors
/// Why there are none: the object has no pixels or is broken, or what is asked for is not there.
pub fn decode_frame(
    reader: impl Read + Seek,
    which: Which,
    limits: &Limits,
) -> Result<StoredFrame, Reason> {
    let mut opened = open(reader, which, limits)?;
    let (pixels, layout) = opened.pixels(limits)?;
    let found = opened.frame(pixels, layout, which, u32::MAX, limits)?;
    Ok(StoredFrame {
        warning: found.warning.map(Reason::of),
        ..StoredFrame::new(found.frame, &layout)?
    })
}

/// Reads the header, ready for the frame `which`.
pub(crate) fn open<R: Read + Seek>(
    reader: R,
    which: Which,
    limits: &Limits,
) -> Result<Opened<R>, Reason> {
    let parsed = parse::parse(reader, which, limits)?;
    let (header, guessed) = DicomHeader::new(&parsed.meta, &parsed.data_set, limits.charset);
    let warning = guessed.then(|| Reason::of(Code::CharsetGuessed));
    Ok(Opened {
        header,
        warnings: warning.into_iter().collect(),
        parsed,
    })
}

impl<R: Read + Seek> Opened<R> {
    /// Everything that the file says of itself, read anew from `reader`.
    pub(crate) fn instance(
        &self,
        reader: impl Read + Seek,
        limits: &Limits,
    ) -> Result<Instance, Reason> {
        json::instance(reader, &self.parsed, limits)
    }

    /// The frame of `view`, which is the one the file was opened for. Where its codec can, it is decoded at a reduced size
    /// that still has the pixels asked for.
    pub(crate) fn picture(mut self, view: &View, limits: &Limits) -> Result<Shown, Reason> {
        let (pixels, layout) = self.pixels(limits)?;
        let found = self.frame(pixels, layout, view.frame, view.enough(), limits)?;
        self.parsed.groups_of_frame(found.index, limits);
        let data_set = &self.parsed.data_set;
        let frame = found.frame;
        let render::Rendered {
            mut raster,
            profile,
        } = render::render(data_set, &frame.layout, frame.samples, view.window)?;
        let source = (pixels, layout);
        overlay::onto_blank(&mut self.parsed, &mut raster, found.index, source, limits);
        if let Some(viewport) = &view.viewport {
            raster = viewport.filled(raster, aspect::of(&self.parsed.data_set))?;
        } else if let Some(side) = view.side {
            let ratio = aspect::of(&self.parsed.data_set);
            raster = aspect::squared(raster, ratio, side.get());
        }
        Ok(Shown {
            decoded: Decoded {
                raster,
                original: frame.original,
                orientation: Orientation::Upright,
                profile,
            },
            warning: found.warning.map(Reason::of),
        })
    }

    /// Where the pixels are and how they are laid out, if they are ones we decode.
    fn pixels(&self, limits: &Limits) -> Result<(PixelElement, Layout), Reason> {
        let Some(pixels) = self.parsed.found.pixels else {
            return Err(self.without_pixels());
        };
        if self.parsed.syntax.compression == Compression::Video {
            return Err(Code::Video.into());
        }
        let layout = Layout::new(&self.parsed.data_set, frame::float_bits(pixels), limits)?;
        Ok((pixels, layout))
    }

    /// The samples of one frame. The length and the first bytes decide how they are stored, not the
    /// transfer syntax: converters write native pixels under a compressed syntax, and the other way round.
    fn frame(
        &mut self,
        pixels: PixelElement,
        layout: Layout,
        which: Which,
        wanted: u32,
        limits: &Limits,
    ) -> Result<Found<Frame>, Reason> {
        let declared = self.parsed.syntax.compression;
        let (found, otherwise) = match pixels.length {
            Some(claimed) if is_native(declared, claimed, &layout) => {
                return frame::native(&mut self.parsed, pixels, claimed, layout, which);
            }
            Some(claimed) => {
                let bytes = frame::whole_value(&mut self.parsed, pixels, claimed, limits)?;
                if declared == Compression::None
                    && codec::recognised(declared, &bytes, &layout).is_none()
                {
                    return frame::native(&mut self.parsed, pixels, claimed, layout, which);
                }
                (
                    Found {
                        frame: bytes,
                        index: which.of_present(1, layout.frames)?,
                        warning: None,
                    },
                    None,
                )
            }
            None => (
                encapsulated::frame(&mut self.parsed, pixels, &layout, which, limits)?,
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
