//! JPEG frames: baseline, extended with 8 or 12 bits, progressive and lossless (ITU-T T.81).

use super::colour::Colours;
use super::{Frame, narrow, take_components, take_depth};
use crate::dicom::layout::Layout;
use crate::dicom::samples::Samples;
use crate::dicom::transfer_syntax::Compression;
use crate::jpeg::{Deep, eight_bit_components, lossless_words, twelve_bit_words};
use crate::{Code, Limits, Reason};

pub(crate) fn decode(bytes: &[u8], mut layout: Layout, limits: &Limits) -> Result<Frame, Reason> {
    let markers = Markers::read(bytes).ok_or(Code::Damaged)?;
    layout.rows = markers.rows;
    layout.columns = markers.columns;
    if layout.pixels() > limits.max_pixels || layout.pixels() == 0 {
        return Err(Code::TooLarge.into());
    }
    take_components(&mut layout, markers.components, markers.colours)?;
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
    let stored = layout.bits_stored.min(precision);
    let unused = take_depth(layout, precision);
    // Signs are extended from the bit the header calls the highest.
    layout.bits_stored = stored;
    Ok(narrow(image.words.into_iter(), precision).without_low_bits(unused))
}

/// Whether a codestream that begins with SOI is JPEG or JPEG-LS, which its start of frame says (T.87 C.1.1).
pub(super) fn compression(bytes: &[u8]) -> Compression {
    let mut segments = Segments(&bytes[2..]);
    if segments.any(|(marker, _)| marker == 0xF7) {
        Compression::JpegLs
    } else {
        Compression::Jpeg
    }
}

/// The marker segments before the first scan: the marker, and the content without its length.
struct Segments<'a>(&'a [u8]);

impl<'a> Iterator for Segments<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        // Bytes of fill before a marker.
        while self.0.starts_with(&[0xFF, 0xFF]) {
            self.0 = &self.0[1..];
        }
        let (&[lead, marker, high, low], _) = self.0.split_first_chunk()?;
        // Start of scan.
        if lead != 0xFF || marker == 0xDA {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = self.0.get(4..2 + length)?;
        self.0 = &self.0[2 + length..];
        Some((marker, segment))
    }
}

/// What the marker segments before the first scan say.
struct Markers {
    rows: u32,
    columns: u32,
    precision: u8,
    components: u8,
    lossless: bool,
    colours: Colours,
}

impl Markers {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (mut jfif, mut adobe) = (false, None);
        for (marker, segment) in Segments(bytes.strip_prefix(&[0xFF, 0xD8])?) {
            match marker {
                0xE0 if segment.starts_with(b"JFIF\0") => jfif = true,
                0xEE if segment.starts_with(b"Adobe") => adobe = segment.get(11).copied(),
                // Start of frame: all of C0 to CF but the tables DHT, JPG and DAC.
                0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                    return Self::from_frame(marker, segment, jfif, adobe);
                }
                _ => {}
            }
        }
        None
    }

    fn from_frame(marker: u8, segment: &[u8], jfif: bool, adobe: Option<u8>) -> Option<Self> {
        let (&[precision, r1, r0, c1, c0, components], of_each) = segment.split_first_chunk()?;
        let of_each = of_each.as_chunks::<3>().0;
        let names: Vec<u8> = of_each.iter().map(|&[name, ..]| name).collect();
        let is_subsampled = of_each.iter().any(|each| each[1] != of_each[0][1]);
        let lossless = matches!(marker, 0xC3 | 0xC7 | 0xCB | 0xCF);
        let colours = match adobe {
            _ if is_subsampled && !lossless => Colours::Ybr,
            _ if matches!(names.as_slice(), b"RGB" | b"rgb") => Colours::Rgb,
            _ if lossless => Colours::Silent,
            _ if jfif => Colours::Ybr,
            Some(0) => Colours::Rgb,
            Some(_) => Colours::Ybr,
            None => Colours::RatherYbr,
        };
        Some(Self {
            rows: u16::from_be_bytes([r1, r0]).into(),
            columns: u16::from_be_bytes([c1, c0]).into(),
            precision,
            components,
            lossless,
            colours,
        })
    }
}
