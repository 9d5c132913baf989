//! The adaptive statistics of prediction errors (T.87 A.3 to A.6 and A.7.2).

/// Statistics of one of the 365 contexts of regular mode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    /// Sum of error magnitudes.
    pub(super) magnitude: i32,
    /// Bias of the errors.
    pub(super) bias: i32,
    /// What the prediction is corrected by.
    pub(super) correction: i32,
    /// How many errors were counted.
    pub(super) count: i32,
}

impl Context {
    pub(super) fn new(magnitude: i32) -> Self {
        Self {
            magnitude,
            bias: 0,
            correction: 0,
            count: 1,
        }
    }

    /// The Golomb parameter.
    #[inline]
    pub(super) fn parameter(&self) -> u32 {
        parameter(self.count, self.magnitude)
    }

    /// Counts `error` (T.87 A.6.1 and A.6.2).
    #[inline]
    pub(super) fn update(&mut self, error: i32, near: i32, reset: i32) {
        self.bias += error * (2 * near + 1);
        self.magnitude += error.abs();
        if self.count == reset {
            self.magnitude >>= 1;
            self.bias >>= 1;
            self.count >>= 1;
        }
        self.count += 1;
        if self.bias <= -self.count {
            self.bias = (self.bias + self.count).max(1 - self.count);
            self.correction = (self.correction - 1).max(-128);
        } else if self.bias > 0 {
            self.bias = (self.bias - self.count).min(0);
            self.correction = (self.correction + 1).min(127);
        }
    }
}

/// Statistics of the samples that end a run: one for those unlike their neighbours, one for those like them.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunContext {
    /// 0: left and upper neighbour differ; 1: they are alike.
    kind: i32,
    magnitude: i32,
    count: i32,
    negatives: i32,
}

impl RunContext {
    pub(super) fn new(kind: i32, magnitude: i32) -> Self {
        Self {
            kind,
            magnitude,
            count: 1,
            negatives: 0,
        }
    }

    #[inline]
    pub(super) fn parameter(&self) -> u32 {
        parameter(self.count, self.magnitude + self.kind * (self.count >> 1))
    }

    /// The error a code stands for (T.87 A.7.2.2).
    #[inline]
    pub(super) fn error(&self, code: i32, parameter: u32) -> i32 {
        let doubled = code + self.kind;
        let odd = doubled & 1 == 1;
        let magnitude = (doubled + i32::from(odd)) >> 1;
        let negative_if_odd = parameter != 0 || 2 * self.negatives >= self.count;
        if negative_if_odd == odd {
            -magnitude
        } else {
            magnitude
        }
    }

    /// Counts `error`, which `code` stood for.
    #[inline]
    pub(super) fn update(&mut self, error: i32, code: i32, reset: i32) {
        self.negatives += i32::from(error < 0);
        self.magnitude += (code + 1 - self.kind) >> 1;
        if self.count == reset {
            self.magnitude >>= 1;
            self.count >>= 1;
            self.negatives >>= 1;
        }
        self.count += 1;
    }
}

/// The smallest k with `count << k >= magnitude`.
#[inline]
fn parameter(count: i32, magnitude: i32) -> u32 {
    let mut k = 0;
    while k < 24 && count << k < magnitude {
        k += 1;
    }
    k
}
