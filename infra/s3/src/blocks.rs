//! Checksums of the blocks of a blob: whoever reads any stretch of it notices bytes that changed on the disk, and sends none of them.

use crc_fast::{CrcAlgorithm, Digest};

/// Bytes that have a checksum of their own, and that are read at once. The checksums of every folder were made with this size, so it stays.
pub(crate) const BLOCK: u64 = 512 * 1024;
const ALGORITHM: CrcAlgorithm = CrcAlgorithm::Crc64Nvme;
/// Bytes of one checksum.
const SUM: usize = size_of::<u64>();

/// Makes the checksums of a blob while its bytes come.
#[derive(Debug)]
pub(crate) struct BlockHasher {
    sums: Vec<u8>,
    block: Digest,
    /// Bytes of the block that has begun.
    filled: u64,
}

impl BlockHasher {
    pub(crate) fn new() -> Self {
        Self {
            sums: Vec::new(),
            block: Digest::new(ALGORITHM),
            filled: 0,
        }
    }

    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = usize::try_from(BLOCK - self.filled).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.block.update(now);
            self.filled += now.len() as u64;
            if self.filled == BLOCK {
                self.close();
            }
            bytes = later;
        }
    }

    /// One checksum after the other, as the index keeps them.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.close();
        }
        self.sums
    }

    fn close(&mut self) {
        self.sums
            .extend_from_slice(&self.block.finalize().to_le_bytes());
        self.block = Digest::new(ALGORITHM);
        self.filled = 0;
    }
}

/// Whether `bytes` are what block `number` was when `sums` were made.
pub(crate) fn is_intact(sums: &[u8], number: u64, bytes: &[u8]) -> bool {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    let sum = sums.chunks_exact(SUM).nth(place);
    sum == Some(&crc_fast::checksum(ALGORITHM, bytes).to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums_of<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> Vec<u8> {
        let mut hasher = BlockHasher::new();
        pieces.for_each(|piece| hasher.update(piece));
        hasher.finish()
    }

    #[test]
    fn the_sums_do_not_depend_on_how_the_bytes_come() {
        let length = usize::try_from(2 * BLOCK + 7).expect("a length in memory");
        let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
        let whole = sums_of(std::iter::once(&bytes[..]));
        assert_eq!(whole.len(), 3 * SUM);
        for size in [1000, 4096, 600_000] {
            assert_eq!(sums_of(bytes.chunks(size)), whole, "{size}");
        }
    }

    #[test]
    fn a_block_is_intact_until_a_bit_of_it_changes() {
        let length = usize::try_from(BLOCK + 100).expect("a length in memory");
        let mut bytes = vec![7; length];
        let sums = sums_of(std::iter::once(&bytes[..]));
        let at = length - 100;
        let check = |bytes: &[u8]| {
            (
                is_intact(&sums, 0, &bytes[..at]),
                is_intact(&sums, 1, &bytes[at..]),
            )
        };
        assert_eq!(check(&bytes), (true, true));
        bytes[at + 3] ^= 1;
        assert_eq!(check(&bytes), (true, false));
        assert!(!is_intact(&sums, 2, &[]), "there is no third block");
    }
}
