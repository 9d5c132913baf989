//! WADO-RS: what instances say of themselves.

use serde_json::{Value, json};

use super::retrieve::{followed, large};
use super::{Slice, get, parts, two_studies, upload, values};
use crate::harness::TestStack;

#[tokio::test]
async fn every_level_has_its_data_sets_with_uris_that_hold_by_themselves() {
    let (stack, user) = two_studies().await;
    let series = "/dicom-web/studies/1.2.1/series/1.2.1.1";
    for (path, uids) in [
        (Slice::default().path(), &["1.2.1.1.1"][..]),
        (series.to_owned(), &["1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.3"]),
        (
            "/dicom-web/studies/1.2.1".to_owned(),
            &["1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.3", "1.2.1.2.1"],
        ),
    ] {
        let uri = format!("{}{series}/instances/1.2.1.1.1/pixeldata", stack.stack.url);
        for accept in ["application/dicom+json", "application/json", "*/*"] {
            let answer = get(&user, &format!("{path}/metadata"), accept).await;
            assert_eq!(answer.header("content-type"), "application/dicom+json");
            let sets = answer.ok();
            let sets = sets.as_array().expect("an array");
            let found: Vec<Value> = sets
                .iter()
                .map(|set| values(set, "00080018")[0].clone())
                .collect();
            assert_eq!(
                found,
                uids.iter().map(|uid| json!(uid)).collect::<Vec<_>>(),
                "{path}"
            );
            assert_eq!(sets[0]["7FE00010"]["BulkDataURI"], uri);
            assert_eq!(values(&sets[0], "00100010")[0]["Ideographic"], "张^三");
        }
        let problem = get(&user, &format!("{path}/metadata"), "application/dicom+xml").await;
        problem.problem(406, "not_acceptable");
        let accept = "multipart/related; type=\"application/dicom+xml\"";
        let answer = get(&user, &format!("{path}/metadata"), accept).await;
        let sets = parts(&answer);
        assert_eq!(sets.len(), uids.len(), "{path}");
        for ((head, xml), uid) in sets.iter().zip(uids) {
            assert!(head.contains("application/dicom+xml"), "{head}");
            let xml = String::from_utf8_lossy(xml);
            for said in [
                format!(r#"keyword="SOPInstanceUID"><Value number="1">{uid}</Value>"#),
                "<Ideographic><FamilyName>张</FamilyName><GivenName>三</GivenName></Ideographic>"
                    .to_owned(),
            ] {
                assert!(xml.contains(&said), "{said}: {xml}");
            }
        }
        let first = String::from_utf8_lossy(&sets[0].1);
        assert!(
            first.contains(&format!(r#"<BulkData uri="{uri}"/>"#)),
            "{first}"
        );
    }
}

#[tokio::test]
async fn what_is_said_at_length_is_compressed_or_in_the_bucket() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    upload(&stack, &user, &large(1)).await;
    for path in [
        Slice::default().path(),
        "/dicom-web/studies/1.2.1/series/1.2.1.1".to_owned(),
        "/dicom-web/studies/1.2.1".to_owned(),
    ] {
        let path = format!("{path}/metadata");
        let headers = [("accept-encoding", "gzip")];
        let packed = user.send(http::Method::GET, &path, &headers, "").await;
        assert_eq!(
            (packed.status.as_u16(), packed.header("content-encoding")),
            (200, "gzip"),
            "{path}"
        );
        let plain = user
            .send(
                http::Method::GET,
                &path,
                &[("accept-encoding", "identity")],
                "",
            )
            .await;
        let stored = followed(&stack, &plain).await;
        assert_eq!(stored.header("content-type"), "application/dicom+json");
        assert_eq!(stored.header("content-encoding"), "gzip");
        assert!(stored.bytes.starts_with(&[0x1F, 0x8B]));
        let xml = "multipart/related; type=\"application/dicom+xml\"";
        let headers = [("accept-encoding", "identity"), ("accept", xml)];
        let plain = user.send(http::Method::GET, &path, &headers, "").await;
        let stored = followed(&stack, &plain).await;
        assert!(stored.header("content-type").starts_with(xml));
    }
}

#[tokio::test]
async fn a_file_that_was_moved_says_what_its_url_does() {
    let (stack, user) = two_studies().await;
    let files = user.get("/image-files/my-images?page_size=10").await.ok();
    let of = |uid: &str| {
        let files = files["items"].as_array().expect("items").iter();
        let found = files
            .clone()
            .find(|file| file["dicom"]["sop_instance_uid"] == uid);
        found.expect("its file").clone()
    };
    let (moved, target) = (of("1.2.2.1.1"), of("1.2.1.1.1"));
    let change = json!({"study_id": target["study_id"], "series_id": target["series_id"], "version": moved["version"]});
    user.patch(&format!("/image-files/{}", moved["id"]), change)
        .await
        .ok();
    stack.fold().await;
    let path = "/dicom-web/studies/1.2.1/series/1.2.1.1/instances/1.2.2.1.1/metadata";
    let sets = get(&user, path, "*/*").await.ok();
    assert_eq!(values(&sets[0], "0020000D"), json!(["1.2.1"]));
    assert_eq!(values(&sets[0], "0020000E"), json!(["1.2.1.1"]));
}
