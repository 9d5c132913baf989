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
    /// Luminance and two colour differences, full range.
    YbrFull,
    /// The same in the range of video: luminance from 16 to 235, differences from 16 to 240.
    YbrPartial,
    /// What JPEG 2000 makes of colours irreversibly. Its decoder undoes it, unless the codestream is silent about it.
    YbrIct,
    /// What JPEG 2000 makes of colours reversibly; likewise.
    YbrRct,
    /// What JPEG XL makes of colours; its decoder undoes it.
    Xyb,
}

/// How many pixels share a pair of colour differences in a native frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sampling {
    /// Every pixel has its own.
    Every,
    /// Two beside each other: `Y₁Y₂CbCr` (PS3.3 C.7.6.3.1.2).
    Pairs,
    /// Two by two. PS3.3 C.7.6.3.1.2 knows it only inside films and gives no order; video writes all of Y, then all of Cb,
    /// then all of Cr.
    Blocks,
}

impl Sampling {
    fn from_term(term: Option<&str>) -> Self {
        match term {
            Some(term) if term.ends_with("_422") => Self::Pairs,
            Some(term) if term.ends_with("_420") => Self::Blocks,
            _ => Self::Every,
        }
    }
}

impl Photometric {
    fn from_term(term: Option<&str>, samples: u32) -> Option<Self> {
        match term {
            // Three samples are no gray level, whatever the header calls them.
            Some("MONOCHROME1" | "MONOCHROME2") if samples == 3 => Some(Self::Rgb),
            Some("MONOCHROME1") => Some(Self::Monochrome1),
            Some("MONOCHROME2") => Some(Self::Monochrome2),
            Some("PALETTE_COLOR") => Some(Self::Palette),
            Some("RGB") => Some(Self::Rgb),
            Some("YBR_FULL" | "YBR_FULL_422") => Some(Self::YbrFull),
            Some("YBR_PARTIAL_422" | "YBR_PARTIAL_420") => Some(Self::YbrPartial),
            Some("YBR_ICT") => Some(Self::YbrIct),
            Some("YBR_RCT") => Some(Self::YbrRct),
            Some("XYB") => Some(Self::Xyb),
            _ if samples == 1 => Some(Self::Monochrome2),
            None if samples == 3 => Some(Self::Rgb),
            _ => None,
        }
    }

    /// Whether it is one level a pixel.
    pub(crate) fn is_gray(self) -> bool {
        matches!(self, Self::Monochrome1 | Self::Monochrome2 | Self::Palette)
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
    /// Of native frames; decoders give every pixel its own colour differences.
    pub(crate) sampling: Sampling,
    /// Samples of one kind together (`RRR…GGG…BBB…`) instead of pixel by pixel.
    pub(crate) planar: bool,
    /// 1, 8, 16, 32 or 64.
    pub(crate) bits_allocated: u32,
    /// 1 ..= `bits_allocated`.
    pub(crate) bits_stored: u32,
    /// Bits of a native sample below the stored ones. 0 since 2008, when PS3.5 8.1.1 came to ask for a High Bit of Bits
    /// Stored - 1; before, the stored bits could stand anywhere.
    pub(crate) unused_low_bits: u32,
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
        let term = data_set
            .ascii(tag::PHOTOMETRIC_INTERPRETATION)
            .map(|term| term.to_ascii_uppercase().replace(' ', "_"));
        let unsupported = || Reason::of(Code::UnsupportedPixels);
        let photometric =
            Photometric::from_term(term.as_deref(), samples).ok_or_else(unsupported)?;
        let bits_allocated = match float_bits {
            Some(bits) => bits,
            None => data_set.unsigned(tag::BITS_ALLOCATED).unwrap_or(8),
        };
        let expected = if photometric.is_gray() { 1 } else { 3 };
        if !matches!(bits_allocated, 1 | 8 | 16 | 32 | 64) || samples != expected {
            return Err(unsupported());
        }
        let (bits_stored, unused_low_bits) =
            stored_bits(data_set, bits_allocated, float_bits.is_some());
        let layout = Self {
            rows,
            columns,
            samples,
            photometric,
            sampling: Sampling::from_term(term.as_deref()),
            planar: samples == 3 && data_set.unsigned(tag::PLANAR_CONFIGURATION) == Some(1),
            bits_allocated,
            bits_stored,
            unused_low_bits,
            signed: data_set.unsigned(tag::PIXEL_REPRESENTATION) == Some(1),
            frames: data_set.unsigned(tag::NUMBER_OF_FRAMES).unwrap_or(1).max(1),
        };
        // Every pixel gets its own colour differences in memory.
        let in_memory = Self {
            sampling: Sampling::Every,
            ..layout
        };
        let too_large = layout.pixels() > limits.max_pixels
            || in_memory.bits().div_ceil(8) > limits.max_decoded_bytes;
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

    /// Bits of one native frame. Single bits are packed without padding between frames (PS3.5 8.1.1).
    pub(crate) fn bits(&self) -> u64 {
        let samples = match self.sampling {
            Sampling::Every => self.pixels() * u64::from(self.samples),
            Sampling::Pairs => self.pixels().div_ceil(2) * 4,
            Sampling::Blocks => {
                let blocks = u64::from(self.columns.div_ceil(2)) * u64::from(self.rows.div_ceil(2));
                self.pixels() + 2 * blocks
            }
        };
        samples * u64::from(self.bits_allocated)
    }

    /// The layout with the sampling that the `length` of the pixels allows. Writers expand colour differences and leave
    /// the old name in the header, or the other way round. The declared sampling is kept where it fits: first exactly,
    /// but for a byte of padding, then as any whole number of frames.
    pub(crate) fn sampled_for(self, length: u64) -> Self {
        if !matches!(
            self.photometric,
            Photometric::YbrFull | Photometric::YbrPartial
        ) {
            return self;
        }
        let candidates = [
            self.sampling,
            Sampling::Every,
            Sampling::Pairs,
            Sampling::Blocks,
        ]
        .map(|sampling| Self { sampling, ..self });
        let frame = |layout: &Self| (layout.bits() / 8).max(1);
        let exact = |layout: &Self| {
            let whole = frame(layout).saturating_mul(u64::from(layout.frames));
            (whole..=whole.saturating_add(1)).contains(&length)
        };
        let some = |layout: &Self| length > 0 && length.is_multiple_of(frame(layout));
        let found = candidates.iter().find(|layout| exact(layout));
        *found
            .or_else(|| candidates.iter().find(|layout| some(layout)))
            .unwrap_or(&self)
    }
}

/// How many bits of a sample are stored, and how many unused ones stand below them.
fn stored_bits(data_set: &DataSet, bits_allocated: u32, is_float: bool) -> (u32, u32) {
    let bits_stored = data_set
        .unsigned(tag::BITS_STORED)
        .filter(|bits| (1..=bits_allocated).contains(bits))
        .unwrap_or(bits_allocated);
    let high_bit = data_set
        .unsigned(tag::HIGH_BIT)
        .filter(|&high| !is_float && high < bits_allocated);
    let unused = high_bit.map_or(0, |high| (high + 1).saturating_sub(bits_stored));
    (bits_stored, unused)
}
