//! `PATIENTS=own`: users read the patients that they have made or have files of. Of the others they learn nothing.

use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::upload::id_of;
use crate::harness::{Client, Response, TestStack};

const OWN: [(&str, &str); 1] = [("PATIENTS", "own")];

/// User 1 has made `P-1`, and has a file of `P-2`, whom user 2 has made; nobody but user 2 knows `P-3`.
async fn stack() -> (TestStack, Client, Client) {
    let stack = TestStack::start_with(&OWN).await;
    let (one, two) = (stack.user(1), stack.user(2));
    one.put("/patients/P-1", json!({"name": "王一"})).await.ok();
    for (id, name) in [("P-2", "王二"), ("P-3", "王三")] {
        let about = json!({"name": name, "medical_record_number": format!("MRN {id}")});
        two.put(&format!("/patients/{id}"), about).await.ok();
    }
    let about = json!({"patient_id": "P-2"});
    stack.upload(&one, "a.png", &png(8, 8, 1), about).await;
    (stack, one, two)
}

/// Ids of all pages of a list, which may be short.
async fn listed(client: &Client, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("/patients?{query}{cursor}")).await.ok();
        let items = page["items"].as_array().expect("items").clone();
        let ids = items.iter().map(|item| item["patient_id"].as_str());
        found.extend(ids.map(|id| id.expect("text").to_owned()));
        let Some(next) = page["next_cursor"].as_str() else {
            return found;
        };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_user_reads_whom_they_have_made_or_have_files_of_and_an_administrator_all() {
    let (stack, one, two) = stack().await;
    for size in ["", "page_size=1", "page_size=2"] {
        assert_eq!(listed(&one, size).await, ["P-1", "P-2"], "{size}");
        assert_eq!(listed(&two, size).await, ["P-2", "P-3"], "{size}");
        assert!(listed(&stack.user(3), size).await.is_empty());
        let all = listed(&stack.admin(), size).await;
        assert_eq!(all, ["P-1", "P-2", "P-3"], "{size}");
    }
    for path in ["/patients/P-1", "/patients/P-2", "/patients/P-2/studies"] {
        one.get(path).await.ok();
    }
    assert_eq!(listed(&one, "search=%E7%8E%8B").await, ["P-1", "P-2"]);
}

/// An answer without what is new in each.
fn seen(answer: &Response, id: &str) -> (u16, Value) {
    let text = answer.json.to_string().replace(id, "…");
    let mut json: Value = serde_json::from_str(&text).expect("JSON");
    json["request_id"] = Value::Null;
    (answer.status.as_u16(), json)
}

#[tokio::test]
async fn who_guesses_an_id_learns_nothing() {
    let (_stack, one, _) = stack().await;
    // P-3 is there and P-9 is not.
    for path in [
        "/patients/{}",
        "/patients/{}/studies",
        "/image-files/patient/{}",
        "/patients?search={}",
    ] {
        let ask = async |id: &str| seen(&one.get(&path.replace("{}", id)).await, id);
        assert_eq!(ask("P-3").await, ask("P-9").await, "{path}");
    }
    let by_number = async |number: &str| {
        seen(
            &one.get(&format!("/patients?search={number}")).await,
            number,
        )
    };
    assert_eq!(by_number("MRN%20P-3").await, by_number("MRN%20P-9").await);
    // A change says that there is somebody, as an upload does, and nothing of them: not even whether a guess is right.
    for body in [
        json!({"name": "王三", "medical_record_number": "MRN P-3"}),
        json!({"name": "another"}),
        json!({"name": "another", "version": 1}),
        json!({}),
    ] {
        let problem = one.put("/patients/P-3", body.clone()).await;
        let problem = problem.problem(409, "version_conflict");
        assert_eq!(problem.get("current"), None, "{body}");
        assert!(!problem.to_string().contains("王"), "{problem}");
    }
}

#[tokio::test]
async fn naming_an_existing_patient_in_an_upload_is_allowed_and_shows_them_from_then_on() {
    let (stack, one, _) = stack().await;
    one.get("/patients/P-3").await.problem(404, "not_found");
    let file = stack
        .upload(&one, "b.png", &png(9, 9, 1), json!({"patient_id": "P-3"}))
        .await;
    assert_eq!(one.get("/patients/P-3").await.ok()["name"], "王三");
    one.delete(&format!("/image-files/{}", id_of(&file)))
        .await
        .ok();
    one.get("/patients/P-3").await.problem(404, "not_found");
    let unknown = json!({"filename": "c.png", "size": 9, "patient_id": "P-9"});
    one.post("/uploads", unknown).await.refuses(&["patient_id"]);
}

#[tokio::test]
async fn a_patient_of_an_older_version_was_made_by_nobody() {
    const PATIENTS: &str = "filmroom-PatientsTable";
    let (stack, one, two) = stack().await;
    for mut row in stack.rows(PATIENTS).await {
        row.remove("created_by");
        stack.put_row(PATIENTS, row).await;
    }
    assert_eq!(listed(&one, "").await, ["P-2"], "whom they have a file of");
    assert!(listed(&two, "").await.is_empty());
    assert_eq!(listed(&stack.admin(), "").await.len(), 3);
}

#[tokio::test]
async fn a_page_goes_through_so_many_patients_and_the_next_one_goes_on() {
    let stack = TestStack::start_with(&OWN).await;
    let two = stack.user(2);
    for number in 0..120 {
        let path = format!("/patients/A-{number:03}");
        two.put(&path, json!({"name": "王"})).await.ok();
    }
    let one = stack.user(1);
    for id in ["A-060x", "B-1", "B-2"] {
        one.put(&format!("/patients/{id}"), json!({"name": "李"}))
            .await
            .ok();
    }
    for size in [1, 2, 3, 20] {
        let found = listed(&one, &format!("page_size={size}")).await;
        assert_eq!(found, ["A-060x", "B-1", "B-2"], "{size}");
    }
}
