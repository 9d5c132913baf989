//! Studies: the worklist, a study, and its files in reading order.

mod gone;
mod jobs;
mod odd;
mod rows;
mod stack;
mod unreadable;

use imaging::fixtures::{DicomSpec, dicom};
use serde_json::{Value, json};

use crate::harness::{Client, TestStack};

/// What a slice says of itself; a slice with another `seed` is another file.
#[derive(Clone, Debug)]
struct Slice {
    study: &'static str,
    series: String,
    series_number: Option<i64>,
    instance: i64,
    /// Image Position and Image Orientation.
    place: Option<([f64; 3], [f64; 6])>,
    patient: &'static str,
    patient_id: &'static str,
    description: &'static str,
    accession: &'static str,
    date: &'static str,
    modality: &'static str,
    seed: u64,
}

impl Default for Slice {
    fn default() -> Self {
        Self {
            study: "1.2.1",
            series: "1.2.1.1".to_owned(),
            series_number: Some(1),
            instance: 1,
            place: None,
            patient: "Zhang^San",
            patient_id: "P-0001",
            description: "CT CHEST",
            accession: "A-1",
            date: "20260105",
            modality: "CT",
            seed: 1,
        }
    }
}

impl Slice {
    fn bytes(&self) -> Vec<u8> {
        let text = |tag, vr: &[u8; 2], value: &str| (tag, *vr, value.as_bytes().to_vec());
        let numbers = |values: &[f64]| {
            let values: Vec<String> = values.iter().map(f64::to_string).collect();
            values.join("\\")
        };
        let mut extra = vec![
            text(0x0008_0030, b"TM", "143022"),
            text(0x0008_0050, b"SH", self.accession),
            text(0x0008_1030, b"LO", self.description),
            text(0x0008_103E, b"LO", "Lung"),
            text(0x0010_0030, b"DA", "19701231"),
            text(0x0010_0040, b"CS", "F"),
        ];
        if let Some(number) = self.series_number {
            extra.push(text(0x0020_0011, b"IS", &number.to_string()));
        }
        if let Some((corner, directions)) = self.place {
            extra.push(text(0x0020_0032, b"DS", &numbers(&corner)));
            extra.push(text(0x0020_0037, b"DS", &numbers(&directions)));
        }
        dicom(&DicomSpec {
            character_set: Some("ISO_IR 192"),
            study_instance_uid: self.study.to_owned(),
            series_instance_uid: self.series.clone(),
            sop_instance_uid: format!("1.2.3.{}", self.seed),
            patient_name: self.patient.as_bytes().to_vec(),
            patient_id: self.patient_id.as_bytes().to_vec(),
            study_date: self.date,
            modality: self.modality,
            instance_number: self.instance,
            rows: 8,
            columns: 8,
            extra,
            seed: self.seed,
            ..DicomSpec::default()
        })
    }
}

async fn upload(stack: &TestStack, client: &Client, slice: &Slice) -> Value {
    let name = format!("{}.dcm", slice.seed);
    stack.upload(client, &name, &slice.bytes(), json!({})).await
}

/// The studies of a list, by the field `name`.
async fn list(client: &Client, query: &str, name: &str) -> Vec<Value> {
    let answer = client.get(&format!("/studies{query}")).await.ok();
    let items = answer["items"].as_array().expect("items");
    assert_eq!(
        answer["total"].as_u64(),
        Some(items.len() as u64),
        "{answer}"
    );
    items.iter().map(|item| item[name].clone()).collect()
}

/// Three slices of a CT and a report, of one study.
async fn a_study(stack: &TestStack, user: &Client) -> Vec<Value> {
    let mut files = Vec::new();
    for seed in [1, 2, 3] {
        let slice = Slice {
            seed,
            instance: i64::try_from(seed).expect("small"),
            ..Slice::default()
        };
        files.push(upload(stack, user, &slice).await);
    }
    let report = Slice {
        series: "1.2.1.2".to_owned(),
        series_number: Some(2),
        modality: "SR",
        seed: 4,
        ..Slice::default()
    };
    files.push(upload(stack, user, &report).await);
    stack.fold().await;
    files
}

