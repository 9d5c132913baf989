//! What a viewer uses that reads a series by DICOMweb: its search, the metadata of the series, and a frame of every slice. What grows with the series is
//! counted over a known length: `infra/lab/costs/report.py` makes dollars of a thousand slices of it.

use imaging::fixtures::{DicomSpec, dicom};
use serde_json::{Value, json};

use super::metered::{counts, is_as_kept};
use crate::harness::{Client, TestStack};

const KEPT: &str = include_str!("../../../infra/lab/costs/metered-reading.json");
/// Slices of the series: two lengths.
const FEW: u32 = 20;
const MANY: u32 = 120;

fn slice(number: u32) -> Vec<u8> {
    dicom(&DicomSpec {
        study_instance_uid: "1.2.1".to_owned(),
        series_instance_uid: "1.2.1.1".to_owned(),
        sop_instance_uid: format!("1.2.1.1.{number}"),
        instance_number: i64::from(number),
        seed: u64::from(number),
        ..DicomSpec::default()
    })
}

async fn send(stack: &TestStack, user: &Client, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let name = format!("{number}.dcm");
        stack
            .upload_id(user, &name, &slice(number), json!({}))
            .await;
    }
    stack.settle().await;
    stack.fold().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_series_that_is_read_by_dicomweb_uses_what_was_kept() {
    const SERIES: &str = "/dicom-web/studies/1.2.1/series/1.2.1.1";
    let (stack, meter) = TestStack::start_metered().await;
    let user = stack.user(1);
    let used = async |path: &str, function: &str| {
        // A warm function knows its caller.
        let known = user.get(&format!("{path}?NoSuch=1")).await;
        assert_eq!(known.status, 400, "{}", known.text());
        drop(meter.take());
        let answer = user.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        counts(&meter.take(), &[function])
    };
    let metadata = format!("{SERIES}/metadata");
    let frame = |number| format!("{SERIES}/instances/1.2.1.1.{number}/frames/1");
    send(&stack, &user, 0..FEW).await;
    let few = used(&metadata, "series-metadata").await;
    send(&stack, &user, FEW..MANY).await;
    let found = json!({
        "a page of studies": used("/dicom-web/studies", "search-studies").await,
        "the series of a study": used("/dicom-web/studies/1.2.1/series", "search-study-series").await,
        format!("metadata of {FEW} slices"): few,
        format!("metadata of {MANY} slices"): used(&metadata, "series-metadata").await,
        // A function that has not seen the series reads which file each instance is.
        format!("the first frame of {MANY} slices"): used(&frame(7), "retrieve-frames").await,
        "another frame": used(&frame(8), "retrieve-frames").await,
    });
    let text = format!("{found:#}\n");
    let path = format!("{}/metered-reading.json", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(path, &text).expect("a file");
    let kept: Value = serde_json::from_str(KEPT).expect("JSON");
    assert!(
        is_as_kept(&found, &kept),
        "infra/lab/costs/metered-reading.json is not what reading uses: `make data-model` renews it\n{text}"
    );
}
