//! Decompression of bytes while they are read.

use std::io::{self, BufRead, BufReader, Read};

use weezl::{BitOrder, LzwStatus, decode::Decoder as LzwDecoder};

/// Bytes whose first bit is the lowest (`FillOrder` 2).
pub(super) struct Reversed<R>(pub(super) R);

impl<R: Read> Read for Reversed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        for byte in &mut buffer[..count] {
            *byte = byte.reverse_bits();
        }
        Ok(count)
    }
}

/// LZW (TIFF 6.0, section 13).
pub(super) struct Lzw<R> {
    reader: BufReader<R>,
    decoder: LzwDecoder,
}

impl<R: Read> Lzw<R> {
    pub(super) fn new(stored: R) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(32 << 10, stored);
        // Before TIFF 6.0 the first code, 256, began with its lowest bit (as in libtiff).
        let old = matches!(reader.fill_buf()?, [0, second, ..] if second & 1 == 1);
        let decoder = if old {
            LzwDecoder::new(BitOrder::Lsb, 8)
        } else {
            LzwDecoder::with_tiff_size_switch(BitOrder::Msb, 8)
        };
        Ok(Self { reader, decoder })
    }
}

impl<R: Read> Read for Lzw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let stored = self.reader.fill_buf()?;
            let ended = stored.is_empty();
            let result = self.decoder.decode_bytes(stored, buffer);
            self.reader.consume(result.consumed_in);
            match result.status {
                _ if result.consumed_out > 0 => return Ok(result.consumed_out),
                Ok(LzwStatus::Done | LzwStatus::NoProgress) => return Ok(0),
                Ok(LzwStatus::Ok) if ended => return Ok(0),
                Ok(LzwStatus::Ok) => {}
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
    }
}

/// `PackBits` (TIFF 6.0, section 9).
pub(super) struct PackBits<R> {
    reader: BufReader<R>,
    /// Bytes that remain of the run, and the byte it repeats, if it does.
    left: usize,
    repeated: Option<u8>,
}

impl<R: Read> PackBits<R> {
    pub(super) fn new(stored: R) -> Self {
        Self {
            reader: BufReader::new(stored),
            left: 0,
            repeated: None,
        }
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((self.reader.read(&mut byte)? == 1).then_some(byte[0]))
    }
}

impl<R: Read> Read for PackBits<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            match self.next()?.map(u8::cast_signed) {
                None => return Ok(0),
                Some(-128) => {}
                Some(run @ ..0) => {
                    self.left = usize::from(run.unsigned_abs()) + 1;
                    self.repeated = self.next()?;
                }
                Some(run) => {
                    self.left = usize::from(run.unsigned_abs()) + 1;
                    self.repeated = None;
                }
            }
        }
        let length = self.left.min(buffer.len());
        let count = match self.repeated {
            Some(byte) => {
                buffer[..length].fill(byte);
                length
            }
            None => self.reader.read(&mut buffer[..length])?,
        };
        self.left -= count;
        Ok(count)
    }
}
