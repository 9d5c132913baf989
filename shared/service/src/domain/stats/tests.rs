//! What is counted, as a table: a file before and after a change, and what the change adds to the counters of its owner.

use super::*;
use crate::domain::FileType;
use crate::domain::new_file::tests::record;

type File = Option<FileRecord>;

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

fn changed(change: impl FnOnce(&mut FileRecord)) -> File {
    let mut file = png();
    change(&mut file);
    Some(file)
}

#[test]
fn every_change_of_a_file_changes_its_counters() {
    const PNG: &str = "status#PROCESSED+1 total_files+1 total_size+100 type#PNG+1";
    const NO_PNG: &str = "status#PROCESSED-1 total_files-1 total_size-100 type#PNG-1";
    let dicom = changed(|file| file.file_type = FileType::Dicom);
    let failed = changed(|file| file.status = Status::Failed);
    let larger = changed(|file| file.file_size = 250);
    let renamed = changed(|file| file.original_filename = "b.png".to_owned());
    let purging = FileRecord {
        purging: true,
        ..in_the_trash()
    };
    let (ct, mr) = (of_modality("CT"), of_modality("MR"));
    let (own, other) = (of_modality("HOUSEMADE"), of_modality("INVENTED"));
    for (what, before, after, expected) in [
        ("it is created", None, Some(png()), PNG),
        ("it is removed", Some(png()), None, NO_PNG),
        ("it is deleted", Some(png()), Some(in_the_trash()), NO_PNG),
        ("it is restored", Some(in_the_trash()), Some(png()), PNG),
        (
            "its purge begins",
            Some(in_the_trash()),
            Some(purging.clone()),
            "",
        ),
        ("it is purged", Some(purging), None, ""),
        ("it is renamed", Some(png()), renamed, ""),
        (
            "it fails",
            Some(png()),
            failed,
            "status#FAILED+1 status#PROCESSED-1",
        ),
        ("it is larger", Some(png()), larger, "total_size+150"),
        ("it is DICOM", Some(png()), dicom, "type#DICOM+1 type#PNG-1"),
        (
            "it gets a modality",
            Some(png()),
            Some(ct.clone()),
            "modality#CT+1",
        ),
        (
            "it gets another",
            Some(ct.clone()),
            Some(mr),
            "modality#CT-1 modality#MR+1",
        ),
        (
            "it loses it",
            Some(ct.clone()),
            Some(png()),
            "modality#CT-1",
        ),
        (
            "it gets an invented one",
            Some(ct),
            Some(own.clone()),
            "modality#CT-1 modality#OTHER+1",
        ),
        ("it gets another invented one", Some(own), Some(other), ""),
    ] {
        let delta = Delta::between(before.as_ref(), after.as_ref());
        assert_eq!(text(&delta), expected, "{what}");
        let back = Delta::between(after.as_ref(), before.as_ref());
        let mut sum = delta;
        sum.add(&back);
        assert!(sum.is_empty(), "{what}, and back: {sum:?}");
    }
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
