//! Matching of attributes (PS3.4, section C.2.2.2): single values, lists of UIDs, wildcards, ranges, and inside sequences.

use serde_json::Value;
use service::domain::text::fold;

use super::attribute::{Attribute, Tag};
use super::dataset::{DataSet, GROUPS};
use super::uid::Uid;

/// What an attribute has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) attribute: Attribute,
    pub(crate) value: String,
}

/// A value that clients send as a list, although the standard has lists of UIDs only.
const MODALITIES_IN_STUDY: Tag = Tag(0x0008_0061);

impl Condition {
    /// What is asked of an attribute; `None` for what everything matches.
    ///
    /// # Errors
    /// A sentence that completes "this attribute …".
    pub(crate) fn new(attribute: Attribute, value: &str) -> Result<Option<Self>, &'static str> {
        if value.is_empty() {
            return Ok(None);
        }
        match attribute.last().representation() {
            Some("DA") if !range(value, is_date) => Err(
                "must be a date, YYYYMMDD, or a range of dates, such as 20260101-20260131, -20260131 or 20260101-",
            ),
            Some("TM") if !range(value, is_time) => Err(
                "must be a time, HHMMSS, or a range of times, such as 0800-1200, -1200 or 0800-",
            ),
            Some("UI")
                if !value
                    .split(is_separator)
                    .all(|uid| uid.parse::<Uid>().is_ok()) =>
            {
                Err("must be a UID of at most 64 characters, or several with commas between them")
            }
            Some("SQ") => Err("is a sequence: name an attribute in it, with a dot between"),
            _ => Ok(Some(Self {
                attribute,
                value: value.to_owned(),
            })),
        }
    }

    /// Whether a data set is one of those that are asked for. Many values: one of them is enough.
    pub(crate) fn matches(&self, set: &DataSet) -> bool {
        within(set, &self.attribute.0, &self.value)
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ',' | '\\')
}

/// Whether `text` is one value, or two with a `-` between, of which one may be missing.
fn range(text: &str, is_one: fn(&str) -> bool) -> bool {
    match text.split_once('-') {
        None => is_one(text),
        Some((from, to)) => {
            (!from.is_empty() || !to.is_empty())
                && [from, to].iter().all(|end| end.is_empty() || is_one(end))
        }
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|c| c.is_ascii_digit())
}

fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let has_seconds = whole.len() == 6 || !text.contains('.');
    matches!(whole.len(), 2 | 4 | 6)
        && has_seconds
        && (1..=6).contains(&fraction.len())
        && digits(whole)
        && digits(fraction)
}

fn within(set: &DataSet, path: &[Tag], wanted: &str) -> bool {
    let [tag, rest @ ..] = path else {
        return false;
    };
    // What everything matches, also what is not there.
    if rest.is_empty() && wanted == "*" {
        return true;
    }
    let Some(element) = set.get(&tag.to_string()) else {
        return false;
    };
    let mut values = element["Value"].as_array().into_iter().flatten();
    if rest.is_empty() {
        let representation = element["vr"].as_str().unwrap_or_default();
        values.any(|value| is_wanted(*tag, representation, value, wanted))
    } else {
        values
            .filter_map(Value::as_object)
            .any(|item| within(item, rest, wanted))
    }
}

fn is_wanted(tag: Tag, representation: &str, value: &Value, wanted: &str) -> bool {
    if let Some(name) = value.as_object() {
        return is_name(name, wanted);
    }
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        number => number.to_string(),
    };
    match representation {
        "DA" | "DT" => in_range((&text, &text), wanted, |end, _| end.to_owned()),
        // A time without a fraction is known to the second: the worklist keeps no more of a study's.
        "TM" => in_range(
            (&padded(&text, '0'), &padded(&text, '9')),
            wanted,
            |end, is_upper| padded(end, if is_upper { '9' } else { '0' }),
        ),
        "UI" => wanted.split(is_separator).any(|uid| uid == text),
        "IS" | "DS" | "US" | "UL" | "SS" | "SL" | "FL" | "FD" | "UV" | "SV" => {
            is_number(&text, wanted)
        }
        _ if tag == MODALITIES_IN_STUDY => {
            wanted.split(is_separator).any(|one| is_like(&text, one))
        }
        _ => is_like(&text, wanted),
    }
}

