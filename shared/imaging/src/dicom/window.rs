//! From stored values to gray levels: modality and VOI transformations (PS3.3 C.11.1 and C.11.2).

use super::element::DataSet;
use super::tag;

/// A lookup table: values below its first input get its first output, those above its last the last.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    first: f64,
    outputs: Vec<f64>,
    /// Largest output its descriptor allows.
    max: f64,
}

impl Table {
    fn new(item: &DataSet, signed: bool) -> Option<Self> {
        let descriptor = item.numbers(tag::LUT_DESCRIPTOR);
        let [entries, first, bits] = descriptor.get(..3)?.try_into().ok()?;
        let entries = entry_count(entries);
        // The descriptor is signed when the pixels are, but some writers store it as unsigned.
        let first: f64 = if signed && first > 32_767.0 {
            first - 65_536.0
        } else {
            first
        };
        let outputs = entry_values(item, tag::LUT_DATA, entries);
        let max = if (8.0..=16.0).contains(&bits) {
            bits.exp2() - 1.0
        } else {
            outputs.iter().copied().max().map_or(1.0, f64::from)
        };
        let outputs: Vec<f64> = outputs.into_iter().map(f64::from).collect();
        (!outputs.is_empty()).then_some(Self {
            first,
            outputs,
            max: max.max(1.0),
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
    let bytes = item.bytes(tag).unwrap_or_default();
    if bytes.len() == entries.next_multiple_of(2) && entries > 1 {
        return bytes
            .iter()
            .take(entries)
            .map(|&byte| u16::from(byte))
            .collect();
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
    fn from_item(item: &DataSet, signed: bool) -> Option<Self> {
        if let Some(table) = item
            .first_item(tag::MODALITY_LUT_SEQUENCE)
            .and_then(|item| Table::new(item, signed))
        {
            return Some(Self::Table(table));
        }
        let slope = item
            .number(tag::RESCALE_SLOPE)
            .filter(|slope| *slope != 0.0)?;
        Some(Self::Linear {
            slope,
            intercept: item.number(tag::RESCALE_INTERCEPT).unwrap_or_default(),
        })
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
    /// PS3.3 C.11.2.1.2.1.
    Linear { center: f64, width: f64 },
    /// PS3.3 C.11.2.1.3.2; also what shows everything between two values.
    LinearExact { center: f64, width: f64 },
    /// PS3.3 C.11.2.1.3.1.
    Sigmoid { center: f64, width: f64 },
    /// A VOI LUT sequence.
    Table(Table),
}

impl Voi {
    fn from_item(item: &DataSet, signed: bool) -> Option<Self> {
        if let Some(table) = item
            .first_item(tag::VOI_LUT_SEQUENCE)
            .and_then(|item| Table::new(item, signed))
        {
            return Some(Self::Table(table));
        }
        let center = item.number(tag::WINDOW_CENTER)?;
        let width = item
            .number(tag::WINDOW_WIDTH)
            .filter(|width| *width > 0.0)?;
        Some(match item.ascii(tag::VOI_LUT_FUNCTION).as_deref() {
            Some("SIGMOID") => Self::Sigmoid { center, width },
            Some("LINEAR_EXACT") => Self::LinearExact { center, width },
            // LINEAR is defined for a width of at least 1.
            _ if width > 1.0 => Self::Linear { center, width },
            _ => Self::LinearExact { center, width },
        })
    }

    /// Everything from `low` to `high`; without extent, everything is black.
    pub(crate) fn range(low: f64, high: f64) -> Self {
        Self::LinearExact {
            center: f64::midpoint(low, high),
            width: (high - low).max(f64::MIN_POSITIVE),
        }
    }

    /// The gray level, 0 to 1; 0 for what is no number.
    pub(crate) fn apply(&self, value: f64) -> f64 {
        let level = match self {
            Self::Linear { center, width } => (value - (center - 0.5)) / (width - 1.0) + 0.5,
            Self::LinearExact { center, width } => (value - center) / width + 0.5,
            Self::Sigmoid { center, width } => {
                1.0 / (1.0 + (-4.0 * (value - center) / width).exp())
            }
            Self::Table(table) => table.look_up(value) / table.max,
        };
        if level.is_nan() {
            0.0
        } else {
            level.clamp(0.0, 1.0)
        }
    }
}

/// The transformations a file asks for, those of the shown frame before those of all frames and of the image.
pub(crate) fn transformations(data_set: &DataSet, signed: bool) -> (Modality, Option<Voi>) {
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
    let modality = group(tag::PIXEL_VALUE_TRANSFORMATION_SEQUENCE)
        .find_map(|item| Modality::from_item(item, signed));
    let voi = group(tag::FRAME_VOI_LUT_SEQUENCE).find_map(|item| Voi::from_item(item, signed));
    (
        modality.unwrap_or(Modality::Linear {
            slope: 1.0,
            intercept: 0.0,
        }),
        voi,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    // The example of PS3.3 C.11.2.1.2.1: centre 2048, width 4096 maps 0..4095 to the whole range.
    #[test]
    fn a_linear_window_maps_its_ends_to_black_and_white() {
        let window = Voi::Linear {
            center: 2048.0,
            width: 4096.0,
        };
        close(window.apply(0.0), 0.0);
        close(window.apply(4095.0), 1.0);
        close(window.apply(-5.0), 0.0);
        close(window.apply(9000.0), 1.0);
    }

    #[test]
    fn a_sigmoid_window_is_half_at_its_centre() {
        let window = Voi::Sigmoid {
            center: 40.0,
            width: 400.0,
        };
        close(window.apply(40.0), 0.5);
        assert!(window.apply(-1e9) < 1e-9);
    }

    #[test]
    fn no_number_is_black() {
        close(Voi::range(0.0, 1.0).apply(f64::NAN), 0.0);
        close(Voi::range(3.0, 3.0).apply(2.0), 0.0);
    }

    #[test]
    fn a_table_of_no_entries_means_all_of_them() {
        assert_eq!(entry_count(0.0), 65_536);
        assert_eq!(entry_count(256.0), 256);
    }
}
