//! Counters change in the same transaction as the files, so they equal a recount after anything: random sequences of
//! what two users do, then a recount over their lists. The sequences are the same in every run; [`SEED`] draws others.

use imaging::fixtures::{DicomSpec, dicom, jpeg, png};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::property::holds;
use crate::harness::recount::{self, all};
use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

/// Draws the sequences.
const SEED: [u8; 32] = *b"statistics equal a recount, 2026";
/// Sequences of one run.
const CASES: u32 = 4;
/// Steps of a sequence.
const STEPS: std::ops::Range<usize> = 20..45;

/// What a user does next. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    /// Begins an upload and sends nothing.
    Begin(Kind),
    /// Uploads and waits until it is processed.
    Upload(Kind),
    /// Sends the bytes of an upload that began before.
    Send(usize),
    Abort(usize),
    Delete(usize),
    Restore(usize),
    Archive(usize),
    Unarchive(usize),
    /// Gives a file another modality, or none.
    Patch(usize, Option<&'static str>),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Dicom,
    Jpeg,
    /// Declared as JPEG.
    PngAsJpeg,
    /// Declared as an image.
    Broken,
    Other,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Dicom => "a.dcm",
            Self::Jpeg | Self::PngAsJpeg => "a.jpg",
            Self::Broken => "a.png",
            Self::Other => "a.pdf",
        }
    }

    fn bytes(self, seed: u64) -> Vec<u8> {
        let side = u16::try_from(seed % 16).expect("small") + 8;
        match self {
            Self::Dicom => dicom(&DicomSpec {
                modality: if seed.is_multiple_of(2) { "CT" } else { "MR" },
                seed,
                ..DicomSpec::default()
            }),
            Self::Jpeg => jpeg(side, 8, seed),
            Self::PngAsJpeg => png(side.into(), 8, seed),
            Self::Broken => vec![b'x'; side.into()],
            Self::Other => vec![b'y'; side.into()],
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let kind = prop_oneof![
        Just(Kind::Dicom),
        Just(Kind::Jpeg),
        Just(Kind::PngAsJpeg),
        Just(Kind::Broken),
        Just(Kind::Other),
    ];
    let nth = 0..1000usize;
    let modality = prop_oneof![
        Just(None),
        Just(Some("CT")),
        Just(Some("US")),
        Just(Some("INVENTED_1")),
        Just(Some("INVENTED_2")),
    ];
    let step = prop_oneof![
        3 => kind.clone().prop_map(Step::Begin),
        3 => kind.prop_map(Step::Upload),
        2 => nth.clone().prop_map(Step::Send),
        2 => nth.clone().prop_map(Step::Abort),
        3 => nth.clone().prop_map(Step::Delete),
        2 => nth.clone().prop_map(Step::Restore),
        2 => nth.clone().prop_map(Step::Archive),
        1 => nth.clone().prop_map(Step::Unarchive),
        2 => (nth, modality).prop_map(|(nth, modality)| Step::Patch(nth, modality)),
    ];
    prop::collection::vec((1..=2i64, step), STEPS)
}

#[test]
fn statistics_equal_a_recount_after_any_sequence_of_operations() {
    holds(&SEED, CASES, &steps(), &async |steps| play(steps).await);
}

/// What the players know of their files.
#[derive(Default)]
struct Known {
    /// Uploads that wait for their bytes: the answer to `POST /uploads`, and the bytes.
    waiting: Vec<(Value, Vec<u8>)>,
    live: Vec<i64>,
    deleted: Vec<i64>,
}

async fn play(steps: &[(i64, Step)]) -> Result<(), String> {
    let stack = TestStack::start().await;
    let mut known = [Known::default(), Known::default()];
    for (seed, (user, step)) in (0..).zip(steps) {
        let own = &mut known[usize::try_from(user - 1).expect("1 or 2")];
        take(&stack, &stack.user(*user), own, step, seed).await;
    }
    stack.settle().await;
    let mut everything = Vec::new();
    for user in 1..=2 {
        let client = stack.user(user);
        let files = all(&client, "/image-files/my-images").await;
        compare(&client, "", &files).await?;
        everything.extend(files);
    }
    compare(&stack.admin(), "?scope=all", &everything).await?;
    let listed = all(&stack.admin(), "/image-files").await;
    if listed.len() == everything.len() {
        Ok(())
    } else {
        Err("the list of all files is not that of its parts".to_owned())
    }
}

async fn compare(client: &Client, scope: &str, files: &[Value]) -> Result<(), String> {
    let path = format!("/image-files/stats/summary{scope}");
    let counted = client.get(&path).await.ok();
    let recounted = recount::summary(files);
    if counted == recounted {
        Ok(())
    } else {
        Err(format!(
            "{scope} counted {counted}, but there are {recounted}"
        ))
    }
}

/// One step. What is impossible just now is refused by the service; which of the two happens is not the matter here.
async fn take(stack: &TestStack, client: &Client, known: &mut Known, step: &Step, seed: u64) {
    match step {
        Step::Begin(kind) | Step::Upload(kind) => {
            let bytes = kind.bytes(seed);
            let begun = begin(client, kind.name(), bytes.len(), json!({})).await;
            known.live.push(id_of(&begun["file"]));
            known.waiting.push((begun, bytes));
            if matches!(step, Step::Upload(_)) {
                send(stack, known, usize::MAX).await;
                stack.settle().await;
            }
        }
        Step::Send(nth) => send(stack, known, *nth).await,
        Step::Abort(nth) => {
            if let Some(id) = chosen(&known.live, *nth) {
                let answer = client.delete(&format!("/uploads/{id}")).await;
                forget(known, id, answer.status == 200);
            }
        }
        Step::Delete(nth) => {
            if let Some(id) = chosen(&known.live, *nth) {
                client.delete(&format!("/image-files/{id}")).await.ok();
                forget(known, id, true);
                known.deleted.push(id);
            }
        }
        Step::Restore(nth) => {
            if let Some(id) = chosen(&known.deleted, *nth) {
                let path = format!("/image-files/{id}/restore");
                client.post(&path, Value::Null).await.ok();
                known.deleted.retain(|deleted| *deleted != id);
                known.live.push(id);
            }
        }
        Step::Archive(nth) => change(client, known, *nth, "archive").await,
        Step::Unarchive(nth) => change(client, known, *nth, "unarchive").await,
        Step::Patch(nth, modality) => {
            if let Some(id) = chosen(&known.live, *nth) {
                let path = format!("/image-files/{id}");
                let version = client.get(&path).await.ok()["version"].clone();
                let body = json!({"version": version, "modality": modality});
                let answer = client.patch(&path, body).await;
                // An event may have been faster.
                assert!(
                    [200, 409].contains(&answer.status.as_u16()),
                    "{}",
                    answer.text()
                );
            }
        }
    }
}

async fn change(client: &Client, known: &Known, nth: usize, action: &str) {
    if let Some(id) = chosen(&known.live, nth) {
        let path = format!("/image-files/{id}/{action}");
        let answer = client.post(&path, Value::Null).await;
        assert!(
            [200, 409].contains(&answer.status.as_u16()),
            "{}",
            answer.text()
        );
    }
}

async fn send(stack: &TestStack, known: &mut Known, nth: usize) {
    if known.waiting.is_empty() {
        return;
    }
    let place = if nth == usize::MAX {
        known.waiting.len() - 1
    } else {
        nth % known.waiting.len()
    };
    let (begun, bytes) = known.waiting.remove(place);
    let sent = stack.put_single(&begun["upload"], &bytes).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
}

fn chosen(ids: &[i64], nth: usize) -> Option<i64> {
    ids.get(nth.checked_rem(ids.len())?).copied()
}

fn forget(known: &mut Known, id: i64, is_gone: bool) {
    if is_gone {
        known.live.retain(|live| *live != id);
    }
}
