//! How the parameters are described.

use serde_json::{Value, from_value, json};
use service::domain::number::EXACT_END;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};

use super::domain::uid;

/// A date, or a range of dates.
const DATES: &str = "^([0-9]{8}|[0-9]{8}-|-[0-9]{8}|[0-9]{8}-[0-9]{8})$";
/// A time, or a range of times.
const TIMES: &str = "^([0-9]{2}([0-9]{2}([0-9]{2})?)?|[0-9]{2}([0-9]{2}([0-9]{2})?)?-|-[0-9]{2}([0-9]{2}([0-9]{2})?)?)$";

/// A UID in a path.
fn in_path(name: &str, description: &str) -> Parameter {
    let schema = json!({ "type": "string", "pattern": uid::PATTERN, "maxLength": uid::MOST });
    ParameterBuilder::from(parameter(name, description, schema))
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .build()
}

fn study() -> Vec<Parameter> {
    vec![in_path("study_uid", "Study Instance UID (0020,000D)")]
}

fn series() -> Vec<Parameter> {
    vec![in_path("series_uid", "Series Instance UID (0020,000E)")]
}

fn instance() -> Vec<Parameter> {
    vec![in_path("instance_uid", "SOP Instance UID (0008,0018)")]
}

fn parameter(name: &str, description: &str, schema: Value) -> Parameter {
    let schema: RefOr<Schema> = from_value(schema).expect("a schema");
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn text(name: &str, description: &str) -> Parameter {
    parameter(name, description, json!({ "type": "string" }))
}

fn uids(name: &str, description: &str) -> Parameter {
    let one = uid::PATTERN.trim_start_matches('^').trim_end_matches('$');
    let pattern = format!("^{one}(,{one})*$");
    parameter(
        name,
        description,
        json!({ "type": "string", "pattern": pattern, "maxLength": uid::MOST }),
    )
}

fn pattern(name: &str, description: &str, pattern: &str) -> Parameter {
    parameter(
        name,
        description,
        json!({ "type": "string", "pattern": pattern }),
    )
}

/// What every search takes.
fn of_search() -> Vec<Parameter> {
    vec![
        parameter(
            "limit",
            "Results, at most. There are never more than 1,000 in an answer; a warning 299 says that there are more",
            json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": EXACT_END - 1 }),
        ),
        parameter(
            "offset",
            "Results to leave out at the beginning",
            json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": EXACT_END - 1 }),
        ),
        parameter(
            "fuzzymatching",
            "`true` is answered by literal matching, with a warning 299",
            json!({ "type": "boolean" }),
        ),
        parameter(
            "includefield",
            "`all`, or attributes with commas between them, by keyword or tag; may be given several times",
            json!({ "type": "string", "examples": ["00181030"], "pattern": "^(all|[0-9A-Fa-f]{8})$" }),
        ),
        of_whom(),
        accept(SETS),
    ]
}

/// For administrators: whose studies.
fn of_whom() -> Parameter {
    let id =
        json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": EXACT_END - 1 });
    parameter(
        "uploaded_by",
        "For administrators: the studies of this user id. Without it, the caller's own",
        id,
    )
}

/// A parameter that stands for the header, of one of these types.
fn accept(types: &[&str]) -> Parameter {
    let types = json!({ "type": "string", "enum": types });
    parameter("accept", "Stands for the header `Accept`", types)
}

const SETS: &[&str] = &[
    "application/dicom+json",
    "application/json",
    "multipart/related; type=\"application/dicom+xml\"",
];

fn of_stored() -> Vec<Parameter> {
    vec![
        of_whom(),
        accept(&["*/*", "multipart/related; type=\"application/dicom\""]),
    ]
}

fn of_frames() -> Vec<Parameter> {
    vec![
        of_whom(),
        accept(&[
            "*/*",
            "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*",
        ]),
    ]
}

fn of_pictures() -> Vec<Parameter> {
    vec![of_whom(), accept(&["image/jpeg"])]
}

fn of_rendered() -> Vec<Parameter> {
    let number = "-?[0-9]+(\\.[0-9]+)?";
    let side = "([1-9][0-9]{0,2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-6])";
    vec![
        of_whom(),
        accept(&["image/jpeg", "image/png"]),
        pattern(
            "window",
            "Centre, width and function of the window (PS3.18 section 8.3.5.1.4). The width is more than 0, and at least 1 with `linear`",
            &format!("^{number},[1-9][0-9]*(\\.[0-9]+)?,(linear|linear-exact|sigmoid)$"),
        ),
        pattern(
            "viewport",
            "Columns and rows that the picture has to fill without being distorted, and the part of it: left, top, width and height in pixels of the frame. A negative width or height flips it",
            &format!("^{side},{side}(,[0-9]+,[0-9]+(,-?[1-9][0-9]*,-?[1-9][0-9]*)?)?$"),
        ),
        parameter(
            "quality",
            "Of a JPEG",
            json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
        ),
    ]
}

fn of_elements() -> Vec<Parameter> {
    vec![of_whom(), accept(SETS)]
}

fn of_studies() -> Vec<Parameter> {
    vec![
        pattern("StudyDate", "A date, YYYYMMDD, or a range of dates", DATES),
        pattern("StudyTime", "A time, HHMMSS, or a range of times", TIMES),
        text("AccessionNumber", "With wildcards `*` and `?`"),
        text(
            "ModalitiesInStudy",
            "One of the study's, or several with commas between them",
        ),
        text("ReferringPhysicianName", "In any case, with wildcards"),
        text(
            "PatientName",
            "In any case, with wildcards: as a whole, or one of its groups",
        ),
        text("PatientID", "With wildcards"),
        uids(
            "StudyInstanceUID",
            "A UID, or several with commas between them",
        ),
        text("StudyID", "With wildcards"),
    ]
}

fn of_series() -> Vec<Parameter> {
    vec![
        text("Modality", "With wildcards"),
        uids(
            "SeriesInstanceUID",
            "A UID, or several with commas between them",
        ),
        text("SeriesNumber", "A number"),
        pattern(
            "PerformedProcedureStepStartDate",
            "A date, YYYYMMDD, or a range of dates",
            DATES,
        ),
        pattern(
            "PerformedProcedureStepStartTime",
            "A time, HHMMSS, or a range of times",
            TIMES,
        ),
        text(
            "RequestAttributesSequence.ScheduledProcedureStepID",
            "With wildcards",
        ),
        text(
            "RequestAttributesSequence.RequestedProcedureID",
            "With wildcards",
        ),
    ]
}

fn of_instances() -> Vec<Parameter> {
    vec![
        uids("SOPClassUID", "A UID, or several with commas between them"),
        uids(
            "SOPInstanceUID",
            "A UID, or several with commas between them",
        ),
        text("InstanceNumber", "A number"),
    ]
}

macro_rules! parameters {
    ($($(#[doc = $doc:literal])* $name:ident: $($of:ident),+;)*) => {
        $(
            $(#[doc = $doc])*
            pub(crate) struct $name;

            impl utoipa::IntoParams for $name {
                fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                    [$($of()),+].concat()
                }
            }
        )*
    };
}

parameters! {
    /// In the path of a study.
    InStudy: study;
    /// In the path of a series.
    InSeries: study, series;
    /// In the path of an instance.
    InInstance: study, series, instance;
    /// Of a search for studies.
    ForStudies: of_search, of_studies;
    /// Of a search for series of one study.
    ForSeries: of_search, of_series;
    /// Of a search for series of all studies.
    ForAllSeries: of_search, of_series, of_studies;
    /// Of a search for instances of one series.
    ForInstances: of_search, of_instances;
    /// Of a search for instances of one study.
    ForInstancesOfStudy: of_search, of_instances, of_series;
    /// Of a search for instances of all studies.
    ForAllInstances: of_search, of_instances, of_series, of_studies;
    /// Of a retrieval of instances as stored.
    ForStored: of_stored;
    /// Of a retrieval of what they say.
    ForElements: of_elements;
    /// Of a retrieval of frames or other long values.
    ForFrames: of_frames;
    /// Of a retrieval of pictures that processing made.
    ForPictures: of_pictures;
    /// Of a retrieval of pictures as somebody wants to see them.
    ForRendered: of_rendered;
}

macro_rules! schemas {
    ($($(#[doc = $doc:literal])* $name:ident: $schema:tt;)*) => {
        $(
            $(#[doc = $doc])*
            pub(crate) struct $name;

            impl utoipa::PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    from_value(json!($schema)).expect("a schema")
                }
            }

            impl utoipa::ToSchema for $name {}
        )*
    };
}

schemas! {
    /// Numbers of frames.
    FramesInPath: { "type": "string", "pattern": "^[1-9][0-9]{0,8}(,[1-9][0-9]{0,8})*$", "maxLength": 1000 };
    /// The number of a frame.
    FrameInPath: { "type": "integer", "minimum": 1, "maximum": 2_147_483_647 };
    /// How the bytes of a value are to be read.
    HowInPath: { "type": "string", "enum": ["stored", "swapped2", "swapped4", "swapped8", "inflated"] };
}
