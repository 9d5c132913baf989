//! What is asked of a DICOM file: which of its frames, in which window, and how large.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::viewport::Viewport;
use crate::picture::{self, enough};
use crate::raster::Raster;
use crate::{Code, Reason};

/// Which frame of a file is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// The one that represents the file: the middle one, where a stack shows most.
    #[default]
    Middle,
    /// The one of this number; the first is 1, as in Referenced Frame Number (PS3.3 table 10-3).
    Number(u32),
}

impl Which {
    /// The index of the frame, counted from 0, in a file that announces so many.
    pub(super) fn of_announced(self, announced: u32) -> Result<u32, Reason> {
        match self {
            Self::Middle => Ok(announced / 2),
            Self::Number(number) => number
                .checked_sub(1)
                .filter(|index| *index < announced)
                .ok_or_else(|| {
                    let sentence = format!(
                        "The DICOM file has no frame {number}: it has frames 1 to {announced}."
                    );
                    Reason::new(Code::NoSuchFrame, sentence)
                }),
        }
    }

    /// The index of the frame in a file that has `present` frames. Those beyond the announced ones do not count.
    pub(super) fn of_present(self, present: u32, announced: u32) -> Result<u32, Reason> {
        if self == Self::Middle {
            return self.of_announced(present.min(announced));
        }
        let index = self.of_announced(announced)?;
        if index < present {
            Ok(index)
        } else {
            Err(missing_pixels())
        }
    }
}

/// Why a frame that the header announces is not shown.
pub(super) fn missing_pixels() -> Reason {
    Reason::new(
        Code::Truncated,
        "The DICOM file has fewer pixels than its header announces.",
    )
}

/// How values are spread over the levels of a window (PS3.3 C.11.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// PS3.3 C.11.2.1.2.1.
    Linear,
    /// PS3.3 C.11.2.1.3.2.
    LinearExact,
    /// PS3.3 C.11.2.1.3.1.
    Sigmoid,
}

/// The values that are shown between black and white, in the units that the modality transformation gives. It is never
/// without extent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Claimed")]
pub struct Window {
    center: f64,
    width: f64,
    function: Function,
}

/// A window as somebody wrote it.
#[derive(Deserialize)]
struct Claimed {
    center: f64,
    width: f64,
    function: Function,
}

impl TryFrom<Claimed> for Window {
    type Error = String;

    fn try_from(claimed: Claimed) -> Result<Self, String> {
        Self::new(claimed.center, claimed.width, claimed.function).map_err(|reason| reason.message)
    }
}

impl Window {
    /// A window that somebody asks for.
    ///
    /// # Errors
    /// [`Code::BadWindow`] if a number is not finite, or the width is one the function is not defined for: below 1 for
    /// LINEAR (PS3.3 C.11.2.1.2.1), 0 or below for the others (PS3.3 C.11.2.1.3).
    pub fn new(center: f64, width: f64, function: Function) -> Result<Self, Reason> {
        let refused = |sentence| Err(Reason::new(Code::BadWindow, sentence));
        if !center.is_finite() || !width.is_finite() {
            return refused("The centre and the width of a window are numbers.");
        }
        match function {
            Function::Linear if width < 1.0 => {
                refused("The width of a linear window is at least 1.")
            }
            _ if width <= 0.0 => refused("The width of a window is more than 0."),
            _ => Ok(Self {
                center,
                width,
                function,
            }),
        }
    }

    /// A window of a file, which has writers of its own: below 1, a LINEAR width can only be meant exactly. `None` without
    /// a width.
    pub(super) fn of_file(center: f64, width: f64, function: Function) -> Option<Self> {
        let function = if width < 1.0 && function == Function::Linear {
            Function::LinearExact
        } else {
            function
        };
        Self::new(center, width, function).ok()
    }

    /// Everything from `low` to `high`; without extent, everything is black.
    pub(super) fn range(low: f64, high: f64) -> Self {
        Self {
            center: f64::midpoint(low, high),
            width: (high - low).max(f64::MIN_POSITIVE),
            function: Function::LinearExact,
        }
    }

    /// The level of a value: 0 and less is black, 1 and more white. It may be no number.
    pub(super) fn apply(&self, value: f64) -> f64 {
        let Self { center, width, .. } = *self;
        match self.function {
            // Without a slope between them, the ends are all there is: up to centre - 0.5 black, above it white.
            Function::Linear if width <= 1.0 => f64::from(u8::from(value > center - 0.5)),
            Function::Linear => (value - (center - 0.5)) / (width - 1.0) + 0.5,
            Function::LinearExact => (value - center) / width + 0.5,
            Function::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - center) / width).exp()),
        }
    }
}

/// How one frame is to be shown. The default is what a viewer shows first: the middle frame, in the window of the file,
/// pixel for pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Which one.
    pub frame: Which,
    /// Instead of the tables and windows of the file. Colours have no window: for them it changes nothing.
    pub window: Option<Window>,
    /// The most pixels of the long side; the pixels of the picture are square then. Otherwise it has a pixel for each of the
    /// frame's own.
    pub side: Option<NonZeroU32>,
    /// Instead of `side`: what the picture has to fill, and with which part of the frame.
    pub viewport: Option<Viewport>,
    /// What is made of it.
    pub file: PictureFile,
}

impl View {
    /// The pixels of the long side that a codec has to give.
    pub(super) fn enough(&self) -> u32 {
        match (self.viewport, self.side) {
            (Some(viewport), _) => viewport.enough(),
            (None, Some(side)) => enough(side.get()),
            (None, None) => u32::MAX,
        }
    }

