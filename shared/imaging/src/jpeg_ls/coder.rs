//! Decodes single samples: prediction, context, Golomb code, correction (T.87 A.3 to A.7).

use super::bits::Bits;
use super::context::{Context, RunContext};

/// What the header of a scan and the presets say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameters {
    pub(super) components: usize,
    /// All components of a pixel together; otherwise line by line.
    pub(super) by_sample: bool,
    /// Largest error of a sample; 0 is lossless.
    pub(super) near: i32,
    pub(super) max_value: i32,
    pub(super) thresholds: [i32; 3],
    pub(super) reset: i32,
}

/// Lengths of runs, as powers of two (T.87 A.2.1, table J).
const RUN_LENGTHS: [u32; 32] = [
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13,
    14, 15,
];

/// Contexts of regular mode and their mirror images share statistics: 9³ / 2, rounded up (T.87 A.3.4).
const CONTEXTS: usize = 365;

/// The parameters of a scan and the statistics it adapts to.
pub(super) struct Coder {
    parameters: Parameters,
    /// Number of different prediction errors.
    range: i32,
    /// Bits of the largest of them.
    range_bits: u32,
    /// Longest code.
    limit: u32,
    /// The class, -4 to 4, of every difference from `-max_value` to `max_value`.
    classes: Vec<i8>,
    contexts: [Context; CONTEXTS],
    runs: [RunContext; 2],
}

impl Coder {
    pub(super) fn new(parameters: Parameters) -> Self {
        let Parameters {
            near, max_value, ..
        } = parameters;
        let range = (max_value + 2 * near) / (2 * near + 1) + 1;
        let bits_of = |count: i32| (count - 1).max(1).ilog2() + 1;
        let sample_bits = bits_of(max_value + 1).max(2);
        let magnitude = magnitude(range);
        Self {
            parameters,
            range,
            range_bits: bits_of(range),
            limit: 2 * (sample_bits + sample_bits.max(8)),
            classes: (-max_value..=max_value)
                .map(|difference| class(difference, &parameters))
                .collect(),
            contexts: [Context::new(magnitude); CONTEXTS],
            runs: [RunContext::new(0, magnitude), RunContext::new(1, magnitude)],
        }
    }

    /// Forgets the statistics, as at the start of a scan.
    pub(super) fn restart(&mut self) {
        let magnitude = magnitude(self.range);
        self.contexts.fill(Context::new(magnitude));
        self.runs = [RunContext::new(0, magnitude), RunContext::new(1, magnitude)];
    }

    /// The context of a sample, negative when its mirror image is meant; 0 starts a run.
    #[inline]
    pub(super) fn context(&self, left: i32, up: i32, up_left: i32, up_right: i32) -> i32 {
        let class = |difference: i32| {
            i32::from(
                self.classes[(difference + self.parameters.max_value).cast_unsigned() as usize],
            )
        };
        (class(up_right - up) * 9 + class(up - up_left)) * 9 + class(up_left - left)
    }

    /// Regular mode (T.87 A.4 to A.6).
    #[inline]
    pub(super) fn regular(&mut self, bits: &mut Bits<'_>, context: i32, prediction: i32) -> i32 {
        let sign = if context < 0 { -1 } else { 1 };
        let index = context.unsigned_abs() as usize;
        let Context {
            magnitude: _,
            bias,
            correction,
            count,
        } = self.contexts[index];
        let Parameters {
            near,
            max_value,
            reset,
            ..
        } = self.parameters;
        let prediction = (prediction + sign * correction).clamp(0, max_value);
        let k = self.contexts[index].parameter();
        let code = self.code(bits, k, self.limit);
        let mut error = (code >> 1) ^ -(code & 1);
        if near == 0 && k == 0 && 2 * bias <= -count {
            error = !error;
        }
        self.contexts[index].update(error, near, reset);
        self.reconstruct(prediction, sign * error)
    }