/// A name matches as a whole or by one of its groups, in any case, with or without the `^` at its end.
fn is_name(name: &DataSet, wanted: &str) -> bool {
    let wanted = fold(wanted.trim_end_matches(['^', '=']));
    let groups = GROUPS.map(|group| name.get(group).and_then(Value::as_str).unwrap_or_default());
    let whole = groups.join("=");
    let whole = whole.trim_end_matches('=');
    let mut texts = groups
        .into_iter()
        .chain([whole])
        .filter(|text| !text.is_empty());
    texts.any(|text| is_like(&fold(text.trim_end_matches('^')), &wanted))
}

fn is_number(text: &str, wanted: &str) -> bool {
    match (text.parse::<f64>(), wanted.trim().parse::<f64>()) {
        (Ok(text), Ok(wanted)) => text.total_cmp(&wanted).is_eq(),
        _ => text == wanted,
    }
}

/// Whether what is known to be between `first` and `last` may be `wanted`, or may lie between its ends if it is a range. `end` makes an end comparable with
/// them; its second argument says whether that is the upper end.
fn in_range((first, last): (&str, &str), wanted: &str, end: impl Fn(&str, bool) -> String) -> bool {
    match wanted.split_once('-') {
        None => (first..=last).contains(&end(wanted, false).as_str()),
        Some((from, to)) => {
            (from.is_empty() || last >= end(from, false).as_str())
                && (to.is_empty() || first <= end(to, true).as_str())
        }
    }
}

/// A time with all its digits, `HHMMSS.FFFFFF`.
fn padded(time: &str, with: char) -> String {
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let fill = |text: &str, length: usize| -> String {
        text.chars()
            .chain(std::iter::repeat(with))
            .take(length)
            .collect()
    };
    // 99 seconds are more than any.
    format!("{}.{}", fill(whole, 6), fill(fraction, 6))
}

