//! How the pixels of an image are laid out (image pixel module, PS3.3 C.7.6.3).

use super::element::DataSet;
use super::tag;
use crate::{Code, Limits, Reason};

/// What the samples of a pixel mean (Photometric Interpretation, PS3.3 C.7.6.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Photometric {
    /// Low values are white.
    Monochrome1,
    /// Low values are black. Also what one sample without a stated meaning is taken for.
    Monochrome2,
    /// An index into a colour table.
    Palette,
    /// Red, green, blue.
    Rgb,
    /// Luminance and two colour differences, full range, one each per pixel.
    YbrFull,
    /// The same, with colour differences for every other pixel.
    YbrFull422,
    /// Colour differences as JPEG 2000 and JPEG XL make them; their decoders undo them.
    Jpeg2000Ybr,
}

impl Photometric {
    fn from_term(term: Option<&str>, samples: u32) -> Option<Self> {
        match term
            .map(|term| term.to_ascii_uppercase().replace(' ', "_"))
            .as_deref()
        {
            Some("MONOCHROME1") => Some(Self::Monochrome1),
            Some("MONOCHROME2") => Some(Self::Monochrome2),
            Some("PALETTE_COLOR") => Some(Self::Palette),
            Some("RGB") => Some(Self::Rgb),
            Some("YBR_FULL") => Some(Self::YbrFull),
            Some("YBR_FULL_422" | "YBR_PARTIAL_422" | "YBR_PARTIAL_420") => Some(Self::YbrFull422),
            Some("YBR_ICT" | "YBR_RCT" | "XYB") => Some(Self::Jpeg2000Ybr),
            _ if samples == 1 => Some(Self::Monochrome2),
            None if samples == 3 => Some(Self::Rgb),
            _ => None,
        }
    }
}

/// The image pixel module, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) rows: u32,
    pub(crate) columns: u32,
    /// 1 or 3.
    pub(crate) samples: u32,
    pub(crate) photometric: Photometric,
    /// Samples of one kind together (`RRR…GGG…BBB…`) instead of pixel by pixel.
    pub(crate) planar: bool,
    /// 1, 8, 16, 32 or 64.
    pub(crate) bits_allocated: u32,
    /// 1 ..= `bits_allocated`.
    pub(crate) bits_stored: u32,
    pub(crate) signed: bool,
    /// At least 1.
    pub(crate) frames: u32,
}

impl Layout {
    /// Reads and checks the module. `bits_allocated` of float pixels is implied by the element and passed in.
    pub(crate) fn new(
        data_set: &DataSet,
        float_bits: Option<u32>,
        limits: &Limits,
    ) -> Result<Self, Reason> {
        let missing = || {
            Reason::new(
                Code::Damaged,
                "The DICOM header does not say how large the picture is.",
            )
        };
        let rows = data_set
            .unsigned(tag::ROWS)
            .filter(|&rows| rows > 0)
            .ok_or_else(missing)?;
        let columns = data_set
            .unsigned(tag::COLUMNS)
            .filter(|&columns| columns > 0)
            .ok_or_else(missing)?;
        let samples = data_set
            .unsigned(tag::SAMPLES_PER_PIXEL)
            .unwrap_or(1)
            .max(1);
        let term = data_set.ascii(tag::PHOTOMETRIC_INTERPRETATION);
        let unsupported = || Reason::of(Code::UnsupportedPixels);
        let photometric =
            Photometric::from_term(term.as_deref(), samples).ok_or_else(unsupported)?;
        let bits_allocated = match float_bits {
            Some(bits) => bits,
            None => data_set.unsigned(tag::BITS_ALLOCATED).unwrap_or(8),
        };
        let gray = matches!(
            photometric,
            Photometric::Monochrome1 | Photometric::Monochrome2 | Photometric::Palette
        );
        if !matches!(bits_allocated, 1 | 8 | 16 | 32 | 64) || samples != if gray { 1 } else { 3 } {
            return Err(unsupported());
        }
        let bits_stored = data_set
            .unsigned(tag::BITS_STORED)
            .filter(|bits| (1..=bits_allocated).contains(bits))
            .unwrap_or(bits_allocated);
        let layout = Self {
            rows,
            columns,
            samples,
            photometric,
            planar: samples == 3 && data_set.unsigned(tag::PLANAR_CONFIGURATION) == Some(1),
            bits_allocated,
            bits_stored,
            signed: data_set.unsigned(tag::PIXEL_REPRESENTATION) == Some(1),
            frames: data_set.unsigned(tag::NUMBER_OF_FRAMES).unwrap_or(1).max(1),
        };
        let too_large = layout.pixels() > limits.max_pixels
            || layout.bits().div_ceil(8) > limits.max_decoded_bytes;
        if too_large {
            Err(Code::TooLarge.into())
        } else {
            Ok(layout)
        }
    }

    /// Pixels of one frame.
    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Bits of one native frame. Single bits are packed without padding between frames (PS3.5 8.1.1); 4:2:2 stores two
    /// samples for a pixel on average (PS3.3 C.7.6.3.1.2).
    pub(crate) fn bits(&self) -> u64 {
        let samples = if self.photometric == Photometric::YbrFull422 {
            2
        } else {
            self.samples
        };
        self.pixels() * u64::from(samples) * u64::from(self.bits_allocated)
    }
}
