//! What a DICOM file says of itself: the JSON of all its elements.

use std::io::Read as _;

use flate2::read::GzDecoder;
use imaging::dicom::{Bulk, Charset, Head, How};
use imaging::fixtures::{
    DEFLATED, DicomSpec, EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, dicom,
};
use imaging::{Code, Inspection, Instance, Limits, Outcome};
use serde_json::{Value, json};

use crate::elements::{element, item, open_item, words};
use crate::inspect;

const SYNTAXES: [&str; 4] = [
    IMPLICIT_LITTLE_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    EXPLICIT_BIG_ENDIAN,
    DEFLATED,
];

fn with(transfer_syntax: &'static str, extra: Vec<(u32, [u8; 2], Vec<u8>)>) -> DicomSpec {
    DicomSpec {
        transfer_syntax,
        extra,
        ..DicomSpec::default()
    }
}

pub(crate) fn instance_of(bytes: &[u8]) -> Instance {
    let inspection = inspect(bytes);
    let Inspection { warnings, .. } = &inspection;
    let instance = inspection.instance.clone();
    instance.unwrap_or_else(|| panic!("no instance: {warnings:?}"))
}

fn unpacked(instance: &Instance) -> Vec<u8> {
    let mut text = Vec::new();
    let read = GzDecoder::new(instance.json.as_slice()).read_to_end(&mut text);
    read.expect("a gzip file");
    text
}

/// The only data set of the JSON of `bytes`.
fn elements(bytes: &[u8]) -> Value {
    let text = unpacked(&instance_of(bytes));
    let mut json: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(json.as_array().expect("an array").len(), 1);
    json[0].take()
}

fn of(spec: &DicomSpec) -> Value {
    elements(&dicom(spec))
}

fn limited(bytes: &[u8], limits: &Limits) -> Inspection {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), bytes).expect("it takes the bytes");
    imaging::inspect(file.path(), limits)
}

#[test]
fn a_slice_says_the_same_in_every_encoding() {
    for syntax in SYNTAXES {
        let spec = DicomSpec {
            window: Some((40.0, 400.5)),
            ..with(syntax, Vec::new())
        };
        let expected = json!({
            "00080005": { "vr": "CS", "Value": ["ISO_IR 192"] },
            "00080016": { "vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"] },
            "00080018": { "vr": "UI", "Value": ["1.2.826.0.1.3680043.10.1.1.1"] },
            "00080020": { "vr": "DA", "Value": ["20260105"] },
            "00080060": { "vr": "CS", "Value": ["CT"] },
            "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "TEST^PATIENT" }] },
            "00100020": { "vr": "LO", "Value": ["P-1"] },
            "00180015": { "vr": "CS", "Value": ["CHEST"] },
            "0020000D": { "vr": "UI", "Value": ["1.2.826.0.1.3680043.10.1"] },
            "0020000E": { "vr": "UI", "Value": ["1.2.826.0.1.3680043.10.1.1"] },
            "00200013": { "vr": "IS", "Value": [1] },
            "00280002": { "vr": "US", "Value": [1] },
            "00280004": { "vr": "CS", "Value": ["MONOCHROME2"] },
            "00280010": { "vr": "US", "Value": [64] },
            "00280011": { "vr": "US", "Value": [64] },
            "00280100": { "vr": "US", "Value": [16] },
            "00280101": { "vr": "US", "Value": [12] },
            "00280102": { "vr": "US", "Value": [11] },
            "00280103": { "vr": "US", "Value": [0] },
            "00281050": { "vr": "DS", "Value": [40] },
            "00281051": { "vr": "DS", "Value": [400.5] },
            "7FE00010": { "vr": "OW", "BulkDataURI": "pixeldata" },
        });
        assert_eq!(of(&spec), expected, "{syntax}");
    }
}

