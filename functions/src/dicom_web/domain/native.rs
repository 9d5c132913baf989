//! Data sets as XML: the Native DICOM Model (PS3.19, section A.1), made of their DICOM JSON (PS3.18, section F.3.1 says what of the one is what of the other).

use std::io;

use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::BytesText;
use serde_json::{Map, Value};

use super::attribute::Tag;
use super::dataset::{DataSet, GROUPS};

/// The parts of one group of a name of a person, as `^` separates them (PS3.5, section 6.2.1).
const COMPONENTS: [&str; 5] = [
    "FamilyName",
    "GivenName",
    "MiddleName",
    "NamePrefix",
    "NameSuffix",
];

type Xml = Writer<Vec<u8>>;

/// A data set as one line of XML: a line break of a value is written as a reference, because a parser would make another of it.
///
/// # Errors
/// None of a data set of ours: the writer's.
pub(crate) fn native(set: &DataSet) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new(Vec::new());
    xml.get_mut()
        .extend_from_slice(br#"<?xml version="1.0" encoding="UTF-8"?>"#);
    xml.create_element("NativeDicomModel")
        .with_attribute(("xmlns", "http://dicom.nema.org/PS3.19/models/NativeDICOM"))
        .with_attribute(("xml:space", "preserve"))
        .write_inner_content(|xml| attributes(xml, set))?;
    Ok(xml.into_inner())
}

fn attributes(xml: &mut Xml, set: &DataSet) -> io::Result<()> {
    for (tag, element) in set {
        // Lengths of groups are no part of the model.
        let Some(tag) = tag.parse::<Tag>().ok().filter(|tag| tag.element() != 0) else {
            continue;
        };
        let creator = creator_of(tag, set);
        // The block of a private attribute is of its file only: the model names its creator instead.
        let written = creator.map_or(tag, |_| Tag(tag.0 & 0xFFFF_00FF));
        let mut attribute = xml
            .create_element("DicomAttribute")
            .with_attribute(("tag", written.to_string().as_str()))
            .with_attribute(("vr", element["vr"].as_str().unwrap_or("UN")));
        if let Some(keyword) = tag.keyword() {
            attribute = attribute.with_attribute(("keyword", keyword));
        }
        if let Some(creator) = creator {
            attribute =
                attribute.with_attribute((&b"privateCreator"[..], escaped(creator).as_bytes()));
        }
        attribute.write_inner_content(|xml| value(xml, element))?;
    }
    Ok(())
}

/// Who has reserved the block of a private attribute (PS3.5, section 7.8.1).
fn creator_of(tag: Tag, set: &DataSet) -> Option<&str> {
    let block = tag.element() >> 8;
    let is_private = !tag.group().is_multiple_of(2) && block >= 0x10;
    let reserved = is_private.then(|| Tag::of(tag.group(), block))?;
    set.get(&reserved.to_string())?["Value"][0].as_str()
}

/// What an attribute has: a value, several, items, or where it is.
fn value(xml: &mut Xml, element: &Value) -> io::Result<()> {
    if let Some(uri) = element["BulkDataURI"].as_str() {
        xml.create_element("BulkData")
            .with_attribute((&b"uri"[..], escaped(uri).as_bytes()))
            .write_empty()?;
    }
    if let Some(base64) = element["InlineBinary"].as_str() {
        xml.create_element("InlineBinary")
            .write_text_content(BytesText::new(base64))?;
    }
    let representation = element["vr"].as_str().unwrap_or_default();
    let values = element["Value"].as_array().into_iter().flatten();
    for (value, number) in values.zip(1_u64..) {
        let name = match representation {
            "SQ" => "Item",
            "PN" => "PersonName",
            _ => "Value",
        };
        let one = xml
            .create_element(name)
            .with_attribute(("number", number.to_string().as_str()));
        match value {
            Value::Null => one.write_empty()?,
            Value::Object(item) if name == "Item" => {
                one.write_inner_content(|xml| attributes(xml, item))?
            }
            Value::Object(groups) => one.write_inner_content(|xml| person(xml, groups))?,
            Value::String(text) => one.write_text_content(text_of(text))?,
            number => one.write_text_content(text_of(&number.to_string()))?,
        };
    }
    Ok(())
}