#[tokio::test]
async fn a_study_says_what_its_files_say() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let files = a_study(&stack, &user).await;
    let page = user.get("/studies").await.ok();
    assert_eq!(
        (&page["total"], &page["next_cursor"]),
        (&json!(1), &Value::Null)
    );
    let study = &page["items"][0];
    let size: u64 = files
        .iter()
        .filter_map(|file| file["file_size"].as_u64())
        .sum();
    for (name, value) in [
        ("id", files[0]["study_id"].clone()),
        ("study_instance_uid", json!("1.2.1")),
        ("study_date", json!("2026-01-05")),
        ("study_time", json!("14:30:22")),
        ("description", json!("CT CHEST")),
        ("accession_number", json!("A-1")),
        ("modalities", json!(["CT", "SR"])),
        ("body_parts", json!(["CHEST"])),
        ("patient_id", Value::Null),
        (
            "patient",
            json!({"id": "P-0001", "name": "Zhang^San", "sex": "F", "birth_date": "1970-12-31"}),
        ),
        ("series_count", json!(2)),
        ("file_count", json!(4)),
        ("total_size", json!(size)),
    ] {
        assert_eq!(study[name], value, "{name}: {study}");
    }
    assert!(
        study["thumbnail_url"]
            .as_str()
            .is_some_and(|url| url.contains("thumbnails/"))
    );
    let path = format!("/studies/{}", study["id"]);
    let shown = user.get(&path).await.ok();
    for name in ["id", "patient", "file_count", "description", "warnings"] {
        assert_eq!(shown[name], study[name]);
    }
}

#[tokio::test]
async fn a_study_has_its_series_in_reading_order() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let files = a_study(&stack, &user).await;
    let path = format!("/studies/{}", files[0]["study_id"]);
    let shown = user.get(&path).await.ok();
    let series = shown["series"].as_array().expect("series");
    let facts: Vec<_> = series
        .iter()
        .map(|series| {
            json!([
                series["number"],
                series["modality"],
                series["file_count"],
                series["description"]
            ])
        })
        .collect();
    assert_eq!(
        facts,
        [json!([1, "CT", 3, "Lung"]), json!([2, "SR", 1, "Lung"])]
    );
    assert_eq!(series[0]["id"], files[0]["series_id"]);
    assert_eq!(series[0]["series_instance_uid"], "1.2.1.1");
}

/// Six studies of one user, of different days, names and modalities.
async fn six(stack: &TestStack, user: &Client) {
    let of = [
        (
            "1.2.1",
            "Zhang^San=张^三",
            "CT CHEST",
            "A-1",
            "20260101",
            "CT",
        ),
        ("1.2.2", "Müller^Hans", "MR HEAD", "A-2", "20260103", "MR"),
        ("1.2.3", "Abel^Ann", "CT CHEST", "B-1", "20260102", "CT"),
        (
            "1.2.4",
            "Zhang^San=张^三",
            "US 100%",
            "B-2",
            "20260105",
            "US",
        ),
        ("1.2.5", "", "", "", "", "OT"),
        ("1.2.6", "abel^bob", "CT ABDOMEN", "C_1", "20260104", "CT"),
    ];
    for ((study, patient, description, accession, date, modality), seed) in of.into_iter().zip(1..)
    {
        let slice = Slice {
            study,
            series: format!("{study}.1"),
            patient,
            patient_id: if patient.is_empty() { "" } else { "X-9" },
            description,
            accession,
            date,
            modality,
            seed,
            ..Slice::default()
        };
        let bytes = slice.bytes();
        let declared = json!({});
        stack.upload(user, "a.dcm", &bytes, declared).await;
    }
    stack.fold().await;
}