#[test]
fn the_text_is_utf_8_whatever_the_file_was() {
    for (set, name) in [
        (
            Some("GB18030"),
            &b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab"[..],
        ),
        (
            Some("\\ISO 2022 IR 58"),
            b"Wang^XiaoDong=\x1b$)A\xcd\xf5^\x1b$)A\xd0\xa1\xb6\xab",
        ),
        (Some("ISO_IR 192"), "Wang^XiaoDong=王^小东".as_bytes()),
        // Named wrongly, or not at all.
        (
            Some("ISO_IR 192"),
            b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab",
        ),
        (None, b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab"),
    ] {
        let json = of(&DicomSpec {
            character_set: set,
            patient_name: name.to_vec(),
            ..DicomSpec::default()
        });
        assert_eq!(
            json["00100010"]["Value"],
            json!([{ "Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小东" }]),
            "{set:?}"
        );
        assert_eq!(json["00080005"]["Value"], json!(["ISO_IR 192"]), "{set:?}");
    }
}

#[test]
fn a_text_that_the_header_does_not_need_is_read_right_too() {
    let institution = |set, bytes: &[u8]| {
        let spec = DicomSpec {
            character_set: set,
            extra: vec![(0x0008_0080, *b"LO", bytes.to_vec())],
            ..DicomSpec::default()
        };
        of(&spec)["00080080"]["Value"][0].clone()
    };
    let gb = b"\xd6\xd0\xc8\xd5\xd3\xd1\xba\xc3\xd2\xbd\xd4\xba";
    assert_eq!(institution(Some("GB18030"), gb), "中日友好医院");
    assert_eq!(institution(None, gb), "中日友好医院");
    // The second byte of the character is a backslash.
    assert_eq!(
        institution(Some("ISO_IR 13"), b"\x83\x5c\x83\x74\x83\x67"),
        "ソフト"
    );
    let spec = DicomSpec {
        extra: vec![(0x0008_0080, *b"LO", gb.to_vec())],
        ..DicomSpec::default()
    };
    let limits = Limits {
        charset: Charset::named("GB18030"),
        ..Limits::default()
    };
    let instance = limited(&dicom(&spec), &limits).instance.expect("elements");
    assert!(
        String::from_utf8(unpacked(&instance))
            .expect("UTF-8")
            .contains("中日友好医院")
    );
}

#[test]
fn sequences_are_nested_and_read_in_their_own_character_set() {
    for syntax in [
        EXPLICIT_LITTLE_ENDIAN,
        IMPLICIT_LITTLE_ENDIAN,
        EXPLICIT_BIG_ENDIAN,
    ] {
        let code = |value: &[u8]| element(syntax, 0x0008_0104, *b"LO", value);
        let inner = item(syntax, &[code(b"inner ")]);
        let items = [
            item(
                syntax,
                &[
                    element(syntax, 0x0008_0005, *b"CS", b"ISO_IR 144"),
                    code(b"\xbb\xee\xda\xd0"),
                    element(syntax, 0x0040_A730, *b"SQ", &inner),
                ],
            ),
            open_item(syntax, &[code("müde".as_bytes())]),
            item(syntax, &[]),
        ];
        let json = of(&DicomSpec {
            character_set: Some("ISO_IR 192"),
            ..with(
                syntax,
                vec![
                    (0x0008_1140, *b"SQ", items.concat()),
                    (0x0008_1199, *b"SQ", Vec::new()),
                ],
            )
        });
        assert_eq!(
            json["00081140"],
            json!({ "vr": "SQ", "Value": [
                {
                    "00080005": { "vr": "CS", "Value": ["ISO_IR 192"] },
                    "00080104": { "vr": "LO", "Value": ["Люка"] },
                    "0040A730": { "vr": "SQ", "Value": [
                        { "00080104": { "vr": "LO", "Value": ["inner"] } },
                    ] },
                },
                { "00080104": { "vr": "LO", "Value": ["müde"] } },
                {},
            ] }),
            "{syntax}"
        );
        assert_eq!(json["00081199"], json!({ "vr": "SQ" }), "{syntax}");
    }
}

#[test]
fn private_unknown_and_empty_elements_are_there() {
    let elements = || {
        vec![
            (0x0008_0000, *b"UL", vec![4, 0, 0, 0]),
            (0x0008_0050, *b"SH", Vec::new()),
            (0x0009_0010, *b"LO", b"FILMROOM".to_vec()),
            (0x0009_1001, *b"UN", b"ab".to_vec()),
            (0x0009_1002, *b"UN", Vec::new()),
            (0x0010_4000, *b"UN", b"a remark".to_vec()),
            (0x0028_0009, *b"AT", vec![0x18, 0, 0x63, 0x10]),
            (0x0028_0106, *b"SS", vec![0xFE, 0xFF]),
        ]
    };
    for syntax in [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN] {
        let json = of(&DicomSpec {
            signed: true,
            ..with(syntax, elements())
        });
        for (tag, expected) in [
            ("00080000", Value::Null),
            ("00080050", json!({ "vr": "SH" })),
            ("00090010", json!({ "vr": "LO", "Value": ["FILMROOM"] })),
            ("00091001", json!({ "vr": "UN", "InlineBinary": "YWI=" })),
            ("00091002", json!({ "vr": "UN" })),
            ("00104000", json!({ "vr": "LT", "Value": ["a remark"] })),
            ("00280009", json!({ "vr": "AT", "Value": ["00181063"] })),
            ("00280106", json!({ "vr": "SS", "Value": [-2] })),
        ] {
            assert_eq!(json[tag], expected, "{syntax} {tag}");
        }
    }
}

#[test]
fn what_is_long_is_elsewhere_and_its_uri_says_where() {
    let table: Vec<u16> = (0..9000).collect();
    for syntax in [EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN] {
        let table = words(syntax, table.iter().copied());
        let bytes = dicom(&with(
            syntax,
            vec![
                (0x0009_1001, *b"OB", vec![7; 1024]),
                (0x0028_2000, *b"OB", vec![9; 1026]),
                (0x0028_1201, *b"OW", table.clone()),
            ],
        ));
        let json = elements(&bytes);
        assert!(json["00091001"]["InlineBinary"].is_string());
        let bulk = |tag: &str| -> Bulk {
            let uri = json[tag]["BulkDataURI"].as_str().expect("a URI");
            uri.parse().expect("one of ours")
        };
        let range = |bulk: Bulk| {
            let start = usize::try_from(bulk.offset).expect("an offset");
            &bytes[start..start + usize::try_from(bulk.length).expect("a length")]
        };
        let profile = bulk("00282000");
        assert_eq!((profile.how, range(profile)), (How::Stored, &[9; 1026][..]));
        let red = bulk("00281201");
        let how = if syntax == EXPLICIT_BIG_ENDIAN {
            How::Swapped(2)
        } else {
            How::Stored
        };
        assert_eq!((red.how, range(red)), (how, &table[..]), "{syntax}");
    }
    let deflated = of(&with(DEFLATED, vec![(0x0028_2000, *b"OB", vec![9; 1026])]));
    let uri = deflated["00282000"]["BulkDataURI"].as_str().expect("a URI");
    assert!(uri.starts_with("bulkdata/inflated/"), "{uri}");
}

#[test]
fn a_uri_of_bulk_data_is_written_in_one_way_only() {
    for uri in [
        "bulkdata/stored/12/34",
        "bulkdata/swapped4/0/8",
        "bulkdata/inflated/1/2",
    ] {
        assert_eq!(uri.parse::<Bulk>().expect("one of ours").to_string(), uri);
    }
    for uri in [
        "pixeldata",
        "bulkdata/stored/012/34",
        "bulkdata/stored/-1/34",
        "bulkdata/stored/1",
        "bulkdata/stored/1/2/3",
        "bulkdata/swapped3/1/2",
        "bulkdata/stored/1/99999999999999999999",
    ] {
        assert!(uri.parse::<Bulk>().is_err(), "{uri}");
    }
}

#[test]
fn of_two_elements_with_the_same_tag_the_first_one_counts() {
    let json = of(&with(
        EXPLICIT_LITTLE_ENDIAN,
        vec![
            (0x0008_1030, *b"LO", b"first ".to_vec()),
            (0x0008_1030, *b"LO", b"second".to_vec()),
        ],
    ));
    assert_eq!(json["00081030"]["Value"], json!(["first"]));
}

#[test]
fn a_file_that_breaks_off_says_what_it_can() {
    let bytes = dicom(&DicomSpec::default());
    let end = bytes.len() - 64 * 64 * 2 - 60;
    let json = elements(&bytes[..end]);
    assert_eq!(json["00100020"]["Value"], json!(["P-1"]));
    assert!(json.get("7FE00010").is_none());
    let whole = elements(&bytes[..bytes.len() - 100]);
    assert_eq!(whole["7FE00010"]["BulkDataURI"], "pixeldata");
}

#[test]
fn too_many_elements_are_a_warning_and_the_picture_is_there() {
    let limits = Limits {
        max_json_bytes: 40 << 10,
        ..Limits::default()
    };
    let spec = with(
        EXPLICIT_LITTLE_ENDIAN,
        vec![(0x0010_4000, *b"UT", vec![b'a'; 60 << 10])],
    );
    let inspection = limited(&dicom(&spec), &limits);
    assert_eq!(inspection.instance, None);
    assert!(matches!(inspection.outcome, Outcome::Picture(_)));
    let codes: Vec<Code> = inspection
        .warnings
        .iter()
        .map(|reason| reason.code)
        .collect();
    assert_eq!(codes, [Code::ElementsNotListed]);
}

#[test]
fn what_follows_the_pixels_is_listed() {
    for fragments in [None, Some(vec![vec![1; 64 * 64 * 2]])] {
        let mut bytes = dicom(&DicomSpec {
            fragments,
            ..DicomSpec::default()
        });
        bytes.extend(element(
            EXPLICIT_LITTLE_ENDIAN,
            0xFFFC_FFFC,
            *b"OB",
            &[0; 4],
        ));
        let json = elements(&bytes);
        assert_eq!(
            json["FFFCFFFC"],
            json!({ "vr": "OB", "InlineBinary": "AAAAAA==" })
        );
    }
}

#[test]
fn an_instance_without_pixels_says_so() {
    let spec = DicomSpec {
        has_pixels: false,
        ..DicomSpec::default()
    };
    let instance = instance_of(&dicom(&spec));
    assert_eq!(Head::read(&instance.json), Some(Head::NoPixels));
    assert_eq!(instance.frames, None);
}
