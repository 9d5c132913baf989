//! What a store says of each instance (PS3.18, section 10.5.3 and annex I.2).

use http::StatusCode;
use serde_json::Value;

use super::dataset::{DataSet, put, put_number, put_text};

/// Why an instance was not stored, as its Failure Reason (0008,1197) says (PS3.18, table I.2-2, and PS3.7, annex C).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Too many uploads are unfinished.
    OutOfResources = 0xA700,
    /// It is of another study than the URL names.
    NotOfThisStudy = 0xA900,
    /// It is no DICOM, or says nothing of what it is.
    CannotUnderstand = 0xC000,
    /// An instance of this UID is there, with other bytes.
    Duplicate = 0x0111,
    /// A fault of ours: it may be sent again.
    Processing = 0x0110,
}

/// What an instance says it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) class: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) series: Option<String>,
    pub(crate) study: Option<String>,
}

/// What became of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) said: Said,
    pub(crate) result: Result<(), Failure>,
}

/// The answer to a store: its status, and its data set.
pub(crate) fn answer(outcomes: &[Outcome], base: &str) -> (StatusCode, DataSet) {
    let (mut stored, mut failed) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        let Outcome { said, result } = outcome;
        let mut item = DataSet::new();
        for (tag, uid) in [(0x0008_1150, &said.class), (0x0008_1155, &said.instance)] {
            if uid.is_some() {
                put_text(&mut item, tag, "UI", uid.as_deref());
            }
        }
        match result {
            Ok(()) => {
                put_text(&mut item, 0x0008_1190, "UR", Some(&url(said, base)));
                stored.push(Value::Object(item));
            }
            Err(failure) => {
                put_number(&mut item, 0x0008_1197, "US", *failure as u32);
                failed.push(Value::Object(item));
            }
        }
    }
    let status = match (stored.is_empty(), failed.is_empty()) {
        (_, true) => StatusCode::OK,
        (false, false) => StatusCode::ACCEPTED,
        (true, false) => StatusCode::CONFLICT,
    };
    let mut set = DataSet::new();
    if let Some(study) = study_of(outcomes) {
        put_text(
            &mut set,
            0x0008_1190,
            "UR",
            Some(&format!("{base}/studies/{study}")),
        );
    }
    for (tag, items) in [(0x0008_1198, failed), (0x0008_1199, stored)] {
        if !items.is_empty() {
            put(&mut set, tag, "SQ", items);
        }
    }
    (status, set)
}

/// The study of all instances that were stored, if it is one.
fn study_of(outcomes: &[Outcome]) -> Option<&str> {
    let stored = outcomes.iter().filter(|outcome| outcome.result.is_ok());
    let mut studies = stored.map(|outcome| outcome.said.study.as_deref().unwrap_or_default());
    let first = studies.next()?;
    studies.all(|study| study == first).then_some(first)
}

fn url(said: &Said, base: &str) -> String {
    let text = |uid: &Option<String>| uid.clone().unwrap_or_default();
    format!(
        "{base}/studies/{}/series/{}/instances/{}",
        text(&said.study),
        text(&said.series),
        text(&said.instance)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(number: u32, result: Result<(), Failure>) -> Outcome {
        let said = Said {
            class: Some("1.9".to_owned()),
            instance: Some(format!("1.2.3.{number}")),
            series: Some("1.2.3".to_owned()),
            study: Some("1.2".to_owned()),
        };
        Outcome { said, result }
    }

    #[test]
    fn the_status_says_whether_all_some_or_none_were_stored() {
        let (good, bad) = (outcome(1, Ok(())), outcome(2, Err(Failure::Duplicate)));
        for (outcomes, status) in [
            (vec![good.clone()], 200),
            (vec![good.clone(), bad.clone()], 202),
            (vec![bad.clone()], 409),
        ] {
            assert_eq!(answer(&outcomes, "https://h/dicom-web").0, status);
        }
        let (_, set) = answer(&[good, bad], "https://h/dicom-web");
        let expected = json!({
            "00081190": { "vr": "UR", "Value": ["https://h/dicom-web/studies/1.2"] },
            "00081198": { "vr": "SQ", "Value": [{
                "00081150": { "vr": "UI", "Value": ["1.9"] },
                "00081155": { "vr": "UI", "Value": ["1.2.3.2"] },
                "00081197": { "vr": "US", "Value": [0x0111] },
            }] },
            "00081199": { "vr": "SQ", "Value": [{
                "00081150": { "vr": "UI", "Value": ["1.9"] },
                "00081155": { "vr": "UI", "Value": ["1.2.3.1"] },
                "00081190": { "vr": "UR", "Value": ["https://h/dicom-web/studies/1.2/series/1.2.3/instances/1.2.3.1"] },
            }] },
        });
        assert_eq!(Value::Object(set), expected);
    }

    #[test]
    fn what_says_nothing_of_itself_failed_without_a_name() {
        let outcome = Outcome {
            said: Said::default(),
            result: Err(Failure::CannotUnderstand),
        };
        let (status, set) = answer(&[outcome], "");
        assert_eq!(
            (status, Value::Object(set)),
            (
                StatusCode::CONFLICT,
                json!({ "00081198": { "vr": "SQ", "Value": [{ "00081197": { "vr": "US", "Value": [0xC000] } }] } })
            )
        );
    }
}