/// Whether `text` is like `pattern`, in which `*` is anything and `?` one character.
fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.chars().collect(), pattern.trim().chars().collect());
    let (mut at, mut in_pattern) = (0, 0);
    // Where the last `*` was, and up to where it has taken the text.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some('*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(c) if *c == '?' || *c == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => {
                let Some((place, taken)) = star else {
                    return false;
                };
                star = Some((place, taken + 1));
                (at, in_pattern) = (taken + 1, place + 1);
            }
        }
    }
    pattern[in_pattern..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set() -> DataSet {
        let set = json!({
            "00080020": { "vr": "DA", "Value": ["20260105"] },
            "00080030": { "vr": "TM", "Value": ["143022.5"] },
            "00080050": { "vr": "SH", "Value": ["A-1"] },
            "00080061": { "vr": "CS", "Value": ["CT", "SR"] },
            "00081030": { "vr": "LO", "Value": ["CT CHEST"] },
            "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "Zhang^San", "Ideographic": "张^三" }] },
            "0020000D": { "vr": "UI", "Value": ["1.2.3"] },
            "00200011": { "vr": "IS", "Value": [7] },
            "00200010": { "vr": "SH" },
            "00400275": { "vr": "SQ", "Value": [
                { "00400009": { "vr": "SH", "Value": ["S-1"] } },
                { "00400009": { "vr": "SH", "Value": ["S-2"] } },
            ] },
        });
        set.as_object().expect("an object").clone()
    }

    fn read(attribute: &str, value: &str) -> Result<Option<Condition>, &'static str> {
        Condition::new(attribute.parse().expect("an attribute"), value)
    }

    #[test]
    fn a_time_that_is_known_to_the_second_may_have_any_fraction() {
        let set = json!({ "00080030": { "vr": "TM", "Value": ["143022"] } });
        let set = set.as_object().expect("an object");
        for (value, is_found) in [
            ("143022", true),
            ("143022.921000", true),
            ("143022.5-143022.6", true),
            ("143022.5-", true),
            ("-143022.1", true),
            ("143021.9", false),
            ("1430", false),
            ("143023-", false),
            ("-143021.999999", false),
        ] {
            let condition = read("StudyTime", value).expect("a condition");
            assert_eq!(condition.expect("one").matches(set), is_found, "{value}");
        }
    }

    #[test]
    fn a_data_set_matches_as_the_standard_says() {
        for (attribute, value, is_found) in [
            ("StudyDate", "20260105", true),
            ("StudyDate", "20260106", false),
            ("StudyDate", "20260101-20260105", true),
            ("StudyDate", "20260106-", false),
            ("StudyDate", "-20260104", false),
            ("StudyDate", "-20260105", true),
            ("StudyTime", "143022.5", true),
            ("StudyTime", "1430-1430", true),
            ("StudyTime", "143023-", false),
            ("StudyTime", "-143022", true),
            ("StudyTime", "-143021", false),
            ("AccessionNumber", "A-1", true),
            ("AccessionNumber", "a-1", false),
            ("AccessionNumber", "A?1", true),
            ("AccessionNumber", "A-1*", true),
            ("AccessionNumber", "?", false),
            ("ModalitiesInStudy", "SR", true),
            ("ModalitiesInStudy", "MR\\CT", true),
            ("ModalitiesInStudy", "MR,CT", true),
            ("ModalitiesInStudy", "MR", false),
            ("StudyDescription", "*CHE*", true),
            ("StudyDescription", "CT*ES*T", true),
            ("StudyDescription", "CT*ST*T", false),
            ("StudyDescription", "CT*ABDOMEN", false),
            ("PatientName", "zhang^san", true),
            ("PatientName", "ZHANG*", true),
            ("PatientName", "张*", true),
            ("PatientName", "zhang^san^^^", true),
            ("PatientName", "Zhang^San=张^三", true),
            ("PatientName", "San*", false),
            ("StudyInstanceUID", "1.2.3", true),
            ("StudyInstanceUID", "1.2", false),
            ("StudyInstanceUID", "1.2,1.2.3", true),
            ("StudyInstanceUID", "1.2\\1.2.3", true),
            ("SeriesNumber", "7", true),
            ("SeriesNumber", "07", true),
            ("SeriesNumber", "8", false),
            ("SeriesNumber", "seven", false),
            ("StudyID", "*", true),
            ("StudyID", "1", false),
            ("PatientID", "*", true),
            ("PatientID", "P", false),
            (
                "RequestAttributesSequence.ScheduledProcedureStepID",
                "S-2",
                true,
            ),
            ("00400275.00400009", "S-3", false),
            ("00400275.00401001", "S-1", false),
        ] {
            let condition = read(attribute, value)
                .expect("a condition")
                .expect("one that says something");
            assert_eq!(condition.matches(&set()), is_found, "{attribute}={value}");
        }
    }

    #[test]
    fn what_is_no_value_of_its_kind_is_refused_and_nothing_is_anything() {
        for (attribute, value) in [
            ("StudyDate", "2026-01-05"),
            ("StudyDate", "202601"),
            ("StudyDate", "-"),
            ("StudyDate", "20260101-20260102-20260103"),
            ("StudyTime", "14:30"),
            ("StudyTime", "143"),
            ("StudyTime", "1430.5"),
            ("StudyInstanceUID", "1.2*"),
            ("StudyInstanceUID", "1.2,"),
            ("StudyInstanceUID", "1.2.x"),
            ("RequestAttributesSequence", "S-1"),
        ] {
            assert!(read(attribute, value).is_err(), "{attribute}={value}");
        }
        assert_eq!(read("StudyDate", ""), Ok(None));
    }

    #[test]
    fn a_pattern_of_many_stars_ends() {
        assert!(!is_like(
            &"a".repeat(2000),
            &format!("{}b", "a*".repeat(100))
        ));
        assert!(is_like("", "**"));
        assert!(!is_like("", "?"));
    }
}
