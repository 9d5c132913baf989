//! From stored values to gray levels: modality and VOI transformations (PS3.3 C.11.1 and C.11.2).

use super::element::DataSet;
use super::layout::Layout;
use super::tag;
use super::view::{Function, Window};

/// A lookup table: values below its first input get its first output, those above its last the last.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    first: f64,
    outputs: Vec<f64>,
    /// What shows as white.
    max: f64,
}

impl Table {
    /// The table of `item`, whose inputs are in `inputs`.
    fn new(item: &DataSet, inputs: Range) -> Option<Self> {
        let descriptor = item.numbers(tag::LUT_DESCRIPTOR);
        let [entries, first, _] = descriptor.get(..3)?.try_into().ok()?;
        let entries = entry_count(entries);
        let outputs = entry_values(item, tag::LUT_DATA, entries);
        // The descriptor says how many bits an output has, and some writers say 16 whatever they use: a table that stops
        // at 4095 would be black. What the largest output needs decides, as in cornerstone
        // (`generateNonLinearVOILUT`); of a table that uses all of its bits it is the same.
        let largest = outputs.iter().copied().max()?;
        let max = u16::MAX >> largest.leading_zeros().min(15);
        Some(Self {
            first: first_input(first, entries, inputs),
            outputs: outputs.into_iter().map(f64::from).collect(),
            max: f64::from(max),
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the table; NaN gives 0"
    )]
    fn look_up(&self, value: f64) -> f64 {
        let last = self.outputs.len() - 1;
        self.outputs[((value - self.first).max(0.0) as usize).min(last)]
    }
}

/// The lowest and the highest number that can occur.
pub(crate) type Range = (f64, f64);

/// The numbers that stored values can be.
pub(crate) fn stored_range(layout: &Layout) -> Range {
    let values = f64::from(layout.bits_stored.min(64)).exp2();
    if layout.signed {
        (-values / 2.0, values / 2.0 - 1.0)
    } else {
        (0.0, values - 1.0)
    }
}

/// The first input of a table of 16-bit words. It is signed where its inputs are (PS3.3 C.11.1.1 and C.11.2.1.1), also
/// where only the rescale intercept makes them so; its representation says something else, or nothing. So of the two
/// numbers it can be, the one counts that puts more of the table where inputs can be.
#[expect(clippy::cast_precision_loss, reason = "at most 65,536 entries")]
pub(crate) fn first_input(first: f64, entries: usize, (low, high): Range) -> f64 {
    let other = if first < 0.0 {
        first + 65_536.0
    } else {
        first - 65_536.0
    };
    let last = entries.saturating_sub(1) as f64;
    let used = |first: f64| (first + last).min(high) - first.max(low);
    let is_word = (-32_768.0..65_536.0).contains(&first) && !(0.0..32_768.0).contains(&first);
    if is_word && used(other) > used(first).max(-1.0) {
        other
    } else {
        first
    }
}

/// The number of entries of a table, whose descriptor writes 65,536 as 0 (PS3.3 C.11.1.1).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "16-bit numbers"
)]
pub(crate) fn entry_count(entries: f64) -> usize {
    if entries == 0.0 {
        65_536
    } else {
        entries.rem_euclid(65_536.0) as usize
    }
}

/// The entries of a table, stored as 16-bit words or, when there are exactly as many bytes as entries, as bytes.
pub(crate) fn entry_values(item: &DataSet, tag: tag::Tag, entries: usize) -> Vec<u16> {
    let length = item.bytes(tag).unwrap_or_default().len();
    if length == entries.next_multiple_of(2) && entries > 1 {
        let bytes = item.byte_entries(tag);
        return bytes.into_iter().take(entries).map(u16::from).collect();
    }
    let mut words = item.words(tag);
    words.truncate(entries);
    words
}

/// From stored values to units such as Hounsfield.
#[derive(Clone, Debug)]
pub(crate) enum Modality {
    Linear { slope: f64, intercept: f64 },
    Table(Table),
}

impl Modality {
    fn from_item(item: &DataSet, stored: Range) -> Option<Self> {
        if let Some(table) = item
            .first_item(tag::MODALITY_LUT_SEQUENCE)
            .and_then(|item| Table::new(item, stored))
        {
            return Some(Self::Table(table));
        }
        // Some writers leave out the half that changes nothing.
        let slope = item
            .number(tag::RESCALE_SLOPE)
            .filter(|slope| *slope != 0.0);
        let intercept = item.number(tag::RESCALE_INTERCEPT);
        (slope.is_some() || intercept.is_some()).then(|| Self::Linear {
            slope: slope.unwrap_or(1.0),
            intercept: intercept.unwrap_or_default(),
        })
    }

