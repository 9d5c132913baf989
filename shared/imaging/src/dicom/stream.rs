//! The bytes of a DICOM file, plain or deflated, with an end that nothing reads past.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::bufread::DeflateDecoder;

use crate::{Code, Reason};

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The file ends inside what it claims to contain.
    Truncated,
    /// The content contradicts itself.
    Damaged,
    /// A limit was reached.
    TooLarge,
    /// The operating system could not read the file.
    Unreadable,
}

impl From<Stop> for Reason {
    fn from(stop: Stop) -> Self {
        Self::of(match stop {
            Stop::Truncated => Code::Truncated,
            Stop::Damaged => Code::Damaged,
            Stop::TooLarge => Code::TooLarge,
            Stop::Unreadable => Code::Unreadable,
        })
    }
}

/// Read-ahead of the file: a header of many small elements costs few reads, a long jump little waste.
const READ_AHEAD: usize = 16 << 10;

enum Source<R> {
    Plain(BufReader<R>),
    Deflated(Box<DeflateDecoder<BufReader<R>>>),
}

/// A reader that knows its position and its end. Positions are those of the file, in a deflated data set those of the
/// inflated bytes.
pub(crate) struct Stream<R> {
    source: Source<R>,
    position: u64,
    end: u64,
}

impl<R: Read + Seek> Stream<R> {
    /// Starts at the beginning of `reader`.
    pub(crate) fn new(mut reader: R) -> Result<Self, Stop> {
        let end = reader
            .seek(SeekFrom::End(0))
            .map_err(|_| Stop::Unreadable)?;
        reader.rewind().map_err(|_| Stop::Unreadable)?;
        Ok(Self {
            source: Source::Plain(BufReader::with_capacity(READ_AHEAD, reader)),
            position: 0,
            end,
        })
    }

    /// From here on the bytes are deflated (RFC 1951), and inflate to at most `limit` bytes.
    pub(crate) fn inflate(self, limit: u64) -> Self {
        match self.source {
            Source::Plain(reader) => Self {
                source: Source::Deflated(Box::new(DeflateDecoder::new(reader))),
                position: 0,
                end: limit,
            },
            Source::Deflated(_) => self,
        }
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Whether there is nothing more to read.
    pub(crate) fn at_end(&self) -> bool {
        self.position >= self.end
    }

    /// Whether `length` more bytes can exist; a deflated stream knows only after reading.
    pub(crate) fn has(&self, length: u64) -> bool {
        length <= self.end.saturating_sub(self.position)
    }

    /// Bytes from `position` to the end; in a deflated stream, those that the limit allows.
    pub(crate) fn available_from(&self, position: u64) -> u64 {
        self.end.saturating_sub(position)
    }

    /// Fills `buffer`; returns `false` when the stream ended exactly before it.
    pub(crate) fn read_or_end(&mut self, buffer: &mut [u8]) -> Result<bool, Stop> {
        let mut filled = 0;
        while filled < buffer.len() {
            let read = match &mut self.source {
                Source::Plain(reader) => reader.read(&mut buffer[filled..]),
                Source::Deflated(reader) => reader.read(&mut buffer[filled..]),
            };
            match read {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => {
                    self.position += filled as u64;
                    return Err(Stop::Truncated);
                }
                Ok(count) => filled += count,
                Err(error) => return Err(self.stop_for(&error)),
            }
        }
        self.position += filled as u64;
        if self.position > self.end {
            Err(self.past_end())
        } else {
            Ok(true)
        }
    }

    /// Fills `buffer` or fails.
    pub(crate) fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), Stop> {
        if buffer.is_empty() || self.read_or_end(buffer)? {
            Ok(())
        } else {
            Err(Stop::Truncated)
        }
    }

    /// Reads `length` bytes; allocates only what the file can contain.
    pub(crate) fn read_vec(&mut self, length: usize) -> Result<Vec<u8>, Stop> {
        if !self.has(length as u64) {
            return Err(self.past_end());
        }
        let mut bytes = vec![0; length];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Steps over `length` bytes.
    pub(crate) fn skip(&mut self, length: u64) -> Result<(), Stop> {
        if !self.has(length) {
            return Err(self.past_end());
        }
        match &mut self.source {
            Source::Plain(reader) => {
                let distance = i64::try_from(length).map_err(|_| Stop::Truncated)?;
                reader
                    .seek_relative(distance)
                    .map_err(|_| Stop::Unreadable)?;
            }
            Source::Deflated(reader) => {
                let skipped = io::copy(&mut reader.by_ref().take(length), &mut io::sink());
                match skipped {
                    Ok(skipped) if skipped == length => {}
                    Ok(_) => return Err(Stop::Truncated),
                    Err(error) => return Err(self.stop_for(&error)),
                }
            }
        }
        self.position += length;
        Ok(())
    }

    /// Goes to `position`; a deflated stream only goes forward.
    pub(crate) fn go_to(&mut self, position: u64) -> Result<(), Stop> {
        if position > self.end {
            return Err(self.past_end());
        }
        if let Some(ahead) = position.checked_sub(self.position) {
            return self.skip(ahead);
        }
        let Source::Plain(reader) = &mut self.source else {
            return Err(Stop::Damaged);
        };
        let back = i64::try_from(self.position - position).map_err(|_| Stop::Damaged)?;
        reader.seek_relative(-back).map_err(|_| Stop::Unreadable)?;
        self.position = position;
        Ok(())
    }

    fn past_end(&self) -> Stop {
        match self.source {
            Source::Plain(_) => Stop::Truncated,
            Source::Deflated(_) => Stop::TooLarge,
        }
    }

    fn stop_for(&self, error: &io::Error) -> Stop {
        match (&self.source, error.kind()) {
            (_, io::ErrorKind::UnexpectedEof) => Stop::Truncated,
            (Source::Deflated(_), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                Stop::Damaged
            }
            _ => Stop::Unreadable,
        }
    }
}