#[tokio::test]
async fn a_worklist_is_sorted_filtered_and_searched() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    six(&stack, &user).await;
    let uids = |numbers: &[u64]| -> Vec<Value> {
        let uid = |number: &u64| json!(format!("1.2.{number}"));
        numbers.iter().map(uid).collect()
    };
    for (query, numbers) in [
        ("", &[4, 6, 2, 3, 1, 5][..]),
        ("?sort=-study_date", &[4, 6, 2, 3, 1, 5]),
        ("?sort=study_date", &[1, 3, 2, 6, 4, 5]),
        ("?sort=created_at", &[1, 2, 3, 4, 5, 6]),
        ("?sort=-created_at", &[6, 5, 4, 3, 2, 1]),
        ("?sort=patient_name", &[3, 6, 2, 1, 4, 5]),
        ("?modality=CT", &[6, 3, 1]),
        ("?modality=PT", &[]),
        ("?start_date=2026-01-03", &[4, 6, 2]),
        ("?end_date=2026-01-02", &[3, 1]),
        (
            "?start_date=2026-01-02&end_date=2026-01-04&modality=CT",
            &[6, 3],
        ),
        ("?search=%E5%BC%A0%E4%B8%89", &[4, 1]),
        ("?search=M%C3%9CLLER", &[2]),
        ("?search=chest%20abel", &[3]),
        ("?search=100%25", &[4]),
        ("?search=c_", &[6]),
        ("?search=b-2", &[4]),
        ("?search=nobody", &[]),
        ("?search=x-9&modality=US", &[4]),
        ("?patient_id=X-9", &[]),
    ] {
        let found = list(&user, query, "study_instance_uid").await;
        assert_eq!(found, uids(numbers), "{query}");
    }
    user.get("/studies?warnings=perhaps")
        .await
        .refuses(&["warnings"]);
    user.get("/studies?sort=size").await.refuses(&["sort"]);
    user.get("/studies?start_date=2026")
        .await
        .refuses(&["start_date"]);
}

#[tokio::test]
async fn only_studies_with_a_warning_are_listed_until_it_is_gone() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for id in ["P-0001", "P-2"] {
        let path = format!("/patients/{id}");
        user.put(&path, json!({"name": "Somebody"})).await.ok();
    }
    six(&stack, &user).await;
    let doubtful = Slice {
        study: "1.2.7",
        series: "1.2.7.1".to_owned(),
        seed: 7,
        ..Slice::default()
    };
    let given = json!({"patient_id": "P-2"});
    let file = stack.upload(&user, "7.dcm", &doubtful.bytes(), given).await;
    stack.fold().await;
    let uid = json!("1.2.7");
    let warned = "?warnings=true";
    assert_eq!(list(&user, warned, "study_instance_uid").await, [uid]);
    assert_eq!(
        list(&user, warned, "warnings").await,
        [json!([{"code": "patient_mismatch", "file_count": 1}])]
    );
    assert_eq!(list(&user, "?warnings=false", "id").await.len(), 6);
    for (query, found) in [("&modality=MR", 0), ("&modality=CT&search=chest", 1)] {
        let query = format!("{warned}{query}");
        assert_eq!(list(&user, &query, "id").await.len(), found, "{query}");
    }
    let right = json!({"ids": [file["id"]], "patient_id": "P-0001"});
    user.post("/image-files/assign", right).await.ok();
    stack.fold().await;
    assert_eq!(list(&user, warned, "id").await, Vec::<Value>::new());
    assert_eq!(list(&user, "?warnings=false", "id").await.len(), 7);
}

#[tokio::test]
async fn pages_and_cursors_go_through_a_worklist_once() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    six(&stack, &user).await;
    for sort in ["study_date", "-study_date", "patient_name", "-created_at"] {
        let all = list(&user, &format!("?sort={sort}"), "id").await;
        let mut by_cursor = Vec::new();
        let mut next = String::new();
        loop {
            let path = format!("/studies?sort={sort}&page_size=4&cursor={next}");
            let page = user.get(&path).await.ok();
            assert_eq!(
                (&page["total"], &page["total_pages"]),
                (&json!(6), &json!(2))
            );
            let items = page["items"].as_array().expect("items");
            by_cursor.extend(items.iter().map(|item| item["id"].clone()));
            match page["next_cursor"].as_str() {
                Some(cursor) => cursor.clone_into(&mut next),
                None => break,
            }
        }
        assert_eq!(by_cursor, all, "{sort}");
        let second = user
            .get(&format!("/studies?sort={sort}&page_size=4&page=2"))
            .await;
        let second = second.ok()["items"].clone();
        let ids: Vec<Value> = second
            .as_array()
            .expect("items")
            .iter()
            .map(|item| item["id"].clone())
            .collect();
        assert_eq!(ids, all[4..], "{sort}");
        let other = format!("/studies?sort=created_at&cursor={next}");
        user.get(&other).await.refuses(&["cursor"]);
        let theirs = format!("/studies?sort={sort}&cursor={next}");
        stack.user(2).get(&theirs).await.refuses(&["cursor"]);
    }
}

