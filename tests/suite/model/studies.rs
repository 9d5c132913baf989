//! What a worklist shows of each study is what a recount of its files gives.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::Value;
use service::domain::{FileRecord, SeriesId};

use super::draw::USERS;
use super::play::{Play, Verdict, expect};

/// How many files say each value.
type Counts = BTreeMap<String, u64>;

/// What the files of a study say.
#[derive(Debug, Default)]
struct Recount {
    files: u64,
    bytes: u64,
    series: BTreeSet<u64>,
    modalities: BTreeSet<String>,
    warnings: Counts,
    /// Each field of the worklist that most files decide.
    most: BTreeMap<&'static str, Counts>,
}

impl Recount {
    fn add(&mut self, record: &FileRecord) {
        self.files += 1;
        self.bytes += record.file_size;
        self.series.extend(record.series().map(SeriesId::number));
        self.modalities.extend(record.modality.clone());
        for warning in &record.warnings {
            *self.warnings.entry(warning.code.clone()).or_default() += 1;
        }
        let header = record.header.clone().unwrap_or_default();
        let dicom = record.dicom.as_ref();
        let name = dicom.and_then(|dicom| dicom.patient_name.clone());
        let patient = record.patient_id.as_ref();
        for (field, value) in [
            ("patient_id", patient.map(|id| id.as_str().to_owned())),
            ("study_date", header.study_date),
            ("study_time", header.study_time),
            ("description", header.study_description),
            ("accession_number", header.accession_number),
            ("name", name),
        ] {
            if let Some(value) = value {
                *self
                    .most
                    .entry(field)
                    .or_default()
                    .entry(value)
                    .or_default() += 1;
            }
        }
    }

    /// Where `shown` differs, and what it should be.
    fn differs(&self, shown: &Value) -> Option<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let each = |list: &str| shown[list].as_array().into_iter().flatten();
        let numbers = [
            ("file_count", self.files),
            ("total_size", self.bytes),
            ("series_count", self.series.len() as u64),
        ];
        let numbers = numbers
            .into_iter()
            .filter(|(name, number)| shown[*name] != *number);
        let mut wrong: Vec<String> = numbers
            .map(|(name, number)| format!("{name}: {number}"))
            .collect();
        let modalities: BTreeSet<String> = each("modalities").filter_map(text).collect();
        if modalities != self.modalities {
            wrong.push(format!("modalities: {:?}", self.modalities));
        }
        let warning = |one: &Value| Some((text(&one["code"])?, one["file_count"].as_u64()?));
        let warnings: Counts = each("warnings").filter_map(warning).collect();
        if warnings != self.warnings {
            wrong.push(format!("warnings: {:?}", self.warnings));
        }
        for (field, counts) in &self.most {
            let value = match *field {
                "name" => &shown["patient"]["name"],
                field => &shown[field],
            };
            let most = counts
                .iter()
                .max_by_key(|&(value, files)| (files, Reverse(value)));
            if text(value).as_ref() != most.map(|(value, _)| value) {
                wrong.push(format!("{field}: {counts:?}"));
            }
        }
        (!wrong.is_empty()).then(|| wrong.join(", "))
    }
}

impl Play {
    pub(super) async fn judge_studies(&mut self) -> Verdict {
        let mut counted: BTreeMap<(i64, u64), Recount> = BTreeMap::new();
        for file in self.files.values() {
            let record = self.record(file).await;
            let record = record.filter(|record| !record.is_deleted());
            let Some((study, record)) = record.and_then(|record| Some((record.study()?, record)))
            else {
                continue;
            };
            let key = (record.uploaded_by, study.number());
            counted.entry(key).or_default().add(&record);
        }
        for by in USERS {
            let path = "/studies?page_size=100";
            let page = self.world.ask(by, Method::GET, path, None).await;
            expect(&page, 200, "")?;
            for item in page.json["items"].as_array().into_iter().flatten() {
                let recount = item["id"]
                    .as_u64()
                    .and_then(|id| counted.remove(&(by, id)))
                    .ok_or_else(|| format!("{by} is shown a study without files: {item}"))?;
                if let Some(wrong) = recount.differs(item) {
                    return Err(format!("{by} is shown {item}, but it has {wrong}"));
                }
            }
        }
        if counted.is_empty() {
            Ok(())
        } else {
            Err(format!("no worklist shows the studies {counted:?}"))
        }
    }
}
