//! Bits of a scan, most significant first. After a byte of ones a zero bit is stuffed (T.87 A.1).

/// A reader that gives zeros past the end and remembers that it did.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// Next byte to be taken into the cache.
    at: usize,
    /// Bits not yet read, from the top.
    cache: u64,
    /// How many of them are real.
    valid: u32,
    exhausted: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            cache: 0,
            valid: 0,
            exhausted: false,
        }
    }

    /// Whether more bits were read than there are.
    pub(super) fn exhausted(&self) -> bool {
        self.exhausted
    }

    /// Bytes taken so far, at most; the marker after the scan is not among them.
    pub(super) fn used(&self) -> usize {
        self.at
    }

    /// Makes at least 32 bits valid.
    #[inline]
    fn fill(&mut self) {
        if self.valid < 32 {
            self.refill();
        }
    }

    fn refill(&mut self) {
        if let Some(word) = self.data.get(self.at..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_be_bytes(*word);
            // No byte of it is 0xFF: no zero byte in its complement.
            let complement = !word;
            if complement.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
                let bytes = (64 - self.valid) / 8;
                // The bits of a byte taken only in part are the same when it is taken again.
                self.cache |= word >> self.valid;
                self.valid += 8 * bytes;
                self.at += bytes as usize;
                return;
            }
        }
        while self.valid <= 56 {
            let Some(&byte) = self.data.get(self.at) else {
                break;
            };
            let stuffed = byte == 0xFF;
            if stuffed && self.data.get(self.at + 1).is_none_or(|next| *next >= 0x80) {
                break;
            }
            self.cache |= u64::from(byte) << (56 - self.valid);
            self.at += 1;
            // The stuffed zero falls on the last one of this byte.
            self.valid += if stuffed { 7 } else { 8 };
        }
        if self.valid < 32 && (self.at >= self.data.len() || self.data[self.at] == 0xFF) {
            self.pad();
        }
    }

    /// At the end of the data: zeros that are not real. Up to 31 of them may be looked at and never read.
    fn pad(&mut self) {
        if self.valid == 0 {
            self.exhausted = true;
        }
        self.valid = self.valid.max(1);
    }

    #[inline]
    fn consume(&mut self, count: u32) {
        self.cache = self.cache.checked_shl(count).unwrap_or(0);
        if count > self.valid {
            self.exhausted = true;
        }
        self.valid = self.valid.saturating_sub(count);
    }

    /// The next `count` bits, at most 24.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 24 bits are left")]
    pub(super) fn read(&mut self, count: u32) -> i32 {
        if count == 0 {
            return 0;
        }
        self.fill();
        let value = self.cache >> (64 - count);
        self.consume(count);
        value as i32
    }

    /// One bit.
    #[inline]
    pub(super) fn bit(&mut self) -> bool {
        self.fill();
        let bit = self.cache >> 63 == 1;
        self.consume(1);
        bit
    }

    /// Reads zeros up to and including the next one; how many there were. More than `limit` occur in damaged streams only.
    #[inline]
    pub(super) fn zeros(&mut self, limit: u32) -> u32 {
        self.fill();
        let zeros = self.cache.leading_zeros();
        if zeros < 32 && zeros < self.valid {
            self.consume(zeros + 1);
            return zeros;
        }
        self.many_zeros(limit)
    }

    fn many_zeros(&mut self, limit: u32) -> u32 {
        let mut zeros = 0;
        while zeros <= limit && !self.exhausted && !self.bit() {
            zeros += 1;
        }
        zeros
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuffed_zero_is_left_out() {
        // FF 7F: eight ones and, after the stuffed zero, seven more.
        let mut bits = Bits::new(&[0xFF, 0x7F, 0x80]);
        assert_eq!(bits.read(15), 0x7FFF);
        assert!(bits.bit());
        assert!(!bits.exhausted());
    }

    #[test]
    fn long_runs_without_stuffing_read_like_short_ones() {
        let data: Vec<u8> = (0..64).map(|n| n * 3).collect();
        let mut bits = Bits::new(&data);
        let read: Vec<u8> = (0..64).map(|_| bits.read(8).to_le_bytes()[0]).collect();
        assert_eq!(read, data);
        assert!(!bits.exhausted());
        bits.read(8);
        assert!(bits.exhausted());
    }

    #[test]
    fn a_marker_ends_the_data() {
        let mut bits = Bits::new(&[0x01, 0xFF, 0xD9]);
        assert_eq!(bits.zeros(40), 7);
        assert!(!bits.exhausted());
        assert_eq!(bits.used(), 1);
        bits.bit();
        assert!(bits.exhausted());
    }
}