    /// The sample that ends a run of one component (T.87 A.7.2).
    pub(super) fn run_end(
        &mut self,
        bits: &mut Bits<'_>,
        left: i32,
        up: i32,
        run_index: usize,
    ) -> i32 {
        if (left - up).abs() > self.parameters.near {
            return self.run_end_unlike(bits, left, up, run_index);
        }
        let error = self.run_error(bits, 1, run_index);
        self.reconstruct(left, error)
    }

    /// The same where left and upper neighbour differ; always so when components come together.
    pub(super) fn run_end_unlike(
        &mut self,
        bits: &mut Bits<'_>,
        left: i32,
        up: i32,
        run_index: usize,
    ) -> i32 {
        let error = self.run_error(bits, 0, run_index);
        self.reconstruct(up, if up < left { -error } else { error })
    }

    fn run_error(&mut self, bits: &mut Bits<'_>, kind: usize, run_index: usize) -> i32 {
        let k = self.runs[kind].parameter();
        let code = self.code(bits, k, self.limit - RUN_LENGTHS[run_index] - 1);
        let error = self.runs[kind].error(code, k);
        self.runs[kind].update(error, code, self.parameters.reset);
        error
    }

    /// A Golomb code of limited length (T.87 A.5.3).
    #[inline]
    fn code(&self, bits: &mut Bits<'_>, k: u32, limit: u32) -> i32 {
        let longest = limit - self.range_bits - 1;
        let zeros = bits.zeros(longest);
        if zeros >= longest {
            // A code of the greatest length holds the error as it is.
            return bits.read(self.range_bits) + 1;
        }
        // At most 47 zeros and 24 bits: it fits.
        (zeros << k).cast_signed() + bits.read(k)
    }

    /// The sample an error leads to (T.87 A.4.4 and A.4.5).
    #[inline]
    fn reconstruct(&self, prediction: i32, error: i32) -> i32 {
        let Parameters {
            near, max_value, ..
        } = self.parameters;
        let step = 2 * near + 1;
        let value = prediction.wrapping_add(error.wrapping_mul(step));
        let wrapped = if value < -near {
            value.wrapping_add(self.range * step)
        } else if value > max_value + near {
            value.wrapping_sub(self.range * step)
        } else {
            value
        };
        wrapped.clamp(0, max_value)
    }
}

/// What the statistics of errors start with (T.87 A.2.1).
fn magnitude(range: i32) -> i32 {
    ((range + 32) / 64).max(2)
}

/// The length of a run of at most `room` samples, and whether another sample ends it (T.87 A.7.1.2).
pub(super) fn run(bits: &mut Bits<'_>, run_index: &mut usize, room: usize) -> (usize, bool) {
    let mut length = 0;
    while bits.bit() {
        let whole = 1usize << RUN_LENGTHS[*run_index];
        let part = whole.min(room - length);
        length += part;
        if part == whole && *run_index < 31 {
            *run_index += 1;
        }
        if length == room {
            return (length, false);
        }
    }
    let rest = bits.read(RUN_LENGTHS[*run_index]);
    length += usize::try_from(rest).unwrap_or_default();
    // A damaged stream may claim more than there is room for; the end of the line ends the run.
    if length >= room {
        (room, false)
    } else {
        (length, true)
    }
}

/// The median edge detector (T.87 A.4.1).
#[inline]
pub(super) fn predict(left: i32, up: i32, up_left: i32) -> i32 {
    let (low, high) = (left.min(up), left.max(up));
    if up_left >= high {
        low
    } else if up_left <= low {
        high
    } else {
        left + up - up_left
    }
}

/// The class of a difference of neighbours (T.87 A.3.3).
fn class(difference: i32, parameters: &Parameters) -> i8 {
    let [t1, t2, t3] = parameters.thresholds;
    let magnitude = match difference.abs() {
        d if d >= t3 => 4,
        d if d >= t2 => 3,
        d if d >= t1 => 2,
        d if d > parameters.near => 1,
        _ => 0,
    };
    if difference < 0 {
        -magnitude
    } else {
        magnitude
    }
}
