//! JPEG 2000 frames (ITU-T T.800) and high-throughput ones (T.814), through `OpenJPEG`.

use jpeg2k::{DecodeParameters, Image};

use super::{Frame, allocated, narrow};
use crate::dicom::layout::{Layout, Photometric};
use crate::dicom::samples::Samples;
use crate::{Code, Limits, Reason};

pub(crate) fn decode(
    bytes: &[u8],
    mut layout: Layout,
    wanted: u32,
    limits: &Limits,
) -> Result<Frame, Reason> {
    let size = Size::read(bytes).ok_or(Code::Damaged)?;
    let too_large = size.pixels() > limits.max_pixels
        || size.pixels() * u64::from(size.components) * 4 > limits.max_decoded_bytes;
    if too_large {
        return Err(Code::TooLarge.into());
    }
    let parameters = DecodeParameters::new().reduce(size.reduction(wanted));
    let image = Image::from_bytes_with(bytes, parameters).map_err(|_| fault(bytes))?;
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
        original: (size.width, size.height),
        layout,
    })
}

/// Why a codestream does not decode: one that was cut off lacks its end (EOC marker, T.800 A.4.4).
fn fault(bytes: &[u8]) -> Code {
    let end = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    if end.ends_with(&[0xFF, 0xD9]) {
        Code::Damaged
    } else {
        Code::Truncated
    }
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

/// The picture size a codestream claims, read before the decoder allocates for it (SIZ marker, T.800 A.5.1).
struct Size {
    width: u32,
    height: u32,
    components: u16,
    /// Resolution levels that can be left out (COD marker, T.800 A.6.1).
    levels: u8,
}

impl Size {
    fn read(bytes: &[u8]) -> Option<Self> {
        // The codestream, also inside a JP2 container: SOC followed by SIZ.
        let start = bytes
            .windows(4)
            .position(|window| window == [0xFF, 0x4F, 0xFF, 0x51])?;
        let siz = bytes.get(start + 4..)?;
        let word = |at: usize| Some(u32::from_be_bytes(*siz.get(at..)?.first_chunk()?));
        let (width, height) = (
            word(4)?.checked_sub(word(12)?)?,
            word(8)?.checked_sub(word(16)?)?,
        );
        let components = u16::from_be_bytes(*siz.get(36..)?.first_chunk()?);
        Some(Self {
            width,
            height,
            components,
            levels: levels(siz).unwrap_or_default(),
        })
    }

    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// How often the sides can be halved before the long one falls below `wanted`.
    fn reduction(&self, wanted: u32) -> u32 {
        let long = self.width.max(self.height);
        (0..=u32::from(self.levels))
            .rev()
            .find(|&level| long.checked_shr(level).unwrap_or(0) >= wanted)
            .unwrap_or(0)
    }
}

/// Walks the marker segments after SIZ to COD.
fn levels(siz: &[u8]) -> Option<u8> {
    let length = |at: &[u8]| Some(usize::from(u16::from_be_bytes(*at.first_chunk()?)));
    let mut rest = siz.get(length(siz)?..)?;
    loop {
        let (marker, segment) = rest.split_first_chunk()?;
        match marker {
            [0xFF, 0x52] => return segment.get(7).copied().filter(|levels| *levels <= 32),
            [0xFF, 0x93 | 0x90] => return None,
            _ => rest = segment.get(length(segment)?..)?,
        }
    }
}
