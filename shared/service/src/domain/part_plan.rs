//! How a file's bytes travel: one PUT, or numbered parts.

use std::collections::HashSet;

/// Up to this size one PUT carries the file. 16 MiB.
pub const SINGLE_PUT_LIMIT: u64 = 16 * MIB;
/// S3 allows at most this many parts
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
pub const MAX_PARTS: u64 = 10_000;
const MIB: u64 = 1024 * 1024;
/// The smallest part used: one request of a size that a slow clinic line sends within a minute.
const MIN_PART: u64 = 16 * MIB;

/// The parts of one multipart upload: all of `part_size`, the last one of what remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPlan {
    /// Bytes of every part but the last.
    pub part_size: u64,
    /// How many parts, 1..=10,000.
    pub total: u32,
    size: u64,
}

impl PartPlan {
    /// The plan for a file of `size` bytes; `None` when one PUT is enough.
    #[must_use]
    pub fn for_size(size: u64) -> Option<Self> {
        (size > SINGLE_PUT_LIMIT).then(|| {
            let part_size = MIN_PART.max(size.div_ceil(MAX_PARTS).next_multiple_of(MIB));
            Self::of(size, part_size)
        })
    }

    /// The plan that was made when the upload began, from what its record keeps.
    #[must_use]
    pub fn of(size: u64, part_size: u64) -> Self {
        let total = size.div_ceil(part_size.max(1)).clamp(1, MAX_PARTS);
        Self {
            part_size,
            total: u32::try_from(total).unwrap_or(u32::MAX),
            size,
        }
    }

    /// The size of part `number` (from 1); `None` when there is no such part.
    #[must_use]
    pub fn size_of(&self, number: u32) -> Option<u64> {
        let before = self.part_size * u64::from(number.checked_sub(1)?);
        (number <= self.total).then(|| self.part_size.min(self.size - before))
    }

    /// The part numbers that `present` lacks.
    #[must_use]
    pub fn missing(&self, present: &[u32]) -> Vec<u32> {
        let present: HashSet<u32> = present.iter().copied().collect();
        (1..=self.total)
            .filter(|number| !present.contains(number))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_need_no_parts() {
        assert_eq!(PartPlan::for_size(0), None);
        assert_eq!(PartPlan::for_size(SINGLE_PUT_LIMIT), None);
    }

    #[test]
    fn parts_cover_the_file_exactly_at_every_size() {
        for size in [
            SINGLE_PUT_LIMIT + 1,
            100 * MIB,
            5 * 1024 * MIB + 7,
            5 * 1024 * 1024 * MIB,
        ] {
            let plan = PartPlan::for_size(size).unwrap();
            assert!(u64::from(plan.total) <= MAX_PARTS);
            let sum: u64 = (1..=plan.total)
                .map(|number| plan.size_of(number).unwrap())
                .sum();
            assert_eq!(sum, size);
            assert_eq!(plan.size_of(0), None);
            assert_eq!(plan.size_of(plan.total + 1), None);
        }
    }

    #[test]
    fn missing_parts_are_named() {
        let plan = PartPlan::for_size(40 * MIB).unwrap();
        assert_eq!(plan.missing(&[2]), vec![1, 3]);
    }
}
