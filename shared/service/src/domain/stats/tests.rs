//! What is counted, as a table: a file before and after a change, and what the change adds to the counters of its owner.

use super::*;
use crate::domain::FileType;
use crate::domain::new_file::tests::record;

/// A processed PNG of 100 bytes.
fn png() -> FileRecord {
    record(Status::Processed)
}

fn of_modality(modality: &str) -> FileRecord {
    FileRecord {
        modality: Some(modality.to_owned()),
        ..png()
    }
}

fn in_the_trash() -> FileRecord {
    FileRecord {
        status_before: Some(Status::Processed),
        ..record(Status::Deleted)
    }
}

#[test]
fn a_file_counts_from_its_beginning_to_its_end_but_not_in_the_trash() {
    const PNG: &str = "status#PROCESSED+1 total_files+1 total_size+100 type#PNG+1";
    const NO_PNG: &str = "status#PROCESSED-1 total_files-1 total_size-100 type#PNG-1";
    let png = || Some(png());
    let trash = || Some(in_the_trash());
    let purging = || {
        let purging = in_the_trash().purged();
        Some(purging.expect("its purge has begun"))
    };
    for (what, before, after, expected) in [
        ("it is created", None, png(), PNG),
        ("it is removed", png(), None, NO_PNG),
        ("it is deleted", png(), trash(), NO_PNG),
        ("it is restored", trash(), png(), PNG),
        ("its purge begins", trash(), purging(), ""),
        ("it is purged", purging(), None, ""),
    ] {
        changes(what, before.as_ref(), after.as_ref(), expected);
    }
}

#[test]
fn a_change_of_a_file_moves_it_from_one_counter_to_another() {
    let with = |change: fn(&mut FileRecord)| {
        let mut file = png();
        change(&mut file);
        file
    };
    let renamed = with(|file| file.original_filename = "b.png".to_owned());
    let failed = with(|file| file.status = Status::Failed);
    let larger = with(|file| file.file_size = 250);
    let dicom = with(|file| file.file_type = FileType::Dicom);
    let [ct, mr, own, other] = ["CT", "MR", "HOUSEMADE", "INVENTED"].map(of_modality);
    let png = png();
    for (what, before, after, expected) in [
        ("a name", &png, &renamed, ""),
        (
            "a status",
            &png,
            &failed,
            "status#FAILED+1 status#PROCESSED-1",
        ),
        ("a size", &png, &larger, "total_size+150"),
        ("a type", &png, &dicom, "type#DICOM+1 type#PNG-1"),
        ("a modality", &png, &ct, "modality#CT+1"),
        ("another", &ct, &mr, "modality#CT-1 modality#MR+1"),
        ("none", &ct, &png, "modality#CT-1"),
        (
            "an invented one",
            &ct,
            &own,
            "modality#CT-1 modality#OTHER+1",
        ),
        ("another invented one", &own, &other, ""),
    ] {
        changes(what, Some(before), Some(after), expected);
    }
}

/// Checks what a change adds to the counters, and that the change back takes it away.
fn changes(what: &str, before: Option<&FileRecord>, after: Option<&FileRecord>, expected: &str) {
    let mut delta = Delta::between(before, after);
    assert_eq!(text(&delta), expected, "{what}");
    delta.add(&Delta::between(after, before));
    assert!(delta.is_empty(), "{what}, and back: {delta:?}");
}

#[test]
fn changes_of_several_files_are_summed_and_nothing_is_left_of_zeros() {
    let mut sum = Delta::between(None, Some(&of_modality("CT")));
    sum.add(&Delta::between(None, Some(&png())));
    sum.add(&Delta::between(Some(&of_modality("CT")), None));
    assert_eq!(
        text(&sum),
        "status#PROCESSED+1 total_files+1 total_size+100 type#PNG+1"
    );
}

/// Older functions counted every modality by its own name: whoever reads adds those to the counter of the others.
#[test]
fn counters_of_invented_modalities_go_over_into_one() {
    for (name, kept) in [
        ("modality#CT", None),
        ("modality#OTHER", None),
        ("modality#INVENTED", Some("modality#OTHER")),
        ("type#INVENTED", None),
        ("total_files", None),
    ] {
        assert_eq!(goes_over_into(name).as_deref(), kept, "{name}");
    }
    let mut counters = Counters::default();
    for name in ["modality#OTHER", "modality#INVENTED", "modality#CT"] {
        counters.add(name, 2);
    }
    assert_eq!(counters.get("modality#OTHER"), 4);
    assert_eq!(counters.get("modality#INVENTED"), 0);
}

#[test]
fn a_group_is_what_is_below_a_prefix_and_not_zero() {
    let mut counters = Counters::default();
    for (name, value) in [
        ("type#PNG", 3),
        ("type#TIFF", 0),
        ("status#UPLOADING", 2),
        ("total_files", 5),
    ] {
        counters.add(name, value);
    }
    assert_eq!(counters.group("type#"), [("PNG".to_owned(), 3)].into());
    assert_eq!(counters.unfinished(), 2);
    counters.add("status#UPLOADING", -7);
    assert_eq!(
        counters.unfinished(),
        0,
        "a counter below zero counts nothing"
    );
}

fn text(delta: &Delta) -> String {
    let changes: Vec<String> = delta
        .iter()
        .map(|(name, change)| format!("{name}{change:+}"))
        .collect();
    changes.join(" ")
}
