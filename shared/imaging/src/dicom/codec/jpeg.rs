//! JPEG frames: baseline, extended with 8 or 12 bits, progressive and lossless (ITU-T T.81).

use super::{Frame, allocated, narrow};
use crate::dicom::layout::{Layout, Photometric};
use crate::dicom::samples::Samples;
use crate::jpeg::{Deep, eight_bit_components, lossless_words, twelve_bit_words};
use crate::{Code, Limits, Reason};

pub(crate) fn decode(bytes: &[u8], mut layout: Layout, limits: &Limits) -> Result<Frame, Reason> {
    let markers = Markers::read(bytes).ok_or(Code::Damaged)?;
    layout.rows = markers.rows;
    layout.columns = markers.columns;
    if layout.pixels() > limits.max_pixels || layout.pixels() == 0 {
        return Err(Code::TooLarge.into());
    }
    if u32::from(markers.components) != layout.samples {
        return Err(Code::Damaged.into());
    }
    if layout.samples == 3 {
        layout.photometric = markers.photometric.unwrap_or(layout.photometric);
        // Decoding gives every pixel its own colour differences.
        if layout.photometric == Photometric::YbrFull422 {
            layout.photometric = Photometric::YbrFull;
        }
    }
    layout.planar = false;
    let samples = match (markers.lossless, markers.precision) {
        (true, _) => deep(lossless_words(bytes)?, &mut layout)?,
        (false, 12) => deep(twelve_bit_words(bytes)?, &mut layout)?,
        (false, _) => {
            layout.bits_allocated = 8;
            layout.bits_stored = layout.bits_stored.min(8);
            Samples::Bytes(eight_bit_components(bytes, limits)?)
        }
    };
    Ok(Frame::new(layout, samples))
}

fn deep(image: Deep, layout: &mut Layout) -> Result<Samples, Reason> {
    let expected =
        usize::try_from(layout.pixels() * u64::from(layout.samples)).map_err(|_| Code::TooLarge)?;
    if image.words.len() != expected {
        return Err(Code::Damaged.into());
    }
    let precision = u32::from(image.precision);
    layout.bits_allocated = allocated(precision);
    layout.bits_stored = layout.bits_stored.min(precision);
    Ok(narrow(image.words.into_iter(), precision))
}

/// What the marker segments before the first scan say.
struct Markers {
    rows: u32,
    columns: u32,
    precision: u8,
    components: u8,
    lossless: bool,
    /// What the three components are, when the codestream states it: by their names (`RGB`), a JFIF header (always
    /// YCbCr) or Adobe's marker. Otherwise the DICOM header decides.
    photometric: Option<Photometric>,
}

impl Markers {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
        let mut photometric = None;
        loop {
            let (&[lead, marker, high, low], _) = rest.split_first_chunk()?;
            if lead != 0xFF {
                return None;
            }
            // Bytes of fill before a marker.
            if marker == 0xFF {
                rest = &rest[1..];
                continue;
            }
            let segment = rest.get(4..2 + usize::from(u16::from_be_bytes([high, low])))?;
            match marker {
                0xE0 if segment.starts_with(b"JFIF\0") => photometric = Some(Photometric::YbrFull),
                0xEE if segment.starts_with(b"Adobe") && photometric.is_none() => {
                    photometric = segment.get(11).map(|&t| {
                        if t == 0 {
                            Photometric::Rgb
                        } else {
                            Photometric::YbrFull
                        }
                    });
                }
                // Start of frame: all of C0 to CF but the tables DHT, JPG and DAC.
                0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                    return Self::from_frame(marker, segment, photometric);
                }
                _ => {}
            }
            rest = rest.get(4 + segment.len()..)?;
        }
    }

    fn from_frame(marker: u8, segment: &[u8], photometric: Option<Photometric>) -> Option<Self> {
        let (&[precision, r1, r0, c1, c0, components], names) = segment.split_first_chunk()?;
        let names: Vec<u8> = names.iter().step_by(3).copied().collect();
        let is_rgb = matches!(names.as_slice(), b"RGB" | b"rgb");
        Some(Self {
            rows: u16::from_be_bytes([r1, r0]).into(),
            columns: u16::from_be_bytes([c1, c0]).into(),
            precision,
            components,
            lossless: matches!(marker, 0xC3 | 0xC7 | 0xCB | 0xCF),
            photometric: if is_rgb {
                Some(Photometric::Rgb)
            } else {
                photometric
            },
        })
    }
}