#[tokio::test]
async fn two_owners_of_one_uid_see_their_own_files_and_an_administrator_says_whose() {
    let stack = TestStack::start().await;
    let (one, two, three) = (stack.user(1), stack.user(2), stack.user(3));
    let mine = upload(&stack, &one, &Slice::default()).await;
    for seed in [2, 3] {
        let slice = Slice {
            seed,
            patient: "Somebody^Else",
            ..Slice::default()
        };
        let theirs = upload(&stack, &two, &slice).await;
        assert_eq!(theirs["study_id"], mine["study_id"]);
    }
    stack.fold().await;
    let study = format!("/studies/{}", mine["study_id"]);
    let series = format!("/series/{}/files", mine["series_id"]);
    for (client, files, name) in [(&one, 1, "Zhang^San"), (&two, 2, "Somebody^Else")] {
        let shown = client.get(&study).await.ok();
        assert_eq!(
            (&shown["file_count"], &shown["patient"]["name"]),
            (&json!(files), &json!(name))
        );
        for path in [format!("{study}/files"), series.clone()] {
            let items = client.get(&path).await.ok()["items"].clone();
            assert_eq!(items.as_array().map(Vec::len), Some(files), "{path}");
        }
    }
    let admin = stack.admin();
    let of_two = |path: &str| format!("{path}?uploaded_by=2");
    assert_eq!(admin.get(&of_two(&study)).await.ok()["file_count"], 2);
    let items = admin.get(&of_two(&series)).await.ok()["items"].clone();
    assert_eq!(items.as_array().map(Vec::len), Some(2));
    assert_eq!(admin.get("/studies?uploaded_by=2").await.ok()["total"], 1);
    assert_eq!(one.get("/studies?uploaded_by=2").await.ok()["total"], 0);
    for (client, path) in [
        (&three, study.clone()),
        (&three, format!("{study}/files")),
        (&three, series.clone()),
        (&one, of_two(&study)),
        (&one, of_two(&series)),
        (&admin, study.clone()),
    ] {
        client.get(&path).await.problem(404, "not_found");
    }
    assert_eq!(three.get("/studies").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_study_that_a_person_made_is_there_before_it_has_files_and_listed_when_it_has() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let new = json!({"description": "Follow-up", "study_date": "2026-02-01", "modality": "XC"});
    let made = user.post("/studies", new).await.expect(201);
    let path = format!("/studies/{}", made["id"]);
    let shown = user.get(&path).await.ok();
    assert_eq!(
        (&shown["file_count"], &shown["description"]),
        (&json!(0), &json!("Follow-up"))
    );
    assert_eq!(list(&user, "", "id").await, Vec::<Value>::new());
    let bytes = imaging::fixtures::png(8, 8, 1);
    stack
        .upload(&user, "a.png", &bytes, json!({"study_id": made["id"]}))
        .await;
    stack.fold().await;
    let page = user.get("/studies").await.ok();
    let study = &page["items"][0];
    assert_eq!(
        (&study["description"], &study["study_date"]),
        (&json!("Follow-up"), &json!("2026-02-01"))
    );
    assert_eq!(
        (&study["modalities"], &study["patient"]),
        (&json!(["XC"]), &Value::Null)
    );
}

#[tokio::test]
async fn whoever_is_shown_studies_leaves_an_entry_that_names_them() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = upload(&stack, &user, &Slice::default()).await;
    stack.fold().await;
    user.get("/studies").await.ok();
    user.get(&format!("/studies/{}", file["study_id"]))
        .await
        .ok();
    let log = stack.admin().get("/audit?actor=1").await.ok();
    let entries = log["items"].as_array().expect("items").iter();
    let about = entries.filter(|entry| entry["studies"] == json!([file["study_id"]]));
    let actions: Vec<&Value> = about.map(|entry| &entry["action"]).collect();
    assert_eq!(actions, [&json!("view"), &json!("list")]);
}

#[tokio::test]
async fn a_search_among_files_finds_the_description_and_accession_number_of_their_study() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = upload(&stack, &user, &Slice::default()).await;
    for words in ["a-1", "ct%20chest", "zhang%20chest"] {
        let found = user
            .get(&format!("/image-files/my-images?search={words}"))
            .await
            .ok();
        assert_eq!(found["items"][0]["id"], file["id"], "{words}");
    }
    let found = user.get("/image-files/my-images?search=lung").await.ok();
    assert_eq!(found["total"], 0);
}
