//! How much of a file is read.

use std::io::{Read, Seek, SeekFrom};

/// A reader that counts what is read, over a file that is mostly imaginary.
pub(crate) struct Counting {
    head: Vec<u8>,
    length: u64,
    position: u64,
    /// Bytes read so far.
    pub(crate) read: u64,
}

impl Counting {
    /// `head`, followed by zeros up to `length` bytes.
    pub(crate) fn new(head: Vec<u8>, length: u64) -> Self {
        Self {
            head,
            length,
            position: 0,
            read: 0,
        }
    }
}

impl Read for &mut Counting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer
            .len()
            .min(usize::try_from(self.length - self.position).unwrap_or(usize::MAX));
        for (offset, byte) in buffer[..count].iter_mut().enumerate() {
            let at = usize::try_from(self.position)
                .unwrap_or(usize::MAX)
                .saturating_add(offset);
            *byte = self.head.get(at).copied().unwrap_or_default();
        }
        self.position += count as u64;
        self.read += count as u64;
        Ok(count)
    }
}

impl Seek for &mut Counting {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::End(offset) => self.length.saturating_add_signed(offset),
            SeekFrom::Current(offset) => self.position.saturating_add_signed(offset),
        };
        Ok(self.position)
    }
}
