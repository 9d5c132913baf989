//! Studies as they come: of very many instances, without numbers, with the same number twice, and of two owners.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use service::db::records;
use service::domain::tally::{self, Step};
use service::domain::{FileId, FileRecord};

use super::stack::ids as read;
use super::{Slice, upload};
use crate::harness::TestStack;
use crate::harness::upload::id_of;

/// Instances of one series. Each is a row of its own here, so that it takes seconds.
const MANY: u64 = 1_000;

/// Writes rows of a study as if so many slices had been sent: two of each instance number, in no order. Answers their ids in reading order.
async fn many_slices(stack: &TestStack, first: &Value) -> Vec<Value> {
    let first = stack.record(id_of(first)).await.expect("a record");
    let mut files: Vec<FileRecord> = Vec::new();
    for number in 1..MANY {
        let mut file = first.clone();
        file.id = FileId::from_number(first.id.number() + number).expect("an id");
        if let Some(dicom) = &mut file.dicom {
            dicom.instance_number = i64::try_from(2 + number * 7919 % MANY / 2).ok();
        }
        let row = records::file_to_item(&file).expect("an item");
        stack.put_row("filmroom-FilesTable", row).await;
        files.push(file);
    }
    let mut step: Option<Step> = None;
    for one in files.iter().flat_map(|file| tally::steps(None, Some(file))) {
        match &mut step {
            Some(step) => step.add(one),
            None => step = Some(one),
        }
    }
    let mut step = step.expect("a step");
    step.thin_out();
    let steps = std::collections::BTreeMap::from([("steps", [step])]);
    let n = |value: u64| AttributeValue::N(value.to_string());
    let row = [
        ("shard".to_owned(), AttributeValue::S("1#0".to_owned())),
        ("change".to_owned(), n(1)),
        ("counted".to_owned(), AttributeValue::M([].into())),
        ("schema".to_owned(), n(3)),
    ];
    let steps = records::to_item(&steps).expect("steps");
    let row = row.into_iter().chain(steps).collect();
    stack.put_row("filmroom-ChangesTable", row).await;
    stack.fold_all().await;
    files.push(first);
    let instance = |file: &FileRecord| file.dicom.as_ref().and_then(|dicom| dicom.instance_number);
    files.sort_by_key(|file| (instance(file), file.id));
    files.iter().map(|file| json!(file.id.number())).collect()
}

#[tokio::test]
async fn a_thousand_slices_without_a_series_number_and_with_the_same_numbers_twice_are_read_in_order()
 {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slice = Slice {
        series_number: None,
        ..Slice::default()
    };
    let first = upload(&stack, &user, &slice).await;
    let ids = many_slices(&stack, &first).await;
    let study = format!("/studies/{}", first["study_id"]);
    let shown = user.get(&study).await.ok();
    assert_eq!(shown["file_count"], MANY);
    let series = shown["series"].as_array().expect("series");
    assert_eq!(series.len(), 1);
    assert_eq!(series[0]["file_count"], MANY);
    assert_eq!(series[0]["number"], Value::Null);
    let of_series = format!("/series/{}/files", first["series_id"]);
    for path in [format!("{study}/files"), of_series] {
        assert_eq!(read(&user, &path, 500).await, ids, "{path}");
    }
    let list = user.get("/studies").await.ok();
    assert_eq!(
        (&list["total"], &list["items"][0]["file_count"]),
        (&json!(1), &json!(MANY))
    );
}

#[tokio::test]
async fn nothing_of_one_owner_is_in_an_answer_to_another_who_has_the_same_study() {
    let stack = TestStack::start().await;
    let (one, two) = (stack.user(1), stack.user(2));
    let hers = Slice {
        patient: "Geheim^Anna",
        patient_id: "SECRET-1",
        description: "GEHEIM",
        accession: "SECRET-2",
        ..Slice::default()
    };
    let secret = upload(&stack, &one, &hers).await;
    let own = Slice {
        seed: 2,
        ..Slice::default()
    };
    let own = upload(&stack, &two, &own).await;
    assert_eq!(own["study_id"], secret["study_id"]);
    two.put("/patients/P-2", json!({"name": "Somebody"}))
        .await
        .ok();
    stack.fold().await;
    let (study, series) = (&own["study_id"], &own["series_id"]);
    let assigned = json!({"study_id": study, "series_id": series, "patient_id": "P-2"});
    let answer = two.post("/image-files/assign", assigned).await.ok();
    assert_eq!(answer["updated"], json!([own["id"]]));
    stack.fold().await;
    for path in [
        "/studies".to_owned(),
        "/studies?search=geheim".to_owned(),
        "/studies?search=secret".to_owned(),
        "/studies?warnings=true".to_owned(),
        format!("/studies/{study}"),
        format!("/studies/{study}/files"),
        format!("/series/{series}/files"),
        "/patients/P-2/studies".to_owned(),
        format!("/image-files/{}/dicom", own["id"]),
    ] {
        let answer = two.get(&path).await.ok().to_string().to_lowercase();
        for text in ["geheim", "secret", &secret["id"].to_string()] {
            assert!(!answer.contains(text), "{path}: {answer}");
        }
    }
    let path = format!("/studies/{study}");
    two.delete(&path).await.expect(202);
    stack.settle().await;
    stack.fold().await;
    two.get(&path).await.problem(404, "not_found");
    let left = one.get(&path).await.ok();
    assert_eq!(left["file_count"], 1);
    assert_eq!(left["patient_id"], Value::Null);
    assert_eq!(left["patient"]["name"], "Geheim^Anna");
}
