//! Data sets as DICOM JSON (PS3.18, annex F), of which queries are answered.

use serde_json::{Map, Value, json};

use super::attribute::Tag;

/// The groups of a name of a person (PS3.18, section F.2.2).
pub(crate) const GROUPS: [&str; 3] = ["Alphabetic", "Ideographic", "Phonetic"];

/// A data set.
pub(crate) type DataSet = Map<String, Value>;

/// Puts an element with these values; without any it is empty.
pub(crate) fn put(into: &mut DataSet, tag: u32, representation: &str, values: Vec<Value>) {
    let mut element = json!({ "vr": representation });
    if !values.is_empty() {
        element["Value"] = values.into();
    }
    into.insert(Tag(tag).to_string(), element);
}

/// Puts an element with one text, or an empty one.
pub(crate) fn put_text(into: &mut DataSet, tag: u32, representation: &str, text: Option<&str>) {
    let text = text.filter(|text| !text.is_empty());
    put(
        into,
        tag,
        representation,
        text.map(Value::from).into_iter().collect(),
    );
}

/// Puts a number.
pub(crate) fn put_number(
    into: &mut DataSet,
    tag: u32,
    representation: &str,
    number: impl Into<Value>,
) {
    put(into, tag, representation, vec![number.into()]);
}

/// Puts a name of a person, whose groups have `=` between them (PS3.5, section 6.2.1).
pub(crate) fn put_name(into: &mut DataSet, tag: u32, name: Option<&str>) {
    let parts = name.unwrap_or_default().split('=');
    let groups = GROUPS
        .into_iter()
        .zip(parts)
        .filter(|(_, part)| !part.is_empty());
    let name: Map<String, Value> = groups
        .map(|(group, part)| (group.to_owned(), part.into()))
        .collect();
    let name = (!name.is_empty()).then_some(Value::Object(name));
    put(into, tag, "PN", name.into_iter().collect());
}

/// The digits of a date or time of ours: `2026-01-05` is `20260105`, `14:30:22` is `143022`.
pub(crate) fn digits(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_as_dicom_json_has_them() {
        let mut set = DataSet::new();
        put_text(&mut set, 0x0008_0050, "SH", Some("A-1"));
        put_text(&mut set, 0x0020_0010, "SH", None);
        put_number(&mut set, 0x0020_1208, "IS", 4_u64);
        put_name(&mut set, 0x0010_0010, Some("Zhang^San=张^三"));
        put_name(&mut set, 0x0008_0090, None);
        let expected = json!({
            "00080050": { "vr": "SH", "Value": ["A-1"] },
            "00200010": { "vr": "SH" },
            "00201208": { "vr": "IS", "Value": [4] },
            "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "Zhang^San", "Ideographic": "张^三" }] },
            "00080090": { "vr": "PN" },
        });
        assert_eq!(Value::Object(set), expected);
        assert_eq!(
            (digits("2026-01-05"), digits("14:30:22")),
            ("20260105".to_owned(), "143022".to_owned())
        );
    }
}