    /// What it makes of stored values.
    fn outputs(&self, (low, high): Range) -> Range {
        match self {
            Self::Linear { .. } => {
                let (a, b) = (self.apply(low), self.apply(high));
                (a.min(b), a.max(b))
            }
            Self::Table(table) => (0.0, table.max),
        }
    }

    pub(crate) fn apply(&self, stored: f64) -> f64 {
        match self {
            Self::Linear { slope, intercept } => stored * slope + intercept,
            Self::Table(table) => table.look_up(stored),
        }
    }
}

/// From units to gray levels between 0 (black) and 1 (white).
#[derive(Clone, Debug)]
pub(crate) enum Voi {
    Window(Window),
    /// A VOI LUT sequence.
    Table(Table),
}

impl Voi {
    /// A table counts before a window; of several windows the first that has a width.
    fn from_item(item: &DataSet, units: Range) -> Option<Self> {
        if let Some(table) = item
            .first_item(tag::VOI_LUT_SEQUENCE)
            .and_then(|item| Table::new(item, units))
        {
            return Some(Self::Table(table));
        }
        let function = item.ascii(tag::VOI_LUT_FUNCTION);
        let function = match function.map(|term| term.to_ascii_uppercase()).as_deref() {
            Some("SIGMOID") => Function::Sigmoid,
            Some("LINEAR_EXACT") => Function::LinearExact,
            _ => Function::Linear,
        };
        let (centers, widths) = (
            item.numbers(tag::WINDOW_CENTER),
            item.numbers(tag::WINDOW_WIDTH),
        );
        centers
            .into_iter()
            .zip(widths)
            .find_map(|(center, width)| Window::of_file(center, width, function))
            .map(Self::Window)
    }

    /// The gray level, 0 to 1; 0 for what is no number.
    pub(crate) fn apply(&self, value: f64) -> f64 {
        let level = match self {
            Self::Window(window) => window.apply(value),
            Self::Table(table) => table.look_up(value) / table.max,
        };
        if level.is_nan() {
            0.0
        } else {
            level.clamp(0.0, 1.0)
        }
    }
}

/// The transformations a file asks for, those of the shown frame before those of all frames and of the image. A window that
/// somebody `asked` for comes before all that the file names.
pub(crate) fn transformations(
    data_set: &DataSet,
    layout: &Layout,
    asked: Option<Window>,
) -> (Modality, Option<Voi>) {
    let groups = [
        tag::PER_FRAME_FUNCTIONAL_GROUPS,
        tag::SHARED_FUNCTIONAL_GROUPS,
    ];
    let group = |sequence| {
        groups
            .iter()
            .filter_map(move |group| data_set.first_item(*group)?.first_item(sequence))
            .chain([data_set])
    };
    let stored = stored_range(layout);
    let modality = group(tag::PIXEL_VALUE_TRANSFORMATION_SEQUENCE)
        .find_map(|item| Modality::from_item(item, stored))
        .unwrap_or(Modality::Linear {
            slope: 1.0,
            intercept: 0.0,
        });
    if let Some(window) = asked {
        return (modality, Some(Voi::Window(window)));
    }
    let units = modality.outputs(stored);
    let voi = group(tag::FRAME_VOI_LUT_SEQUENCE).find_map(|item| Voi::from_item(item, units));
    (modality, voi)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn the_first_input_of_a_table_is_where_inputs_are() {
        let units = (-1024.0, 3071.0);
        close(first_input(64_512.0, 4096, units), -1024.0);
        close(first_input(-1024.0, 4096, units), -1024.0);
        close(first_input(-1024.0, 1024, (0.0, 65_535.0)), 64_512.0);
        close(first_input(64_512.0, 1024, (0.0, 65_535.0)), 64_512.0);
        close(
            first_input(40_000.0, 65_536, (-32_768.0, 32_767.0)),
            -25_536.0,
        );
        close(first_input(100.0, 10, (0.0, 50.0)), 100.0);
    }

    #[test]
    fn no_number_is_black() {
        let range = |low, high| Voi::Window(Window::range(low, high));
        close(range(0.0, 1.0).apply(f64::NAN), 0.0);
        close(range(3.0, 3.0).apply(2.0), 0.0);
    }

    #[test]
    fn a_table_of_no_entries_means_all_of_them() {
        assert_eq!(entry_count(0.0), 65_536);
        assert_eq!(entry_count(256.0), 256);
    }
}
