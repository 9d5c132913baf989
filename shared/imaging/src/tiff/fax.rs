//! Facsimile compressions of black and white pictures (ITU-T T.4 and T.6; TIFF 6.0, sections 10 and 11): modified
//! Huffman (2), group 3 in one or two dimensions (3), group 4 (4).

use fax::BitReader;
use fax::maps::{Mode, black, mode, white};

use super::layout::Layout;
use crate::Code;

/// The rows of a strip or tile, eight pixels a byte: 0 for what the encoder calls white.
pub(super) fn decode(bytes: &[u8], layout: &Layout, rows: usize) -> Result<Vec<u8>, Code> {
    let width = layout.chunk.0;
    let mut lines = Lines {
        bits: Bits { bytes, at: 0 },
        width,
        before: Vec::new(),
        line: Vec::new(),
    };
    let mut picture = Vec::with_capacity(layout.row_bytes() * rows);
    for _ in 0..rows {
        let more = match layout.compression {
            2 => lines.huffman(),
            3 => lines.group_3(layout.t4_options & 1 != 0),
            _ => lines.group_4(),
        }?;
        if !more {
            break;
        }
        paint(&lines.line, width, &mut picture);
        std::mem::swap(&mut lines.before, &mut lines.line);
    }
    // Encoders leave out white rows at the end.
    picture.resize(layout.row_bytes() * rows, 0);
    Ok(picture)
}

/// Appends a row: white up to the first position, black up to the second, and so on.
fn paint(changes: &[usize], width: usize, picture: &mut Vec<u8>) {
    let start = picture.len();
    picture.resize(start + width.div_ceil(8), 0);
    for pair in changes.chunks(2) {
        let end = pair.get(1).copied().unwrap_or(width).min(width);
        for at in pair[0].min(width)..end {
            picture[start + at / 8] |= 0x80 >> (at % 8);
        }
    }
}

/// Bits, the highest first. What is missing of a code that has begun is 0.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.at)
    }
}

impl BitReader for Bits<'_> {
    type Error = Code;

    fn peek(&self, bits: u8) -> Option<u16> {
        if self.left() == 0 || bits > 16 {
            return None;
        }
        let byte = |index: usize| {
            u32::from(
                self.bytes
                    .get(self.at / 8 + index)
                    .copied()
                    .unwrap_or_default(),
            )
        };
        let window = byte(0) << 16 | byte(1) << 8 | byte(2);
        let unread = window << (8 + self.at % 8);
        u16::try_from(unread >> 16 >> (16 - bits)).ok()
    }

    fn consume(&mut self, bits: u8) -> Result<(), Code> {
        self.at += usize::from(bits);
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        (self.at.next_multiple_of(8) - self.at).to_le_bytes()[0]
    }
}

struct Lines<'a> {
    bits: Bits<'a>,
    width: usize,
    /// Where the colour changes, in the line before and in this one.
    before: Vec<usize>,
    line: Vec<usize>,
}

