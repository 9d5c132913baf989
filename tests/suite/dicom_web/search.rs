//! QIDO-RS.

use serde_json::{Value, json};

use super::{Slice, get, two_studies, upload, values};
use crate::harness::{Client, TestStack};

/// The results of a search.
async fn found(client: &Client, path: &str) -> Vec<Value> {
    let answer = client.get(&format!("/dicom-web{path}")).await;
    if answer.status == 204 {
        assert!(answer.bytes.is_empty());
        return Vec::new();
    }
    assert_eq!(answer.header("content-type"), "application/dicom+json");
    let found = answer.ok();
    let found = found.as_array().expect("an array").clone();
    assert!(!found.is_empty(), "nothing is a 204");
    found
}

async fn uids(client: &Client, path: &str, tag: &str) -> Vec<String> {
    let found = found(client, path).await;
    let uid = |set: &Value| {
        let uid = values(set, tag)[0].clone();
        uid.as_str().expect("a UID").to_owned()
    };
    found.iter().map(uid).collect()
}

#[tokio::test]
async fn a_study_is_found_by_what_it_says_the_newest_first() {
    let (_stack, user) = two_studies().await;
    for (query, expected) in [
        ("", &["1.2.1", "1.2.2"][..]),
        ("?StudyDate=20260105", &["1.2.1"]),
        ("?StudyDate=20250101-20251231", &["1.2.2"]),
        ("?StudyDate=-20260104", &["1.2.2"]),
        (
            "?StudyDate=20250101-&StudyTime=1430-1431",
            &["1.2.1", "1.2.2"],
        ),
        ("?StudyTime=1500-", &[]),
        ("?AccessionNumber=A-2", &["1.2.2"]),
        ("?00080050=A-*", &["1.2.1", "1.2.2"]),
        ("?ModalitiesInStudy=SR", &["1.2.1"]),
        ("?ModalitiesInStudy=MR,SR", &["1.2.1", "1.2.2"]),
        ("?Modality=MR", &["1.2.2"]),
        ("?PatientName=zhang*", &["1.2.1"]),
        ("?PatientName=%E5%BC%A0*", &["1.2.1"]),
        ("?PatientName=*s?", &["1.2.2"]),
        ("?PatientID=P-000?", &["1.2.1", "1.2.2"]),
        ("?PatientID=p-0001", &[]),
        ("?StudyInstanceUID=1.2.2,1.2.9", &["1.2.2"]),
        ("?StudyInstanceUID=1.2.2%5C1.2.1", &["1.2.1", "1.2.2"]),
        // Only files say these.
        ("?StudyID=S-2", &["1.2.2"]),
        ("?ReferringPhysicianName=wang*", &["1.2.1", "1.2.2"]),
        ("?ReferringPhysicianName=li*", &[]),
        ("?PatientName=&StudyDate=&PatientID=*", &["1.2.1", "1.2.2"]),
    ] {
        let path = format!("/studies{query}");
        assert_eq!(uids(&user, &path, "0020000D").await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_study_without_a_picture_is_found_by_what_only_its_files_say() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let report = Slice {
        modality: "SR",
        ..Slice::default()
    };
    upload(&stack, &user, &report).await;
    assert_eq!(
        uids(&user, "/studies?StudyID=S-1", "0020000D").await,
        ["1.2.1"]
    );
    let none: [&str; 0] = [];
    assert_eq!(uids(&user, "/studies?StudyID=S-2", "0020000D").await, none);
}

#[tokio::test]
async fn a_study_has_the_attributes_of_the_standard() {
    let (stack, user) = two_studies().await;
    let study = found(&user, "/studies?PatientID=P-0001").await.remove(0);
    for (tag, vr, value) in [
        ("00080005", "CS", json!(["ISO_IR 192"])),
        ("00080020", "DA", json!(["20260105"])),
        ("00080030", "TM", json!(["143022"])),
        ("00080050", "SH", json!(["A-1"])),
        ("00080056", "CS", json!(["ONLINE"])),
        ("00080061", "CS", json!(["CT", "SR"])),
        ("00080090", "PN", json!([{"Alphabetic": "Wang^Wu"}])),
        ("00081030", "LO", json!(["CT CHEST"])),
        (
            "00100010",
            "PN",
            json!([{"Alphabetic": "Zhang^San", "Ideographic": "张^三"}]),
        ),
        ("00100020", "LO", json!(["P-0001"])),
        ("00100030", "DA", json!(["19701231"])),
        ("00100040", "CS", json!(["F"])),
        ("0020000D", "UI", json!(["1.2.1"])),
        ("00200010", "SH", json!(["S-1"])),
        ("00201206", "IS", json!([2])),
        ("00201208", "IS", json!([4])),
    ] {
        assert_eq!(study[tag], json!({"vr": vr, "Value": value}), "{tag}");
    }
    let url = format!("{}/dicom-web/studies/1.2.1", stack.stack.url);
    assert_eq!(values(&study, "00081190"), json!([url]));
    assert_eq!(study.as_object().map(serde_json::Map::len), Some(17));
    let more = found(
        &user,
        "/studies?PatientID=P-0001&includefield=ProtocolName,00200011",
    )
    .await;
    assert_eq!(values(&more[0], "00181030"), json!(["Routine"]));
    assert!(!values(&more[0], "00200011").is_null());
}

#[tokio::test]
async fn series_are_found_below_what_the_path_names() {
    let (_stack, user) = two_studies().await;
    for (path, expected) in [
        ("/studies/1.2.1/series", &["1.2.1.1", "1.2.1.2"][..]),
        ("/studies/1.2.1/series?Modality=SR", &["1.2.1.2"]),
        ("/studies/1.2.1/series?SeriesNumber=01", &["1.2.1.1"]),
        (
            "/studies/1.2.1/series?ProtocolName=Rout*",
            &["1.2.1.1", "1.2.1.2"],
        ),
        ("/studies/1.2.1/series?PatientID=P-0002", &[]),
        ("/series", &["1.2.1.1", "1.2.1.2", "1.2.2.1"]),
        ("/series?PatientID=P-0002", &["1.2.2.1"]),
        ("/series?SeriesInstanceUID=1.2.1.2", &["1.2.1.2"]),
    ] {
        assert_eq!(uids(&user, path, "0020000E").await, expected, "{path}");
    }
}

#[tokio::test]
async fn instances_are_found_below_what_the_path_names() {
    let (_stack, user) = two_studies().await;
    for (path, expected) in [
        (
            "/studies/1.2.1/series/1.2.1.1/instances",
            &["1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.3"][..],
        ),
        (
            "/studies/1.2.1/series/1.2.1.1/instances?InstanceNumber=2",
            &["1.2.1.1.2"],
        ),
        (
            "/studies/1.2.1/series/1.2.1.1/instances?SOPInstanceUID=1.2.1.1.3,1.2.1.1.9",
            &["1.2.1.1.3"],
        ),
        (
            "/studies/1.2.1/series/1.2.1.1/instances?Rows=8&BitsAllocated=16",
            &["1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.3"],
        ),
        ("/studies/1.2.1/series/1.2.1.1/instances?Rows=9", &[]),
        (
            "/studies/1.2.1/instances",
            &["1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.3", "1.2.1.2.1"],
        ),
        ("/studies/1.2.1/instances?Modality=SR", &["1.2.1.2.1"]),
        ("/instances?ModalitiesInStudy=MR", &["1.2.2.1.1"]),
        (
            "/instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.2&limit=2&offset=1",
            &["1.2.1.1.2", "1.2.1.1.3"],
        ),
    ] {
        assert_eq!(uids(&user, path, "00080018").await, expected, "{path}");
    }
}

#[tokio::test]
async fn series_and_instances_have_the_attributes_of_the_standard() {
    let (stack, user) = two_studies().await;
    let base = format!("{}/dicom-web/studies/1.2.1/series/1.2.1.1", stack.stack.url);
    let series = found(&user, "/studies/1.2.1/series").await.remove(0);
    for (tag, value) in [
        ("00080060", json!(["CT"])),
        ("0008103E", json!(["Lung"])),
        ("00081190", json!([base])),
        ("0020000D", json!(["1.2.1"])),
        ("0020000E", json!(["1.2.1.1"])),
        ("00200011", json!([1])),
        ("00201209", json!([3])),
    ] {
        assert_eq!(values(&series, tag), value, "{tag}");
    }
    assert!(series.get("00100010").is_none(), "the path names the study");
    let instance = found(&user, "/studies/1.2.1/series/1.2.1.1/instances")
        .await
        .remove(1);
    for (tag, value) in [
        ("00080016", json!(["1.2.840.10008.5.1.4.1.1.2"])),
        ("00080018", json!(["1.2.1.1.2"])),
        ("00080056", json!(["ONLINE"])),
        ("00081190", json!([format!("{base}/instances/1.2.1.1.2")])),
        ("0020000D", json!(["1.2.1"])),
        ("0020000E", json!(["1.2.1.1"])),
        ("00200013", json!([2])),
        ("00280010", json!([8])),
        ("00280011", json!([8])),
        ("00280100", json!([16])),
    ] {
        assert_eq!(values(&instance, tag), value, "{tag}");
    }
    let all = found(&user, "/instances?limit=1&includefield=all")
        .await
        .remove(0);
    for tag in ["00100010", "00080061", "0008103E", "00181030", "00280101"] {
        assert!(!values(&all, tag).is_null(), "{tag}: {all}");
    }
    assert!(all.get("7FE00010").is_none(), "no pixels");
}

#[tokio::test]
async fn pages_say_whether_there_is_more() {
    let (_stack, user) = two_studies().await;
    let more = "299 filmroom \"There are additional results that can be requested.\"";
    for (query, expected, warning) in [
        ("?limit=1", &["1.2.1"][..], more),
        ("?limit=1&offset=1", &["1.2.2"], ""),
        ("?limit=2", &["1.2.1", "1.2.2"], ""),
        ("?offset=2", &[], ""),
        ("?limit=0", &[], ""),
        (
            "?emptyvaluematching=true",
            &["1.2.1", "1.2.2"],
            "299 filmroom \"The emptyvaluematching parameter is not supported. Empty Value Matching has not been performed.\"",
        ),
    ] {
        let path = format!("/studies{query}");
        assert_eq!(uids(&user, &path, "0020000D").await, expected, "{query}");
        let answer = user.get(&format!("/dicom-web{path}")).await;
        assert_eq!(answer.header("warning"), warning, "{query}");
    }
    let fuzzy = user
        .get("/dicom-web/studies?fuzzymatching=true&PatientName=Sang*")
        .await;
    assert_eq!(fuzzy.status, 204);
    assert!(
        fuzzy
            .header("warning")
            .starts_with("299 filmroom \"The fuzzymatching parameter is not supported.")
    );
}

#[tokio::test]
async fn everybody_finds_their_own_and_an_administrator_those_of_whom_they_name() {
    let (stack, user) = two_studies().await;
    let (other, admin) = (stack.user(2), stack.admin());
    for (client, path, status) in [
        (&other, "/studies", 204),
        (&other, "/studies?uploaded_by=1", 204),
        (&other, "/studies/1.2.1/series", 404),
        (&other, "/studies/1.2.1/series?uploaded_by=1", 404),
        (&other, "/instances", 204),
        (&admin, "/studies", 204),
        (&admin, "/studies?uploaded_by=1", 200),
        (&admin, "/studies/1.2.1/instances?uploaded_by=1", 200),
        (&user, "/studies?uploaded_by=1", 200),
        (&user, "/studies/1.2.3/series", 404),
        (&user, "/studies/1.2.1/series/1.2.2.1/instances", 404),
    ] {
        let answer = client.get(&format!("/dicom-web{path}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_is_wrong_in_a_request_is_said() {
    let (_stack, user) = two_studies().await;
    let long = format!("1.{}", "2".repeat(63));
    let many: Vec<String> = (0..1000)
        .map(|number| format!("{:08X}=1", 0x0018_0000 + number))
        .collect();
    // A line of a request has room for so many.
    let many = format!("/studies?{}", many.join("&"));
    for (path, field) in [
        ("/studies?StudyDate=2026", "StudyDate"),
        ("/studies?StudyDate=20260105-x", "StudyDate"),
        ("/studies?StudyInstanceUID=1.2.x", "StudyInstanceUID"),
        ("/studies?NoSuchThing=1", "NoSuchThing"),
        ("/studies?PatientID=1&PatientID=2", "PatientID"),
        ("/studies?offset=-1", "offset"),
        ("/studies?fuzzymatching=perhaps", "fuzzymatching"),
        ("/studies?includefield=NoSuchThing", "includefield"),
        ("/studies/1.2.a/series", "study_uid"),
        (&format!("/studies/{long}/series"), "study_uid"),
        ("/studies/1.2.1/series/1..2/instances", "series_uid"),
        (&many, "query"),
    ] {
        let answer = user.get(&format!("/dicom-web{path}")).await;
        let problem = answer.problem(400, "bad_request");
        assert_eq!(problem["errors"][0]["field"], field, "{path}");
    }
    for accept in [
        "application/dicom+xml",
        "text/html",
        "nonsense",
        ";,;",
        "multipart/related; type=\"application/dicom\"",
    ] {
        let problem = get(&user, "/dicom-web/studies", accept)
            .await
            .problem(406, "not_acceptable");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|said| said.contains("application/dicom+json"))
        );
    }
    for accept in [
        "application/json",
        "*/*",
        "application/dicom+json; q=0.5, text/html",
    ] {
        assert_eq!(
            get(&user, "/dicom-web/studies", accept).await.status,
            200,
            "{accept}"
        );
    }
    let by_parameter = get(
        &user,
        "/dicom-web/studies?accept=application/json",
        "text/html",
    )
    .await;
    assert_eq!(by_parameter.status, 200);
}

#[tokio::test]
async fn a_search_follows_what_happens_to_files() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slice = Slice::default();
    let file = upload(&stack, &user, &slice).await;
    let other = Slice {
        instance: 2,
        ..slice
    };
    upload(&stack, &user, &other).await;
    user.delete(&format!("/image-files/{}", file["id"]))
        .await
        .ok();
    stack.fold().await;
    assert_eq!(uids(&user, "/instances", "00080018").await, ["1.2.1.1.2"]);
    let study = found(&user, "/studies").await.remove(0);
    assert_eq!(values(&study, "00201208"), json!([1]));
    // A file that is in the study and is no DICOM is no instance.
    let about = json!({"study_id": file["study_id"], "series_id": file["series_id"]});
    let png = imaging::fixtures::png(8, 8, 1);
    stack.upload(&user, "a.png", &png, about).await;
    stack.fold().await;
    assert_eq!(uids(&user, "/instances", "00080018").await, ["1.2.1.1.2"]);
}
