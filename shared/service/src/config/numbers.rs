//! The settings that are numbers, with their bounds.

use super::{ConfigError, variable};
use crate::domain::number;

/// A setting that is a number, and what it may be. template.yaml says the same of its parameter; a test compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberSetting {
    /// Its variable.
    pub variable: &'static str,
    /// What it counts.
    pub unit: &'static str,
    /// When it is not set.
    pub default: u64,
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
}

/// 20 GiB: what process-large-object reads and hashes in 800 of its 900 s at 27 MB/s. What others have measured of a function that reads from S3 is 50 to
/// 87 MB/s (400 to 700 Mbit/s, Circuit People, "Serverless, large file downloads to S3", 2018; one run of 10,240 MB in 190 s is 54 MB/s), so a file of
/// this size takes some 400 s, and twice that still ends in time. At 50 GiB it was 994 s.
const LARGEST_PROCESSED: u64 = 20 * 1024 * 1024 * 1024;

pub(super) const MAX_UPLOAD_BYTES: NumberSetting = NumberSetting {
    variable: variable::MAX_UPLOAD_BYTES,
    unit: "bytes",
    default: LARGEST_PROCESSED,
    min: 1,
    max: LARGEST_PROCESSED,
};
pub(super) const MAX_UNFINISHED_UPLOADS: NumberSetting = NumberSetting {
    variable: variable::MAX_UNFINISHED_UPLOADS,
    unit: "uploads",
    // More than a person begins at once, the drop of a large study included; few enough that nobody keeps maintenance from the files of others.
    default: 5_000,
    min: 1,
    max: 1_000_000,
};
pub(super) const TRASH_DAYS: NumberSetting = NumberSetting {
    variable: variable::TRASH_DAYS,
    unit: "days",
    default: 30,
    min: 1,
    max: 3_650,
};
pub(super) const ACCESS_LOG_DAYS: NumberSetting = NumberSetting {
    variable: variable::ACCESS_LOG_DAYS,
    unit: "days",
    // Six years (45 CFR 164.316(b)(2)).
    default: 2_190,
    min: 1,
    max: 36_500,
};

impl NumberSetting {
    /// The number that `get` has for it, or its default.
    pub(super) fn read<T: TryFrom<u64>>(
        &self,
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<T, ConfigError> {
        let number = get(self.variable).map_or(Some(self.default), |text| number::parse(&text));
        number
            .filter(|number| (self.min..=self.max).contains(number))
            .and_then(|number| number.try_into().ok())
            .ok_or_else(|| ConfigError {
                variable: self.variable,
                problem: format!(
                    "must be a whole number of {}, {} to {}",
                    self.unit, self.min, self.max
                ),
            })
    }
}