fn person(xml: &mut Xml, groups: &Map<String, Value>) -> io::Result<()> {
    for group in GROUPS {
        let Some(name) = groups.get(group).and_then(Value::as_str) else {
            continue;
        };
        xml.create_element(group).write_inner_content(|xml| {
            // What has more parts than a name can have keeps them in the last one.
            let parts = COMPONENTS
                .into_iter()
                .zip(name.splitn(COMPONENTS.len(), '^'));
            for (component, part) in parts.filter(|(_, part)| !part.is_empty()) {
                xml.create_element(component)
                    .write_text_content(text_of(part))?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn text_of(text: &str) -> BytesText<'static> {
    BytesText::from_escaped(escaped(text))
}

/// A text as XML has it. A control character that XML 1.0 cannot have, not even as a reference (section 2.2), becomes the sign for what cannot be
/// shown; a form feed, which long texts of DICOM may have (PS3.5, section 6.1.3), too.
fn escaped(text: &str) -> String {
    let can_be = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    let readable: String = text
        .chars()
        .map(|c| {
            if can_be(&c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect();
    let escaped = escape(readable.as_str());
    escaped
        .replace('\r', "&#13;")
        .replace('\n', "&#10;")
        .replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The XML between the root's tags.
    fn inside(set: &Value) -> String {
        let set = set.as_object().expect("a data set");
        let xml = String::from_utf8(native(set).expect("it is written")).expect("it is text");
        let xml = xml
            .strip_prefix(concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?>"#,
                r#"<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">"#
            ))
            .expect("its head");
        xml.strip_suffix("</NativeDicomModel>")
            .expect("its end")
            .to_owned()
    }

    #[test]
    fn every_kind_of_value_is_as_the_model_has_it() {
        for (set, expected) in [
            (
                json!({ "00080008": { "vr": "CS", "Value": ["ORIGINAL", null, "AXIAL"] } }),
                r#"<DicomAttribute tag="00080008" vr="CS" keyword="ImageType"><Value number="1">ORIGINAL</Value><Value number="2"/><Value number="3">AXIAL</Value></DicomAttribute>"#,
            ),
            (
                json!({ "00200013": { "vr": "IS", "Value": [-5] }, "00280030": { "vr": "DS", "Value": [0.5, "1.50"] } }),
                r#"<DicomAttribute tag="00200013" vr="IS" keyword="InstanceNumber"><Value number="1">-5</Value></DicomAttribute><DicomAttribute tag="00280030" vr="DS" keyword="PixelSpacing"><Value number="1">0.5</Value><Value number="2">1.50</Value></DicomAttribute>"#,
            ),
            (
                json!({ "00081115": { "vr": "SQ", "Value": [{ "0020000E": { "vr": "UI", "Value": ["1.2"] } }, {}] } }),
                r#"<DicomAttribute tag="00081115" vr="SQ" keyword="ReferencedSeriesSequence"><Item number="1"><DicomAttribute tag="0020000E" vr="UI" keyword="SeriesInstanceUID"><Value number="1">1.2</Value></DicomAttribute></Item><Item number="2"></Item></DicomAttribute>"#,
            ),
            (
                json!({ "00281201": { "vr": "OW", "InlineBinary": "AQI=" }, "7FE00010": { "vr": "OW", "BulkDataURI": "http://h/a?b&c" } }),
                r#"<DicomAttribute tag="00281201" vr="OW" keyword="RedPaletteColorLookupTableData"><InlineBinary>AQI=</InlineBinary></DicomAttribute><DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData"><BulkData uri="http://h/a?b&amp;c"/></DicomAttribute>"#,
            ),
            (
                json!({ "00100020": { "vr": "LO" }, "00280000": { "vr": "UL", "Value": [4] }, "nonsense": {} }),
                r#"<DicomAttribute tag="00100020" vr="LO" keyword="PatientID"></DicomAttribute>"#,
            ),
            (
                json!({ "60020010": { "vr": "US", "Value": [8] } }),
                r#"<DicomAttribute tag="60020010" vr="US" keyword="OverlayRows"><Value number="1">8</Value></DicomAttribute>"#,
            ),
        ] {
            assert_eq!(inside(&set), expected, "{set}");
        }
    }

    #[test]
    fn a_number_is_the_one_that_was_read() {
        let text = r#"{ "00189073": { "vr": "FD", "Value": [221.36400640010834, 1e-6] } }"#;
        let set: Value = serde_json::from_str(text).expect("JSON");
        for value in ["221.36400640010834", "1e-6"] {
            assert!(
                inside(&set).contains(&format!(">{value}</Value>")),
                "{}",
                inside(&set)
            );
        }
        assert!(set.to_string().contains("[221.36400640010834,1e-6]"));
    }

    #[test]
    fn a_name_is_taken_apart() {
        let name = json!({ "Alphabetic": "Zhang^San^^Dr.^", "Ideographic": "张^三", "Phonetic": "a^b^c^d^e^f" });
        let set = json!({ "00100010": { "vr": "PN", "Value": [name, null] } });
        let expected = concat!(
            r#"<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1">"#,
            "<Alphabetic><FamilyName>Zhang</FamilyName><GivenName>San</GivenName><NamePrefix>Dr.</NamePrefix></Alphabetic>",
            "<Ideographic><FamilyName>张</FamilyName><GivenName>三</GivenName></Ideographic>",
            "<Phonetic><FamilyName>a</FamilyName><GivenName>b</GivenName><MiddleName>c</MiddleName><NamePrefix>d</NamePrefix><NameSuffix>e^f</NameSuffix></Phonetic>",
            r#"</PersonName><PersonName number="2"/></DicomAttribute>"#,
        );
        assert_eq!(inside(&set), expected);
    }

    #[test]
    fn a_private_attribute_names_who_has_reserved_its_block() {
        let set = json!({
            "00090010": { "vr": "LO", "Value": ["ACME \"1\"\n"] },
            "00091001": { "vr": "SH", "Value": ["x"] },
            "00091101": { "vr": "SH", "Value": ["nobody's"] },
        });
        let expected = concat!(
            r#"<DicomAttribute tag="00090010" vr="LO"><Value number="1">ACME &quot;1&quot;&#10;</Value></DicomAttribute>"#,
            r#"<DicomAttribute tag="00090001" vr="SH" privateCreator="ACME &quot;1&quot;&#10;"><Value number="1">x</Value></DicomAttribute>"#,
            r#"<DicomAttribute tag="00091101" vr="SH"><Value number="1">nobody&apos;s</Value></DicomAttribute>"#,
        );
        assert_eq!(inside(&set), expected);
    }

    #[test]
    fn no_text_breaks_the_xml_or_its_line() {
        for (text, expected) in [
            ("a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;"),
            ("]]>", "]]&gt;"),
            ("one\r\ntwo\tthree", "one&#13;&#10;two&#9;three"),
            (" padded ", " padded "),
            (
                "\u{c}page\u{0}\u{1b}\u{FFFE}",
                "\u{FFFD}page\u{FFFD}\u{FFFD}\u{FFFD}",
            ),
            ("\u{1F600}", "\u{1F600}"),
        ] {
            let set = json!({ "00104000": { "vr": "LT", "Value": [text] } });
            let value = format!("<Value number=\"1\">{expected}</Value>");
            assert!(inside(&set).contains(&value), "{text:?}: {}", inside(&set));
        }
    }
}
