//! What each condition of a list lets through, and which counter knows how many files that are.

use super::*;
use crate::domain::new_file::tests::record;
use crate::domain::{Dicom, Timestamp};

type Change = fn(&mut FileRecord);

/// A processed CT of user 1.
fn file() -> FileRecord {
    FileRecord {
        id: id(500),
        file_type: FileType::Dicom,
        modality: Some("CT".to_owned()),
        original_filename: "胸部 Chest.DCM".to_owned(),
        description: Some("Follow-up\n100% of ＡＢＣ".to_owned()),
        dicom: Some(Dicom {
            patient_id: some("P-0001"),
            patient_name: some("Zhang^San=张^三"),
            ..Dicom::default()
        }),
        ..record(Status::Processed)
    }
}

fn id(number: u64) -> FileId {
    FileId::from_number(number).expect("an id")
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the fields of a filter are optional"
)]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A filter with one condition, and the name of that condition.
macro_rules! only {
    ($field:ident: $value:expr) => {
        (
            stringify!($field: $value),
            Filter {
                $field: $value,
                ..Filter::default()
            },
        )
    };
}

/// One condition of each kind.
fn one_of_each() -> [(&'static str, Filter); 7] {
    [
        only!(file_type: Some(FileType::Dicom)),
        only!(status: Some(Status::Processed)),
        only!(modality: some("CT")),
        only!(uploaded_by: Some(1)),
        only!(from: Some(id(500))),
        only!(to: Some(id(500))),
        only!(search: some("chest")),
    ]
}

#[test]
fn every_condition_lets_through_what_fits_it() {
    let search = |text: &str| only!(search: Some(text::fold(text)));
    let hits = [
        one_of_each().to_vec(),
        vec![
            ("nothing", Filter::default()),
            only!(from: Some(id(499))),
            only!(to: Some(id(501))),
            search("CHEST.dcm"),
            search("胸部"),
            search("follow-UP"),
            search("100%"),
            search("abc"),
            search("dcm follow"),
            search(" follow\tDCM "),
            search("san zhang"),
            search("ZhangSan"),
            search("张三"),
            search("张 三 p-0001"),
        ],
    ];
    for (condition, filter) in hits.concat() {
        assert!(filter.matches(&file()), "{condition}");
    }
    let misses = [
        only!(file_type: Some(FileType::Png)),
        only!(status: Some(Status::Failed)),
        only!(status: Some(Status::Deleted)),
        only!(modality: some("MR")),
        only!(modality: some("C")),
        only!(uploaded_by: Some(2)),
        only!(from: Some(id(501))),
        only!(to: Some(id(499))),
        search("chestt"),
        search("dcm nothing"),
        // The name and the description are two lines: no word spans both.
        search("dcmfollow"),
        search("三张"),
        search("三p-0001"),
        search("^"),
        search("1%"),
    ];
    for (condition, filter) in misses {
        assert!(!filter.matches(&file()), "{condition}: {filter:?}");
    }
}

#[test]
fn a_file_without_a_value_fits_no_condition_on_it() {
    let bare = FileRecord {
        modality: None,
        description: None,
        ..file()
    };
    let of = |filter: Filter| filter.matches(&bare);
    assert!(!of(only!(modality: some("CT")).1));
    assert!(!of(only!(search: some("follow-up")).1));
    assert!(of(only!(search: some("chest")).1));
}

#[test]
fn all_conditions_together_let_through_what_fits_each_of_them() {
    let all = Filter {
        file_type: Some(FileType::Dicom),
        status: Some(Status::Processed),
        modality: some("CT"),
        uploaded_by: Some(1),
        from: Some(id(500)),
        to: Some(id(500)),
        search: some("chest"),
    };
    assert!(all.matches(&file()));
    let failing: [(&str, Change); 7] = [
        ("file_type", |file| file.file_type = FileType::Tiff),
        ("status", |file| file.status = Status::Archived),
        ("modality", |file| file.modality = None),
        ("uploaded_by", |file| file.uploaded_by = 2),
        ("from", |file| file.id = id(499)),
        ("to", |file| file.id = id(501)),
        ("search", |file| {
            file.original_filename = "b.dcm".to_owned();
        }),
    ];
    for (condition, change) in failing {
        let mut file = file();
        change(&mut file);
        assert!(!all.matches(&file), "{condition}");
    }
}

#[test]
fn a_counter_knows_the_total_of_one_condition_at_most() {
    let two = Filter {
        file_type: Some(FileType::Dicom),
        modality: some("CT"),
        ..Filter::default()
    };
    for ((condition, filter), counter) in [
        (("nothing", Filter::default()), some("total_files")),
        (only!(file_type: Some(FileType::Png)), some("type#PNG")),
        (only!(status: Some(Status::Failed)), some("status#FAILED")),
        (only!(modality: some("CT")), some("modality#CT")),
        // Those that are not DICOM's share one counter.
        (only!(modality: some("INVENTED")), None),
        (only!(uploaded_by: Some(1)), None),
        (only!(from: Some(id(1))), None),
        (only!(to: Some(id(1))), None),
        (only!(search: some("a")), None),
        (("two conditions", two), None),
    ] {
        assert_eq!(filter.counter(), counter, "{condition}");
    }
}

/// A counter is the total of a filter: so it changes exactly with the files that the filter lets through.
#[test]
fn a_counter_counts_what_its_filter_lets_through() {
    for (condition, filter) in one_of_each() {
        let Some(counter) = filter.counter() else {
            continue;
        };
        let mut others = [file(), file(), file()];
        others[0].file_type = FileType::Png;
        others[1].status = Status::Failed;
        others[2].modality = Some("MR".to_owned());
        for file in [others.as_slice(), &[file()]].concat() {
            let delta = stats::Delta::between(None, Some(&file));
            let counted = delta.iter().any(|(name, _)| name == counter);
            assert_eq!(counted, filter.matches(&file), "{condition}: {file:?}");
        }
    }
}

/// The text is part of what cursors are sealed for: changing it refuses the cursors that callers hold.
#[test]
fn a_fingerprint_is_the_conditions_that_are_set() {
    let [file_type, status, modality, uploaded_by, from, to, search] = one_of_each();
    for ((condition, filter), text) in [
        (("nothing", Filter::default()), ""),
        (file_type, r#"file_type="DICOM""#),
        (status, r#"status="PROCESSED""#),
        (modality, r#"modality="CT""#),
        (uploaded_by, "uploaded_by=1"),
        (from, "from=500"),
        (to, "to=500"),
        (search, r#"search="chest""#),
    ] {
        assert_eq!(filter.fingerprint(), text, "{condition}");
    }
    let both = Filter {
        modality: some("CT"),
        search: some("a"),
        ..Filter::default()
    };
    assert_eq!(both.fingerprint(), r#"modality="CT"&search="a""#);
    // Whatever is searched for, it does not look like another condition.
    let (_, tricky) = only!(modality: some(r#"CT"&search="a"#));
    assert_ne!(tricky.fingerprint(), both.fingerprint());
}

#[test]
fn a_page_is_behind_those_before_it_and_a_cursor_takes_its_place() {
    let request = |page, page_size, cursor: Option<&str>| ListRequest {
        filter: Filter::default(),
        page,
        page_size,
        cursor: cursor.map(Cursor::untrusted),
        include_total: true,
    };
    for (page, page_size, cursor, skipped) in [
        (1, 20, None, 0),
        (2, 20, None, 20),
        (0, 20, None, 0),
        (3, 20, Some("…"), 0),
        (u32::MAX, 100, None, 429_496_729_400),
    ] {
        assert_eq!(request(page, page_size, cursor).skip(), skipped);
    }
}

/// Dates of a filter are ids: the first and the last that are made in a millisecond.
#[test]
fn a_range_of_ids_is_a_range_of_times() {
    let at = Timestamp(1_800_000_000_000);
    let of = |from: Option<Timestamp>, to: Option<Timestamp>| Filter {
        from: from.map(FileId::first_at),
        to: to.map(FileId::last_at),
        ..Filter::default()
    };
    for id in [FileId::first_at(at), FileId::last_at(at)] {
        let file = FileRecord { id, ..file() };
        assert!(of(Some(at), Some(at)).matches(&file));
        assert!(!of(Some(at.plus(1)), None).matches(&file));
        assert!(!of(None, Some(at.plus(-1))).matches(&file));
    }
}
