//! DICOMweb: what programs that speak PS3.18 are answered.

mod metadata;
mod pixels;
mod rendering;
mod retrieve;
mod search;
mod store;

use http::Method;
use imaging::fixtures::{DicomSpec, dicom};
use serde_json::{Value, json};

use crate::harness::{Client, Response, TestStack};

/// Study, series and instance numbers of a file; the UIDs are made of them.
#[derive(Clone, Debug)]
struct Slice {
    study: u32,
    series: u32,
    instance: u32,
    modality: &'static str,
    date: &'static str,
    patient: &'static str,
    patient_id: &'static str,
    more: Vec<(u32, [u8; 2], Vec<u8>)>,
}

impl Default for Slice {
    fn default() -> Self {
        Self {
            study: 1,
            series: 1,
            instance: 1,
            modality: "CT",
            date: "20260105",
            patient: "Zhang^San=\u{5f20}^\u{4e09}",
            patient_id: "P-0001",
            more: Vec::new(),
        }
    }
}

impl Slice {
    fn study_uid(&self) -> String {
        format!("1.2.{}", self.study)
    }

    fn series_uid(&self) -> String {
        format!("{}.{}", self.study_uid(), self.series)
    }

    fn instance_uid(&self) -> String {
        format!("{}.{}", self.series_uid(), self.instance)
    }

    /// The path of its instance.
    fn path(&self) -> String {
        format!(
            "/dicom-web/studies/{}/series/{}/instances/{}",
            self.study_uid(),
            self.series_uid(),
            self.instance_uid()
        )
    }

    fn spec(&self) -> DicomSpec {
        let text = |tag, vr: &[u8; 2], value: &str| (tag, *vr, value.as_bytes().to_vec());
        let mut extra = vec![
            text(0x0008_0030, b"TM", "143022"),
            text(0x0008_0050, b"SH", &format!("A-{}", self.study)),
            text(0x0008_0090, b"PN", "Wang^Wu"),
            text(0x0008_1030, b"LO", "CT CHEST"),
            text(0x0008_103E, b"LO", "Lung"),
            text(0x0010_0030, b"DA", "19701231"),
            text(0x0010_0040, b"CS", "F"),
            text(0x0018_1030, b"LO", "Routine"),
            text(0x0020_0010, b"SH", &format!("S-{}", self.study)),
            text(0x0020_0011, b"IS", &self.series.to_string()),
        ];
        extra.extend(self.more.iter().cloned());
        DicomSpec {
            character_set: Some("ISO_IR 192"),
            study_instance_uid: self.study_uid(),
            series_instance_uid: self.series_uid(),
            sop_instance_uid: self.instance_uid(),
            patient_name: self.patient.as_bytes().to_vec(),
            patient_id: self.patient_id.as_bytes().to_vec(),
            study_date: self.date,
            modality: self.modality,
            instance_number: i64::from(self.instance),
            rows: 8,
            columns: 8,
            extra,
            // A report has no pixels, so no picture either.
            has_pixels: self.modality != "SR",
            seed: u64::from(self.study * 10_000 + self.series * 100 + self.instance),
            ..DicomSpec::default()
        }
    }

    fn bytes(&self) -> Vec<u8> {
        dicom(&self.spec())
    }
}

async fn upload(stack: &TestStack, client: &Client, slice: &Slice) -> Value {
    let name = format!("{}.dcm", slice.instance_uid());
    let file = stack.upload(client, &name, &slice.bytes(), json!({})).await;
    assert_eq!(file["status"], "PROCESSED");
    stack.fold().await;
    file
}

/// Study 1: series 1 with three slices and series 2 with a report; a year before, study 2 of another patient.
async fn two_studies() -> (TestStack, Client) {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for instance in 1..=3 {
        let slice = Slice {
            instance,
            ..Slice::default()
        };
        upload(&stack, &user, &slice).await;
    }
    let report = Slice {
        series: 2,
        modality: "SR",
        ..Slice::default()
    };
    upload(&stack, &user, &report).await;
    let older = Slice {
        study: 2,
        modality: "MR",
        date: "20250203",
        patient: "Li^Si",
        patient_id: "P-0002",
        ..Slice::default()
    };
    upload(&stack, &user, &older).await;
    (stack, user)
}

async fn get(client: &Client, path: &str, accept: &str) -> Response {
    client
        .send(Method::GET, path, &[("accept", accept)], "")
        .await
}

/// The values of an element of a data set.
fn values(set: &Value, tag: &str) -> Value {
    set[tag]["Value"].clone()
}

/// The parts of an answer: the head of each, and its bytes.
fn parts(answer: &Response) -> Vec<(String, Vec<u8>)> {
    let kind = answer.header("content-type");
    let boundary = kind.split("boundary=").nth(1).expect("a boundary");
    let separator = format!("\r\n--{boundary}");
    let bytes = [b"\r\n", answer.bytes.as_ref()].concat();
    let mut found = Vec::new();
    let mut rest = &bytes[..];
    while let Some(at) = find(rest, separator.as_bytes()) {
        let part = &rest[at + separator.len()..];
        if part.starts_with(b"--") {
            return found;
        }
        let head = find(part, b"\r\n\r\n").expect("a head");
        let end = find(&part[head..], separator.as_bytes()).expect("an end");
        let text = String::from_utf8_lossy(&part[2..head]).into_owned();
        found.push((text, part[head + 4..head + end].to_vec()));
        rest = &part[head..];
    }
    panic!("an answer without an end");
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
