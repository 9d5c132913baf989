//! Decodes the lines of one scan (T.87 annex A).

use super::Image;
use super::bits::Bits;
use super::coder::{Coder, Parameters, predict, run};
use crate::{Code, Reason};

/// The state of a scan while it is decoded.
pub(super) struct Scan {
    coder: Coder,
    components: usize,
    by_sample: bool,
    width: usize,
    /// Lines after which everything starts anew, behind a marker (T.87 C.2.5); `None`: never.
    restart_interval: Option<usize>,
}

/// Two lines of one component: `above[x + 1]` is the sample over `line[x + 1]`; both have a sample more at each end.
struct Lines {
    above: Vec<i32>,
    line: Vec<i32>,
    run_index: usize,
}

impl Lines {
    fn new(width: usize) -> Self {
        Self {
            above: vec![0; width + 2],
            line: vec![0; width + 2],
            run_index: 0,
        }
    }

    /// Starts the next line: the samples beyond its ends are those of T.87 A.2.1.
    fn advance(&mut self) {
        std::mem::swap(&mut self.above, &mut self.line);
        let width = self.above.len() - 2;
        self.above[width + 1] = self.above[width];
        self.line[0] = self.above[1];
    }
}

impl Scan {
    pub(super) fn new(
        parameters: Parameters,
        width: usize,
        restart_interval: Option<usize>,
    ) -> Self {
        Self {
            coder: Coder::new(parameters),
            components: parameters.components,
            by_sample: parameters.by_sample,
            width,
            restart_interval,
        }
    }

    /// Decodes `data` into the components of `image` from `first` on; how many components, and how many bytes.
    pub(super) fn decode(
        mut self,
        data: &[u8],
        first: usize,
        image: &mut Image,
    ) -> Result<(usize, usize), Reason> {
        if first + self.components > image.components {
            return Err(Code::Damaged.into());
        }
        let stride = self.width * image.components;
        let interval = self.restart_interval.unwrap_or(usize::MAX);
        let part = stride.saturating_mul(interval);
        let mut used = 0;
        for (number, rows) in image.samples.chunks_mut(part).enumerate() {
            if number > 0 {
                used += restart_marker(&data[used..], number)?;
                self.coder.restart();
            }
            let rows = rows.chunks_exact_mut(stride);
            used += self.rows(&data[used..], rows, (first, image.components))?;
        }
        Ok((self.components, used))
    }

    /// Decodes lines without a restart between them; how many bytes they took.
    fn rows<'a>(
        &mut self,
        data: &[u8],
        rows: impl Iterator<Item = &'a mut [u16]>,
        (first, all): (usize, usize),
    ) -> Result<usize, Reason> {
        let mut bits = Bits::new(data);
        let mut lines: Vec<Lines> = (0..self.components)
            .map(|_| Lines::new(self.width))
            .collect();
        for row in rows {
            lines.iter_mut().for_each(Lines::advance);
            if self.by_sample {
                self.pixels(&mut bits, &mut lines);
            } else {
                for lines in &mut lines {
                    self.line(&mut bits, lines);
                }
            }
            if bits.exhausted() {
                return Err(Code::Truncated.into());
            }
            for (component, lines) in lines.iter().enumerate() {
                let into = row[first + component..].iter_mut().step_by(all);
                for (sample, &value) in into.zip(&lines.line[1..]) {
                    *sample = u16::try_from(value).unwrap_or_default();
                }
            }
        }
        Ok(bits.used())
    }

    /// One line of one component.
    fn line(&mut self, bits: &mut Bits<'_>, lines: &mut Lines) {
        let (above, line) = (
            &lines.above[..self.width + 2],
            &mut lines.line[..self.width + 2],
        );
        let mut run_index = lines.run_index;
        let mut x = 1;
        let (mut left, mut up_left, mut up) = (line[0], above[0], above[1]);
        while x <= self.width {
            let up_right = above[x + 1];
            let context = self.coder.context(left, up, up_left, up_right);
            if context != 0 {
                left = self
                    .coder
                    .regular(bits, context, predict(left, up, up_left));
                line[x] = left;
                (up_left, up) = (up, up_right);
                x += 1;
                continue;
            }
            let (length, ended) = run(bits, &mut run_index, self.width + 1 - x);
            line[x..x + length].fill(left);
            x += length;
            if ended {
                left = self.coder.run_end(bits, left, above[x], run_index);
                line[x] = left;
                run_index = run_index.saturating_sub(1);
                x += 1;
            }
            (up_left, up) = (above[x - 1], above[x]);
        }
        lines.run_index = run_index;
    }

    /// One line of all components, pixel by pixel.
    fn pixels(&mut self, bits: &mut Bits<'_>, lines: &mut [Lines]) {
        let mut run_index = lines[0].run_index;
        let mut x = 1;
        while x <= self.width {
            let mut contexts = [0; 4];
            for (context, lines) in contexts.iter_mut().zip(lines.iter()) {
                let above = &lines.above;
                *context =
                    self.coder
                        .context(lines.line[x - 1], above[x], above[x - 1], above[x + 1]);
            }
            if contexts != [0; 4] {
                for (context, lines) in contexts.into_iter().zip(lines.iter_mut()) {
                    let prediction = predict(lines.line[x - 1], lines.above[x], lines.above[x - 1]);
                    lines.line[x] = self.coder.regular(bits, context, prediction);
                }
                x += 1;
                continue;
            }
            let (length, ended) = run(bits, &mut run_index, self.width + 1 - x);
            for lines in lines.iter_mut() {
                let left = lines.line[x - 1];
                lines.line[x..x + length].fill(left);
            }
            x += length;
            if ended {
                for lines in lines.iter_mut() {
                    lines.line[x] = self.coder.run_end_unlike(
                        bits,
                        lines.line[x - 1],
                        lines.above[x],
                        run_index,
                    );
                }
                run_index = run_index.saturating_sub(1);
                x += 1;
            }
        }
        lines[0].run_index = run_index;
    }
}

/// Steps over the marker before part `number` of a scan, which counts from 0 to 7 and again: how many bytes.
fn restart_marker(data: &[u8], number: usize) -> Result<usize, Reason> {
    let at = data
        .windows(2)
        .position(|pair| pair[0] == 0xFF && pair[1] >= 0x80 && pair[1] != 0xFF)
        .ok_or(Code::Truncated)?;
    if usize::from(data[at + 1]) == 0xD0 + (number - 1) % 8 {
        Ok(at + 2)
    } else {
        Err(Code::Damaged.into())
    }
}