impl Lines<'_> {
    fn skip(&mut self, bits: u8) -> Result<(), Code> {
        self.bits.consume(bits)
    }

    /// Whether all bits are used up.
    fn ended(&self) -> bool {
        self.bits.left() == 0
    }

    /// Why a code is none: no code has more than 13 bits.
    fn fault(&self) -> Code {
        if self.bits.left() < 13 {
            Code::Truncated
        } else {
            Code::Damaged
        }
    }

    /// The length of a run of one colour: make-up codes, then a terminating one.
    fn run(&mut self, is_black: bool) -> Result<usize, Code> {
        let mut length = 0;
        loop {
            let code = if is_black {
                black::decode(&mut self.bits)
            } else {
                white::decode(&mut self.bits)
            };
            let part = usize::from(code.ok_or_else(|| self.fault())?);
            length += part;
            if part < 64 {
                return Ok(length);
            }
            if length > self.width {
                return Err(Code::Damaged);
            }
        }
    }

    /// A line of runs.
    fn runs(&mut self) -> Result<(), Code> {
        self.line.clear();
        let (mut at, mut is_black) = (0, false);
        while at < self.width {
            at += self.run(is_black)?;
            self.line.push(at);
            is_black = !is_black;
        }
        if at > self.width {
            Err(Code::Damaged)
        } else {
            Ok(())
        }
    }

    /// Modified Huffman: every line begins with a byte.
    fn huffman(&mut self) -> Result<bool, Code> {
        if self.ended() {
            return Err(Code::Truncated);
        }
        self.runs()?;
        let padding = self.bits.bits_to_byte_boundary();
        self.skip(padding)?;
        Ok(true)
    }

    /// Group 3: the end of a line, 11 zeros and a one, stands before or behind each, or nowhere.
    fn group_3(&mut self, two_dimensional: bool) -> Result<bool, Code> {
        let mut ends = 0;
        let mut flat = true;
        // No code begins with as many zeros; more of them fill up to a byte.
        while self.bits.peek(9) == Some(0) {
            while self.bits.peek(1) == Some(0) {
                self.skip(1)?;
            }
            if self.ended() {
                break;
            }
            self.skip(1)?;
            ends += 1;
            if two_dimensional {
                flat = self.bits.peek(1).ok_or(Code::Truncated)? == 1;
                self.skip(1)?;
            }
            // Two in a row end the picture: there are six.
            if ends > 1 {
                return Ok(false);
            }
        }
        if self.ended() {
            return Err(Code::Truncated);
        }
        if flat {
            self.runs()?;
            return Ok(true);
        }
        self.changes()
    }

    /// Group 4: every line as changes to the one before.
    fn group_4(&mut self) -> Result<bool, Code> {
        if self.ended() {
            return Err(Code::Truncated);
        }
        self.changes()
    }

    /// A line in two dimensions (T.4, 4.2; T.6, 2.2). `false` at the end of the block.
    fn changes(&mut self) -> Result<bool, Code> {
        self.line.clear();
        let (mut at, mut is_black, mut begun) = (0, false, false);
        // Where to go on looking in the line before: positions only grow.
        let mut from = 0;
        while at < self.width {
            // The table takes seven zeros for the end, which is eleven and a one.
            if self.bits.peek(7) == Some(0) && self.bits.peek(12) != Some(1) {
                return Err(self.fault());
            }
            let Some(mode) = mode::decode(&mut self.bits) else {
                return Err(self.fault());
            };
            let opposite = self.next_change(&mut from, at, is_black, begun);
            match mode {
                Mode::Pass => {
                    at = self.before.get(opposite + 1).copied().unwrap_or(self.width);
                }
                Mode::Horizontal => {
                    for colour in [is_black, !is_black] {
                        at += self.run(colour)?;
                        self.line.push(at);
                    }
                }
                Mode::Vertical(offset) => {
                    let change = self.before.get(opposite).copied().unwrap_or(self.width);
                    let change = change
                        .checked_add_signed(offset.into())
                        .ok_or(Code::Damaged)?;
                    if change < at || change > self.width {
                        return Err(Code::Damaged);
                    }
                    self.line.push(change);
                    at = change;
                    is_black = !is_black;
                    // The next may lie before the one just used.
                    from = from.saturating_sub(1);
                }
                Mode::Extension => return Err(Code::UnsupportedCompression),
                Mode::EOF => return Ok(false),
            }
            begun = true;
        }
        if at > self.width {
            Err(Code::Damaged)
        } else {
            Ok(true)
        }
    }

    /// Which change of the line before is the first to the right of `at` that goes to the opposite colour.
    fn next_change(&self, from: &mut usize, at: usize, is_black: bool, begun: bool) -> usize {
        let before = &self.before;
        while *from < before.len() && (before[*from] < at || (before[*from] == at && begun)) {
            *from += 1;
        }
        // Even changes go from white to black.
        let parity = usize::from(is_black);
        if *from % 2 == parity {
            *from
        } else {
            *from + 1
        }
    }
}
