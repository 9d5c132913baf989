//! `GET /patients/{patient_id}/studies`.

use imaging::fixtures::{DicomSpec, dicom};
use serde_json::{Value, json};

use crate::harness::{Client, TestStack};

/// A slice of P-1: study, series, and a number that makes it another file.
async fn upload(stack: &TestStack, client: &Client, study: &str, series: &str, seed: u64) -> Value {
    let spec = DicomSpec {
        study_instance_uid: study.to_owned(),
        series_instance_uid: series.to_owned(),
        study_date: if study == "1.2.1" {
            "20260101"
        } else {
            "20260202"
        },
        modality: if series == "1.2.1.1" { "CT" } else { "MR" },
        seed,
        ..DicomSpec::default()
    };
    let extra = json!({"patient_id": "P-1"});
    stack.upload(client, "a.dcm", &dicom(&spec), extra).await
}

/// Study UID, files, and the series with theirs.
type Shape = Vec<(String, u64, Vec<(String, u64)>)>;

async fn shape(client: &Client) -> Shape {
    let answer = client.get("/patients/P-1/studies").await.ok();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let count = |value: &Value| value["file_count"].as_u64().expect("a number");
    let studies = answer["items"].as_array().expect("items");
    studies
        .iter()
        .map(|study| {
            let series = study["series"].as_array().expect("series");
            let mut series: Vec<_> = series
                .iter()
                .map(|series| (text(&series["series_instance_uid"]), count(series)))
                .collect();
            series.sort();
            (text(&study["study_instance_uid"]), count(study), series)
        })
        .collect()
}

fn counted(uid: &str, files: u64) -> (String, u64) {
    (uid.to_owned(), files)
}

#[tokio::test]
async fn studies_come_newest_first_with_their_series_and_counts() {
    let stack = TestStack::start().await;
    let (one, two) = (stack.user(1), stack.user(2));
    one.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    upload(&stack, &one, "1.2.1", "1.2.1.1", 1).await;
    upload(&stack, &one, "1.2.1", "1.2.1.1", 2).await;
    upload(&stack, &one, "1.2.1", "1.2.1.2", 3).await;
    let file = upload(&stack, &two, "1.2.2", "1.2.2.1", 4).await;
    let first = (
        "1.2.1".to_owned(),
        3,
        vec![counted("1.2.1.1", 2), counted("1.2.1.2", 1)],
    );
    let second = ("1.2.2".to_owned(), 1, vec![counted("1.2.2.1", 1)]);
    assert_eq!(shape(&stack.admin()).await, [second.clone(), first.clone()]);
    assert_eq!(shape(&one).await, [first], "a user counts their own files");
    assert_eq!(shape(&two).await, [second]);
    let answer = two.get("/patients/P-1/studies").await.ok();
    assert_eq!(answer["items"][0]["study_id"], file["study_id"]);
    assert_eq!(
        answer["items"][0]["series"][0]["series_id"],
        file["series_id"]
    );
    assert_eq!(answer["items"][0]["series"][0]["modality"], "MR");
    two.delete(&format!("/image-files/{}", file["id"]))
        .await
        .ok();
    assert_eq!(shape(&two).await, []);
}

#[tokio::test]
async fn a_patient_without_studies_has_none_and_an_unknown_one_is_not_found() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    assert_eq!(shape(&user).await, []);
    user.get("/patients/P-2/studies")
        .await
        .problem(404, "not_found");
}