    /// The most pixels of a side of the picture; `None` if the frame decides.
    pub(crate) fn longest_side(&self) -> Option<NonZeroU32> {
        let viewport = self.viewport.map(|viewport| viewport.longest_side());
        viewport.or(self.side)
    }
}

/// A file that a picture is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureFile {
    /// JPEG of a quality from 1 to 100.
    Jpeg(u8),
    /// PNG, without loss.
    Png,
}

impl Default for PictureFile {
    fn default() -> Self {
        Self::Jpeg(picture::QUALITY)
    }
}

impl PictureFile {
    /// How every file of this kind begins.
    pub(crate) const fn magic(self) -> &'static [u8] {
        match self {
            Self::Jpeg(_) => &[0xFF, 0xD8, 0xFF],
            Self::Png => b"\x89PNG\r\n\x1A\n",
        }
    }

    pub(crate) fn of(self, raster: &Raster) -> Result<Vec<u8>, Reason> {
        match self {
            Self::Jpeg(quality) => picture::jpeg(raster, quality.clamp(1, 100)),
            Self::Png => picture::png(raster),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    fn window(center: f64, width: f64, function: Function) -> Window {
        Window::new(center, width, function).expect("a window")
    }

    // The example of PS3.3 C.11.2.1.2.1: centre 2048, width 4096 maps 0..4095 to the whole range.
    #[test]
    fn a_linear_window_maps_its_ends_to_black_and_white() {
        let window = window(2048.0, 4096.0, Function::Linear);
        close(window.apply(0.0), 0.0);
        close(window.apply(4095.0), 1.0);
        assert!(window.apply(-5.0) < 0.0 && window.apply(9000.0) > 1.0);
    }

    // PS3.3 C.11.2.1.2.1 with a width of 1: x <= c - 0.5 is the lowest, x > c - 0.5 the highest output.
    #[test]
    fn a_linear_window_of_one_is_black_or_white() {
        let window = window(1.0, 1.0, Function::Linear);
        for (value, level) in [
            (0.0, 0.0),
            (0.5, 0.0),
            (0.6, 1.0),
            (1.0, 1.0),
            (f64::NAN, 0.0),
        ] {
            close(window.apply(value), level);
        }
    }

    // PS3.3 C.11.2.1.3.2: from centre - width / 2 to centre + width / 2, nothing subtracted.
    #[test]
    fn an_exact_window_maps_its_ends_to_black_and_white() {
        let window = window(10.0, 1.0, Function::LinearExact);
        close(window.apply(9.5), 0.0);
        close(window.apply(10.0), 0.5);
        close(window.apply(10.5), 1.0);
    }

    #[test]
    fn a_sigmoid_window_is_half_at_its_centre() {
        let window = window(40.0, 400.0, Function::Sigmoid);
        close(window.apply(40.0), 0.5);
        assert!(window.apply(-1e9) < 1e-9);
    }

    #[test]
    fn a_window_that_cannot_be_is_refused() {
        use Function::{Linear, LinearExact, Sigmoid};
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        for (center, width, function, is_one) in [
            (0.0, 1.0, Linear, true),
            (0.0, 0.99, Linear, false),
            (0.0, 0.0, Linear, false),
            (0.0, -1.0, Linear, false),
            (0.0, 0.01, LinearExact, true),
            (0.0, 0.0, LinearExact, false),
            (0.0, 0.5, Sigmoid, true),
            (0.0, -0.0, Sigmoid, false),
            (nan, 10.0, Linear, false),
            (0.0, nan, LinearExact, false),
            (0.0, nan, Linear, false),
            (inf, 10.0, Sigmoid, false),
            (0.0, inf, Linear, false),
        ] {
            let window = Window::new(center, width, function);
            let code = window.as_ref().err().map(|reason| reason.code);
            let expected = (!is_one).then_some(Code::BadWindow);
            assert_eq!(code, expected, "{center} {width} {function:?}");
            // What was refused does not come in as text either.
            let text = format!(
                r#"{{"center":{center},"width":{width},"function":{}}}"#,
                serde_json::to_string(&function).expect("a word"),
            );
            assert_eq!(
                serde_json::from_str::<Window>(&text).is_ok(),
                is_one,
                "{text}"
            );
        }
    }

    #[test]
    fn a_file_may_mean_a_narrow_linear_window_exactly() {
        let exact = window(4.0, 0.5, Function::LinearExact);
        assert_eq!(Window::of_file(4.0, 0.5, Function::Linear), Some(exact));
        assert_eq!(Window::of_file(4.0, 0.0, Function::Linear), None);
    }

    #[test]
    fn frames_are_counted_from_one_and_have_to_be_there() {
        use Which::{Middle, Number};
        let (none, lost) = (Err(Code::NoSuchFrame), Err(Code::Truncated));
        for (which, present, announced, expected) in [
            (Middle, 1, 1, Ok(0)),
            (Middle, 5, 5, Ok(2)),
            (Middle, 2, 5, Ok(1)),
            (Middle, 9, 2, Ok(1)),
            (Number(0), 5, 5, none),
            (Number(1), 5, 5, Ok(0)),
            (Number(5), 5, 5, Ok(4)),
            (Number(6), 5, 5, none),
            (Number(6), 9, 5, none),
            (Number(u32::MAX), 5, 5, none),
            (Number(2), 2, 5, Ok(1)),
            (Number(3), 2, 5, lost),
        ] {
            let found = which.of_present(present, announced);
            let found = found.map_err(|reason| reason.code);
            assert_eq!(
                found, expected,
                "{which:?} of {present}, {announced} announced"
            );
        }
    }
}
