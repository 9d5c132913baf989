//! What is known without a look into a file: by the worklist, by the rows of series and by the records.

use serde_json::{Value, json};
use service::db::worklist::SeriesRow;
use service::domain::FileRecord;
use service::domain::worklist::Entry;

use super::attribute::Tag;
use super::dataset::{DataSet, digits, put, put_name, put_number, put_text};
use super::levels::Level;

/// What the worklist knows of studies.
pub(crate) const OF_STUDIES: &[u32] = &[
    0x0008_0005,
    0x0008_0020,
    0x0008_0030,
    0x0008_0050,
    0x0008_0056,
    0x0008_0061,
    0x0008_1030,
    0x0010_0010,
    0x0010_0020,
    0x0010_0030,
    0x0010_0040,
    0x0020_000D,
    0x0020_1206,
    0x0020_1208,
];
/// What is known of series.
pub(crate) const OF_SERIES: &[u32] = &[
    0x0008_0060,
    0x0008_103E,
    0x0020_000E,
    0x0020_0011,
    0x0020_1209,
];
/// What records know of instances.
pub(crate) const OF_INSTANCES: &[u32] = &[0x0008_0016, 0x0008_0018, 0x0020_0013];

/// Whether only files say what this attribute is, for a search of `level`.
pub(crate) fn is_deep(tag: Tag, level: Level) -> bool {
    let known: &[&[u32]] = match level {
        Level::Study => &[OF_STUDIES],
        Level::Series => &[OF_STUDIES, OF_SERIES],
        Level::Instance => &[OF_STUDIES, OF_SERIES, OF_INSTANCES],
    };
    !known.iter().any(|known| known.contains(&tag.0))
}

/// What is known of a study: it is the sum of what its files say.
pub(crate) fn known_of_study(entry: &Entry) -> DataSet {
    let mut set = DataSet::new();
    let text = |value: &Option<String>| value.as_deref().map(digits);
    let patient = entry.patient.clone().unwrap_or_default();
    put_text(&mut set, 0x0008_0005, "CS", Some("ISO_IR 192"));
    put_text(&mut set, 0x0008_0020, "DA", text(&entry.date).as_deref());
    put_text(&mut set, 0x0008_0030, "TM", text(&entry.time).as_deref());
    put_text(&mut set, 0x0008_0050, "SH", entry.accession.as_deref());
    put_text(&mut set, 0x0008_0056, "CS", Some("ONLINE"));
    let modalities = entry.modalities.iter().map(|modality| json!(modality));
    put(&mut set, 0x0008_0061, "CS", modalities.collect());
    if entry.description.is_some() {
        put_text(&mut set, 0x0008_1030, "LO", entry.description.as_deref());
    }
    put_name(&mut set, 0x0010_0010, patient.name.as_deref());
    put_text(&mut set, 0x0010_0020, "LO", patient.id.as_deref());
    put_text(
        &mut set,
        0x0010_0030,
        "DA",
        text(&patient.birth_date).as_deref(),
    );
    put_text(&mut set, 0x0010_0040, "CS", patient.sex.as_deref());
    put_text(&mut set, 0x0020_000D, "UI", entry.uid.as_deref());
    put_number(&mut set, 0x0020_1206, "IS", entry.series);
    put_number(&mut set, 0x0020_1208, "IS", entry.files);
    set
}

/// What is known of a series.
pub(crate) fn known_of_series(series: &SeriesRow) -> DataSet {
    let mut set = DataSet::new();
    put_text(&mut set, 0x0008_0060, "CS", series.modality.as_deref());
    if series.description.is_some() {
        put_text(&mut set, 0x0008_103E, "LO", series.description.as_deref());
    }
    put_text(&mut set, 0x0020_000E, "UI", series.uid.as_deref());
    let number = series.number.map(Value::from);
    put(&mut set, 0x0020_0011, "IS", number.into_iter().collect());
    put_number(&mut set, 0x0020_1209, "IS", series.files);
    set
}

/// What is known of an instance.
pub(crate) fn known_of_instance(file: &FileRecord) -> DataSet {
    let mut set = DataSet::new();
    let dicom = file.dicom.clone().unwrap_or_default();
    put_text(&mut set, 0x0008_0016, "UI", dicom.sop_class_uid.as_deref());
    put_text(
        &mut set,
        0x0008_0018,
        "UI",
        dicom.sop_instance_uid.as_deref(),
    );
    put_text(&mut set, 0x0008_0056, "CS", Some("ONLINE"));
    let number = dicom.instance_number.map(Value::from);
    put(&mut set, 0x0020_0013, "IS", number.into_iter().collect());
    set
}
